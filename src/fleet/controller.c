/* A run as phases:
 *
 *   LOADING  the conductor reads the script and describes it; make_plan turns that into a plan
 *   INIT     workers are spawned, load the bundle, initialise their users
 *   SETUP    the conductor runs setup(); its data goes to all
 *   RUNNING  executors work in the workers; snapshots come each second
 *   DRAINING all shares are over; workers hand in their last snapshot and go
 *   TEARDOWN the conductor runs teardown()
 *   SUMMARY  final thresholds, handleSummary, sinks
 *
 * controller_advance looks after every message whether the phase is over; it is deferred to the end of the loop's turn, so that no
 * phase changes in the middle of a handler. The first cause of failure is the outcome; a failure never skips the summary once the
 * script was loaded and users were initialised. */
#include "fleet/controller.h"

#include "fleet/control.h"
#include "fleet/controller_priv.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/stop_signals.h"

enum { BUNDLE_MAX = BUS_FRAME_MAX - 4096 };

static void advance(struct loop_defer *d);

void controller_log(struct controller *c, enum log_level level, const char *fmt, ...) {
    char text[2048];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    c->o->log->write(c->o->log, &(struct log_record){.level = level, .message = view_of(text, len)});
}

const char *fleet_end_words(enum fleet_end end) {
    static const char *const words[] = {
#define FLEET_END_WORDS(id, text) [FLEET_END_##id] = text,
        FLEET_ENDS(FLEET_END_WORDS)
#undef FLEET_END_WORDS
    };
    return words[end];
}

enum fleet_end controller_end_of(enum script_failure f) {
    switch (f) {
    case SCRIPT_FAILURE_EXCEPTION: return FLEET_END_SCRIPT;
    case SCRIPT_FAILURE_ABORT: return FLEET_END_ABORTED;
    case SCRIPT_FAILURE_TIMEOUT: return FLEET_END_SETUP_TIMEOUT;
    default: return FLEET_END_OTHER;
    }
}

struct member *controller_conductor(struct controller *c) { return &c->members[c->solo ? 1 : 0]; }

void controller_advance(struct controller *c) {
    if (!c->recalling)
        loop_defer(c->loop, &c->advance_soon);
}

int64_t controller_now_us(const struct controller *c) {
    return c->recalling ? c->recalled_us : loop_now_us(c->loop);
}

static void note_phase(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, c->phase);
    pack_u64(&w, c->assignment.worker_count);
    pack_i64(&w, c->load_zero_us ? c->load_zero_us - loop_now_us(c->loop) : 0);
    remote_note(c, NOTE_PHASE, buf_view(&out));
}

static void note_end(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(2 * FLEET_ERROR_MAX);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, c->outcome->end);
    pack_i64(&w, c->outcome->signal);
    pack_bool(&w, c->outcome->from_script);
    pack_view(&w, view_of_cstr(c->outcome->message));
    remote_note(c, NOTE_END, buf_view(&out));
}

static void enter(struct controller *c, enum phase phase) {
    static const enum run_phase shown[] = {
        [PHASE_LOADING] = RUN_INIT,    [PHASE_INIT] = RUN_INIT,         [PHASE_SETUP] = RUN_SETUP,
        [PHASE_RUNNING] = RUN_RUNNING, [PHASE_DRAINING] = RUN_TEARDOWN, [PHASE_TEARDOWN] = RUN_TEARDOWN,
        [PHASE_SUMMARY] = RUN_ENDED,   [PHASE_ENDED] = RUN_ENDED,
    };
    tally_refresh(c);
    c->phase = phase;
    c->run.phase = shown[phase];
    note_phase(c);
    controller_advance(c);
}

void controller_enter(struct controller *c, enum phase phase) {
    enter(c, phase);
}

static void arm(struct controller *c, struct timer *t, int64_t in_us) {
    if (timers_arm(loop_timers(c->loop), t, loop_now_us(c->loop) + in_us) < 0)
        loop_stop(c->loop); /* without memory for a timer nothing can be kept in time */
}

