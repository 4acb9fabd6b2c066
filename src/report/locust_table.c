/* The widths are Locust's: type 8; the statistics table gives its name column 4 characters less than the type
 * column takes. */
#include "report/locust_table.h"

#include <stdio.h>

enum { TYPE_WIDTH = 8, REPORT_WIDTH = 80, COUNT_WIDTH = 18, ERROR_WIDTH = 100, CELL_MAX = 64 };

size_t locust_name_width(int terminal_columns) {
    int room = terminal_columns > 0 ? terminal_columns - REPORT_WIDTH : LOCUST_NAME_WIDTH_MAX;

    room = room > 0 ? room : 0;
    return (size_t)(room < LOCUST_NAME_WIDTH_MAX ? room : LOCUST_NAME_WIDTH_MAX);
}

/* Locust's "%-Ns" with N below 1 is no padding. */
static size_t stats_name_width(const struct locust_table *t) {
    return t->name_width + 4 > TYPE_WIDTH ? t->name_width + 4 - TYPE_WIDTH : 0;
}

static int dashes(struct buf *out, size_t n) {
    int r = 0;

    for (; n && r == 0; n--)
        r = buf_append_byte(out, '-');
    return r;
}

/* "--------|----" : one run of dashes per width; 0 ends the list. */
static int rule(struct buf *out, const size_t *widths, size_t n) {
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        r = i ? buf_append_byte(out, '|') : 0;
        r = r < 0 ? r : dashes(out, widths[i]);
    }
    return r < 0 ? r : buf_append_byte(out, '\n');
}

static int left(struct buf *out, struct view a, size_t wide_a, struct view b, size_t wide_b) {
    int r = locust_pad(out, a, wide_a);

    r = r < 0 ? r : buf_append_byte(out, ' ');
    r = r < 0 ? r : locust_pad(out, b, wide_b);
    return r < 0 ? r : buf_append_byte(out, ' ');
}

/* ---- statistics ---- */

static int stats_rule(const struct locust_table *t, struct buf *out) {
    const size_t widths[] = {TYPE_WIDTH, stats_name_width(t), 7, 13, 7, 7, 7, 7, 8, 11};

    return rule(out, widths, sizeof widths / sizeof *widths);
}

static int stats_row(const struct locust_table *t, const struct locust_stats *s, const struct locust_entry *e,
    bool current, struct buf *out) {
    struct locust_rates rates = current ? locust_rates_current(s, e) : locust_rates_total(s, e);
    char method[CELL_MAX], fails[CELL_MAX];
    bool whole, any = e->times->count > 0;

    snprintf(method, sizeof method, "%.*s%s", VIEW_ARGS(view_take(e->method, CELL_MAX - 2)),
        e->method.len ? " " : "");
    snprintf(fails, sizeof fails, "%llu(%.2f%%)", (unsigned long long)e->failures,
        locust_entry_fail_share(e) * 100);
    int r = left(out, view_of_cstr(method), TYPE_WIDTH, e->name, stats_name_width(t));
    return r < 0 ? r
                 : buf_printf(out, "%7llu %12s |%7lld %7lld %7lld%7lld | %7.2f %11.2f\n",
                       (unsigned long long)e->requests, fails, (long long)locust_entry_average(e),
                       any ? (long long)e->times->min : 0, any ? (long long)e->times->max : 0,
                       (long long)locust_median(e->times, t->coarse, &whole), rates.requests, rates.failures);
}

int locust_table_stats(
    const struct locust_table *t, const struct locust_stats *s, bool current, struct buf *out) {
    int r = left(out, VIEW("Type"), TYPE_WIDTH, VIEW("Name"), stats_name_width(t));

    r = r < 0 ? r
              : buf_printf(out, "%7s %12s |%7s %7s %7s%7s | %7s %11s\n", "# reqs", "# fails", "Avg", "Min",
                    "Max", "Med", "req/s", "failures/s");
    r = r < 0 ? r : stats_rule(t, out);
    for (size_t i = 0; i < s->entry_count && r == 0; i++)
        r = stats_row(t, s, s->sorted[i], current, out);
    r = r < 0 ? r : stats_rule(t, out);
    r = r < 0 ? r : stats_row(t, s, &s->total, current, out);
    return r < 0 ? r : buf_append_byte(out, '\n');
}

/* ---- percentiles ---- */

static int percentiles_rule(const struct locust_table *t, struct buf *out) {
    size_t widths[3 + LOCUST_PERCENTILES_MAX] = {TYPE_WIDTH, t->name_width, 8};
    size_t n = locust_percentiles()->count;

    for (size_t i = 0; i < n; i++)
        widths[3 + i] = 6;
    return rule(out, widths, 3 + n);
}

