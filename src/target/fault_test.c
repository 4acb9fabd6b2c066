#include "target/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_parse(void **state) {
    static const struct {
        const char *text;
        int rc;
        enum fault_id id;
        int64_t value;
        const char *says;
    } cases[] = {
        {"workers=3", 0, FAULT_WORKERS, 3, NULL},
        {"cpu-ms=600", 0, FAULT_CPU_MS, 600, NULL},
        {"cpu-ms=1.5s", 0, FAULT_CPU_MS, 1500, NULL},
        {"db-latency=20ms", 0, FAULT_DB_LATENCY, 20, NULL},
        {"db-latency=0", 0, FAULT_DB_LATENCY, 0, NULL},
        {"workers=0", ERROR_INVALID, FAULT_WORKERS, 0, "from 1 to 4096"},
        {"workers=2ms", ERROR_INVALID, FAULT_WORKERS, 0, "whole number"},
        {"workers", ERROR_SYNTAX, FAULT_WORKERS, 0, "workers=N"},
        {"cpu-ms", ERROR_SYNTAX, FAULT_CPU_MS, 0, "cpu-ms=MS"},
        {"cpu-ms=", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"cpu-ms=-1", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"cpu-ms=10us", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"wrkers=1", ERROR_INVALID, FAULT_WORKERS, 0, "workers, cpu-ms, db-latency"},
        {"", ERROR_INVALID, FAULT_WORKERS, 0, "known faults"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault_set s = FAULT_SET_NULL;
        struct error err = ERROR_NULL;
        assert_int_equal(fault_parse(&s, view_of_cstr(cases[i].text), &err), cases[i].rc);
        assert_int_equal(fault_value(&s, cases[i].id), cases[i].value);
        if (cases[i].says && !strstr(err.text, cases[i].says))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, err.text, cases[i].says);
    }
}

static void test_last_one_wins_and_format(void **state) {
    struct fault_set s = FAULT_SET_NULL;
    char text[128];
    (void)state;
    assert_string_equal(fault_format(&s, text, sizeof text), "");
    assert_int_equal(fault_parse(&s, VIEW("workers=3"), NULL), 0);
    assert_int_equal(fault_parse(&s, VIEW("cpu-ms=5"), NULL), 0);
    assert_int_equal(fault_parse(&s, VIEW("workers=1"), NULL), 0);
    assert_string_equal(fault_format(&s, text, sizeof text), "workers=1 cpu-ms=5");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_last_one_wins_and_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