/* ---- ending early ---- */

/* Held users are given their time even when all shall stop. */
static int64_t longest_grace_us(const struct controller *c) {
    int64_t us = 0;
    for (size_t i = 0; i < c->plan.scenario_count; i++)
        if (c->plan.scenarios[i].executor == PLAN_HELD_USERS && c->plan.scenarios[i].graceful_stop_us > us)
            us = c->plan.scenarios[i].graceful_stop_us;
    return us;
}

static void stop_load(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(16);
    struct pack_writer w = pack_writer_of(&out);
    if (c->stop_sent)
        return;
    c->stop_sent = true;
    pack_bool(&w, true);
    roster_tell_all(c, MESSAGE_STOP, buf_view(&out));
    arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US + longest_grace_us(c));
}

static void send_once(struct controller *c, enum script_once what, int64_t timeout_us, struct view input);

void control_stop(struct controller *c) {
    if (c->stopping || c->stop_sent)
        return;
    c->stopping = true;
    if (c->phase != PHASE_RUNNING)
        return; /* leave_setup looks */
    if (!c->crowd.dispatch) { /* there are no listeners to be told */
        stop_load(c);
        return;
    }
    crowd_counts(c);
    arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US);
    if (controller_conductor(c)->state == MEMBER_GONE)
        stop_load(c);
    else
        send_once(c, SCRIPT_STOPPING, 0, VIEW_NULL);
}

void controller_patience(struct controller *c) {
    arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US);
}

static const char *stopped_by(enum fleet_end end) {
    switch (end) {
    case FLEET_END_STOPPED:
    case FLEET_END_SIGNAL: return "signal";
    case FLEET_END_THRESHOLDS: return "threshold";
    case FLEET_END_ABORTED: return "abort";
    default: return "error";
    }
}

void controller_fail(struct controller *c, enum fleet_end end, struct view message, bool from_script) {
    if (c->outcome->end == FLEET_END_OK || c->outcome->end == FLEET_END_MARKED_FAILED) {
        c->outcome->end = end;
        c->outcome->from_script = from_script;
        snprintf(c->outcome->message, sizeof c->outcome->message, "%.*s", VIEW_ARGS(view_take(message, FLEET_ERROR_MAX - 1)));
        c->run.stopped_by = stopped_by(end);
        note_end(c);
    }
    if (c->recalling)
        return; /* what followed from it is in the log, too */
    switch (c->phase) {
    case PHASE_LOADING:
    case PHASE_INIT: enter(c, PHASE_ENDED); break;
    case PHASE_SETUP:
        c->has_teardown = false;
        if (!c->stop_sent) {
            c->stop_sent = true;
            roster_tell(controller_conductor(c), MESSAGE_ONCE_INTERRUPT, VIEW_NULL);
        }
        roster_tell_all(c, MESSAGE_STOP, view_of("\1", 1));
        arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US);
        enter(c, PHASE_DRAINING);
        break;
    case PHASE_RUNNING:
        if (c->crowd.dispatch && end != FLEET_END_CRASH)
            control_stop(c);
        else
            stop_load(c);
        break;
    default: break;
    }
    controller_advance(c);
}

void control_abort(struct controller *c, struct view why) {
    if (!c->stopping && !c->stop_sent)
        controller_fail(c, FLEET_END_STOPPED, why, false);
}

