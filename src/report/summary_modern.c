/* Today's layout: thresholds, the results of the whole run, then (full) groups and scenarios. A section is a heading and blocks with an
 * empty line between them: checks, then metrics by topic, then nested groups. Topics go by the beginning of the metric's name. */
#include "report/summary_table_priv.h"

#include <stdio.h>

#include "report/paint_priv.h"

enum { TOPIC_NAMES_MAX = 12, DEPTH_MAX = 64 };

/* In the order of printing; what belongs to none is the first. */
static const struct topic {
    const char *title;
    const char *prefixes[TOPIC_NAMES_MAX];
} topics[] = {
    {"CUSTOM", {NULL}},
    {"HTTP", {"http_reqs", "http_req_duration", "http_req_failed", "http_req_blocked", "http_req_connecting", "http_req_tls_handshaking",
                 "http_req_sending", "http_req_waiting", "http_req_receiving"}},
    {"EXECUTION", {"vus", "iterations", "iteration_duration", "dropped_iterations"}},
    {"NETWORK", {"data_sent", "data_received"}},
    {"BROWSER", {"browser_data_sent", "browser_data_received", "browser_http_req"}},
    {"WEB_VITALS", {"browser_web_vital"}},
    {"GRPC", {"grpc_req_duration", "grpc_streams"}},
    {"WEBSOCKET", {"ws_sessions", "ws_connecting", "ws_session_duration", "ws_msgs_sent", "ws_msgs_received", "ws_ping"}},
};
enum { TOPICS = sizeof topics / sizeof *topics };
static const char *const never_shown[] = {"checks", "group_duration", NULL};
static const char *const only_in_full[] = {"http_req_blocked", "http_req_connecting", "http_req_receiving", "http_req_sending",
    "http_req_tls_handshaking", "http_req_waiting", NULL};

struct page {
    const struct summary_data *d;
    const struct summary_options *o;
    struct buf *out;
    int error;
};

static void put(struct page *p, const char *text) {
    if (p->error >= 0)
        p->error = buf_append(p->out, text, strlen(text));
}

static bool begins_with_any(struct view name, const char *const *prefixes) {
    for (; *prefixes; prefixes++)
        if (view_starts_with(name, view_of_cstr(*prefixes)))
            return true;
    return false;
}

static bool shown(const struct page *p, const struct summary_metric *m) {
    return !begins_with_any(m->base, never_shown) && (p->o->mode == SUMMARY_FULL || !begins_with_any(m->base, only_in_full));
}

static size_t topic_of(const struct summary_metric *m) {
    for (size_t i = 1; i < TOPICS; i++)
        if (begins_with_any(m->base, topics[i].prefixes))
            return i;
    return 0;
}

static void heading(struct page *p, const char *indent, const char *sign, const char *what, struct view title) {
    if (p->error >= 0)
        p->error = buf_printf(p->out, "%s%s %s%s%.*s%s \n\n", indent, sign, paint(p->o->colour, PAINT_BOLD), what, VIEW_ARGS(title), paint(p->o->colour, PAINT_OFF));
}

/* ---- thresholds ---- */

static void threshold_text(const struct summary_threshold *t, enum humanize_unit unit, char out[HUMANIZE_MAX]) {
    char text[HUMANIZE_MAX];
    if (!t->known)
        snprintf(out, HUMANIZE_MAX, "0");
    else if (t->expr.method == THRESHOLD_RATE && t->type == METRIC_COUNTER)
        snprintf(out, HUMANIZE_MAX, "%.390s/s", humanize_value(t->value, t->type, t->contains, unit, text));
    else
        humanize_value(t->value, t->type, t->contains, unit, out);
}

/* The part of "p(95)<500" before the operator. */
static struct view figure_name(struct view expression) {
    size_t n = 0;
    while (n < expression.len && !strchr("<>=!", expression.ptr[n]))
        n++;
    return view_trim(view_take(expression, n));
}

static void write_thresholds(struct page *p) {
    bool c = p->o->colour;
    if (p->d->threshold_count == 0)
        return;
    put(p, "\n");
    heading(p, "  ", "█", "THRESHOLDS", VIEW(""));
    for (size_t i = 0; i < p->d->threshold_count && p->error >= 0; i++) {
        const struct summary_threshold *t = &p->d->thresholds[i];
        struct view expression = view_trim(t->expression);
        char value[HUMANIZE_MAX];
        if (i == 0 || !view_eq(t->target, t[-1].target))
            p->error = buf_printf(p->out, "%s    %.*s\n", i ? "\n" : "", VIEW_ARGS(t->target));
        threshold_text(t, p->o->time_unit, value);
        if (p->error >= 0)
            p->error = buf_printf(p->out, "    %s%s%s %s'%.*s'%s %s%.*s%s=%s%s%s\n", paint(c, t->ok ? PAINT_GREEN : PAINT_RED), t->ok ? "✓" : "✗",
                paint(c, PAINT_OFF), paint(c, PAINT_WHITE), VIEW_ARGS(expression), paint(c, PAINT_OFF), paint(c, PAINT_WHITE),
                VIEW_ARGS(figure_name(expression)), paint(c, PAINT_OFF), paint(c, PAINT_CYAN), value, paint(c, PAINT_OFF));
    }
    put(p, "\n");
}

