/* Lines end as Python's csv module ends them, with CR LF; quotes as it sets them. Locust keeps what it wrote
 * for up to five seconds in memory and loses it at the end; here every second reaches the file. */
#include "report/locust_csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "report/locust_figures.h"
#include "report/locust_window.h"
#include "report/report_errno_priv.h"

enum csv_file { CSV_STATS, CSV_FAILURES, CSV_EXCEPTIONS, CSV_HISTORY, CSV_FILE_COUNT };
static const char *const suffixes[CSV_FILE_COUNT] = {
    "_stats.csv", "_failures.csv", "_exceptions.csv", "_stats_history.csv"};

struct locust_csv {
    struct report_sink base;
    struct locust_csv_options o;
    int fds[CSV_FILE_COUNT];
    char paths[CSV_FILE_COUNT][LOCUST_CSV_PATH_MAX];
    int64_t next_us; /* elapsed time of the next writing */
    int failed;      /* -errno of the first failure; nothing is written after it */
    enum csv_file failed_in;
    struct locust_window total, *windows; /* per entry, as first seen; with full_history */
    size_t window_count;
    struct buf text;
};

/* ---- fields ---- */

static int field(struct buf *out, struct view v) {
    bool quoted = false;

    for (size_t i = 0; i < v.len && !quoted; i++)
        quoted = v.ptr[i] == ',' || v.ptr[i] == '"' || v.ptr[i] == '\r' || v.ptr[i] == '\n';
    if (!quoted)
        return buf_append_view(out, v);
    int r = buf_append_byte(out, '"');
    for (size_t i = 0; i < v.len && r == 0; i++) {
        r = v.ptr[i] == '"' ? buf_append_byte(out, '"') : 0;
        r = r < 0 ? r : buf_append_byte(out, v.ptr[i]);
    }
    return r < 0 ? r : buf_append_byte(out, '"');
}

static int comma_field(struct buf *out, struct view v) {
    int r = buf_append_byte(out, ',');

    return r < 0 ? r : field(out, v);
}

static int comma_float(struct buf *out, double v) {
    char text[LOCUST_NUMBER_MAX];

    return buf_printf(out, ",%s", locust_float(v, text));
}

/* Python's int 0 where there was nothing to compute a float from. */
static int comma_float_or_zero(struct buf *out, bool any, double v) {
    return any ? comma_float(out, v) : buf_append_view(out, VIEW(",0"));
}

static int end_row(struct buf *out) {
    return buf_append_view(out, VIEW("\r\n"));
}

static int comma_titles(struct buf *out) {
    int r = 0;

    for (size_t i = 0; i < locust_percentiles()->count && r == 0; i++)
        r = buf_printf(out, ",%s", locust_percentiles()->titles[i]);
    return r;
}

static int comma_percentiles(const struct locust_entry *e, bool coarse, struct buf *out) {
    int r = 0;

    for (size_t i = 0; i < locust_percentiles()->count && r == 0; i++)
        r = e->requests
                ? buf_printf(out, ",%lld",
                      (long long)locust_percentile(e->times, locust_percentiles()->fractions[i], coarse))
                : buf_append_view(out, VIEW(",N/A"));
    return r;
}

/* Median, average, min, max, size. */
static int comma_times(const struct locust_entry *e, bool coarse, struct buf *out) {
    bool whole, any = e->times->count > 0;
    double median = locust_median(e->times, coarse, &whole);
    int r = whole ? buf_printf(out, ",%lld", (long long)median) : comma_float(out, median);

    r = r < 0 ? r : comma_float(out, locust_entry_average(e));
    r = r < 0 ? r : comma_float_or_zero(out, any, e->times->min);
    r = r < 0 ? r : comma_float_or_zero(out, any, e->times->max);
    return r < 0 ? r : comma_float_or_zero(out, e->requests, locust_entry_average_bytes(e));
}

static int counts(const struct locust_entry *e, struct buf *out) {
    return buf_printf(out, ",%llu,%llu", (unsigned long long)e->requests, (unsigned long long)e->failures);
}

/* ---- tables ---- */

static int stats_row(
    const struct locust_stats *s, const struct locust_entry *e, bool coarse, struct buf *out) {
    struct locust_rates rates = locust_rates_total(s, e);
    int r = field(out, e->method);

    r = r < 0 ? r : comma_field(out, e->name);
    r = r < 0 ? r : counts(e, out);
    r = r < 0 ? r : comma_times(e, coarse, out);
    r = r < 0 ? r : comma_float(out, rates.requests);
    r = r < 0 ? r : comma_float(out, rates.failures);
    r = r < 0 ? r : comma_percentiles(e, coarse, out);
    return r < 0 ? r : end_row(out);
}

