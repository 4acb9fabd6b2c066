/* The controller's side of a fleet: which agents there are, the run's stream, and whether everybody lives.
 *
 * The log is the run. Everything said between controller and members goes through the run's stream; so does
 * every decision that cannot be seen from that (notes). Who reads the log from its beginning knows the run
 * (fleet/recall). Beside it, unlogged: agents announce themselves, the controller beats, agents ask for its
 * clock.
 *
 * An agent that was silent for REMOTE_SILENCE_US is lost with its members; while our own connection is down,
 * and a while after, nobody is lost: we cannot know. A controller that hears the beat of a younger one has
 * been replaced and ends. */
#include "fleet/controller_priv.h"

#include "core/hex.h"
#include "fleet/errand.h"
#include "fleet/file_tree.h"
#include "fleet/nats_outbox.h"
#include "fleet/nats_reader.h"
#include "fleet/nats_store.h"
#include "fleet/post.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    REMOTE_AGENTS_MAX = 1024,
    REMOTE_GATHER_MS = 10 * 1000,  /* how long agents are waited for */
    REMOTE_GATHER_QUIET_MS = 1500, /* … when nobody said how many */
    REMOTE_SILENCE_US = 3000 * 1000,
    REMOTE_DEAF_US = 1800 * 1000, /* without our own beat for so long it is we who are cut off */
    REMOTE_TICK_US = 250 * 1000,
    REMOTE_BEAT_US = 1000 * 1000,
    REMOTE_LEAD_US = 200 * 1000,          /* a common instant is so far ahead … */
    REMOTE_LEAD_MAX_US = 2000 * 1000,     /* … or three times the longest way, up to this */
    REMOTE_TAKEOVER_MS = 2500,            /* without a beat for so long a controller is taken for dead */
    REMOTE_TROUBLE_US = 30 * 1000 * 1000, /* a stream that cannot be read or written for so long is gone */
    REMOTE_STREAM_AGE_S = 7 * 24 * 3600,
};
static const int64_t REMOTE_STREAM_BYTES = -1; /* the server's own limit */

struct remote_agent {
    struct agent_card card;
    int64_t heard_us;
    size_t members;
    bool lost;
};

struct remote {
    struct controller *controller;
    const struct fleet_away *o;
    struct nats_link *link;
    struct nats_outbox *outbox;
    struct nats_reader *reader;
    char run[POST_ID_MAX + 1], stream[POST_TEXT_MAX], sha256[65];
    uint64_t key, epoch, revision, files_bytes, started_s;
    struct strand_out notes, files;
    struct bus *note_bus;
    struct remote_agent *agents;
    size_t agent_count;
    struct nats_watch cards, beats, clock;
    struct timer tick;
    int64_t beat_us, echo_us,
        hears_since_us; /* the next beat · our latest that came back · since when all of them do */
    struct recall *recall;
    uint64_t recall_seq, live_seq; /* what was there when we came · the first to be read live */
    bool ours;                     /* we have the run; before that nothing of it may be touched */
    bool hailed, replaced;
    int64_t trouble_us; /* since when the stream takes or gives nothing; 0 = it does */
    uint64_t entries;   /* read live, and how long after the server had stored them */
    int64_t lag_sum_us, lag_max_us;
    struct loop_defer recalled;
    json_t *command;
};

/* ---- writing the log ---- */

static int write_segments(
    struct remote *r, const char *subject, struct strand_out *strand, struct view bytes) {
    char head[STRAND_HEAD_MAX];

    for (size_t at = 0; at < bytes.len || at == 0; at += NATS_PAYLOAD_MAX) {
        int e = nats_outbox_put(
            r->outbox, subject, strand_head(strand, head), view_take(view_drop(bytes, at), NATS_PAYLOAD_MAX));
        if (e < 0)
            return e;
    }
    return 0;
}

static int on_member_write(void *ctx, struct view bytes) {
    struct member *m = ctx;
    struct remote *r = m->controller->remote;
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_DOWN, r->run, r->agents[m->agent].card.id, m->number);
    return write_segments(r, subject, &m->down, bytes);
}

struct bus_wire remote_wire(struct member *m) {
    struct remote *r = m->controller->remote;

    m->down.key = m->up.key = m->told.key = r->key;
    m->down.epoch = r->epoch;
    return (struct bus_wire){.write = on_member_write, .ctx = m};
}

static int on_note_write(void *ctx, struct view bytes) {
    struct remote *r = ctx;
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_NOTE, r->run);
    return write_segments(r, subject, &r->notes, bytes);
}

void remote_note(struct controller *c, enum remote_note what, struct view body) {
    if (!c->remote || c->recalling || !c->remote->ours)
        return;
    if (bus_send(c->remote->note_bus, what, body) < 0)
        controller_log(c, LOG_WARN,
            "the run's log on the bus takes no more notes: another controller could not go on with this run");
}

