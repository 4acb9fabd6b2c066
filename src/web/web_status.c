/* The status of what is watched (`halftime watch`): as JSON, and as a page for people that needs no scripts.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "ledger/ledger_status.h"
#include "web/web_priv.h"

#define STATUS_POLICY "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
#define STATUS_STYLE                                                                                         \
    "<style>:root{color-scheme:light "                                                                       \
    "dark;--ok:#2e9e5b;--some:#d99a1c;--bad:#d0433c;--none:#8884;--line:#8884;--dim:#777}"                   \
    "@media(prefers-color-scheme:dark){:root{--dim:#999}}*{box-sizing:border-box}"                           \
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:0 auto;padding:1.5rem 1rem 3rem}"        \
    "h1{font-size:1.15rem;margin:0;overflow-wrap:anywhere}h2{font-size:1rem;margin:2rem 0 .5rem}"            \
    ".now{border-left:.5rem solid var(--none);padding:.5rem 1rem;margin:1rem 0}.now "                        \
    "b{font-size:1.6rem;display:block}"                                                                      \
    ".up{border-color:var(--ok)}.degraded{border-color:var(--some)}.down{border-color:var(--bad)}"           \
    ".dim{color:var(--dim);font-size:.875rem}.tiles{display:grid;grid-template-columns:repeat(auto-fit,"     \
    "minmax(9rem,1fr));gap:.75rem}"                                                                          \
    ".tiles div{border:1px solid var(--line);border-radius:.4rem;padding:.6rem .8rem}.tiles "                \
    "b{font-size:1.25rem;display:block}"                                                                     \
    ".bars{display:flex;gap:2px;height:2.75rem}.bars "                                                       \
    "i{flex:1;border-radius:2px;background:var(--none);min-width:2px}"                                       \
    ".bars .g{background:var(--ok)}.bars .s{background:var(--some)}.bars .b{background:var(--bad)}"          \
    ".ends{display:flex;justify-content:space-between}ul{list-style:none;padding:0;margin:0}"                \
    "li{border-top:1px solid var(--line);padding:.6rem 0;overflow-wrap:anywhere}nav "                        \
    "a{margin-right:1rem}a{color:inherit}</style>"

enum { MOMENT_MAX = 32, SPAN_MAX = 32 };

struct labels {
    struct web_request *q;
    struct view wanted;
    struct buf names; /* packed: each with its NUL */
    size_t count;
    bool found;
};

static int add_label(void *ctx, struct view label) {
    struct labels *l = ctx;
    int r = buf_append_view(&l->names, label);

    l->count++;
    l->found = l->found || view_eq(label, l->wanted);
    return r < 0 ? r : buf_append_view(&l->names, view_of("", 1));
}

/* The status that is asked for: LEDGER_OK; LEDGER_NOT_FOUND when nothing is watched here; negative: the reply
 * tells why. */
static int find(struct web_request *q, struct labels *labels, struct ledger_status *out) {
    struct error err = ERROR_NULL;
    struct ledger *l = web_query_ledger(q);

    *labels = (struct labels){.q = q, .wanted = web_query_text(q, "label"), .names = BUF_MAX(1024 * 1024)};
    if (!l && q->reply.status != 404)
        return -1;
    int r = l ? ledger_watch_labels(l, add_label, labels, &err) : 0;
    if (r < 0) {
        (void)web_query_fail(q, &err);
        return -1;
    }
    if (labels->wanted.len ? !labels->found : false) {
        (void)web_reply_error(
            &q->reply, "not_found", "Nothing was watched under the label %.100s.", labels->wanted.ptr);
        return -1;
    }
    buf_clear(&q->reply.body);
    q->reply.status = 0;
    if (!labels->count)
        return LEDGER_NOT_FOUND;
    r = ledger_status_of(l, labels->wanted.len ? labels->wanted : view_of_cstr(labels->names.ptr),
        clock_wall_us() / 1000, out, &err);
    if (r < 0)
        (void)web_query_fail(q, &err);
    return r;
}

/* ---- JSON ---- */

