/* The sink that keeps a run in the ledger: its row, a frame of every second, what was found at its end. A
 * ledger that fails is said once; the run goes on without. */
#ifndef CLI_RUN_KEEPER_H
#define CLI_RUN_KEEPER_H

#include "core/log.h"
#include "report/sink.h"

struct run_keeper_options {
    const char *path;  /* NULL = the default one (ledger_default_path) */
    const char *tool;  /* "k6", "locust" */
    const char *label; /* NULL = none */
    struct log_sink *log;
    int course_s;   /* users and health are kept so often; 0 = each second */
    bool temporary; /* in a file of its own that is gone after run_keeper_free: path is not looked at */
};
/* True: no ledger is wanted (path, or HALFTIME_LEDGER, is "off"). */
bool run_keeper_off(const char *path);
/* NULL without memory. The ledger is opened when the run starts. */
struct report_sink *run_keeper_new(const struct run_keeper_options *o);
/* Takes records and passes them on to o->log: hand it to the fleet, and they are kept, too. */
struct log_sink *run_keeper_log(struct report_sink *s);
/* Where the run is kept, once it has started; NULL, 0: it is not. Text lives as long as the sink. */
const char *run_keeper_path(const struct report_sink *s);
int64_t run_keeper_run(const struct report_sink *s);
/* To write further things of this run in the same thread; NULL: it is not kept. */
struct ledger;
struct ledger *run_keeper_ledger(const struct report_sink *s);
/* Of another kind of run than a load test, before run_keeper_end: what it means (in place of what a load test would), and its report, a
 * JSON value that stands in the summary under this key. Without memory they are missing. */
void run_keeper_tell(struct report_sink *s, struct view words, const char *key, struct view json);
/* After the run, when its exit code is known. */
void run_keeper_end(struct report_sink *s, const char *outcome, int exit_code);

#endif
