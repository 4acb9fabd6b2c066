#include "web/web_locust.h"

#include <math.h>
#include <stdio.h>

#include "core/clock.h"
#include "core/json_writer.h"
#include "report/locust_figures.h"

/* Python's round half up of proper_round. */
static double half_up(double v) {
    return floor(v + 0.5);
}

static void write_entry(struct json_writer *w, const struct web_locust *l, const struct locust_entry *e) {
    struct locust_rates now = locust_rates_current(l->stats, e), total = locust_rates_total(l->stats, e);
    bool whole, any = e->times->count > 0;

    json_writer_object(w);
    json_member_text(w, "method", e->method);
    json_member_text(w, "name", e->name);
    json_member_text(w, "safe_name", e->name);
    json_member_u64(w, "num_requests", e->requests);
    json_member_u64(w, "num_failures", e->failures);
    json_member_double(w, "min_response_time", any ? half_up(e->times->min) : 0);
    json_member_double(w, "max_response_time", any ? half_up(e->times->max) : 0);
    json_member_double(w, "current_rps", now.requests);
    json_member_double(w, "current_fail_per_sec", now.failures);
    json_member_double(w, "avg_response_time", locust_entry_average(e));
    json_member_double(w, "median_response_time", any ? locust_median(e->times, l->coarse, &whole) : 0);
    json_member_double(w, "total_rps", total.requests);
    json_member_double(w, "total_fail_per_sec", total.failures);
    json_member_double(w, "avg_content_length", locust_entry_average_bytes(e));
    json_member_double(w, "response_time_percentile_0.95", (double)locust_percentile(e->times, 0.95, l->coarse));
    json_member_double(w, "response_time_percentile_0.99", (double)locust_percentile(e->times, 0.99, l->coarse));
    json_writer_end(w);
}

static void key_time(struct json_writer *w, const char *key, double at) {
    char text[64];

    json_writer_key(w, view_of_cstr(key));
    if (at > 0)
        json_writer_string(
            w, view_of_cstr(clock_format_rfc3339((int64_t)at * 1000000000, 0, text, sizeof text)));
    else
        json_writer_null(w);
}

static void write_errors(struct json_writer *w, const struct locust_stats *s) {
    json_member_array(w, "errors");
    for (size_t i = 0; i < s->error_count && i < WEB_LOCUST_ROWS_MAX; i++) {
        json_writer_object(w);
        json_member_text(w, "name", s->errors[i].name);
        json_member_text(w, "method", s->errors[i].method);
        json_member_text(w, "error", s->errors[i].text);
        json_member_u64(w, "occurrences", s->errors[i].count);
        key_time(w, "first_seen", s->errors[i].first_at);
        key_time(w, "last_seen", s->errors[i].last_at);
        json_writer_end(w);
    }
    json_writer_end(w);
}

static void write_percentiles(struct json_writer *w, const struct web_locust *l) {
    static const double fractions[] = {0.5, 0.95};
    char key[48];

    json_writer_key(w, VIEW("current_response_time_percentiles"));
    json_writer_object(w);
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        snprintf(key, sizeof key, "response_time_percentile_%g", fractions[i]);
        json_writer_key(w, view_of_cstr(key));
        if (l->window && l->stats->total.times->count)
            json_writer_i64(
                w, locust_window_percentile(l->window, l->stats->total.times, fractions[i], l->coarse));
        else
            json_writer_null(w);
    }
    json_writer_end(w);
}

static void write_workers(struct json_writer *w, const struct web_locust *l) {
    json_member_array(w, "workers");
    for (size_t i = 0; i < l->worker_count; i++) {
        const struct web_locust_worker *one = &l->workers[i];
        json_writer_object(w);
        json_member_text(w, "id", view_of_cstr(one->name));
        json_member_text(w, "state", view_of_cstr(one->state));
        json_member_u64(w, "user_count", one->users);
        json_member_double(w, "cpu_usage", one->cpu);
        json_member_u64(w, "memory_usage", one->memory);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_member_u64(w, "worker_count", l->worker_count);
}

int web_locust_requests(const struct web_locust *l, struct buf *out) {
    const struct locust_stats *s = l->stats;
    struct json_writer w = json_writer_of(out);
    struct locust_rates now = locust_rates_current(s, &s->total), total = locust_rates_total(s, &s->total);

    json_writer_object(&w);
    json_member_array(&w, "stats");
    for (size_t i = 0; i < s->entry_count && i < WEB_LOCUST_ROWS_MAX; i++)
        write_entry(&w, l, s->sorted[i]);
    write_entry(&w, l, &s->total);
    json_writer_end(&w);
    write_errors(&w, s);
    json_member_double(&w, "current_rps", now.requests);
    json_member_double(&w, "current_fail_per_sec", now.failures);
    json_member_double(&w, "total_rps", total.requests);
    json_member_double(&w, "total_fail_per_sec", total.failures);
    json_member_double(&w, "total_avg_response_time", locust_entry_average(&s->total));
    json_member_double(&w, "fail_ratio", locust_entry_fail_share(&s->total));
    write_percentiles(&w, l);
    json_member_text(&w, "state", view_of_cstr(l->state));
    json_member_u64(&w, "user_count", (uint64_t)l->users);
    if (l->distributed)
        write_workers(&w, l);
    json_writer_end(&w);
    return json_writer_error(&w);
}

int web_locust_exceptions(const struct locust_stats *s, struct buf *out) {
    struct json_writer w = json_writer_of(out);

    json_writer_object(&w);
    json_member_array(&w, "exceptions");
    for (size_t i = 0; i < s->exception_count && i < WEB_LOCUST_ROWS_MAX; i++) {
        const struct locust_exception *x = &s->exceptions[i];
        json_writer_object(&w);
        json_member_u64(&w, "count", x->count);
        json_member_text(&w, "msg", x->message);
        json_member_text(&w, "traceback", x->frames);
        json_member_text(&w, "nodes", buf_view(&x->nodes));
        json_writer_end(&w);
    }
    json_writer_end(&w);
    json_writer_end(&w);
    return json_writer_error(&w);
}
