/* What the system under test says of itself while it is loaded: probes, each on a thread of its own, asked
 * once a second.
 *
 * A probe only reads. One that fails or hangs is told once, tried again with growing pauses, and harms
 * nothing else: whoever makes load never waits for it. What each kind reads, and what it must be allowed to:
 * docs/OBSERVE.md. */
#ifndef OBSERVE_OBSERVER_H
#define OBSERVE_OBSERVER_H

#include "stats/probe_series.h"

enum {
    OBSERVER_PROBES_MAX = 32,
    OBSERVER_SPEC_MAX = 2048,
    OBSERVER_TROUBLES_MAX = 6,      /* lines per probe */
    OBSERVER_FREE_US = 1500 * 1000, /* a thread that hangs longer than this at the end is left behind */
    OBSERVER_PERIOD_US = 1000 * 1000,
    OBSERVER_AHEAD_US = 250 * 1000, /* so long before the next observer_take a probe is asked */
    OBSERVER_PAUSE_MAX_US = 30 * 1000 * 1000,
    OBSERVER_HANG_US = 10 * 1000 * 1000,
};

struct observer;
/* Reads the specs ("host", "proc:gunicorn", "postgres://…": KIND or KIND:WHAT; the same one twice counts
 * once). ERROR_INVALID with a sentence: no such kind (it names those that are), a bad address, no such
 * process. */
int observer_new(struct observer **out, const struct view *specs, size_t n, struct error *err) MUST_USE;
/* The probes begin. Apart from observer_new for who forks without exec: that comes first, for a child has the
 * locks that threads hold, but not the threads. */
int observer_start(struct observer *o, struct error *err) MUST_USE;
struct observer *observer_free(struct observer *o); /* takes NULL */

/* What was heard since the last call. Called once a second, always from the same thread; never waits. Good
 * until the next call. */
void observer_take(struct observer *o, struct probe_second *out);
/* One line at a time of what went wrong, or right again, with a probe: true = err has it (code 0: good news).
 */
bool observer_trouble(struct observer *o, struct error *err);

/* For help texts: each kind with what follows it and one line about it; text "" ends it. */
struct observer_kind_help {
    const char *spec, *help;
};
struct observer_kind_help observer_kind_help(size_t i); /* spec NULL: no more */
/* The text without passwords and tokens: "postgres://shop:***@db:5432/shop". Appends. */
int observer_spec_mask(struct view spec, struct buf *out) MUST_USE;

/* When to ask a probe next, given when it was asked last, when observer_take was called last (0 = never), and
 * now. */
int64_t observer_next_us(int64_t asked_us, int64_t taken_us, int64_t now_us);
int64_t observer_pause_us(int failures); /* after so many in a row */

#endif
