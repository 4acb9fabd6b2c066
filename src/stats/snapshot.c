/* Packing and merging of snapshots: a version, the head field by field, then what recorder's stores append
 * about themselves.
 *
 * A snapshot is checked to its last byte before anything is merged, so a damaged or hostile one leaves no
 * trace (but for running out of memory in the middle of merging). */
#include "stats/snapshot.h"

#include <errno.h>

enum { PACKED_SCENARIO_BYTES_MIN = 6 };

static void head_pack(const struct snapshot_head *h, struct pack_writer *w) {
    const struct snapshot_health *e = &h->health;

    pack_u64(w, SNAPSHOT_VERSION);
    pack_u64(w, h->worker);
    pack_u64(w, h->seq);
    pack_i64(w, h->from_us);
    pack_i64(w, h->to_us);
    pack_u64(w, h->users_active);
    pack_u64(w, h->users_initialised);
    pack_u64(w, h->requests_in_flight);
    pack_bool(w, h->final);
    pack_i64(w, e->wall_us);
    pack_i64(w, e->cpu_us);
    pack_i64(w, e->wait_us);
    pack_i64(w, e->steal_us);
    pack_u64(w, e->cores);
    pack_u64(w, e->net_drops);
    pack_i64(w, e->turn_max_us);
    pack_i64(w, e->timer_late_max_us);
    pack_i64(w, e->send_late_max_us);
    pack_u64(w, e->port_exhausted);
    pack_u64(w, e->fd_exhausted);
    pack_u64(w, e->samples_dropped);
    pack_u64(w, e->rss_bytes);
    pack_u64(w, h->scenario_count);
    for (size_t i = 0; i < h->scenario_count; i++) {
        const struct snapshot_scenario *s = &h->scenarios[i];
        pack_u64(w, s->active_users);
        pack_u64(w, s->allocated_users);
        pack_u64(w, s->started);
        pack_u64(w, s->completed);
        pack_u64(w, s->interrupted);
        pack_u64(w, s->dropped);
    }
}

static void head_unpack(struct snapshot_head *h, struct pack_reader *r) {
    struct snapshot_health *e = &h->health;

    if (unpack_u64(r) != SNAPSHOT_VERSION)
        r->failed = true;
    uint64_t worker = unpack_u64(r);
    h->worker = (uint32_t)worker;
    h->seq = unpack_u64(r);
    h->from_us = unpack_i64(r);
    h->to_us = unpack_i64(r);
    h->users_active = unpack_u64(r);
    h->users_initialised = unpack_u64(r);
    h->requests_in_flight = unpack_u64(r);
    h->final = unpack_bool(r);
    e->wall_us = unpack_i64(r);
    e->cpu_us = unpack_i64(r);
    e->wait_us = unpack_i64(r);
    e->steal_us = unpack_i64(r);
    e->cores = unpack_u64(r);
    e->net_drops = unpack_u64(r);
    e->turn_max_us = unpack_i64(r);
    e->timer_late_max_us = unpack_i64(r);
    e->send_late_max_us = unpack_i64(r);
    e->port_exhausted = unpack_u64(r);
    e->fd_exhausted = unpack_u64(r);
    e->samples_dropped = unpack_u64(r);
    e->rss_bytes = unpack_u64(r);
    h->scenario_count = unpack_count(r, PACKED_SCENARIO_BYTES_MIN);
    if (h->scenario_count > SNAPSHOT_SCENARIOS_MAX || worker > UINT32_MAX) {
        h->scenario_count = 0;
        r->failed = true;
    }
    for (size_t i = 0; i < h->scenario_count; i++) {
        struct snapshot_scenario *s = &h->scenarios[i];
        s->active_users = unpack_u64(r);
        s->allocated_users = unpack_u64(r);
        s->started = unpack_u64(r);
        s->completed = unpack_u64(r);
        s->interrupted = unpack_u64(r);
        s->dropped = unpack_u64(r);
    }
}

int snapshot_pack(const struct snapshot_head *h, struct recorder *r, struct buf *out) {
    struct pack_writer w = pack_writer_of(out);

    head_pack(h, &w);
    series_store_pack(r->series, &w);
    evidence_store_pack(r->evidence, &w);
    exemplar_store_pack(r->exemplars, &w);
    if (w.error)
        return w.error; /* nothing was told, so nothing may be forgotten */
    series_store_reset(r->series);
    evidence_store_reset(r->evidence);
    exemplar_store_reset(r->exemplars);
    return 0;
}

int snapshot_head_unpack(struct view packed, struct snapshot_head *h) {
    struct pack_reader r = pack_reader_of(packed);

    head_unpack(h, &r);
    return r.failed ? ERROR_SYNTAX : 0;
}

static int check(struct view packed, struct snapshot_head *h, const struct recorder *into) {
    if (packed.len > SNAPSHOT_BYTES_MAX)
        return ERROR_LIMIT;
    struct pack_reader r = pack_reader_of(packed);
    head_unpack(h, &r);
    if (r.failed)
        return ERROR_SYNTAX;
    int e = series_store_check(into->series, &r);
    if (e < 0 || (e = evidence_store_unpack_merge(NULL, &r)) < 0 || (e = exemplar_store_unpack_merge(NULL, &r)) < 0)
        return e;
    return r.rest.len ? ERROR_SYNTAX : 0;
}

int snapshot_unpack_merge(struct view packed, struct snapshot_head *h, struct recorder *into) {
    int e = check(packed, h, into);

    if (e < 0)
        return e;
    struct pack_reader r = pack_reader_of(packed);
    head_unpack(h, &r);
    e = series_store_unpack_merge(into->series, &r);
    if (e == 0)
        e = evidence_store_unpack_merge(into->evidence, &r);
    return e < 0 ? e : exemplar_store_unpack_merge(into->exemplars, &r);
}
