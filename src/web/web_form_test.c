#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "core/buf.h"
#include "web/web_form.h"

static void test_forms(void **state) {
    static const struct {
        const char *text, *json; /* NULL: refused */
    } cases[] = {
        {"", "{}"},
        {"a=1&b=x+y", "{\"a\":\"1\",\"b\":\"x y\"}"},
        {"&&a=1&", "{\"a\":\"1\"}"},
        {"a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}"},
        {"h=http%3A%2f%2Fx%3Fa%3D1", "{\"h\":\"http://x?a=1\"}"},
        {"a", "{\"a\":\"\"}"},
        {"=1", "{\"\":\"1\"}"},
        {"a=b=c", "{\"a\":\"b=c\"}"},
        {"a=%C3%A4", "{\"a\":\"\xc3\xa4\"}"},
        {"a=%", NULL},
        {"a=%4", NULL},
        {"a=%4g", NULL},
        {"a=%00", NULL},
        {"a=%ff", NULL},
        {"%ff=a", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *form = json_object();
        int r = web_form_parse(view_of_cstr(cases[i].text), form);
        char *text = json_dumps(form, JSON_COMPACT);
        assert_int_equal(r, cases[i].json ? 0 : ERROR_SYNTAX);
        if (cases[i].json)
            assert_string_equal(text, cases[i].json);
        free(text);
        json_decref(form);
    }
}

static void test_limits(void **state) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    json_t *form = json_object();

    (void)state;
    for (int i = 0; i <= WEB_FORM_FIELDS_MAX; i++)
        assert_int_equal(buf_printf(&text, "k%d=1&", i), 0);
    assert_int_equal(web_form_parse(buf_view(&text), form), ERROR_LIMIT);
    json_object_clear(form);
    buf_clear(&text);
    for (int i = 0; i <= WEB_FORM_FIELDS_MAX; i++)
        assert_int_equal(buf_append_view(&text, VIEW("k=1&")), 0);
    assert_int_equal(web_form_parse(buf_view(&text), form), ERROR_LIMIT);
    json_decref(form);
}

static void test_the_last_counts(void **state) {
    json_t *form = json_object();

    (void)state;
    assert_int_equal(web_form_parse(VIEW("a=1&a=2&b=3"), form), 0);
    assert_string_equal(web_form_text(form, "a"), "2");
    assert_string_equal(web_form_text(form, "b"), "3");
    assert_null(web_form_text(form, "c"));
    json_decref(form);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_the_last_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
