/* Times are given, so nothing sleeps. */
#include "target/page_cache.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static struct commons *commons;
static struct page_cache *cache;
static struct buf out;

static int setup(void **state) {
    struct fault_set faults = FAULT_SET_NULL;
    (void)state;
    assert_int_equal(commons_new(&commons, 1, &faults, NULL), 0);
    assert_int_equal(page_cache_new(&cache, commons, &commons->parts[0].metrics), 0);
    buf_init(&out, 1 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    cache = page_cache_free(cache);
    assert_int_equal(commons->cached_bytes, 0);
    assert_int_equal(commons->parts[0].metrics.cache_entries, 0);
    commons = commons_free(commons);
    buf_deinit(&out);
    return 0;
}

static int get(const char *key, int64_t now_ns) {
    buf_clear(&out);
    return page_cache_get(cache, view_of_cstr(key), now_ns, &out);
}

static void test_a_piece_expires(void **state) {
    (void)state;
    assert_int_equal(get("a", 0), 1);
    page_cache_put(cache, VIEW("a"), VIEW("one"), 0);
    assert_int_equal(get("a", PAGE_CACHE_TTL_MS * MS), 0);
    assert_string_equal(out.ptr, "one");
    assert_int_equal(get("a", PAGE_CACHE_TTL_MS * MS + 1), 1);
    page_cache_put(cache, VIEW("a"), VIEW("two"), 5000 * MS);
    assert_int_equal(get("a", 5000 * MS), 0);
    assert_string_equal(out.ptr, "two");
    assert_int_equal(commons->parts[0].metrics.cache_entries, 1);
    assert_int_equal(commons->parts[0].metrics.cache_hits, 2);
    assert_int_equal(commons->parts[0].metrics.cache_misses, 2);
}

static void fill(int count, int64_t step_ns) {
    char key[32];
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "key %d", i);
        page_cache_put(cache, view_of_cstr(key), VIEW("x"), i * step_ns);
    }
}

static void test_the_oldest_leave(void **state) {
    (void)state;
    fill(PAGE_CACHE_ENTRIES + 10, 0);
    assert_int_equal(commons->parts[0].metrics.cache_entries, PAGE_CACHE_ENTRIES);
    assert_int_equal(commons->parts[0].metrics.cache_evictions, 10);
    assert_int_equal(get("key 9", 0), 1);
    assert_int_equal(get("key 10", 0), 0);
}

static void test_without_a_ttl_nothing_leaves(void **state) {
    (void)state;
    assert_int_equal(commons_switch(commons, FAULT_CACHE_TTL, 1, NULL), 0);
    fill(3 * PAGE_CACHE_ENTRIES, 1000 * MS);
    assert_int_equal(commons->parts[0].metrics.cache_entries, 3 * PAGE_CACHE_ENTRIES);
    assert_int_equal(get("key 0", 3600 * 1000 * MS), 0);
    commons->cached_bytes += COMMONS_CACHE_MAX; /* of other processes */
    page_cache_put(cache, VIEW("more"), VIEW("x"), 0);
    assert_int_equal(get("more", 0), 1);
    commons->cached_bytes -= COMMONS_CACHE_MAX;
    assert_int_equal(commons_switch(commons, FAULT_CACHE_TTL, 0, NULL), 0);
    page_cache_put(cache, VIEW("more"), VIEW("x"), 3600 * 1000 * MS);
    assert_int_equal(commons->parts[0].metrics.cache_entries, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_piece_expires, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_oldest_leave, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_a_ttl_nothing_leaves, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
