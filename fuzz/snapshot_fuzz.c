/* Snapshots, sample chunks and plans from hostile workers. The first byte chooses which. A refused snapshot
 * must leave no trace; an accepted one must survive being packed and read again. */
#include "load/plan.h"
#include "stats/snapshot.h"

#include <math.h>
#include <stdlib.h>

static struct snapshot_head head; /* large */

static void take_snapshot(struct view v) {
    struct recorder r, again;
    struct buf b = BUF_MAX(SNAPSHOT_BYTES_MAX);

    if (recorder_init(&r, false) < 0 || recorder_init(&again, false) < 0)
        abort();
    if (snapshot_unpack_merge(v, &head, &r) < 0) {
        if (series_store_count(r.series) || evidence_store_count(r.evidence))
            abort();
    } else {
        for (size_t i = 0; i < series_store_count(r.series); i++) {
            const struct sink *s = &series_store_at(r.series, i)->sink;
            if (s->type == METRIC_TREND && !isfinite(histogram_percentile(&s->trend, 0.95)))
                abort();
        }
        if (snapshot_pack(&head, &r, &b) < 0 || snapshot_unpack_merge(buf_view(&b), &head, &again) < 0)
            abort();
    }
    buf_deinit(&b);
    recorder_deinit(&r);
    recorder_deinit(&again);
}

static void each(void *ctx, const struct sample *s) {
    const struct recorder *r = ctx;
    if (s->metric >= metrics_count(r->metrics) || s->tags >= tags_sets(r->tags))
        abort();
}

static void take_chunk(struct view v) {
    struct recorder r;
    struct pack_reader reader = pack_reader_of(v);

    if (recorder_init(&r, false) < 0)
        abort();
    if (sample_chunk_unpack(&reader, r.metrics, r.tags, each, &r) > 0)
        abort();
    recorder_deinit(&r);
}

static void take_plan(struct view v) {
    struct plan p;

    if (plan_unpack(&p, v, NULL) < 0)
        return;
    size_t stages = 0;
    for (size_t i = 0; i < p.scenario_count; i++)
        stages += 1 + p.scenarios[i].stage_count;
    if (stages < 100 && plan_users(&p) > plan_users_max(&p)) /* quadratic: not with thousands */
        abort();
    for (size_t i = 0; i < p.scenario_count; i++) {
        struct buf b = BUF_MAX(1 << 16);
        if (plan_scenario_describe(&p.scenarios[i], &b) > 0)
            abort();
        buf_deinit(&b);
    }
    plan_deinit(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const take[])(struct view v) = {take_snapshot, take_chunk, take_plan};

    if (size > 0)
        take[data[0] % 3](view_of((const char *)data + 1, size - 1));
    return 0;
}