int web_status_get(struct web_request *q) {
    struct labels labels;
    struct ledger_status *s = calloc(1, sizeof *s);
    int r = s ? find(q, &labels, s) : -1;

    if (!s)
        return -1;
    if (r >= 0) {
        struct json_writer w = json_writer_of(&q->reply.body);
        json_writer_object(&w);
        json_member_array(&w, "labels");
        for (size_t i = 0, at = 0; i < labels.count; i++, at += strlen(labels.names.ptr + at) + 1)
            json_writer_string(&w, view_of_cstr(labels.names.ptr + at));
        json_writer_end(&w);
        json_writer_key(&w, VIEW("status"));
        if (r == LEDGER_OK)
            ledger_status_json(&w, s);
        else
            json_writer_null(&w);
        json_writer_end(&w);
        r = json_writer_error(&w);
    } else {
        r = 0; /* the reply tells */
    }
    buf_deinit(&labels.names);
    free(s);
    return r;
}

/* ---- the page ---- */

static int put(struct buf *out, const char *text) {
    int r = 0;

    for (const char *at = text; *at && r == 0; at++) {
        switch (*at) {
        case '<': r = buf_append_view(out, VIEW("&lt;")); break;
        case '>': r = buf_append_view(out, VIEW("&gt;")); break;
        case '&': r = buf_append_view(out, VIEW("&amp;")); break;
        case '"': r = buf_append_view(out, VIEW("&quot;")); break;
        case '\'': r = buf_append_view(out, VIEW("&#39;")); break;
        default: r = buf_append_view(out, view_of(at, 1));
        }
    }
    return r;
}

static const char *moment(int64_t ms, const char *format, char out[MOMENT_MAX]) {
    time_t s = (time_t)(ms / 1000);
    struct tm tm;

    if (!localtime_r(&s, &tm) || !strftime(out, MOMENT_MAX, format, &tm))
        out[0] = '\0';
    return out;
}

static const char *span(int64_t ms, char out[SPAN_MAX]) {
    int64_t s = ms / 1000;

    if (s < 60)
        snprintf(out, SPAN_MAX, "%d s", (int)s);
    else if (s < 3600)
        snprintf(out, SPAN_MAX, "%d min", (int)(s / 60));
    else if (s < 2 * 86400)
        snprintf(out, SPAN_MAX, "%d h %d min", (int)(s / 3600), (int)(s % 3600 / 60));
    else
        snprintf(out, SPAN_MAX, "%d days", (int)(s / 86400));
    return out;
}

/* Never 100 % when a round was bad. */
static const char *percent(double share, char out[SPAN_MAX]) {
    if (isnan(share))
        snprintf(out, SPAN_MAX, "–");
    else if (share >= 1)
        snprintf(out, SPAN_MAX, "100 %%");
    else
        snprintf(out, SPAN_MAX, "%.2f %%", floor(share * 10000) / 100);
    return out;
}

static const char *milliseconds(double ms, char out[SPAN_MAX]) {
    if (isnan(ms))
        snprintf(out, SPAN_MAX, "–");
    else if (ms < 1000)
        snprintf(out, SPAN_MAX, "%.3g ms", ms);
    else
        snprintf(out, SPAN_MAX, "%.3g s", ms / 1000);
    return out;
}

static int write_now(struct buf *out, const struct ledger_status *s) {
    char since[MOMENT_MAX], last[MOMENT_MAX], length[SPAN_MAX];
    int r = buf_printf(out, "<div class=\"now %s\" role=status><b>%s</b>", uptime_word(s->state),
        s->state == UPTIME_UP         ? "Up"
        : s->state == UPTIME_DEGRADED ? "Degraded"
        : s->state == UPTIME_DOWN     ? "Down"
                                      : "Not known yet");
    if (r == 0 && s->since_ms)
        r = buf_printf(out, "since %s (%s)", moment(s->since_ms, "%Y-%m-%d %H:%M:%S", since),
            span(s->now_ms > s->since_ms ? s->now_ms - s->since_ms : 0, length));
    if (r == 0 && s->reason[0]) {
        r = buf_append_view(out, VIEW("<br>"));
        r = r < 0 ? r : put(out, s->reason);
    }
    if (r == 0 && !s->watching)
        r = buf_printf(out,
            "<br><strong>Nobody is watching at the moment.</strong> The latest round was at %s.",
            moment(s->last_round_ms, "%Y-%m-%d %H:%M", last));
    return r < 0 ? r : buf_append_view(out, VIEW("</div>"));
}