static void note_message(void *ctx, unsigned kind, struct view body) {
    (void)ctx, (void)kind, (void)body;
}
static void note_closed(void *ctx, int error) {
    (void)ctx, (void)error;
}

static void on_trouble(void *ctx, const char *what) {
    struct remote *r = ctx;
    int64_t now_us = loop_now_us(r->controller->loop);

    r->trouble_us = r->trouble_us ? r->trouble_us : now_us;
    if (now_us - r->trouble_us > REMOTE_TROUBLE_US && r->ours) {
        controller_fail(r->controller, FLEET_END_OTHER,
            VIEW("the run's stream on the bus is gone: nothing more can be heard of the workers"), false);
        controller_enter(r->controller, PHASE_ENDED);
    }
    controller_log(r->controller, LOG_WARN, "the run's stream: %s; it is tried again", what);
}

/* ---- reading it ---- */

static struct member *member_numbered(struct controller *c, struct view subject) {
    const char *dot = memrchr(subject.ptr, '.', subject.len);
    uint64_t n;

    if (!dot || !view_to_u64(view_drop(subject, (size_t)(dot + 1 - subject.ptr)), &n) || n == 0 ||
        n >= c->member_count)
        return NULL;
    return c->members[n].away ? &c->members[n] : NULL;
}

/* By the server's wall clock and ours: right where both are one machine, otherwise as right as they are set.
 * Only for -v. */
static void note_lag(struct remote *r, const struct nats_entry *e) {
    int64_t lag_us = clock_wall_us() - e->time_ns / 1000;

    r->entries++;
    r->lag_sum_us += lag_us;
    r->lag_max_us = lag_us > r->lag_max_us ? lag_us : r->lag_max_us;
}

static void on_up(void *ctx, const struct nats_entry *e) {
    struct remote *r = ctx;
    struct controller *c = r->controller;
    struct member *m = member_numbered(c, e->subject);
    struct view bytes;

    note_lag(r, e);
    r->trouble_us = 0;
    int rc = m ? strand_take(&m->up, e->data, &bytes) : ERROR_SYNTAX;
    if (rc < 0)
        controller_log(c, LOG_WARN, "a message on %.*s is not of our making and is ignored",
            VIEW_ARGS(view_take(e->subject, 100)));
    else if (rc != STRAND_SKIPPED)
        bus_feed(m->bus, bytes);
}

static int read_live(struct remote *r) {
    static const struct nats_reader_ops ops = {.entry = on_up, .trouble = on_trouble};
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_UPS, r->run);
    return nats_reader_new(&r->reader, r->link, r->stream, subject, r->live_seq, &ops, r);
}

static void begin_epoch(struct remote *r) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct pack_writer w = pack_writer_of(&out);
    char host[POST_TEXT_MAX] = "?";

    (void)gethostname(host, sizeof host - 1);
    pack_u64(&w, r->epoch);
    pack_view(&w, view_of_cstr(host));
    (void)!bus_send(r->note_bus, NOTE_BEGIN, buf_view(&out));
}

/* Everything that was there is known. From here on no former controller is obeyed; what one of them said
 * until the members heard of us is still to be read, and our own note marks where that ends. */
static void hail(struct remote *r) {
    struct controller *c = r->controller;

    r->hailed = true;
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].away)
            (void)!on_member_write(&c->members[i], VIEW_NULL);
    begin_epoch(r);
}

static void on_recall(void *ctx, const struct nats_entry *e) {
    struct remote *r = ctx;

    if (r->live_seq > 0)
        return; /* behind our note: read again, live */
    if (recall_entry(r->recall, e->subject, e->data, e->time_ns) < 0)
        controller_log(r->controller, LOG_WARN, "a message on %.*s is not of our making and is ignored",
            VIEW_ARGS(view_take(e->subject, 100)));
    if (!r->hailed && e->seq >= r->recall_seq)
        hail(r);
    if (recall_reached(r->recall, r->epoch)) {
        r->live_seq = e->seq + 1;
        loop_defer(r->controller->loop, &r->recalled);
    }
}

/* The recalled instants were by the server's clock; now is our own. */
static void on_recalled(struct loop_defer *d) {
    struct remote *r = CONTAINER_OF(d, struct remote, recalled);
    struct controller *c = r->controller;
    int64_t shift_us = loop_refresh_us(c->loop) - c->recalled_us;

    c->recalling = false;
    c->test_zero_us += c->test_zero_us ? shift_us : 0;
    c->load_zero_us += c->load_zero_us ? shift_us : 0;
    for (size_t i = 0; i < c->member_count; i++)
        c->members[i].lost_us += c->members[i].lost_us ? shift_us : 0;
    r->recall = recall_free(r->recall);
    r->reader = nats_reader_free(r->reader);
    for (size_t i = 0; i < r->agent_count; i++)
        r->agents[i].heard_us = loop_now_us(c->loop);
    if (read_live(r) < 0)
        controller_fail(c, FLEET_END_OTHER, VIEW("the run's stream cannot be read"), false);
    controller_log(c, LOG_INFO, "run %s is taken over at second %.1f of its load", r->run,
        c->load_zero_us ? (double)(loop_now_us(c->loop) - c->load_zero_us) / 1e6 : 0.0);
    controller_go_on(c);
}