/* The first figure stands in the wider column, and the number of requests in one that is too narrow for it:
 * so it is in Locust. */
static int percentiles_row(const struct locust_table *t, const struct locust_entry *e, struct buf *out) {
    int r = left(out, e->method, TYPE_WIDTH, e->name, t->name_width);

    for (size_t i = 0; i < locust_percentiles()->count && r == 0; i++)
        r = buf_printf(out, i ? "%6lld " : "%8lld ",
            (long long)locust_percentile(e->times, locust_percentiles()->fractions[i], t->coarse));
    return r < 0 ? r : buf_printf(out, "%6llu\n", (unsigned long long)e->requests);
}

int locust_table_percentiles(const struct locust_table *t, const struct locust_stats *s, struct buf *out) {
    int r = buf_append_view(out, VIEW("Response time percentiles (approximated)\n"));

    r = r < 0 ? r : left(out, VIEW("Type"), TYPE_WIDTH, VIEW("Name"), t->name_width);
    for (size_t i = 0; i < locust_percentiles()->count && r == 0; i++)
        r = buf_printf(out, i ? "%6s " : "%8s ", locust_percentiles()->titles[i]);
    r = r < 0 ? r : buf_append_view(out, VIEW("# reqs\n"));
    r = r < 0 ? r : percentiles_rule(t, out);
    for (size_t i = 0; i < s->entry_count && r == 0; i++)
        if (s->sorted[i]->times->count)
            r = percentiles_row(t, s->sorted[i], out);
    r = r < 0 ? r : percentiles_rule(t, out);
    if (s->total.times->count && r == 0)
        r = percentiles_row(t, &s->total, out);
    return r < 0 ? r : buf_append_byte(out, '\n');
}

/* ---- errors ---- */

static const struct {
    char escape, byte;
} escapes[] = {{'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'\\', '\\'}, {'\'', '\''}, {'"', '"'}};

/* Python's string literal back into its text; \x.. and \u.... stay as they are. */
static int unquote(struct view literal, struct buf *out) {
    int r = 0;

    for (size_t i = 0; i < literal.len && r == 0; i++) {
        char c = literal.ptr[i];
        bool known = false;
        for (size_t k = 0; c == '\\' && i + 1 < literal.len && k < sizeof escapes / sizeof *escapes && !known;
             k++) {
            known = literal.ptr[i + 1] == escapes[k].escape;
            c = known ? escapes[k].byte : c;
        }
        i += known;
        r = buf_append_byte(out, c);
    }
    return r;
}

int locust_error_words(struct view text, struct buf *out) {
    struct view opening = VIEW("CatchResponseError("), inner = view_drop(text, opening.len);

    if (!view_starts_with(text, opening) || !view_ends_with(inner, VIEW(")")))
        return buf_append_view(out, text);
    inner.len--;
    char quote = inner.len >= 2 ? inner.ptr[0] : 0;
    if ((quote == '\'' || quote == '"') && inner.ptr[inner.len - 1] == quote)
        return unquote(view_of(inner.ptr + 1, inner.len - 2), out);
    return buf_append_view(out, inner);
}

static int error_row(const struct locust_error *e, struct buf *out) {
    struct buf words CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    int r = buf_printf(&words, "%.*s %.*s: ", VIEW_ARGS(e->method), VIEW_ARGS(e->name));

    r = r < 0 ? r : locust_error_words(e->text, &words);
    r = r < 0 ? r : buf_printf(out, "%-*llu ", COUNT_WIDTH, (unsigned long long)e->count);
    r = r < 0 ? r : locust_pad(out, buf_view(&words), ERROR_WIDTH);
    return r < 0 ? r : buf_append_byte(out, '\n');
}

int locust_table_errors(const struct locust_table *t, const struct locust_stats *s, struct buf *out) {
    const size_t widths[] = {COUNT_WIDTH, REPORT_WIDTH + t->name_width - COUNT_WIDTH - 1};
    int r = 0;

    if (!s->error_count)
        return 0;
    r = buf_printf(out, "Error report\n%-*s %-*s\n", COUNT_WIDTH, "# occurrences", ERROR_WIDTH, "Error");
    r = r < 0 ? r : rule(out, widths, 2);
    for (size_t i = 0; i < s->error_count && r == 0; i++)
        r = error_row(&s->errors[i], out);
    r = r < 0 ? r : rule(out, widths, 2);
    return r < 0 ? r : buf_append_byte(out, '\n');
}
