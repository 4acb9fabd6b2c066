#include "load/capacity_search.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/rng.h"

/* A system with a true capacity. Near it the outcome is chance: within `blur` of the capacity a measurement
 * errs or is unsure. */
struct fake {
    double capacity, blur, generator;
    double sticky; /* after an overload only so much of the capacity holds, for `sick` measurements */
    int sick_for, sick;
    struct rng rng;
};

static enum capacity_outcome measure(struct fake *f, double load) {
    double holds = f->capacity * (f->sick > 0 ? f->sticky : 1), off = load / holds - 1;

    if (f->generator > 0 && load > f->generator)
        return CAPACITY_INVALID;
    f->sick -= f->sick > 0;
    if (load > f->capacity * (1 + f->blur))
        f->sick = f->sick_for;
    if (fabs(off) > f->blur)
        return off < 0 ? CAPACITY_HELD : CAPACITY_FAILED;
    double luck = rng_double(&f->rng);
    if (luck < 0.3)
        return CAPACITY_UNSURE;
    return off / f->blur < 2 * (luck - 0.3) / 0.7 - 1 ? CAPACITY_HELD : CAPACITY_FAILED;
}

static size_t search(struct capacity_search *s, struct fake *f, struct capacity_options o) {
    size_t n = 0;

    capacity_search_init(s, &o);
    while (s->end == CAPACITY_END_RUNNING) {
        double load = capacity_search_load(s);
        assert_true(load >= s->o.least && load <= s->o.most);
        assert_true(!o.whole || load == round(load));
        capacity_search_tell(s, measure(f, load));
        assert_true(++n <= CAPACITY_STEPS_MAX);
    }
    return n;
}

static void sharp_systems(void **state) {
    (void)state;
    for (double capacity = 1.7; capacity < 50000; capacity *= 1.37)
        for (int whole = 0; whole <= 1; whole++) {
            struct capacity_search s;
            struct fake f = {.capacity = capacity};
            size_t n = search(
                &s, &f, (struct capacity_options){.start = 10, .least = 1, .most = 1e6, .whole = whole});
            struct capacity_answer a = capacity_search_answer(&s);
            if (s.end != CAPACITY_END_FOUND || a.load > capacity || a.high < capacity ||
                (a.high / a.low > 1.031 && !(whole && a.high - a.low < 1.5)))
                fail_msg("capacity %g: end %d, %g in [%g, %g]", capacity, s.end, a.load, a.low, a.high);
            assert_false(a.hysteresis);
            assert_true(n < 30);
        }
}

/* With measurements that err within 2 % of the truth, the answer is within 5 %, and the interval widened by
 * that noise holds the truth. */
static void blurred_systems(void **state) {
    (void)state;
    int good = 0, inside = 0, runs = 0;
    size_t steps = 0;
    for (unsigned seed = 1; seed <= 300; seed++, runs++) {
        struct capacity_search s;
        struct fake f = {.capacity = 20 + seed * 3.7, .blur = 0.02};
        rng_init(&f.rng, seed);
        steps += search(&s, &f, (struct capacity_options){.start = 10, .least = 1, .most = 1e6});
        struct capacity_answer a = capacity_search_answer(&s);
        good += fabs(a.load / f.capacity - 1) <= 0.05;
        inside += a.low * 0.98 <= f.capacity && f.capacity <= a.high * 1.02;
    }
    if (good < 0.95 * runs || inside < 0.95 * runs || steps > 25 * (size_t)runs)
        fail_msg("good %d, inside %d of %d, %zu steps", good, inside, runs, steps);
}

/* A system that stays bad for a while after an overload: what held on the way up does not hold on the way
 * down. */
static void hysteresis(void **state) {
    (void)state;
    struct capacity_search s;
    struct fake f = {.capacity = 400, .sticky = 0.8, .sick_for = 100};
    search(&s, &f, (struct capacity_options){.start = 300, .least = 1, .most = 1e6});
    struct capacity_answer a = capacity_search_answer(&s);
    assert_true(a.load <= 320 && a.load > 280);
    struct fake short_lived = {.capacity = 400, .sticky = 0.8, .sick_for = 1};
    search(&s, &short_lived, (struct capacity_options){.start = 390, .least = 1, .most = 1e6});
    a = capacity_search_answer(&s);
    assert_true(s.end == CAPACITY_END_FOUND && a.load <= 400 && a.load > 300);
}

static void ends(void **state) {
    (void)state;
    struct capacity_search s;
    struct fake strong = {.capacity = 1e9}, weak = {.capacity = 0.5},
                fast = {.capacity = 1e9, .generator = 700}, near = {.capacity = 1000, .generator = 700};
    search(&s, &strong, (struct capacity_options){.start = 10, .least = 1, .most = 500});
    assert_int_equal(s.end, CAPACITY_END_AT_MOST);
    assert_true(capacity_search_answer(&s).load == 500 && isinf(capacity_search_answer(&s).high));
    search(&s, &weak, (struct capacity_options){.start = 10, .least = 1, .most = 500});
    assert_int_equal(s.end, CAPACITY_END_NOTHING);
    search(&s, &fast, (struct capacity_options){.start = 10, .least = 1, .most = 1e6});
    assert_int_equal(s.end, CAPACITY_END_GENERATOR);
    assert_true(capacity_search_answer(&s).load == 640 && isinf(capacity_search_answer(&s).high));
    search(&s, &near, (struct capacity_options){.start = 10, .least = 1, .most = 1e6});
    assert_int_equal(s.end, CAPACITY_END_GENERATOR);
    assert_true(capacity_end_word(s.end)[0] && capacity_phase_word(s.phase)[0]);
}

/* Measurements that mean nothing at all: it ends all the same. */
static void chance(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 500; seed++) {
        struct capacity_search s;
        struct rng r;
        size_t n = 0;
        rng_init(&r, seed);
        capacity_search_init(
            &s, &(struct capacity_options){.start = 10, .least = 1, .most = 1e5, .whole = seed % 2});
        for (; s.end == CAPACITY_END_RUNNING; n++)
            capacity_search_tell(&s, (enum capacity_outcome)rng_below(&r, 4));
        assert_true(n <= CAPACITY_STEPS_MAX);
        struct capacity_answer a = capacity_search_answer(&s);
        assert_true(a.low <= a.high);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sharp_systems), cmocka_unit_test(blurred_systems),
        cmocka_unit_test(hysteresis), cmocka_unit_test(ends), cmocka_unit_test(chance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
