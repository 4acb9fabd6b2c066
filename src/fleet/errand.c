/* The life of an errand:
 *
 *   offer taken → the run's files are read from the stream and checked → what is said to the members is read
 * → LOAD makes a process, with the files put in → frames go to and fro → a process ends: GONE → all are gone
 * and the stream has everything: over
 *
 * Two things are not just handed on: LOAD, which gets the files, and START, whose instant is on the
 * controller's monotonic clock and is translated to ours (fleet/clock_match); it is held back until the clock
 * is known. Wall clocks are never compared.
 *
 * When no controller has been heard for orphan_us, the members are stopped in order, and their last snapshots
 * go into the stream. */
#include "fleet/errand.h"

#include "core/arena.h"
#include "core/hex.h"
#include "fleet/bus.h"
#include "fleet/clock_match.h"
#include "fleet/file_tree.h"
#include "fleet/message.h"
#include "fleet/nats_outbox.h"
#include "fleet/nats_reader.h"
#include "fleet/strand.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TICK_US = 200 * 1000,
    CLOCK_SLOW_US = 5 * 1000 * 1000,
    LOAD_ARENA_MAX = 64 * 1024 * 1024,
    GIVE_UP_US = 60 * 1000 * 1000
};

/* A member of the run on this machine. */
struct hand {
    struct errand *errand;
    struct offer_member who;
    struct process process;
    struct bus *near, *far; /* to the process · to the controller */
    struct strand_out up;
    struct strand_in down;
    struct buf start; /* a START that waits for the clock */
    bool loaded, gone, stopping, finished;
};

struct errand {
    struct errand_options o;
    struct offer offer;
    char stream[POST_TEXT_MAX], clock_inbox[NATS_SUBJECT_MAX];
    struct hand **hands;
    size_t hand_count;
    struct nats_outbox *outbox;
    struct nats_reader *reader; /* first of the files, then of what is said to us */
    bool files_done;
    struct strand_in files_strand;
    struct buf files;
    char folder[FILE_TREE_PATH_MAX]; /* where the tree was unpacked; "" = none */
    struct clock_match clock;
    int64_t asked_us, clock_next_us, heard_us, over_us, stop_us;
    uint64_t epoch; /* of the controller that is obeyed */
    struct nats_watch clock_answers, beats;
    struct timer tick;
    struct loop_defer files_soon;
    uint64_t unsent, unsent_small;
    bool orphaned, released, over;
};

static struct loop *loop_of(const struct errand *e) {
    return nats_link_loop(e->o.link);
}

static void say(struct errand *e, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void say(struct errand *e, enum log_level level, const char *fmt, ...) {
    char text[1024];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    e->o.log->write(e->o.log, &(struct log_record){.level = level,
                                  .message = view_of(text, n < 0                     ? 0
                                                           : (size_t)n < sizeof text ? (size_t)n
                                                                                     : sizeof text - 1)});
}

/* ---- up ---- */

static int on_far_write(void *ctx, struct view bytes) {
    struct hand *h = ctx;
    struct errand *e = h->errand;
    char subject[NATS_SUBJECT_MAX], head[STRAND_HEAD_MAX];

    snprintf(subject, sizeof subject, POST_UP, e->offer.run, h->who.number);
    for (size_t at = 0; at < bytes.len; at += NATS_PAYLOAD_MAX) {
        int r = nats_outbox_put(
            e->outbox, subject, strand_head(&h->up, head), view_take(view_drop(bytes, at), NATS_PAYLOAD_MAX));
        if (r < 0) {
            h->up.n--; /* the bound of the outbox is beyond that of the backlog: only without memory */
            return r;
        }
    }
    return 0;
}

/* What may be missing without a count being wrong. */
static bool is_small_talk(unsigned kind) {
    return kind == MESSAGE_PROGRESS || kind == MESSAGE_SAMPLES || kind == MESSAGE_LOG ||
           kind == MESSAGE_INITIALISED;
}

static void tell_unsent(struct hand *h) {
    struct errand *e = h->errand;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);

    if (e->unsent == 0 || nats_outbox_bytes(e->outbox) > ERRAND_BACKLOG_HIGH)
        return;
    pack_u64(&w, e->unsent);
    pack_u64(&w, e->unsent_small);
    if (bus_send(h->far, MESSAGE_UNSENT, buf_view(&out)) == 0)
        e->unsent = e->unsent_small = 0;
}

