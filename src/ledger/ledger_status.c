/* Rounds are added to whatever stretches their minute lies in. Times are added from frames of 10 minutes (the
 * last hour: of one), each to the stretches that its middle lies in; so percentiles of a long stretch are
 * those of all its requests, give or take a frame at its edges. */
#include "ledger/ledger_status.h"

#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

enum {
    STRETCHES = LEDGER_STATUS_WINDOWS + LEDGER_STATUS_DAYS + LEDGER_STATUS_HOURS,
    FRAME_S = 600,
    FINE_S = 60,
    DAY_S = 86400,
    HOUR_S = 3600,
};
#define S_MS ((int64_t)1000)

struct gathering {
    struct ledger *ledger;
    struct ledger_status *out;
    struct ledger_stretch *stretches[STRETCHES];
    struct histogram times[STRETCHES];
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *frame;
    int64_t started_ms, from_ms; /* of the run that is read; of what is read of all */
    bool fine;                   /* only the last hour takes what comes */
    struct error *err;
};

double ledger_stretch_availability(const struct ledger_stretch *s) {
    uint64_t all = s->good + s->slow + s->bad;
    return all ? (double)(s->good + s->slow) / (double)all : NAN;
}

/* ---- stretches ---- */

static int64_t day_start_ms(int64_t now_ms, int days_ago) {
    time_t now = (time_t)(now_ms / S_MS);
    struct tm tm;

    localtime_r(&now, &tm);
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_mday -= days_ago;
    tm.tm_isdst = -1;
    return (int64_t)mktime(&tm) * S_MS;
}

static void lay_out(struct ledger_status *s, int64_t now_ms) {
    static const struct {
        const char *name;
        int64_t seconds;
    } windows[LEDGER_STATUS_WINDOWS] = {
        {"1h", HOUR_S}, {"24h", DAY_S}, {"7d", 7 * DAY_S}, {"30d", 30 * DAY_S}};
    int64_t hour_ms = now_ms / (HOUR_S * S_MS) * HOUR_S * S_MS;

    for (size_t i = 0; i < LEDGER_STATUS_WINDOWS; i++)
        s->windows[i] = (struct ledger_stretch){
            .name = windows[i].name, .from_ms = now_ms - windows[i].seconds * S_MS, .to_ms = now_ms + 1};
    for (int i = 0; i < LEDGER_STATUS_DAYS; i++)
        s->days[i] = (struct ledger_stretch){.from_ms = day_start_ms(now_ms, LEDGER_STATUS_DAYS - 1 - i),
            .to_ms = day_start_ms(now_ms, LEDGER_STATUS_DAYS - 2 - i)};
    for (int i = 0; i < LEDGER_STATUS_HOURS; i++)
        s->hours[i] =
            (struct ledger_stretch){.from_ms = hour_ms - (LEDGER_STATUS_HOURS - 1 - i) * HOUR_S * S_MS,
                .to_ms = hour_ms - (LEDGER_STATUS_HOURS - 2 - i) * HOUR_S * S_MS};
}

static int add_rounds(void *ctx, const struct ledger_rounds *r) {
    struct gathering *g = ctx;

    for (size_t i = 0; i < STRETCHES; i++) {
        struct ledger_stretch *s = g->stretches[i];
        /* a minute belongs to a window when its end does */
        int64_t at_ms = s->name ? r->at_ms + FINE_S * S_MS - 1 : r->at_ms;
        if (at_ms < s->from_ms || r->at_ms >= s->to_ms)
            continue;
        s->good += r->good;
        s->slow += r->slow;
        s->bad += r->bad;
    }
    g->out->last_round_ms = r->at_ms;
    return 0;
}

/* ---- times ---- */

static int add_times(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame) {
    struct gathering *g = ctx;
    int64_t middle_ms = g->started_ms + (2 * start_s + width_s) * S_MS / 2;
    struct sink all;
    int r = series_store_collect(frame, METRIC_HTTP_REQ_DURATION, NULL, 0, &all);

    if (r < 0)
        return error_set(g->err, r, "out of memory");
    for (size_t i = 0; i < STRETCHES && r == 0 && all.trend.count; i++) {
        const struct ledger_stretch *s = g->stretches[i];
        bool last_hour = i == 0;
        bool in = s->name ? middle_ms >= s->from_ms : middle_ms >= s->from_ms && middle_ms < s->to_ms;
        if (in && last_hour == g->fine)
            r = histogram_merge(&g->times[i], &all.trend);
    }
    sink_deinit(&all);
    return r < 0 ? error_set(g->err, r, "out of memory") : 0;
}

