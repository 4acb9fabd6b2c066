/* The session is three things to three parties: a sink to the run's state, a log sink to whoever has
 * something to say, and the one who answers asks. Asks come over the web servers' descriptors: on the
 * controller's loop while a run is under way, else in ui_session_wait. */
#include "cli/ui_session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/ui_session_priv.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/json_writer.h"
#include "core/stop_signals.h"
#include "ledger/ledger_course.h"
#include "report/prometheus.h"

enum { UI_LINE_MAX = 8 * 1024, UI_MARK_MAX = 200, UI_USERS_MAX = 100 * 1000 * 1000 };

struct ui_line {
    struct list entry;
    char text[];
};

/* ---- lines ---- */

static int64_t now_ms(void) {
    return clock_wall_us() / 1000;
}

static void keep_line(struct ui_session *u, const char *text) {
    size_t len = strlen(text);
    struct ui_line *line = malloc(sizeof *line + len + 1);

    if (!line)
        return;
    memcpy(line->text, text, len + 1);
    list_push(&u->lines, &line->entry);
    if (u->line_count++ == UI_LOGS_KEPT) {
        u->line_count--;
        free(LIST_ENTRY(list_pop(&u->lines), struct ui_line, entry));
    }
}

void ui_session_lines(
    struct ui_session *u, size_t max, void (*each)(void *ctx, const char *line), void *ctx) {
    size_t skip = u->line_count > max ? u->line_count - max : 0;

    LIST_EACH(e, &u->lines) {
        if (skip)
            skip--;
        else
            each(ctx, LIST_ENTRY(e, struct ui_line, entry)->text);
    }
}

static void publish_all(struct ui_session *u, const char *name, struct view json) {
    for (size_t i = 0; i < u->server_count; i++)
        web_publish(u->servers[i], name, json);
}

static int write_record(const struct log_record *r, struct view text, struct buf *out) {
    struct json_writer w = json_writer_of(out);

    json_writer_object(&w);
    json_writer_key(&w, VIEW("at_ms"));
    json_writer_i64(&w, r->wall_ns ? r->wall_ns / 1000000 : now_ms());
    json_writer_key(&w, VIEW("level"));
    json_writer_string(&w, view_of_cstr(log_level_name(r->level)));
    json_writer_key(&w, VIEW("text"));
    json_writer_string(&w, text);
    json_writer_end(&w);
    return json_writer_error(&w);
}

void ui_session_hear(void *session, const struct log_record *r) {
    struct ui_session *u = session;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(UI_LINE_MAX),
                    json CLEANUP(buf_deinit) = BUF_MAX(8 * UI_LINE_MAX);
    int e = buf_append_view(&text, view_take(r->message, UI_LINE_MAX / 2));

    for (size_t i = 0; i < r->field_count && e == 0; i++)
        if (!view_eq(r->fields[i].key, VIEW("source"))) /* as the ledger has it */
            e = buf_printf(&text, " %.*s=%.*s", VIEW_ARGS(view_take(r->fields[i].key, 100)),
                VIEW_ARGS(view_take(r->fields[i].value, 1000)));
    if (!text.len)
        return;
    keep_line(u, text.ptr);
    if (write_record(r, buf_view(&text), &json) == 0)
        publish_all(u, "log", buf_view(&json));
}

static void on_log(struct log_sink *sink, const struct log_record *r) {
    struct ui_session *u = CONTAINER_OF(sink, struct ui_session, log);

    if (u->o.log)
        u->o.log->write(u->o.log, r);
    ui_session_hear(u, r);
}

struct log_sink *ui_session_log(struct ui_session *u) {
    return &u->log;
}

/* ---- asks ---- */

static void answer_state(struct ui_session *u, struct web_ask *a) {
    uint64_t key;

    ui_state_publish(u);
    buf_clear(&a->reply);
    if (ui_state_write(u, &a->reply, &key) < 0)
        a->status = 500;
    web_ask_answer(a);
}

static void ask_start(struct ui_session *u, struct web_ask *a) {
    if (!u->form) {
        web_ask_refuse(a, "unsupported", "Nothing can be started here: %s",
            u->o.tool ? "this run began with the program." : "only the ledger is shown.");
    } else if (!ui_session_idle(u)) {
        web_ask_refuse(a, "state", "A run is under way already.");
    } else {
        ui_session_begin(u, json_incref(a->body));
        answer_state(u, a);
    }
}

