/* Statistics live in the controller's thread, as long as the run does. What Locust's routes show after it is
 * rendered when it ends. */
#include "cli/ui_locust.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ui_flags.h"
#include "core/file.h"
#include "core/json_writer.h"
#include "report/locust_csv.h"
#include "report/locust_figures.h"
#include "web/web_form.h"
#include "web/web_locust.h"

#define START_VARIABLE "HALFTIME_START"
enum { LOCUST_ADDRESS_MAX = 300, LOCUST_LOG_LINES = 500, LOCUST_WORKERS_SHOWN = 1024 };

enum document {
    DOCUMENT_REQUESTS,
    DOCUMENT_REQUESTS_CSV,
    DOCUMENT_FAILURES_CSV,
    DOCUMENT_EXCEPTIONS,
    DOCUMENT_EXCEPTIONS_CSV,
    DOCUMENT_COUNT
};

struct ui_locust {
    struct ui_session *session;
    struct locust_log *log;
    const struct locust_stats *stats; /* NULL = no run is under way */
    struct locust_stats none;
    struct locust_window window;
    struct buf documents[DOCUMENT_COUNT]; /* of the latest run that is over */
    char locustfile[256], host[256], csv_prefix[LOCUST_CSV_PATH_MAX];
    bool coarse, distributed, full_history;
    json_t *tasks;
    size_t workers;
};

/* ---- documents ---- */

static size_t list_workers(const struct run_state *r, struct web_locust_worker *out) {
    size_t n = r && r->worker_count < LOCUST_WORKERS_SHOWN ? r->worker_count : r ? LOCUST_WORKERS_SHOWN : 0;

    for (size_t i = 0; i < n; i++) {
        const struct run_worker *one = &r->workers[i];
        out[i] = (struct web_locust_worker){.state = one->lost ? "missing" : "running",
            .users = one->users,
            .memory = one->health.rss_bytes,
            .cpu = one->health.wall_us > 0 ? 100.0 * (double)one->health.cpu_us / (double)one->health.wall_us
                                           : 0};
        snprintf(out[i].name, sizeof out[i].name, "worker_%zu", i);
    }
    return n;
}

static int render_requests(
    struct ui_locust *u, const struct locust_stats *s, const struct run_state *r, struct buf *out) {
    struct web_locust_worker *workers = calloc(LOCUST_WORKERS_SHOWN, sizeof *workers);
    struct controller *c = ui_session_controller(u->session);
    struct web_locust l = {.stats = s,
        .window = u->stats ? &u->window : NULL,
        .state = u->stats && !r ? "stopped" : ui_session_state(u->session), /* kept for after the run */
        .coarse = u->coarse,
        .distributed = u->distributed,
        .users = c && r ? control_users_now(c) : 0,
        .workers = workers};

    if (!workers)
        return -ENOMEM;
    l.worker_count = list_workers(r, workers);
    int e = web_locust_requests(&l, out);
    free(workers);
    return e;
}

static int render(struct ui_locust *u, enum document which, const struct locust_stats *s,
    const struct run_state *r, struct buf *out) {
    switch (which) {
    case DOCUMENT_REQUESTS: return render_requests(u, s, r, out);
    case DOCUMENT_REQUESTS_CSV: return locust_csv_stats(s, u->coarse, out);
    case DOCUMENT_FAILURES_CSV: return locust_csv_failures(s, out);
    case DOCUMENT_EXCEPTIONS: return web_locust_exceptions(s, out);
    case DOCUMENT_EXCEPTIONS_CSV: return locust_csv_exceptions(s, out);
    case DOCUMENT_COUNT: break;
    }
    return 0;
}

static void keep_documents(void *ctx, const struct run_state *r) {
    struct ui_locust *u = ctx;

    (void)r;
    for (int i = 0; i < DOCUMENT_COUNT && u->stats; i++) {
        buf_clear(&u->documents[i]);
        if (render(u, (enum document)i, u->stats, NULL, &u->documents[i]) < 0)
            buf_clear(&u->documents[i]);
    }
}

static void on_second(void *ctx, const struct run_state *r) {
    struct ui_locust *u = ctx;

    (void)r;
    if (u->stats && locust_window_push(&u->window, u->stats->total.times) < 0)
        locust_window_deinit(&u->window);
}

/* Locust_2026-01-02-03h04_locustfile.py_host_requests.csv */
static void name_file(const struct ui_locust *u, struct web_ask *a, const char *what) {
    char when[32];
    time_t now = time(NULL);
    struct tm at;

    localtime_r(&now, &at);
    strftime(when, sizeof when, "%Y-%m-%d-%Hh%M", &at);
    snprintf(
        a->attachment, sizeof a->attachment, "Locust_%s_%.80s_%.80s_%s", when, u->locustfile, u->host, what);
}

