/* The sample stream. Points are packed the moment they are added, into one growing chunk with its own
 * dictionary; handing the chunk over is then one copy. A chunk: version, number of points, the points. A
 * point: metric, tag set (dictionary references), time as the difference to the point before, value, vu, iter, the script's
 * metadata.
 *
 * Limit: once SAMPLE_QUEUE_BYTES_MAX bytes are queued, points are counted as dropped until the queue is
 * emptied. Without memory the whole chunk is given up, counted, because its dictionary may be torn. */
#include "stats/sample.h"

#include "stats/dictionary_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { SAMPLE_CHUNK_VERSION = 2, PACKED_SAMPLE_BYTES_MIN = 14 };

struct sample_queue {
    struct buf points;
    uint64_t count, dropped;
    int64_t last_ns;
    struct dictionary_writer dictionary;
};

int sample_queue_new(struct sample_queue **out, const struct metrics *m, const struct tags *t) {
    struct sample_queue *q = calloc(1, sizeof *q);

    if (!q)
        return -ENOMEM;
    buf_init(&q->points, 2 * (size_t)SAMPLE_QUEUE_BYTES_MAX); /* one point may pass the mark */
    dictionary_writer_init(&q->dictionary, m, t);
    *out = q;
    return 0;
}

struct sample_queue *sample_queue_free(struct sample_queue *q) {
    if (!q)
        return NULL;
    buf_deinit(&q->points);
    dictionary_writer_deinit(&q->dictionary);
    free(q);
    return NULL;
}

static void restart(struct sample_queue *q) {
    buf_clear(&q->points);
    dictionary_writer_restart(&q->dictionary);
    q->count = 0;
    q->last_ns = 0;
}

void sample_queue_add(struct sample_queue *q, const struct sample *s) {
    if (q->points.len >= SAMPLE_QUEUE_BYTES_MAX || !isfinite(s->value)) {
        q->dropped++;
        return;
    }
    struct pack_writer w = pack_writer_of(&q->points);
    dictionary_write_metric(&q->dictionary, &w, s->metric);
    dictionary_write_tags(&q->dictionary, &w, s->tags);
    pack_i64(&w, (int64_t)((uint64_t)s->wall_ns - (uint64_t)q->last_ns));
    pack_double(&w, s->value);
    pack_u64(&w, s->vu);
    pack_i64(&w, s->iter);
    pack_view(&w, s->metadata);
    q->last_ns = s->wall_ns;
    q->count++;
    if (w.error) {
        q->dropped += q->count;
        restart(q);
    }
}

uint64_t sample_queue_dropped(const struct sample_queue *q) {
    return q->dropped;
}

bool sample_queue_empty(const struct sample_queue *q) {
    return q->count == 0;
}

void sample_queue_pack_and_reset(struct sample_queue *q, struct pack_writer *w) {
    pack_u64(w, SAMPLE_CHUNK_VERSION);
    pack_u64(w, q->count);
    if (!w->error)
        w->error = buf_append_view(w->out, buf_view(&q->points));
    if (w->error)
        q->dropped += q->count;
    restart(q);
}

int sample_chunk_unpack(struct pack_reader *r, struct metrics *m, struct tags *t,
    void (*each)(void *ctx, const struct sample *s), void *ctx) {
    struct dictionary_reader d = {.metrics = m, .tags = t};
    int64_t last_ns = 0;

    if (unpack_u64(r) != SAMPLE_CHUNK_VERSION)
        return ERROR_SYNTAX;
    size_t n = unpack_count(r, PACKED_SAMPLE_BYTES_MIN);
    for (size_t i = 0; i < n && !r->failed; i++) {
        struct dictionary_metric metric = dictionary_read_metric(&d, r);
        struct sample s = {.metric = metric.id, .tags = dictionary_read_tags(&d, r)};
        s.wall_ns = (int64_t)((uint64_t)last_ns + (uint64_t)unpack_i64(r));
        s.value = unpack_double(r);
        s.vu = unpack_u64(r);
        s.iter = unpack_i64(r);
        s.metadata = unpack_view(r);
        last_ns = s.wall_ns;
        if (!isfinite(s.value))
            r->failed = true;
        if (!r->failed && metric.known)
            each(ctx, &s);
    }
    int result = d.error ? d.error : r->failed ? ERROR_SYNTAX : 0;
    dictionary_reader_deinit(&d);
    return result;
}