/* ---- checks ---- */

static void write_check(struct page *p, const struct summary_check *c, size_t depth) {
    bool colour = p->o->colour;
    if (p->error < 0)
        return;
    if (c->fails == 0) {
        p->error = buf_printf(p->out, "%*s%s✓ %.*s%s\n", (int)(4 + 2 * depth), "", paint(colour, PAINT_GREEN), VIEW_ARGS(c->name), paint(colour, PAINT_OFF));
        return;
    }
    unsigned long long percent = 100 * c->passes / (c->passes + c->fails);
    p->error = buf_printf(p->out, "%*s%s✗ %.*s%s\n%*s%s↳  %llu%% — ✓ %llu / ✗ %llu%s\n", (int)(4 + 2 * depth), "", paint(colour, PAINT_RED),
        VIEW_ARGS(c->name), paint(colour, PAINT_OFF), (int)(6 + 4 * depth), "", paint(colour, PAINT_RED), percent, (unsigned long long)c->passes,
        (unsigned long long)c->fails, paint(colour, PAINT_OFF));
}

static void write_checks(struct page *p, const struct summary_section *s, const char *indent, size_t depth) {
    struct summary_table t = {.data = p->d, .options = p->o};
    uint64_t all = s->checks_passed + s->checks_failed;
    struct {
        struct view name;
        char value[HUMANIZE_MAX], remark[HUMANIZE_MAX];
    } rows[] = {{.name = VIEW("checks_total")}, {.name = VIEW("checks_succeeded")}, {.name = VIEW("checks_failed")}};
    char text[HUMANIZE_MAX];
    snprintf(rows[0].value, HUMANIZE_MAX, "%llu", (unsigned long long)all);
    snprintf(rows[0].remark, HUMANIZE_MAX, "%.390s/s", humanize_number(summary_rate(p->d, (double)all), 6, text));
    for (size_t i = 1; i < 3; i++) {
        uint64_t part = i == 1 ? s->checks_passed : s->checks_failed;
        humanize_share(all ? (double)part / (double)all : 0, rows[i].value);
        snprintf(rows[i].remark, HUMANIZE_MAX, "%llu out of %llu", (unsigned long long)part, (unsigned long long)all);
    }
    for (size_t i = 0; i < 3; i++)
        summary_table_measure_plain(&t, rows[i].name, rows[i].value, rows[i].remark);
    for (size_t i = 0; i < 3 && p->error >= 0; i++)
        p->error = summary_table_row_plain(&t, indent, rows[i].name, rows[i].value, rows[i].remark, p->out);
    put(p, "\n");
    for (const struct summary_check *c = s->checks; c; c = c->next)
        write_check(p, c, depth);
}

/* ---- sections ---- */

static bool write_topic(struct page *p, const struct summary_table *t, const struct summary_section *s, const char *indent, size_t topic, bool separated) {
    bool any = false;
    for (size_t i = 0; i < s->metric_count && p->error >= 0; i++) {
        const struct summary_metric *m = &s->metrics[i];
        if (!shown(p, m) || topic_of(m) != topic)
            continue;
        if (!any)
            p->error = buf_printf(p->out, "%s%s%s%s%s\n", separated ? "\n" : "", indent, paint(p->o->colour, PAINT_BOLD), topics[topic].title, paint(p->o->colour, PAINT_OFF));
        any = true;
        if (p->error >= 0)
            p->error = summary_table_row(t, indent, "", m, p->out);
    }
    return any;
}

static void write_section(struct page *p, const struct summary_section *s, size_t depth) {
    struct summary_table t = {.data = p->d, .options = p->o};
    char indent[2 * DEPTH_MAX + 8];
    bool separated = false;
    snprintf(indent, sizeof indent, "%*s", (int)(4 + 2 * depth), "");
    for (size_t i = 0; i < s->metric_count; i++)
        if (shown(p, &s->metrics[i]))
            summary_table_measure(&t, &s->metrics[i]);
    if (s->has_checks) {
        write_checks(p, s, indent, depth);
        separated = true;
    }
    for (size_t i = 0; i < TOPICS; i++)
        separated = write_topic(p, &t, s, indent, i, separated) || separated;
    for (const struct summary_section *g = depth < DEPTH_MAX ? s->sections : NULL; g; g = g->next) {
        put(p, separated ? "\n" : "");
        heading(p, indent, "↳", "GROUP: ", g->title);
        write_section(p, g, depth + 1);
        separated = true;
    }
}

static void write_sections(struct page *p, const struct summary_section *list, const char *what) {
    for (; list; list = list->next) {
        put(p, "\n");
        heading(p, "  ", "█", what, list->title);
        write_section(p, list, 0);
        put(p, "\n");
    }
}

int summary_write_modern(const struct summary_data *d, const struct summary_options *o, struct buf *out) {
    struct page p = {.d = d, .o = o, .out = out};
    put(&p, "\n");
    write_thresholds(&p);
    put(&p, "\n");
    heading(&p, "  ", "█", "TOTAL RESULTS", VIEW(""));
    write_section(&p, &d->total, 0);
    put(&p, "\n");
    write_sections(&p, d->groups, "GROUP: ");
    write_sections(&p, d->scenarios, "SCENARIO: ");
    put(&p, "\n\n");
    return p.error < 0 ? p.error : 0;
}
