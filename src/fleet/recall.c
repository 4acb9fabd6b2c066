/* Recalling a run from its log: what the members said goes through the same doors as when it was said live,
 * what they were told and what the controller noted is put into the state that it was a sign of. Nothing is
 * said to anybody meanwhile (controller.recalling), and time is that at which the server stored each entry.
 * The seconds of the sinks and gauges are lived through again, too. */
#include "fleet/controller_priv.h"
#include "fleet/post.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recall {
    struct controller *controller;
    struct strand_in notes, files;
    struct bus *note_bus;
    uint64_t epoch; /* of the latest NOTE_BEGIN */
    int64_t next_second_us;
};

/* ---- notes ---- */

static void recall_begin(struct recall *r, struct pack_reader *p) {
    uint64_t epoch = unpack_u64(p);
    if (!p->failed)
        r->epoch = epoch;
}

static void recall_heard(struct controller *c, struct pack_reader *p) {
    uint64_t kind = unpack_u64(p);
    struct view body = unpack_view(p);
    struct pack_reader r = pack_reader_of(body);

    if (p->failed)
        return;
    if (kind != MESSAGE_ONCE_DONE) {
        if (kind == MESSAGE_DESCRIBED || kind == MESSAGE_SNAPSHOT)
            roster_message(&c->members[0], (unsigned)kind, body);
        return;
    }
    uint64_t what = unpack_u64(&r), failure = unpack_u64(&r);
    (void)unpack_view(&r);
    struct view output = unpack_view(&r);
    if (!r.failed && what == SCRIPT_SETUP && failure == SCRIPT_FAILURE_NONE && c->setup_data.len == 0)
        (void)!buf_append_view(&c->setup_data, output);
    if (!r.failed && what == SCRIPT_TEARDOWN)
        c->has_teardown = false;
}

static void recall_member(struct controller *c, struct pack_reader *p) {
    uint64_t number = unpack_u64(p);
    struct view agent = unpack_view(p), host = unpack_view(p), client_id = unpack_view(p);
    char id[FLEET_CLIENT_ID_MAX];

    if (p->failed || number == 0 || number > FLEET_WORKERS_MAX || c->members[number].away)
        return;
    snprintf(id, sizeof id, "%.*s", VIEW_ARGS(view_take(client_id, sizeof id - 1)));
    if (roster_join_away(c, number, remote_recall_agent(c, agent, host), id) == 0 &&
        c->member_count <= number)
        c->member_count = number + 1;
}

static void recall_phase(struct recall *r, struct pack_reader *p) {
    struct controller *c = r->controller;
    uint64_t phase = unpack_u64(p), workers = unpack_u64(p);
    int64_t load_zero_us = unpack_i64(p);

    if (p->failed || phase > PHASE_ENDED)
        return;
    if (phase == PHASE_INIT && workers > 0 && workers <= FLEET_WORKERS_MAX && c->plan_known &&
        !c->run.workers) {
        tally_sinks_start(c);
        if (controller_workers_init(c, workers) < 0)
            controller_fail(c, FLEET_END_OTHER, VIEW("out of memory"), false);
    }
    if (phase == PHASE_SETUP) {
        c->test_zero_us = c->recalled_us;
        c->run.start_wall_ns = c->recalled_us * 1000;
        r->next_second_us = c->recalled_us + FLEET_SECOND_US;
    }
    if (phase == PHASE_RUNNING) {
        c->load_zero_us = c->recalled_us + load_zero_us;
        c->run.setup_data = buf_view(&c->setup_data);
    }
    controller_enter(c, (enum phase)phase);
}

static void recall_end(struct controller *c, struct pack_reader *p) {
    uint64_t end = unpack_u64(p);
    int64_t signal = unpack_i64(p);
    bool from_script = unpack_bool(p);
    struct view message = unpack_view(p);

    if (p->failed || end > FLEET_END_OTHER)
        return;
    c->outcome->signal = (int)signal;
    controller_fail(c, (enum fleet_end)end, message, from_script);
}

static void recall_fate(struct controller *c, struct pack_reader *p, bool lost) {
    uint64_t number = unpack_u64(p);

    if (p->failed || number == 0 || number >= c->member_count || !c->members[number].away)
        return;
    if (lost)
        roster_lost(c, &c->members[number], "");
    else
        roster_back(c, &c->members[number]);
}

