/* The end-of-test summary in k6's shapes: text (today's layouts and the legacy one), the input of handleSummary, the export
 * file; and writing what handleSummary returned. All are functions of the final run_state; nothing here prints. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "report/humanize.h"
#include "report/sink.h"
#include "stats/trend_stat.h"

enum summary_mode { SUMMARY_COMPACT, SUMMARY_FULL, SUMMARY_LEGACY, SUMMARY_DISABLED };
bool summary_mode_of(struct view name, enum summary_mode *out); /* "compact", "full", "legacy", "disabled" */

enum { SUMMARY_STATS_MAX = 32, SUMMARY_TEXT_MAX = 64 * 1024 * 1024 };

struct summary_options {
    enum summary_mode mode;
    bool colour;                    /* of the text */
    bool no_color;                  /* --no-color, as handleSummary's data.options.noColor tells it */
    bool stdout_tty, stderr_tty;    /* data.state */
    bool machine_readable;          /* --new-machine-readable-summary: the other shape of data and export */
    struct view stat_names[SUMMARY_STATS_MAX]; /* summaryTrendStats; views into the plan's host_options or literals */
    struct trend_stat stats[SUMMARY_STATS_MAX];
    size_t stat_count;
    struct view time_unit_name;     /* as written, may be empty */
    enum humanize_unit time_unit;
    char names[SUMMARY_STATS_MAX][24]; /* storage of stat_names */
    char unit_name[8];
};
/* Defaults, then summaryTrendStats, summaryTimeUnit of plan->host_options. Unreadable parts keep their defaults. `o` must not move
 * afterwards. mode, colour, no_color, … are the caller's to set after it. */
void summary_options_from_plan(struct summary_options *o, const struct plan *plan);

/* Appends to `out`. Returns 0, -ENOMEM or ERROR_LIMIT. With SUMMARY_DISABLED summary_text appends nothing. */
int summary_text(const struct run_state *r, const struct summary_options *o, struct buf *out) MUST_USE;
int summary_handle_data(const struct run_state *r, const struct summary_options *o, struct buf *json_out) MUST_USE;
int summary_export_json(const struct run_state *r, const struct summary_options *o, struct buf *json_out) MUST_USE;

/* Writes what handleSummary returned, {"path": "text" | {"base64": "…"}}: "stdout", "stderr" and files. All that can be written is
 * written; the sentence in err names each that could not be (k6's text, to be logged as the `error` of "failed to handle the end-of-test summary"). */
int summary_write_handled(struct view handled_json, FILE *to_stdout, FILE *to_stderr, struct error *err) MUST_USE;
/* --summary-export FILE. The same kind of sentence. */
int summary_write_export(const struct run_state *r, const struct summary_options *o, const char *path, struct error *err) MUST_USE;

#endif
