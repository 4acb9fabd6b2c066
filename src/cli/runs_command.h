/* `halftime runs …` from inside: its subcommands share a ledger and the way to name runs. */
#ifndef CLI_RUNS_COMMAND_H
#define CLI_RUNS_COMMAND_H

#include "cli/flags.h"
#include "ledger/ledger_json.h"
#include "ledger/ledger_view.h"

enum { RUNS_OUTPUT_BYTES_MAX = 1024 * 1024 * 1024 };

/* A row of their tables of flags. */
#define RUNS_LEDGER_FLAG                                                                                     \
    {                                                                                                        \
        "ledger", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,                                              \
            "the ledger (default: $HALFTIME_LEDGER, else $XDG_DATA_HOME/halftime/ledger.db, else "           \
            "~/.local/share/halftime/ledger.db)"                                                             \
    }

struct runs_call {
    const char *name; /* "halftime runs show" */
    const struct flag *const *tables;
    struct flag_result flags;
    struct ledger *ledger;
};
/* Each of them: exit code. */
int runs_list(struct runs_call *c);
int runs_show(struct runs_call *c);
int runs_note(struct runs_call *c);
int runs_remove(struct runs_call *c);
int runs_export(struct runs_call *c);
int runs_report(struct runs_call *c);

const char *runs_flag(const struct runs_call *c, const char *name); /* NULL = not given */
bool runs_flag_set(const struct runs_call *c, const char *name);
/* Prints "halftime runs show: …" on stderr and returns EXIT_CODE_USAGE. */
int runs_refuse(const struct runs_call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The ledger that --ledger, HALFTIME_LEDGER or the default names. "off" is refused. */
int runs_open(struct ledger **out, const char *path, enum ledger_mode mode, struct error *err) MUST_USE;
/* "17", or "last", "last-1" …: the newest, the one before. ERROR_INVALID with a sentence. */
int runs_id(struct ledger *l, const char *text, int64_t *out, struct error *err) MUST_USE;
/* The run's report as a page of HTML. */
int runs_html(struct ledger *l, int64_t run, struct buf *out, struct error *err) MUST_USE;
/* The same of a ledger at a path, into a file. */
int runs_html_file(const char *ledger, int64_t run, const char *file, struct error *err) MUST_USE;
/* The newest ended run with that label, older than `before` (0 = any). */
int runs_labelled(
    struct ledger *l, const char *label, int64_t before, int64_t *out, struct error *err) MUST_USE;

/* "2026-11-21 12:16:19" in local time. */
enum { RUNS_TIME_BYTES = 32 };
const char *runs_time(int64_t ms, char out[RUNS_TIME_BYTES]);
const char *runs_ms(double ms, char out[RUNS_TIME_BYTES]); /* "4.21", "104", "–" */

#endif
