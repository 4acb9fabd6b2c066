/* Addresses of jslib that we answer ourselves. */
#include "script/js/jslib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *url, *contains; /* NULL: not ours */
} rows[] = {
    {"https://jslib.k6.io/k6-utils/1.4.0/index.js", "export function randomIntBetween"},
    {"https://jslib.k6.io/k6-utils/1.0.0/index.js", "export function uuidv4"},
    {"https://jslib.k6.io/k6-summary/0.1.0/index.js", "export function textSummary"},
    {"https://jslib.k6.io/url/1.0.0/index.js", "export class URLSearchParams"},
    {"https://jslib.k6.io/formdata/0.0.2/index.js", "export class FormData"},
    {"https://jslib.k6.io/papaparse/5.1.1/index.js", "export function unparse"},
    {"https://jslib.k6.io/httpx/0.1.0/index.js?_k6=1", "export class Httpx"},
    {"https://jslib.k6.io/aws/0.12.3/index.js", NULL},
    {"https://jslib.k6.io/k6-utils/1.4.0/other.js", NULL},
    {"https://jslib.k6.io/k6-utils/index.js", NULL},
    {"https://jslib.k6.io/url", NULL},
    {"https://example.com/k6-utils/1.4.0/index.js", NULL},
};

static void known_modules_are_found_in_any_version(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct view source;
        bool found = jslib_find(view_of_cstr(rows[i].url), &source);
        if (found != (rows[i].contains != NULL) || (found && view_find_view(source, view_of_cstr(rows[i].contains)) < 0))
            fail_msg("%s", rows[i].url);
        if (found)
            assert_int_equal(source.ptr[source.len], 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_modules_are_found_in_any_version)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
