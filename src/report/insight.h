/* The sink that ends a run in words: what it means, what broke first and what is wrong with the script, printed by finish(). Put it last among the
 * sinks, so that it comes after the summary and the last progress lines. */
#ifndef REPORT_INSIGHT_H
#define REPORT_INSIGHT_H

#include <stdio.h>

#include "diagnosis/diagnosis.h"
#include "report/sink.h"

struct insight_options {
    FILE *out;
    bool colour;
    struct diagnosis_options diagnosis; /* what people expect of the target, and what it costs */
    bool silent; /* keep watching (for insight_invalid), print nothing: --summary-mode=disabled */
};
struct report_sink *insight_new(const struct insight_options *o); /* NULL without memory */
/* Takes in what the last snapshots brought, for who asks before the sinks finish. */
void insight_refresh(struct report_sink *s, const struct run_state *r);
/* After the run: was the generator the limit? The run's figures are then not the target's. */
bool insight_invalid(const struct report_sink *s);

#endif
