/* What probes heard of the system under test: series by number, and packed seconds with the pyramid of
 * ledger_frame.h over them (10 s, 1 min, 10 min), in which each series has its mean and its most. Notes are
 * texts beside them, the latest of each matter.
 *
 * A run keeps LEDGER_PROBE_RUN_BYTES at most: then the oldest fine values go, the coarser ones over them
 * stay. */
#ifndef LEDGER_LEDGER_PROBES_H
#define LEDGER_LEDGER_PROBES_H

#include "core/arena.h"
#include "ledger/ledger.h"
#include "stats/probe_series.h"

enum { LEDGER_PROBE_WIDTHS = 4, LEDGER_PROBE_POINTS_MAX = 5000 };
#define LEDGER_PROBE_RUN_BYTES ((int64_t)256 * 1024 * 1024)

/* Writes those of one run. Borrows the ledger. */
struct ledger_probes;
int ledger_probes_new(struct ledger_probes **out, struct ledger *l, int64_t run,
    int64_t bytes_max /* 0 = all of it */) MUST_USE;
struct ledger_probes *ledger_probes_free(struct ledger_probes *p);
/* What was heard for a second (>= 0, of the load); seconds come in order, the same one may come again. */
int ledger_probes_add(
    struct ledger_probes *p, int64_t second, const struct probe_second *s, struct error *err) MUST_USE;
int ledger_probes_flush(
    struct ledger_probes *p, struct error *err) MUST_USE; /* the coarse ones that still grow */

/* All series of a run, by their number; texts live as long as the ledger's answer: until each() returns.
 * Stops when each() returns non-zero, and returns that. */
int ledger_probes_series(struct ledger *l, int64_t run,
    int (*each)(void *ctx, uint32_t number, const struct probe_key *key), void *ctx,
    struct error *err) MUST_USE;
/* In order of time, at the finest width at which [from_s, to_s) is at most `points` pieces, coarser where
 * finer ones are gone. */
int ledger_probes_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct probe_fold *fold), void *ctx,
    struct error *err) MUST_USE;
/* The notes as they are now. */
int ledger_probes_notes(struct ledger *l, int64_t run, int (*each)(void *ctx, const struct probe_note *note),
    void *ctx, struct error *err) MUST_USE;

/* All of a window at once, series by series: for charts. */
struct ledger_probe_series {
    struct probe_key key;
    double *mean, *max; /* by point; NAN = not heard */
};
struct ledger_probe_view {
    struct arena arena;
    int64_t width_s;
    int64_t *t; /* by point: its first second */
    size_t points, count;
    struct ledger_probe_series *series; /* those that were heard in the window */
    struct probe_note *notes;
    size_t note_count;
};
enum { LEDGER_PROBE_VIEW_BYTES_MAX = 256 * 1024 * 1024 };
/* name, source: beginnings; empty = any. points 0 = LEDGER_PROBE_POINTS_MAX. ERROR_LIMIT: more than
 * LEDGER_PROBE_VIEW_BYTES_MAX. */
int ledger_probe_view_init(struct ledger_probe_view *v, struct ledger *l, int64_t run, int64_t from_s,
    int64_t to_s, size_t points, struct view source, struct view name, struct error *err) MUST_USE;
void ledger_probe_view_deinit(struct ledger_probe_view *v);

#endif
