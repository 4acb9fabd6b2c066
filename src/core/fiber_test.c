#include "core/fiber.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fiber_pool *new_pool(size_t max) {
    struct fiber_pool *p;
    assert_int_equal(fiber_pool_new(&p, max), 0);
    return p;
}

static struct fiber *new_fiber(struct fiber_pool *p, void (*entry)(void *), void *arg) {
    struct fiber *f;
    assert_int_equal(fiber_new(&f, p, entry, arg), 0);
    return f;
}

struct counter {
    int steps, value;
    struct fiber *self;
    double sum;
};

static void count(void *arg) {
    struct counter *c = arg;
    double x = 0.5; /* lives in registers or on the stack across the switches */
    assert_ptr_equal(fiber_current(), c->self);
    for (int i = 0; i < c->steps; i++) {
        c->value++;
        x *= 3;
        fiber_park();
        assert_ptr_equal(fiber_current(), c->self);
    }
    c->sum = x;
}

static void test_park_and_resume(void **state) {
    enum { COUNT = 200 };
    struct fiber_pool *p = new_pool(COUNT);
    struct counter c[COUNT];
    struct fiber *extra;
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        c[i] = (struct counter){.steps = i % 5};
        c[i].self = new_fiber(p, count, &c[i]);
    }
    assert_int_equal(fiber_new(&extra, p, count, NULL), ERROR_LIMIT);
    assert_null(extra);
    for (int round = 0; round < 6; round++)
        for (int i = 0; i < COUNT; i++)
            if (!fiber_ended(c[i].self)) {
                assert_true(round <= i % 5);
                fiber_resume(c[i].self);
                assert_null(fiber_current());
            }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(c[i].value, i % 5);
        assert_true(c[i].sum == 0.5 * pow(3, i % 5));
        assert_true(fiber_ended(c[i].self));
        assert_null(fiber_free(c[i].self));
    }
    assert_null(fiber_pool_free(p));
}

static void test_pool_limits_and_reuse(void **state) {
    struct fiber_pool *p;
    (void)state;
    assert_int_equal(fiber_pool_new(&p, 0), ERROR_LIMIT);
    assert_int_equal(fiber_pool_new(&p, (size_t)FIBER_STACKS_MAX + 1), ERROR_LIMIT);
    assert_null(p);
    p = new_pool(10);
    struct fiber *a = new_fiber(p, count, NULL), *b = new_fiber(p, count, NULL);
    assert_int_not_equal(fiber_stack_base(a) < fiber_stack_base(b), fiber_stack_base(a) == fiber_stack_base(b));
    fiber_free(a); /* never ran */
    fiber_free(b);
    assert_ptr_equal(new_fiber(p, count, NULL), b); /* the warmest first */
    fiber_free(b);
    assert_null(fiber_free(NULL));
    fiber_pool_free(p);
    assert_null(fiber_pool_free(NULL));
}

struct nest {
    struct fiber *self, *other;
    char trace[16];
};

static void note(struct nest *n, char c) {
    n->trace[strlen(n->trace)] = c;
}

static void on_scheduler(void *arg) {
    struct nest *n = arg;
    char here;
    assert_null(fiber_current());
    char *base = fiber_stack_base(n->self);
    assert_true((uintptr_t)&here < (uintptr_t)base || (uintptr_t)&here >= (uintptr_t)base + fiber_stack_size(n->self));
    note(n, 's');
    if (n->other && !fiber_ended(n->other))
        fiber_resume(n->other); /* the scheduler's stack may run others meanwhile */
}

static void calls_out(void *arg) {
    struct nest *n = arg;
    note(n, '1');
    fiber_call_on_scheduler(on_scheduler, n);
    assert_ptr_equal(fiber_current(), n->self);
    note(n, '2');
    fiber_call_on_scheduler(on_scheduler, n);
    fiber_park();
    note(n, '3');
}

static void test_call_on_scheduler(void **state) {
    struct fiber_pool *p = new_pool(2);
    struct counter c = {.steps = 1};
    struct nest n = {0};
    (void)state;
    n.self = new_fiber(p, calls_out, &n);
    n.other = c.self = new_fiber(p, count, &c);
    fiber_resume(n.self);
    assert_string_equal(n.trace, "1s2s");
    assert_true(fiber_ended(n.other) && !fiber_ended(n.self));
    fiber_resume(n.self);
    assert_string_equal(n.trace, "1s2s3");
    fiber_call_on_scheduler(on_scheduler, &n); /* there already: a plain call */
    assert_string_equal(n.trace, "1s2s3s");
    fiber_free(n.self);
    fiber_free(n.other);
    fiber_pool_free(p);
}