static void ask_stop(struct ui_session *u, struct web_ask *a) {
    if (!u->under_way || (!u->controller && !u->o.stop)) {
        web_ask_refuse(a, "state", "No run is under way.");
        return;
    }
    if (!u->controller)
        u->o.stop(u->o.ctx);
    else if (u->state && plan_holds_users(u->state->plan))
        control_stop(u->controller);
    else
        control_abort(u->controller, VIEW("test run stopped from the page"));
    answer_state(u, a);
}

static void ask_users(struct ui_session *u, struct web_ask *a) {
    const json_t *users = json_object_get(a->body, "users"), *rate = json_object_get(a->body, "spawn_rate");

    if (!u->under_way || !u->state)
        web_ask_refuse(a, "state", "No run is under way.");
    else if (!plan_holds_users(u->state->plan))
        web_ask_refuse(a, "unsupported",
            "The number of users follows the script's scenarios; only Locust's users can be changed in a "
            "running test.");
    else if (!ui_state_can_users(u))
        web_ask_refuse(a, "state", "The load does not run yet, or it is being stopped.");
    else if ((users && (!json_is_integer(users) || json_integer_value(users) < 0 ||
                           json_integer_value(users) > UI_USERS_MAX)) ||
             (rate && (!json_is_number(rate) || !(json_number_value(rate) > 0))) || (!users && !rate))
        web_ask_refuse(a, "invalid",
            "users: a whole number from 0; spawn_rate: a number above 0; one of them at least.");
    else if (control_users(u->controller,
                 users ? json_integer_value(users) : control_users_wished(u->controller),
                 rate ? json_number_value(rate) : u->state->plan->spawn_rate, NULL) < 0)
        web_ask_refuse(a, "invalid", "The number of users or the spawn rate is out of range.");
    else
        answer_state(u, a);
}

static void ask_reset(struct ui_session *u, struct web_ask *a) {
    char text[64];

    if (!u->under_way || !u->controller || !u->state || u->state->phase != RUN_RUNNING) {
        web_ask_refuse(a, "state", "No load is running.");
        return;
    }
    control_reset_statistics(u->controller);
    int n = snprintf(text, sizeof text, "{\"run\":%lld,\"t\":%lld}", (long long)u->run,
        (long long)(u->state->load_elapsed_us / 1000000));
    publish_all(u, "reset", view_of(text, (size_t)n));
    answer_state(u, a);
}

static int set_mark(struct ui_session *u, int64_t second, struct view text, struct error *err) {
    int r = u->ledger ? 0 : ledger_open(&u->ledger, u->ledger_path, LEDGER_WRITE, err);

    return r < 0 ? r : ledger_mark_add(u->ledger, u->run, second, text, err);
}

static void tell_mark(struct ui_session *u, int64_t second, struct view text) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(8 * 1024);
    struct json_writer w = json_writer_of(&json);

    json_writer_object(&w);
    json_writer_key(&w, VIEW("run"));
    json_writer_i64(&w, u->run);
    json_writer_key(&w, VIEW("t"));
    json_writer_i64(&w, second);
    json_writer_key(&w, VIEW("text"));
    json_writer_string(&w, text);
    json_writer_end(&w);
    if (json_writer_error(&w) == 0)
        publish_all(u, "mark", buf_view(&json));
}

static void ask_mark(struct ui_session *u, struct web_ask *a) {
    const char *given = json_string_value(json_object_get(a->body, "text"));
    struct view text = view_trim(view_of_cstr(given));
    struct error err = ERROR_NULL;

    if (!u->under_way || !u->state || u->state->phase != RUN_RUNNING || !u->run) {
        web_ask_refuse(a, "state", "No load is running that is kept in a ledger.");
        return;
    }
    if (!text.len || text.len > UI_MARK_MAX) {
        web_ask_refuse(a, "invalid", "text: 1 to %d bytes are wanted", UI_MARK_MAX);
        return;
    }
    int64_t second = u->state->load_elapsed_us / 1000000;
    if (set_mark(u, second, text, &err) < 0) {
        web_ask_refuse(a, "internal", "%s", err.text);
        return;
    }
    tell_mark(u, second, text);
    answer_state(u, a);
}