static void answer_document(struct ui_locust *u, struct web_ask *a, enum document which, const char *file,
    const struct run_state *r) {
    struct view kept = buf_view(&u->documents[which]);
    int e = u->stats   ? render(u, which, u->stats, r, &a->reply)
            : kept.len ? buf_append_view(&a->reply, kept)
                       : render(u, which, &u->none, NULL, &a->reply);

    if (e < 0) {
        web_ask_refuse(a, "internal", "%s", error_name(e));
        return;
    }
    if (file) {
        name_file(u, a, file);
        a->type = "text/csv; charset=utf-8";
    }
    web_ask_answer(a);
}

static void answer_history(struct ui_locust *u, struct web_ask *a) {
    char path[LOCUST_CSV_PATH_MAX + 32];
    struct error err = ERROR_NULL;

    snprintf(path, sizeof path, "%s_stats_history.csv", u->csv_prefix);
    if (!u->full_history || !u->csv_prefix[0] || file_read(path, &a->reply, &err) < 0) {
        buf_clear(&a->reply);
        a->status = 404;
        a->type = "text/plain; charset=utf-8";
        if (buf_append_view(&a->reply, VIEW("Server was not started with option to generate full history.")) <
            0)
            a->status = 500;
    } else {
        name_file(u, a, "requests_full_history.csv");
        a->type = "text/csv; charset=utf-8";
    }
    web_ask_answer(a);
}

static void answer_json(struct web_ask *a, json_t *value) {
    char *text = value ? json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;

    if (!text || buf_append_view(&a->reply, view_of_cstr(text)) < 0)
        a->status = 500;
    free(text);
    json_decref(value);
    web_ask_answer(a);
}

static void add_line(void *ctx, const char *line) {
    (void)json_array_append_new(ctx, json_string(line));
}

static void answer_logs(struct ui_locust *u, struct web_ask *a) {
    json_t *lines = json_array();

    ui_session_lines(u->session, LOCUST_LOG_LINES, add_line, lines);
    answer_json(a, json_pack("{s:o,s:{}}", "master", lines, "workers"));
}

/* ---- control ---- */

static void say(struct web_ask *a, bool success, const char *message) {
    answer_json(a, json_pack("{s:b,s:s}", "success", success, "message", message));
}

static bool number_field(const json_t *form, const char *key, double *out) {
    const char *text = web_form_text(form, key);
    const json_t *v = json_object_get(form, key);

    if (json_is_number(v)) {
        *out = json_number_value(v);
        return true;
    }
    return text && view_to_double(view_trim(view_of_cstr(text)), out);
}

/* As Locust's parser has it: digits, or [Nh][Nm][Ns]. */
static bool time_ok(const char *text) {
    const char *units = "hms";
    size_t digits = strspn(text, "0123456789");

    if (digits && !text[digits])
        return true;
    while (*text) {
        digits = strspn(text, "0123456789");
        const char *unit = digits && text[digits] ? strchr(units, text[digits]) : NULL;
        if (!unit)
            return false;
        units = unit + 1;
        text += digits + 1;
    }
    return true;
}

/* Locust's form as the body of POST /api/v1/start. */
static json_t *start_of_form(const json_t *form, double users, double rate) {
    static const char *const own[] = {
        "user_count", "spawn_rate", "host", "run_time", "user_classes", "shape_class", "profile"};
    json_t *start = json_pack("{s:I,s:f,s:{}}", "users", (json_int_t)users, "spawn_rate", rate, "args");
    const char *host = web_form_text(form, "host"), *run_time = web_form_text(form, "run_time"), *key;
    json_t *classes = json_object_get(form, "user_classes"), *value;

    if (host && host[0])
        (void)json_object_set_new(start, "host", json_string(host));
    if (run_time)
        (void)json_object_set_new(start, "run_time", json_string(run_time));
    if (json_is_array(classes))
        (void)json_object_set(start, "classes", classes);
    else if (json_is_string(classes))
        (void)json_object_set_new(start, "classes", json_pack("[O]", classes));
    json_object_foreach((json_t *)(uintptr_t)form, key, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            known = known || strcmp(own[i], key) == 0;
        if (!known)
            (void)json_object_set(json_object_get(start, "args"), key, value);
    }
    return start;
}

