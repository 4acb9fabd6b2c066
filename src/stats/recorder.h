/* The one door through which a worker's measurements enter the statistics. Hot path: a request costs some ten nanoseconds per metric. */
#ifndef STATS_RECORDER_H
#define STATS_RECORDER_H

#include "stats/evidence.h"
#include "stats/exemplar.h"
#include "stats/sample.h"
#include "stats/series.h"

/* Durations of one HTTP round trip in milliseconds (see net/timing.h for their definition), as k6 names them. */
struct recorder_http {
    double duration_ms, blocked_ms, connecting_ms, tls_handshaking_ms, sending_ms, waiting_ms, receiving_ms;
    int failed; /* 0, 1, or -1 = do not record http_req_failed */
};

struct recorder {
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *series;
    struct evidence_store *evidence;
    struct exemplar_store *exemplars;
    struct sample_queue *samples; /* NULL = no sample stream */
    struct recorder_cache *cache; /* series by tag set */
    uint64_t lost;                /* values that were no finite number, or for which there was no memory */
};

int recorder_init(struct recorder *r, bool with_samples) MUST_USE; /* makes its own metrics, tags, stores */
void recorder_deinit(struct recorder *r);

struct recorder_at {
    int64_t wall_ns;
    uint64_t vu;  /* metadata for the sample stream only; 0 = absent */
    int64_t iter; /* -1 = absent */
    struct view metadata; /* see struct sample */
};
/* at = NULL: into the aggregates only, not into the sample stream. */
void recorder_add(struct recorder *r, metric_id metric, tagset_id tags, double value, const struct recorder_at *at);
/* As recorder_add for a series from series_store_get(r->series, …) that the caller keeps. Without the sample stream. */
void recorder_add_to(struct recorder *r, struct series *to, double value, int64_t wall_ns);
/* http_reqs, http_req_* of one round trip under one tag set, through one cached lookup. */
void recorder_add_http(struct recorder *r, tagset_id tags, const struct recorder_http *h, const struct recorder_at *at);

#endif
