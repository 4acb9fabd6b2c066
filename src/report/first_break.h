/* What broke first: the diagnosis of a run while it goes on and at its end, for the terminal and for pages.
 * Quiet when nothing is wrong. */
#ifndef REPORT_FIRST_BREAK_H
#define REPORT_FIRST_BREAK_H

#include "diagnosis/diagnosis.h"
#include "report/sink.h"

enum { FIRST_BREAK_SHOWN = 3 };

struct first_break;
/* NULL without memory. */
struct first_break *first_break_new(const struct diagnosis_options *o);
struct first_break *first_break_free(struct first_break *b);
/* Both are handed on by a sink: delta as it comes, second after it. */
void first_break_delta(struct first_break *b, int64_t second, const struct series_store *delta);
void first_break_second(struct first_break *b, const struct run_state *r);
size_t first_break_diagnose(
    struct first_break *b, const struct run_state *r, struct diagnosis_finding *out, size_t max);
/* Words about percentiles, Apdex and cost; nothing when too little was measured. */
int first_break_percentiles(struct first_break *b, const struct run_state *r, struct buf *out) MUST_USE;

/* The section of the terminal: problems, at most FIRST_BREAK_SHOWN of them (all: every one, notes too).
 * Nothing when there is nothing. */
int first_break_write(
    const struct diagnosis_finding *list, size_t n, bool all, bool colour, struct buf *out) MUST_USE;
/* As Markdown. append_text escapes what comes from outside. */
int first_break_markdown(const struct diagnosis_finding *list, size_t n,
    int (*append_text)(struct buf *out, struct view v), struct buf *out) MUST_USE;

#endif
