/* The view's inside: what its answers live in. */
#ifndef LEDGER_LEDGER_VIEW_PRIV_H
#define LEDGER_LEDGER_VIEW_PRIV_H

#include "core/arena.h"
#include "ledger/ledger_view.h"
#include "stats/evidence.h"

enum { LEDGER_VIEW_ARENA_BYTES_MAX = 256 * 1024 * 1024, LEDGER_VIEW_METRICS_MAX = 8 };

struct ledger_view {
    struct ledger *ledger;
    int64_t run;
    bool locust;
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *table_store; /* the table's histograms are read in place */
    struct series_store *store;       /* of all other questions, emptied after each */
    metric_id wanted[LEDGER_VIEW_METRICS_MAX]; /* all that is read of a frame */
    size_t wanted_count;
    struct ledger_row *rows;
    struct histogram *merged; /* parallel to rows: of those with several series */
    size_t row_count, row_cap;
    struct histogram total;
    struct ledger_point *points;
    double *bounds;
    uint64_t *counts;
    struct ledger_check *checks;
    struct arena failure_texts, exception_texts;
    struct evidence_store *failure_evidence, *exception_evidence;
    struct ledger_failure *failures;
    struct ledger_exception *exceptions;
};

/* What is counted for requests of this run. */
enum ledger_part { LEDGER_PART_REQUESTS, LEDGER_PART_FAILURES, LEDGER_PART_TIMES, LEDGER_PART_BYTES };
enum { LEDGER_PARTS = 4 };
bool ledger_view_metric(const struct ledger_view *v, enum ledger_part part, metric_id *out);
uint64_t ledger_view_count(const struct ledger_view *v, enum ledger_part part, const struct sink *s);

/* What [from_s, to_s) is of this run; width_s = 0: nothing was measured in it. */
int ledger_view_window(struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_window *out,
    struct error *err) MUST_USE;
/* `into` is emptied first. */
int ledger_view_collect(
    struct ledger_view *v, struct ledger_window *w, struct series_store *into, struct error *err) MUST_USE;
int ledger_view_no_memory(struct error *err);

#endif