static void on_patience(struct timer *t) {
    struct controller *c = CONTAINER_OF(t, struct controller, patience_timer);
    if (c->stopping && !c->stop_sent) {
        controller_log(c, LOG_WARN, "listeners of test_stopping are still at work after %d s; users are stopped now", FLEET_STOP_PATIENCE_US / 1000000);
        stop_load(c);
        return;
    }
    if (!remote_hears(c)) { /* they may have stopped long ago */
        arm(c, t, FLEET_STOP_PATIENCE_US);
        return;
    }
    for (size_t i = 1; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        bool ours = !m->away && !m->guest;
        if (m->state == MEMBER_GONE || (m->state == MEMBER_FINISHED && ours))
            continue;
        controller_log(c, LOG_ERROR, "worker %zu did not stop within %d s and is %s", i - 1, FLEET_STOP_PATIENCE_US / 1000000,
                       ours ? "killed" : "given up");
        process_kill(&m->process);
        if (!ours)
            roster_lost(c, m, "did not stop in time");
    }
}

static void on_signal(struct loop_watch *w, uint32_t events) {
    struct controller *c = CONTAINER_OF(w, struct controller, signals);
    char text[128];
    int signo = stop_signals_read(w->fd);

    (void)events;
    if (!signo)
        return;
    int n = snprintf(text, sizeof text, "test run was aborted because k6 received a '%s' signal",
                     signo == SIGINT ? "interrupt" : "terminated");
    if (c->outcome->signal || c->recalling) {
        c->outcome->second_signal = true;
        c->outcome->signal = signo;
        if (c->recalling)
            loop_stop(c->loop); /* the run stays as it is, for another to go on with */
        enter(c, PHASE_ENDED);
        return;
    }
    c->outcome->signal = signo;
    controller_fail(c, FLEET_END_SIGNAL, view_of(text, (size_t)n), false);
}

/* ---- LOADING → INIT ---- */

/* A metric that is declared but never fed exists all the same: thresholds on it compare zero, the summary shows it. */
static void know_metrics(struct controller *c, const json_t *list) {
    const json_t *m;
    size_t i;
    metric_id id;
    json_array_foreach(list, i, m) {
        const char *name = json_string_value(json_object_get(m, "name")), *type = json_string_value(json_object_get(m, "type"));
        const char *contains = json_string_value(json_object_get(m, "contains"));
        for (int t = METRIC_COUNTER; name && type && t <= METRIC_TREND; t++) {
            if (strcmp(type, metric_type_name((enum metric_type)t)) != 0)
                continue;
            enum metric_contains unit = METRIC_DEFAULT;
            for (int u = METRIC_DEFAULT; contains && u <= METRIC_DATA; u++)
                unit = strcmp(contains, metric_contains_name((enum metric_contains)u)) == 0 ? (enum metric_contains)u : unit;
            if (metrics_register(c->total.metrics, view_of_cstr(name), (enum metric_type)t, unit, &id) != 0)
                return;
        }
    }
}

void controller_described(struct controller *c, struct view json) {
    if (c->plan_known)
        return; /* a conductor that was started again */
    struct error err = ERROR_NULL;
    json_t *d = json_loadb(json.ptr, json.len, 0, NULL);
    c->has_setup = json_is_true(json_object_get(d, "has_setup"));
    c->has_teardown = json_is_true(json_object_get(d, "has_teardown"));
    c->has_handle_summary = json_is_true(json_object_get(d, "has_handle_summary"));
    know_metrics(c, json_object_get(d, "metrics"));
    json_decref(d);
    int r = c->o->callbacks.make_plan(c->o->callbacks.ctx, json, &c->plan, &err);
    if (r == 0)
        r = tally_plan(c);
    if (r == 0 && !c->o->no_thresholds)
        r = verdict_init(c);
    if (r == 0 && plan_holds_users(&c->plan)) {
        c->has_setup = c->has_teardown = c->has_handle_summary = true;
        r = crowd_init(c);
    }
    if (r < 0) {
        controller_fail(c, FLEET_END_CONFIG, view_of_cstr(err.text[0] ? err.text : error_name(r)), false);
        return;
    }
    c->plan_known = true;
    c->has_setup = c->has_setup && !c->plan.no_setup;
    c->has_teardown = c->has_teardown && !c->plan.no_teardown;
}

