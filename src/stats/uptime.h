/* Up, degraded or down: what rounds of a watch, one after another, say about the state. Pure: it is given
 * times.
 *
 * N = fail_after, M = recover_after. Down: N bad rounds in a row. Degraded: N rounds in a row, or N of the
 * last 3 N, that were not good. Up again: M good rounds in a row. Down turns into degraded after M rounds in
 * a row that were not bad. The first good round of all makes it up. */
#ifndef STATS_UPTIME_H
#define STATS_UPTIME_H

#include "core/view.h"

enum { UPTIME_ROUNDS_MAX = 20 }; /* of fail_after and recover_after */

enum uptime_round {
    UPTIME_GOOD,
    UPTIME_SLOW, /* it works, but an objective on a duration was missed */
    UPTIME_BAD   /* it does not work: a failure, or no answer in time */
};
/* X(enumerator, word) */
#define UPTIME_STATES(X) X(UNKNOWN, "unknown") X(UP, "up") X(DEGRADED, "degraded") X(DOWN, "down")
enum uptime_state {
#define UPTIME_ENUM(id, word) UPTIME_##id,
    UPTIME_STATES(UPTIME_ENUM)
#undef UPTIME_ENUM
        UPTIME_STATE_COUNT
};
const char *uptime_word(enum uptime_state s);
enum uptime_state uptime_of_word(struct view word); /* UPTIME_UNKNOWN when it is none */

struct uptime {
    int fail_after, recover_after; /* 1 … UPTIME_ROUNDS_MAX */
    enum uptime_state state;
    int64_t since_ms; /* the first of the rounds that made the state */
    /* private */
    int bad, troubled, good, working;                 /* in a row: bad, not good, good, not bad */
    int64_t bad_ms, troubled_ms, good_ms, working_ms; /* the first of them */
    uint64_t memory;                                  /* bit n: the n-th newest round was not good */
    int64_t memory_ms[3 * UPTIME_ROUNDS_MAX];
    uint64_t rounds;
};
/* state: what it was when somebody last looked (UPTIME_UNKNOWN: nobody did). */
void uptime_init(
    struct uptime *u, int fail_after, int recover_after, enum uptime_state state, int64_t since_ms);
/* A round that began at at_ms. True: the state is another now. */
bool uptime_add(struct uptime *u, enum uptime_round r, int64_t at_ms);

#endif
