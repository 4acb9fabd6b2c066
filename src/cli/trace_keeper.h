/* The sink that listens to the system under test while a run goes on: owns the station (src/trace), tells it of exemplars, and keeps what
 * was found in the ledger beside the run. */
#ifndef CLI_TRACE_KEEPER_H
#define CLI_TRACE_KEEPER_H

#include "cli/trace_choice.h"
#include "core/log.h"
#include "report/sink.h"

enum {
    TRACE_KEEPER_LINES_EACH = 50,             /* log lines kept of one exemplar */
    TRACE_KEEPER_WAIT_US = 8 * 1000 * 1000,   /* at the end, for spans that SDKs hold back */
};

struct trace_keeper_options {
    struct trace_choice choice;
    struct report_sink *run_keeper; /* where the run is kept; NULL = it is not */
    struct log_sink *log;
};
/* *out NULL: neither traces nor logs were asked for. Errors name the flag. */
int trace_keeper_new(struct report_sink **out, const struct trace_keeper_options *o, struct error *err) MUST_USE;
/* For fleet_options.traces. */
struct trace_summary_store *trace_keeper_summaries(struct report_sink *s);
/* The load is over: waits for what is still on its way, so that it counts in what is said about the run. NULL is fine. */
void trace_keeper_settle(struct report_sink *s, const struct run_state *r);

#endif
