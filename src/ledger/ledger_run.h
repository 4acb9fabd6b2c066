/* A run in the ledger: when, what, how it ended, and what people wrote beside it. */
#ifndef LEDGER_LEDGER_RUN_H
#define LEDGER_LEDGER_RUN_H

#include "ledger/ledger.h"

enum { LEDGER_RUN_ALIVE_MS = 30 * 1000, LEDGER_RUN_LIST_MAX = 1000, LEDGER_RUN_BLOB_MAX = 64 * 1024 * 1024 };

enum ledger_run_state {
    LEDGER_RUN_RUNNING,
    LEDGER_RUN_ENDED,
    LEDGER_RUN_LOST, /* its process is gone without having said so: killed, or the machine went down */
};

struct ledger_run {
    int64_t id;
    enum ledger_run_state state;
    int64_t started_ms, alive_ms; /* epoch; alive: its latest word */
    int64_t ended_ms;             /* 0 = not ended */
    int pid;
    struct view machine;
    struct view tool;          /* "k6", "locust", "bench" */
    struct view command;       /* as typed */
    struct view script;        /* path, or URL of a bench */
    struct view script_sha256; /* hex; empty = no text was kept */
    struct view options;       /* JSON */
    struct view
        git_commit;      /* of the user's repository, empty = none; "+" behind it: with uncommitted changes */
    struct view outcome; /* "completed", "thresholds were crossed", …; empty while running */
    int exit_code;       /* -1 = none yet */
    struct view label, focus, changes, notes, links; /* people's words */
    int64_t requests, failures, users_max;
    double p50_ms, p95_ms, p99_ms; /* of response times; NaN = none */
    struct view words;             /* what the run means, as said at its end */
    struct view findings;          /* what is wrong with the script and its answers, several lines */
};

/* Of r: started_ms … git_commit and label are taken; the text is kept once for all runs that share it. */
int ledger_run_begin(struct ledger *l, const struct ledger_run *r, struct view script_text, int64_t *id,
    struct error *err) MUST_USE;
const char *ledger_run_state_word(enum ledger_run_state s); /* "running", "ended", "lost" */
double ledger_run_duration_s(const struct ledger_run *r);  /* to its end, or its latest word */
/* The latest figures: started_ms (0 = as it was told), alive_ms, requests, failures, users_max, percentiles. Together with ledger_frame_add
 * once a second. */
int ledger_run_tell(struct ledger *l, const struct ledger_run *r, struct error *err) MUST_USE;

struct ledger_run_end {
    int64_t ended_ms;
    struct view outcome, words, findings;
    int exit_code;
    struct view summary;  /* JSON as of --summary-export; may be empty */
    struct view evidence; /* packed (stats/evidence.h); may be empty */
};
/* What was found so far (packed, stats/evidence.h), so that it is known of a running and of a killed run. */
int ledger_run_keep_evidence(struct ledger *l, int64_t id, struct view evidence, struct error *err) MUST_USE;
int ledger_run_end(
    struct ledger *l, int64_t id, const struct ledger_run_end *end, struct error *err) MUST_USE;

struct ledger_run_filter {
    struct view label;  /* exact; empty = any */
    struct view search; /* a piece of label, focus, changes, notes, command or script; empty = any */
    int64_t before_id;  /* older than this one, for paging; 0 = from the newest */
    int limit;          /* 0 = LEDGER_RUN_LIST_MAX */
};
/* Newest first. Stops when each() returns non-zero, and returns that. Views live until each() returns. */
int ledger_run_list(struct ledger *l, const struct ledger_run_filter *f,
    int (*each)(void *ctx, const struct ledger_run *r), void *ctx, struct error *err) MUST_USE;
/* LEDGER_OK, LEDGER_NOT_FOUND or negative. */
int ledger_run_get(struct ledger *l, int64_t id, int (*each)(void *ctx, const struct ledger_run *r),
    void *ctx, struct error *err) MUST_USE;

/* X(enumerator, column, words) */
#define LEDGER_RUN_NOTES(X)                                                                                  \
    X(LABEL, "label", "a short name that runs share")                                                        \
    X(FOCUS, "focus", "what the run was to find out")                                                        \
    X(CHANGES, "changes", "what was changed since the run before")                                           \
    X(NOTES, "notes", "anything")                                                                            \
    X(LINKS, "links", "addresses, one a line")
enum ledger_run_note {
#define LEDGER_RUN_NOTE_ENUM(id, column, words) LEDGER_RUN_##id,
    LEDGER_RUN_NOTES(LEDGER_RUN_NOTE_ENUM)
#undef LEDGER_RUN_NOTE_ENUM
        LEDGER_RUN_NOTE_COUNT
};
bool ledger_run_note_of_name(struct view name, enum ledger_run_note *out);
int ledger_run_annotate(
    struct ledger *l, int64_t id, enum ledger_run_note which, struct view text, struct error *err) MUST_USE;
int ledger_run_remove(
    struct ledger *l, int64_t id, struct error *err) MUST_USE; /* with all that was measured */

/* Appends to `out`; LEDGER_NOT_FOUND when that run has none. */
int ledger_run_script(struct ledger *l, int64_t id, struct buf *out, struct error *err) MUST_USE;
int ledger_run_summary(struct ledger *l, int64_t id, struct buf *out, struct error *err) MUST_USE;
int ledger_run_evidence(struct ledger *l, int64_t id, struct buf *out, struct error *err) MUST_USE;

int ledger_run_log(struct ledger *l, int64_t id, int64_t at_ms, struct view level, struct view text,
    struct error *err) MUST_USE;
int ledger_run_logs(struct ledger *l, int64_t id, int limit,
    int (*each)(void *ctx, int64_t at_ms, struct view level, struct view text), void *ctx,
    struct error *err) MUST_USE;

#endif
