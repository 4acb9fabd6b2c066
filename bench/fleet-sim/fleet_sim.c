/* An agent whose workers are simulated: it takes a run from a real controller on a real bus and says for each
 * of its members what a worker would say, at the same times and in the same frames, but makes no load: five
 * progress messages and one snapshot a second each. So one machine shows what thousands of workers would cost
 * the bus and the controller. bench/fleet-sim/run starts all and measures.
 *
 *     fleet-sim BUS_URL SLOTS SECONDS ENDPOINTS
 */
#include "core/rng.h"
#include "fleet/bus.h"
#include "fleet/message.h"
#include "fleet/nats_outbox.h"
#include "fleet/nats_reader.h"
#include "fleet/post.h"
#include "fleet/strand.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAMPLES_PER_SECOND = 100, SECOND_US = 1000 * 1000, PROGRESS_US = 200 * 1000, BACKLOG_MAX = 1 << 30 };

struct sim;
struct puppet {
    struct sim *sim;
    uint32_t number;
    struct strand_out up;
    struct strand_in down;
    struct bus *bus;
    bool started, finished, gone, stop;
    int64_t next_us;
    uint64_t seq, iterations;
};

struct sim {
    struct loop *loop;
    struct nats_link *link;
    struct nats_outbox *outbox;
    struct nats_reader *reader;
    struct nats_watch requests, asks;
    struct agent_card card;
    struct offer offer;
    struct puppet *puppets;
    size_t count, gone;
    struct recorder recorder;
    struct rng rng;
    int64_t origin_us, announce_us, seconds;
    int endpoints;
    struct timer tick;
    uint64_t bytes, snapshots;
};

static int on_write(void *ctx, struct view bytes) {
    struct puppet *p = ctx;
    char subject[NATS_SUBJECT_MAX], head[STRAND_HEAD_MAX];

    snprintf(subject, sizeof subject, POST_UP, p->sim->offer.run, p->number);
    p->sim->bytes += bytes.len;
    return nats_outbox_put(p->sim->outbox, subject, strand_head(&p->up, head), bytes);
}

static void say(struct puppet *p, enum message_kind kind, struct view body) {
    if (bus_send(p->bus, kind, body) < 0)
        exit(1);
}

/* ---- what a worker measures ---- */

static void measure(struct sim *s) {
    for (int i = 0; i < SAMPLES_PER_SECOND; i++) {
        char url[64];
        int n = snprintf(url, sizeof url, "https://shop.example/api/v1/items/%d", i % s->endpoints);
        struct tag tags[] = {{VIEW("name"), view_of(url, (size_t)n)}, {VIEW("status"), VIEW("200")},
            {VIEW("method"), VIEW("GET")}};
        tagset_id set = tags_intern(s->recorder.tags, tags, 3);
        double ms = 5 + 95 * rng_double(&s->rng) * rng_double(&s->rng);
        recorder_add(&s->recorder, METRIC_HTTP_REQS, set, 1, NULL);
        recorder_add(&s->recorder, METRIC_HTTP_REQ_DURATION, set, ms, NULL);
        recorder_add(&s->recorder, METRIC_HTTP_REQ_WAITING, set, ms * 0.9, NULL);
        recorder_add(&s->recorder, METRIC_HTTP_REQ_RECEIVING, set, ms * 0.1, NULL);
    }
}

static void fill_head(struct puppet *p, struct snapshot_head *h, int64_t now_us) {
    struct snapshot_scenario *s = &h->scenarios[0];

    h->worker = p->number;
    h->to_us = now_us - p->sim->origin_us;
    h->from_us = h->to_us > SECOND_US ? h->to_us - SECOND_US : 0;
    h->users_active = h->users_initialised = s->active_users = s->allocated_users = p->finished ? 0 : 100;
    h->scenario_count = 1;
    s->started = s->completed = p->iterations;
}

static void send_snapshot(struct puppet *p, int64_t now_us, bool final) {
    static struct snapshot_head head; /* large */
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);

    measure(p->sim);
    p->iterations += SAMPLES_PER_SECOND;
    head = (struct snapshot_head){.seq = ++p->seq, .final = final};
    fill_head(p, &head, now_us);
    if (snapshot_pack(&head, &p->sim->recorder, &out) == 0)
        say(p, MESSAGE_SNAPSHOT, buf_view(&out));
    p->sim->snapshots++;
}