static void on_near_message(void *ctx, unsigned kind, struct view body) {
    struct hand *h = ctx;
    struct errand *e = h->errand;
    size_t waiting = nats_outbox_bytes(e->outbox);

    if (is_small_talk(kind) && waiting > ERRAND_BACKLOG_HIGH) {
        e->unsent_small++;
        return;
    }
    if ((kind == MESSAGE_SNAPSHOT || kind == MESSAGE_BUNDLE) && waiting + body.len > ERRAND_BACKLOG_MAX) {
        e->unsent++;
        return;
    }
    h->finished = h->finished || kind == MESSAGE_FINISHED;
    tell_unsent(h);
    if (bus_send(h->far, kind, body) < 0)
        e->unsent++;
}

static void on_near_closed(void *ctx, int error) {
    struct hand *h = ctx;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct pack_writer w = pack_writer_of(&out);
    char words[128];

    (void)error;
    if (!process_wait(&h->process, ERRAND_PATIENCE_US / 1000000 * 100))
        process_kill(&h->process);
    process_reap(&h->process);
    process_end_words(&h->process, words, sizeof words);
    h->gone = true;
    tell_unsent(h);
    pack_view(&w, view_of_cstr(words));
    (void)!bus_send(h->far, MESSAGE_GONE, buf_view(&out));
}

/* ---- down ---- */

static void fail_member(struct hand *h, const char *text) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&out);

    pack_u64(&w, SCRIPT_FAILURE_OTHER);
    pack_view(&w, view_of_cstr(text));
    (void)!bus_send(h->far, MESSAGE_FAILED, buf_view(&out));
}

static int spawn(struct hand *h) {
    static const struct bus_ops ops = {.message = on_near_message, .closed = on_near_closed};
    struct errand *e = h->errand;
    bool python = !strcmp(e->offer.host, "locust");
    char role[32];

    snprintf(role, sizeof role, "worker %u", h->who.number - 1);
    struct process_program program = python ? *e->o.python : (struct process_program){0};
    program.folder = e->folder[0] ? e->folder : NULL;
    int r = process_spawn(&h->process, python ? &program : NULL, e->offer.host, role, -1);
    if (r == 0)
        r = bus_new(&h->near, loop_of(e), h->process.socket_fd, &ops, h);
    return r;
}

static void on_load(struct hand *h, struct view body) {
    struct errand *e = h->errand;
    struct arena arena;
    struct message_load m;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    char text[512];

    if (h->loaded)
        return;
    arena_init(&arena, LOAD_ARENA_MAX);
    int r = message_unpack_load(body, &arena, &m);
    if (r == 0) {
        if (e->offer.files_tree) {
            m.source.path = arena_copy(
                &arena, view_of_cstr(arena_printf(&arena, "%s/%.*s", e->folder, VIEW_ARGS(m.source.path))));
            m.source.cwd = view_of_cstr(e->folder);
        } else {
            m.source.bundle = buf_view(&e->files);
        }
        message_pack_load(&w, &m);
        r = w.error;
    }
    arena_deinit(&arena);
    if (r == 0)
        r = spawn(h);
    h->loaded = r == 0;
    if (r == 0)
        r = bus_send(h->near, MESSAGE_LOAD, buf_view(&out));
    if (r < 0) {
        snprintf(text, sizeof text, "worker %u cannot be started on agent %s: %s", h->who.number - 1,
            e->o.agent, error_name(r));
        fail_member(h, text);
    }
}

