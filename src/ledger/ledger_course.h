/* What else is kept of each second of a run, beside what was measured: users, the health of the workers,
 * marks that people and the run itself set; and the thresholds' latest state.
 *
 * Seconds are those of the load. Health is kept every second as long as a run has few workers, else so often
 * that LEDGER_HEALTH_PER_S figures a second are not passed. */
#ifndef LEDGER_LEDGER_COURSE_H
#define LEDGER_LEDGER_COURSE_H

#include "ledger/ledger.h"

enum {
    LEDGER_WORKERS_MAX = 1024,
    LEDGER_HEALTH_PER_S = 64,
    LEDGER_MARKS_MAX = 10000,     /* per run; later ones are refused with ERROR_LIMIT */
    LEDGER_MARK_TEXT_MAX = 1000,  /* longer ones are cut */
    LEDGER_THRESHOLDS_MAX = 4096, /* per run; later ones are not kept */
};

struct ledger_worker {
    bool alive, lost; /* lost: crashed; its share went to others */
    double cpu;       /* 0…1 of one core, over the time since it was told last */
    uint64_t users;
    int64_t turn_max_us, timer_late_us, send_late_us, steal_us; /* at worst, in that time */
    uint64_t rss_bytes, ports_exhausted, descriptors_exhausted; /* the last two since the start */
};
struct ledger_second {
    int64_t second;
    int64_t elapsed_us; /* of the load, when this was told: the newest second may be a part of one */
    uint64_t users, users_wished, iterations; /* iterations: completed since the start */
    const struct ledger_worker *workers;      /* empty when none was kept of this second */
    size_t worker_count;
};
/* Told twice, the later one counts. */
int ledger_second_add(
    struct ledger *l, int64_t run, const struct ledger_second *s, struct error *err) MUST_USE;
/* In order, of [from_s, to_s), at most `points` of them, evenly thinned out (0 = all). Stops when each()
 * returns non-zero, and returns that. */
int ledger_second_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    int (*each)(void *ctx, const struct ledger_second *s), void *ctx, struct error *err) MUST_USE;
/* The newest one in which workers were kept. LEDGER_OK, LEDGER_NOT_FOUND or negative. */
int ledger_second_newest(struct ledger *l, int64_t run, int (*each)(void *ctx, const struct ledger_second *s),
    void *ctx, struct error *err) MUST_USE;

/* Marks: "deployed 1.4", "worker 2 was lost". Any process may set one. */
int ledger_mark_add(
    struct ledger *l, int64_t run, int64_t second, struct view text, struct error *err) MUST_USE;
int ledger_mark_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s,
    int (*each)(void *ctx, int64_t second, struct view text), void *ctx, struct error *err) MUST_USE;

struct ledger_threshold {
    struct view target, expression; /* "http_req_duration{name:a}", "p(95)<200" */
    bool ok, aborted;               /* aborted: it ended the run */
    double observed;                /* NaN = not known */
};
/* number: its place in the plan, from 0. */
int ledger_threshold_set(struct ledger *l, int64_t run, size_t number, const struct ledger_threshold *t,
    struct error *err) MUST_USE;
int ledger_threshold_each(struct ledger *l, int64_t run,
    int (*each)(void *ctx, const struct ledger_threshold *t), void *ctx, struct error *err) MUST_USE;

#endif