static void send_progress(struct puppet *p, int64_t now_us) {
    static struct snapshot_head head;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(65536);
    struct pack_writer w = pack_writer_of(&out);

    head = (struct snapshot_head){0};
    fill_head(p, &head, now_us);
    message_pack_progress(&w, &head);
    say(p, MESSAGE_PROGRESS, buf_view(&out));
}

static void end_load(struct puppet *p) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);

    p->finished = true;
    pack_u64(&w, 0);
    pack_u64(&w, p->number - 1);
    say(p, MESSAGE_SCENARIO_DONE, buf_view(&out));
    say(p, MESSAGE_FINISHED, VIEW_NULL);
}

static void live(struct puppet *p, int64_t now_us) {
    if (!p->started || p->gone || now_us < p->next_us)
        return;
    int64_t elapsed_us = p->next_us - p->sim->origin_us;
    p->next_us += PROGRESS_US;
    if (elapsed_us > 0 && elapsed_us % SECOND_US == 0)
        send_snapshot(p, now_us, false);
    send_progress(p, now_us);
    if (!p->finished && (p->stop || elapsed_us >= p->sim->seconds * SECOND_US))
        end_load(p);
}

/* ---- what it is told ---- */

static void leave(struct puppet *p) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);

    send_snapshot(p, loop_now_us(p->sim->loop), true);
    pack_view(&w, VIEW("exited with code 0"));
    say(p, MESSAGE_GONE, buf_view(&out));
    p->gone = true;
    p->sim->gone++;
}

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct puppet *p = ctx;
    struct pack_reader r = pack_reader_of(body);

    switch (kind) {
    case MESSAGE_ASSIGN: say(p, MESSAGE_READY, VIEW_NULL); break;
    case MESSAGE_START: /* one machine, one monotonic clock */
        p->sim->origin_us = unpack_i64(&r);
        p->next_us = p->sim->origin_us + PROGRESS_US;
        p->started = true;
        break;
    case MESSAGE_STOP: p->stop = true; break;
    case MESSAGE_FINISH: leave(p); break;
    default: break;
    }
}

static void on_closed(void *ctx, int error) {
    (void)ctx, (void)error;
    exit(1);
}

static void on_down(void *ctx, const struct nats_entry *e) {
    struct sim *s = ctx;
    const char *dot = memrchr(e->subject.ptr, '.', e->subject.len);
    struct view bytes;
    uint64_t n;

    if (!dot || !view_to_u64(view_drop(e->subject, (size_t)(dot + 1 - e->subject.ptr)), &n))
        return;
    for (size_t i = 0; i < s->count; i++) /* numbers begin at 1 and are in order, when there is one agent */
        if (s->puppets[(i + n - 1) % s->count].number == n) {
            struct puppet *p = &s->puppets[(i + n - 1) % s->count];
            if (strand_take(&p->down, e->data, &bytes) >= 0 && bytes.len)
                bus_feed(p->bus, bytes);
            return;
        }
}

static void on_trouble(void *ctx, const char *what) {
    (void)ctx;
    fprintf(stderr, "fleet-sim: %s\n", what);
}

static void announce(struct sim *s) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);

    s->card.backlog_bytes = s->outbox ? nats_outbox_bytes(s->outbox) : 0;
    if (agent_card_pack(&s->card, &json) == 0)
        (void)!nats_link_publish(s->link, POST_AGENTS, NULL, buf_view(&json));
}

static void on_ask(struct nats_watch *w, const struct nats_message *m) {
    (void)m;
    announce(CONTAINER_OF(w, struct sim, asks));
}