int locust_csv_stats(const struct locust_stats *s, bool coarse, struct buf *out) {
    int r = buf_append_view(out, VIEW("Type,Name,Request Count,Failure Count,Median Response Time,Average "
                                      "Response Time,Min Response Time,"
                                      "Max Response Time,Average Content Size,Requests/s,Failures/s"));

    r = r < 0 ? r : comma_titles(out);
    r = r < 0 ? r : end_row(out);
    for (size_t i = 0; i < s->entry_count && r == 0; i++)
        r = stats_row(s, s->sorted[i], coarse, out);
    return r < 0 ? r : stats_row(s, &s->total, coarse, out);
}

static int comma_time(struct buf *out, double at) {
    char text[64];

    return at > 0
               ? buf_printf(out, ",%s", clock_format_rfc3339((int64_t)at * 1000000000, 0, text, sizeof text))
               : buf_append_byte(out, ',');
}

int locust_csv_failures(const struct locust_stats *s, struct buf *out) {
    int r = buf_append_view(out, VIEW("Method,Name,Error,Occurrences,First Seen,Last Seen\r\n"));

    for (size_t i = 0; i < s->error_count && r == 0; i++) {
        const struct locust_error *e = &s->errors[i];
        r = field(out, e->method);
        r = r < 0 ? r : comma_field(out, e->name);
        r = r < 0 ? r : comma_field(out, e->text);
        r = r < 0 ? r : buf_printf(out, ",%llu", (unsigned long long)e->count);
        r = r < 0 ? r : comma_time(out, e->first_at);
        r = r < 0 ? r : comma_time(out, e->last_at);
        r = r < 0 ? r : end_row(out);
    }
    return r;
}

int locust_csv_exceptions(const struct locust_stats *s, struct buf *out) {
    int r = buf_append_view(out, VIEW("Count,Message,Traceback,Nodes\r\n"));

    for (size_t i = 0; i < s->exception_count && r == 0; i++) {
        const struct locust_exception *x = &s->exceptions[i];
        r = buf_printf(out, "%llu", (unsigned long long)x->count);
        r = r < 0 ? r : comma_field(out, x->message);
        r = r < 0 ? r : comma_field(out, x->frames);
        r = r < 0 ? r : comma_field(out, buf_view(&x->nodes));
        r = r < 0 ? r : end_row(out);
    }
    return r;
}

/* ---- history ---- */

static int history_header(struct buf *out) {
    int r = buf_append_view(out, VIEW("Timestamp,User Count,Type,Name,Requests/s,Failures/s"));

    r = r < 0 ? r : comma_titles(out);
    return r < 0
               ? r
               : buf_append_view(out,
                     VIEW(",Total Request Count,Total Failure Count,Total Median Response Time,Total Average "
                          "Response Time,"
                          "Total Min Response Time,Total Max Response Time,Total Average Content Size\r\n"));
}

/* w NULL: percentiles since the beginning, as Locust has them without --csv-full-history. */
static int history_row(const struct locust_csv *c, const struct locust_entry *e, struct locust_window *w,
    int64_t now_s, struct buf *out) {
    struct locust_rates rates = locust_rates_current(c->o.stats, e);
    int r = buf_printf(out, "%lld,%llu,", (long long)now_s, (unsigned long long)c->o.stats->users);

    r = r < 0 ? r : field(out, e->method);
    r = r < 0 ? r : comma_field(out, e->name);
    r = r < 0 ? r : buf_printf(out, ",%.6f,%.6f", rates.requests, rates.failures);
    if (!w || !e->requests)
        r = r < 0 ? r : comma_percentiles(e, c->o.coarse, out);
    for (size_t i = 0; i < locust_percentiles()->count && w && e->requests && r == 0; i++)
        r = buf_printf(out, ",%lld",
            (long long)locust_window_percentile(
                w, e->times, locust_percentiles()->fractions[i], c->o.coarse));
    r = r < 0 ? r : counts(e, out);
    r = r < 0 ? r : comma_times(e, c->o.coarse, out);
    r = r < 0 ? r : end_row(out);
    return r < 0 || !w ? r : locust_window_push(w, e->times);
}

static int room_for_windows(struct locust_csv *c) {
    size_t n = c->o.stats->entry_count;

    if (n <= c->window_count)
        return 0;
    struct locust_window *more = realloc(c->windows, n * sizeof *more);
    if (!more)
        return -ENOMEM;
    memset(more + c->window_count, 0, (n - c->window_count) * sizeof *more);
    c->windows = more;
    c->window_count = n;
    return 0;
}

static int history_rows(struct locust_csv *c, int64_t now_s, struct buf *out) {
    const struct locust_stats *s = c->o.stats;
    int r = c->o.full_history ? room_for_windows(c) : 0;

    for (size_t i = 0; i < s->entry_count && c->o.full_history && r == 0; i++)
        r = history_row(c, s->entries[i], &c->windows[i], now_s, out);
    return r < 0 ? r : history_row(c, &s->total, c->o.full_history ? &c->total : NULL, now_s, out);
}

/* ---- files ---- */

static void give_up(struct locust_csv *c, enum csv_file file, int error) {
    if (c->failed)
        return;
    c->failed = error;
    c->failed_in = file;
}

