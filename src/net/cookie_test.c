#include "net/cookie.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>

static const char *text_of(const struct cookie *c) {
    static char out[400];
    snprintf(out, sizeof out, "%.*s=%.*s|%.*s|%.*s|%ld|%ld|%s%s|%.*s", VIEW_ARGS(c->name),
        VIEW_ARGS(c->value), VIEW_ARGS(c->domain), VIEW_ARGS(c->path), (long)c->expires_s, (long)c->max_age_s,
        c->secure ? "s" : "", c->http_only ? "h" : "", VIEW_ARGS(c->same_site));
    return out;
}

static void test_parse(void **state) {
    static const char *const cases[][2] = {
        {"a=b", "a=b|||0|0||"},
        {"a=", "a=|||0|0||"},
        {" a = \"b c\" ; Path=/x ; Domain=.e.test; HttpOnly; Secure; SameSite=Lax",
            "a=b c|.e.test|/x|0|0|sh|Lax"},
        {"a=b; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=10", "a=b|||1445412480|10||"},
        {"a=b; max-age=0", "a=b|||0|-1||"},
        {"a=b; max-age=-5", "a=b|||0|-1||"},
        {"a=b; max-age=x; expires=never", "a=b|||0|0||"},
        {"a=b=c", "a=b=c|||0|0||"},
        {"a", NULL},
        {"=b", NULL},
        {"a b=c", NULL},
        {"a=b\\c", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cookie c;
        int r = cookie_parse(view_of_cstr(cases[i][0]), &c);
        if (!cases[i][1]) {
            assert_int_equal(r, ERROR_SYNTAX);
            continue;
        }
        assert_int_equal(r, 0);
        assert_string_equal(text_of(&c), cases[i][1]);
    }
}

static void test_dates(void **state) {
    static const struct {
        const char *text;
        int64_t unix_s; /* −1 = not a date */
    } cases[] = {
        {"Wed, 21 Oct 2026 07:28:00 GMT", 1792567680},
        {"Wednesday, 21-Oct-26 07:28:00 GMT", 1792567680},
        {"Wed Oct 21 07:28:00 2026", 1792567680},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Tue, 29 Feb 2000 23:59:59 GMT", 951868799},
        {"1 jan 70 0:0:1", 1},
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Wed, 31 Feb 2026 07:28:00 GMT", -1},
        {"Wed, 21 Oct 2026 24:28:00 GMT", -1},
        {"Wed, 21 Oct 1600 07:28:00 GMT", -1},
        {"tomorrow", -1},
        {"", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t s = -2;
        assert_int_equal(cookie_parse_date(view_of_cstr(cases[i].text), &s), cases[i].unix_s >= 0);
        if (cases[i].unix_s >= 0)
            assert_int_equal(s, cases[i].unix_s);
    }
}

static void collect(void *ctx, const struct cookie *c) {
    char *out = ctx;
    size_t n = strlen(out);
    snprintf(out + n, 1000 - n, "%s%.*s=%.*s", n ? "; " : "", VIEW_ARGS(c->name), VIEW_ARGS(c->value));
}

struct jar_test {
    struct cookie_jar *jar;
    struct arena arena;
};

static void store(struct jar_test *t, const char *from, const char *text, int64_t now_s) {
    struct url u;
    struct cookie c;
    struct error err;
    assert_int_equal(url_parse(view_of_cstr(from), &t->arena, &u, &err), 0);
    assert_int_equal(cookie_parse(view_of_cstr(text), &c), 0);
    assert_int_equal(cookie_jar_store(t->jar, &u, &c, now_s), 0);
}

static const char *sent(struct jar_test *t, const char *to, int64_t now_s) {
    static char out[1000];
    struct url u;
    struct error err;
    out[0] = 0;
    assert_int_equal(url_parse(view_of_cstr(to), &t->arena, &u, &err), 0);
    cookie_jar_each(t->jar, &u, now_s, collect, out);
    return out;
}

static struct jar_test begin(void) {
    struct jar_test t;
    assert_int_equal(cookie_jar_new(&t.jar), 0);
    arena_init(&t.arena, 1 << 20);
    return t;
}

static void end(struct jar_test *t) {
    cookie_jar_free(t->jar);
    arena_deinit(&t->arena);
}

static void test_scope(void **state) {
    struct jar_test t = begin();
    (void)state;
    store(&t, "http://www.e.test/a/b/c", "host=1", 100);
    store(&t, "http://www.e.test/a/b/c", "dom=2; Domain=.E.test; Path=/", 100);
    store(&t, "http://www.e.test/", "alien=3; Domain=other.test", 100);
    store(&t, "http://www.e.test/", "below=3; Domain=x.www.e.test", 100);
    store(&t, "http://www.e.test/", "dots=3; Domain=..", 100);
    store(&t, "http://www.e.test/", "sec=4; Secure; Path=/", 100);
    store(&t, "http://127.0.0.1/", "ip=5; Domain=127.0.0.1", 100);
    store(&t, "http://127.0.0.1/", "part=6; Domain=0.0.1", 100);
    assert_int_equal(cookie_jar_count(t.jar), 4);
    assert_string_equal(sent(&t, "http://www.e.test/a/b/x", 100), "host=1; dom=2");
    assert_string_equal(sent(&t, "http://www.e.test/a/b", 100), "host=1; dom=2");
    assert_string_equal(sent(&t, "http://www.e.test/a/bc", 100), "dom=2");
    assert_string_equal(sent(&t, "https://www.e.test/", 100), "dom=2; sec=4");
    assert_string_equal(sent(&t, "http://e.test/a/b/", 100), "dom=2");
    assert_string_equal(sent(&t, "http://x.www.e.test/a/b/", 100), "dom=2");
    assert_string_equal(sent(&t, "http://notwww.e.testx/", 100), "");
    assert_string_equal(sent(&t, "http://127.0.0.1/", 100), "ip=5");
    end(&t);
}

static void test_order_and_replace(void **state) {
    struct jar_test t = begin();
    (void)state;
    store(&t, "http://h/", "a=1; Path=/", 100);
    store(&t, "http://h/", "b=2; Path=/deep/er", 100);
    store(&t, "http://h/", "c=3; Path=/deep", 100);
    store(&t, "http://h/", "d=4; Path=/", 100);
    assert_string_equal(sent(&t, "http://h/deep/er/x", 100), "b=2; c=3; a=1; d=4");
    store(&t, "http://h/", "a=9; Path=/", 100);
    assert_string_equal(sent(&t, "http://h/", 100), "a=9; d=4");
    struct url u;
    struct error err;
    assert_int_equal(url_parse(VIEW("http://h/"), &t.arena, &u, &err), 0);
    cookie_jar_delete(t.jar, &u, VIEW("a"));
    assert_string_equal(sent(&t, "http://h/", 100), "d=4");
    cookie_jar_delete(t.jar, &u, VIEW_NULL);
    assert_string_equal(sent(&t, "http://h/", 100), "");
    assert_int_equal(cookie_jar_count(t.jar), 2); /* those of /deep are not of this URL */
    cookie_jar_clear(t.jar);
    assert_int_equal(cookie_jar_count(t.jar), 0);
    end(&t);
}

static void test_expiry(void **state) {
    struct jar_test t = begin();
    (void)state;
    store(&t, "http://h/", "a=1; Max-Age=10", 1000);
    store(&t, "http://h/", "b=2; Expires=Thu, 01 Jan 1970 00:20:00 GMT", 1000);
    assert_string_equal(sent(&t, "http://h/", 1009), "a=1; b=2");
    assert_string_equal(sent(&t, "http://h/", 1010), "b=2");
    assert_string_equal(sent(&t, "http://h/", 1200), "");
    store(&t, "http://h/", "b=2; Max-Age=0", 1100);
    store(&t, "http://h/", "a=; Expires=Thu, 01 Jan 1970 00:00:01 GMT", 1100);
    assert_int_equal(cookie_jar_count(t.jar), 0);
    end(&t);
}

static void test_limit(void **state) {
    struct jar_test t = begin();
    char text[50];
    (void)state;
    for (int i = 0; i < COOKIES_PER_JAR_MAX + 5; i++) {
        snprintf(text, sizeof text, "c%d=v; Path=/p%d", i, i);
        store(&t, "http://h/", text, 100);
    }
    assert_int_equal(cookie_jar_count(t.jar), COOKIES_PER_JAR_MAX);
    assert_string_equal(sent(&t, "http://h/p4", 100), "");
    assert_string_equal(sent(&t, "http://h/p5", 100), "c5=v");
    end(&t);
}

static void count_cookie(void *ctx, const struct cookie *c) {
    (void)c;
    ++*(int *)ctx;
}

/* Cookies that the user sets himself, as Python's requests lets him. */
static void test_by_hand(void **state) {
    struct jar_test t = begin();
    int n = 0;
    (void)state;
    struct cookie everywhere = {
        .name = VIEW("a"), .value = VIEW("1"), .domain = VIEW(""), .path = VIEW("/"), .host_only = true};
    struct cookie there = {
        .name = VIEW("b"), .value = VIEW("2"), .domain = VIEW("h"), .path = VIEW("/p"), .host_only = true};
    assert_int_equal(cookie_jar_put(t.jar, &everywhere), 0);
    assert_int_equal(cookie_jar_put(t.jar, &there), 0);
    everywhere.value = VIEW("3");
    assert_int_equal(cookie_jar_put(t.jar, &everywhere), 0); /* replaces */
    assert_string_equal(sent(&t, "http://other/", 1), "a=3");
    assert_string_equal(sent(&t, "http://h/p", 1), "b=2; a=3");
    cookie_jar_all(t.jar, count_cookie, &n);
    assert_int_equal(n, 2);
    assert_int_equal(cookie_jar_remove(t.jar, VIEW_NULL, VIEW("/p"), VIEW("a")), 0);
    assert_int_equal(cookie_jar_remove(t.jar, VIEW("h"), VIEW_NULL, VIEW_NULL), 1);
    assert_int_equal(cookie_jar_remove(t.jar, VIEW_NULL, VIEW_NULL, VIEW_NULL), 1);
    end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_dates),
        cmocka_unit_test(test_scope), cmocka_unit_test(test_order_and_replace), cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_by_hand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