/* ---- agents ---- */

static struct remote_agent *agent_of(struct remote *r, const char *id) {
    for (size_t i = 0; i < r->agent_count; i++)
        if (!strcmp(r->agents[i].card.id, id))
            return &r->agents[i];
    return NULL;
}

static struct remote_agent *add_agent(struct remote *r, const struct agent_card *card) {
    struct remote_agent *a = agent_of(r, card->id);

    if (!a && r->agent_count < REMOTE_AGENTS_MAX)
        a = &r->agents[r->agent_count++];
    if (a) {
        a->card = *card;
        a->heard_us = loop_now_us(r->controller->loop);
    }
    return a;
}

size_t remote_recall_agent(struct controller *c, struct view id, struct view host) {
    struct agent_card card = {.clock_rtt_us = -1};

    snprintf(card.id, sizeof card.id, "%.*s", VIEW_ARGS(view_take(id, POST_ID_MAX)));
    snprintf(card.host, sizeof card.host, "%.*s", VIEW_ARGS(view_take(host, POST_TEXT_MAX - 1)));
    struct remote_agent *known = agent_of(c->remote, card.id),
                        *a = known ? known : add_agent(c->remote, &card);
    if (!a)
        return 0;
    a->members++;
    return (size_t)(a - c->remote->agents);
}

static void agent_back(struct remote *r, size_t agent) {
    struct controller *c = r->controller;

    r->agents[agent].lost = false;
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].away && c->members[i].agent == agent)
            roster_back(c, &c->members[i]);
}

static int note_member(struct controller *c, const struct member *m);
static int offer_to(struct controller *c, size_t agent, size_t first, size_t count, struct error *err);
static size_t free_slots(const struct remote_agent *a);

static int take_newcomers(struct remote *r, size_t agent, size_t count, struct error *err) {
    struct controller *c = r->controller;
    size_t first = c->member_count;
    int rc = 0;

    for (size_t i = first; i < first + count && rc == 0; i++) {
        rc = roster_join_away(c, i, agent, NULL);
        c->members[i].newcomer = true;
        r->agents[agent].members++;
        c->member_count = rc == 0 ? i + 1 : c->member_count;
        rc = rc < 0 ? error_set(err, rc, "out of memory") : note_member(c, &c->members[i]);
    }
    rc = rc < 0 ? rc : offer_to(c, agent, first, first + count - 1, err);
    for (size_t i = first; i < first + count && rc == 0; i++)
        rc = newcomer_prepare(c, &c->members[i]);
    for (size_t i = first; i < c->member_count && rc < 0; i++) /* it never was one */
        c->members[i].state = MEMBER_GONE, c->members[i].dismissed = true;
    return rc;
}

/* An agent that was not there at the beginning. As many workers as the others have each, and as there is work for. */
static void on_new_agent(struct remote *r, const struct agent_card *card) {
    struct controller *c = r->controller;
    struct error err = ERROR_NULL;
    size_t wanted = r->o->join && r->ours ? newcomer_wanted(c) : 0, room = FLEET_WORKERS_MAX + 1 - c->member_count;

    if (!wanted || !agent_card_has_label(card, r->o->label) || card->protocol != POST_PROTOCOL || strcmp(card->version, HT_VERSION) != 0)
        return;
    size_t each = r->o->workers_per_machine > 0 ? (size_t)r->o->workers_per_machine : (c->member_count - 1) / (r->agent_count ? r->agent_count : 1);
    struct remote_agent *a = card->slots > card->busy ? add_agent(r, card) : NULL;
    if (!a)
        return;
    size_t n = free_slots(a) < each || !each ? 1 : each;
    n = n > wanted ? wanted : n;
    n = n > room ? room : n;
    controller_log(c, LOG_INFO, "agent %s on %s came: %zu more workers take part", card->id, card->host, n);
    if (n && take_newcomers(r, (size_t)(a - r->agents), n, &err) < 0)
        controller_log(c, LOG_WARN, "agent %s on %s cannot take part: %s", card->id, card->host, err.text[0] ? err.text : "out of memory");
}

static void on_card(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, cards);
    struct agent_card card;

    if (agent_card_parse(m->data, &card) < 0)
        return;
    struct remote_agent *a = agent_of(r, card.id);
    if (!a) {
        on_new_agent(r, &card);
        return;
    }
    a->card = card;
    a->heard_us = loop_now_us(r->controller->loop);
    if (a->lost && !strcmp(card.run, r->run))
        agent_back(r, (size_t)(a - r->agents));
}

