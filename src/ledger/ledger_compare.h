/* Two runs beside each other: what became slower, and what chance alone may have done.
 *
 * Endpoints that both runs have are compared by their times in pieces of the runs (stats/comparison.h); the
 * more endpoints, the wider each interval, so that many of them do not bring about a verdict by chance. What
 * the runs' first seconds measured counts like all else: compare runs of the same shape. */
#ifndef LEDGER_LEDGER_COMPARE_H
#define LEDGER_LEDGER_COMPARE_H

#include "ledger/ledger_view.h"
#include "stats/comparison.h"

enum {
    LEDGER_COMPARE_ENDPOINTS_MAX = 200, /* those with most requests; others are in the total alone */
    LEDGER_COMPARE_QUANTILES = 3,
    LEDGER_COMPARE_WORDS_MAX = 64 * 1024,
};
extern const double ledger_compare_quantiles[LEDGER_COMPARE_QUANTILES]; /* 0.5, 0.95, 0.99 */

struct ledger_compared {
    struct view method, name;                              /* the total: "", "" */
    struct comparison quantiles[LEDGER_COMPARE_QUANTILES]; /* ms */
    struct comparison rate;                                /* requests per s: FASTER = more of them */
    struct comparison errors; /* share of requests that failed, 0 … 1: SLOWER = more of them */
    uint64_t requests[2];     /* before, after */
};
struct ledger_compare_options {
    int64_t before, after;      /* the runs */
    int64_t from_s[2], to_s[2]; /* windows of them; to_s 0 = to the end */
    double matters;             /* a smaller relative difference of times does not; 0 = 0.05 */
    double matters_least_ms;    /* nor does one smaller than this; 0 = 0.5 */
    double confidence;          /* over all endpoints together; 0 = 0.99 */
};
/* What to conclude; exit codes go by it. */
enum ledger_compare_end { LEDGER_COMPARE_GOOD, LEDGER_COMPARE_WORSE, LEDGER_COMPARE_TOO_LITTLE };
struct ledger_comparison {
    enum ledger_compare_end end;
    enum comparison_verdict verdict;     /* of all in one word */
    struct ledger_compared total, *rows; /* by name, then method */
    size_t count;
    size_t only_before, only_after, left_out; /* endpoints that were not compared */
    struct buf words;                         /* the verdict in a sentence or two */
    /* private */
    struct ledger_view *views[2];
};
/* LEDGER_OK, LEDGER_NOT_FOUND (one of the runs; err tells) or negative. */
int ledger_compare(struct ledger *l, const struct ledger_compare_options *o, struct ledger_comparison *out,
    struct error *err) MUST_USE;
void ledger_comparison_deinit(struct ledger_comparison *c);

#endif