static void ask_tasks(struct ui_session *u, struct web_ask *a) {
    char *text = u->tasks && a->run == u->run ? json_dumps(u->tasks, JSON_COMPACT) : NULL;

    if (buf_append_view(&a->reply, text ? view_of_cstr(text) : VIEW("{}")) < 0)
        a->status = 500;
    free(text);
    web_ask_answer(a);
}

static void ask_metrics(struct ui_session *u, struct web_ask *a) {
    int r = u->state ? prometheus_text_render(u->state, &a->reply) : 0;

    if (r < 0) {
        web_ask_refuse(a, "internal", "%s", error_name(r));
        return;
    }
    a->type = "text/plain; version=0.0.4; charset=utf-8";
    web_ask_answer(a);
}

static void answer(struct ui_session *u, struct web_ask *a) {
    switch (a->topic) {
    case WEB_TOPIC_START: ask_start(u, a); return;
    case WEB_TOPIC_STOP: ask_stop(u, a); return;
    case WEB_TOPIC_USERS: ask_users(u, a); return;
    case WEB_TOPIC_RESET: ask_reset(u, a); return;
    case WEB_TOPIC_MARK: ask_mark(u, a); return;
    case WEB_TOPIC_TASKS: ask_tasks(u, a); return;
    case WEB_TOPIC_METRICS: ask_metrics(u, a); return;
    case WEB_TOPIC_RATE:
        web_ask_refuse(
            a, "unsupported", "The executors of this run keep the rate that the script gave them.");
        return;
    case WEB_TOPIC_PAUSE:
        web_ask_refuse(a, "unsupported", "A run cannot be paused: its schedule goes on.");
        return;
    default: break;
    }
    if (!u->o.ask || !u->o.ask(u->o.ctx, a, u->state))
        web_ask_refuse(a, "unsupported", "This program does not answer that.");
}

static void answer_all(struct ui_session *u) {
    for (size_t i = 0; i < u->server_count; i++)
        for (struct web_ask *a; (a = web_ask_next(u->servers[i]));)
            answer(u, a);
}

static void on_ready(struct loop_watch *w, uint32_t events) {
    (void)events;
    answer_all(CONTAINER_OF(w, struct ui_watch, watch)->session);
}

void ui_session_hold(struct ui_session *u, struct web_ask *a) {
    list_push(&u->held, &a->entry);
}

static void release_held(struct ui_session *u) {
    for (struct list *e; (e = list_pop(&u->held));)
        web_ask_answer(LIST_ENTRY(e, struct web_ask, entry));
}

/* ---- the sink ---- */

static void on_start(struct report_sink *s, const struct run_state *r) {
    struct ui_session *u = (struct ui_session *)s;

    u->state = r;
    u->started_ms = now_ms();
    ui_state_publish(u);
}

static void tell_seconds(struct ui_session *u, const struct run_state *r, bool all) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(WEB_EVENT_MAX);

    for (int i = 0; i < UI_SECOND_OPEN && ui_seconds_take(&u->seconds, r, u->run, all, &json); i++)
        publish_all(u, "second", buf_view(&json));
}

static void on_redraw(struct report_sink *s, const struct run_state *r) {
    struct ui_session *u = (struct ui_session *)s;

    tell_seconds(u, r, false);
    ui_state_publish(u);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    struct ui_session *u = (struct ui_session *)s;

    if (u->o.second)
        u->o.second(u->o.ctx, r);
}

static void on_delta(
    struct report_sink *s, const struct run_state *r, int64_t second, const struct series_store *delta) {
    (void)r;
    ui_seconds_add(&((struct ui_session *)s)->seconds, second, delta);
}

static int on_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct ui_session *u = (struct ui_session *)s;

    (void)err;
    tell_seconds(u, r, true);
    u->ended_elapsed_us = r->load_elapsed_us > 0 ? r->load_elapsed_us : 1;
    if (u->o.last)
        u->o.last(u->o.ctx, r);
    u->state = NULL;
    return 0;
}

static void on_free(struct report_sink *s) {
    (void)s; /* stays with the session */
}

static const struct report_sink_ops ui_ops = {.name = "ui",
    .start = on_start,
    .second = on_second,
    .redraw = on_redraw,
    .delta = on_delta,
    .finish = on_finish,
    .free = on_free,
    .wants_deltas = true};

