/* What the system under test logged about our requests: lines that name one of them, by trace id or by X-Request-ID. Bounded: the oldest
 * go first. Lines that name none of ours are only counted, but for the latest errors among them.
 *
 * Not thread-safe: whoever owns it locks. */
#ifndef TRACE_LOG_STORE_H
#define TRACE_LOG_STORE_H

#include "core/buf.h"
#include "stats/trace_mark.h"
#include "trace/otlp.h"

enum {
    LOG_LINE_MAX = 64 * 1024,          /* longer lines are cut and counted */
    LOG_STORE_LINE_KEPT_MAX = 8 * 1024, /* bytes kept of one */
    LOG_STORE_LINES_MAX = 200 * 1000,
    LOG_STORE_ERRORS_MAX = 500,        /* errors that name no request of ours */
    LOG_STORE_ERRORS_PER_SECOND = 50,  /* so many of them are looked at … */
    LOG_STORE_TRIED_PER_SECOND = 10000, /* … among so many lines */
};
#define LOG_STORE_BYTES_MAX ((size_t)48 * 1024 * 1024)

struct log_store_counts {
    uint64_t lines, bytes; /* that came */
    uint64_t joined;       /* that name a request of ours */
    uint64_t invalid;      /* of those looked at: no JSON object */
    uint64_t cut;          /* longer than LOG_LINE_MAX */
    uint64_t dropped;      /* joined, but gone before anybody asked */
};

/* A line as it is kept: one JSON object. */
struct log_line {
    uint64_t number; /* 1, 2, … over all that were kept */
    uint64_t iteration, span; /* span 0 = it names only the trace; both 0: an error that names none */
    int64_t wall_ms;          /* what it says itself, else when it came */
    struct view level;        /* "error", lower case; may be empty */
    struct view json;
};

struct log_store;
int log_store_new(struct log_store **out) MUST_USE;
struct log_store *log_store_free(struct log_store *s);
void log_store_begin(struct log_store *s, uint64_t run);
/* A line without its end. */
void log_store_add(struct log_store *s, struct view line, int64_t now_wall_us);
void log_store_add_otlp(struct log_store *s, const struct otlp_log *l, int64_t now_wall_us);
void log_store_note_cut(struct log_store *s, uint64_t bytes);
struct log_store_counts log_store_counts(const struct log_store *s);
/* Lines of that iteration whose number is greater than `after`, oldest first; each() returns non-zero to stop. */
int log_store_each(struct log_store *s, uint64_t iteration, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx);
/* The same for errors that name no request. */
int log_store_each_error(struct log_store *s, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx);

#endif