/* The controller's instant on our clock. */
static void give_start(struct hand *h, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    int64_t origin_us = unpack_i64(&r);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);

    if (r.failed || !h->near)
        return;
    pack_i64(&w, clock_match_ours_us(&h->errand->clock, origin_us));
    (void)!bus_send(h->near, MESSAGE_START, buf_view(&out));
}

static void on_far_message(void *ctx, unsigned kind, struct view body) {
    struct hand *h = ctx;

    if (h->gone)
        return;
    if (kind == MESSAGE_LOAD)
        on_load(h, body);
    else if (kind == MESSAGE_START && h->errand->clock.rounds < ERRAND_CLOCK_ROUNDS / 2)
        (void)!buf_append_view(&h->start, body);
    else if (kind == MESSAGE_START)
        give_start(h, body);
    else if (h->near)
        (void)!bus_send(h->near, kind, body);
}

static void on_far_closed(void *ctx, int error) {
    struct hand *h = ctx;
    (void)error;
    say(h->errand, LOG_ERROR, "what was sent to worker %u is not of our making: it is stopped",
        h->who.number - 1);
    process_kill(&h->process);
}

static struct hand *hand_numbered(struct errand *e, struct view number) {
    uint64_t n;

    if (view_to_u64(number, &n))
        for (size_t i = 0; i < e->hand_count; i++)
            if (e->hands[i]->who.number == n)
                return e->hands[i];
    return NULL;
}

static void on_down(void *ctx, const struct nats_entry *entry) {
    struct errand *e = ctx;
    const char *dot = memrchr(entry->subject.ptr, '.', entry->subject.len);
    struct hand *h =
        dot ? hand_numbered(e, view_drop(entry->subject, (size_t)(dot + 1 - entry->subject.ptr))) : NULL;
    struct view bytes;

    if (!h)
        return;
    int r = strand_take(&h->down, entry->data, &bytes);
    if (r < 0) {
        say(e, LOG_WARN, "a segment for worker %u is not of our making and is ignored", h->who.number - 1);
        return;
    }
    if (r == STRAND_NEW_EPOCH) {
        bus_feed_anew(h->far);
        if (h->down.epoch > e->epoch && e->epoch > 0)
            say(e, LOG_INFO, "run %s: another controller has taken over", e->offer.run);
        if (h->down.epoch > e->epoch)
            e->clock = CLOCK_MATCH_NULL; /* it may be another machine */
        e->epoch = h->down.epoch > e->epoch ? h->down.epoch : e->epoch;
    }
    if (r != STRAND_SKIPPED)
        bus_feed(h->far, bytes);
}

/* ---- files ---- */

static void fail_all(struct errand *e, const char *text) {
    say(e, LOG_ERROR, "run %s: %s", e->offer.run, text);
    for (size_t i = 0; i < e->hand_count; i++) {
        fail_member(e->hands[i], text);
        e->hands[i]->gone = true;
    }
}

static int check_files(struct errand *e, char *why, size_t size) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    struct buf hex CLEANUP(buf_deinit) = BUF_MAX(128);
    struct error err = ERROR_NULL;

    SHA256((const unsigned char *)(e->files.ptr ? e->files.ptr : ""), e->files.len, digest);
    int r = hex_encode(&hex, view_of((const char *)digest, sizeof digest));
    if (r == 0 && !view_eq(buf_view(&hex), view_of_cstr(e->offer.sha256))) {
        snprintf(why, size,
            "the run's files have the SHA-256 %.*s, the controller promised %s: they are not used",
            VIEW_ARGS(buf_view(&hex)), e->offer.sha256);
        return ERROR_INVALID;
    }
    if (r == 0 && e->offer.files_tree)
        r = file_tree_unpack_temporary(buf_view(&e->files), e->folder, sizeof e->folder, &err);
    if (r < 0)
        snprintf(why, size, "the run's files cannot be unpacked: %s", err.text[0] ? err.text : error_name(r));
    return r;
}

