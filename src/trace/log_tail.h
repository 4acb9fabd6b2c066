/* Follows a file of log lines as it grows, from its present end on, through rotation and truncation, like `tail -F`. Bounded: a line
 * longer than LOG_LINE_MAX is skipped and counted; at most LOG_TAIL_TURN_BYTES are taken per turn. */
#ifndef TRACE_LOG_TAIL_H
#define TRACE_LOG_TAIL_H

#include "core/error.h"
#include "core/view.h"

enum { LOG_TAIL_TURN_BYTES = 8 * 1024 * 1024 };

struct log_tail_sink {
    void *ctx;
    void (*line)(void *ctx, struct view line);
    void (*cut)(void *ctx, uint64_t bytes); /* of a line that was too long */
};
struct log_tail;
/* path "-": standard input. A file that is not there yet is waited for (then read from its beginning). */
int log_tail_new(struct log_tail **out, const char *path, const struct log_tail_sink *sink, struct error *err) MUST_USE;
struct log_tail *log_tail_free(struct log_tail *t);
/* Takes what is there now. Returns how many bytes it was; 0: nothing new; negative: the file can no longer be read. */
int64_t log_tail_turn(struct log_tail *t) MUST_USE;
/* Until something may be there, at most so long. */
void log_tail_wait(const struct log_tail *t, int timeout_ms);

#endif
