/* Rounds and states of a watch (`halftime watch`): what the status page is put together from. Rounds are
 * counted by the minute, so a year of them is some 15 MB, whatever their interval; times are those of the
 * clock on the wall, so runs of one label follow each other. */
#ifndef LEDGER_LEDGER_WATCH_H
#define LEDGER_LEDGER_WATCH_H

#include "ledger/ledger.h"
#include "stats/uptime.h"

enum { LEDGER_WATCH_REASON_MAX = 500, LEDGER_WATCH_LABELS_MAX = 50 };

struct ledger_rounds {
    int64_t at_ms; /* the minute begins */
    uint64_t good, slow, bad;
};
struct ledger_state {
    int64_t at_ms, since_ms; /* it was decided; it began */
    enum uptime_state state;
    struct view reason;
};
int ledger_round_add(
    struct ledger *l, int64_t run, int64_t at_ms, enum uptime_round round, struct error *err) MUST_USE;
int ledger_state_add(struct ledger *l, int64_t run, const struct ledger_state *s, struct error *err) MUST_USE;

/* Of all runs of a label, in order of time, from from_ms on. Stops when each() returns non-zero, and returns
 * that. */
int ledger_rounds_each(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, const struct ledger_rounds *r), void *ctx, struct error *err) MUST_USE;
int ledger_state_each(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, const struct ledger_state *s), void *ctx, struct error *err) MUST_USE;
/* The newest state of a label: LEDGER_OK, LEDGER_NOT_FOUND or negative. The reason is not told. */
int ledger_state_newest(
    struct ledger *l, struct view label, struct ledger_state *out, struct error *err) MUST_USE;
/* Runs of a label that have rounds and were alive at from_ms or later; the newest first. */
int ledger_watch_runs(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, int64_t run, int64_t started_ms, int64_t alive_ms), void *ctx,
    struct error *err) MUST_USE;
/* Labels that have rounds, the latest begun first, LEDGER_WATCH_LABELS_MAX at most. */
int ledger_watch_labels(
    struct ledger *l, int (*each)(void *ctx, struct view label), void *ctx, struct error *err) MUST_USE;
/* The label of the newest watch of the same script: the same text (sha256), or the same path. Appends to
 * `out`. LEDGER_OK, LEDGER_NOT_FOUND or negative. */
int ledger_watch_of_run(struct ledger *l, int64_t run, struct buf *out, struct error *err) MUST_USE;

#endif
