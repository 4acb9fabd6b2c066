/* Everything about traces and logs of one run: takes them (OTLP over HTTP, a followed file), joins them with our requests, and tells
 * what it found once a second. Two threads of its own and that of the HTTP server; the functions here may be called from one other thread
 * and never wait for the network or a disk. */
#ifndef TRACE_TRACE_STATION_H
#define TRACE_TRACE_STATION_H

#include "trace/log_store.h"
#include "trace/otlp_receiver.h"
#include "trace/trace_store.h"

struct trace_station_options {
    const char *address;     /* of the receiver; NULL = none */
    const char *token;
    const char *server_logs; /* path or "-"; NULL = none */
};
struct trace_station_counts {
    struct otlp_receiver_counts received;
    struct trace_store_counts spans;
    struct log_store_counts logs;
    uint64_t spans_invalid, attributes_left_out;
    size_t waiting; /* traces not dealt out yet */
};

struct trace_station;
int trace_station_new(struct trace_station **out, const struct trace_station_options *o, struct error *err) MUST_USE;
struct trace_station *trace_station_free(struct trace_station *s);
const char *trace_station_url(const struct trace_station *s); /* NULL = no receiver */
/* The load begins: the run's half of all trace ids (0: nothing can be joined), and when (µs since the Unix epoch). */
void trace_station_begin(struct trace_station *s, uint64_t run, int64_t load_wall_us);
/* What workers told of their exemplars: packed news (exemplar_store_pack). */
void trace_station_note(struct trace_station *s, struct view exemplar_news);
struct trace_station_counts trace_station_counts(struct trace_station *s);
/* Puts what traces said so far into the store, in place of what is there; false: nothing was added since the last call with the same *seen (0 at first). */
bool trace_station_summaries(struct trace_station *s, struct trace_summary_store *into, uint64_t *seen);

/* An exemplar as it stands now. */
struct trace_found {
    const struct exemplar *exemplar;
    struct view endpoint;
    size_t span_count; /* of its whole trace; changes when something came */
};
/* All exemplars (copied: nothing is locked while each() runs). */
int trace_station_exemplars(struct trace_station *s, int (*each)(void *ctx, const struct trace_found *f), void *ctx);
/* Its waterfall as JSON (trace_waterfall.h), appended. */
int trace_station_waterfall(struct trace_station *s, const struct exemplar *x, struct view endpoint, struct buf *out, size_t *spans) MUST_USE;
/* Log lines of that iteration after the given number; with iteration 0 errors that name no request. Copied as above. */
int trace_station_logs(struct trace_station *s, uint64_t iteration, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx);
/* The end: deals out everything that is there. Waits at most wait_us for what is still on its way (SDKs send in batches). */
void trace_station_finish(struct trace_station *s, int64_t wait_us);

#endif
