#include "web/web_route.h"

#include "web/web_priv.h"

#define API    "/api/v1"
#define PAGE   WEB_SET_PAGE
#define LOCUST WEB_SET_LOCUST
#define K6     WEB_SET_K6
#define OPEN   (WEB_ROUTE_OPEN | WEB_ROUTE_FREE)

/* Some methods of a path stand together. tidy: table */
const struct web_route web_routes[] = {
    /* the page */
    {"GET", "/", PAGE, WEB_ROUTE_OPEN, WEB_TOPIC_NONE, web_page_index},
    {"GET", "/assets/{name}", PAGE, OPEN, WEB_TOPIC_NONE, web_page_asset},
    {"GET", "/favicon.ico", PAGE, OPEN, WEB_TOPIC_NONE, web_page_asset},
    {"GET", "/favicon.svg", PAGE, OPEN, WEB_TOPIC_NONE, web_page_asset},
    {"GET", "/login", PAGE, OPEN, WEB_TOPIC_NONE, web_page_login},
    {"POST", "/login", PAGE, WEB_ROUTE_FREE | WEB_ROUTE_FORM, WEB_TOPIC_NONE, web_page_log_in},
    {"GET", "/ping", PAGE | K6, OPEN, WEB_TOPIC_NONE, web_page_ping},
    {"GET", "/status", PAGE, WEB_ROUTE_OPEN, WEB_TOPIC_NONE, web_status_page},
    {"GET", "/metrics", PAGE | K6, 0, WEB_TOPIC_METRICS, NULL},
    /* state and control */
    {"GET", API "/state", PAGE, 0, WEB_TOPIC_NONE, web_state_get},
    {"GET", API "/live", PAGE, WEB_ROUTE_STREAM, WEB_TOPIC_NONE, NULL},
    {"POST", API "/start", PAGE, 0, WEB_TOPIC_START, NULL},
    {"POST", API "/stop", PAGE, 0, WEB_TOPIC_STOP, NULL},
    {"POST", API "/users", PAGE, 0, WEB_TOPIC_USERS, NULL},
    {"POST", API "/rate", PAGE, 0, WEB_TOPIC_RATE, NULL},
    {"POST", API "/pause", PAGE, 0, WEB_TOPIC_PAUSE, NULL},
    {"POST", API "/reset", PAGE, 0, WEB_TOPIC_RESET, NULL},
    {"POST", API "/mark", PAGE, 0, WEB_TOPIC_MARK, NULL},
    /* runs */
    {"GET", API "/runs", PAGE, 0, WEB_TOPIC_NONE, web_runs_list},
    {"GET", API "/runs/{id}", PAGE, 0, WEB_TOPIC_NONE, web_runs_get},
    {"PATCH", API "/runs/{id}", PAGE, 0, WEB_TOPIC_NONE, web_runs_annotate},
    {"DELETE", API "/runs/{id}", PAGE, WEB_ROUTE_ANY_BODY, WEB_TOPIC_NONE, web_runs_remove},
    {"GET", API "/runs/{id}/series", PAGE, 0, WEB_TOPIC_NONE, web_window_series},
    {"GET", API "/runs/{id}/table", PAGE, 0, WEB_TOPIC_NONE, web_window_table},
    {"GET", API "/runs/{id}/histogram", PAGE, 0, WEB_TOPIC_NONE, web_window_histogram},
    {"GET", API "/runs/{id}/probes", PAGE, 0, WEB_TOPIC_NONE, web_probes},
    {"GET", API "/runs/{id}/failures", PAGE, 0, WEB_TOPIC_NONE, web_detail_failures},
    {"GET", API "/runs/{id}/exceptions", PAGE, 0, WEB_TOPIC_NONE, web_detail_exceptions},
    {"GET", API "/runs/{id}/checks", PAGE, 0, WEB_TOPIC_NONE, web_detail_checks},
    {"GET", API "/runs/{id}/thresholds", PAGE, 0, WEB_TOPIC_NONE, web_detail_thresholds},
    {"GET", API "/runs/{id}/logs", PAGE, 0, WEB_TOPIC_NONE, web_detail_logs},
    {"GET", API "/runs/{id}/traces", PAGE, 0, WEB_TOPIC_NONE, web_trace_list},
    {"GET", API "/runs/{id}/traces/{name}", PAGE, 0, WEB_TOPIC_NONE, web_trace_get},
    {"GET", API "/runs/{id}/server-logs", PAGE, 0, WEB_TOPIC_NONE, web_trace_logs},
    {"GET", API "/runs/{id}/workers", PAGE, 0, WEB_TOPIC_NONE, web_detail_workers},
    {"GET", API "/runs/{id}/tasks", PAGE, 0, WEB_TOPIC_TASKS, NULL},
    {"GET", API "/runs/{id}/findings", PAGE, 0, WEB_TOPIC_NONE, web_detail_findings},
    {"GET", API "/runs/{id}/script", PAGE, 0, WEB_TOPIC_NONE, web_detail_script},
    {"GET", API "/runs/{id}/download/{name}", PAGE, WEB_ROUTE_SLOW, WEB_TOPIC_NONE, web_download},
    {"GET", API "/status", PAGE, WEB_ROUTE_SLOW, WEB_TOPIC_NONE, web_status_get},
    {"GET", API "/compare", PAGE, WEB_ROUTE_SLOW, WEB_TOPIC_NONE, web_compare},
    /* Locust's */
    {"POST", "/swarm", LOCUST, WEB_ROUTE_FORM, WEB_TOPIC_LOCUST_SWARM, NULL},
    {"GET", "/stop", LOCUST, 0, WEB_TOPIC_LOCUST_STOP, NULL}, /* newer versions of Locust: POST */
    {"POST", "/stop", LOCUST, WEB_ROUTE_FORM, WEB_TOPIC_LOCUST_STOP, NULL},
    {"GET", "/stats/reset", LOCUST, 0, WEB_TOPIC_LOCUST_RESET, NULL},
    {"POST", "/stats/reset", LOCUST, WEB_ROUTE_FORM, WEB_TOPIC_LOCUST_RESET, NULL},
    {"GET", "/stats/requests", LOCUST, 0, WEB_TOPIC_LOCUST_STATS, NULL},
    {"GET", "/stats/requests/csv", LOCUST, 0, WEB_TOPIC_LOCUST_STATS_CSV, NULL},
    {"GET", "/stats/failures/csv", LOCUST, 0, WEB_TOPIC_LOCUST_FAILURES_CSV, NULL},
    {"GET", "/stats/requests_full_history/csv", LOCUST, 0, WEB_TOPIC_LOCUST_HISTORY_CSV, NULL},
    {"GET", "/stats/report", LOCUST, WEB_ROUTE_SLOW, WEB_TOPIC_NONE, web_report},
    {"GET", "/exceptions", LOCUST, 0, WEB_TOPIC_LOCUST_EXCEPTIONS, NULL},
    {"GET", "/exceptions/csv", LOCUST, 0, WEB_TOPIC_LOCUST_EXCEPTIONS_CSV, NULL},
    {"GET", "/tasks", LOCUST, 0, WEB_TOPIC_LOCUST_TASKS, NULL},
    {"GET", "/logs", LOCUST, 0, WEB_TOPIC_LOCUST_LOGS, NULL},
    {"GET", "/worker-count", LOCUST, 0, WEB_TOPIC_LOCUST_WORKERS, NULL},
    {"POST", "/user", LOCUST, 0, WEB_TOPIC_LOCUST_USER, NULL},
    /* k6's */
    {"GET", "/", K6, OPEN, WEB_TOPIC_NONE, web_page_ping},
    {"GET", "/v1/status", K6, 0, WEB_TOPIC_K6_STATUS, NULL},
    {"PATCH", "/v1/status", K6, 0, WEB_TOPIC_K6_STATUS_SET, NULL},
    {"GET", "/v1/metrics", K6, 0, WEB_TOPIC_K6_METRICS, NULL},
    {"GET", "/v1/metrics/{name}", K6, 0, WEB_TOPIC_K6_METRIC, NULL},
    {"GET", "/v1/groups", K6, 0, WEB_TOPIC_K6_GROUPS, NULL},
    {"GET", "/v1/groups/{name}", K6, 0, WEB_TOPIC_K6_GROUP, NULL},
    {"GET", "/v1/setup", K6, 0, WEB_TOPIC_K6_SETUP, NULL},
    {"PUT", "/v1/setup", K6, WEB_ROUTE_ANY_BODY, WEB_TOPIC_K6_SETUP_SET, NULL},
    {"POST", "/v1/setup", K6, WEB_ROUTE_ANY_BODY, WEB_TOPIC_K6_SETUP_SET, NULL},
    {"POST", "/v1/teardown", K6, WEB_ROUTE_ANY_BODY, WEB_TOPIC_K6_TEARDOWN, NULL},
    {0},
};

