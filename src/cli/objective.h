/* What must hold, as given with --slo: a metric and a threshold on it, 'http_req_duration{name:checkout}:
 * p(95)<300'. */
#ifndef CLI_OBJECTIVE_H
#define CLI_OBJECTIVE_H

#include "cli/flags.h"
#include "stats/recorder.h"
#include "stats/threshold.h"

enum { OBJECTIVES_MAX = 16, OBJECTIVE_TEXT_MAX = 128 };

struct objective {
    char text[OBJECTIVE_TEXT_MAX];  /* as written, perhaps cut */
    struct threshold_target target; /* points into the text that was read, which must stay */
    struct threshold_expr expression;
    metric_id metric;
};
/* ERROR_SYNTAX, ERROR_INVALID with a sentence. */
int objective_read(
    struct objective *o, struct view text, const struct metrics *metrics, struct error *err) MUST_USE;
/* Its figure in what was recorded; false = there are no values. */
bool objective_figure(
    const struct objective *o, const struct recorder *r, double seconds, double *value, bool *holds);
/* All --slo of the flags, or the defaults if there are none. Returns how many, or ERROR_LIMIT. */
int objective_texts(const struct flag_result *flags, const char *const *defaults, size_t default_count,
    struct view out[OBJECTIVES_MAX], struct error *err) MUST_USE;

#endif
