/* k6 answers from the running engine, and while it lingers from what was measured last: that is kept as JSON
 * when the run ends. */
#include "cli/ui_k6.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/run_keeper.h"
#include "cli/ui_flags.h"
#include "web/web_k6.h"

const struct flag k6_ui_flags[] = {
    {"ui", 0, FLAG_TEXT, "address", NULL, "127.0.0.1:" UI_PORT, "HALFTIME_UI", NULL,
        "the run in the browser, at this address (127.0.0.1:" UI_PORT " when none is given)"},
    {"ui-exit", 0, FLAG_BOOL, "", NULL, "true", "HALFTIME_UI_EXIT", NULL,
        "the page ends with the run; without, it stays until Ctrl-C when this is a terminal"},
    {0},
};

struct ui_k6 {
    struct k6_call *call;
    struct ui_session *session;
    bool page, stays, ended;
    json_t *metrics, *groups, *setup; /* of the run that is over */
};

static void send(struct web_ask *a, json_t *value, int status) {
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(16)) : NULL;

    a->status = text ? status : 500;
    if (text && buf_append_view(&a->reply, view_of_cstr(text)) < 0)
        a->status = 500;
    free(text);
    json_decref(value);
    web_ask_answer(a);
}

static void send_list(struct web_ask *a, json_t *list, const char *what) {
    char detail[80];

    if (!a->name[0]) {
        send(a, web_k6_document(list), 200);
        return;
    }
    json_t *one = web_k6_find(list, a->name);
    json_decref(list);
    if (one) {
        send(a, web_k6_document(one), 200);
        return;
    }
    snprintf(detail, sizeof detail, "No %s with that ID was found", what);
    send(a, web_k6_error("404", "Not Found", detail), 404);
}

static void set_status(struct ui_k6 *u, struct web_ask *a, const struct run_state *r) {
    const json_t *wanted = json_object_get(json_object_get(a->body, "data"), "attributes");
    const json_t *paused = json_object_get(wanted, "paused");
    struct controller *c = ui_session_controller(u->session);

    if (!json_is_object(wanted)) {
        send(a,
            web_k6_error("400", "Invalid data",
                "a body like {\"data\":{\"type\":\"status\",\"id\":\"default\",\"attributes\":{…}}} is "
                "wanted"),
            400);
    } else if (json_object_get(wanted, "vus") || json_object_get(wanted, "vus-max") || json_is_true(paused)) {
        send(a,
            web_k6_error("400", "Couldn't change the run",
                "externally-controlled executor not configured: VUs follow the scenarios, and a run cannot "
                "be paused"),
            400);
    } else {
        if (json_is_true(json_object_get(wanted, "stopped")) && c)
            control_abort(c, VIEW("test run stopped from REST API"));
        send(a, web_k6_status(r, u->ended), 200);
    }
}

static bool answer(void *ctx, struct web_ask *a, const struct run_state *r) {
    struct ui_k6 *u = ctx;

    switch (a->topic) {
    case WEB_TOPIC_K6_STATUS: send(a, web_k6_status(r, u->ended), 200); return true;
    case WEB_TOPIC_K6_STATUS_SET: set_status(u, a, r); return true;
    case WEB_TOPIC_K6_METRICS:
    case WEB_TOPIC_K6_METRIC:
        send_list(a, u->metrics ? json_incref(u->metrics) : web_k6_metrics(r), "metric");
        return true;
    case WEB_TOPIC_K6_GROUPS:
    case WEB_TOPIC_K6_GROUP:
        send_list(a, u->groups ? json_incref(u->groups) : web_k6_groups(r), "group");
        return true;
    case WEB_TOPIC_K6_SETUP:
        send(a,
            web_k6_document(u->setup ? json_incref(u->setup) : web_k6_setup(r ? r->setup_data : VIEW_NULL)),
            200);
        return true;
    case WEB_TOPIC_K6_SETUP_SET:
    case WEB_TOPIC_K6_TEARDOWN:
        send(a, web_k6_error("501", "Not Implemented", "setup and teardown run once, with the test"), 501);
        return true;
    default: return false;
    }
}

static void keep(void *ctx, const struct run_state *r) {
    struct ui_k6 *u = ctx;

    u->metrics = web_k6_metrics(r);
    u->groups = web_k6_groups(r);
    u->setup = web_k6_setup(r->setup_data);
    u->ended = true;
}

/* ---- life ---- */

static int serve_rest(struct ui_k6 *u, const char *address, struct error *err) {
    struct ui_server s = {.sets = WEB_SET_K6, .listen = address};

    ui_server_read(&s, &u->call->flags, u->call->tables);
    s.base_path = s.tls_cert = s.tls_key = NULL;
    return ui_server_open(u->session, &s, NULL, err);
}

static int serve_page(struct ui_k6 *u, const char *address, struct error *err) {
    struct ui_server s = {.sets = WEB_SET_PAGE, .listen = address};

    ui_server_read(&s, &u->call->flags, u->call->tables);
    u->page = true;
    return ui_server_open(u->session, &s, stderr, err);
}

static int stays(struct ui_k6 *u, struct error *err) {
    bool leaves = false;
    int r = flags_get_bool(&u->call->flags, u->call->tables, "ui-exit", k6_getenv, false, &leaves, err);

    u->stays = u->page && !leaves && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
    return r;
}

int ui_k6_new(struct ui_k6 **out, struct k6_call *call, struct error *err) {
    const char *page = flags_get(&call->flags, call->tables, "ui", k6_getenv), *rest = call->settings.address;
    const struct k6_settings *s = &call->settings;

    *out = NULL;
    if (!page && !(rest && rest[0]))
        return 0;
    struct ui_k6 *u = calloc(1, sizeof *u);
    if (!u)
        return error_set(err, -ENOMEM, "out of memory");
    u->call = call;
    struct ui_session_options o = {.tool = "k6",
        .script = call->flags.arg_count ? call->flags.args[0] : "",
        .keep = !s->no_ledger && !run_keeper_off(s->ledger),
        .ledger = s->ledger,
        .log = &call->log.sink,
        .ctx = u,
        .ask = answer,
        .last = keep};
    int r = ui_session_new(&u->session, &o, err);
    r = r == 0 && page ? serve_page(u, page, err) : r;
    r = r == 0 && rest && rest[0] ? serve_rest(u, rest, err) : r;
    r = r < 0 ? r : stays(u, err);
    if (r < 0) {
        ui_k6_free(u);
        return r;
    }
    *out = u;
    return 0;
}

struct ui_k6 *ui_k6_free(struct ui_k6 *u) {
    if (!u)
        return NULL;
    ui_session_free(u->session);
    json_decref(u->metrics);
    json_decref(u->groups);
    json_decref(u->setup);
    free(u);
    return NULL;
}

struct ui_session *ui_k6_session(struct ui_k6 *u) {
    return u->session;
}

void ui_k6_stay(struct ui_k6 *u) {
    json_t *start = NULL;

    if (!u->stays)
        return;
    fprintf(stderr, "The page stays at %s until Ctrl-C.\n", web_url(ui_session_web(u->session, 0), true));
    while (ui_session_wait(u->session, -1, &start) != UI_SESSION_SIGNAL)
        json_decref(start);
}
