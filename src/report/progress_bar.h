/* One progress line per scenario as k6 composes it: name, mark, bar or percentage, columns that are aligned over all lines.
 * Text only: no terminal is touched here. */
#ifndef REPORT_PROGRESS_BAR_H
#define REPORT_PROGRESS_BAR_H

#include "report/sink.h"

enum { PROGRESS_BAR_COLUMNS = 3, PROGRESS_BAR_COLUMN_MAX = 96, PROGRESS_BAR_WIDTH_MAX = 40, PROGRESS_BAR_WIDTH_MIN = 8, PROGRESS_BAR_NAME_MAX = 30 };

struct progress_bar {
    struct view name;
    const char *mark; /* one column: " ", "•", "↓", "✓", "✗" */
    const char *mark_colour; /* ANSI code, "" = none */
    double fraction;  /* 0…1 */
    char columns[PROGRESS_BAR_COLUMNS][PROGRESS_BAR_COLUMN_MAX];
    size_t column_count;
};

/* The line of a scenario; started: the executors run or have run. */
void progress_bar_fill(struct progress_bar *b, const struct plan_scenario *p, const struct run_scenario *s, bool started);

struct progress_bar_style {
    bool graphic;   /* [===>---] instead of [  50% ] */
    bool colour;
    size_t columns; /* of the terminal; 0 = unlimited */
    const char *line_end;
};
/* Appends all lines. */
int progress_bar_write(const struct progress_bar *bars, size_t n, const struct progress_bar_style *style, struct buf *out) MUST_USE;
/* Iterations a second that an arrival-rate scenario plans at this moment. */
double progress_bar_rate(const struct plan_scenario *p, int64_t elapsed_us);

#endif
