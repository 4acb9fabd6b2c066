/* Thresholds: `metric{tag:value}` and `method op number`. Two hand-written parsers over views, tables for
 * methods and operators; what a method means for each metric type stands in one row. */
#include "stats/threshold.h"

#include "stats/trend_stat.h"

#include <math.h>

enum { THRESHOLD_TEXT_SHOWN_MAX = 200 };
#define SHOWN(v) VIEW_ARGS(view_take(v, THRESHOLD_TEXT_SHOWN_MAX))

static const struct view ops[] = {
#define THRESHOLD_OP_ROW(id, text) VIEW(text),
    THRESHOLD_OPS(THRESHOLD_OP_ROW)
#undef THRESHOLD_OP_ROW
};

static const struct {
    struct view name;
    bool fits[METRIC_TREND + 1];
} methods[] = {
    [THRESHOLD_COUNT] = {VIEW("count"), {[METRIC_COUNTER] = true}},
    [THRESHOLD_RATE] = {VIEW("rate"), {[METRIC_COUNTER] = true, [METRIC_RATE] = true}},
    [THRESHOLD_VALUE] = {VIEW("value"), {[METRIC_GAUGE] = true}},
    [THRESHOLD_AVG] = {VIEW("avg"), {[METRIC_TREND] = true}},
    [THRESHOLD_MIN] = {VIEW("min"), {[METRIC_TREND] = true}},
    [THRESHOLD_MED] = {VIEW("med"), {[METRIC_TREND] = true}},
    [THRESHOLD_MAX] = {VIEW("max"), {[METRIC_TREND] = true}},
    [THRESHOLD_PERCENTILE] = {VIEW("p"), {[METRIC_TREND] = true}},
};

/* The longest operator that the text starts with. */
static int op_at(struct view text, enum threshold_op *out) {
    size_t longest = 0;

    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (ops[i].len > longest && view_starts_with(text, ops[i])) {
            longest = ops[i].len;
            *out = (enum threshold_op)i;
        }
    }
    return (int)longest;
}

static int method_parse(struct view text, struct threshold_expr *out, struct error *err) {
    if (trend_stat_percentile(text, &out->percentile)) {
        out->method = THRESHOLD_PERCENTILE;
        return 0;
    }
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (i != THRESHOLD_PERCENTILE && view_eq(methods[i].name, text)) {
            out->method = (enum threshold_method)i;
            return 0;
        }
    }
    if (view_starts_with(text, VIEW("p(")))
        return error_set(err, ERROR_SYNTAX,
            "malformed percentile '%.*s': write p(N) with a number N from 0 to 100", SHOWN(text));
    return error_set(err, ERROR_SYNTAX,
        "unknown aggregation method '%.*s': use count, rate, value, avg, min, med, max or p(N)", SHOWN(text));
}

int threshold_expr_parse(struct view text, struct threshold_expr *out, struct error *err) {
    size_t at = 0;
    int len = 0;

    *out = (struct threshold_expr){.percentile = 0};
    while (at < text.len && (len = op_at(view_drop(text, at), &out->op)) == 0)
        at++;
    if (len == 0)
        return error_set(err, ERROR_SYNTAX,
            "no operator in threshold expression '%.*s': write it as in 'p(95) < 200', with one of < <= > >= "
            "== === !=",
            SHOWN(text));
    struct view method = view_trim(view_take(text, at));
    struct view number = view_trim(view_drop(text, at + (size_t)len));
    int r = method_parse(method, out, err);
    if (r == 0 && !view_to_double(number, &out->limit))
        r = error_set(err, ERROR_SYNTAX, "'%.*s' is not a number", SHOWN(number));
    if (r < 0)
        return error_wrap(err, "threshold expression '%.*s'", SHOWN(text)), r;
    return 0;
}

bool threshold_method_fits(enum threshold_method m, enum metric_type t) {
    return methods[m].fits[t];
}