static void answer_swarm(struct ui_locust *u, struct web_ask *a) {
    struct controller *c = ui_session_controller(u->session);
    const char *run_time = web_form_text(a->body, "run_time"), *host = web_form_text(a->body, "host");
    double users = 0, rate = 0;

    if (!number_field(a->body, "user_count", &users) || !number_field(a->body, "spawn_rate", &rate) ||
        users < 0 || !(rate > 0)) {
        say(a, false, "Missing user_count or spawn_rate parameter");
        return;
    }
    if (run_time && !time_ok(run_time)) {
        say(a, false, "Valid run_time formats are : 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.");
        return;
    }
    if (!ui_session_idle(u->session)) { /* the same call changes a running test */
        bool done = c && control_users(c, (int64_t)users, rate, NULL) == 0;
        say(a, done, done ? "Swarming started" : "The test does not run yet, or is being stopped.");
        return;
    }
    if (host && host[0])
        snprintf(u->host, sizeof u->host, "%s", host);
    ui_session_begin(u->session, start_of_form(a->body, users, rate));
    json_t *answer = json_pack("{s:b,s:s,s:s}", "success", 1, "message", "Swarming started", "host",
        host && host[0] ? host : u->host);
    if (run_time)
        (void)json_object_set_new(answer, "run_time", json_string(run_time));
    if (json_object_get(a->body, "user_classes"))
        (void)json_object_set(answer, "user_classes", json_object_get(a->body, "user_classes"));
    answer_json(a, answer);
}

static void answer_stop(struct ui_locust *u, struct web_ask *a) {
    struct controller *c = ui_session_controller(u->session);
    json_t *answer = json_pack("{s:b,s:s}", "success", 1, "message", "Test stopped");
    char *text = json_dumps(answer, JSON_INDENT(2) | JSON_SORT_KEYS);

    json_decref(answer);
    if (!text || buf_append_view(&a->reply, view_of_cstr(text)) < 0)
        a->status = 500;
    free(text);
    if (c) {
        control_stop(c);
        ui_session_hold(u->session, a); /* Locust answers when the users are gone */
    } else {
        web_ask_answer(a);
    }
}

static void answer_reset(struct ui_locust *u, struct web_ask *a, const struct run_state *r) {
    if (r && r->phase == RUN_RUNNING && ui_session_controller(u->session))
        control_reset_statistics(ui_session_controller(u->session));
    a->type = "text/html; charset=utf-8";
    if (buf_append_view(&a->reply, VIEW("ok")) < 0)
        a->status = 500;
    web_ask_answer(a);
}

static bool answer(void *ctx, struct web_ask *a, const struct run_state *r) {
    struct ui_locust *u = ctx;

    switch (a->topic) {
    case WEB_TOPIC_LOCUST_SWARM: answer_swarm(u, a); return true;
    case WEB_TOPIC_LOCUST_STOP: answer_stop(u, a); return true;
    case WEB_TOPIC_LOCUST_RESET: answer_reset(u, a, r); return true;
    case WEB_TOPIC_LOCUST_STATS: answer_document(u, a, DOCUMENT_REQUESTS, NULL, r); return true;
    case WEB_TOPIC_LOCUST_STATS_CSV:
        answer_document(u, a, DOCUMENT_REQUESTS_CSV, "requests.csv", r);
        return true;
    case WEB_TOPIC_LOCUST_FAILURES_CSV:
        answer_document(u, a, DOCUMENT_FAILURES_CSV, "failures.csv", r);
        return true;
    case WEB_TOPIC_LOCUST_EXCEPTIONS: answer_document(u, a, DOCUMENT_EXCEPTIONS, NULL, r); return true;
    case WEB_TOPIC_LOCUST_EXCEPTIONS_CSV:
        answer_document(u, a, DOCUMENT_EXCEPTIONS_CSV, "exceptions.csv", r);
        return true;
    case WEB_TOPIC_LOCUST_HISTORY_CSV: answer_history(u, a); return true;
    case WEB_TOPIC_LOCUST_TASKS:
        answer_json(a, u->tasks ? json_incref(u->tasks) : json_object());
        return true;
    case WEB_TOPIC_LOCUST_LOGS: answer_logs(u, a); return true;
    case WEB_TOPIC_LOCUST_WORKERS:
        answer_json(a, json_pack("{s:I}", "worker_count", (json_int_t)(r ? r->worker_count : u->workers)));
        return true;
    default: return false;
    }
}

/* ---- life ---- */

static void say_address(struct ui_locust *u, const struct locust_options *o, const char *url) {
    if (o->web_host_display)
        locust_log_say(u->log, LOG_INFO, "locust.main",
            "Starting web interface at %s://%s:%d%s, press enter to open your default browser.",
            o->tls_cert ? "https" : "http", o->web_host_display, o->web_port,
            o->web_base_path ? o->web_base_path : "");
    else
        locust_log_say(u->log, LOG_INFO, "locust.main",
            "Starting web interface at %s, press enter to open your default browser.", url);
}