static int prepare_pools(struct controller *c) {
    c->pools = calloc(c->plan.scenario_count + 1, sizeof *c->pools);
    if (!c->pools)
        return -ENOMEM;
    for (size_t i = 0; i < c->plan.scenario_count; i++)
        iteration_pool_init(&c->pools[i], (uint64_t)c->plan.scenarios[i].iterations);
    return 0;
}

int controller_workers_init(struct controller *c, size_t n) {
    int r = assignment_init(&c->assignment, &c->plan, n);
    if (r == 0)
        r = prepare_pools(c);
    if (r < 0)
        return r;
    c->run.workers = calloc((c->o->guests || c->remote ? FLEET_WORKERS_MAX : n) + 1, sizeof *c->run.workers);
    return c->run.workers ? 0 : -ENOMEM;
}

static size_t workers_wanted(const struct controller *c) {
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (c->remote)
        return remote_workers(c);
    if (c->o->guests)
        return c->o->workers > 0 ? (size_t)c->o->workers : 0;
    return (size_t)(c->o->workers > 0 ? c->o->workers : assignment_workers_wanted(&c->plan, cores));
}

static int start_workers(struct controller *c) {
    size_t n = workers_wanted(c);
    struct error err = ERROR_NULL;
    int r = controller_workers_init(c, n || !c->o->guests ? n : 1);
    if (r < 0)
        return r;
    if (c->remote) {
        note_phase(c); /* again: how many workers there are is known now */
        r = remote_send_files(c, &err);
        r = r < 0 ? r : remote_take(c, n, &err);
        if (r < 0) {
            controller_fail(c, FLEET_END_OTHER, view_of_cstr(err.text), false);
            return 0;
        }
    }
    r = roster_send_plan(c, controller_conductor(c));
    for (size_t i = 1; i <= n && r == 0; i++) {
        c->member_count = i + 1;
        bool there = &c->members[i] == controller_conductor(c);
        r = there ? 0 : roster_spawn(c, i, false);
        if (r == 0 && !there)
            r = roster_send_plan(c, &c->members[i]);
        if (r == 0)
            r = roster_assign(c, &c->members[i], &c->assignment.workers[i - 1]);
    }
    return r < 0 || !c->o->guests ? r : guest_take(c);
}

static void leave_loading(struct controller *c) {
    if (!c->plan_known || (c->held_back && !c->o->describe_only)) {
        if (c->plan_known && !c->planned_told && c->o->callbacks.planned) {
            c->planned_told = true;
            c->o->callbacks.planned(c->o->callbacks.ctx, c);
        }
        return;
    }
    if (c->o->describe_only) {
        if (c->o->bundle_out && buf_append_view(c->o->bundle_out, buf_view(&c->bundle)) < 0)
            controller_fail(c, FLEET_END_OTHER, VIEW("out of memory: the script's files do not fit"), false);
        enter(c, PHASE_ENDED);
        return;
    }
    tally_sinks_start(c);
    enter(c, PHASE_INIT);
    int r = start_workers(c);
    if (r < 0)
        controller_fail(c, FLEET_END_OTHER, view_of_cstr(error_name(r)), false);
    arm(c, &c->redraw_timer, FLEET_REDRAW_US);
}

void control_begin(struct controller *c) {
    c->held_back = false;
    controller_advance(c);
}

void control_leave(struct controller *c) {
    if (c->phase <= PHASE_INIT)
        enter(c, PHASE_ENDED);
    else
        control_stop(c);
}

const struct plan *control_plan(const struct controller *c) {
    return &c->plan;
}

void control_grace(struct controller *c, int64_t us) {
    for (size_t i = 0; i < c->plan.scenario_count; i++)
        c->plan.scenarios[i].graceful_stop_us = c->plan.scenarios[i].graceful_ramp_down_us = us;
}

/* ---- INIT → SETUP → RUNNING ---- */