static void on_trouble(void *ctx, const char *what) {
    struct errand *e = ctx;
    say(e, LOG_WARN, "run %s: %s; it is tried again", e->offer.run, what);
}

/* The reader of the files is done: from here on, what is said to us. */
static void files_arrived(struct loop_defer *d) {
    static const struct nats_reader_ops ops = {.entry = on_down, .trouble = on_trouble};
    struct errand *e = CONTAINER_OF(d, struct errand, files_soon);
    char subject[NATS_SUBJECT_MAX], why[1024];

    e->reader = nats_reader_free(e->reader);
    e->files_done = true;
    if (check_files(e, why, sizeof why) < 0) {
        fail_all(e, why);
        return;
    }
    snprintf(subject, sizeof subject, POST_DOWNS, e->offer.run, e->o.agent);
    if (nats_reader_new(&e->reader, e->o.link, e->stream, subject, 1, &ops, e) < 0)
        fail_all(e, "the run's stream cannot be read: no memory or no connection");
}

static void on_file_segment(void *ctx, const struct nats_entry *entry) {
    struct errand *e = ctx;
    struct view bytes;

    if (e->files_done || strand_take(&e->files_strand, entry->data, &bytes) < 0 || bytes.len == 0)
        return;
    if (buf_append_view(&e->files, bytes) < 0 || e->files.len >= e->offer.files_bytes)
        loop_defer(loop_of(e), &e->files_soon);
}

static int read_files(struct errand *e) {
    static const struct nats_reader_ops ops = {.entry = on_file_segment, .trouble = on_trouble};
    char subject[NATS_SUBJECT_MAX];

    if (e->offer.files_bytes == 0) {
        loop_defer(loop_of(e), &e->files_soon);
        return 0;
    }
    snprintf(subject, sizeof subject, POST_FILES, e->offer.run);
    return nats_reader_new(&e->reader, e->o.link, e->stream, subject, 1, &ops, e);
}

/* ---- clock and beats ---- */

static void on_clock_answer(struct nats_watch *w, const struct nats_message *m) {
    struct errand *e = CONTAINER_OF(w, struct errand, clock_answers);
    int64_t theirs_us, now_us = loop_refresh_us(loop_of(e));

    if (m->no_responders || e->asked_us == 0 || !view_to_i64(m->data, &theirs_us))
        return;
    clock_match_round(&e->clock, e->asked_us, theirs_us, now_us);
    e->asked_us = 0;
    e->clock_next_us = e->clock.rounds < ERRAND_CLOCK_ROUNDS ? now_us : now_us + CLOCK_SLOW_US;
    if (e->clock.rounds < ERRAND_CLOCK_ROUNDS)
        (void)!timers_arm(loop_timers(loop_of(e)), &e->tick, now_us);
    for (size_t i = 0; i < e->hand_count && e->clock.rounds >= ERRAND_CLOCK_ROUNDS / 2; i++)
        if (e->hands[i]->start.len) {
            give_start(e->hands[i], buf_view(&e->hands[i]->start));
            buf_clear(&e->hands[i]->start);
        }
}

static void ask_clock(struct errand *e, int64_t now_us) {
    char subject[NATS_SUBJECT_MAX];

    if (e->asked_us && now_us - e->asked_us < CLOCK_SLOW_US)
        return;
    if (now_us < e->clock_next_us)
        return;
    snprintf(subject, sizeof subject, POST_CLOCK, e->offer.run);
    e->asked_us = loop_refresh_us(loop_of(e));
    if (nats_link_publish(e->o.link, subject, e->clock_inbox, VIEW_NULL) < 0)
        e->asked_us = 0;
}