static int serve(struct ui_locust *u, const struct locust_options *o, struct error *err) {
    const char *host = !o->web_host ? "127.0.0.1" : strcmp(o->web_host, "*") == 0 ? "0.0.0.0" : o->web_host;
    char address[LOCUST_ADDRESS_MAX];
    struct ui_server s = {.token = o->web_token,
        .tls_cert = o->tls_cert,
        .tls_key = o->tls_key,
        .base_path = o->web_base_path,
        .token_wanted = o->web_login,
        .listen = address,
        .sets = WEB_SET_PAGE | WEB_SET_LOCUST};

    snprintf(address, sizeof address, strchr(host, ':') && host[0] != '[' ? "[%.255s]:%d" : "%.255s:%d", host,
        o->web_port);
    int r = ui_server_open(u->session, &s, NULL, err);
    if (r < 0)
        return error_wrap(err, "the web interface (--web-host, --web-port)"), r;
    say_address(u, o, web_url(ui_session_web(u->session, 0), true));
    return 0;
}

int ui_locust_new(struct ui_locust **out, const struct locust_options *o, const char *locustfile,
    bool keep_off, struct locust_log *log, struct error *err) {
    struct ui_locust *u = calloc(1, sizeof *u);

    *out = NULL;
    if (!u)
        return error_set(err, -ENOMEM, "out of memory");
    u->log = log;
    u->window = LOCUST_WINDOW_NULL;
    locust_stats_init(&u->none);
    for (size_t i = 0; i < DOCUMENT_COUNT; i++)
        u->documents[i] = BUF_MAX(UI_LOCUST_BYTES_MAX);
    snprintf(u->locustfile, sizeof u->locustfile, "%s", locustfile);
    struct ui_session_options so = {.tool = "locust",
        .script = u->locustfile,
        .metric = "request",
        .keep = !keep_off,
        .log = &log->sink,
        .ctx = u,
        .ask = answer,
        .last = keep_documents,
        .second = on_second};
    int r = ui_session_new(&u->session, &so, err);
    if (r == 0) {
        log->tap = ui_session_hear;
        log->tap_ctx = u->session;
        r = serve(u, o, err);
    }
    if (r < 0) {
        ui_locust_free(u);
        return r;
    }
    *out = u;
    return 0;
}

struct ui_locust *ui_locust_free(struct ui_locust *u) {
    if (!u)
        return NULL;
    u->log->tap = NULL;
    ui_session_free(u->session);
    locust_stats_deinit(&u->none);
    locust_window_deinit(&u->window);
    for (size_t i = 0; i < DOCUMENT_COUNT; i++)
        buf_deinit(&u->documents[i]);
    json_decref(u->tasks);
    free(u);
    return NULL;
}

void ui_locust_workers(struct ui_locust *u, size_t workers) {
    u->workers = workers;
}

struct ui_session *ui_locust_session(struct ui_locust *u) {
    return u->session;
}

void ui_locust_described(struct ui_locust *u, const struct locust_options *o) {
    const char *host = json_string_value(json_object_get(o->description, "host"));
    json_t *form = json_object_get(o->description, "form"), *tasks = json_object_get(o->description, "tasks");

    u->coarse = o->coarse;
    u->full_history = o->full_history;
    u->workers = (size_t)(o->processes > 0 ? o->processes : 0);
    snprintf(u->csv_prefix, sizeof u->csv_prefix, "%s", o->csv_prefix ? o->csv_prefix : "");
    snprintf(u->host, sizeof u->host, "%s", host ? host : "");
    json_decref(u->tasks);
    u->tasks = json_incref(tasks);
    ui_session_form(u->session, json_incref(form), json_incref(tasks));
}

void ui_locust_stats(struct ui_locust *u, const struct locust_stats *s, bool distributed) {
    u->stats = s;
    u->distributed = distributed;
    if (!s)
        locust_window_deinit(&u->window);
}

enum ui_session_event ui_locust_wait(struct ui_locust *u, double patience_s) {
    json_t *start = NULL;
    enum ui_session_event event = ui_session_wait(u->session, patience_s, &start);

    if (event != UI_SESSION_START)
        return event;
    char *text = json_dumps(start, JSON_COMPACT);
    json_decref(start);
    if (!text || setenv(START_VARIABLE, text, 1) != 0)
        event = UI_SESSION_TIME;
    free(text);
    return event;
}
