/* k6/encoding: what k6 answers. */
#include "script/js/module_test_priv.h"

extern const struct module_row module_k6_encoding;

static const struct module_test_row rows[] = {
    {"e.b64encode('größe?')", "Z3LDtsOfZT8="},
    {"e.b64encode('größe?', 'std')", "Z3LDtsOfZT8="},
    {"e.b64encode('größe?', 'rawstd')", "Z3LDtsOfZT8"},
    {"e.b64encode(new Uint8Array([255,254,253,0,62,63]), 'url')", "__79AD4_"},
    {"e.b64encode(new Uint8Array([255,254,253,0,62,63]).buffer)", "//79AD4/"},
    {"e.b64encode('hi', 'rawurl')", "aGk"},
    {"e.b64encode('x', 'nope')", "eA=="},
    {"e.b64encode('')", ""},
    {"e.b64decode('Z3LDtsOfZQ==', 'std', 's')", "größe"},
    {"e.b64decode('aGk=') instanceof ArrayBuffer", "true"},
    {"Array.from(new Uint8Array(e.b64decode('__79AD4_', 'url'))).join()", "255,254,253,0,62,63"},
    {"e.b64decode('aGk', 'rawstd', 's')", "hi"},
    {"e.b64decode('aG\\nk=', 'std', 's')", "hi"},
    {"e.b64decode().byteLength", "0"},
    {"e.b64decode('aGk=', 'std', 'x').byteLength", "2"},
    {"e.b64decode('***', 'std', 's')", "GoError: illegal base64 data at input byte 0"},
    {"e.b64decode('aGk=x', 'std', 's')", "GoError: illegal base64 data at input byte 4"},
    {"e.b64encode(5)", "GoError: invalid type int64, expected string, []byte or ArrayBuffer"},
    {"e.b64encode()", "GoError: invalid type <nil>, expected string, []byte or ArrayBuffer"},
    {"e.b64encode({})", "GoError: invalid type map[string]interface {}, expected string, []byte or ArrayBuffer"},
    {"e.b64encode('a', Symbol())", "TypeError: cannot convert symbol to string"},
};

static void base64_as_in_k6(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    module_test_add(&t, "e", &module_k6_encoding);
    module_test_rows(&t, rows, sizeof rows / sizeof *rows);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(base64_as_in_k6)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
