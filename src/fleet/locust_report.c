#include "fleet/locust_report.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/hex.h"
#include "report/locust_figures.h"

int locust_report_init(struct locust_report *r) {
    *r = (struct locust_report){.head = {.seq = 0}};
    locust_stats_init(&r->stats);
    int e = recorder_init(&r->recorder, false);
    r->state = (struct run_state){.total = &r->recorder, .start_wall_ns = clock_wall_ns()};
    return e;
}

void locust_report_deinit(struct locust_report *r) {
    locust_stats_deinit(&r->stats);
    recorder_deinit(&r->recorder);
}

void locust_report_clear(struct locust_report *r) {
    series_store_reset(r->recorder.series);
    evidence_store_zero(r->recorder.evidence);
    r->state.start_wall_ns = clock_wall_ns(); /* for locust_stats: the counts per second begin anew, too */
}

static int refresh(struct locust_report *r) {
    return locust_stats_refresh(&r->stats, &r->state, (double)clock_wall_us() / 1e6);
}

int locust_report_add(struct locust_report *r, struct view snapshot) {
    struct snapshot_head *head = calloc(1, sizeof *head);
    if (!head)
        return -ENOMEM;
    int e = snapshot_unpack_merge(snapshot, head, &r->recorder);
    free(head);
    return e < 0 ? e : refresh(r);
}

/* ---- ours to theirs ---- */

/* Python's repr() of a text. Whatever is not ASCII counts as printable. */
static int python_repr(struct view text, struct buf *out) {
    bool twice = view_find(text, '\'') >= 0 && view_find(text, '"') < 0;
    char quote = twice ? '"' : '\'';
    int r = buf_append_byte(out, quote);
    for (size_t i = 0; i < text.len && r == 0; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == (unsigned char)quote || c == '\\')
            r = buf_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            r = buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7f)
            r = buf_printf(out, "\\x%02x", c);
        else
            r = buf_append_byte(out, (char)c);
    }
    return r < 0 ? r : buf_append_byte(out, quote);
}

int locust_report_key(struct view method, struct view name, struct view error, char out[65]) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024), hex CLEANUP(buf_deinit) = BUF_MAX(128);
    unsigned char digest[32];
    int r = buf_printf(&text, "%.*s.%.*s.", VIEW_ARGS(method), VIEW_ARGS(name));
    r = r < 0 ? r : python_repr(error, &text);
    if (r == 0 && EVP_Digest(text.ptr, text.len, digest, NULL, EVP_sha256(), NULL) != 1)
        r = -ENOMEM;
    r = r < 0 ? r : hex_encode(&hex, view_of((const char *)digest, sizeof digest));
    if (r == 0)
        memcpy(out, hex.ptr, 65);
    return r;
}

struct bucket_count {
    struct locust_packer *p; /* NULL: only counts */
    uint32_t n;
};

static int each_bucket(void *ctx, int64_t ms, uint64_t count) {
    struct bucket_count *b = ctx;
    b->n++;
    if (b->p) {
        msgpack_pack_int64(&b->p->to, ms);
        msgpack_pack_uint64(&b->p->to, count);
    }
    return 0;
}

static void pack_buckets(struct locust_packer *p, const struct histogram *h) {
    struct bucket_count count = {0};
    (void)locust_buckets_each(h, each_bucket, &count);
    msgpack_pack_map(&p->to, count.n);
    count.p = p;
    (void)locust_buckets_each(h, each_bucket, &count);
}

static void pack_seconds(struct locust_packer *p, const struct locust_entry *e, bool failures) {
    uint32_t n = 0;
    for (size_t i = 0; i < e->second_count; i++)
        n += (failures ? e->seconds[i].failures : e->seconds[i].requests) > 0;
    msgpack_pack_map(&p->to, n);
    for (size_t i = 0; i < e->second_count; i++) {
        uint64_t count = failures ? e->seconds[i].failures : e->seconds[i].requests;
        if (count == 0)
            continue;
        msgpack_pack_int64(&p->to, e->seconds[i].epoch_s);
        msgpack_pack_uint64(&p->to, count);
    }
}

static void pack_or_nil(struct locust_packer *p, const char *key, bool there, double value) {
    locust_pack_key(p, key);
    if (there)
        msgpack_pack_double(&p->to, value);
    else
        msgpack_pack_nil(&p->to);
}

