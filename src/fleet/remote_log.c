/* The run's stream: what goes out to members and into notes, what comes in from members, and how who takes a run over learns of it.
 *
 * Who takes a run over reads everything from the first message. At the last one that was there when it came, it hails the members and
 * writes a note of its own: what former controllers were still told ends there. Behind that note the log is read again, live. */
#include "fleet/remote_priv.h"

#include "core/hex.h"
#include "fleet/errand.h"
#include "fleet/file_tree.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <unistd.h>

enum { REMOTE_TROUBLE_US = 30 * 1000 * 1000 }; /* a stream that cannot be read or written for so long is gone */

/* ---- writing ---- */

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

/* ---- reading ---- */

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

int remote_log_read(struct remote *r) {
    static const struct nats_reader_ops ops = {.entry = on_up, .trouble = on_trouble};
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_UPS, r->run);
    return nats_reader_new(&r->reader, r->link, r->stream, subject, r->live_seq, &ops, r);
}

void remote_log_begin_epoch(struct remote *r) {
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
    remote_log_begin_epoch(r);
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
    if (remote_log_read(r) < 0)
        controller_fail(c, FLEET_END_OTHER, VIEW("the run's stream cannot be read"), false);
    controller_log(c, LOG_INFO, "run %s is taken over at second %.1f of its load", r->run,
        c->load_zero_us ? (double)(loop_now_us(c->loop) - c->load_zero_us) / 1e6 : 0.0);
    controller_go_on(c);
}

int remote_log_recall(struct remote *r, struct error *err) {
    static const struct nats_reader_ops ops = {.entry = on_recall, .trouble = on_trouble};
    char subject[NATS_SUBJECT_MAX];

    int rc = recall_new(&r->recall, r->controller, r->key);
    if (rc < 0)
        return rc;
    r->controller->recalling = true;
    r->live_seq = 0;
    snprintf(subject, sizeof subject, POST_LOG, r->run);
    rc = nats_reader_new(&r->reader, r->link, r->stream, subject, 1, &ops, r);
    return rc < 0 ? error_set(err, rc, "the run's stream cannot be read: %s", error_name(rc)) : 0;
}

/* ---- opening ---- */

int remote_log_open(struct remote *r, struct error *err) {
    static const struct nats_outbox_ops ops = {.trouble = on_trouble};
    static const struct bus_ops note_ops = {.message = note_message, .closed = note_closed};
    struct bus_wire wire = {.write = on_note_write, .ctx = r};

    r->recalled.run = on_recalled;
    int rc = nats_outbox_new(&r->outbox, r->link, BUS_QUEUE_MAX, &ops, r);
    rc = rc < 0 ? rc : bus_new_wire(&r->note_bus, &wire, &note_ops, r);
    return rc < 0 ? error_set(err, rc, "the run's log cannot be opened: %s", error_name(rc)) : 0;
}