static int write_tiles(struct buf *out, const struct ledger_status *s) {
    static const char *const names[LEDGER_STATUS_WINDOWS] = {"last hour", "24 hours", "7 days", "30 days"};
    int r = buf_append_view(out, VIEW("<div class=tiles>"));

    for (size_t i = 0; i < LEDGER_STATUS_WINDOWS && r == 0; i++) {
        const struct ledger_stretch *w = &s->windows[i];
        char share[SPAN_MAX], p50[SPAN_MAX], p95[SPAN_MAX];
        uint64_t rounds = w->good + w->slow + w->bad;
        r = buf_printf(out,
            "<div>%s<b>%s</b>p95 %s<br><span class=dim>median %s<br>%llu rounds, %llu bad</span></div>",
            names[i], percent(ledger_stretch_availability(w), share), milliseconds(w->p95_ms, p95),
            milliseconds(w->p50_ms, p50), (unsigned long long)rounds, (unsigned long long)w->bad);
    }
    return r < 0 ? r : buf_append_view(out, VIEW("</div>"));
}

static int write_bars(
    struct buf *out, const char *heading, const char *format, const struct ledger_stretch *bars, size_t n) {
    char first[MOMENT_MAX], last[MOMENT_MAX];
    int r = buf_printf(out, "<h2>%s</h2><div class=bars>", heading);

    for (size_t i = 0; i < n && r == 0; i++) {
        const struct ledger_stretch *b = &bars[i];
        char at[MOMENT_MAX], share[SPAN_MAX], p95[SPAN_MAX];
        bool any = b->good + b->slow + b->bad > 0;
        const char *class = !any                                       ? ""
                            : b->bad * 20 > b->good + b->slow + b->bad ? "b"
                            : b->bad || b->slow                        ? "s"
                                                                       : "g";
        r = buf_printf(out, "<i class=\"%s\" title=\"%s: %s%s%s\"></i>", class,
            moment(b->from_ms, format, at),
            any ? percent(ledger_stretch_availability(b), share) : "not watched", any ? ", p95 " : "",
            any ? milliseconds(b->p95_ms, p95) : "");
    }
    r = r < 0 ? r
              : buf_printf(out, "</div><div class=\"ends dim\"><span>%s</span><span>%s</span></div>",
                    moment(bars[0].from_ms, format, first), moment(bars[n - 1].from_ms, format, last));
    return r;
}

static int write_incidents(struct buf *out, const struct ledger_status *s) {
    int r = buf_append_view(out, VIEW("<h2>What went wrong</h2>"));

    if (r == 0 && !s->incident_count)
        return buf_append_view(out, VIEW("<p class=dim>Nothing in the last 30 days.</p>"));
    r = r < 0 ? r : buf_append_view(out, VIEW("<ul>"));
    for (size_t i = 0; i < s->incident_count && r == 0; i++) {
        const struct ledger_incident *x = &s->incidents[i];
        char from[MOMENT_MAX], length[SPAN_MAX];
        int64_t end_ms = x->to_ms ? x->to_ms : s->now_ms;
        r = buf_printf(out, "<li><strong>%s</strong> %s, %s %s<br>", uptime_word(x->worst),
            moment(x->from_ms, "%Y-%m-%d %H:%M:%S", from), x->to_ms ? "for" : "and it goes on, for",
            span(end_ms > x->from_ms ? end_ms - x->from_ms : 0, length));
        r = r < 0 ? r : put(out, x->reason);
        r = r < 0 ? r : buf_append_view(out, VIEW("</li>"));
    }
    return r < 0 ? r : buf_append_view(out, VIEW("</ul>"));
}