static void take_offer(struct sim *s) {
    static const struct bus_ops ops = {.message = on_message, .closed = on_closed};
    static const struct nats_outbox_ops outbox_ops = {.trouble = on_trouble};
    static const struct nats_reader_ops reader_ops = {.entry = on_down, .trouble = on_trouble};
    char stream[POST_TEXT_MAX], subject[NATS_SUBJECT_MAX];

    s->count = s->offer.member_count;
    s->puppets = calloc(s->count + 1, sizeof *s->puppets);
    snprintf(stream, sizeof stream, POST_STREAM, s->offer.run);
    snprintf(subject, sizeof subject, POST_DOWNS, s->offer.run, s->card.id);
    for (size_t i = 0; i < s->count; i++) {
        struct puppet *p = &s->puppets[i];
        *p = (struct puppet){.sim = s,
            .number = s->offer.members[i].number,
            .up = {.key = s->offer.key, .epoch = 1},
            .down = {.key = s->offer.key}};
        if (bus_new_wire(&p->bus, &(struct bus_wire){.write = on_write, .ctx = p}, &ops, p) < 0)
            exit(1);
    }
    if (nats_outbox_new(&s->outbox, s->link, BACKLOG_MAX, &outbox_ops, s) < 0 ||
        nats_reader_new(&s->reader, s->link, stream, subject, 1, &reader_ops, s) < 0)
        exit(1);
    snprintf(s->card.run, sizeof s->card.run, "%s", s->offer.run);
    s->card.busy = (unsigned)s->count;
}

static void on_request(struct nats_watch *w, const struct nats_message *m) {
    struct sim *s = CONTAINER_OF(w, struct sim, requests);
    struct error err = ERROR_NULL;
    char reply[NATS_SUBJECT_MAX];

    if (s->count)
        return;
    snprintf(reply, sizeof reply, "%.*s", VIEW_ARGS(m->reply));
    if (offer_parse(m->data, &s->offer, &err) == 0)
        take_offer(s);
    (void)!nats_link_publish(s->link, reply, NULL, err.text[0] ? view_of_cstr(err.text) : VIEW("ok"));
}

static void on_tick(struct timer *t) {
    struct sim *s = CONTAINER_OF(t, struct sim, tick);
    int64_t now_us = loop_now_us(s->loop);

    for (size_t i = 0; i < s->count; i++)
        live(&s->puppets[i], now_us);
    if (now_us >= s->announce_us) {
        s->announce_us = now_us + SECOND_US;
        announce(s);
    }
    if (s->count && s->gone == s->count && nats_outbox_count(s->outbox) == 0) {
        printf("%llu snapshots, %llu bytes said\n", (unsigned long long)s->snapshots,
            (unsigned long long)s->bytes);
        loop_stop(s->loop);
        return;
    }
    (void)!timers_arm(loop_timers(s->loop), t, now_us + 10 * 1000);
}

int main(int argc, char **argv) {
    struct sim s = {.card = {.protocol = POST_PROTOCOL, .clock_rtt_us = 0}};
    struct error err = ERROR_NULL;
    char subject[NATS_SUBJECT_MAX];

    if (argc != 5) {
        fprintf(stderr, "usage: fleet-sim BUS_URL SLOTS SECONDS ENDPOINTS\n");
        return 2;
    }
    s.card.slots = s.card.cores = (unsigned)strtoul(argv[2], NULL, 10);
    s.seconds = strtol(argv[3], NULL, 10);
    s.endpoints = (int)strtol(argv[4], NULL, 10);
    post_id_new(s.card.id);
    snprintf(s.card.host, sizeof s.card.host, "simulated");
    snprintf(s.card.version, sizeof s.card.version, "%s", HT_VERSION);
    rng_init(&s.rng, 7);
    s.requests.message = on_request;
    s.asks.message = on_ask;
    s.tick.fire = on_tick;
    signal(SIGPIPE, SIG_IGN);
    if (recorder_init(&s.recorder, false) < 0 || loop_new(&s.loop, NULL) < 0)
        return 1;
    if (nats_link_new(&s.link, s.loop, &(struct nats_options){.url = argv[1], .name = "fleet-sim"}, NULL,
            NULL, &err) < 0) {
        fprintf(stderr, "fleet-sim: %s\n", err.text);
        return 1;
    }
    snprintf(subject, sizeof subject, POST_AGENT, s.card.id);
    if (nats_link_watch(s.link, &s.requests, subject) < 0 || nats_link_watch(s.link, &s.asks, POST_ASK) < 0)
        return 1;
    on_tick(&s.tick);
    printf("ready\n");
    fflush(stdout);
    return loop_run(s.loop) < 0;
}
