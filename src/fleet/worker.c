/* Messages in, engine calls; engine events, messages out. The order of a life: LOAD → (conductor: DESCRIBED, BUNDLE) → PLAN → ASSIGN →
 * READY → SETUP_DATA → START → snapshots … → FINISHED → FINISH → last snapshot → exit. ASSIGN may come again while running, with the
 * users and shares of a lost worker: the shares begin once the users are initialised.
 *
 * When the controller is gone the worker leaves at once; there is nobody left to tell. */
#include "fleet/worker.h"

#include "core/leakcheck.h"
#include "fleet/bus.h"
#include "fleet/message.h"
#include "fleet/numbering.h"
#include "fleet/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PENDING_SHARES_MAX = 1024, WORKER_ARENA_MAX = 1 << 30 };

struct fleet_worker {
    struct log_sink log; /* first: on_log casts back */
    const struct script_ops *host;
    struct loop *loop;
    struct bus *bus;
    struct engine *engine;
    struct arena arena; /* what lives as long as the process: source, plan */
    struct plan plan;
    struct message_load load;
    struct engine_share pending[PENDING_SHARES_MAX];
    size_t pending_count;
    bool loaded, started, bye;
};

static void tell(struct fleet_worker *w, enum message_kind kind, struct view body) {
    if (bus_send(w->bus, kind, body) < 0)
        exit(1); /* out of memory in the last channel we have: the controller sees a lost worker */
}

/* Packs up to a few numbers; for the many messages that are nothing else. */
static void tell_numbers(struct fleet_worker *w, enum message_kind kind, const uint64_t *n, size_t count) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(256);
    struct pack_writer p = pack_writer_of(&out);
    for (size_t i = 0; i < count; i++)
        pack_u64(&p, n[i]);
    tell(w, kind, buf_view(&out));
}

static void tell_failure(struct fleet_worker *w, enum script_failure failure, struct view text) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct pack_writer p = pack_writer_of(&out);
    pack_u64(&p, failure);
    pack_view(&p, view_take(text, 512 * 1024));
    tell(w, MESSAGE_FAILED, buf_view(&out));
}

/* ---- engine events ---- */

static void on_log(struct log_sink *sink, const struct log_record *r) {
    struct fleet_worker *w = CONTAINER_OF(sink, struct fleet_worker, log);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024 * 1024);
    struct pack_writer p = pack_writer_of(&out);
    message_pack_log(&p, r);
    if (p.error == 0)
        tell(w, MESSAGE_LOG, buf_view(&out));
}

static void on_initialised(void *ctx, uint64_t users) { tell_numbers(ctx, MESSAGE_INITIALISED, &users, 1); }

static void on_ready(void *ctx) {
    struct fleet_worker *w = ctx;
    for (size_t i = 0; i < w->pending_count; i++)
        if (engine_add_share(w->engine, &w->pending[i]) < 0)
            tell_failure(w, SCRIPT_FAILURE_OTHER, VIEW("out of memory while taking over a share of the load"));
    w->pending_count = 0;
    tell(w, MESSAGE_READY, VIEW_NULL);
}

static void on_failed(void *ctx, const struct script_result *r) { tell_failure(ctx, r->failure, r->message); }

static void on_lease(void *ctx, uint32_t scenario, uint32_t stripe) {
    tell_numbers(ctx, MESSAGE_LEASE, (uint64_t[]){scenario, stripe}, 2);
}
static void on_scenario_done(void *ctx, uint32_t scenario, uint32_t stripe) {
    tell_numbers(ctx, MESSAGE_SCENARIO_DONE, (uint64_t[]){scenario, stripe}, 2);
}
static void on_finished(void *ctx) { tell(ctx, MESSAGE_FINISHED, VIEW_NULL); }

static void on_progress(void *ctx, const struct snapshot_head *h) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct pack_writer p = pack_writer_of(&out);
    message_pack_progress(&p, h);
    tell(ctx, MESSAGE_PROGRESS, buf_view(&out));
}
static void on_snapshot(void *ctx, struct view packed) {
    struct fleet_worker *w = ctx;
    tell(w, MESSAGE_SNAPSHOT, packed);
    if (w->host->notice)
        w->host->notice(engine_host(w->engine), SCRIPT_NOTICE_SNAPSHOT, packed);
}
static void on_samples(void *ctx, struct view packed) { tell(ctx, MESSAGE_SAMPLES, packed); }

static void on_abort(void *ctx, enum script_abort kind, struct view message) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct pack_writer p = pack_writer_of(&out);
    pack_u64(&p, kind);
    pack_view(&p, view_take(message, 512 * 1024));
    tell(ctx, MESSAGE_ABORT, buf_view(&out));
}

static void on_wish(void *ctx, enum script_wish what, struct view packed) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX - 1024);
    struct pack_writer p = pack_writer_of(&out);
    pack_u64(&p, what);
    pack_view(&p, packed);
    if (p.error == 0)
        tell(ctx, MESSAGE_WISH, buf_view(&out));
}

