/* One value of any metric type: the four kinds behind one set of functions. Declared in series.h beside its
 * only container. */
#include "stats/series.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void sink_init(struct sink *s, enum metric_type type) {
    memset(s, 0, sizeof *s);
    s->type = type;
}

void sink_deinit(struct sink *s) {
    if (s->type == METRIC_TREND)
        histogram_deinit(&s->trend);
}

void sink_reset(struct sink *s) {
    if (s->type == METRIC_TREND)
        histogram_reset(&s->trend);
    else
        sink_init(s, s->type);
}

bool sink_empty(const struct sink *s) {
    switch (s->type) {
    case METRIC_COUNTER: return s->counter.count == 0;
    case METRIC_GAUGE: return s->gauge.count == 0;
    case METRIC_RATE: return s->rate.total == 0;
    case METRIC_TREND: return s->trend.count == 0;
    }
    return true;
}

static void gauge_add(struct sink *s, double last, double min, double max, int64_t at_us, uint64_t n) {
    bool first = s->gauge.count == 0;

    if (first || at_us >= s->gauge.at_us) {
        s->gauge.last = last;
        s->gauge.at_us = at_us;
    }
    s->gauge.min = first || min < s->gauge.min ? min : s->gauge.min;
    s->gauge.max = first || max > s->gauge.max ? max : s->gauge.max;
    s->gauge.count += n;
}

int sink_add(struct sink *s, double value, int64_t at_us) {
    if (s->type == METRIC_TREND)
        return histogram_record(&s->trend, value);
    if (!isfinite(value))
        return ERROR_INVALID;
    switch (s->type) {
    case METRIC_COUNTER:
        s->counter.sum += value;
        s->counter.count++;
        break;
    case METRIC_GAUGE: gauge_add(s, value, value, value, at_us, 1); break;
    case METRIC_RATE:
        s->rate.hits += value != 0;
        s->rate.total++;
        break;
    case METRIC_TREND: break;
    }
    return 0;
}

int sink_merge(struct sink *into, const struct sink *from) {
    if (into->type != from->type)
        return ERROR_INVALID;
    if (sink_empty(from))
        return 0;
    switch (into->type) {
    case METRIC_COUNTER:
        into->counter.sum += from->counter.sum;
        into->counter.count += from->counter.count;
        break;
    case METRIC_GAUGE:
        gauge_add(
            into, from->gauge.last, from->gauge.min, from->gauge.max, from->gauge.at_us, from->gauge.count);
        break;
    case METRIC_RATE:
        into->rate.hits += from->rate.hits;
        into->rate.total += from->rate.total;
        break;
    case METRIC_TREND: return histogram_merge(&into->trend, &from->trend);
    }
    return 0;
}

void sink_pack(const struct sink *s, struct pack_writer *w) {
    switch (s->type) {
    case METRIC_COUNTER:
        pack_double(w, isfinite(s->counter.sum) ? s->counter.sum : 0);
        pack_u64(w, s->counter.count);
        break;
    case METRIC_GAUGE:
        pack_double(w, s->gauge.last);
        pack_double(w, s->gauge.min);
        pack_double(w, s->gauge.max);
        pack_i64(w, s->gauge.at_us);
        pack_u64(w, s->gauge.count);
        break;
    case METRIC_RATE:
        pack_u64(w, s->rate.hits);
        pack_u64(w, s->rate.total);
        break;
    case METRIC_TREND: histogram_pack(&s->trend, w); break;
    }
}

int sink_unpack_merge(struct sink *into, enum metric_type type, struct pack_reader *r) {
    struct sink s;
    bool valid = true;

    if (into && into->type != type)
        return ERROR_INVALID;
    if (type == METRIC_TREND)
        return histogram_unpack_merge(into ? &into->trend : NULL, r);
    sink_init(&s, type);
    switch (type) {
    case METRIC_COUNTER:
        s.counter.sum = unpack_double(r);
        s.counter.count = unpack_u64(r);
        valid = isfinite(s.counter.sum);
        break;
    case METRIC_GAUGE:
        s.gauge.last = unpack_double(r);
        s.gauge.min = unpack_double(r);
        s.gauge.max = unpack_double(r);
        s.gauge.at_us = unpack_i64(r);
        s.gauge.count = unpack_u64(r);
        valid = isfinite(s.gauge.last) && s.gauge.min <= s.gauge.last && s.gauge.last <= s.gauge.max &&
                isfinite(s.gauge.min) && isfinite(s.gauge.max);
        break;
    case METRIC_RATE:
        s.rate.hits = unpack_u64(r);
        s.rate.total = unpack_u64(r);
        valid = s.rate.hits <= s.rate.total;
        break;
    case METRIC_TREND: break;
    }
    if (r->failed || !valid) {
        r->failed = true;
        return ERROR_SYNTAX;
    }
    return into ? sink_merge(into, &s) : 0;
}

