/* A table of names and one way to compute each. */
#include "stats/trend_stat.h"

static const struct {
    struct view name;
    enum trend_stat_kind kind;
} names[] = {
#define TREND_STAT_ROW(id, name) {VIEW(name), TREND_STAT_##id},
    TREND_STATS(TREND_STAT_ROW)
#undef TREND_STAT_ROW
};

bool trend_stat_percentile(struct view name, double *out) {
    if (name.len < 4 || !view_starts_with(name, VIEW("p(")) || !view_ends_with(name, VIEW(")")))
        return false;
    struct view number = view_trim(view_of(name.ptr + 2, name.len - 3));
    return view_to_double(number, out) && *out >= 0 && *out <= 100;
}

int trend_stat_parse(struct view name, struct trend_stat *out, struct error *err) {
    *out = (struct trend_stat){.kind = TREND_STAT_PERCENTILE};
    if (trend_stat_percentile(name, &out->percentile))
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].kind != TREND_STAT_PERCENTILE && view_eq(names[i].name, name)) {
            out->kind = names[i].kind;
            return 0;
        }
    }
    if (view_starts_with(name, VIEW("p(")))
        return error_set(err, ERROR_SYNTAX,
            "invalid percentile '%.*s': write p(N) with a number N from 0 to 100",
            VIEW_ARGS(view_take(name, 100)));
    return error_set(err, ERROR_SYNTAX, "unknown statistic '%.*s': use avg, min, med, max, count or p(N)",
        VIEW_ARGS(view_take(name, 100)));
}

double trend_stat_value(struct trend_stat s, const struct histogram *h) {
    if (h->count == 0)
        return 0;
    switch (s.kind) {
    case TREND_STAT_AVG: return histogram_mean(h);
    case TREND_STAT_MIN: return h->min;
    case TREND_STAT_MED: return histogram_percentile(h, 0.5);
    case TREND_STAT_MAX: return h->max;
    case TREND_STAT_COUNT: return (double)h->count;
    case TREND_STAT_PERCENTILE: return histogram_percentile(h, s.percentile / 100);
    }
    return 0;
}
