/* A second's bits are set once, whoever tells them first, so the sums over reasons and states grow by one
 * second each. The ring forgets seconds that are VALIDITY_RING behind: whoever tells that late adds to
 * intervals but no longer to sums. */
#include "stats/validity.h"

#include <stddef.h>

#define BIT(reason) (1u << VALIDITY_##reason)
enum { SECOND_US = 1000 * 1000 };

static double share(int64_t part, int64_t of) {
    return of > 0 && part > 0 ? (double)part / (double)of : 0;
}

static int64_t max_of(int64_t a, int64_t b) {
    return a > b ? a : b;
}

struct validity_reading validity_reading_of(
    const struct snapshot_health *now, const struct snapshot_health *before) {
    static const struct snapshot_health none;
    const struct snapshot_health *b = before ? before : &none;

    return (struct validity_reading){.wall_us = now->wall_us,
        .cpu_us = now->cpu_us,
        .wait_us = now->wait_us,
        .steal_us = now->steal_us,
        .turn_max_us = now->turn_max_us,
        .timer_late_max_us = now->timer_late_max_us,
        .send_late_max_us = now->send_late_max_us,
        .cores = now->cores,
        .drops = now->net_drops,
        .ports = now->port_exhausted > b->port_exhausted ? now->port_exhausted - b->port_exhausted : 0,
        .descriptors = now->fd_exhausted > b->fd_exhausted ? now->fd_exhausted - b->fd_exhausted : 0};
}

static void judge(
    struct validity_judgement *j, unsigned bit, double figure, double degraded, double invalid) {
    j->invalid |= figure > invalid ? bit : 0;
    j->degraded |= figure > degraded && figure <= invalid ? bit : 0;
}

struct validity_judgement validity_of(const struct validity_reading *r) {
    struct validity_judgement j = {0};
    double *f = j.figures;
    /* Who is stopped between turns, by the kernel or by greenlets of others on this loop, has late timers
     * only. */
    int64_t stalled_us = max_of(r->turn_max_us, r->timer_late_max_us);

    f[VALIDITY_PORTS] = (double)r->ports;
    f[VALIDITY_DESCRIPTORS] = (double)r->descriptors;
    f[VALIDITY_DROPS] = (double)r->drops;
    f[VALIDITY_USERS] = (double)r->users;
    j.invalid |= (r->ports ? BIT(PORTS) : 0) | (r->descriptors ? BIT(DESCRIPTORS) : 0);
    j.degraded |= (r->drops ? BIT(DROPS) : 0) | (r->users ? BIT(USERS) : 0);
    if (r->wall_us < VALIDITY_WALL_MIN_US)
        return j;
    f[VALIDITY_BUSY] = share(r->cpu_us + r->wait_us, r->wall_us);
    f[VALIDITY_STOLEN] = share(r->steal_us, r->wall_us * (int64_t)(r->cores ? r->cores : 1));
    f[VALIDITY_STALLED] = (double)stalled_us / 1000;
    f[VALIDITY_LATE] = (double)r->send_late_max_us / 1000;
    judge(&j, BIT(BUSY), 100 * f[VALIDITY_BUSY], VALIDITY_TIGHT_PERCENT, VALIDITY_BUSY_PERCENT);
    judge(&j, BIT(STOLEN), 100 * f[VALIDITY_STOLEN], VALIDITY_STEALING_PERCENT, VALIDITY_STOLEN_PERCENT);
    judge(&j, BIT(STALLED), (double)stalled_us, VALIDITY_TARDY_US, VALIDITY_LATE_US);
    judge(&j, BIT(LATE), (double)r->send_late_max_us, VALIDITY_TARDY_US, VALIDITY_LATE_US);
    return j;
}

/* ---- over seconds and workers ---- */

static void note_interval(struct validity *v, int64_t second, enum validity_state state, unsigned reasons) {
    for (size_t i = v->interval_count; i-- > 0;) {
        struct validity_interval *x = &v->intervals[i];
        if (x->state != state || second < x->from_s - 1 || second > x->to_s)
            continue;
        x->from_s = second < x->from_s ? second : x->from_s;
        x->to_s = max_of(x->to_s, second + 1);
        x->reasons |= reasons;
        return;
    }
    if (v->interval_count < VALIDITY_INTERVALS_MAX) {
        v->intervals[v->interval_count++] = (struct validity_interval){second, second + 1, state, reasons};
        return;
    }
    struct validity_interval *last = &v->intervals[VALIDITY_INTERVALS_MAX - 1];
    last->to_s = max_of(last->to_s, second + 1);
    last->state = state > last->state ? state : last->state;
    last->reasons |= reasons;
}