static void agent_lost(struct remote *r, size_t agent) {
    struct controller *c = r->controller;
    char how[128];

    r->agents[agent].lost = true;
    snprintf(how, sizeof how, "was not heard for %d s", REMOTE_SILENCE_US / 1000000);
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].away && c->members[i].agent == agent && c->members[i].state != MEMBER_GONE)
            roster_lost(c, &c->members[i], how);
}

static void look_for_silence(struct remote *r, int64_t now_us) {
    if (r->controller->recalling || !nats_link_connected(r->link) || now_us - r->echo_us > REMOTE_DEAF_US)
        return;
    for (size_t i = 0; i < r->agent_count; i++) {
        struct remote_agent *a = &r->agents[i];
        int64_t from_us = a->heard_us > r->hears_since_us ? a->heard_us : r->hears_since_us;
        if (a->members && !a->lost && now_us - from_us > REMOTE_SILENCE_US)
            agent_lost(r, i);
    }
}

const char *remote_place(const struct member *m) {
    static char text[POST_TEXT_MAX * 2];
    const struct agent_card *card = &m->controller->remote->agents[m->agent].card;

    snprintf(text, sizeof text, "agent %s on %s", card->id, card->host);
    return text;
}

bool remote_hears(const struct controller *c) {
    const struct remote *r = c->remote;
    return !r || (nats_link_connected(r->link) && loop_now_us(c->loop) - r->echo_us < REMOTE_DEAF_US);
}

int64_t remote_lead_us(const struct controller *c) {
    int64_t lead_us = REMOTE_LEAD_US;

    for (size_t i = 0; c->remote && i < c->remote->agent_count; i++) {
        int64_t way_us = 3 * c->remote->agents[i].card.clock_rtt_us;
        lead_us = way_us > lead_us ? way_us : lead_us;
    }
    return !c->remote ? 0 : lead_us < REMOTE_LEAD_MAX_US ? lead_us : REMOTE_LEAD_MAX_US;
}

/* ---- spreading the run ---- */

static size_t free_slots(const struct remote_agent *a) {
    return a->card.slots > a->card.busy ? a->card.slots - a->card.busy : 0;
}

size_t remote_workers(const struct controller *c) {
    const struct remote *r = c->remote;
    size_t slots = 0;

    for (size_t i = 0; i < r->agent_count; i++) {
        size_t here = free_slots(&r->agents[i]), most = (size_t)r->o->workers_per_machine;
        slots += most && most < here ? most : here;
    }
    size_t wanted =
        c->o->workers > 0 ? (size_t)c->o->workers : (size_t)assignment_workers_wanted(&c->plan, (int)slots);
    if (r->o->workers_per_machine)
        wanted = slots;
    wanted = wanted < r->agent_count && c->o->workers <= 0 ? r->agent_count : wanted;
    wanted = wanted > slots ? slots : wanted;
    return wanted > FLEET_WORKERS_MAX ? FLEET_WORKERS_MAX : wanted ? wanted : 1;
}

/* The next worker goes where it fills the smallest part of the free slots: twice the cores, twice the
 * workers. */
static size_t next_agent(const struct remote *r) {
    size_t best = 0;
    double least = 1e9;

    for (size_t i = 0; i < r->agent_count; i++) {
        size_t slots = free_slots(&r->agents[i]);
        double part = slots > r->agents[i].members ? (double)(r->agents[i].members + 1) / (double)slots : 1e8;
        if (part < least) {
            least = part;
            best = i;
        }
    }
    return best;
}

static int note_member(struct controller *c, const struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(2048);
    struct pack_writer w = pack_writer_of(&out);

    pack_u64(&w, m->number);
    pack_view(&w, view_of_cstr(c->remote->agents[m->agent].card.id));
    pack_view(&w, view_of_cstr(c->remote->agents[m->agent].card.host));
    pack_view(&w, view_of_cstr(m->client_id));
    remote_note(c, NOTE_MEMBER, buf_view(&out));
    return w.error;
}

/* To the members first … last that are on the agent. */
static int make_offer(struct controller *c, size_t agent, size_t first, size_t last, struct offer *o) {
    struct remote *r = c->remote;

    *o = (struct offer){
        .protocol = POST_PROTOCOL, .key = r->key, .files_bytes = r->files_bytes, .files_tree = r->o->folder != NULL};
    snprintf(o->run, sizeof o->run, "%s", r->run);
    snprintf(o->host, sizeof o->host, "%s", c->o->host->name);
    snprintf(o->version, sizeof o->version, "%s", HT_VERSION);
    snprintf(o->sha256, sizeof o->sha256, "%s", r->sha256);
    o->members = calloc(last - first + 2, sizeof *o->members);
    for (size_t i = first; o->members && i <= last; i++)
        if (c->members[i].agent == agent) {
            struct offer_member *m = &o->members[o->member_count++];
            m->number = (uint32_t)i;
            snprintf(m->client_id, sizeof m->client_id, "%s", c->members[i].client_id);
        }
    return o->members ? 0 : -ENOMEM;
}