static void send_once(struct controller *c, enum script_once what, int64_t timeout_us, struct view input) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, what);
    pack_i64(&w, timeout_us);
    pack_view(&w, input);
    roster_tell(controller_conductor(c), MESSAGE_ONCE, buf_view(&out));
    if (w.error < 0)
        controller_fail(c, FLEET_END_OTHER, VIEW("out of memory"), false);
    /* Users' own processes hear of the beginning and the end, too; nobody waits for them. */
    for (size_t i = 1; i < c->member_count && c->crowd.dispatch && what != SCRIPT_HANDLE_SUMMARY; i++)
        if (&c->members[i] != controller_conductor(c) && !c->members[i].dismissed)
            roster_tell(&c->members[i], MESSAGE_ONCE, buf_view(&out));
}

static void leave_setup(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    c->run.setup_data = buf_view(&c->setup_data);
    if (!c->solo)
        roster_tell(controller_conductor(c), MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
    roster_tell_all(c, MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
    c->load_zero_us = loop_refresh_us(c->loop) + remote_lead_us(c);
    pack_i64(&w, c->load_zero_us);
    roster_tell_all(c, MESSAGE_START, buf_view(&out));
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].state == MEMBER_READY) {
            c->members[i].state = MEMBER_RUNNING;
            c->members[i].started = true;
        }
    enter(c, PHASE_RUNNING);
    bool stop = c->stopping; /* somebody wished so before it began */
    c->stopping = false;
    if (c->o->callbacks.running)
        c->o->callbacks.running(c->o->callbacks.ctx, c);
    if (c->crowd.dispatch)
        crowd_begin(c);
    if (stop)
        control_stop(c);
}

static void leave_init(struct controller *c) {
    if (!roster_all(c, MEMBER_READY))
        return;
    c->test_zero_us = loop_refresh_us(c->loop);
    c->run.start_wall_ns = clock_wall_ns();
    c->next_threshold_us = c->test_zero_us + FLEET_THRESHOLDS_US;
    arm(c, &c->second_timer, FLEET_SECOND_US);
    enter(c, PHASE_SETUP);
    if (c->has_setup)
        send_once(c, SCRIPT_SETUP, c->plan.setup_timeout_us, VIEW_NULL);
    else
        leave_setup(c);
}

/* ---- RUNNING → DRAINING → TEARDOWN → SUMMARY ---- */

static void leave_running(struct controller *c) {
    newcomer_let_go(c);
    if (!roster_all(c, MEMBER_FINISHED))
        return;
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].state != MEMBER_GONE && &c->members[i] != controller_conductor(c))
            roster_dismiss(c, &c->members[i]);
    arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US);
    enter(c, PHASE_DRAINING);
}

static void leave_draining(struct controller *c) {
    for (size_t i = 1; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        if (m == controller_conductor(c))
            continue;
        if (m->state == MEMBER_FINISHED && !m->dismissed)
            roster_dismiss(c, m);
        else if (m->state < MEMBER_FINISHED && !c->load_zero_us && !m->dismissed)
            roster_dismiss(c, m); /* it never started */
    }
    if (roster_living(c) > (c->solo && controller_conductor(c)->state != MEMBER_GONE))
        return;
    timers_cancel(loop_timers(c->loop), &c->patience_timer);
    enter(c, PHASE_TEARDOWN);
    if (c->has_teardown && controller_conductor(c)->state != MEMBER_GONE)
        send_once(c, SCRIPT_TEARDOWN, c->plan.teardown_timeout_us, buf_view(&c->setup_data));
    else
        c->has_teardown = false;
}

static void fail_thresholds(struct controller *c, const char *words) {
    struct buf names CLEANUP(buf_deinit) = BUF_MAX(FLEET_ERROR_MAX / 2);
    char text[FLEET_ERROR_MAX];
    verdict_names(c, &names);
    int n = snprintf(text, sizeof text, "thresholds on metrics '%.*s' %s", VIEW_ARGS(buf_view(&names)), words);
    controller_fail(c, FLEET_END_THRESHOLDS, view_of(text, (size_t)n), false);
}