static void on_once_done(void *ctx, enum script_once what, const struct script_result *r) {
    struct fleet_worker *w = ctx;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX - 1024);
    struct pack_writer p = pack_writer_of(&out);
    engine_flush(w->engine); /* what it measured goes ahead of the news that it is over */
    pack_u64(&p, what);
    pack_u64(&p, r->failure);
    pack_view(&p, r->message);
    pack_view(&p, r->output);
    tell(w, MESSAGE_ONCE_DONE, buf_view(&out));
}

static const struct engine_events engine_events = {
    .initialised = on_initialised,
    .ready = on_ready,
    .failed = on_failed,
    .lease = on_lease,
    .scenario_done = on_scenario_done,
    .finished = on_finished,
    .progress = on_progress,
    .snapshot = on_snapshot,
    .samples = on_samples,
    .abort_test = on_abort,
    .wish = on_wish,
    .once_done = on_once_done,
};

/* ---- messages ---- */

static void describe(struct fleet_worker *w) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX - 1024);
    struct buf bundle CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX - 1024);
    struct script_result result = {0};
    if (w->host->describe(engine_host(w->engine), &json, &result) < 0 || result.failure != SCRIPT_FAILURE_NONE) {
        tell_failure(w, result.failure ? result.failure : SCRIPT_FAILURE_OTHER, result.message);
        return;
    }
    if (w->host->bundle(engine_host(w->engine), &bundle) < 0) {
        tell_failure(w, SCRIPT_FAILURE_OTHER, VIEW("the script and its files are too large to hand to the workers"));
        return;
    }
    tell(w, MESSAGE_BUNDLE, buf_view(&bundle));
    tell(w, MESSAGE_DESCRIBED, buf_view(&json));
}

static int do_load(struct fleet_worker *w, struct view body) {
    int r = message_unpack_load(body, &w->arena, &w->load);
    if (r < 0)
        return r;
    w->log.write = on_log;
    r = engine_new(&w->engine, &(struct engine_options){.worker = w->load.worker,
                                                        .host = w->host,
                                                        .loop = w->loop,
                                                        .log = &w->log,
                                                        .samples = w->load.samples,
                                                        .users_max = (size_t)w->load.users_max + 16,
                                                        .numbers = w->load.conductor ? NULL : numbering_map(PROCESS_NUMBERS_FD),
                                                        .events = &engine_events,
                                                        .ctx = w});
    if (r < 0)
        return r;
    struct script_result result = {0};
    w->loaded = true;
    if (engine_load(w->engine, &w->load.source, &result) < 0 || result.failure != SCRIPT_FAILURE_NONE)
        tell_failure(w, result.failure ? result.failure : SCRIPT_FAILURE_OTHER, result.message);
    else if (w->load.conductor)
        describe(w);
    return 0;
}

static int do_plan(struct fleet_worker *w, struct view body) {
    struct error err = ERROR_NULL;
    int r = plan_unpack(&w->plan, body, &err);
    if (r == 0)
        r = engine_plan(w->engine, &w->plan, &err);
    if (r < 0)
        tell_failure(w, SCRIPT_FAILURE_OTHER, view_of_cstr(err.text[0] ? err.text : error_name(r)));
    return 0;
}

static int do_assign(struct fleet_worker *w, struct view body) {
    struct message_assign m;
    struct arena arena;
    arena_init(&arena, WORKER_ARENA_MAX);
    int r = message_unpack_assign(body, &arena, &m);
    if (r == 0 && m.share_count > PENDING_SHARES_MAX - w->pending_count)
        r = ERROR_LIMIT;
    if (r == 0) {
        memcpy(w->pending + w->pending_count, m.shares, m.share_count * sizeof *m.shares);
        w->pending_count += m.share_count;
        if (!w->started) {
            engine_extra_ids(w->engine, m.extra_first, m.extra_step);
            engine_request_gap(w->engine, m.request_gap_us);
        }
        r = engine_prepare(w->engine, m.ids, m.id_count);
    }
    arena_deinit(&arena);
    return r;
}

static int do_grant(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint32_t scenario = (uint32_t)unpack_u64(&r), stripe = (uint32_t)unpack_u64(&r);
    uint64_t first = unpack_u64(&r), count = unpack_u64(&r);
    if (r.failed)
        return ERROR_SYNTAX;
    engine_grant(w->engine, scenario, stripe, first, count);
    return 0;
}

static int do_target(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    size_t n = unpack_count(&r, 2);
    for (size_t i = 0; i < n; i++) {
        uint32_t scenario = (uint32_t)unpack_u64(&r);
        uint64_t users = unpack_u64(&r);
        int e = r.failed ? ERROR_SYNTAX : engine_ask(w->engine, scenario, users);
        if (e < 0)
            return e;
    }
    return 0;
}

