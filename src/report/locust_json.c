#include "report/locust_json.h"

#include <stdio.h>

#include "core/json_writer.h"
#include "report/locust_figures.h"

static void key_float(struct json_writer *w, struct view key, bool known, double v) {
    char text[LOCUST_NUMBER_MAX];

    json_writer_key(w, key);
    if (known)
        json_writer_raw(w, view_of_cstr(locust_float(v, text)));
    else
        json_writer_null(w);
}

static void key_u64(struct json_writer *w, struct view key, uint64_t v) {
    json_writer_key(w, key);
    json_writer_u64(w, v);
}

static void numbered(struct json_writer *w, int64_t number, uint64_t count) {
    char key[32];

    snprintf(key, sizeof key, "%lld", (long long)number);
    key_u64(w, view_of_cstr(key), count);
}

static int bucket(void *ctx, int64_t ms, uint64_t count) {
    numbered(ctx, ms, count);
    return 0;
}

static void seconds(struct json_writer *w, struct view key, const struct locust_entry *e, bool failures) {
    json_writer_key(w, key);
    json_writer_object(w);
    for (size_t i = 0; i < e->second_count; i++) {
        uint64_t n = failures ? e->seconds[i].failures : e->seconds[i].requests;
        if (n)
            numbered(w, e->seconds[i].epoch_s, n);
    }
    json_writer_end(w);
}

static void entry(struct json_writer *w, const struct locust_entry *e) {
    json_writer_object(w);
    json_writer_key(w, VIEW("name"));
    json_writer_string(w, e->name);
    json_writer_key(w, VIEW("method"));
    json_writer_string(w, e->method);
    key_float(w, VIEW("last_request_timestamp"), e->last_at > 0, e->last_at);
    key_float(w, VIEW("start_time"), true, e->first_at);
    key_u64(w, VIEW("num_requests"), e->requests);
    key_u64(w, VIEW("num_none_requests"), e->untimed);
    key_u64(w, VIEW("num_failures"), e->failures);
    key_float(w, VIEW("total_response_time"), true, e->times->sum);
    key_float(w, VIEW("max_response_time"), true, e->times->count ? e->times->max : 0);
    key_float(w, VIEW("min_response_time"), e->times->count, e->times->min);
    key_u64(w, VIEW("total_content_length"), e->bytes > 0 ? (uint64_t)e->bytes : 0);
    json_writer_key(w, VIEW("response_times"));
    json_writer_object(w);
    (void)locust_buckets_each(e->times, bucket, w);
    json_writer_end(w);
    seconds(w, VIEW("num_reqs_per_sec"), e, false);
    seconds(w, VIEW("num_fail_per_sec"), e, true);
    json_writer_end(w);
}

int locust_json_entries(const struct locust_stats *s, struct buf *out) {
    struct json_writer w = json_writer_of(out);

    w.indent = 4;
    json_writer_array(&w);
    for (size_t i = 0; i < s->entry_count; i++)
        if (s->entries[i]->requests || s->entries[i]->failures)
            entry(&w, s->entries[i]);
    json_writer_end(&w);
    return json_writer_error(&w);
}