static int offer_to(struct controller *c, size_t agent, size_t first, size_t last, struct error *err) {
    struct remote *r = c->remote;
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct buf answer CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    const struct agent_card *card = &r->agents[agent].card;
    struct offer o;
    char subject[NATS_SUBJECT_MAX];

    int rc = make_offer(c, agent, first, last, &o);
    rc = rc < 0 ? rc : offer_pack(&o, &json);
    offer_deinit(&o);
    if (rc < 0)
        return error_set(err, rc, "out of memory");
    snprintf(subject, sizeof subject, POST_AGENT, card->id);
    if (nats_link_ask(r->link, subject, buf_view(&json), NATS_SYNC_MS, &answer) < 0)
        return error_set(err, ERROR_CLOSED, "agent %s on %s does not answer", card->id, card->host);
    if (!view_eq(buf_view(&answer), VIEW("ok")))
        return error_set(err, ERROR_INVALID, "agent %s on %s refuses: %.*s", card->id, card->host,
            VIEW_ARGS(view_take(buf_view(&answer), 600)));
    return 0;
}

int remote_take(struct controller *c, size_t count, struct error *err) {
    struct remote *r = c->remote;
    int rc = 0;

    for (size_t i = 1; i <= count && rc == 0; i++) {
        size_t agent = next_agent(r);
        rc = roster_join_away(c, i, agent, NULL);
        r->agents[agent].members++;
        c->member_count = rc == 0 ? i + 1 : c->member_count;
        rc = rc < 0 ? error_set(err, rc, "out of memory") : note_member(c, &c->members[i]);
    }
    for (size_t a = 0; a < r->agent_count && rc == 0; a++)
        if (r->agents[a].members)
            rc = offer_to(c, a, 1, count, err);
    return rc;
}

int remote_send_files(struct controller *c, struct error *err) {
    struct remote *r = c->remote;
    struct buf tree CLEANUP(buf_deinit) = BUF_MAX((size_t)2 * FILE_TREE_BYTES_MAX);
    struct buf hex CLEANUP(buf_deinit) = BUF_MAX(128);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char subject[NATS_SUBJECT_MAX];

    int rc = r->o->folder ? file_tree_pack(r->o->folder, &tree, err) : 0;
    if (rc < 0)
        return rc;
    struct view files = r->o->folder ? buf_view(&tree) : buf_view(&c->bundle);
    if (files.len > ERRAND_FILES_MAX)
        return error_set(err, ERROR_LIMIT,
            "the script and its files have %zu bytes, the most that is sent to other machines is %d",
            files.len, ERRAND_FILES_MAX);
    SHA256((const unsigned char *)(files.ptr ? files.ptr : ""), files.len, digest);
    rc = hex_encode(&hex, view_of((const char *)digest, sizeof digest));
    snprintf(r->sha256, sizeof r->sha256, "%.*s", VIEW_ARGS(buf_view(&hex)));
    r->files_bytes = files.len;
    snprintf(subject, sizeof subject, POST_FILES, r->run);
    if (rc == 0 && files.len)
        rc = write_segments(r, subject, &r->files, files);
    return rc < 0 ? error_set(err, rc, "the run's files find no room: %s", error_name(rc)) : 0;
}

/* ---- beating ---- */

static void send_beat(struct remote *r) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct beat b = {.epoch = r->epoch, .pid = (unsigned)getpid()};
    char subject[NATS_SUBJECT_MAX];

    (void)gethostname(b.host, sizeof b.host - 1);
    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    if (beat_pack(&b, &json) == 0)
        (void)!nats_link_publish(r->link, subject, NULL, buf_view(&json));
}

static void hear_echo(struct remote *r) {
    int64_t now_us = loop_now_us(r->controller->loop);

    if (now_us - r->echo_us > REMOTE_DEAF_US)
        r->hears_since_us = now_us;
    r->echo_us = now_us;
}

/* Ours come back, too. */
static void on_other_beat(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, beats);
    struct controller *c = r->controller;
    struct beat b;

    if (beat_parse(m->data, &b) < 0 || b.epoch < r->epoch || r->replaced)
        return;
    if (b.epoch == r->epoch) {
        hear_echo(r);
        return;
    }
    r->replaced = true;
    c->outcome->end = FLEET_END_OTHER;
    c->outcome->second_signal = true; /* nothing of ours is shown: the run is another's */
    snprintf(c->outcome->message, sizeof c->outcome->message,
        "another controller (process %u on %s) has taken over run %s; this one ends", b.pid, b.host, r->run);
    c->recalling = true; /* says nothing more to anybody */
    c->phase = PHASE_ENDED;
    loop_stop(c->loop);
}