static int do_notice(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t what = unpack_u64(&r);
    struct view packed = unpack_view(&r);
    if (r.failed || what >= SCRIPT_NOTICE_COUNT)
        return ERROR_SYNTAX;
    if (w->host->notice)
        w->host->notice(engine_host(w->engine), (enum script_notice)what, packed);
    return 0;
}

static int do_once(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t what = unpack_u64(&r);
    int64_t timeout_us = unpack_i64(&r);
    struct view input = unpack_view(&r);
    if (r.failed || what > SCRIPT_STOPPING)
        return ERROR_SYNTAX;
    w->host->once(engine_host(w->engine), (enum script_once)what, input, timeout_us);
    return 0;
}

static int do_start(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    int64_t origin_us = unpack_i64(&r);
    if (r.failed)
        return ERROR_SYNTAX;
    w->started = true;
    return engine_start(w->engine, origin_us);
}

static int do_stop(struct fleet_worker *w, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    bool at_once = unpack_bool(&r);
    w->pending_count = 0;
    engine_stop(w->engine, at_once);
    return 0;
}

static int dispatch(struct fleet_worker *w, unsigned kind, struct view body) {
    if (!w->engine && kind != MESSAGE_LOAD && kind != MESSAGE_FINISH)
        return ERROR_SYNTAX;
    switch (kind) {
    case MESSAGE_LOAD: return do_load(w, body);
    case MESSAGE_PLAN: return do_plan(w, body);
    case MESSAGE_ASSIGN: return do_assign(w, body);
    case MESSAGE_SETUP_DATA: w->host->setup_data(engine_host(w->engine), body); return 0;
    case MESSAGE_START: return do_start(w, body);
    case MESSAGE_GRANT: return do_grant(w, body);
    case MESSAGE_STOP: return do_stop(w, body);
    case MESSAGE_TARGET: return do_target(w, body);
    case MESSAGE_NOTICE: return do_notice(w, body);
    case MESSAGE_ONCE: return do_once(w, body);
    case MESSAGE_ONCE_INTERRUPT: w->host->once_interrupt(engine_host(w->engine)); return 0;
    case MESSAGE_FINISH:
        if (w->engine)
            engine_final_snapshot(w->engine);
        w->bye = true;
        loop_stop(w->loop);
        return 0;
    default: return ERROR_SYNTAX;
    }
}

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct fleet_worker *w = ctx;
    int r = dispatch(w, kind, body);
    if (r < 0) {
        char text[128];
        int n = snprintf(text, sizeof text, "worker %u could not follow message %u: %s", w->load.worker, kind, error_name(r));
        tell_failure(w, SCRIPT_FAILURE_OTHER, view_of(text, (size_t)n));
    }
}

static void on_closed(void *ctx, int error) {
    (void)ctx;
    (void)error;
    _Exit(0); /* the controller is gone */
}

static const struct script_ops *host_named(const struct script_ops *const *hosts, const char *name) {
    for (; *hosts; hosts++)
        if (strcmp((*hosts)->name, name) == 0)
            return *hosts;
    return NULL;
}

void fleet_worker_free(struct fleet_worker *w) {
    if (!w)
        return;
    if (w->bus)
        bus_flush(w->bus);
    w->engine = engine_free(w->engine);
    plan_deinit(&w->plan);
    arena_deinit(&w->arena);
    bus_free(w->bus);
    free(w);
}

int fleet_worker_new(struct fleet_worker **out, struct loop *loop, const struct script_ops *host, int bus_fd) {
    static const struct bus_ops ops = {.message = on_message, .closed = on_closed};
    struct fleet_worker *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w)
        return -ENOMEM;
    w->host = host;
    w->loop = loop;
    arena_init(&w->arena, WORKER_ARENA_MAX);
    plan_init(&w->plan);
    int r = bus_new(&w->bus, loop, bus_fd, &ops, w);
    if (r < 0)
        fleet_worker_free(w);
    else
        *out = w;
    return r;
}

bool fleet_worker_loaded(const struct fleet_worker *w) { return w->loaded; }
bool fleet_worker_over(const struct fleet_worker *w) { return w->bye; }

int fleet_worker_main(int argc, char **argv, const struct script_ops *const *hosts) {
    const struct script_ops *host = argc >= 3 ? host_named(hosts, argv[2]) : NULL;
    struct fleet_worker *w;
    struct loop *loop;
    if (!host) {
        fprintf(stderr, "halftime: __worker is internal and cannot be called by hand\n");
        return 255;
    }
    signal(SIGPIPE, SIG_IGN);
    if (loop_new(&loop, NULL) < 0 || fleet_worker_new(&w, loop, host, PROCESS_BUS_FD) < 0)
        return 1;
    int r = loop_run(loop);
    bool orderly = r == 0 && w->bye;
    if (!leakcheck_active()) {
        bus_flush(w->bus);
        fflush(NULL);
        _exit(orderly ? 0 : 1); /* to free the heaps of thousands of users one by one takes seconds */
    }
    fleet_worker_free(w);
    loop_free(loop);
    return orderly ? 0 : 1;
}
