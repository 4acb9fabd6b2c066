/* executionSegment: this instance does the part from:to of a test that several instances share. */
#ifndef SCRIPT_JS_OPTIONS_SEGMENT_PRIV_H
#define SCRIPT_JS_OPTIONS_SEGMENT_PRIV_H

#include "load/plan.h"

enum { OPTIONS_SEGMENT_DENOMINATOR_MAX = 1000 * 1000 };

struct options_fraction {
    int64_t num, den;
};
struct options_segment {
    struct options_fraction from, to; /* 0 <= from < to <= 1 */
};
/* "1/4:1/2", "0.25:0.5", "50%" (= 0:1/2). ERROR_INVALID. */
int options_segment_parse(struct view text, struct options_segment *out, struct error *err) MUST_USE;
/* Cuts users, shared iterations and rates of the plan down to the segment. Over all segments of a test the parts add up exactly.
 * Scenarios without any user left are dropped. */
void options_segment_apply(const struct options_segment *s, struct plan *p);
/* The segment must be one of the sequence "0,1/4,1/2,1". */
int options_segment_check(struct view segment, struct view sequence, struct error *err) MUST_USE;

#endif