static void on_clock(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, clock);
    char text[32], reply[NATS_SUBJECT_MAX];

    if (m->reply.len == 0 || m->reply.len >= sizeof reply || r->controller->recalling)
        return;
    snprintf(reply, sizeof reply, "%.*s", VIEW_ARGS(m->reply));
    int n = snprintf(text, sizeof text, "%lld", (long long)loop_refresh_us(r->controller->loop));
    (void)!nats_link_publish(r->link, reply, NULL, view_of(text, (size_t)n));
}

static void on_tick(struct timer *t) {
    struct remote *r = CONTAINER_OF(t, struct remote, tick);
    int64_t now_us = loop_now_us(r->controller->loop);

    if (now_us >= r->beat_us) {
        r->beat_us = now_us + REMOTE_BEAT_US;
        send_beat(r);
    }
    look_for_silence(r, now_us);
    (void)!timers_arm(loop_timers(r->controller->loop), t, now_us + REMOTE_TICK_US);
}

/* ---- opening ---- */

struct gathering {
    struct remote *r;
    size_t wanted;
    char refused[ERROR_TEXT_MAX];
};

static bool gather_card(void *ctx, struct view data) {
    struct gathering *g = ctx;
    struct agent_card card;

    if (agent_card_parse(data, &card) < 0 || !agent_card_has_label(&card, g->r->o->label))
        return false;
    if (card.protocol != POST_PROTOCOL || strcmp(card.version, HT_VERSION) != 0) {
        snprintf(g->refused, sizeof g->refused,
            "; agent %s on %s is halftime %s (protocol %u), not %s (protocol %d): install the same version "
            "on all machines",
            card.id, card.host, card.version, card.protocol, HT_VERSION, POST_PROTOCOL);
        return false;
    }
    if (card.slots > card.busy)
        add_agent(g->r, &card);
    return g->wanted && g->r->agent_count >= g->wanted;
}

static int gather_agents(struct remote *r, struct error *err) {
    struct gathering g = {.r = r, .wanted = (size_t)(r->o->machines > 0 ? r->o->machines : 0)};
    int rc = nats_link_gather(r->link, POST_AGENTS, POST_ASK,
        g.wanted ? REMOTE_GATHER_MS : REMOTE_GATHER_QUIET_MS, gather_card, &g);

    if (rc < 0)
        return error_set(err, rc, "the bus at %s takes no subscriptions", nats_link_url(r->link));
    if (r->agent_count == 0 || r->agent_count < g.wanted)
        return error_set(err, ERROR_CLOSED,
            "%zu of %zu agents with free slots%s%s are at %s: start more with `halftime fleet worker --bus "
            "URL` on their machines%s",
            r->agent_count, g.wanted ? g.wanted : 1, r->o->label ? " and the label " : "",
            r->o->label ? r->o->label : "", nats_link_url(r->link), g.refused);
    return 0;
}

static int put_record(struct remote *r, const char *phase, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    char host[POST_TEXT_MAX] = "?";

    (void)gethostname(host, sizeof host - 1);
    json_t *j = json_pack("{s:s, s:s, s:I, s:I, s:s, s:i, s:I, s:O}", "run", r->run, "phase", phase, "key",
        (json_int_t)r->key, "epoch", (json_int_t)r->epoch, "host", host, "pid", (int)getpid(), "started", (json_int_t)r->started_s,
        "command", r->command);
    char *dump = j ? json_dumps(j, JSON_COMPACT) : NULL;
    int rc = dump ? buf_append_view(&text, view_of_cstr(dump)) : -ENOMEM;
    free(dump);
    json_decref(j);
    if (rc < 0)
        return error_set(err, rc, "the run's command line is too long to be kept");
    return nats_kv_put(r->link, POST_BUCKET, r->run, buf_view(&text), &r->revision, err);
}

static int open_new(struct remote *r, struct error *err) {
    char subject[NATS_SUBJECT_MAX];

    int rc = gather_agents(r, err);
    if (rc < 0)
        return rc;
    post_id_new(r->run);
    r->key = post_key_new();
    r->epoch = 1;
    r->started_s = (uint64_t)(clock_wall_us() / 1000000);
    snprintf(r->stream, sizeof r->stream, POST_STREAM, r->run);
    snprintf(subject, sizeof subject, POST_LOG, r->run);
    rc = nats_stream_new(r->link, r->stream, subject, REMOTE_STREAM_BYTES, REMOTE_STREAM_AGE_S, err);
    rc = rc < 0 ? rc : put_record(r, "running", err);
    return rc;
}