static int read_times(struct gathering *g, int64_t run, int64_t from_ms, int64_t to_ms, int64_t width_s) {
    int64_t from_s = (from_ms - g->started_ms) / S_MS, to_s = (to_ms - g->started_ms) / S_MS + 1;

    from_s = from_s > 0 ? from_s / width_s * width_s : 0;
    if (to_s <= from_s)
        return 0;
    size_t points = (size_t)((to_s - from_s + width_s - 1) / width_s);
    return ledger_frames_each_total(g->ledger, run, from_s, to_s, points, g->frame, add_times, g, g->err);
}

static int add_run(void *ctx, int64_t run, int64_t started_ms, int64_t alive_ms) {
    struct gathering *g = ctx;
    int64_t hour_ms = g->stretches[0]->from_ms;

    g->out->run = g->out->run ? g->out->run : run;
    g->started_ms = started_ms;
    g->fine = false;
    int r = read_times(g, run, g->from_ms, alive_ms, FRAME_S);
    if (r < 0 || alive_ms < hour_ms)
        return r;
    g->fine = true;
    return read_times(g, run, hour_ms, alive_ms, FINE_S);
}

/* ---- states ---- */

static void copy_text(char out[LEDGER_STATUS_TEXT_MAX], struct view v) {
    v = view_take(v, LEDGER_STATUS_TEXT_MAX - 1);
    memcpy(out, v.ptr ? v.ptr : "", v.len);
    out[v.len] = '\0';
}

/* Kept newest last while they are gathered. */
static struct ledger_incident *open_incident(struct ledger_status *s) {
    struct ledger_incident *last = s->incident_count ? &s->incidents[s->incident_count - 1] : NULL;
    return last && !last->to_ms ? last : NULL;
}

static int add_state(void *ctx, const struct ledger_state *st) {
    struct ledger_status *s = ((struct gathering *)ctx)->out;
    struct ledger_incident *open = open_incident(s);

    s->state = st->state;
    s->since_ms = st->since_ms;
    copy_text(s->reason, st->reason);
    if (st->state == UPTIME_UP || st->state == UPTIME_UNKNOWN) {
        if (open)
            open->to_ms = st->since_ms > open->from_ms ? st->since_ms : st->at_ms;
        return 0;
    }
    if (!open) {
        if (s->incident_count == LEDGER_STATUS_INCIDENTS_MAX)
            memmove(s->incidents, s->incidents + 1, --s->incident_count * sizeof *s->incidents);
        open = &s->incidents[s->incident_count++];
        *open = (struct ledger_incident){.from_ms = st->since_ms};
    }
    if (st->state > open->worst) {
        open->worst = st->state;
        copy_text(open->reason, st->reason);
    }
    return 0;
}

static void turn_around(struct ledger_status *s) {
    for (size_t i = 0, k = s->incident_count; i + 1 < k; i++) {
        struct ledger_incident one = s->incidents[i];
        s->incidents[i] = s->incidents[--k];
        s->incidents[k] = one;
    }
}

static int see_run(void *ctx, const struct ledger_run *r) {
    struct ledger_status *s = ctx;

    s->watching = r->state == LEDGER_RUN_RUNNING;
    copy_text(s->script, r->script);
    return 0;
}

/* A state that has held for longer than what is read. */
static int older_state(struct gathering *g, struct view label) {
    struct ledger_state st = {0};
    int r = g->out->state == UPTIME_UNKNOWN ? ledger_state_newest(g->ledger, label, &st, g->err)
                                            : LEDGER_NOT_FOUND;

    return r == LEDGER_OK ? add_state(g, &st) : r < 0 ? r : 0;
}

/* ---- */

static int gather(struct gathering *g, struct view label) {
    struct ledger_status *s = g->out;
    int r = ledger_rounds_each(g->ledger, label, g->from_ms, add_rounds, g, g->err);

    r = r < 0 ? r : ledger_watch_runs(g->ledger, label, g->from_ms, add_run, g, g->err);
    if (r == 0 && !s->run)
        return LEDGER_NOT_FOUND;
    r = r < 0 ? r : ledger_state_each(g->ledger, label, g->from_ms, add_state, g, g->err);
    r = r < 0 ? r : older_state(g, label);
    r = r < 0 ? r : ledger_run_get(g->ledger, s->run, see_run, s, g->err);
    for (size_t i = 0; i < STRETCHES; i++) {
        const struct histogram *h = &g->times[i];
        g->stretches[i]->p50_ms = h->count ? histogram_percentile(h, 0.5) : NAN;
        g->stretches[i]->p95_ms = h->count ? histogram_percentile(h, 0.95) : NAN;
    }
    turn_around(s);
    return r;
}

