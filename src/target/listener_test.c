#include "target/listener.h"

#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parse(void **state) {
    static const struct {
        const char *text, *says; /* NULL = refused */
    } cases[] = {
        {"127.0.0.1:6400", "127.0.0.1:6400"},
        {":6400", "127.0.0.1:6400"},
        {"6400", "127.0.0.1:6400"},
        {"0.0.0.0:0", "0.0.0.0:0"},
        {"[::1]:80", "[::1]:80"},
        {"127.0.0.1", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:http", NULL},
        {"", NULL},
    };
    char text[LISTENER_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct listener l;
        struct error err = ERROR_NULL;
        int rc = listener_parse(&l, cases[i].text, &err);
        if (!cases[i].says) {
            assert_true(rc < 0);
            assert_non_null(strstr(err.text, cases[i].text));
            continue;
        }
        assert_int_equal(rc, 0);
        assert_string_equal(listener_format((const struct sockaddr *)&l.sa, text), cases[i].says);
    }
}

static void test_sharing_and_refusing(void **state) {
    struct listener l, again;
    struct error err = ERROR_NULL;
    (void)state;
    assert_int_equal(listener_parse(&l, "127.0.0.1:0", NULL), 0);
    int held = listener_reserve(&l, NULL);
    assert_true(held >= 0);
    again = l;
    int first = listener_open(&l, LISTENER_BACKLOG, NULL), second = listener_open(&l, LISTENER_BACKLOG, NULL);
    assert_true(first >= 0 && second >= 0);
    assert_true(listener_reserve(&again, &err) < 0);
    assert_non_null(strstr(err.text, "is in use"));
    assert_non_null(strstr(err.text, "--listen"));
    close(first);
    close(second);
    close(held);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_sharing_and_refusing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
