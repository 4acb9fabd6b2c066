#include "core/json_writer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include "core/rng.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static void test_doubles(void **state) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"}, {-0.0, "-0"}, {1, "1"}, {-42, "-42"}, {0.1, "0.1"}, {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"}, {1e20, "100000000000000000000"}, {1e21, "1e+21"}, {1.5e300, "1.5e+300"},
        {1e-6, "0.000001"}, {1.25e-6, "0.00000125"}, {1e-7, "1e-7"}, {-1.5e-9, "-1.5e-9"}, {123456.789, "123456.789"},
        {9007199254740993.0, "9007199254740992"}, {5e-324, "5e-324"}, {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"}, {123456789012345680000.0, "123456789012345680000"},
    };
    char out[JSON_WRITER_NUMBER_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(json_format_double(cases[i].value, out), cases[i].text);
}

static void test_doubles_round_trip(void **state) {
    struct rng r;
    char out[JSON_WRITER_NUMBER_MAX];
    (void)state;
    rng_init(&r, 3);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = rng_u64(&r);
        double v, back = 0;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        json_format_double(v, out);
        assert_true(view_to_double(view_of_cstr(out), &back));
        assert_memory_equal(&v, &back, sizeof v);
    }
}

static void test_strings(void **state) {
    static const struct {
        struct view text;
        bool html;
        const char *json;
    } cases[] = {
        {VIEW(""), false, "\"\""},
        {VIEW("a\"b\\c/"), false, "\"a\\\"b\\\\c/\""},
        {VIEW("\b\f\n\r\t\x01\x1f\x7f\0"), false, "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\""},
        {VIEW("<gr\xc3\xbc\xc3\x9f&>"), false, "\"<gr\xc3\xbc\xc3\x9f&>\""},
        {VIEW("<&>\xe2\x80\xa8"), true, "\"\\u003c\\u0026\\u003e\\u2028\""},
        {VIEW("x\xffy"), false, "\"x\xef\xbf\xbdy\""},
        {VIEW("x\xffy"), true, "\"x\\ufffdy\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b CLEANUP(buf_deinit) = BUF_MAX(100);
        assert_int_equal(json_append_string(&b, cases[i].text, cases[i].html), 0);
        assert_string_equal(b.ptr, cases[i].json);
    }
    struct buf small CLEANUP(buf_deinit) = BUF_MAX(4);
    assert_int_equal(buf_append(&small, "[", 1), 0);
    assert_int_equal(json_append_string(&small, VIEW("ab"), false), ERROR_LIMIT);
    assert_string_equal(small.ptr, "[");
}

static void write_sample(struct json_writer *w) {
    json_writer_object(w);
    json_writer_key(w, VIEW("list"));
    json_writer_array(w);
    json_writer_u64(w, UINT64_MAX);
    json_writer_i64(w, INT64_MIN);
    json_writer_double(w, 0.5);
    json_writer_double(w, NAN);
    json_writer_end(w);
    json_writer_key(w, VIEW("empty"));
    json_writer_object(w);
    json_writer_end(w);
    json_writer_key(w, VIEW("s"));
    json_writer_string(w, VIEW("x"));
    json_writer_key(w, VIEW("raw"));
    json_writer_raw(w, VIEW("[1]"));
    json_writer_key(w, VIEW("b"));
    json_writer_bool(w, true);
    json_writer_key(w, VIEW("n"));
    json_writer_null(w);
    json_writer_end(w);
}

static void test_writer(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(1000);
    struct json_writer w = json_writer_of(&b);
    (void)state;
    write_sample(&w);
    json_writer_u64(&w, 1); /* a second document: a line of its own */
    assert_int_equal(json_writer_error(&w), 0);
    assert_string_equal(b.ptr, "{\"list\":[18446744073709551615,-9223372036854775808,0.5,null],\"empty\":{},\"s\":\"x\","
                               "\"raw\":[1],\"b\":true,\"n\":null}\n1");
    buf_clear(&b);
    w = json_writer_of(&b);
    w.indent = 2;
    write_sample(&w);
    assert_string_equal(b.ptr, "{\n  \"list\": [\n    18446744073709551615,\n    -9223372036854775808,\n    0.5,\n    null\n"
                               "  ],\n  \"empty\": {},\n  \"s\": \"x\",\n  \"raw\": [1],\n  \"b\": true,\n  \"n\": null\n}");
}

static void test_limits(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(1000);
    struct json_writer w = json_writer_of(&b);
    (void)state;
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX + 3; i++)
        json_writer_array(&w);
    for (int i = 0; i < JSON_WRITER_DEPTH_MAX + 3; i++)
        json_writer_end(&w);
    assert_int_equal(json_writer_error(&w), ERROR_LIMIT);
    assert_int_equal(w.depth, 0);
    struct buf small CLEANUP(buf_deinit) = BUF_MAX(20);
    w = json_writer_of(&small);
    write_sample(&w);
    assert_int_equal(json_writer_error(&w), ERROR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_doubles), cmocka_unit_test(test_doubles_round_trip),
                                       cmocka_unit_test(test_strings), cmocka_unit_test(test_writer),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
