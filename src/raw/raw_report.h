/* The words and figures of a raw load: the facts that people know from wrk, in its order, then true percentiles, then whether the
 * figures count. All append to `out`; 0, -ENOMEM or ERROR_LIMIT. */
#ifndef RAW_RAW_REPORT_H
#define RAW_RAW_REPORT_H

#include "core/buf.h"
#include "raw/raw.h"

int raw_report_head(const struct raw_options *o, struct buf *out) MUST_USE; /* "Running 10s test @ …" */
/* detailed: every tenth percentile and more nines. */
int raw_report_text(const struct raw_options *o, const struct raw_result *r, bool detailed, struct buf *out) MUST_USE;
int raw_report_json(const struct raw_options *o, const struct raw_result *r, struct buf *out) MUST_USE;
/* One line for a terminal, without a line end. */
int raw_report_progress(int64_t elapsed_us, const struct raw_tally *second, const struct raw_tally *total, struct buf *out) MUST_USE;

#endif
