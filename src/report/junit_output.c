/* `-o junit`: the run as test results in the XML that CI systems read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/utf8.h"
#include "report/document_file.h"
#include "report/outputs_priv.h"
#include "report/test_results.h"

#define JUNIT_FILE_DEFAULT "junit.xml"
enum { JUNIT_BYTES_MAX = 64 * 1024 * 1024 };

struct junit_output {
    struct report_sink base;
    struct document_file file;
};

/* XML 1.0 knows no other control characters, not even escaped. */
static int append_xml(struct buf *out, struct view v) {
    int r = 0;
    while (v.len && r == 0) {
        int32_t c = utf8_decode(&v);
        switch (c) {
        case '&': r = buf_append(out, "&amp;", 5); break;
        case '<': r = buf_append(out, "&lt;", 4); break;
        case '>': r = buf_append(out, "&gt;", 4); break;
        case '"': r = buf_append(out, "&quot;", 6); break;
        case '\n':
        case '\r':
        case '\t': r = buf_printf(out, "&#%d;", c); break;
        default: r = utf8_append(out, c < ' ' || c == 0xFFFE || c == 0xFFFF ? UTF8_REPLACEMENT : (uint32_t)c);
        }
    }
    return r;
}

static int attribute(struct buf *out, const char *name, struct view value) {
    int r = buf_printf(out, " %s=\"", name);
    r = r < 0 ? r : append_xml(out, value);
    return r < 0 ? r : buf_append_byte(out, '"');
}

static int write_case(const struct test_result *t, struct buf *out) {
    int r = buf_append(out, "    <testcase", 13);
    r = r < 0 ? r : buf_printf(out, " classname=\"%s", test_suite_names[t->suite]);
    if (r == 0 && t->group.len)
        r = buf_append_byte(out, '.');
    r = r < 0 ? r : append_xml(out, t->group);
    r = r < 0 ? r : buf_append_byte(out, '"');
    r = r < 0 ? r : attribute(out, "name", t->name);
    if (r < 0 || !t->failed)
        return r < 0 ? r : buf_append(out, "/>\n", 3);
    r = buf_append(out, ">\n      <failure", 16);
    r = r < 0 ? r : attribute(out, "message", t->figure);
    r = r < 0 ? r : buf_append_byte(out, '>');
    r = r < 0 ? r : append_xml(out, t->detail.len ? t->detail : t->figure);
    return r < 0 ? r : buf_printf(out, "</failure>\n    </testcase>\n");
}

static int write_suite(
    const struct test_results *t, enum test_suite suite, double seconds, const char *when, struct buf *out) {
    if (!t->totals[suite])
        return 0;
    int r = buf_printf(out,
        "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"%.3f\" "
        "timestamp=\"%s\">\n",
        test_suite_names[suite], t->totals[suite], t->failures[suite], suite == TEST_SUITE_RUN ? seconds : 0,
        when);
    for (size_t i = 0; i < t->count && r == 0; i++)
        if (t->items[i].suite == suite)
            r = write_case(&t->items[i], out);
    return r < 0 ? r : buf_printf(out, "  </testsuite>\n");
}

static int write_document(const struct test_results *t, const struct run_state *r, struct buf *out) {
    char when[40];
    double seconds = (double)r->elapsed_us / 1e6;
    clock_format_rfc3339(r->start_wall_ns, 0, when, sizeof when);
    int e = buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
    e = e < 0 ? e : attribute(out, "name", r->script_path.len ? r->script_path : VIEW("halftime"));
    e = e < 0 ? e
              : buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n", t->count,
                    test_results_failed(t), seconds);
    for (int suite = 0; suite < TEST_SUITE_COUNT && e == 0; suite++)
        e = write_suite(t, (enum test_suite)suite, seconds, when, out);
    return e < 0 ? e : buf_printf(out, "</testsuites>\n");
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct junit_output *o = (struct junit_output *)s;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(JUNIT_BYTES_MAX);
    struct test_results t;
    int e = test_results_init(&t, r);
    if (e < 0)
        return error_set(
            err, e, "the test results could not be written to %s: %s", o->file.path, error_name(e));
    e = write_document(&t, r, &text);
    test_results_deinit(&t);
    if (e < 0)
        return error_set(
            err, e, "the test results could not be written to %s: %s", o->file.path, error_name(e));
    return document_file_write(&o->file, buf_view(&text), err);
}

static void junit_output_free(struct report_sink *s) {
    document_file_close(&((struct junit_output *)s)->file);
    free(s);
}

static const struct report_sink_ops ops = {.name = "junit", .finish = finish, .free = junit_output_free};

int junit_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct junit_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the junit output");
    o->base.ops = &ops;
    int r = document_file_open(&o->file, argument.len ? argument : VIEW(JUNIT_FILE_DEFAULT), false, err);
    if (r < 0) {
        free(o);
        return r;
    }
    *out = &o->base;
    return 0;
}

int junit_output_describe(struct view argument, struct buf *out) {
    return buf_printf(out, "junit (%.*s)", VIEW_ARGS(argument.len ? argument : VIEW(JUNIT_FILE_DEFAULT)));
}