static void pack_entry(struct locust_packer *p, const struct locust_entry *e, double since) {
    const struct histogram *h = e->times;
    bool any = h->count > 0;
    msgpack_pack_map(&p->to, 14);
    locust_pack_pair(p, "name", e->name);
    locust_pack_pair(p, "method", e->method);
    pack_or_nil(p, "last_request_timestamp", e->last_at > 0, e->last_at);
    locust_pack_number(p, "start_time", e->first_at > 0 ? e->first_at : since);
    locust_pack_count(p, "num_requests", e->requests);
    locust_pack_count(p, "num_none_requests", e->untimed);
    locust_pack_count(p, "num_failures", e->failures);
    locust_pack_number(p, "total_response_time", any ? h->sum : 0);
    locust_pack_number(p, "max_response_time", any ? h->max : 0);
    pack_or_nil(p, "min_response_time", any, h->min);
    locust_pack_count(p, "total_content_length", e->bytes > 0 ? (uint64_t)e->bytes : 0);
    locust_pack_key(p, "response_times");
    pack_buckets(p, h);
    locust_pack_key(p, "num_reqs_per_sec");
    pack_seconds(p, e, false);
    locust_pack_key(p, "num_fail_per_sec");
    pack_seconds(p, e, true);
}

static bool is_told(const struct locust_entry *e) {
    return e->requests > 0 || e->failures > 0;
}

static void pack_entries(struct locust_packer *p, const struct locust_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->stats.entry_count; i++)
        n += is_told(r->stats.entries[i]);
    locust_pack_key(p, "stats");
    msgpack_pack_array(&p->to, n);
    for (size_t i = 0; i < r->stats.entry_count; i++)
        if (is_told(r->stats.entries[i]))
            pack_entry(p, r->stats.entries[i], r->stats.start_at);
    locust_pack_key(p, "stats_total");
    pack_entry(p, &r->stats.total, r->stats.start_at);
}

static void pack_errors(struct locust_packer *p, const struct locust_report *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->stats.error_count; i++)
        n += r->stats.errors[i].count > 0;
    locust_pack_key(p, "errors");
    msgpack_pack_map(&p->to, n);
    for (size_t i = 0; i < r->stats.error_count; i++) {
        const struct locust_error *e = &r->stats.errors[i];
        char key[65] = "";
        if (e->count == 0)
            continue;
        int one = locust_report_key(e->method, e->name, e->text, key);
        p->error = p->error ? p->error : one;
        locust_pack_key(p, key);
        msgpack_pack_map(&p->to, 6);
        locust_pack_pair(p, "name", e->name);
        locust_pack_pair(p, "method", e->method);
        locust_pack_pair(p, "error", e->text);
        locust_pack_count(p, "occurrences", e->count);
        pack_or_nil(p, "first_seen", e->first_at > 0, e->first_at);
        pack_or_nil(p, "last_seen", e->last_at > 0, e->last_at);
    }
}

void locust_report_pack_classes(
    struct locust_packer *p, const struct locust_report_class *classes, size_t n) {
    msgpack_pack_map(&p->to, n);
    for (size_t i = 0; i < n; i++) {
        locust_pack_text(p, classes[i].name);
        msgpack_pack_uint64(&p->to, classes[i].users);
    }
}

static const char *const own_keys[] = {
    "stats", "stats_total", "errors", "user_classes_count", "user_count", LOCUST_REPORT_SNAPSHOT};

static bool is_own(const char *key) {
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        if (strcmp(key, own_keys[i]) == 0)
            return true;
    return false;
}

static void pack_snapshot(struct locust_report *r, struct locust_packer *p) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX / 2);
    r->head.seq++;
    int e = snapshot_pack(&r->head, &r->recorder, &packed);
    p->error = p->error ? p->error : e;
    locust_pack_key(p, LOCUST_REPORT_SNAPSHOT);
    msgpack_pack_bin(&p->to, packed.len);
    msgpack_pack_bin_body(&p->to, packed.ptr ? packed.ptr : "", packed.len);
}

void locust_report_pack(
    struct locust_report *r, struct locust_packer *p, const struct locust_report_options *o) {
    size_t more = 0;
    uint64_t users = 0;
    const char *key;
    json_t *value;
    int e = refresh(r);
    p->error = p->error ? p->error : e;
    json_object_foreach((json_t *)(uintptr_t)o->more, key, value) more += !is_own(key);
    for (size_t i = 0; i < o->class_count; i++)
        users += o->classes[i].users;
    msgpack_pack_map(&p->to, 5 + o->snapshot + more);
    pack_entries(p, r);
    pack_errors(p, r);
    locust_pack_key(p, "user_classes_count");
    locust_report_pack_classes(p, o->classes, o->class_count);
    locust_pack_count(p, "user_count", users);
    json_object_foreach((json_t *)(uintptr_t)o->more, key, value) {
        if (is_own(key))
            continue;
        locust_pack_key(p, key);
        locust_pack_json(p, value);
    }
    if (o->snapshot)
        pack_snapshot(r, p); /* last: it empties the recorder */
    locust_report_clear(r);
}

