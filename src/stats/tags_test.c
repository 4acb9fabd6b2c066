#include "stats/tags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct tag pair(const char *key, const char *value) {
    return (struct tag){view_of_cstr(key), value ? view_of_cstr(value) : VIEW_NULL};
}

static void equal_sets_have_equal_numbers(void **arg) {
    struct tags *t;

    (void)arg;
    assert_int_equal(tags_new(&t, 0), 0);
    struct tag ab[] = {pair("a", "1"), pair("b", "2")}, ba[] = {pair("b", "2"), pair("a", "1")};
    struct tag twice[] = {pair("a", "x"), pair("b", "2"), pair("a", "1")};
    tagset_id id = tags_intern(t, ab, 2);
    assert_int_equal(tags_intern(t, ba, 2), id);
    assert_int_equal(tags_intern(t, twice, 3), id);
    assert_int_equal(tags_intern(t, NULL, 0), 0);
    assert_int_equal(tags_with(t, tags_intern(t, ab, 1), ab + 1, 1), id);
    struct tag removal[] = {pair("b", NULL), pair("c", NULL)};
    assert_int_equal(tags_with(t, id, removal, 2), tags_intern(t, ab, 1));
    assert_int_equal(tags_count(t, id), 2);
    assert_true(view_eq(tags_at(t, id, 0).key, VIEW("a")));
    assert_true(view_eq(tags_get(t, id, VIEW("b")), VIEW("2")));
    assert_null(tags_get(t, id, VIEW("c")).ptr);
    struct tag empty[] = {pair("a", "")};
    tagset_id e = tags_intern(t, empty, 1);
    assert_int_not_equal(e, 0);
    assert_non_null(tags_get(t, e, VIEW("a")).ptr);
    tags_free(t);
}

static void filters(void **arg) {
    struct tags *t;

    (void)arg;
    assert_int_equal(tags_new(&t, 0), 0);
    struct tag ab[] = {pair("a", "1"), pair("b", "2")};
    tagset_id id = tags_intern(t, ab, 2);
    struct tag other[] = {pair("a", "1"), pair("b", "3")}, absent[] = {pair("c", "")};
    assert_true(tags_match(t, id, ab, 2));
    assert_true(tags_match(t, id, NULL, 0));
    assert_false(tags_match(t, id, other, 2));
    assert_false(tags_match(t, id, absent, 1));
    tags_free(t);
}

/* Endless URLs, then endless other tags: the table stays bounded and says how often it folded. */
static void folds_at_its_limit(void **arg) {
    struct tags *t;
    char url[64], user[64];
    tagset_id last = 0;

    (void)arg;
    assert_int_equal(tags_new(&t, 100), 0);
    for (int i = 0; i < 5000; i++) {
        snprintf(url, sizeof url, "http://host/%d", i);
        struct tag set[] = {pair("url", url), pair("name", url), pair("status", i % 2 ? "200" : "404")};
        last = tags_intern(t, set, 3);
    }
    assert_true(view_eq(tags_get(t, last, VIEW("url")), VIEW("(other)")));
    assert_true(view_eq(tags_get(t, last, VIEW("name")), VIEW("(other)")));
    assert_true(view_eq(tags_get(t, last, VIEW("status")), VIEW("200")));
    assert_int_equal(tags_folded(t), 4900);
    for (int i = 0; i < 20000; i++) {
        snprintf(user, sizeof user, "u%d", i);
        struct tag set[] = {pair("url", "http://host/1"), pair("user", user)};
        last = tags_intern(t, set, 2);
    }
    assert_int_equal(tags_count(t, last), 1);
    assert_true(view_eq(tags_get(t, last, VIEW("name")), VIEW("(other)")));
    assert_in_range(tags_sets(t), 100, 110 + 4096);
    struct tag known[] = {pair("url", "http://host/7"), pair("name", "http://host/7"), pair("status", "200")};
    assert_true(view_eq(tags_get(t, tags_intern(t, known, 3), VIEW("url")), VIEW("http://host/7")));
    tags_free(t);
}

static void too_many_tags_in_a_set(void **arg) {
    struct tags *t;
    tagset_id id = 0;
    char key[16];

    (void)arg;
    assert_int_equal(tags_new(&t, 0), 0);
    for (int i = 0; i < 80; i++) {
        snprintf(key, sizeof key, "k%02d", i);
        struct tag one = pair(key, "v");
        id = tags_with(t, id, &one, 1);
    }
    assert_int_equal(tags_count(t, id), TAGS_PER_SET_MAX);
    tags_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(equal_sets_have_equal_numbers),
        cmocka_unit_test(filters), cmocka_unit_test(folds_at_its_limit),
        cmocka_unit_test(too_many_tags_in_a_set)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