static void on_beat(struct nats_watch *w, const struct nats_message *m) {
    struct errand *e = CONTAINER_OF(w, struct errand, beats);
    struct beat b;

    if (beat_parse(m->data, &b) == 0 && b.epoch >= e->epoch)
        e->heard_us = loop_now_us(loop_of(e));
}

/* ---- the end ---- */

static void stop_members(struct errand *e) {
    for (size_t i = 0; i < e->hand_count; i++) {
        struct hand *h = e->hands[i];
        if (!h->near || h->gone || h->stopping)
            continue;
        h->stopping = true;
        (void)!bus_send(h->near, MESSAGE_STOP, view_of("\1", 1));
    }
}

static void dismiss_stopped(struct errand *e, int64_t now_us) {
    for (size_t i = 0; i < e->hand_count; i++) {
        struct hand *h = e->hands[i];
        if (!h->stopping || h->gone)
            continue;
        if (h->finished) {
            h->finished = false; /* told once */
            (void)!bus_send(h->near, MESSAGE_FINISH, VIEW_NULL);
        } else if (now_us - e->stop_us > ERRAND_PATIENCE_US) {
            process_kill(&h->process);
        }
    }
}

static void look_for_controller(struct errand *e, int64_t now_us) {
    if (!e->orphaned && now_us - e->heard_us > e->o.orphan_us) {
        e->orphaned = true;
        e->stop_us = now_us;
        say(e, LOG_ERROR, "run %s: no controller has been heard for %lld s; its load is stopped here",
            e->offer.run, (long long)(e->o.orphan_us / 1000000));
        stop_members(e);
    }
    if (e->orphaned)
        dismiss_stopped(e, now_us);
}

static void look_for_end(struct errand *e, int64_t now_us) {
    size_t left = nats_outbox_count(e->outbox);

    if (e->over || errand_living(e) > 0 || !e->files_done)
        return;
    e->over_us = e->over_us ? e->over_us : now_us;
    bool given_up = left > 0 && (e->released || now_us - e->over_us > GIVE_UP_US);
    if (given_up && !e->released)
        say(e, LOG_ERROR, "run %s: %zu messages (%zu bytes) could not be handed in and are lost",
            e->offer.run, left, nats_outbox_bytes(e->outbox));
    if (left > 0 && !given_up)
        return;
    e->over = true;
    e->o.over(e->o.ctx, e);
}

static void on_tick(struct timer *t) {
    struct errand *e = CONTAINER_OF(t, struct errand, tick);
    int64_t now_us = loop_now_us(loop_of(e));

    ask_clock(e, now_us);
    look_for_controller(e, now_us);
    look_for_end(e, now_us);
    if (!e->over)
        (void)!timers_arm(loop_timers(loop_of(e)), t, now_us + TICK_US);
}

void errand_release(struct errand *e) {
    e->released = true;
    for (size_t i = 0; i < e->hand_count; i++)
        process_kill(&e->hands[i]->process);
    if (!e->files_done)
        fail_all(e, "the controller has let go of it");
    e->files_done = true;
}

/* ---- life ---- */

static int add_hand(struct errand *e, const struct offer_member *who) {
    static const struct bus_ops ops = {.message = on_far_message, .closed = on_far_closed};
    struct hand **hands = realloc(e->hands, (e->hand_count + 1) * sizeof(struct hand *));
    struct hand *h = calloc(1, sizeof *h);

    e->hands = hands ? hands : e->hands;
    if (!hands || !h) {
        free(h);
        return -ENOMEM;
    }
    *h = (struct hand){.errand = e, .who = *who, .process = PROCESS_NULL, .up = {.key = e->offer.key, .epoch = 1}, .down = {.key = e->offer.key}};
    buf_init(&h->start, 256);
    int r = bus_new_wire(&h->far, &(struct bus_wire){.write = on_far_write, .ctx = h}, &ops, h);
    if (r < 0)
        free(h);
    else
        e->hands[e->hand_count++] = h;
    return r;
}