struct listening {
    struct beat beat;
    bool heard;
};
static bool hear_any_beat(void *ctx, struct view data) {
    struct listening *l = ctx;
    l->heard = beat_parse(data, &l->beat) == 0;
    return l->heard;
}

/* Whether the run's controller lives; a standby waits until it does not. */
static int await_silence(struct remote *r, struct error *err) {
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    for (bool said = false;; said = true) {
        struct listening l = {0};
        sigset_t pending;
        int rc = nats_link_gather(r->link, subject, "ht.nobody", REMOTE_TAKEOVER_MS, hear_any_beat, &l);
        if (rc == 0 && !l.heard)
            return 0;
        if (!r->o->standby)
            return error_set(err, ERROR_INVALID,
                "run %s is in the hands of process %u on %s: stop that one first, or write --standby to wait "
                "until it is gone",
                r->run, l.beat.pid, l.beat.host);
        if (!said)
            controller_log(r->controller, LOG_INFO,
                "standing by for run %s, which is in the hands of process %u on %s", r->run, l.beat.pid,
                l.beat.host);
        nats_link_flush(r->link, NATS_SYNC_MS);
        usleep(200 * 1000);
        if (sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM)))
            return error_set(err, ERROR_CLOSED, "stopped while standing by for run %s", r->run);
    }
}

static int read_record(struct remote *r, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);

    int rc = nats_kv_get(r->link, POST_BUCKET, r->run, &text, &r->revision, err);
    if (rc < 0)
        return rc;
    json_t *j = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
    const char *phase = json_string_value(json_object_get(j, "phase"));
    bool ended = !phase || strcmp(phase, "running") != 0;
    r->key = (uint64_t)json_integer_value(json_object_get(j, "key"));
    r->epoch = (uint64_t)json_integer_value(json_object_get(j, "epoch")) + 1;
    r->started_s = (uint64_t)json_integer_value(json_object_get(j, "started"));
    json_decref(r->command);
    r->command = json_incref(json_object_get(j, "command"));
    json_decref(j);
    return ended ? error_set(err, ERROR_INVALID, "run %s has ended: there is nothing to go on with", r->run)
                 : 0;
}

static int open_again(struct remote *r, struct error *err) {
    static const struct nats_reader_ops ops = {.entry = on_recall, .trouble = on_trouble};
    char subject[NATS_SUBJECT_MAX];

    snprintf(r->run, sizeof r->run, "%s", r->o->resume);
    snprintf(r->stream, sizeof r->stream, POST_STREAM, r->run);
    int rc = read_record(r, err);
    rc = rc < 0 ? rc : await_silence(r, err);
    rc = rc < 0 ? rc : read_record(r, err); /* it may have ended while we stood by */
    rc = rc < 0 ? rc : nats_stream_last(r->link, r->stream, &r->recall_seq, err);
    rc = rc < 0 ? rc : put_record(r, "running", err);
    rc = rc < 0 ? rc : recall_new(&r->recall, r->controller, r->key);
    if (rc < 0)
        return rc;
    r->controller->recalling = true;
    r->live_seq = 0;
    snprintf(subject, sizeof subject, POST_LOG, r->run);
    rc = nats_reader_new(&r->reader, r->link, r->stream, subject, 1, &ops, r);
    return rc < 0 ? error_set(err, rc, "the run's stream cannot be read: %s", error_name(rc)) : 0;
}

static int watch(struct remote *r) {
    char subject[NATS_SUBJECT_MAX];

    r->cards.message = on_card;
    r->beats.message = on_other_beat;
    r->clock.message = on_clock;
    int rc = nats_link_watch(r->link, &r->cards, POST_AGENTS);
    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    rc = rc < 0 ? rc : nats_link_watch(r->link, &r->beats, subject);
    snprintf(subject, sizeof subject, POST_CLOCK, r->run);
    return rc < 0 ? rc : nats_link_watch(r->link, &r->clock, subject);
}

static int open_log(struct remote *r, struct error *err) {
    static const struct nats_outbox_ops ops = {.trouble = on_trouble};
    static const struct bus_ops note_ops = {.message = note_message, .closed = note_closed};
    struct bus_wire wire = {.write = on_note_write, .ctx = r};

    int rc = nats_outbox_new(&r->outbox, r->link, BUS_QUEUE_MAX, &ops, r);
    rc = rc < 0 ? rc : bus_new_wire(&r->note_bus, &wire, &note_ops, r);
    return rc < 0 ? error_set(err, rc, "the run's log cannot be opened: %s", error_name(rc)) : 0;
}

