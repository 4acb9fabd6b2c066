#include "report/meaning_timing.h"

#include <math.h>
#include <stdlib.h>

#include "core/buf.h"
#include "report/humanize.h"
#include "report/words.h"
#include "stats/omission.h"

enum { UNSENT_MIN = 10 };
#define ESTIMATE_FACTOR 1.2 /* an estimate nearer to the measured one is no news */

bool meaning_timing_open(const struct run_state *r) {
    bool open = r->plan && r->plan->rate_per_s > 0;

    for (size_t i = 0; r->plan && i < r->plan->scenario_count; i++) {
        enum plan_executor e = r->plan->scenarios[i].executor;
        open = open || e == PLAN_CONSTANT_ARRIVAL_RATE || e == PLAN_RAMPING_ARRIVAL_RATE;
    }
    return open;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The usual time from one request of a user to its next: the median over the run, which a stall does not
 * move. */
static double cycle_ms(const struct meaning *m) {
    static double cycles[MEANING_POINTS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < m->count; i++)
        if (m->points[i].requests > 0 && m->points[i].users > 0)
            cycles[n++] =
                1000 * m->points[i].users * (m->points[i].to_s - m->points[i].from_s) / m->points[i].requests;
    qsort(cycles, n, sizeof *cycles, by_size);
    return n ? cycles[n / 2] : 0;
}

int meaning_timing_omitted(
    const struct meaning *m, const struct run_state *r, const struct histogram *durations, struct buf *out) {
    struct histogram estimate = HISTOGRAM_NULL;
    struct omission o;
    char n[HUMANIZE_MAX], a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];

    if (meaning_timing_open(r))
        return 0;
    int e = omission_of(durations, cycle_ms(m), &o, &estimate);
    double measured = histogram_percentile(durations, 0.99), true_ms = histogram_percentile(&estimate, 0.99);
    if (e == 0 && o.unsent >= UNSENT_MIN && true_ms > ESTIMATE_FACTOR * measured)
        e = buf_printf(out,
            " The target stalled (up to %s): about %s requests were not sent meanwhile, because their users "
            "were waiting. Had they been sent on time, "
            "99 of 100 would have come within about %s instead of %s (an estimate; an arrival rate measures "
            "it).",
            words_duration(durations->max, a), humanize_count((uint64_t)llround(o.unsent), n),
            words_duration(true_ms, b), words_duration(measured, c));
    histogram_deinit(&estimate);
    return e;
}

/* ---- the table ---- */

static int write_row(const char *what, const struct histogram *h, const char *why, struct buf *out) {
    static const double fractions[] = {0.5, 0.9, 0.95, 0.99, 0.999};
    char text[WORDS_MAX];
    int e = buf_printf(out, "    %-14s%10s", what, words_duration(histogram_mean(h), text));

    for (size_t i = 0; i < sizeof fractions / sizeof *fractions && e == 0; i++)
        e = buf_printf(out, "%10s", words_duration(histogram_percentile(h, fractions[i]), text));
    return e < 0 ? e : buf_printf(out, "%10s   %s\n", words_duration(h->max, text), why);
}

int meaning_timing_table(const struct run_state *r, struct buf *out) {
    struct sink response, service;
    int e;

    if (!meaning_timing_open(r))
        return 0;
    e = series_store_collect(r->total->series, METRIC_ITERATION_RESPONSE, NULL, 0, &response);
    if (e < 0)
        return e;
    e = series_store_collect(r->total->series, METRIC_ITERATION_DURATION, NULL, 0, &service);
    if (e == 0 && response.trend.count) {
        e = buf_printf(out, "\n    %-14s%10s%10s%10s%10s%10s%10s%10s\n", "iterations", "mean", "p50", "p90",
            "p95", "p99", "p99.9", "max");
        e = e < 0 ? e
                  : write_row(
                        "response time", &response.trend, "from when they were due: what users feel", out);
        if (service.trend.count)
            e = e < 0 ? e : write_row("service time", &service.trend, "from when they began", out);
        e = e < 0 ? e : buf_append_byte(out, '\n');
    }
    sink_deinit(&response);
    sink_deinit(&service);
    return e;
}