static void leave_teardown(struct controller *c) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX - 4096);
    tally_finish(c);
    if (c->o->callbacks.measured)
        c->o->callbacks.measured(c->o->callbacks.ctx, c);
    timers_cancel(loop_timers(c->loop), &c->second_timer);
    timers_cancel(loop_timers(c->loop), &c->redraw_timer);
    enter(c, PHASE_SUMMARY);
    if (!verdict_evaluate(c, false))
        fail_thresholds(c, "have been crossed");
    c->summary_wanted = true;
    /* Asked for even when the script exports none: as in k6, top-level code is evaluated once more for the summary. */
    int r = controller_conductor(c)->state == MEMBER_GONE || !c->o->callbacks.summary_data ? ERROR_CLOSED
            : c->has_handle_summary ? c->o->callbacks.summary_data(c->o->callbacks.ctx, &c->run, &data)
                                    : buf_append_view(&data, VIEW("{}"));
    if (r == 0)
        send_once(c, SCRIPT_HANDLE_SUMMARY, c->o->summary_timeout_us, buf_view(&data));
    else
        enter(c, PHASE_ENDED);
}

static void setup_done(struct controller *c, enum script_failure failure, struct view message, struct view output) {
    if (c->phase != PHASE_SETUP)
        return;
    if (failure != SCRIPT_FAILURE_NONE) {
        c->stop_sent = true;
        controller_fail(c, controller_end_of(failure), message, failure == SCRIPT_FAILURE_EXCEPTION);
    } else if (buf_append_view(&c->setup_data, output) < 0) {
        controller_fail(c, FLEET_END_OTHER, VIEW("out of memory: setup's data does not fit"), false);
    } else {
        leave_setup(c);
    }
}

static void log_summary_failure(struct controller *c, enum script_failure failure, struct view message) {
    struct log_record r = {.level = LOG_ERROR, .message = message};
    if (failure == SCRIPT_FAILURE_EXCEPTION) {
        r.fields[r.field_count++] = (struct log_field){VIEW("hint"), VIEW("script exception")};
        r.fields[r.field_count++] = (struct log_field){VIEW("source"), VIEW("stacktrace")};
    }
    c->o->log->write(c->o->log, &r);
}

void controller_once_done(struct controller *c, enum script_once what, enum script_failure failure, struct view message, struct view output) {
    bool failed = failure != SCRIPT_FAILURE_NONE;
    switch (what) {
    case SCRIPT_SETUP: setup_done(c, failure, message, output); break;
    case SCRIPT_TEARDOWN:
        c->has_teardown = false;
        if (failed)
            controller_fail(c, failure == SCRIPT_FAILURE_TIMEOUT ? FLEET_END_TEARDOWN_TIMEOUT : controller_end_of(failure), message,
                            failure == SCRIPT_FAILURE_EXCEPTION);
        break;
    case SCRIPT_STOPPING:
        if (failed)
            controller_log(c, LOG_ERROR, "%.*s", VIEW_ARGS(message));
        if (c->phase == PHASE_RUNNING)
            stop_load(c);
        break;
    case SCRIPT_HANDLE_SUMMARY:
        if (failed)
            log_summary_failure(c, failure, message);
        else
            (void)!buf_append_view(&c->handled, output);
        enter(c, PHASE_ENDED);
        break;
    }
}

static void advance(struct loop_defer *d) {
    struct controller *c = CONTAINER_OF(d, struct controller, advance_soon);
    switch (c->phase) {
    case PHASE_LOADING: leave_loading(c); break;
    case PHASE_INIT: leave_init(c); break;
    case PHASE_SETUP: break;
    case PHASE_RUNNING: leave_running(c); break;
    case PHASE_DRAINING: leave_draining(c); break;
    case PHASE_TEARDOWN:
        if (!c->has_teardown)
            leave_teardown(c);
        break;
    case PHASE_SUMMARY:
        if (controller_conductor(c)->state == MEMBER_GONE)
            enter(c, PHASE_ENDED);
        break;
    case PHASE_ENDED: loop_stop(c->loop); break;
    }
}

