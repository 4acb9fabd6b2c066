/* The key is kept in one piece of memory with its entry. Series of a store live as long as the store, so
 * entries may point to them. */
#include "script/python/entry.h"

#include <errno.h>
#include <stdlib.h>

enum { KEY_BYTES_MAX = 4096, HASH_TEXT = 17 };

static int register_metrics(struct entries *e) {
    static const struct {
        struct view name;
        enum metric_type type;
        enum metric_contains contains;
    } rows[REQUEST_METRIC_COUNT] = {
#define ENTRY_METRIC_ROW(id, name, type, contains)                                                           \
    [REQUEST_METRIC_##id] = {{name, sizeof name - 1}, METRIC_##type, METRIC_##contains},
        REQUEST_METRICS(ENTRY_METRIC_ROW)
#undef ENTRY_METRIC_ROW
    };
    for (size_t i = 0; i < REQUEST_METRIC_COUNT; i++) {
        int r = metrics_register(
            e->recorder->metrics, rows[i].name, rows[i].type, rows[i].contains, &e->metrics[i]);
        if (r != METRIC_OK)
            return r < 0 ? r : ERROR_INVALID;
    }
    return 0;
}

int entries_init(struct entries *e, struct recorder *r) {
    *e = (struct entries){.recorder = r};
    hashmap_init(&e->by_key, ENTRIES_MAX);
    return register_metrics(e);
}

void entries_deinit(struct entries *e) {
    for (struct hashmap_entry *h = NULL; (h = hashmap_next(&e->by_key, h)) != NULL;)
        free(h->value);
    hashmap_deinit(&e->by_key);
}

static void fill(struct entries *e, struct entry *n) {
    struct tag tags[] = {{VIEW("method"), n->method}, {VIEW("name"), n->name}};
    n->tags = tags_intern(e->recorder->tags, tags, 2);
    for (size_t i = 0; i < REQUEST_METRIC_COUNT; i++)
        n->series[i] = NULL;
}

static struct entry *add(struct entries *e, struct view key, size_t method_len) {
    struct entry *n = calloc(1, sizeof *n + key.len + 1);
    if (!n)
        return NULL;
    char *text = (char *)(n + 1);
    memcpy(text, key.ptr, key.len);
    n->method = view_of(text, method_len);
    n->name = view_of(text + method_len + 1, key.len - method_len - 1);
    if (hashmap_put(&e->by_key, view_of(text, key.len), n) < 0) {
        free(n);
        return NULL;
    }
    fill(e, n);
    return n;
}

struct entry *entries_get(struct entries *e, struct view method, struct view name) {
    char text[KEY_BYTES_MAX];
    size_t len = method.len + 1 + name.len;
    if (len <= sizeof text) {
        if (method.len)
            memcpy(text, method.ptr, method.len);
        text[method.len] = 0;
        if (name.len)
            memcpy(text + method.len + 1, name.ptr, name.len);
        struct entry *n = hashmap_get(&e->by_key, view_of(text, len));
        if (n || (n = add(e, view_of(text, len), method.len)) != NULL)
            return n;
    }
    e->spare = (struct entry){.method = method, .name = view_take(name, KEY_BYTES_MAX)};
    fill(e, &e->spare);
    return &e->spare;
}

static void add_value(
    struct entries *e, struct entry *to, enum request_metric which, double value, int64_t wall_ns) {
    struct recorder *r = e->recorder;
    if (r->samples && which != REQUEST_METRIC_AT) {
        recorder_add(
            r, e->metrics[which], to->tags, value, &(struct recorder_at){.wall_ns = wall_ns, .iter = -1});
        return;
    }
    if (!to->series[which])
        to->series[which] = series_store_get(r->series, e->metrics[which], to->tags);
    recorder_add_to(r, to->series[which], value, wall_ns);
}

static void record_failure(struct entries *e, const struct entry *to, struct view text, int64_t wall_us) {
    struct evidence_store *s = e->recorder->evidence;
    bool fresh = evidence_store_add_at(s, EVIDENCE_LOCUST_FAILURE, to->method, to->name, text, 1, wall_us);
    if (fresh && text.len > EVIDENCE_TEXT_MAX)
        evidence_store_exemplar(s, EVIDENCE_LOCUST_FAILURE, to->method, to->name, text, text);
}

void entry_record(struct entries *e, struct entry *to, const struct entry_request *r) {
    if (r->timed)
        add_value(e, to, REQUEST_METRIC_DURATION, r->ms, r->wall_ns);
    add_value(e, to, REQUEST_METRIC_BYTES, (double)r->length, r->wall_ns);
    add_value(e, to, REQUEST_METRIC_AT, (double)r->wall_ns / 1e9, r->wall_ns);
    if (!r->failure.ptr)
        return;
    add_value(e, to, REQUEST_METRIC_FAILURES, 1, r->wall_ns);
    record_failure(e, to, r->failure, r->wall_ns / 1000);
}

/* ---- HTTP ---- */

static char *status_text(int status, char out[8]) {
    out[3] = 0;
    for (int i = 2; i >= 0; i--, status /= 10)
        out[i] = (char)('0' + status % 10);
    return out;
}

static tagset_id http_tags(struct entries *e, struct entry *to, tagset_id base, int status, bool expected) {
    char text[8] = "0";
    for (unsigned i = 0; i < ENTRY_HTTP_TAGS; i++) {
        const struct entry_http_tags *t = &to->http[i];
        if (t->known && t->status == status && t->base == base)
            return t->tags;
    }
    struct tag tags[] = {
        {VIEW("method"), to->method},
        {VIEW("name"), to->name},
        {VIEW("status"), view_of_cstr(status ? status_text(status, text) : text)},
        {VIEW("expected_response"), expected ? VIEW("true") : VIEW("false")},
    };
    tagset_id set = tags_with(e->recorder->tags, base, tags, sizeof tags / sizeof *tags);
    to->http[to->http_next++ % ENTRY_HTTP_TAGS] = (struct entry_http_tags){status, base, set, true};
    return set;
}

static double span_ms(int64_t from_us, int64_t to_us) {
    return from_us && to_us > from_us ? (double)(to_us - from_us) / 1000.0 : 0;
}

static struct recorder_http times_of(const struct timing *t) {
    int64_t ready_us = t->got_connection_us, sent_us = t->sent_us ? t->sent_us : ready_us;
    int64_t first_us = t->first_byte_us ? t->first_byte_us : t->done_us;
    struct recorder_http h = {
        .blocked_ms = span_ms(t->asked_us, ready_us),
        .connecting_ms = t->reused ? 0 : span_ms(t->connect_started_us, t->connected_us),
        .tls_handshaking_ms = t->reused ? 0 : span_ms(t->connected_us, t->tls_done_us),
        .sending_ms = span_ms(ready_us, sent_us),
        .waiting_ms = span_ms(sent_us, first_us),
        .receiving_ms = t->first_byte_us ? span_ms(t->first_byte_us, t->done_us) : 0,
    };
    h.duration_ms = h.sending_ms + h.waiting_ms + h.receiving_ms;
    return h;
}

void entry_record_http(struct entries *e, struct entry *to, tagset_id base, int status, bool expected,
    const struct timing *t, int64_t wall_ns) {
    struct recorder_http h = times_of(t);
    h.failed = !expected;
    recorder_add_http(e->recorder, http_tags(e, to, base, status, expected), &h,
        &(struct recorder_at){.wall_ns = wall_ns, .iter = -1});
    evidence_store_add(
        e->recorder->evidence, EVIDENCE_REQUEST_COUNTED, VIEW("http requests"), VIEW(""), VIEW(""), 1);
}

void entries_exception(struct entries *e, struct view message, struct view trace, struct view node) {
    char key[HASH_TEXT], text[EVIDENCE_EXEMPLAR_MAX];
    uint64_t hash = view_hash(trace, 1);
    for (int i = 0; i < HASH_TEXT - 1; i++, hash >>= 4)
        key[i] = "0123456789abcdef"[hash & 15];
    struct view subject = view_of(key, HASH_TEXT - 1);
    if (!evidence_store_add(e->recorder->evidence, EVIDENCE_LOCUST_EXCEPTION, subject, node, VIEW(""), 1))
        return;
    message = view_take(message, EVIDENCE_EXEMPLAR_MAX / 4);
    trace = view_take(trace, EVIDENCE_EXEMPLAR_MAX - message.len - 1);
    char *at = mempcpy(text, message.len ? message.ptr : "", message.len);
    *at++ = 0;
    at = mempcpy(at, trace.len ? trace.ptr : "", trace.len);
    evidence_store_exemplar(e->recorder->evidence, EVIDENCE_LOCUST_EXCEPTION, subject, node, VIEW(""),
        view_of(text, (size_t)(at - text)));
}
