/* What a kept run measured, for people who look on: table, curves and distributions of any window, also while
 * the run goes on (every question reads what is in the file by then).
 *
 * Seconds are those of the load (0 = the load began). A window is [from_s, to_s); to_s = LEDGER_VIEW_END
 * means up to the newest second. Figures are merged from histograms, so percentiles are those of all requests
 * of the window (within 0.1 %). `window` tells what was really read: at its edges the width of the frames
 * that are left of a very long run.
 *
 * k6's requests are its HTTP requests; Locust's are whatever its users fired request events for; a bench has
 * one endpoint. Answers live in the view until the same question is asked again. */
#ifndef LEDGER_LEDGER_VIEW_H
#define LEDGER_LEDGER_VIEW_H

#include "ledger/ledger_frame.h"

#define LEDGER_VIEW_END INT64_MAX
enum { LEDGER_VIEW_POINTS_MAX = 5000, LEDGER_VIEW_BINS_MAX = 1000 };

struct ledger_view;
/* Borrows the ledger. LEDGER_OK, LEDGER_NOT_FOUND (no such run) or negative. */
int ledger_view_new(struct ledger_view **out, struct ledger *l, int64_t run, struct error *err) MUST_USE;
struct ledger_view *ledger_view_free(struct ledger_view *v);

/* Times in ms; NaN where there was nothing to time. */
struct ledger_times {
    double avg, min, max, p50, p90, p95, p99;
};
struct ledger_row {
    struct view method, name; /* the total: "", "" */
    uint64_t requests, failures;
    double requests_per_s, failures_per_s; /* over the width of the window */
    double bytes;                          /* received; NaN: not known per endpoint (k6) */
    struct ledger_times times;
    const struct histogram *histogram; /* of the times in ms, for any other percentile; never NULL */
};
struct ledger_table {
    struct ledger_window window;
    struct ledger_row total;
    struct ledger_row *rows; /* by name, then method */
    size_t count;
};
/* A window without data gives an empty table: window.width_s = 0. */
int ledger_view_table(struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_table *out,
    struct error *err) MUST_USE;

struct ledger_point {
    int64_t from_s, width_s;
    uint64_t requests, failures, iterations;
    double users; /* the most in it; NaN: not known */
    double requests_per_s, failures_per_s, bytes_per_s, iterations_per_s;
    struct ledger_times times;
};
struct ledger_series {
    struct ledger_window window;
    const struct ledger_point *points; /* upwards; idle stretches have no point */
    size_t count;
};
struct ledger_series_query {
    int64_t from_s, to_s;
    size_t points;            /* at most so many; 0 = LEDGER_VIEW_POINTS_MAX */
    struct view method, name; /* of one endpoint; both empty = all together (much faster) */
};
int ledger_view_series(struct ledger_view *v, const struct ledger_series_query *q, struct ledger_series *out,
    struct error *err) MUST_USE;

struct ledger_bins {
    struct ledger_window window;
    const double *bounds;   /* ms; count + 1 of them, upwards, evenly spread on a logarithmic scale */
    const uint64_t *counts; /* of [bounds[i], bounds[i + 1]); the last one with its upper bound */
    size_t count;           /* 0: nothing was timed */
    uint64_t total;
};
/* method and name both empty: all endpoints. bins: about so many (2 … LEDGER_VIEW_BINS_MAX). */
int ledger_view_histogram(struct ledger_view *v, int64_t from_s, int64_t to_s, struct view method,
    struct view name, size_t bins, struct ledger_bins *out, struct error *err) MUST_USE;

/* The same of a histogram at hand. Room for LEDGER_VIEW_BINS_MAX bins (and a bound more). Returns how many.
 */
size_t ledger_bins_of(const struct histogram *h, size_t bins, double *bounds, uint64_t *counts);

struct ledger_check {
    struct view name, group; /* group: "::login", empty = none */
    uint64_t passes, fails;
};
struct ledger_checks {
    struct ledger_window window;
    const struct ledger_check *rows; /* by group, then name */
    size_t count;
};
int ledger_view_checks(struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_checks *out,
    struct error *err) MUST_USE;

/* One kind of failure on one endpoint. */
struct ledger_failure {
    struct view method, name;
    struct view error;         /* what went wrong: "HTTP 503", "connection refused", an exception's repr */
    uint64_t count;            /* in the window; see exact */
    bool exact;                /* false: over the whole run (Locust's texts are not kept by second) */
    int64_t first_ms, last_ms; /* epoch, of the whole run; 0 = not known */
    struct view exemplar;      /* request and response as first seen; empty = none was kept */
    struct view correlation;   /* the value of the exemplar's correlation header, part of it; empty = none */
};
struct ledger_failures {
    struct ledger_window window;
    const struct ledger_failure *rows; /* most frequent first */
    size_t count;
};
int ledger_view_failures(struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_failures *out,
    struct error *err) MUST_USE;

/* What scripts threw, of the whole run. */
struct ledger_exception {
    struct view text, trace; /* trace: Python's frames, or file:line:column */
    struct view where;       /* k6: the scenario; Locust: the process */
    uint64_t count;
};
struct ledger_exceptions {
    const struct ledger_exception *rows; /* most frequent first */
    size_t count;
};
int ledger_view_exceptions(struct ledger_view *v, struct ledger_exceptions *out, struct error *err) MUST_USE;

#endif