/* ---- the beat ---- */

static void watch_thresholds(struct controller *c) {
    int64_t now_us = loop_now_us(c->loop);
    if (now_us < c->next_threshold_us || c->phase != PHASE_RUNNING)
        return;
    c->next_threshold_us = now_us + FLEET_THRESHOLDS_US;
    verdict_evaluate(c, true);
    for (size_t i = 0; i < c->plan.threshold_count; i++)
        if (c->run.thresholds[i].aborted_by && !c->stop_sent)
            fail_thresholds(c, "were crossed; at least one has abortOnFail enabled, stopping test prematurely");
}

void controller_second(struct controller *c) {
    tally_refresh(c);
    tally_gauges(c);
    if (!c->recalling)
        watch_thresholds(c);
    tally_sinks_second(c);
    if (!c->recalling)
        crowd_second(c);
}

static void on_second(struct timer *t) {
    struct controller *c = CONTAINER_OF(t, struct controller, second_timer);
    controller_second(c);
    int64_t elapsed_us = loop_now_us(c->loop) - c->test_zero_us;
    arm(c, t, FLEET_SECOND_US - elapsed_us % FLEET_SECOND_US);
}

static void on_redraw(struct timer *t) {
    struct controller *c = CONTAINER_OF(t, struct controller, redraw_timer);
    tally_refresh(c);
    tally_sinks_redraw(c);
    crowd_redraw(c);
    arm(c, t, FLEET_REDRAW_US);
}

/* ---- a recalled run ---- */

/* Where the load was not yet, or no more, under way there is little that another controller can go on with. */
static bool can_go_on(struct controller *c) {
    if (c->phase < PHASE_RUNNING) {
        controller_fail(c, FLEET_END_OTHER, VIEW("the run's controller died before the load began: nothing was measured. Start it anew"), false);
        return false;
    }
    if (c->phase == PHASE_TEARDOWN) {
        controller_log(c, LOG_WARN, "the run's controller died while teardown() was due or under way: it is not run again");
        c->has_teardown = false;
    }
    return true;
}

static void go_on_running(struct controller *c) {
    arm(c, &c->second_timer, FLEET_SECOND_US);
    arm(c, &c->redraw_timer, FLEET_REDRAW_US);
    c->next_threshold_us = loop_now_us(c->loop) + FLEET_THRESHOLDS_US;
    roster_settle(c);
    if (c->phase == PHASE_RUNNING && c->o->callbacks.running)
        c->o->callbacks.running(c->o->callbacks.ctx, c);
    if (c->phase == PHASE_RUNNING && c->crowd.dispatch)
        crowd_settle(c);
    if (c->stop_sent || c->phase == PHASE_DRAINING)
        arm(c, &c->patience_timer, FLEET_STOP_PATIENCE_US + longest_grace_us(c));
    else if (c->phase == PHASE_RUNNING && c->outcome->end != FLEET_END_OK && c->outcome->end != FLEET_END_MARKED_FAILED)
        stop_load(c);
}

