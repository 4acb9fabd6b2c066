/* What comes and goes: pauses of everything, and a slow beginning. */
#include "diagnosis/diagnosis_priv.h"

#define STALL_MS_MIN    80.0
#define STALL_TIMES     4.0 /* over what the slowest request of a usual second takes */
#define STALL_ALIKE     2.2 /* the longest over the shortest */
#define STALL_SHARE_MAX 0.6 /* more seconds with stalls than that are no stalls */
#define COLD_TIMES      2.5
#define COLD_MS_MIN     25.0
#define COLD_FALLS      0.55 /* correlation of time and response time */
enum { STALLS_MAX = DIAGNOSIS_SECONDS_MAX, STALLS_MIN = 2 };

static void medians(const struct facts *f, double *max, double *p50) {
    float most[DIAGNOSIS_SECONDS_MAX], half[DIAGNOSIS_SECONDS_MAX];
    for (size_t i = 0; i < f->n; i++) {
        most[i] = (float)f->in->seconds[i].max;
        half[i] = (float)f->in->seconds[i].p50;
    }
    *max = course_median(f, most, &f->all);
    *p50 = course_median(f, half, &f->all);
}

/* Was the generator itself not there? Then its own pause is measured. */
static bool generator_paused(const struct facts *f, size_t i) {
    const struct validity *v = f->in->validity;
    double from = f->in->seconds[i].from_s, to = f->in->seconds[i].to_s;
    for (size_t k = 0; v && k < v->interval_count; k++) {
        const struct validity_interval *x = &v->intervals[k];
        unsigned why = 1u << VALIDITY_STALLED | 1u << VALIDITY_STOLEN | 1u << VALIDITY_BUSY;
        if (x->state == VALIDITY_INVALID && (x->reasons & why) && (double)x->from_s < to &&
            (double)x->to_s > from)
            return true;
    }
    return false;
}

struct stalls {
    size_t at[STALLS_MAX], count;
    double shortest, longest, gap,
        unevenness; /* gap: seconds between them, median; unevenness: share of it */
    double usual_ms;
};

static void look_for_stalls(const struct facts *f, struct stalls *s) {
    double usual_max, usual;
    medians(f, &usual_max, &usual);
    *s = (struct stalls){.shortest = INFINITY, .usual_ms = usual};
    for (size_t i = 1; i < f->n; i++) {
        const struct diagnosis_second *at = &f->in->seconds[i];
        double limit = fmax(usual + STALL_MS_MIN, STALL_TIMES * fmin(usual_max, 4 * usual + 20));
        if (!(at->max > limit) || generator_paused(f, i) || !(at->p50 < at->max / 2))
            continue;
        if (s->count && i == s->at[s->count - 1] + 1 && f->in->seconds[i - 1].max >= at->max) /* its tail */
            continue;
        if (s->count && i == s->at[s->count - 1] + 1 && f->in->seconds[i - 1].max < 0.6 * at->max)
            s->count--; /* its beginning */
        s->at[s->count++] = i;
    }
    for (size_t k = 0; k < s->count; k++) {
        s->shortest = fmin(s->shortest, f->in->seconds[s->at[k]].max);
        s->longest = fmax(s->longest, f->in->seconds[s->at[k]].max);
    }
    if (s->count < 2)
        return;
    s->gap = (f->in->seconds[s->at[s->count - 1]].from_s - f->in->seconds[s->at[0]].from_s) /
             (double)(s->count - 1);
    for (size_t k = 1; k < s->count; k++) {
        double gap = f->in->seconds[s->at[k]].from_s - f->in->seconds[s->at[k - 1]].from_s;
        s->unevenness = fmax(s->unevenness, fabs(gap - s->gap));
    }
}

/* In a pause nothing at all goes through, so whatever endpoints were asked then are slow. */
static double endpoints_hit(const struct facts *f, const struct stalls *s) {
    double hit = 0, asked = 0;
    for (size_t e = 0; e < f->in->endpoint_count; e++) {
        const struct diagnosis_cell *cells = f->in->endpoints[e].cells;
        for (size_t k = 0; cells && k < s->count; k++) {
            const struct diagnosis_cell *c = &cells[s->at[k]];
            if (c->requests < 5)
                continue;
            asked++;
            hit += c->max_ms > 0.3 * s->shortest;
        }
    }
    return asked > 0 ? hit / asked : 1;
}

