/* Rows of metrics in aligned columns, as both text layouts need them. */
#ifndef REPORT_SUMMARY_TABLE_PRIV_H
#define REPORT_SUMMARY_TABLE_PRIV_H

#include "core/buf.h"
#include "report/summary.h"
#include "report/summary_data.h"

struct summary_cells {
    bool trend;   /* cells are the figures of summaryTrendStats; else a value and one or two remarks */
    size_t count;
    char text[SUMMARY_STATS_MAX][HUMANIZE_MAX];
};
enum summary_rate_form { SUMMARY_RATE_OUT_OF, SUMMARY_RATE_MARKS }; /* "2 out of 6" or "✓ 2", "✗ 4" */

struct summary_table {
    const struct summary_data *data;
    const struct summary_options *options;
    enum summary_rate_form rate_form;
    size_t name_width, value_width, remark_width[2], trend_width[SUMMARY_STATS_MAX];
};
void summary_table_measure(struct summary_table *t, const struct summary_metric *m);
/* The columns for a metric that is not one: a name, a value, one remark. */
void summary_table_measure_plain(struct summary_table *t, struct view name, const char *value, const char *remark);
/* Indentation (sub-metrics get two more blanks), mark, name, dots, cells, line end. */
int summary_table_row(const struct summary_table *t, const char *indent, const char *mark, const struct summary_metric *m, struct buf *out) MUST_USE;
int summary_table_row_plain(const struct summary_table *t, const char *indent, struct view name, const char *value, const char *remark,
    struct buf *out) MUST_USE;
/* Does any threshold of this metric exist, and do all hold? */
bool summary_metric_judged(const struct summary_data *d, const struct summary_metric *m, bool *ok);

int summary_write_modern(const struct summary_data *d, const struct summary_options *o, struct buf *out) MUST_USE;
int summary_write_legacy(const struct summary_data *d, const struct summary_options *o, struct buf *out) MUST_USE;

#endif
