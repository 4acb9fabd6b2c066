#include "cli/ui_second.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/json_writer.h"
#include "stats/request_metric.h"

enum role { ROLE_UNKNOWN, ROLE_NONE, ROLE_TIMES, ROLE_REQUESTS, ROLE_FAILED, ROLE_FAILURES, ROLE_BYTES };

static const struct {
    bool locust;
    const char *metric;
    enum role role;
} rows[] = {
    {false, "http_req_duration", ROLE_TIMES},
    {false, "http_reqs", ROLE_REQUESTS},
    {false, "http_req_failed", ROLE_FAILED},
    {false, "data_received", ROLE_BYTES},
    {true, "request_duration", ROLE_TIMES},
    {true, "request_bytes", ROLE_REQUESTS}, /* its count; its sum are the bytes */
    {true, "request_failures", ROLE_FAILURES},
};

int ui_seconds_init(struct ui_seconds *s, bool locust) {
    *s = (struct ui_seconds){.requests_of_locust = locust};
    for (size_t i = 0; i < UI_SECOND_OPEN; i++) {
        s->open[i].second = -1;
        histogram_init(&s->open[i].times);
    }
    s->roles = calloc(UI_SECOND_METRICS_MAX, 1);
    int r = s->roles ? metrics_new(&s->metrics) : -ENOMEM;
    r = r < 0 ? r : tags_new(&s->tags, 0);
    return r < 0 ? r : series_store_new(&s->translator, s->metrics, s->tags);
}

void ui_seconds_deinit(struct ui_seconds *s) {
    for (size_t i = 0; i < UI_SECOND_OPEN; i++)
        histogram_deinit(&s->open[i].times);
    series_store_free(s->translator);
    tags_free(s->tags);
    metrics_free(s->metrics);
    free(s->roles);
}

static void clear(struct ui_second_sum *o, int64_t second) {
    o->second = second;
    o->requests = o->failures = 0;
    o->bytes = 0;
    histogram_reset(&o->times);
}

void ui_seconds_reset(struct ui_seconds *s) {
    for (size_t i = 0; i < UI_SECOND_OPEN; i++)
        clear(&s->open[i], -1);
    memset(s->roles, 0, UI_SECOND_METRICS_MAX); /* the next run has another registry */
    s->next = 0;
    s->rate = s->fail_rate = 0;
}

static enum role role_of(struct ui_seconds *s, const struct series_store *delta, const struct series *one) {
    metric_id id;
    tagset_id tags;

    if (one->metric >= UI_SECOND_METRICS_MAX)
        return ROLE_NONE;
    unsigned char *known = &s->roles[one->metric];
    if (*known)
        return (enum role) * known;
    *known = ROLE_NONE;
    if (series_store_translate(s->translator, delta, one, &id, &tags) < 0)
        return ROLE_NONE;
    struct view name = metrics_name(s->metrics, id);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].locust == s->requests_of_locust && view_eq(name, view_of_cstr(rows[i].metric)))
            *known = (unsigned char)rows[i].role;
    return (enum role) * known;
}

static void add_series(
    struct ui_seconds *s, struct ui_second_sum *o, enum role role, const struct sink *sink) {
    switch (role) {
    case ROLE_TIMES: (void)!histogram_merge(&o->times, &sink->trend); break;
    case ROLE_REQUESTS:
        o->requests += s->requests_of_locust ? sink->counter.count : (uint64_t)sink->counter.sum;
        o->bytes += s->requests_of_locust ? sink->counter.sum : 0;
        break;
    case ROLE_FAILED: o->failures += sink->rate.hits; break;
    case ROLE_FAILURES: o->failures += (uint64_t)sink->counter.sum; break;
    case ROLE_BYTES: o->bytes += sink->counter.sum; break;
    default: break;
    }
}

void ui_seconds_add(struct ui_seconds *s, int64_t second, const struct series_store *delta) {
    struct ui_second_sum *o = &s->open[second % UI_SECOND_OPEN];

    if (second < s->next || (o->second >= 0 && o->second > second))
        return;
    if (o->second != second)
        clear(o, second);
    for (size_t i = 0; i < series_store_written_count(delta); i++) {
        const struct series *one = series_store_written_at(delta, i);
        add_series(s, o, role_of(s, delta, one), &one->sink);
    }
}

static void key_double(struct json_writer *w, const char *key, double v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_double(w, isfinite(v) ? round(v * 1000) / 1000 : v);
}

static void write_workers(struct json_writer *w, const struct run_state *r) {
    enum { SHOWN_MAX = 64 }; /* more than anybody looks at each second; …/workers has them all */

    json_member_array(w, "workers");
    for (size_t i = 0; i < r->worker_count && i < SHOWN_MAX; i++) {
        const struct run_worker *one = &r->workers[i];
        json_writer_object(w);
        json_member_u64(w, "id", i);
        json_writer_key(w, VIEW("state"));
        json_writer_string(w, one->lost ? VIEW("lost") : one->alive ? VIEW("running") : VIEW("finished"));
        key_double(w, "cpu",
            one->health.wall_us > 0 ? 100.0 * (double)one->health.cpu_us / (double)one->health.wall_us : 0);
        json_member_u64(w, "rss_bytes", one->health.rss_bytes);
        json_writer_end(w);
    }
    json_writer_end(w);
}

static int write_second(
    const struct ui_second_sum *o, const struct run_state *r, int64_t run, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    bool any = o->times.count > 0;

    json_writer_object(&w);
    json_member_u64(&w, "run", (uint64_t)run);
    json_member_u64(&w, "t", (uint64_t)o->second);
    json_member_u64(&w, "users", r->users_active);
    json_member_u64(&w, "target", r->users_wished > 0 ? (uint64_t)r->users_wished : r->users_initialised);
    json_member_u64(&w, "rps", o->requests);
    json_member_u64(&w, "fails_s", o->failures);
    key_double(&w, "p50", any ? histogram_percentile(&o->times, 0.5) : NAN);
    key_double(&w, "p95", any ? histogram_percentile(&o->times, 0.95) : NAN);
    key_double(&w, "p99", any ? histogram_percentile(&o->times, 0.99) : NAN);
    key_double(&w, "max", any ? o->times.max : NAN);
    key_double(&w, "bytes_s", o->bytes);
    write_workers(&w, r);
    json_writer_end(&w);
    return json_writer_error(&w);
}

bool ui_seconds_take(
    struct ui_seconds *s, const struct run_state *r, int64_t run, bool all, struct buf *json) {
    struct ui_second_sum idle = {.second = s->next};
    struct ui_second_sum *o = &s->open[s->next % UI_SECOND_OPEN];
    bool later = false;

    for (size_t i = 0; i < UI_SECOND_OPEN; i++)
        later = later || s->open[i].second >= s->next;
    if (all ? !later
            : r->phase < RUN_RUNNING || r->load_elapsed_us < (s->next + 1) * 1000000 + UI_SECOND_PATIENCE_US)
        return false;
    const struct ui_second_sum *shown = o->second == s->next ? o : &idle;
    buf_clear(json);
    bool written = write_second(shown, r, run, json) == 0;
    s->rate = (double)shown->requests;
    s->fail_rate = (double)shown->failures;
    clear(o, -1);
    s->next++;
    return written;
}
