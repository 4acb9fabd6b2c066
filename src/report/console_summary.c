/* The end on the console: the script's own texts win over ours; the progress lines step aside meanwhile. */
#include "report/console_summary.h"

#include <errno.h>

#include "report/progress.h"
#include "report/report_errno_priv.h"

static int write_text(const struct console_summary *c, const struct run_state *r, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    int e = summary_text(r, c->options, &text);
    if (e < 0)
        return error_set(err, e, "the summary could not be built: %s", error_name(e));
    if (text.len && (fwrite(text.ptr, 1, text.len, c->out) != text.len || fflush(c->out) != 0))
        return error_set(err, -EIO, "the summary could not be written to standard output: %s", report_errno(errno));
    return 0;
}

int console_summary_end(const struct console_summary *c, const struct run_state *r, struct view handled, struct error *err) {
    struct error second = ERROR_NULL;
    progress_hide(c->progress);
    int e = handled.len ? summary_write_handled(handled, c->out, c->err, err) : write_text(c, r, err);
    progress_show(c->progress);
    if (!c->export_path)
        return e;
    int f = summary_write_export(r, c->options, c->export_path, e < 0 ? &second : err);
    if (e < 0 && f < 0)
        return error_set(err, e, "%.500s; %.500s", err ? err->text : "", second.text);
    return e < 0 ? e : f;
}
