/* Whether the generator was the limit is judged anew from the kept health of the workers. */
#include "ledger/ledger_diagnosis.h"

#include "diagnosis/collector.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_probes.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_trace.h"

#include <errno.h>
#include <stdlib.h>

enum { US_PER_S = 1000 * 1000 };

struct gathering {
    struct ledger *ledger;
    int64_t run;
    struct collector *collector;
    struct validity *validity;
    struct evidence_store *evidence;
    struct trace_summary_store *traces;
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *frame;
    uint64_t iterations;
    struct probe_key *keys; /* by number */
    struct probe_value *values;
    struct probe_note notes[PROBE_NOTES_MAX];
    size_t key_count, note_count;
    struct {
        uint64_t ports, descriptors;
        int64_t steal_us;
    } before[LEDGER_WORKERS_MAX];
};

static int no_memory(struct error *err) {
    return error_set(err, -ENOMEM, "out of memory");
}

/* --- what is fed --- */

static int feed_frame(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame) {
    struct gathering *g = ctx;
    return collector_measured(g->collector, start_s, width_s, frame);
}

static int feed_frames(struct gathering *g, struct error *err) {
    struct ledger_window span;
    int r = ledger_frames_span(g->ledger, g->run, &span, err);
    if (r != LEDGER_OK)
        return r < 0 ? r : 0;
    collector_step(g->collector, ledger_frames_width_s(span.from_s, span.to_s, DIAGNOSIS_SECONDS_MAX));
    r = ledger_frames_each(
        g->ledger, g->run, span.from_s, span.to_s, DIAGNOSIS_SECONDS_MAX, g->frame, feed_frame, g, err);
    return r == -ENOMEM && !err->code ? no_memory(err) : r;
}

static void judge(struct gathering *g, const struct ledger_second *s) {
    for (size_t i = 0; i < s->worker_count && i < LEDGER_WORKERS_MAX; i++) {
        const struct ledger_worker *w = &s->workers[i];
        struct validity_reading reading = {.from_us = s->second * US_PER_S,
            .to_us = (s->second + 1) * US_PER_S,
            .wall_us = US_PER_S,
            .cpu_us = (int64_t)(w->cpu * US_PER_S),
            .turn_max_us = w->turn_max_us,
            .timer_late_max_us = w->timer_late_us,
            .send_late_max_us = w->send_late_us,
            .cores = 1,
            .ports = w->ports_exhausted - g->before[i].ports,
            .descriptors = w->descriptors_exhausted - g->before[i].descriptors};
        g->before[i].ports = w->ports_exhausted;
        g->before[i].descriptors = w->descriptors_exhausted;
        if (w->alive && !w->lost)
            validity_add(g->validity, &reading);
    }
}

static int feed_second(void *ctx, const struct ledger_second *s) {
    struct gathering *g = ctx;
    collector_users(g->collector, s->second, (double)s->users);
    g->iterations = s->iterations > g->iterations ? s->iterations : g->iterations;
    judge(g, s);
    return 0;
}

static int feed_evidence(struct gathering *g, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);
    int r = ledger_run_evidence(g->ledger, g->run, &packed, err);
    if (r != LEDGER_OK)
        return r < 0 ? r : 0;
    struct pack_reader reader = pack_reader_of(buf_view(&packed));
    r = evidence_store_unpack_merge(g->evidence, &reader);
    return r < 0 ? error_set(err, r, "ledger: run %lld: its evidence: %s", (long long)g->run, error_name(r))
                 : 0;
}

/* --- what was observed --- */

static int take_key(void *ctx, uint32_t number, const struct probe_key *key) {
    struct gathering *g = ctx;
    if (number >= PROBE_SERIES_MAX)
        return 0;
    g->keys[number] = *key;
    g->key_count = number >= g->key_count ? (size_t)number + 1 : g->key_count;
    return 0;
}

static int take_note(void *ctx, const struct probe_note *note) {
    struct gathering *g = ctx;
    if (g->note_count < PROBE_NOTES_MAX)
        g->notes[g->note_count++] = *note;
    return 0;
}

/* Of several seconds together their mean. */
static int feed_observed(void *ctx, int64_t start_s, int64_t width_s, const struct probe_fold *fold) {
    struct gathering *g = ctx;
    struct probe_second s = {.keys = g->keys,
        .key_count = g->key_count,
        .values = g->values,
        .notes = g->notes,
        .note_count = g->note_count,
        .notes_version = 1};
    (void)width_s;
    for (size_t i = 0; i < fold->count && i < g->key_count; i++)
        if (fold->means[i].heard)
            g->values[s.value_count++] = (struct probe_value){
                .series = (uint32_t)i, .value = fold->means[i].sum / fold->means[i].heard};
    collector_observed(g->collector, start_s, &s);
    return 0;
}

