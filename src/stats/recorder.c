/* The recorder ties registry, series, evidence and the optional sample stream together for one worker.
 *
 * The cache holds, for each tag set that had an HTTP round trip, the nine series of http_*; ids of tag sets
 * are small and dense, so it is an array. Other metrics go through the store's hash. */
#include "stats/recorder.h"

#include <errno.h>
#include <stdlib.h>

/* X(metric, field of recorder_http); the order in which k6 emits them. */
#define HTTP_TRENDS(X)                                                                                       \
    X(HTTP_REQ_DURATION, duration_ms)                                                                        \
    X(HTTP_REQ_BLOCKED, blocked_ms)                                                                          \
    X(HTTP_REQ_CONNECTING, connecting_ms)                                                                    \
    X(HTTP_REQ_TLS_HANDSHAKING, tls_handshaking_ms)                                                          \
    X(HTTP_REQ_SENDING, sending_ms)                                                                          \
    X(HTTP_REQ_WAITING, waiting_ms)                                                                          \
    X(HTTP_REQ_RECEIVING, receiving_ms)
enum {
#define HTTP_ENUM(metric, field) CELL_##metric,
    HTTP_TRENDS(HTTP_ENUM)
#undef HTTP_ENUM
        CELL_HTTP_REQS,
    CELL_HTTP_REQ_FAILED,
    CELL_COUNT
};

struct cells {
    struct series *series[CELL_COUNT];
};
struct recorder_cache {
    struct cells **by_tags;
    size_t cap;
};

int recorder_init(struct recorder *r, bool with_samples) {
    int e;

    *r = (struct recorder){0};
    if ((e = metrics_new(&r->metrics)) < 0 || (e = tags_new(&r->tags, 0)) < 0 ||
        (e = series_store_new(&r->series, r->metrics, r->tags)) < 0 ||
        (e = evidence_store_new(&r->evidence)) < 0 || (e = exemplar_store_new(&r->exemplars)) < 0 ||
        (with_samples && (e = sample_queue_new(&r->samples, r->metrics, r->tags)) < 0)) {
        recorder_deinit(r);
        return e;
    }
    r->cache = calloc(1, sizeof *r->cache);
    if (!r->cache) {
        recorder_deinit(r);
        return -ENOMEM;
    }
    return 0;
}

void recorder_deinit(struct recorder *r) {
    if (r->cache) {
        for (size_t i = 0; i < r->cache->cap; i++)
            free(r->cache->by_tags[i]);
        free(r->cache->by_tags);
        free(r->cache);
    }
    sample_queue_free(r->samples);
    exemplar_store_free(r->exemplars);
    evidence_store_free(r->evidence);
    series_store_free(r->series);
    tags_free(r->tags);
    metrics_free(r->metrics);
    *r = (struct recorder){0};
}

static void add_sample(
    struct recorder *r, metric_id metric, tagset_id tags, double value, const struct recorder_at *at) {
    sample_queue_add(r->samples, &(struct sample){metric, tags, at->wall_ns, value, at->vu, at->iter, at->metadata});
}

void recorder_add_to(struct recorder *r, struct series *to, double value, int64_t wall_ns) {
    if (!to || series_store_add(r->series, to, value, wall_ns / 1000) < 0)
        r->lost++;
}

void recorder_add(
    struct recorder *r, metric_id metric, tagset_id tags, double value, const struct recorder_at *at) {
    recorder_add_to(r, series_store_get(r->series, metric, tags), value, at ? at->wall_ns : 0);
    if (r->samples && at)
        add_sample(r, metric, tags, value, at);
}

static struct cells *cells_new(struct recorder *r, tagset_id tags) {
    static const metric_id metrics[CELL_COUNT] = {
#define HTTP_ID(metric, field) [CELL_##metric] = METRIC_##metric,
        HTTP_TRENDS(HTTP_ID)
#undef HTTP_ID
            [CELL_HTTP_REQS] = METRIC_HTTP_REQS,
        [CELL_HTTP_REQ_FAILED] = METRIC_HTTP_REQ_FAILED,
    };
    struct recorder_cache *c = r->cache;

    if (tags >= c->cap) {
        size_t cap = c->cap ? c->cap : 64;
        while (cap <= tags)
            cap *= 2;
        struct cells **by_tags = realloc(c->by_tags, cap * sizeof(struct cells *));
        if (!by_tags)
            return NULL;
        for (size_t i = c->cap; i < cap; i++)
            by_tags[i] = NULL;
        c->by_tags = by_tags;
        c->cap = cap;
    }
    struct cells *n = calloc(1, sizeof *n);
    for (size_t i = 0; n && i < CELL_COUNT; i++) {
        n->series[i] = series_store_get(r->series, metrics[i], tags);
        if (!n->series[i]) {
            free(n);
            n = NULL;
        }
    }
    c->by_tags[tags] = n;
    return n;
}

void recorder_add_http(
    struct recorder *r, tagset_id tags, const struct recorder_http *h, const struct recorder_at *at) {
    struct cells *c = tags < r->cache->cap ? r->cache->by_tags[tags] : NULL;

    if (!c && !(c = cells_new(r, tags))) {
        r->lost++;
        return;
    }
    recorder_add_to(r, c->series[CELL_HTTP_REQS], 1, at->wall_ns);
#define HTTP_ADD(metric, field) recorder_add_to(r, c->series[CELL_##metric], h->field, at->wall_ns);
    HTTP_TRENDS(HTTP_ADD)
#undef HTTP_ADD
    if (h->failed >= 0)
        recorder_add_to(r, c->series[CELL_HTTP_REQ_FAILED], h->failed, at->wall_ns);
    if (!r->samples)
        return;
    add_sample(r, METRIC_HTTP_REQS, tags, 1, at);
#define HTTP_SAMPLE(metric, field) add_sample(r, METRIC_##metric, tags, h->field, at);
    HTTP_TRENDS(HTTP_SAMPLE)
#undef HTTP_SAMPLE
    if (h->failed >= 0)
        add_sample(r, METRIC_HTTP_REQ_FAILED, tags, h->failed, at);
}