/* Percent-encodes what is not plain. */
static int put_query(struct buf *out, const char *text) {
    int r = 0;

    for (const unsigned char *at = (const unsigned char *)text; *at && r == 0; at++) {
        bool plain = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     *at == '-' || *at == '_';
        r = plain ? buf_append_view(out, view_of((const char *)at, 1)) : buf_printf(out, "%%%02X", *at);
    }
    return r;
}

static int write_others(struct buf *out, const struct labels *labels, const struct ledger_status *s) {
    int r = labels->count > 1 ? buf_append_view(out, VIEW("<h2>Also watched</h2><nav>")) : 0;

    for (size_t i = 0, at = 0; i < labels->count && labels->count > 1 && r == 0;
         i++, at += strlen(labels->names.ptr + at) + 1) {
        const char *name = labels->names.ptr + at;
        if (!strcmp(name, s->label))
            continue;
        r = buf_append_view(out, VIEW("<a href=\"?label="));
        r = r < 0 ? r : put_query(out, name);
        r = r < 0 ? r : buf_append_view(out, VIEW("\">"));
        r = r < 0 ? r : put(out, name);
        r = r < 0 ? r : buf_append_view(out, VIEW("</a>"));
    }
    return r < 0 || labels->count <= 1 ? r : buf_append_view(out, VIEW("</nav>"));
}

static int write_page(
    struct web_request *q, const struct labels *labels, const struct ledger_status *s, bool any) {
    struct buf *out = &q->reply.body;
    char now[MOMENT_MAX];
    int r = buf_printf(out,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
        "<meta http-equiv=refresh content=30><title>%s: ",
        any ? uptime_word(s->state) : "status");

    r = r < 0 ? r : put(out, any ? s->label : "halftime");
    r = r < 0 ? r : buf_append_view(out, VIEW("</title>" STATUS_STYLE));
    if (r == 0 && !any)
        return buf_append_view(out,
            VIEW("<h1>halftime</h1><p>Nothing was watched yet: <code>halftime watch SCRIPT</code>.</p>"));
    r = r < 0 ? r : buf_append_view(out, VIEW("<h1>"));
    r = r < 0 ? r : put(out, s->label);
    r = r < 0 ? r : buf_append_view(out, VIEW(" <span class=dim>"));
    r = r < 0 ? r : put(out, s->script);
    r = r < 0 ? r : buf_append_view(out, VIEW("</span></h1>"));
    r = r < 0 ? r : write_now(out, s);
    r = r < 0 ? r : write_tiles(out, s);
    r = r < 0 ? r : write_bars(out, "The last 48 hours", "%a %H:%M", s->hours, LEDGER_STATUS_HOURS);
    r = r < 0 ? r : write_bars(out, "The last 30 days", "%Y-%m-%d", s->days, LEDGER_STATUS_DAYS);
    r = r < 0 ? r
              : buf_append_view(out, VIEW("<p class=dim>Green: every round was good. Amber: some were slow "
                                          "or bad. Red: more than 5 % were "
                                          "bad. Grey: not watched.</p>"));
    r = r < 0 ? r : write_incidents(out, s);
    r = r < 0 ? r : write_others(out, labels, s);
    return r < 0 ? r
                 : buf_printf(out, "<p class=dim>%s · <a href=\"%s/\">the run</a></p>",
                       moment(s->now_ms, "%Y-%m-%d %H:%M:%S %Z", now), q->web->base_path);
}

int web_status_page(struct web_request *q) {
    struct labels labels;
    struct ledger_status *s = calloc(1, sizeof *s);
    int r = s ? find(q, &labels, s) : -1;

    if (!s)
        return -1;
    if (r >= 0) {
        q->reply.type = "text/html; charset=utf-8";
        q->reply.policy = STATUS_POLICY;
        r = write_page(q, &labels, s, r == LEDGER_OK);
    } else {
        r = 0; /* the reply tells */
    }
    buf_deinit(&labels.names);
    free(s);
    return r;
}
