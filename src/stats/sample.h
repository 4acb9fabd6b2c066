/* The optional sample stream: every measurement as a point, for sinks that want raw data (json, csv). Off unless asked.
 * A packed chunk is a dictionary-compressed list of points; the queue is bounded, what it drops is counted. */
#ifndef STATS_SAMPLE_H
#define STATS_SAMPLE_H

#include "core/pack.h"
#include "stats/metric.h"
#include "stats/tags.h"

struct sample {
    metric_id metric;
    tagset_id tags;
    int64_t wall_ns; /* since the Unix epoch */
    double value;
    uint64_t vu;  /* metadata; 0 = absent */
    int64_t iter; /* metadata; -1 = absent */
    struct view metadata; /* the script's own: packed views, key value key value … ; of a sample that was read: valid during the call */
};

enum { SAMPLE_QUEUE_BYTES_MAX = 16 * 1024 * 1024 };

struct sample_queue; /* worker side */
int sample_queue_new(struct sample_queue **out, const struct metrics *m, const struct tags *t) MUST_USE;
struct sample_queue *sample_queue_free(struct sample_queue *q);
void sample_queue_add(struct sample_queue *q, const struct sample *s); /* drops (counted) when full */
uint64_t sample_queue_dropped(const struct sample_queue *q);
bool sample_queue_empty(const struct sample_queue *q);
/* Appends one self-contained chunk with everything queued, and empties the queue. */
void sample_queue_pack_and_reset(struct sample_queue *q, struct pack_writer *w);

/* Reader side: calls each() for every point; ids are those of m and t, which learn new names. */
int sample_chunk_unpack(struct pack_reader *r, struct metrics *m, struct tags *t,
                        void (*each)(void *ctx, const struct sample *s), void *ctx) MUST_USE;

#endif
