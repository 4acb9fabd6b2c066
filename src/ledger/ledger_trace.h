/* What the system under test said about a run: its exemplars with their server-side traces, what traces said per endpoint, and log lines
 * (docs/TRACES.md). Rows of `traces`, `trace_summaries` and `server_logs`. */
#ifndef LEDGER_LEDGER_TRACE_H
#define LEDGER_LEDGER_TRACE_H

#include "ledger/ledger.h"

enum {
    LEDGER_TRACE_JSON_MAX = 8 * 1024 * 1024,
    LEDGER_TRACE_LIST_MAX = 5000,
    LEDGER_SERVER_LOGS_MAX = 20 * 1000,  /* of one run: who writes keeps to it */
    LEDGER_SERVER_LOG_FIELDS_MAX = 16,   /* conditions of one search */
};
#define LEDGER_TRACE_SUMMARY_MAX ((size_t)64 * 1024 * 1024)

/* One of our requests: among the slowest, or the first to fail in some way. */
struct ledger_trace {
    struct view trace, span; /* hex */
    struct view endpoint;    /* "METHOD name" */
    int64_t at_ms;           /* epoch */
    double duration_ms;
    int status;
    bool failed;
    struct view error;
    int64_t bytes;
    int64_t spans; /* of the system under test; 0 = none came */
};
/* Adds or replaces. waterfall: JSON; empty = none. */
int ledger_trace_put(struct ledger *l, int64_t run, const struct ledger_trace *t, struct view waterfall, struct error *err) MUST_USE;
int ledger_trace_remove(struct ledger *l, int64_t run, struct view trace, struct view span, struct error *err) MUST_USE;
struct ledger_trace_filter {
    struct view endpoint; /* empty = all */
    bool failed;          /* only those */
    int limit;            /* 0 = LEDGER_TRACE_LIST_MAX */
};
/* The slowest first. Views live until each() returns; non-zero stops. */
int ledger_trace_list(struct ledger *l, int64_t run, const struct ledger_trace_filter *f,
    int (*each)(void *ctx, const struct ledger_trace *t), void *ctx, struct error *err) MUST_USE;
/* The waterfall, appended. span empty = the slowest of that trace. LEDGER_OK, LEDGER_NOT_FOUND (also: nothing came) or negative. */
int ledger_trace_get(struct ledger *l, int64_t run, struct view trace, struct view span, struct buf *out, struct error *err) MUST_USE;

/* summary: packed (stats/trace_summary.h); counts: JSON about what came and what was left out. */
int ledger_trace_keep_summary(struct ledger *l, int64_t run, struct view summary, struct view counts, struct error *err) MUST_USE;
/* Both appended; either may be NULL. LEDGER_NOT_FOUND: traces were not taken. */
int ledger_trace_summary(struct ledger *l, int64_t run, struct buf *summary, struct buf *counts, struct error *err) MUST_USE;

struct ledger_server_log {
    int64_t number; /* unique in its run: the same number again is left out */
    int64_t at_ms;
    struct view level, trace, span; /* trace, span: hex, empty = it names none */
    struct view json;               /* the line: an object */
};
int ledger_server_log_add(struct ledger *l, int64_t run, const struct ledger_server_log *log, struct error *err) MUST_USE;
struct ledger_log_condition {
    struct view field; /* a member's name, or a path "a.b"; also level, trace, span; empty = anywhere in the line */
    struct view value;
    bool contains; /* else: is */
};
struct ledger_log_filter {
    struct view trace, span; /* empty = all */
    const struct ledger_log_condition *conditions;
    size_t condition_count;
    int limit; /* the oldest so many; 0 = all */
};
int ledger_server_logs(struct ledger *l, int64_t run, const struct ledger_log_filter *f,
    int (*each)(void *ctx, const struct ledger_server_log *log), void *ctx, struct error *err) MUST_USE;

/* "FIELD=VALUE", "FIELD~PART", "TEXT" (anywhere). Views into text. */
struct ledger_log_condition ledger_log_condition_parse(struct view text);

#endif