int errand_more(struct errand *e, const struct offer *offer, struct error *err) {
    for (size_t i = 0; i < offer->member_count; i++) {
        int r = add_hand(e, &offer->members[i]);
        if (r < 0)
            return error_set(err, r, "no memory for %zu more workers", offer->member_count);
    }
    return 0;
}

static int watch(struct errand *e) {
    char subject[NATS_SUBJECT_MAX];

    snprintf(e->clock_inbox, sizeof e->clock_inbox, "%s.c%s", nats_link_inbox(e->o.link), e->offer.run);
    int r = nats_link_watch(e->o.link, &e->clock_answers, e->clock_inbox);
    snprintf(subject, sizeof subject, POST_BEAT, e->offer.run);
    return r < 0 ? r : nats_link_watch(e->o.link, &e->beats, subject);
}

int errand_new(
    struct errand **out, const struct errand_options *o, const struct offer *offer, struct error *err) {
    static const struct nats_outbox_ops outbox_ops = {.trouble = on_trouble};
    struct errand *e = calloc(1, sizeof *e);

    *out = NULL;
    if (!e)
        return error_set(err, -ENOMEM, "out of memory");
    e->o = *o;
    e->offer = *offer;
    e->offer.members = NULL;
    e->files_strand.key = offer->key;
    buf_init(&e->files, ERRAND_FILES_MAX);
    e->heard_us = loop_now_us(o->link ? nats_link_loop(o->link) : NULL);
    e->tick.fire = on_tick;
    e->files_soon.run = files_arrived;
    e->clock_answers.message = on_clock_answer;
    e->beats.message = on_beat;
    snprintf(e->stream, sizeof e->stream, POST_STREAM, offer->run);
    int r = nats_outbox_new(&e->outbox, o->link, (size_t)2 * ERRAND_BACKLOG_MAX, &outbox_ops, e);
    r = r < 0 ? r : watch(e);
    r = r < 0 ? r : errand_more(e, offer, err);
    r = r < 0 ? r : read_files(e);
    r = r < 0 ? r : timers_arm(loop_timers(loop_of(e)), &e->tick, loop_now_us(loop_of(e)) + TICK_US / 4);
    if (r < 0) {
        error_set(err, r, "agent %s cannot take the run: %s", o->agent, error_name(r));
        errand_free(e);
        return r;
    }
    *out = e;
    return 0;
}

static void free_hand(struct hand *h) {
    process_kill(&h->process);
    bus_free(h->near);
    process_reap(&h->process);
    bus_free(h->far);
    buf_deinit(&h->start);
    free(h);
}

struct errand *errand_free(struct errand *e) {
    if (!e)
        return NULL;
    for (size_t i = 0; i < e->hand_count; i++)
        free_hand(e->hands[i]);
    free(e->hands);
    timers_cancel(loop_timers(loop_of(e)), &e->tick);
    loop_defer_cancel(&e->files_soon);
    nats_link_unwatch(e->o.link, &e->clock_answers);
    nats_link_unwatch(e->o.link, &e->beats);
    nats_reader_free(e->reader);
    nats_outbox_free(e->outbox);
    buf_deinit(&e->files);
    if (e->folder[0])
        file_tree_remove(e->folder);
    free(e);
    return NULL;
}

const char *errand_run(const struct errand *e) {
    return e->offer.run;
}
size_t errand_living(const struct errand *e) {
    size_t n = 0;
    for (size_t i = 0; i < e->hand_count; i++)
        n += !e->hands[i]->gone;
    return n;
}
uint64_t errand_unsent(const struct errand *e) {
    return e->unsent;
}
size_t errand_backlog(const struct errand *e) {
    return nats_outbox_bytes(e->outbox);
}
int64_t errand_clock_rtt_us(const struct errand *e) {
    return e->clock.rounds >= ERRAND_CLOCK_ROUNDS / 2 ? e->clock.rtt_us : -1;
}