void controller_go_on(struct controller *c) {
    if (!can_go_on(c))
        return;
    int r = roster_spawn(c, 0, true);
    if (r == 0)
        r = roster_send_plan(c, &c->members[0]);
    if (r < 0) {
        controller_fail(c, FLEET_END_OTHER, VIEW("the conductor cannot be started"), false);
        return;
    }
    roster_tell(&c->members[0], MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
    if (c->phase <= PHASE_DRAINING)
        go_on_running(c);
    if (c->phase == PHASE_SUMMARY)
        c->phase = PHASE_TEARDOWN, c->has_teardown = false; /* the summary is made anew */
    controller_advance(c);
}

/* ---- life ---- */

static int watch_signals(struct controller *c) {
    int fd = stop_signals_open();

    if (fd < 0)
        return fd;
    c->signals.ready = on_signal;
    return loop_watch_add(c->loop, &c->signals, fd, EPOLLIN);
}

/* The conductor of a run that is recalled comes when all is read. */
static int open_bus(struct controller *c) {
    struct error err = ERROR_NULL;
    if (c->o->away && remote_open(c, &err) < 0) {
        controller_fail(c, FLEET_END_OTHER, view_of_cstr(err.text), false);
        return 0;
    }
    return c->recalling ? 0 : roster_spawn(c, c->solo, true);
}

static int controller_open(struct controller *c) {
    int r = loop_new(&c->loop, NULL);
    if (r < 0)
        return r;
    c->signals = LOOP_WATCH_NULL;
    c->second_timer.fire = on_second;
    c->redraw_timer.fire = on_redraw;
    c->patience_timer.fire = on_patience;
    c->advance_soon.run = advance;
    plan_init(&c->plan);
    buf_init(&c->bundle, BUNDLE_MAX);
    buf_init(&c->setup_data, BUNDLE_MAX);
    buf_init(&c->handled, BUNDLE_MAX);
    c->members = calloc(FLEET_WORKERS_MAX + 1, sizeof *c->members);
    r = c->members ? tally_init(c) : -ENOMEM;
    if (r == 0)
        r = watch_signals(c);
    if (r == 0) {
        c->solo = c->o->solo;
        c->held_back = c->o->held_back;
        c->members[0].state = c->solo ? MEMBER_GONE : MEMBER_LOADING;
        c->members[0].process = PROCESS_NULL;
        c->members[0].dismissed = c->solo;
        c->members[0].controller = c;
        c->member_count = c->solo ? 2 : 1;
        r = open_bus(c);
    }
    return r;
}

static void controller_close(struct controller *c) {
    if (c->members)
        roster_free(c);
    if (c->signals.fd >= 0) {
        int fd = c->signals.fd;
        loop_watch_remove(c->loop, &c->signals);
        close(fd);
    }
    c->remote = remote_close(c->remote);
    crowd_deinit(c);
    tally_deinit(c);
    verdict_deinit(c);
    assignment_deinit(&c->assignment);
    free(c->pools);
    buf_deinit(&c->bundle);
    buf_deinit(&c->setup_data);
    buf_deinit(&c->handled);
    plan_deinit(&c->plan);
    timers_cancel(loop_timers(c->loop), &c->second_timer);
    timers_cancel(loop_timers(c->loop), &c->redraw_timer);
    timers_cancel(loop_timers(c->loop), &c->patience_timer);
    loop_free(c->loop);
}

static void show_results(struct controller *c) {
    if (c->summary_wanted && !c->outcome->second_signal && c->o->callbacks.summary)
        c->o->callbacks.summary(c->o->callbacks.ctx, &c->run, buf_view(&c->handled));
    if (c->plan_known && !c->o->describe_only)
        tally_sinks_finish(c);
}

int fleet_run(const struct fleet_options *o, struct fleet_outcome *outcome) {
    struct controller *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    *outcome = (struct fleet_outcome){0};
    c->o = o;
    c->outcome = outcome;
    int r = controller_open(c);
    if (r == 0 && o->callbacks.opened)
        o->callbacks.opened(o->callbacks.ctx, c);
    if (r == 0)
        r = loop_run(c->loop);
    if (c->loop && c->members && c->o->program && !outcome->second_signal)
        roster_farewell(c);
    if (c->remote && c->phase == PHASE_ENDED)
        remote_over(c);
    if (c->o->callbacks.closing && c->load_zero_us)
        c->o->callbacks.closing(c->o->callbacks.ctx, c);
    if (r == 0)
        show_results(c);
    if (c->loop && o->callbacks.closed)
        o->callbacks.closed(o->callbacks.ctx, c);
    if (c->loop)
        controller_close(c);
    free(c);
    return r;
}