static int feed_probes(struct gathering *g, struct error *err) {
    g->keys = calloc(PROBE_SERIES_MAX, sizeof *g->keys);
    g->values = calloc(PROBE_SERIES_MAX, sizeof *g->values);
    if (!g->keys || !g->values)
        return no_memory(err);
    int r = ledger_probes_series(g->ledger, g->run, take_key, g, err);
    r = r < 0 ? r : ledger_probes_notes(g->ledger, g->run, take_note, g, err);
    return r < 0 ? r
                 : ledger_probes_each(
                       g->ledger, g->run, 0, INT64_MAX, DIAGNOSIS_SECONDS_MAX, feed_observed, g, err);
}

/* A run without traces has none. */
static int feed_traces(struct gathering *g, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_SUMMARY_MAX);
    int r = ledger_trace_summary(g->ledger, g->run, &packed, NULL, err);
    if (r != LEDGER_OK)
        return r < 0 ? r : 0;
    struct pack_reader reader = pack_reader_of(buf_view(&packed));
    r = trace_summary_store_unpack_merge(g->traces, &reader);
    return r < 0 ? error_set(err, r, "ledger: run %lld: its traces: %s", (long long)g->run, error_name(r)) : 0;
}

/* --- from start to end --- */

static int make(struct gathering *g) {
    int r = collector_new(&g->collector);
    r = r < 0 ? r : metrics_new(&g->metrics);
    r = r < 0 ? r : tags_new(&g->tags, 0);
    r = r < 0 ? r : series_store_new(&g->frame, g->metrics, g->tags);
    r = r < 0 ? r : evidence_store_new(&g->evidence);
    r = r < 0 ? r : trace_summary_store_new(&g->traces);
    g->validity = calloc(1, sizeof *g->validity);
    return r < 0 || !g->validity ? -ENOMEM : 0;
}

static void unmake(struct gathering *g) {
    collector_free(g->collector);
    free(g->keys);
    free(g->values);
    series_store_free(g->frame);
    tags_free(g->tags);
    metrics_free(g->metrics);
    evidence_store_free(g->evidence);
    trace_summary_store_free(g->traces);
    free(g->validity);
}

static int gather(struct gathering *g, struct error *err) {
    int r = make(g) < 0 ? no_memory(err) : 0;
    r = r < 0 ? r : feed_frames(g, err);
    r = r < 0 ? r : ledger_second_each(g->ledger, g->run, 0, INT64_MAX, 0, feed_second, g, err);
    r = r < 0 ? r : feed_probes(g, err);
    r = r < 0 ? r : feed_traces(g, err);
    return r < 0 ? r : feed_evidence(g, err);
}

static void conclude(struct gathering *g, const struct diagnosis_options *o, struct ledger_diagnosis *out) {
    struct collector_rest rest = {.validity = g->validity, .evidence = g->evidence, .traces = g->traces, .options = *o};
    const struct histogram *times = collector_times(g->collector);
    double visit = g->iterations ? (double)times->count / (double)g->iterations : 0;
    out->count = collector_diagnose(g->collector, &rest, out->findings, DIAGNOSIS_FINDINGS_MAX);
    out->measured = percentile_words_of(times, collector_rate(g->collector), visit, o, &out->percentiles);
}

static int nothing(void *ctx, const struct ledger_run *r) {
    (void)ctx;
    (void)r;
    return 0;
}

int ledger_diagnose(struct ledger *l, int64_t run, const struct diagnosis_options *o,
    struct ledger_diagnosis *out, struct error *err) {
    struct gathering *g = calloc(1, sizeof *g);
    *out = (struct ledger_diagnosis){.findings = calloc(DIAGNOSIS_FINDINGS_MAX, sizeof *out->findings)};
    int r = g && out->findings ? ledger_run_get(l, run, nothing, NULL, err) : no_memory(err);
    if (r == LEDGER_OK) {
        g->ledger = l;
        g->run = run;
        r = gather(g, err);
        if (r >= 0)
            conclude(g, o, out);
        unmake(g);
    }
    free(g);
    if (r != LEDGER_OK)
        ledger_diagnosis_deinit(out);
    return r;
}

void ledger_diagnosis_deinit(struct ledger_diagnosis *d) {
    free(d->findings);
    *d = (struct ledger_diagnosis){0};
}
