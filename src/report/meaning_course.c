/* Trend: by stats/steady over the stretch at the end in which the users stayed the same; where that is too short, the mean of the last
 * third against that of the second third, only when the users were about the same in both: else the load, not time, may be the cause. Knee: along the rise of users to their peak, the level at the beginning is the base; the knee is
 * where the response time has passed KNEE_FACTOR times the base for good. */
#include "report/meaning_course.h"

enum { POINTS_MIN = 6, RISE_POINTS_MIN = 8, BASE_SHARE = 4, SMOOTH = 3 };
#define REQUESTS_MIN 20.0
#define WARMUP_FACTOR 1.25 /* what was left out must have been so much slower to be called a warm-up */
#define RISING_FACTOR 1.25
#define FALLING_FACTOR 0.8
#define SAME_LOAD 0.15
#define KNEE_FACTOR 2.0
#define RISE_USERS_FACTOR 2.0

struct stretch {
    double requests, sum_ms, users;
    size_t n;
};

static struct stretch sum(const struct meaning_point *p, size_t n) {
    struct stretch s = {.n = n};
    for (size_t i = 0; i < n; i++) {
        s.requests += p[i].requests;
        s.sum_ms += p[i].sum_ms;
        s.users += p[i].users;
    }
    if (n)
        s.users /= (double)n;
    return s;
}

static double mean(struct stretch s) {
    return s.requests > 0 ? s.sum_ms / s.requests : 0;
}

static void find_trend(struct meaning_course *c, const struct meaning_point *p, size_t n) {
    size_t third = n / 3;
    struct stretch before = sum(p + third, third), last = sum(p + 2 * third, n - 2 * third);
    if (n < POINTS_MIN || before.requests < REQUESTS_MIN || last.requests < REQUESTS_MIN)
        return;
    c->before_ms = mean(before);
    c->last_ms = mean(last);
    double ratio = c->last_ms / c->before_ms, load = before.users > 0 ? last.users / before.users : 1;
    if (load > 1 + SAME_LOAD || load < 1 - SAME_LOAD)
        c->trend = MEANING_LOAD_CHANGED;
    else
        c->trend = ratio > RISING_FACTOR ? MEANING_RISING : ratio < FALLING_FACTOR ? MEANING_FALLING : MEANING_STEADY;
}

/* The stretch at the end under the same load: a ramp before it is no warm-up of the target, and no rise of its own. */
static size_t held_from(const struct meaning_point *p, size_t n) {
    size_t from = n;
    while (from && p[from - 1].users <= (1 + SAME_LOAD) * p[n - 1].users && p[from - 1].users >= (1 - SAME_LOAD) * p[n - 1].users)
        from--;
    return from;
}

static void find_steady(struct meaning_course *c, const struct meaning_point *p, size_t n) {
    static struct steady_point latency[MEANING_POINTS_MAX], throughput[MEANING_POINTS_MAX];
    size_t from = held_from(p, n), count = n - from;

    for (size_t i = 0; i < count; i++) {
        const struct meaning_point *q = &p[from + i];
        latency[i] = (struct steady_point){q->from_s, q->to_s, q->sum_ms, q->requests};
        throughput[i] = (struct steady_point){q->from_s, q->to_s, q->requests, q->to_s - q->from_s};
    }
    c->latency = steady_of(latency, count);
    c->throughput = steady_of(throughput, count > 1 ? count - 1 : 0); /* the last second is rarely a whole one */
    if (c->latency.verdict == STEADY_TOO_LITTLE || (size_t)3 * count < n || sum(p + from, count).requests < REQUESTS_MIN)
        return;
    c->trend = c->latency.verdict == STEADY_RISING ? MEANING_RISING : c->latency.verdict == STEADY_FALLING ? MEANING_FALLING : MEANING_STEADY;
    c->warm = c->latency.warmup > 0 && c->latency.warmup_mean > WARMUP_FACTOR * c->latency.mean;
    c->warmup_s = c->latency.warmup_s - p[from].from_s;
}

static size_t peak_of(const struct meaning_point *p, size_t n) {
    size_t peak = 0;
    for (size_t i = 1; i < n; i++)
        if (p[i].users > p[peak].users)
            peak = i;
    return peak;
}

static void find_knee(struct meaning_course *c, const struct meaning_point *p, size_t n) {
    size_t rise = n ? peak_of(p, n) + 1 : 0, base_points = rise / BASE_SHARE, knee = 0;
    if (rise < RISE_POINTS_MIN || p[rise - 1].users < RISE_USERS_FACTOR * p[base_points].users)
        return;
    struct stretch base = sum(p, base_points);
    if (base.requests < REQUESTS_MIN)
        return;
    c->base_ms = mean(base);
    for (size_t i = rise; i-- > base_points + SMOOTH;) {
        struct stretch here = sum(p + i + 1 - SMOOTH, SMOOTH);
        if (here.requests > 0 && mean(here) < KNEE_FACTOR * c->base_ms)
            break;
        knee = i;
    }
    if (knee == 0 || knee + SMOOTH > rise)
        return;
    c->knee = true;
    c->knee_users = p[knee + 1 - SMOOTH].users;
    c->peak_users = p[rise - 1].users;
    c->peak_ms = mean(sum(p + rise - SMOOTH, SMOOTH));
}

struct meaning_course meaning_course_of(const struct meaning_point *points, size_t n) {
    struct meaning_course c = {.trend = MEANING_UNKNOWN};
    while (n && points[0].requests == 0) { /* nothing was answered yet */
        points++;
        n--;
    }
    while (n && points[n - 1].requests == 0)
        n--;
    find_trend(&c, points, n);
    find_steady(&c, points, n);
    find_knee(&c, points, n);
    return c;
}
