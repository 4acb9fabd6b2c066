/* The search for the highest load that a system sustains. Pure logic: it says at which load to measure next
 * and is told what came of it; so it is tested on simulated systems.
 *
 *   GROW     from `start` by CAPACITY_GROWTH until it fails (or down, if the start already fails)
 *   NARROW   halves the gap between the highest load that held and the lowest that did not, on a logarithmic
 * scale, to `precision` CONFIRM  hysteresis: the highest that held is measured once more coming from overload
 * ("down"), the lowest that failed once more coming from below ("up"); what does not repeat moves the bounds,
 * and the gap is narrowed again
 *
 * A measurement may be UNSURE (the objective lies within its own noise): then the load is in the interval,
 * and nothing is excluded. One where the generator was the limit ends the search upwards: what held so far is
 * a lower bound. */
#ifndef LOAD_CAPACITY_SEARCH_H
#define LOAD_CAPACITY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CAPACITY_STEPS_MAX = 60,
    CAPACITY_CONFIRMATIONS_MAX = 4, /* rounds of moving bounds */
    CAPACITY_UNSURE_MAX = 3,        /* at one load; then it stands as a bound of the interval's middle */
    CAPACITY_INVALID_MAX = 3, /* measurements that the generator spoilt; the load is tried again in between */
};
#define CAPACITY_GROWTH    2.0
#define CAPACITY_PRECISION 0.03

enum capacity_outcome { CAPACITY_HELD, CAPACITY_FAILED, CAPACITY_UNSURE, CAPACITY_INVALID };

/* X(enumerator, word): how it ended */
#define CAPACITY_ENDS(X)                                                                                     \
    X(RUNNING, "running")                                                                                    \
    X(FOUND, "found")                                                                                        \
    X(AT_MOST, "held up to the most that was allowed")                                                       \
    X(NOTHING, "not even the least load held")                                                               \
    X(GENERATOR, "the load generator was the limit")                                                         \
    X(STEPS, "no answer within the steps allowed")
enum capacity_end {
#define CAPACITY_ENUM(id, word) CAPACITY_END_##id,
    CAPACITY_ENDS(CAPACITY_ENUM)
#undef CAPACITY_ENUM
};
const char *capacity_end_word(enum capacity_end e);

enum capacity_phase { CAPACITY_GROW, CAPACITY_NARROW, CAPACITY_CONFIRM_DOWN, CAPACITY_CONFIRM_UP };
const char *capacity_phase_word(enum capacity_phase p);

struct capacity_options {
    double start, least, most; /* loads */
    double precision;          /* relative width of the interval; 0 = CAPACITY_PRECISION */
    bool whole;                /* only whole loads (users) */
};
struct capacity_search {
    struct capacity_options o;
    enum capacity_phase phase;
    enum capacity_end end;
    double load;                    /* what is measured now */
    double held, failed;            /* 0 = none yet */
    double confirmed;               /* held also when coming from overload; 0 = none yet */
    double unsure_low, unsure_high; /* loads about which nothing could be said; 0 = none */
    size_t steps, rounds, unsure, invalid;
    bool down_failed, up_held; /* what the confirmation said at least once */
};
/* ERROR-free: out-of-range options are brought into range. */
void capacity_search_init(struct capacity_search *s, const struct capacity_options *o);
/* The load to measure next; only while s->end is CAPACITY_END_RUNNING. */
double capacity_search_load(const struct capacity_search *s);
void capacity_search_tell(struct capacity_search *s, enum capacity_outcome outcome);

struct capacity_answer {
    double load;      /* the highest that held */
    double low, high; /* the true one lies between; high = INFINITY: nothing failed */
    bool hysteresis;  /* a load that held on the way up did not hold on the way down from overload */
};
struct capacity_answer capacity_search_answer(const struct capacity_search *s);

#endif