static void on_note(void *ctx, unsigned kind, struct view body) {
    struct recall *r = ctx;
    struct controller *c = r->controller;
    struct pack_reader p = pack_reader_of(body);

    switch (kind) {
    case NOTE_BEGIN: recall_begin(r, &p); break;
    case NOTE_CONDUCTOR: c->members[0].seq = 0; break;
    case NOTE_HEARD: recall_heard(c, &p); break;
    case NOTE_MEMBER: recall_member(c, &p); break;
    case NOTE_PHASE: recall_phase(r, &p); break;
    case NOTE_LOST: recall_fate(c, &p, true); break;
    case NOTE_BACK: recall_fate(c, &p, false); break;
    case NOTE_END: recall_end(c, &p); break;
    case NOTE_WISH: crowd_recall_wish(c, body); break;
    default: break;
    }
}

static void on_closed(void *ctx, int error) {
    (void)ctx, (void)error; /* a frame that is none: what follows is not read */
}

/* ---- entries ---- */

static int take(struct strand_in *strand, struct bus *into, struct view data) {
    struct view bytes;
    int rc = strand_take(strand, data, &bytes);

    if (rc == STRAND_NEW_EPOCH)
        bus_feed_anew(into);
    if (rc >= 0 && rc != STRAND_SKIPPED)
        bus_feed(into, bytes);
    return rc < 0 ? rc : 0;
}

static int recall_files(struct recall *r, struct view data) {
    struct view bytes;
    int rc = strand_take(&r->files, data, &bytes);

    if (rc < 0 || rc == STRAND_SKIPPED || r->controller->o->away->folder)
        return rc < 0 ? rc : 0;
    return buf_append_view(&r->controller->bundle, bytes);
}

static void on_told(void *ctx, unsigned kind, struct view body) {
    roster_recall_told(ctx, kind, body);
}

static int recall_down(struct member *m, struct view data) {
    static const struct bus_ops ops = {.message = on_told, .closed = on_closed};
    static const struct bus_wire nowhere = {0};
    int rc = m->told_bus ? 0 : bus_new_wire(&m->told_bus, &nowhere, &ops, m);

    return rc < 0 ? rc : take(&m->told, m->told_bus, data);
}

/* The part of the subject behind "ht.<run>.log.". */
static struct view tail_of(struct view subject) {
    for (int i = 0; i < 3; i++)
        (void)view_cut(&subject, '.', NULL);
    return subject;
}

static void live_seconds(struct recall *r, int64_t until_us) {
    struct controller *c = r->controller;

    while (r->next_second_us && r->next_second_us <= until_us && c->phase <= PHASE_DRAINING) {
        c->recalled_us = r->next_second_us;
        controller_second(c);
        r->next_second_us += FLEET_SECOND_US;
    }
}

int recall_entry(struct recall *r, struct view subject, struct view data, int64_t time_ns) {
    struct controller *c = r->controller;
    struct view tail = tail_of(subject), kind = view_cut(&tail, '.', NULL);
    uint64_t number;

    live_seconds(r, time_ns / 1000);
    c->recalled_us = time_ns / 1000;
    if (view_eq(kind, VIEW("note")))
        return take(&r->notes, r->note_bus, data);
    if (view_eq(kind, VIEW("files")))
        return recall_files(r, data);
    if (view_eq(kind, VIEW("down")))
        (void)view_cut(&tail, '.', NULL);
    if (!view_to_u64(tail, &number) || number == 0 || number >= c->member_count || !c->members[number].away)
        return ERROR_SYNTAX;
    struct member *m = &c->members[number];
    return view_eq(kind, VIEW("down")) ? recall_down(m, data) : take(&m->up, m->bus, data);
}

bool recall_reached(const struct recall *r, uint64_t epoch) {
    return r->epoch == epoch;
}

int recall_new(struct recall **out, struct controller *c, uint64_t key) {
    static const struct bus_ops ops = {.message = on_note, .closed = on_closed};
    static const struct bus_wire nowhere = {0};
    struct recall *r = calloc(1, sizeof *r);

    *out = r;
    if (!r)
        return -ENOMEM;
    r->controller = c;
    r->notes.key = r->files.key = key;
    return bus_new_wire(&r->note_bus, &nowhere, &ops, r);
}

struct recall *recall_free(struct recall *r) {
    if (r)
        bus_free(r->note_bus);
    free(r);
    return NULL;
}
