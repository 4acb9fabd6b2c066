/* `halftime runs export` and `halftime runs report`. */
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "core/file.h"
#include "report/html_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { EXPORT_LOGS = 100000, REPORT_POINTS = 1200, REPORT_LOGS = 200 };

static int write_out(struct runs_call *c, const char *path, struct view text) {
    struct error err = ERROR_NULL;

    if (strcmp(path, "-") != 0)
        return file_write(path, text, &err) < 0 ? runs_refuse(c, "%s", err.text) : EXIT_CODE_OK;
    fwrite(text.ptr, 1, text.len, stdout);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : runs_refuse(c, "standard output: %s", strerror(errno));
}

int runs_export(struct runs_call *c) {
    const char *path = runs_flag(c, "output"), *text = runs_flag(c, "points");
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct ledger_json_options o = {.logs = EXPORT_LOGS, .script = true};
    struct error err = ERROR_NULL;
    int64_t id;
    uint64_t points = 0;

    if (text && (!view_to_u64(view_of_cstr(text), &points) || points < 1 || points > LEDGER_VIEW_POINTS_MAX))
        return runs_refuse(
            c, "--points must be a number from 1 to %d, not %.100s", LEDGER_VIEW_POINTS_MAX, text);
    o.points = (size_t)points;
    int r = runs_id(c->ledger, c->flags.args[0], &id, &err);
    r = r < 0 ? r : ledger_json_document(c->ledger, id, &o, &out, &err);
    if (r == 0 && (r = buf_append_byte(&out, '\n')) < 0)
        error_set(&err, r, "%s", error_name(r));
    return r < 0 ? runs_refuse(c, "%s", err.text) : write_out(c, path ? path : "-", buf_view(&out));
}

int runs_html(struct ledger *l, int64_t run, struct buf *out, struct error *err) {
    struct buf document CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct ledger_json_options o = {.points = REPORT_POINTS, .logs = REPORT_LOGS};
    int r = ledger_json_document(l, run, &o, &document, err);

    if (r != LEDGER_OK)
        return r < 0 ? r : error_set(err, ERROR_INVALID, "there is no run %" PRId64, run);
    r = html_report_write(buf_view(&document), out);
    return r < 0 ? error_set(err, r, "the report: %s", error_name(r)) : 0;
}

int runs_html_file(const char *ledger, int64_t run, const char *file, struct error *err) {
    struct buf page CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct ledger *l = NULL;
    int r = ledger ? ledger_open(&l, ledger, LEDGER_READ, err)
                   : error_set(err, ERROR_INVALID, "%s is not written: the run could not be kept", file);

    r = r < 0 ? r : runs_html(l, run, &page, err);
    r = r < 0 ? r : file_write(file, buf_view(&page), err);
    ledger_free(l);
    return r;
}

int runs_report(struct runs_call *c) {
    const char *path = runs_flag(c, "html");
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct error err = ERROR_NULL;
    int64_t id;

    if (!path)
        return runs_refuse(c, "where to? --html FILE (- is standard output)");
    int r = runs_id(c->ledger, c->flags.args[0], &id, &err);
    r = r < 0 ? r : runs_html(c->ledger, id, &out, &err);
    return r < 0 ? runs_refuse(c, "%s", err.text) : write_out(c, path, buf_view(&out));
}
