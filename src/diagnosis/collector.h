/* Gathers the input of a diagnosis while a run goes on, or from what was kept of it: the same code is fed
 * each second by a sink of the run and by the ledger. Bounded: long runs keep fewer, wider points. */
#ifndef DIAGNOSIS_COLLECTOR_H
#define DIAGNOSIS_COLLECTOR_H

#include "diagnosis/diagnosis.h"
#include "stats/evidence.h"
#include "stats/series.h"

struct collector;
int collector_new(struct collector **out) MUST_USE; /* -ENOMEM */
struct collector *collector_free(struct collector *c);

/* Before anything else: a point covers so many seconds (of what was kept no finer). */
void collector_step(struct collector *c, int64_t seconds);
/* What was measured in [second, second + width_s) of the load, or a part of it (one worker's). Seconds may
 * come out of order. 0 or -ENOMEM; then it is as if it had not been measured. */
int collector_measured(
    struct collector *c, int64_t second, int64_t width_s, const struct series_store *delta) MUST_USE;
void collector_users(struct collector *c, int64_t second, double users);
void collector_observed(struct collector *c, int64_t second, const struct probe_second *s);

struct collector_rest {
    const struct validity *validity;       /* NULL = not judged */
    const struct evidence_store *evidence; /* NULL = none: no script faults */
    struct trace_summary_store *traces;    /* NULL = none */
    struct diagnosis_options options;
};
/* Diagnoses what was gathered so far. What `rest` names is only borrowed for the call. */
size_t collector_diagnose(
    struct collector *c, const struct collector_rest *rest, struct diagnosis_finding *out, size_t max);
/* All response times so far, for words about them. */
const struct histogram *collector_times(const struct collector *c);
/* Requests per second over the later half; 0 = nothing yet. */
double collector_rate(const struct collector *c);

/* "GET http://h:1/a/17?x=1" as people call it: "GET /a/{id}". Returns out. */
char *collector_endpoint(struct view method, struct view name, char out[DIAGNOSIS_NAME_MAX]);
/* Does it look like a file: a script, a style, an image? */
bool collector_endpoint_fixed(const char *name);

#endif
