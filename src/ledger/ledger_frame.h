/* What a run measured, second by second: frames of packed series (stats/series.h), as a pyramid of 1 s, 10 s,
 * 1 min and 10 min, so that any window of a long run is read from few rows. Values are merged, never
 * averaged: percentiles of a window are exact at the width of the frames at its edges.
 *
 * A run keeps LEDGER_FRAME_RUN_BYTES at most: then the oldest fine frames go (the coarser ones over them
 * stay). */
#ifndef LEDGER_LEDGER_FRAME_H
#define LEDGER_LEDGER_FRAME_H

#include "ledger/ledger.h"
#include "stats/series.h"

enum { LEDGER_FRAME_WIDTHS = 4, LEDGER_FRAME_BYTES_MAX = 256 * 1024 * 1024 };
#define LEDGER_FRAME_RUN_BYTES ((int64_t)512 * 1024 * 1024)

/* Writes the frames of one run. Borrows ledger and registries. */
struct ledger_frames;
struct ledger_frames_options {
    int64_t run;
    struct metrics *metrics;
    struct tags *tags;
    int64_t bytes_max; /* 0 = LEDGER_FRAME_RUN_BYTES */
};
int ledger_frames_new(
    struct ledger_frames **out, struct ledger *l, const struct ledger_frames_options *o) MUST_USE;
struct ledger_frames *ledger_frames_free(
    struct ledger_frames *f); /* what was not flushed is in the 1 s frames all the same */
/* What happened in a second (>= 0, of the run); may come late or in pieces. In one transaction. */
int ledger_frames_add(
    struct ledger_frames *f, int64_t second, const struct series_store *delta, struct error *err) MUST_USE;
/* Writes the coarse frames that are still growing. */
int ledger_frames_flush(struct ledger_frames *f, struct error *err) MUST_USE;

struct ledger_window {
    int64_t from_s,
        to_s;        /* what was read: [from_s, to_s), at least as much as was asked where there is data */
    int64_t width_s; /* of the widest frame at its edges; 0 = no data */
};
/* Merges all frames of [from_s, to_s) into `into`. window may be NULL. */
int ledger_frames_collect(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s,
    struct series_store *into, struct ledger_window *window, struct error *err) MUST_USE;
/* Frame by frame in order of time, at the finest width at which [from_s, to_s) is at most `points` frames,
 * coarser where finer ones are gone. `frame` holds the one frame; it is reset after each(). */
int ledger_frames_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    struct series_store *frame,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame), void *ctx,
    struct error *err) MUST_USE;
/* Of those frames, where finer ones are not gone. */
int64_t ledger_frames_width_s(int64_t from_s, int64_t to_s, size_t points);
/* The same, many times faster, of the metrics that curves are drawn from, all endpoints together: http_reqs,
 * http_req_failed, http_req_duration, iterations, data_received, request_duration, request_bytes,
 * request_failures, to be read without regard to tags. */
int ledger_frames_each_total(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    struct series_store *frame,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame), void *ctx,
    struct error *err) MUST_USE;
/* First and last second with data, [from_s, to_s). LEDGER_OK, LEDGER_NOT_FOUND or negative. */
int ledger_frames_span(struct ledger *l, int64_t run, struct ledger_window *out, struct error *err) MUST_USE;

#endif