struct report_sink *ui_session_sink(struct ui_session *u) {
    return &u->sink;
}

void ui_session_attach(struct ui_session *u, struct loop *loop) {
    u->under_way = true;
    u->run = 0;
    u->state = NULL;
    u->message[0] = '\0';
    ui_seconds_reset(&u->seconds);
    for (size_t i = 0; i < u->server_count; i++)
        if (loop_watch_add(loop, &u->watches[i].watch, web_fd(u->servers[i]), EPOLLIN) < 0)
            snprintf(
                u->message, sizeof u->message, "the page is cut off from this run: no descriptor is left");
    ui_state_publish(u);
}

void ui_session_opened(struct ui_session *u, struct controller *c) {
    u->controller = c;
    ui_session_attach(u, control_loop(c));
}

void ui_session_detach(struct ui_session *u, struct loop *loop) {
    for (size_t i = 0; i < u->server_count; i++)
        loop_watch_remove(loop, &u->watches[i].watch);
}

void ui_session_closed(struct ui_session *u, struct controller *c) {
    ui_session_detach(u, control_loop(c));
    u->controller = NULL;
    u->state = NULL;
}

void ui_session_run(struct ui_session *u, int64_t run) {
    u->run = run;
    for (size_t i = 0; i < u->server_count && run; i++)
        web_publish_run(u->servers[i], run, "running");
}

static void tell_ended(struct ui_session *u, const char *message) {
    u->under_way = false;
    u->state = NULL;
    snprintf(u->message, sizeof u->message, "%s", message);
    ui_state_publish(u); /* before the answers: who has one asks for the state next */
    release_held(u);
}

void ui_session_ended(struct ui_session *u, const char *message) {
    tell_ended(u, message);
    for (size_t i = 0; i < u->server_count && u->run; i++)
        web_publish_run(u->servers[i], u->run, "ended");
}

void ui_session_failed(struct ui_session *u, const char *message) {
    tell_ended(u, message);
}

/* ---- between runs ---- */

void ui_session_form(struct ui_session *u, json_t *start_form, json_t *tasks) {
    json_decref(u->form);
    json_decref(u->tasks);
    u->form = start_form;
    u->tasks = tasks;
    u->told = 0;
    ui_state_publish(u);
}

bool ui_session_idle(const struct ui_session *u) {
    return !u->under_way && !u->start;
}

void ui_session_begin(struct ui_session *u, json_t *start) {
    u->start = start;
    u->under_way = true; /* as far as anybody who asks is concerned */
    u->message[0] = '\0';
}

struct controller *ui_session_controller(struct ui_session *u) {
    return u->controller;
}

void ui_session_mind(struct ui_session *u, const struct ui_session_ward *ward) {
    u->ward = *ward;
}

static void look_after(struct ui_session *u) {
    int64_t now_us = clock_now_us(&clock_real);

    u->ward.look(u->ward.ctx);
    if (now_us < u->ward_tick_us)
        return;
    u->ward_tick_us = now_us + UI_WARD_TICK_US;
    u->ward.tick(u->ward.ctx);
}

/* Until something came, or until_us. */
static enum ui_session_event wait_once(struct ui_session *u, int signals, int64_t until_us) {
    struct pollfd fds[UI_SERVERS_MAX + 2] = {{.fd = signals, .events = POLLIN}};
    struct ui_session_ward *ward = &u->ward;
    int64_t now_us = clock_now_us(&clock_real), left_ms = until_us < 0 ? -1 : (until_us - now_us) / 1000 + 1;
    nfds_t n = u->server_count + 1;

    for (size_t i = 0; i < u->server_count; i++)
        fds[i + 1] = (struct pollfd){.fd = web_fd(u->servers[i]), .events = POLLIN};
    if (ward->look) {
        int64_t tick_ms = (u->ward_tick_us - now_us) / 1000 + 1;
        fds[n++] = (struct pollfd){.fd = ward->fd, .events = POLLIN};
        tick_ms = tick_ms < 0 ? 0 : tick_ms > UI_WARD_TICK_US / 1000 ? UI_WARD_TICK_US / 1000 : tick_ms;
        left_ms = left_ms < 0 || left_ms > tick_ms ? tick_ms : left_ms;
    }
    (void)poll(fds, n, left_ms > INT32_MAX ? INT32_MAX : (int)(until_us >= 0 && left_ms < 0 ? 0 : left_ms));
    if (ward->look)
        look_after(u);
    if (stop_signals_read(signals))
        return UI_SESSION_SIGNAL;
    answer_all(u);
    return u->start ? UI_SESSION_START : UI_SESSION_TIME;
}