static struct view unquote(struct view v) {
    v = view_trim(v);
    while (v.len && (v.ptr[0] == '"' || v.ptr[0] == '\''))
        v = view_drop(v, 1);
    while (v.len && (v.ptr[v.len - 1] == '"' || v.ptr[v.len - 1] == '\''))
        v.len--;
    return v;
}

static int filter_parse(struct view pairs, struct threshold_target *out, struct error *err) {
    bool more = true;

    while (more) {
        bool colon;
        struct view value = view_cut(&pairs, ',', &more);
        struct view whole = value;
        struct view key = unquote(view_cut(&value, ':', &colon));
        value = unquote(value);
        if (!colon || !key.len || !value.len)
            return error_set(
                err, ERROR_SYNTAX, "malformed tag '%.*s': write it as name:value", SHOWN(view_trim(whole)));
        if (out->filter_count == THRESHOLD_FILTER_MAX)
            return error_set(err, ERROR_SYNTAX, "more than %d tags in a sub-metric", THRESHOLD_FILTER_MAX);
        out->filter[out->filter_count++] = (struct tag){key, value};
    }
    return 0;
}

int threshold_target_parse(struct view text, struct threshold_target *out, struct error *err) {
    *out = (struct threshold_target){.filter_count = 0};
    struct view trimmed = view_trim(text);
    ptrdiff_t open = view_find(trimmed, '{');
    int r = 0;

    out->metric = open < 0 ? trimmed : view_trim(view_take(trimmed, (size_t)open));
    if (!out->metric.len)
        r = error_set(err, ERROR_SYNTAX, "it has no metric name");
    else if (open < 0 && view_find(trimmed, '}') >= 0)
        r = error_set(err, ERROR_SYNTAX, "'}' without '{'");
    else if (open >= 0 && !view_ends_with(trimmed, VIEW("}")))
        r = error_set(err, ERROR_SYNTAX, "the '{' is not closed at its end");
    else if (open >= 0)
        r = filter_parse(view_of(trimmed.ptr + open + 1, trimmed.len - (size_t)open - 2), out, err);
    if (r < 0)
        return error_wrap(err, "metric '%.*s'", SHOWN(text)), r;
    return 0;
}

double threshold_expr_value(const struct threshold_expr *e, const struct sink *s, double elapsed_s) {
    static const enum trend_stat_kind stats[] = {[THRESHOLD_AVG] = TREND_STAT_AVG,
        [THRESHOLD_MIN] = TREND_STAT_MIN,
        [THRESHOLD_MED] = TREND_STAT_MED,
        [THRESHOLD_MAX] = TREND_STAT_MAX,
        [THRESHOLD_PERCENTILE] = TREND_STAT_PERCENTILE};

    if (!threshold_method_fits(e->method, s->type))
        return 0;
    switch (s->type) {
    case METRIC_COUNTER:
        if (e->method == THRESHOLD_COUNT)
            return s->counter.sum;
        return elapsed_s > 0 ? s->counter.sum / elapsed_s : 0;
    case METRIC_GAUGE: return s->gauge.count ? s->gauge.last : 0;
    case METRIC_RATE: return s->rate.total ? (double)s->rate.hits / (double)s->rate.total : 0;
    case METRIC_TREND: break;
    }
    return trend_stat_value((struct trend_stat){stats[e->method], e->percentile}, &s->trend);
}

static bool compare(double value, enum threshold_op op, double limit) {
    switch (op) {
    case THRESHOLD_OP_LT: return value < limit;
    case THRESHOLD_OP_LE: return value <= limit;
    case THRESHOLD_OP_GT: return value > limit;
    case THRESHOLD_OP_GE: return value >= limit;
    case THRESHOLD_OP_EQ:
    case THRESHOLD_OP_EQ3: return value == limit;
    case THRESHOLD_OP_NE: return value != limit;
    }
    return false;
}

bool threshold_expr_passes(
    const struct threshold_expr *e, const struct sink *s, double elapsed_s, bool running) {
    if (sink_empty(s) && (running || s->type == METRIC_RATE))
        return true;
    return compare(threshold_expr_value(e, s, elapsed_s), e->op, e->limit);
}
