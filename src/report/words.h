/* Figures and paragraphs for sentences that people read. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "core/buf.h"

enum { WORDS_MAX = 64, WORDS_COLUMNS = 110 };

char *words_duration(double ms, char out[WORDS_MAX]); /* "0.4 ms", "142 ms", "3.1 s", "2 min 5 s" */
char *words_share(double share, char out[WORDS_MAX]); /* "5.8 %", "0.02 %", "100 %" */
/* Appends the text broken into lines of at most WORDS_COLUMNS; `first` and `rest` are the indentations,
 * without counting colours. */
int words_wrap(struct view text, const char *first, const char *rest, struct buf *out) MUST_USE;

#endif