int remote_open(struct controller *c, struct error *err) {
    struct remote *r = calloc(1, sizeof *r);
    struct nats_options bus = c->o->away->bus;

    if (!r)
        return error_set(err, -ENOMEM, "out of memory");
    c->remote = r;
    r->controller = c;
    r->o = c->o->away;
    r->recalled.run = on_recalled;
    r->tick.fire = on_tick;
    r->live_seq = 1;
    r->command = json_loads(r->o->command ? r->o->command : "{}", 0, NULL);
    r->agents = calloc(REMOTE_AGENTS_MAX, sizeof *r->agents);
    bus.name = "halftime controller";
    int rc = r->agents ? nats_link_new(&r->link, c->loop, &bus, NULL, NULL, err) : -ENOMEM;
    rc = rc < 0 ? rc : open_log(r, err);
    rc = rc < 0 ? rc : r->o->resume ? open_again(r, err) : open_new(r, err);
    if (rc < 0)
        return rc;
    r->ours = true;
    r->notes.key = r->files.key = r->key;
    r->notes.epoch = r->files.epoch = r->epoch;
    rc = watch(r);
    if (rc == 0 && !r->o->resume) {
        rc = read_live(r);
        begin_epoch(r);
    }
    if (rc < 0)
        return error_set(err, rc, "the bus at %s: %s", nats_link_url(r->link), error_name(rc));
    controller_log(c, LOG_INFO, "run %s on the bus at %s%s", r->run, nats_link_url(r->link),
        r->o->resume ? ": reading what was" : "");
    on_tick(&r->tick);
    return 0;
}

/* ---- the end ---- */

/* Whatever still runs on the machines is let go; the stream is no longer needed. */
void remote_over(struct controller *c) {
    struct remote *r = c->remote;
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct offer o = {.protocol = POST_PROTOCOL, .release = true};
    struct error err = ERROR_NULL;
    char subject[NATS_SUBJECT_MAX];

    if (r->replaced || !r->ours)
        return;
    controller_log(c, LOG_DEBUG,
        "the run's log: %llu messages were read %.1f ms (at most %.1f ms) after they were stored; %llu times "
        "the reading, %llu times the "
        "writing had to begin again",
        (unsigned long long)r->entries, r->entries ? (double)r->lag_sum_us / 1e3 / (double)r->entries : 0.0,
        (double)r->lag_max_us / 1e3, (unsigned long long)(r->reader ? nats_reader_restarts(r->reader) : 0),
        (unsigned long long)nats_outbox_repeats(r->outbox));
    snprintf(o.run, sizeof o.run, "%s", r->run);
    snprintf(o.host, sizeof o.host, "%s", c->o->host->name);
    snprintf(o.version, sizeof o.version, "%s", HT_VERSION);
    if (offer_pack(&o, &json) == 0)
        for (size_t i = 0; i < r->agent_count; i++) {
            snprintf(subject, sizeof subject, POST_AGENT, r->agents[i].card.id);
            if (r->agents[i].members)
                (void)!nats_link_publish(r->link, subject, NULL, buf_view(&json));
        }
    nats_link_flush(r->link, NATS_SYNC_MS);
    if (put_record(r, fleet_end_words(c->outcome->end), &err) < 0)
        controller_log(c, LOG_WARN, "%s", err.text);
    nats_stream_delete(r->link, r->stream);
}

struct remote *remote_close(struct remote *r) {
    if (!r)
        return NULL;
    timers_cancel(loop_timers(r->controller->loop), &r->tick);
    loop_defer_cancel(&r->recalled);
    recall_free(r->recall);
    nats_reader_free(r->reader);
    bus_free(r->note_bus);
    nats_outbox_free(r->outbox);
    if (r->link) {
        nats_link_unwatch(r->link, &r->cards);
        nats_link_unwatch(r->link, &r->beats);
        nats_link_unwatch(r->link, &r->clock);
    }
    nats_link_free(r->link);
    json_decref(r->command);
    free(r->agents);
    free(r);
    return NULL;
}

int fleet_away_command(const struct nats_options *bus, const char *run, struct buf *out, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct loop *loop;
    struct nats_link *link = NULL;
    uint64_t revision;

    if (!post_id_ok(run))
        return error_set(
            err, ERROR_INVALID, "\"%.40s\" is no run's name: `halftime fleet status` lists them", run);
    int r = loop_new(&loop, NULL);
    if (r < 0)
        return error_set(err, r, "no event loop: %s", error_name(r));
    r = nats_link_new(&link, loop, bus, NULL, NULL, err);
    r = r < 0 ? r : nats_kv_get(link, POST_BUCKET, run, &text, &revision, err);
    nats_link_free(link);
    loop_free(loop);
    if (r < 0)
        return r;
    json_t *j = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
    char *dump = json_dumps(json_object_get(j, "command"), JSON_COMPACT);
    r = dump ? buf_append_view(out, view_of_cstr(dump))
             : error_set(err, ERROR_SYNTAX, "the record of run %s is not one of ours", run);
    free(dump);
    json_decref(j);
    return r;
}