static void point_at_stretches(struct gathering *g) {
    size_t n = 0;

    for (size_t i = 0; i < LEDGER_STATUS_WINDOWS; i++)
        g->stretches[n++] = &g->out->windows[i];
    for (size_t i = 0; i < LEDGER_STATUS_DAYS; i++)
        g->stretches[n++] = &g->out->days[i];
    for (size_t i = 0; i < LEDGER_STATUS_HOURS; i++)
        g->stretches[n++] = &g->out->hours[i];
    for (size_t i = 0; i < STRETCHES; i++)
        histogram_init(&g->times[i]);
}

int ledger_status_of(
    struct ledger *l, struct view label, int64_t now_ms, struct ledger_status *out, struct error *err) {
    struct gathering *g = calloc(1, sizeof *g);
    int r = g ? metrics_new(&g->metrics) : -ENOMEM;
    static const metric_id wanted[] = {METRIC_HTTP_REQ_DURATION};

    *out = (struct ledger_status){.now_ms = now_ms};
    copy_text(out->label, label);
    lay_out(out, now_ms);
    r = r < 0 ? r : tags_new(&g->tags, 0);
    r = r < 0 ? r : series_store_new(&g->frame, g->metrics, g->tags);
    if (r < 0) {
        error_set(err, r, "out of memory");
    } else {
        series_store_read_only(g->frame, wanted, 1);
        g->ledger = l;
        g->out = out;
        g->err = err;
        g->from_ms = out->days[0].from_ms < out->windows[LEDGER_STATUS_WINDOWS - 1].from_ms
                         ? out->days[0].from_ms
                         : out->windows[LEDGER_STATUS_WINDOWS - 1].from_ms;
        point_at_stretches(g);
        r = gather(g, label);
    }
    for (size_t i = 0; g && i < STRETCHES; i++)
        histogram_deinit(&g->times[i]);
    if (g) {
        series_store_free(g->frame);
        tags_free(g->tags);
        metrics_free(g->metrics);
    }
    free(g);
    return r;
}

/* ---- JSON ---- */

/* 0 = null */
static void moment(struct json_writer *w, const char *key, int64_t ms) {
    json_writer_key(w, view_of_cstr(key));
    if (ms)
        json_writer_i64(w, ms);
    else
        json_writer_null(w);
}

static void write_stretch(struct json_writer *w, const struct ledger_stretch *s) {
    json_writer_object(w);
    if (s->name)
        json_member_text(w, "name", view_of_cstr(s->name));
    json_member_i64(w, "from_ms", s->from_ms);
    json_member_i64(w, "to_ms", s->to_ms);
    json_member_i64(w, "good", (int64_t)s->good);
    json_member_i64(w, "slow", (int64_t)s->slow);
    json_member_i64(w, "bad", (int64_t)s->bad);
    json_member_double(w, "availability", ledger_stretch_availability(s));
    json_member_double(w, "p50", s->p50_ms);
    json_member_double(w, "p95", s->p95_ms);
    json_writer_end(w);
}

static void write_stretches(
    struct json_writer *w, const char *key, const struct ledger_stretch *s, size_t n) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_array(w);
    for (size_t i = 0; i < n; i++)
        write_stretch(w, &s[i]);
    json_writer_end(w);
}

void ledger_status_json(struct json_writer *w, const struct ledger_status *s) {
    json_writer_object(w);
    json_member_text(w, "label", view_of_cstr(s->label));
    json_member_text(w, "script", view_of_cstr(s->script));
    json_member_i64(w, "run", s->run);
    json_member_bool(w, "watching", s->watching);
    json_member_text(w, "state", view_of_cstr(uptime_word(s->state)));
    json_member_text(w, "reason", view_of_cstr(s->reason));
    moment(w, "since_ms", s->since_ms);
    json_member_i64(w, "now_ms", s->now_ms);
    moment(w, "last_round_ms", s->last_round_ms);
    write_stretches(w, "windows", s->windows, LEDGER_STATUS_WINDOWS);
    write_stretches(w, "days", s->days, LEDGER_STATUS_DAYS);
    write_stretches(w, "hours", s->hours, LEDGER_STATUS_HOURS);
    json_member_array(w, "incidents");
    for (size_t i = 0; i < s->incident_count; i++) {
        json_writer_object(w);
        json_member_text(w, "state", view_of_cstr(uptime_word(s->incidents[i].worst)));
        json_member_text(w, "reason", view_of_cstr(s->incidents[i].reason));
        json_member_i64(w, "from_ms", s->incidents[i].from_ms);
        moment(w, "to_ms", s->incidents[i].to_ms);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_writer_end(w);
}
