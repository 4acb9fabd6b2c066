/* k6's console face while a test runs: banner, description of the execution, progress lines. One sink.
 *
 * On a terminal the lines are redrawn in place every 100 ms; in a pipe they are appended every second. The last state is printed
 * by finish(), which k6 does after the summary. Whoever else writes to the same terminal does so between progress_hide() and
 * progress_show(): log lines, the summary. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdio.h>

#include "report/sink.h"

struct progress_options {
    FILE *out;
    bool tty;     /* redraw in place */
    bool quiet;   /* --quiet: nothing at all is printed */
    bool colour;
    bool no_banner;
    int columns;  /* width of the terminal; 0 = ask it */
    const char *execution;   /* "local"; NULL = "local" */
    struct view segment;     /* "100.00%"; empty = that */
};

struct report_sink *progress_new(const struct progress_options *o); /* NULL without memory */
/* The banner alone, at once (k6 prints it before it reads the script). start() does not repeat it. */
void progress_banner(struct report_sink *s);
/* "Init" progress before users run. */
void progress_initialised(struct report_sink *s, uint64_t users, uint64_t of);
/* The bars as they stand, for a run that fails before it starts: `Init      [   0% ] Starting outputs`. */
void progress_failed_start(struct report_sink *s, const struct plan *plan, const char *doing /* may be "" */);
/* Erases the drawn lines / draws them again. No-ops in a pipe and when quiet; nest freely. Other sinks are ignored. */
void progress_hide(struct report_sink *s);
void progress_show(struct report_sink *s);

#endif
