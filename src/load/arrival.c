/* Arrival schedules.
 *
 * The ramp. In a stage from rate a to rate b (per time unit U) over D, x into it, the integral is (2ax +
 * (b-a)x²/D) / 2U. So in units of 1/2U everything that must be compared exactly is a whole number: a stage
 * contributes (a+b)·D, occurrence n wants 2U·(n+1). Only the place within the stage needs a root: with r =
 * what is wanted less what was there before the stage, x = r / (a + sqrt(a² + (b-a)·r/D)), the form of the
 * quadratic's solution that loses no digits, neither for b near a nor for a = 0. */
#include "load/arrival.h"

#include <math.h>

enum { NS_PER_US = 1000 };

void arrival_init(struct arrival *a, const struct plan_scenario *s) {
    *a = (struct arrival){.scenario = s};
}

static int64_t constant_at_ns(const struct plan_scenario *s, uint64_t n) {
    if (s->rate <= 0)
        return ARRIVAL_NEVER;
    __int128 at = (__int128)n * s->time_unit_us * NS_PER_US / s->rate;
    return at <= (__int128)s->duration_us * NS_PER_US ? (int64_t)at : ARRIVAL_NEVER;
}

static int64_t rate_before(const struct plan_scenario *s, size_t stage) {
    return stage ? s->stages[stage - 1].target : s->rate;
}

static int64_t place_in_stage(int64_t a, int64_t b, int64_t duration_ns, __int128 r) {
    if (a == b)
        return (int64_t)(r / (2 * (__int128)a));
    long double from = (long double)a, change = (long double)(b - a), wanted = (long double)r;
    long double square = from * from + change * wanted / (long double)duration_ns;
    long double x = wanted / (from + sqrtl(square > 0 ? square : 0));
    int64_t at = (int64_t)(x + 1e-3L); /* what is whole in theory must not be cut by rounding */
    return at > duration_ns ? duration_ns : at;
}

static int64_t ramping_at_ns(struct arrival *a, uint64_t n) {
    const struct plan_scenario *s = a->scenario;
    __int128 wanted = 2 * (__int128)s->time_unit_us * NS_PER_US * ((__int128)n + 1);

    for (; a->stage < s->stage_count; a->stage++) {
        const struct plan_stage *g = &s->stages[a->stage];
        int64_t from = rate_before(s, a->stage), duration_ns = g->duration_us * NS_PER_US;
        __int128 here = ((__int128)from + g->target) * duration_ns;
        if (wanted <= a->before + here)
            return a->stage_start_ns + place_in_stage(from, g->target, duration_ns, wanted - a->before);
        a->before += here;
        a->stage_start_ns += duration_ns;
    }
    return ARRIVAL_NEVER;
}

int64_t arrival_at_ns(struct arrival *a, uint64_t n) {
    if (a->scenario->executor == PLAN_CONSTANT_ARRIVAL_RATE)
        return constant_at_ns(a->scenario, n);
    return ramping_at_ns(a, n);
}

/* The integral up to the instant, rounded down, and no more than that. */
static uint64_t ramping_integral(const struct plan_scenario *s, int64_t at_us) {
    long double area = 0, unit_ns = 2 * (long double)s->time_unit_us * NS_PER_US;
    int64_t start_us = 0;

    for (size_t i = 0; i < s->stage_count && start_us < at_us; i++) {
        const struct plan_stage *g = &s->stages[i];
        long double from = (long double)rate_before(s, i), to = (long double)g->target;
        long double duration = (long double)g->duration_us * NS_PER_US;
        long double x = (long double)(at_us - start_us) * NS_PER_US;
        if (x > duration)
            x = duration;
        if (duration > 0)
            area += 2 * from * x + (to - from) * x * x / duration;
        start_us += g->duration_us;
    }
    return area > 0 ? (uint64_t)(area / unit_ns) : 0;
}

uint64_t arrival_count_before(const struct plan_scenario *s, int64_t at_us) {
    enum { SLACK = 2 }; /* the estimates are that good; from there we count */
    uint64_t n;
    struct arrival a;

    if (at_us <= 0)
        return 0;
    if (s->executor == PLAN_CONSTANT_ARRIVAL_RATE) {
        int64_t until_us = at_us < s->duration_us ? at_us : s->duration_us;
        n = s->rate > 0 ? (uint64_t)((__int128)until_us * s->rate / s->time_unit_us) : 0;
    } else {
        n = ramping_integral(s, at_us);
    }
    n = n > SLACK ? n - SLACK : 0;
    arrival_init(&a, s);
    for (int64_t at; (at = arrival_at_ns(&a, n)) != ARRIVAL_NEVER && at / NS_PER_US < at_us;)
        n++;
    return n;
}

double arrival_rate(const struct plan_scenario *s, int64_t at_us) {
    double rate = (double)s->rate;
    int64_t start_us = 0;

    if (s->executor == PLAN_RAMPING_ARRIVAL_RATE) {
        for (size_t i = 0; i < s->stage_count && at_us >= start_us; i++) {
            const struct plan_stage *g = &s->stages[i];
            double from = (double)rate_before(s, i), to = (double)g->target;
            double part = g->duration_us ? (double)(at_us - start_us) / (double)g->duration_us : 1;
            rate = from + (to - from) * (part > 1 ? 1 : part);
            start_us += g->duration_us;
        }
    }
    return rate * 1e6 / (double)s->time_unit_us;
}