static int write_all(int fd, struct view text) {
    while (text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text = view_drop(text, (size_t)n);
    }
    return 0;
}

/* The whole file anew; what was longer before is cut off. */
static int rewrite(int fd, struct view text) {
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    int r = write_all(fd, text);
    return r < 0 ? r : ftruncate(fd, (off_t)text.len) < 0 ? -errno : 0;
}

static void write_file(struct locust_csv *c, enum csv_file file) {
    int r = 0;

    if (c->failed)
        return;
    buf_clear(&c->text);
    switch (file) {
    case CSV_STATS: r = locust_csv_stats(c->o.stats, c->o.coarse, &c->text); break;
    case CSV_FAILURES: r = locust_csv_failures(c->o.stats, &c->text); break;
    case CSV_EXCEPTIONS: r = locust_csv_exceptions(c->o.stats, &c->text); break;
    case CSV_HISTORY: r = history_rows(c, clock_wall_us() / 1000000, &c->text); break;
    case CSV_FILE_COUNT: return;
    }
    r = r < 0                 ? r
        : file == CSV_HISTORY ? write_all(c->fds[file], buf_view(&c->text))
                              : rewrite(c->fds[file], buf_view(&c->text));
    if (r < 0)
        give_up(c, file, r);
}

static void write_files(struct locust_csv *c) {
    for (int file = 0; file < CSV_FILE_COUNT; file++)
        write_file(c, (enum csv_file)file);
}

static void csv_start(struct report_sink *s, const struct run_state *r) {
    (void)r;
    write_files((struct locust_csv *)s);
}

static void csv_second(struct report_sink *s, const struct run_state *r) {
    struct locust_csv *c = (struct locust_csv *)s;

    if (r->elapsed_us + LOCUST_CSV_EARLY_US < c->next_us)
        return;
    write_files(c);
    c->next_us = r->elapsed_us + c->o.every_us;
}

static int csv_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct locust_csv *c = (struct locust_csv *)s;

    (void)r;
    write_files(c);
    if (!c->failed)
        return 0;
    return error_set(
        err, c->failed, "%s could not be written: %s", c->paths[c->failed_in], report_errno(-c->failed));
}

static void csv_free(struct report_sink *s) {
    struct locust_csv *c = (struct locust_csv *)s;

    for (int i = 0; i < CSV_FILE_COUNT; i++)
        if (c->fds[i] >= 0)
            close(c->fds[i]);
    for (size_t i = 0; i < c->window_count; i++)
        locust_window_deinit(&c->windows[i]);
    free(c->windows);
    locust_window_deinit(&c->total);
    buf_deinit(&c->text);
    free(c);
}

static const struct report_sink_ops ops = {
    .name = "csv", .start = csv_start, .second = csv_second, .finish = csv_finish, .free = csv_free};

/* Of the folder that the files shall stand in. */
static int make_folders(const char *prefix, struct error *err) {
    char folder[LOCUST_CSV_PATH_MAX];
    const char *slash = strrchr(prefix, '/');

    if (!slash || slash == prefix)
        return 0;
    if ((size_t)snprintf(folder, sizeof folder, "%.*s", (int)(slash - prefix), prefix) >= sizeof folder)
        return error_set(err, -ENAMETOOLONG, "--csv %.64s…: the path is too long", prefix);
    return file_make_dirs(folder, err);
}

static int open_file(struct locust_csv *c, enum csv_file file) {
    size_t size = sizeof c->paths[file];

    if ((size_t)snprintf(c->paths[file], size, "%s%s", c->o.prefix, suffixes[file]) >= size)
        return -ENAMETOOLONG;
    c->fds[file] = open(c->paths[file], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return c->fds[file] < 0 ? -errno : 0;
}

struct report_sink *locust_csv_new(const struct locust_csv_options *o, struct error *err) {
    struct locust_csv *c = calloc(1, sizeof *c);
    enum csv_file file = CSV_STATS;

    if (!c) {
        (void)error_set(err, -ENOMEM, "out of memory");
        return NULL;
    }
    c->base.ops = &ops;
    c->o = *o;
    buf_init(&c->text, LOCUST_CSV_BYTES_MAX);
    for (int i = 0; i < CSV_FILE_COUNT; i++)
        c->fds[i] = -1;
    int r = make_folders(o->prefix, err);
    if (r < 0) {
        csv_free(&c->base);
        return NULL;
    }
    for (; r == 0 && file < CSV_FILE_COUNT; file += r == 0)
        r = open_file(c, file);
    if (r == 0)
        r = history_header(&c->text);
    if (r == 0)
        r = write_all(c->fds[CSV_HISTORY], buf_view(&c->text));
    if (r == 0)
        return &c->base;
    (void)error_set(err, r, "--csv %s: %s could not be made: %s", o->prefix,
        c->paths[file < CSV_FILE_COUNT ? file : CSV_HISTORY], report_errno(-r));
    csv_free(&c->base);
    return NULL;
}
