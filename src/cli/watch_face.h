/* What a watch shows while it goes on: one calm line on a terminal, in a pipe a line each hour (changes are
 * log lines). */
#ifndef CLI_WATCH_FACE_H
#define CLI_WATCH_FACE_H

#include <stdio.h>

#include "cli/watch_judge.h"

struct watch_face;
/* tty: `out` is a terminal. Freed by report_sink_free. NULL without memory. */
struct report_sink *watch_face_new(const struct watch_judge *judge, FILE *out, bool tty);
/* Takes the line away before a log line, and puts it there again. For log_printer's before and after. */
void watch_face_hide(void *face);
void watch_face_show(void *face);

enum { WATCH_FACE_MAX = 512 };
/* "up for 2h3m · 246 rounds, 1 bad (99.59 %) · last 41 ms" */
void watch_face_words(const struct watch_figures *f, int64_t now_ms, char out[WATCH_FACE_MAX]);

#endif