/* ---- theirs to ours ---- */

static const struct {
    struct view name;
    enum metric_type type;
    enum metric_contains contains;
} metrics_of_requests[REQUEST_METRIC_COUNT] = {
#define ROW(id, name, type, contains) {VIEW(name), METRIC_##type, METRIC_##contains},
    REQUEST_METRICS(ROW)
#undef ROW
};

static int add(struct recorder *into, enum request_metric what, tagset_id tags, const struct sink *sink) {
    metric_id id;
    int r = metrics_register(into->metrics, metrics_of_requests[what].name, metrics_of_requests[what].type,
        metrics_of_requests[what].contains, &id);
    if (r != METRIC_OK)
        return r < 0 ? r : ERROR_INVALID;
    return series_store_merge_sink(into->series, id, tags, sink);
}

static int read_buckets(const msgpack_object *e, struct histogram *h) {
    const msgpack_object *times = locust_field(e, "response_times");
    if (!times || times->type != MSGPACK_OBJECT_MAP || times->via.map.size > LOCUST_REPORT_BUCKETS_MAX)
        return times ? ERROR_INVALID : 0;
    for (uint32_t i = 0; i < times->via.map.size; i++) {
        double ms = locust_number_of(&times->via.map.ptr[i].key, -1);
        uint64_t n = locust_count_of(&times->via.map.ptr[i].val);
        if (ms < 0 || n > UINT32_MAX)
            return ERROR_INVALID;
        int r = histogram_record_n(h, ms, n);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Count, sum, minimum and maximum are known exactly, whatever the buckets say. */
static int read_times(const msgpack_object *e, tagset_id tags, struct recorder *into) {
    struct sink s;
    sink_init(&s, METRIC_TREND);
    int r = read_buckets(e, &s.trend);
    if (r == 0 && s.trend.count > 0) {
        double min = locust_number_of(locust_field(e, "min_response_time"), s.trend.min);
        double max = locust_number_of(locust_field(e, "max_response_time"), s.trend.max);
        s.trend.sum = locust_number_of(locust_field(e, "total_response_time"), s.trend.sum);
        if (min <= max)
            s.trend.min = min, s.trend.max = max;
        r = add(into, REQUEST_METRIC_DURATION, tags, &s);
    }
    sink_deinit(&s);
    return r;
}

static double first_second(const msgpack_object *e) {
    const msgpack_object *seconds = locust_field(e, "num_reqs_per_sec");
    double first = locust_number_of(locust_field(e, "last_request_timestamp"), 0);
    for (uint32_t i = 0; seconds && seconds->type == MSGPACK_OBJECT_MAP && i < seconds->via.map.size; i++) {
        double at = locust_number_of(&seconds->via.map.ptr[i].key, first);
        first = at > 0 && at < first ? at : first;
    }
    return first;
}

static int read_counts(const msgpack_object *e, tagset_id tags, struct recorder *into) {
    struct sink s;
    uint64_t requests = locust_count_of(locust_field(e, "num_requests")),
             failures = locust_count_of(locust_field(e, "num_failures"));
    double last = locust_number_of(locust_field(e, "last_request_timestamp"), 0);
    if (requests > UINT32_MAX || failures > UINT32_MAX)
        return ERROR_INVALID;
    sink_init(&s, METRIC_COUNTER);
    s.counter.sum = locust_number_of(locust_field(e, "total_content_length"), 0);
    s.counter.count = requests;
    int r = requests ? add(into, REQUEST_METRIC_BYTES, tags, &s) : 0;
    s.counter.sum = (double)failures;
    s.counter.count = failures;
    if (r == 0 && failures)
        r = add(into, REQUEST_METRIC_FAILURES, tags, &s);
    if (r == 0 && last > 0) {
        sink_init(&s, METRIC_GAUGE);
        s.gauge.last = s.gauge.max = last;
        s.gauge.min = first_second(e);
        s.gauge.at_us = (int64_t)(last < 1e12 ? last * 1e6 : 0);
        s.gauge.count = 1;
        r = add(into, REQUEST_METRIC_AT, tags, &s);
    }
    return r;
}

static int read_entry(const msgpack_object *e, struct recorder *into) {
    struct tag tags[] = {{VIEW("method"), locust_text_of(locust_field(e, "method"))},
        {VIEW("name"), locust_text_of(locust_field(e, "name"))}};
    if (!tags[1].value.ptr)
        return ERROR_INVALID;
    if (!tags[0].value.ptr)
        tags[0].value = VIEW("");
    tagset_id set = tags_intern(into->tags, tags, 2);
    int r = read_times(e, set, into);
    return r < 0 ? r : read_counts(e, set, into);
}

static bool read_error(const msgpack_object *e, struct recorder *into) {
    struct view method = locust_text_of(locust_field(e, "method")),
                name = locust_text_of(locust_field(e, "name")),
                text = locust_text_of(locust_field(e, "error"));
    uint64_t n = locust_count_of(locust_field(e, "occurrences"));
    double first = locust_number_of(locust_field(e, "first_seen"), 0),
           last = locust_number_of(locust_field(e, "last_seen"), 0);
    if (!text.ptr || n == 0 || n > UINT32_MAX || fabs(first) > 1e12 || fabs(last) > 1e12)
        return false;
    bool fresh = evidence_store_add_at(
        into->evidence, EVIDENCE_LOCUST_FAILURE, method, name, text, n, (int64_t)(first * 1e6));
    (void)evidence_store_add_at(
        into->evidence, EVIDENCE_LOCUST_FAILURE, method, name, text, 0, (int64_t)(last * 1e6));
    if (fresh && text.len > EVIDENCE_TEXT_MAX)
        evidence_store_exemplar(into->evidence, EVIDENCE_LOCUST_FAILURE, method, name, text, text);
    return true;
}

int locust_report_read(const msgpack_object *data, struct recorder *into) {
    const msgpack_object *stats = locust_field(data, "stats"), *errors = locust_field(data, "errors");
    struct view packed = locust_text_of(locust_field(data, LOCUST_REPORT_SNAPSHOT));
    int left_out = 0;
    if (packed.ptr) {
        struct snapshot_head *head = calloc(1, sizeof *head);
        int r = head ? snapshot_unpack_merge(packed, head, into) : -ENOMEM;
        free(head);
        return r;
    }
    if (!stats || stats->type != MSGPACK_OBJECT_ARRAY || stats->via.array.size > LOCUST_REPORT_ENTRIES_MAX)
        return ERROR_INVALID;
    for (uint32_t i = 0; i < stats->via.array.size; i++) {
        int r = read_entry(&stats->via.array.ptr[i], into);
        if (r == -ENOMEM)
            return r;
        left_out += r < 0;
    }
    for (uint32_t i = 0; errors && errors->type == MSGPACK_OBJECT_MAP && i < errors->via.map.size; i++)
        left_out += !read_error(&errors->via.map.ptr[i].val, into);
    return left_out;
}

void locust_report_exception(const msgpack_object *data, struct view node_id, struct recorder *into) {
    struct buf exemplar CLEANUP(buf_deinit) = BUF_MAX(EVIDENCE_EXEMPLAR_MAX);
    struct view message = locust_text_of(locust_field(data, "msg")),
                frames = locust_text_of(locust_field(data, "traceback"));
    char key[16];
    uint64_t hash = view_hash(frames, 1);
    for (size_t i = 0; i < sizeof key; i++, hash >>= 4) /* as the workers of ours key theirs */
        key[i] = "0123456789abcdef"[hash & 15];
    struct view subject = view_of(key, sizeof key);
    if (!evidence_store_add_at(
            into->evidence, EVIDENCE_LOCUST_EXCEPTION, subject, node_id, VIEW(""), 1, clock_wall_us()))
        return;
    int r = buf_append_view(&exemplar, view_take(message, EVIDENCE_EXEMPLAR_MAX / 2));
    r = r < 0 ? r : buf_append_byte(&exemplar, 0);
    r = r < 0 ? r : buf_append_view(&exemplar, view_take(frames, EVIDENCE_EXEMPLAR_MAX / 2 - 2));
    if (r == 0)
        evidence_store_exemplar(
            into->evidence, EVIDENCE_LOCUST_EXCEPTION, subject, node_id, VIEW(""), buf_view(&exemplar));
}
