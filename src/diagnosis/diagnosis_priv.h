/* What the rules share: facts worked out once, courses of probes, and the list of findings they fill. */
#ifndef DIAGNOSIS_DIAGNOSIS_PRIV_H
#define DIAGNOSIS_DIAGNOSIS_PRIV_H

#include "core/error.h"
#include "diagnosis/diagnosis.h"

#include <math.h>

enum { DIAGNOSIS_REQUESTS_MIN = 30 /* fewer say nothing */, DIAGNOSIS_FIGURE_MAX = 48 };

/* Which seconds are meant. */
struct span {
    unsigned char in[DIAGNOSIS_SECONDS_MAX];
    size_t count;
    double from_s, to_s;
};

struct facts {
    const struct diagnosis_input *in;
    size_t n; /* seconds that count: from the first with an answer to the last whole one */
    struct span all, busy, calm,
        late;  /* busy: load near its highest; calm: little load; late: the second half */
    bool ramp; /* the load differed so much that calm and busy can be compared */
    double requests, failed, seconds;
    double rate, busy_rate;           /* requests per second */
    double mean_ms, busy_ms, calm_ms; /* mean times */
    double calm_users, busy_users, users_max;
    bool open;         /* the load came by a schedule */
    bool saturated;    /* users (or arrivals) grew, throughput did not, times did */
    double knee_users; /* where it bent; NAN = it did not */
    double inside;     /* saturated: how many requests are worked on at a time */
};
void facts_of(struct facts *f, const struct diagnosis_input *in);
double facts_load(const struct facts *f, size_t second); /* users, or arrivals per second; NAN = not known */

/* Of values parallel to the seconds; what was not heard does not count. NAN when nothing is left. */
double course_mean(const struct facts *f, const float *values, const struct span *s);
double course_max(const struct facts *f, const float *values, const struct span *s);
double course_median(const struct facts *f, const float *values, const struct span *s);
double course_share_above(const struct facts *f, const float *values, const struct span *s, double limit);
/* A straight line through it: change per second, and how well it fits (−1 … 1). False: too little. */
bool course_slope(
    const struct facts *f, const float *values, const struct span *s, double *slope, double *fit);
/* First and last value heard, each the median of a few. False: fewer than 4. */
bool course_ends(const struct facts *f, const float *values, double *first, double *last);

/* The next series of that name after `after` (NULL = the first); NULL = there is none. */
const struct diagnosis_probe *facts_probe(
    const struct facts *f, const struct diagnosis_probe *after, const char *name);
/* Of the same source; NULL = there is none. */
const struct diagnosis_probe *facts_beside(
    const struct facts *f, const struct diagnosis_probe *p, const char *name);
/* Mean over the span of the first series of that name; NAN = not heard. */
double facts_mean(const struct facts *f, const char *name, const struct span *s);
/* How many nobody would wait for, where `limit` of them (workers, connections) were all busy; NAN = not
 * known, the load has a schedule. */
double facts_enough(const struct facts *f, double limit);
double facts_mean_beside(
    const struct facts *f, const struct diagnosis_probe *p, const char *name, const struct span *s);
const struct probe_note *facts_note(const struct facts *f, const char *about);

struct findings {
    struct diagnosis_finding *list;
    size_t count, max;
    struct diagnosis_finding spare;
};
/* Never NULL: when there is no room, a place that is thrown away. */
struct diagnosis_finding *findings_add(
    struct findings *out, enum diagnosis_kind k, double confidence, double impact);
bool findings_has(const struct findings *out, enum diagnosis_kind k, double confidence);
void finding_say(struct diagnosis_finding *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
void finding_remedy(struct diagnosis_finding *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* p = NULL: a figure of the load. */
void finding_show(struct diagnosis_finding *d, const struct diagnosis_probe *p, const struct span *s,
    const char *fmt, ...) PRINTF_LIKE(4, 5);
void finding_concerns(struct diagnosis_finding *d, const char *endpoint);

/* "71 ms", "3.1 s"; "1.4 GB"; "12 %"; "1,200", "3.4". */
struct figure {
    char text[DIAGNOSIS_FIGURE_MAX];
};
struct figure figure_ms(double ms);
struct figure figure_bytes(double bytes);
struct figure figure_share(double share);
struct figure figure_count(double n);
double clamp01(double x);

/* The rules, one file per family. */
typedef void diagnosis_rule(const struct facts *f, struct findings *out);
diagnosis_rule rule_generator, rule_network, rule_script;                        /* rule_load.c */
diagnosis_rule rule_saturated, rule_knee, rule_overprovisioned, rule_converging; /* rule_course.c */
diagnosis_rule rule_stalls, rule_cold_start;                                     /* rule_time.c */
diagnosis_rule rule_workers, rule_accept_queue, rule_cpu, rule_elasticity;       /* rule_server.c */
diagnosis_rule rule_db_pool, rule_db_connections, rule_lock;                     /* rule_pool.c */
diagnosis_rule rule_queries, rule_n_plus_1, rule_upstream;                       /* rule_query.c */
diagnosis_rule rule_memory_leak, rule_memory_full;                               /* rule_memory.c */
diagnosis_rule rule_cache, rule_cache_growth, rule_messages;                     /* rule_cache.c */
diagnosis_rule rule_rate_limit, rule_errors;                                     /* rule_failure.c */
diagnosis_rule rule_churn, rule_static, rule_cached_pages;                       /* rule_page.c */

#endif