void rule_stalls(const struct facts *f, struct findings *out) {
    struct stalls s;
    look_for_stalls(f, &s);
    double step = f->n ? f->in->seconds[0].to_s - f->in->seconds[0].from_s : 1, most = 0;
    if (s.count < STALLS_MIN || (double)s.count > STALL_SHARE_MAX * (double)f->n)
        return;
    double wide = endpoints_hit(f, &s);
    bool even = s.unevenness <= 1.01 * step && s.count >= 3, alike = s.longest < STALL_ALIKE * s.shortest;
    if (s.longest > 1000 * s.gap)
        return; /* then they would never end: this is a queue */
    if (wide < 0.5 || (!even && s.count < 4 && !(alike && s.shortest > 4 * STALL_MS_MIN)))
        return;
    for (size_t k = 0; k < s.count; k++)
        most = fmax(most, s.longest / 1000 / (s.gap > 0 ? s.gap : 1));
    double confidence =
        0.45 + 0.2 * even + 0.15 * alike + 0.1 * clamp01((double)s.count / 4) + 0.05 * (wide > 0.8);
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_STALLS, confidence, fmax(0.35, most));
    finding_say(d,
        "%s times everything stood still for up to %s%s%s, while half of the requests usually take %s: a "
        "median hides "
        "that, the 99th percentile does not.",
        figure_count((double)s.count).text, figure_ms(s.longest).text, even ? ", about every " : "",
        even ? figure_count(s.gap).text : "", figure_ms(s.usual_ms).text);
    finding_remedy(d, "Look what runs at that distance: garbage collection (its log says), a cron job, a "
                      "checkpoint of the database, "
                      "log rotation, a cache that expires all at once.");
    struct span when = {
        .from_s = f->in->seconds[s.at[0]].from_s, .to_s = f->in->seconds[s.at[s.count - 1]].to_s};
    finding_show(d, NULL, &when, "in seconds %.0f, %.0f%s", f->in->seconds[s.at[0]].from_s,
        f->in->seconds[s.at[1]].from_s, s.count > 2 ? " …" : "");
}

/* --- the beginning --- */

static double correlation_with_time(const struct facts *f, size_t n) {
    float half[DIAGNOSIS_SECONDS_MAX];
    struct span s = {.count = 0};
    double slope, fit;
    for (size_t i = 0; i < f->n; i++) {
        half[i] = (float)f->in->seconds[i].p50;
        s.in[i] = i < n;
    }
    return course_slope(f, half, &s, &slope, &fit) ? fit : 0;
}

/* Mean of the medians of these seconds. */
static double typical(const struct facts *f, size_t from, size_t to) {
    double sum = 0, n = 0;
    for (size_t i = from; i < to && i < f->n; i++) {
        double v = f->in->seconds[i].p50;
        if (isnan(v))
            continue;
        sum += v;
        n++;
    }
    return n > 0 ? sum / n : NAN;
}

/* Where the medians have come down to what they are at the end. */
static size_t cold_until(const struct facts *f, double first, double end) {
    for (size_t i = 0; i < f->n; i++)
        if (f->in->seconds[i].p50 <= end + 0.15 * (first - end))
            return i;
    return f->n;
}

void rule_cold_start(const struct facts *f, struct findings *out) {
    if (f->n < 5 || f->requests < DIAGNOSIS_REQUESTS_MIN)
        return;
    double first = typical(f, 0, 1), second = typical(f, 1, 2),
           end = typical(f, f->n - f->n / 3 - (f->n < 6), f->n);
    if (isnan(first) || isnan(second))
        return;
    first = fmin(first, second); /* a single slow second is chance */
    size_t until = cold_until(f, first, end);
    double falls = -correlation_with_time(f, until < f->n ? until + 1 : f->n);
    if (!(first > COLD_TIMES * end) || first - end < COLD_MS_MIN || (until > 3 && falls < COLD_FALLS))
        return;
    double until_s = until < f->n ? f->in->seconds[until].from_s : f->seconds;
    bool load_fell = f->ramp && f->in->seconds[0].users > 1.3 * f->in->seconds[f->n - 1].users;
    if (load_fell || until_s < 1)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_COLD_START,
        0.66 + 0.12 * (until >= 2) + 0.15 * clamp01(falls), 0.4 + 0.4 * until_s / f->seconds);
    struct span when = {.from_s = 0, .to_s = until_s};
    finding_say(d,
        "The beginning was slow: half of the requests took %s or more at first and %s at the end%s%s.",
        figure_ms(first).text, figure_ms(end).text,
        until < f->n ? "; it took so many seconds to get warm: " : "; it was still getting faster",
        until < f->n ? figure_count(until_s).text : "");
    finding_remedy(d, "Leave the beginning out of the verdict (a warm-up stage) if users never meet it; if "
                      "each new instance does, fill caches "
                      "and pools, and compile, before it gets traffic (readiness probe).");
    finding_show(d, NULL, &when, "median %s, later %s", figure_ms(first).text, figure_ms(end).text);
}