enum ui_session_event ui_session_wait(struct ui_session *u, double patience_s, json_t **start) {
    int64_t until_us = patience_s < 0 ? -1 : clock_now_us(&clock_real) + (int64_t)(patience_s * 1e6);
    int signals = stop_signals_open();
    enum ui_session_event event = UI_SESSION_TIME;

    if (signals < 0)
        return UI_SESSION_SIGNAL;
    ui_state_publish(u);
    do
        event = wait_once(u, signals, until_us);
    while (event == UI_SESSION_TIME && (until_us < 0 || clock_now_us(&clock_real) < until_us));
    close(signals);
    if (event == UI_SESSION_START) {
        *start = u->start;
        u->start = NULL;
    }
    return event;
}

/* ---- life ---- */

static int choose_ledger(struct ui_session *u, struct error *err) {
    struct buf path CLEANUP(buf_deinit) = BUF_MAX(UI_LEDGER_PATH_MAX);

    u->temporary = !u->o.keep;
    if (u->o.keep) {
        int r = u->o.ledger ? buf_printf(&path, "%s", u->o.ledger) : ledger_default_path(&path);
        if (r < 0)
            return error_set(
                err, r, "neither HOME nor XDG_DATA_HOME says where the ledger is; name a file with --ledger");
        snprintf(u->ledger_path, sizeof u->ledger_path, "%s", path.ptr);
        return 0;
    }
    return file_make_temporary(u->ledger_path, sizeof u->ledger_path, "halftime", err);
}

int ui_session_new(struct ui_session **out, const struct ui_session_options *o, struct error *err) {
    struct ui_session *u = calloc(1, sizeof *u);

    *out = NULL;
    if (!u)
        return error_set(err, -ENOMEM, "out of memory");
    u->sink.ops = &ui_ops;
    u->log.write = on_log;
    u->o = *o;
    list_init(&u->held);
    list_init(&u->lines);
    u->text = BUF_MAX(UI_STATE_MAX);
    for (size_t i = 0; i < UI_SERVERS_MAX; i++)
        u->watches[i] = (struct ui_watch){.watch = {.fd = -1, .ready = on_ready}, .session = u};
    int r = ui_seconds_init(&u->seconds, o->metric != NULL);
    r = r < 0 ? error_set(err, r, "out of memory") : choose_ledger(u, err);
    if (r < 0) {
        ui_session_free(u);
        return r;
    }
    *out = u;
    return 0;
}

static void remove_ledger(struct ui_session *u) {
    static const char *const tails[] = {"", "-wal", "-shm"};
    char path[UI_LEDGER_PATH_MAX + 8];

    for (size_t i = 0; u->temporary && u->ledger_path[0] && i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s%s", u->ledger_path, tails[i]);
        unlink(path);
    }
}

struct ui_session *ui_session_free(struct ui_session *u) {
    if (!u)
        return NULL;
    release_held(u);
    for (size_t i = 0; i < u->server_count; i++)
        web_free(u->servers[i]);
    for (struct list *e; (e = list_pop(&u->lines));)
        free(LIST_ENTRY(e, struct ui_line, entry));
    ledger_free(u->ledger);
    remove_ledger(u);
    ui_seconds_deinit(&u->seconds);
    json_decref(u->form);
    json_decref(u->tasks);
    json_decref(u->start);
    buf_deinit(&u->text);
    free(u);
    return NULL;
}

int ui_session_serve(struct ui_session *u, const struct web_options *o, struct error *err) {
    struct web_options mine = *o;

    if (u->server_count == UI_SERVERS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d servers", UI_SERVERS_MAX);
    mine.ledger = u->ledger_path;
    int r = web_new(&u->servers[u->server_count], &mine, err);
    if (r == 0) {
        u->server_count++;
        u->told = 0;
        ui_state_publish(u);
    }
    return r;
}

struct web *ui_session_web(struct ui_session *u, size_t server) {
    return server < u->server_count ? u->servers[server] : NULL;
}

const char *ui_session_ledger(const struct ui_session *u) {
    return u->ledger_path;
}
