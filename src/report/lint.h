/* What the evidence says about the script: URLs with `undefined` in them, properties that do not exist, checks that never pass where
 * their name passes elsewhere, requests that time out; each with its count, its place in the script and one exemplar. */
#ifndef REPORT_LINT_H
#define REPORT_LINT_H

#include "report/sink.h"

enum { LINT_SHOWN_MAX = 8, LINT_EXEMPLAR_LINES_MAX = 14, LINT_LINE_MAX = 110 };

/* Appends nothing when there is nothing to say. */
int lint_write(const struct run_state *r, bool colour, struct buf *out) MUST_USE;

#endif
