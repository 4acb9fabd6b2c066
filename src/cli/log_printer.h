/* Prints log records as k6 does: coloured lines on a terminal, logfmt in a pipe, JSON or bare messages when asked; to stderr, stdout, a
 * file or nowhere; console.log optionally into a file of its own. Not thread-safe: one process, one loop. */
#ifndef CLI_LOG_PRINTER_H
#define CLI_LOG_PRINTER_H

#include <stdio.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"

enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_RAW };
enum { LOG_LINE_BYTES_MAX = 4 * 1024 * 1024 };

struct log_printer {
    struct log_sink sink; /* first member */
    enum log_format format;
    enum log_level level; /* records below it are dropped */
    bool tty;             /* coloured form */
    FILE *out;            /* NULL = nowhere */
    FILE *console;        /* records with source=console go there, without that field; NULL = like all others */
    bool close_out, close_console;
    int64_t started_us;   /* of CLOCK_MONOTONIC, for INFO[0001] */
    const struct clock *clock;
    struct buf line;
    uint64_t lost;        /* lines that could not be written */
    /* A progress bar on the same terminal takes itself away before a line and comes back after it. May be NULL. */
    void (*before)(void *ctx);
    void (*after)(void *ctx);
    void *ctx;
};

struct log_printer_options {
    const char *output;  /* "stderr" (default), "stdout", "none", "file=path[,level=info]" */
    const char *format;  /* "", "text", "json", "raw" */
    const char *console; /* file for console.log, or NULL */
    bool verbose, no_color;
};
/* ERROR_INVALID or -errno with k6's words; the printer is usable (on stderr) all the same. */
int log_printer_init(struct log_printer *p, const struct log_printer_options *o, struct error *err) MUST_USE;
void log_printer_deinit(struct log_printer *p);

/* One record as one line with its newline, as it would be written. wall_ns must be set. */
int log_printer_format(const struct log_printer *p, const struct log_record *r, bool tty, int64_t now_us, struct buf *out) MUST_USE;

/* A record with up to one field; key NULL = none. */
void log_printer_say(struct log_printer *p, enum log_level level, const char *key, const char *value, const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