static void count(struct validity *v, unsigned invalid, unsigned degraded) {
    for (unsigned i = 0; i < VALIDITY_REASON_COUNT; i++) {
        v->reasons[i].invalid_s += invalid >> i & 1;
        v->reasons[i].degraded_s += degraded >> i & 1;
    }
}

static void note_second(struct validity *v, int64_t second, const struct validity_judgement *j) {
    size_t at = (size_t)(second % VALIDITY_RING);

    if (j->invalid)
        note_interval(v, second, VALIDITY_INVALID, j->invalid);
    if (j->degraded)
        note_interval(v, second, VALIDITY_DEGRADED, j->degraded);
    if (v->ring[at].used && v->ring[at].second > second)
        return;
    if (!v->ring[at].used || v->ring[at].second < second) {
        v->ring[at].used = true;
        v->ring[at].second = second;
        v->ring[at].invalid = v->ring[at].degraded = 0;
        v->seconds++;
    }
    unsigned invalid = v->ring[at].invalid, degraded = v->ring[at].degraded;
    v->invalid_s += j->invalid && !invalid;
    v->degraded_s += (j->invalid | j->degraded) && !(invalid | degraded);
    count(v, j->invalid & ~invalid, j->degraded & ~degraded);
    v->ring[at].invalid |= j->invalid;
    v->ring[at].degraded |= j->degraded;
}

void validity_add(struct validity *v, const struct validity_reading *r) {
    struct validity_judgement j = validity_of(r);
    int64_t from = (max_of(r->from_us, 0) + SECOND_US / 2) / SECOND_US,
            to = (max_of(r->to_us, 0) + SECOND_US / 2) / SECOND_US;

    for (size_t i = 0; i < VALIDITY_REASON_COUNT; i++) {
        v->reasons[i].worst = j.figures[i] > v->reasons[i].worst ? j.figures[i] : v->reasons[i].worst;
        if (i >= VALIDITY_PORTS)
            v->reasons[i].count += (uint64_t)j.figures[i];
    }
    if (to <= from && !j.invalid && !j.degraded)
        return; /* the last moments of a run */
    to = to <= from ? from + 1 : to - from > VALIDITY_SPAN_MAX ? from + VALIDITY_SPAN_MAX : to;
    for (int64_t s = from; s < to; s++)
        note_second(v, s, &j);
}

static bool often(const struct validity *v, double seconds) {
    double least = v->seconds_min > 0 ? v->seconds_min : VALIDITY_SECONDS_MIN;

    return seconds >= least && 100 * seconds >= VALIDITY_SHARE_PERCENT * v->seconds;
}

enum validity_state validity_state(const struct validity *v) {
    if (v->reasons[VALIDITY_PORTS].count || v->reasons[VALIDITY_DESCRIPTORS].count || often(v, v->invalid_s))
        return VALIDITY_INVALID;
    return often(v, v->degraded_s) ? VALIDITY_DEGRADED : VALIDITY_VALID;
}

enum validity_state validity_at(const struct validity *v, int64_t second) {
    size_t at = (size_t)(second % VALIDITY_RING);

    if (second < 0 || !v->ring[at].used || v->ring[at].second != second)
        return VALIDITY_VALID;
    return v->ring[at].invalid ? VALIDITY_INVALID : v->ring[at].degraded ? VALIDITY_DEGRADED : VALIDITY_VALID;
}

unsigned validity_reasons(const struct validity *v) {
    enum validity_state state = validity_state(v);
    unsigned bits = 0;

    for (unsigned i = 0; i < VALIDITY_REASON_COUNT && state != VALIDITY_VALID; i++) {
        bool bad =
            v->reasons[i].invalid_s > 0 || (state == VALIDITY_DEGRADED && v->reasons[i].degraded_s > 0);
        bits |= bad ? 1u << i : 0;
    }
    return bits;
}

/* ---- words ---- */

const char *validity_word(enum validity_state s) {
    static const char *const words[] = {"VALID", "DEGRADED", "INVALID"};
    return words[s];
}

static const struct {
    const char *key, *remedy;
} rows[] = {
#define VALIDITY_ROW(id, key, remedy) {key, remedy},
    VALIDITY_REASONS(VALIDITY_ROW)
#undef VALIDITY_ROW
};
const char *validity_reason_key(enum validity_reason r) {
    return rows[r].key;
}
const char *validity_reason_remedy(enum validity_reason r) {
    return rows[r].remedy;
}
