/* Log lines as Locust's logging writes them: "[2026-01-02 03:04:05,678] host/INFO/locust.main: text", to
 * stderr or appended to a file. The processes of the locustfile write theirs themselves, to the same place.
 */
#ifndef CLI_LOCUST_LOG_H
#define CLI_LOCUST_LOG_H

#include <stdio.h>

#include "core/buf.h"
#include "core/log.h"

enum { LOCUST_LOG_HOST_MAX = 256, LOCUST_LOG_LINE_MAX = 64 * 1024 };

struct locust_log {
    struct log_sink sink; /* first member: records of the engine, as logger "halftime" */
    enum log_level level; /* records below it are dropped */
    bool silent;          /* CRITICAL: only what ends the program would pass, and that is said otherwise */
    FILE *out;
    bool close_out;
    void (*tap)(void *ctx, const struct log_record *r); /* hears of each of our own lines; NULL = nobody */
    void *tap_ctx;
    char host[LOCUST_LOG_HOST_MAX]; /* without its domain */
};
void locust_log_init(struct locust_log *l);
void locust_log_deinit(struct locust_log *l);
/* --loglevel and --logfile (NULL = stderr), once they are known; folders are made. -errno with a sentence. */
int locust_log_set(struct locust_log *l, const char *level, const char *path, struct error *err) MUST_USE;

void locust_log_say(struct locust_log *l, enum log_level level, const char *logger, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
/* One line with its newline; wall_ns in local time. */
int locust_log_format(const struct locust_log *l, enum log_level level, const char *logger, struct view text,
    int64_t wall_ns, struct buf *out) MUST_USE;

#endif
