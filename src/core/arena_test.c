#include "core/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static void test_alignment_and_content(void **state) {
    struct arena a;
    char *all[200];
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < 200; i++) {
        all[i] = arena_alloc(&a, i * 7);
        assert_non_null(all[i]);
        assert_int_equal((uintptr_t)all[i] % 16, 0);
        memset(all[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t k = 0; k < i * 7; k++)
            assert_int_equal((unsigned char)all[i][k], i);
    char *zeros = arena_calloc(&a, 10, 10);
    for (int i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    arena_deinit(&a);
    assert_int_equal(a.total, 0);
    arena_deinit(&a);
}

static void test_cap(void **state) {
    struct arena a;
    size_t got = 0;
    (void)state;
    arena_init(&a, 10000);
    assert_null(arena_alloc(&a, 10001));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_calloc(&a, SIZE_MAX / 2, 3));
    while (arena_alloc(&a, 100))
        got++;
    assert_true(a.total <= 10000);
    assert_true(got >= 60); /* most of the cap is usable */
    assert_null(arena_copy(&a, VIEW("does not fit any more, as this text is long enough to need more than the slack "
                                    "that the loop above has left behind it .......")).ptr);
    arena_deinit(&a);
    struct arena none = ARENA_NULL;
    assert_null(arena_alloc(&none, 1));
    arena_reset(&none);
    arena_deinit(&none);
}

static void test_reset_keeps_first_block(void **state) {
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    void *first = arena_alloc(&a, 16);
    size_t one = a.total;
    for (int i = 0; i < 1000; i++)
        assert_non_null(arena_alloc(&a, 500));
    assert_true(a.total > 500000);
    arena_reset(&a);
    assert_int_equal(a.total, one);
    assert_ptr_equal(arena_alloc(&a, 16), first);
    arena_deinit(&a);
}

static void test_text(void **state) {
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    struct view v = arena_copy(&a, view_of("abcdef", 3));
    assert_string_equal(v.ptr, "abc");
    assert_int_equal(v.len, 3);
    assert_string_equal(arena_copy(&a, VIEW_NULL).ptr, "");
    assert_string_equal(arena_printf(&a, "%d/%s", 5, "x"), "5/x");
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_alignment_and_content), cmocka_unit_test(test_cap),
                                       cmocka_unit_test(test_reset_keeps_first_block), cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