static bool run_of(struct view piece, struct web_place *out) {
    uint64_t n = 0;

    out->has_run = true;
    out->current = view_eq(piece, VIEW("current"));
    if (!out->current && (!view_to_u64(piece, &n) || n == 0 || n > INT64_MAX))
        return false;
    out->run = (int64_t)n;
    return true;
}

static bool name_of(struct view piece, struct web_place *out) {
    if (!piece.len || piece.len >= sizeof out->name || view_find(piece, '\0') >= 0)
        return false;
    memcpy(out->name, piece.ptr, piece.len);
    out->name[piece.len] = '\0';
    return true;
}

static bool matches(struct view pattern, struct view path, struct web_place *out) {
    out->has_run = out->current = false;
    out->run = 0;
    out->name[0] = '\0';
    while (pattern.len || path.len) {
        struct view wanted, given;
        bool more_wanted = false, more_given = false;
        if (view_eq(pattern, VIEW("{name}"))) /* whatever is left: a metric may hold a slash */
            return name_of(path, out);
        wanted = view_cut(&pattern, '/', &more_wanted);
        given = view_cut(&path, '/', &more_given);
        bool fits = view_eq(wanted, VIEW("{id}")) ? run_of(given, out) : view_eq(wanted, given);
        if (!fits || more_wanted != more_given)
            return false;
    }
    return true;
}

enum web_route_found web_route_find(
    unsigned sets, struct view method, struct view path, struct web_place *out) {
    enum web_route_found found = WEB_ROUTE_NONE;
    bool head = view_eq(method, VIEW("HEAD"));

    for (const struct web_route *r = web_routes; r->path; r++) {
        struct web_place place;
        if (!(r->set & sets) || !matches(view_of_cstr(r->path), path, &place))
            continue;
        place.route = r;
        *out = place;
        if (view_eq(method, view_of_cstr(r->method)) ||
            (head && view_eq(view_of_cstr(r->method), VIEW("GET"))))
            return WEB_ROUTE_FOUND;
        found = WEB_ROUTE_OTHER_METHOD;
    }
    return found;
}

int web_route_methods(unsigned sets, struct view path, struct buf *out) {
    struct web_place place;
    int r = 0;

    for (const struct web_route *one = web_routes; one->path && r == 0; one++)
        if ((one->set & sets) && matches(view_of_cstr(one->path), path, &place))
            r = buf_printf(out, "%s%s", out->len ? ", " : "", one->method);
    return r;
}