static void rounds_down(void *arg) {
    (void)arg;
    assert_int_equal(fegetround(), FE_UPWARD); /* inherited from the creator */
    fesetround(FE_DOWNWARD);
    fiber_park();
    assert_int_equal(fegetround(), FE_DOWNWARD);
}

static void test_rounding_mode_is_per_fiber(void **state) {
    struct fiber_pool *p = new_pool(1);
    (void)state;
    fesetround(FE_UPWARD);
    struct fiber *f = new_fiber(p, rounds_down, NULL);
    fiber_resume(f);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    fiber_resume(f);
    assert_int_equal(fegetround(), FE_TONEAREST);
    assert_true(fiber_ended(f));
    fiber_free(f);
    fiber_pool_free(p);
}

/* Uses SSE-aligned stores and a good part of the stack. */
__attribute__((noinline)) static int deep(int levels) {
    char frame[1024];
    memset(frame, levels, sizeof frame);
    __asm__ volatile("" : : "r"(frame) : "memory"); /* or the recursion becomes a loop */
    int below = levels ? deep(levels - 1) : 0;
    __asm__ volatile("" : : "r"(frame) : "memory");
    return below + (frame[0] == (char)levels && frame[1023] == (char)levels);
}

struct diver {
    int levels, result;
    double parsed;
};

static void dive(void *arg) {
    struct diver *d = arg;
    char text[32];
    d->result = deep(d->levels);
    snprintf(text, sizeof text, "%.3f", 1.125);
    d->parsed = strtod(text, NULL);
    fiber_park();
    d->result += deep(1);
}

static size_t resident_pages(const struct fiber *f) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = fiber_stack_size(f), count_pages = 0;
    unsigned char in[512];
    uintptr_t base = ((uintptr_t)fiber_stack_base(f) + page - 1) & ~(page - 1);
    size_t pages = ((uintptr_t)fiber_stack_base(f) + size - base) / page;
    assert_true(pages <= sizeof in);
    assert_int_equal(mincore((void *)base, pages * page, in), 0);
    for (size_t i = 0; i < pages; i++)
        count_pages += in[i] & 1;
    return count_pages;
}

static void test_deep_stacks_and_trim(void **state) {
    struct fiber_pool *p = new_pool(1);
    struct diver d = {.levels = 100};
    (void)state;
    struct fiber *f = new_fiber(p, dive, &d);
    assert_true(resident_pages(f) <= 1);
    fiber_resume(f);
    assert_int_equal(d.result, 101);
    assert_true(d.parsed == 1.125);
    size_t before = resident_pages(f);
    assert_true(before >= 25);
    fiber_trim(f, 1024 * 1024);
    assert_int_equal(resident_pages(f), before);
    fiber_trim(f, 0);
    assert_true(resident_pages(f) < before - 20);
    fiber_resume(f);
    assert_int_equal(d.result, 103);
    fiber_free(f);
    fiber_pool_free(p);
}

/* Memory that only a parked fiber's stack points to is no leak; freed and used again it is found by nobody else. */
static void holds_memory(void *arg) {
    char *volatile p = malloc(100);
    assert_non_null(p);
    fiber_park();
    *(int *)arg += 1;
    free(p);
}

static void test_many_generations(void **state) {
    struct fiber_pool *p = new_pool(300);
    struct fiber *f[300];
    int ended = 0;
    (void)state;
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 300; i++) {
            f[i] = new_fiber(p, holds_memory, &ended);
            fiber_resume(f[i]);
        }
        for (int i = 0; i < 300; i++) {
            fiber_resume(f[i]);
            fiber_free(f[i]);
        }
    }
    assert_int_equal(ended, 1200);
    fiber_pool_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_park_and_resume),      cmocka_unit_test(test_pool_limits_and_reuse),
        cmocka_unit_test(test_call_on_scheduler),    cmocka_unit_test(test_rounding_mode_is_per_fiber),
        cmocka_unit_test(test_deep_stacks_and_trim), cmocka_unit_test(test_many_generations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
