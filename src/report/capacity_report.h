/* What a search for the capacity found, for people and for programs. */
#ifndef REPORT_CAPACITY_REPORT_H
#define REPORT_CAPACITY_REPORT_H

#include "core/buf.h"
#include "load/capacity_search.h"
#include "stats/steady.h"
#include "stats/usl.h"

enum { CAPACITY_OBJECTIVES_MAX = 16, CAPACITY_WHY_MAX = 200 };

struct capacity_objective {
    char text[128];      /* "http_req_duration: p(95)<300" */
    double value, error; /* observed; its standard error, from second to second (< 0 = cannot be told) */
    bool held, counted;  /* counted: there were values at all */
};
struct capacity_step {
    double load; /* asked for */
    enum capacity_phase phase;
    enum capacity_outcome outcome;
    double seconds, warmup_s;                             /* measured, and left out before */
    double requests_per_s, iterations_per_s, concurrency; /* concurrency: requests under way on average */
    double mean_ms, p50_ms, p95_ms, p99_ms;
    double failed; /* share of requests */
    enum steady_verdict steady;
    double slope_ms_per_s;
    struct capacity_objective objectives[CAPACITY_OBJECTIVES_MAX];
    char why[CAPACITY_WHY_MAX]; /* of an outcome that is not HELD */
};
struct capacity_report {
    const char *script, *unit; /* "users" or "iterations/s" */
    bool rate;
    const char *const *objectives;
    size_t objective_count;
    const struct capacity_step *steps;
    size_t step_count;
    enum capacity_end end;
    struct capacity_answer answer;
    double elapsed_s;
};

const char *capacity_outcome_word(enum capacity_outcome o); /* "held" */
/* One line per step, for live progress. */
int capacity_report_step(
    const struct capacity_report *r, const struct capacity_step *s, struct buf *out) MUST_USE;
/* The answer in sentences, the table, the law and its chart. */
int capacity_report_text(const struct capacity_report *r, struct buf *out) MUST_USE;
/* The answer alone, on one line. */
int capacity_report_words(const struct capacity_report *r, struct buf *out) MUST_USE;
int capacity_report_json(const struct capacity_report *r, struct buf *out) MUST_USE;

#endif
