/* Keeps a raw load in the ledger: what run_keeper does for tests, fed from the tallies of `halftime bench`.
 */
#ifndef CLI_BENCH_KEEPER_H
#define CLI_BENCH_KEEPER_H

#include "cli/observe_flags.h"
#include "cli/ui_session.h"
#include "core/log.h"
#include "raw/raw.h"

struct bench_keeper;
struct bench_keeper_options {
    const struct raw_options *raw;
    const char *path, *label; /* NULL = the default one; none */
    struct log_sink *log;
    struct observing *observing; /* borrowed */
    struct ui_session *page; /* is shown the run, too; NULL = there is none */
};
/* NULL: no memory, or nothing is to be kept. All others take NULL. */
struct bench_keeper *bench_keeper_new(const struct bench_keeper_options *o);
struct bench_keeper *bench_keeper_free(struct bench_keeper *k);
/* raw_progress.opened and .closed. */
void bench_keeper_opened(struct bench_keeper *k, struct loop *loop);
void bench_keeper_closed(struct bench_keeper *k, struct loop *loop);
void bench_keeper_second(struct bench_keeper *k, int64_t elapsed_us, const struct raw_tally *second);
void bench_keeper_end(struct bench_keeper *k, const char *outcome, int exit_code);

#endif
