/* The end of a run on the console: handleSummary's texts or our own summary, and the export file. */
#ifndef REPORT_CONSOLE_SUMMARY_H
#define REPORT_CONSOLE_SUMMARY_H

#include "report/summary.h"

struct console_summary {
    const struct summary_options *options;
    const char *export_path;     /* --summary-export; NULL = none */
    struct report_sink *progress; /* hidden while the text is written; may be NULL */
    FILE *out, *err;
};
/* For fleet's callback `summary`. handled: what handleSummary returned, "" = nothing (then our own text is shown).
 * Negative with sentences in err (k6: logged as error="…" of "failed to handle the end-of-test summary"; the run's exit code stays). */
int console_summary_end(const struct console_summary *c, const struct run_state *r, struct view handled, struct error *err) MUST_USE;

#endif
