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
        {"cpu-ms=600", 0, FAULT_CPU_MS, 600000, NULL},
        {"cpu-ms=1.5s", 0, FAULT_CPU_MS, 1500000, NULL},
        {"db-latency=20ms", 0, FAULT_DB_LATENCY, 20000, NULL},
        {"db-latency=0", 0, FAULT_DB_LATENCY, 0, NULL},
        {"workers=0", ERROR_INVALID, FAULT_WORKERS, 0, "from 1 to 4096"},
        {"workers=2ms", ERROR_INVALID, FAULT_WORKERS, 0, "whole number"},
        {"workers", ERROR_SYNTAX, FAULT_WORKERS, 0, "workers=N"},
        {"cpu-ms", ERROR_SYNTAX, FAULT_CPU_MS, 0, "cpu-ms=MS"},
        {"cpu-ms=", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"cpu-ms=-1", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"cpu-ms=10us", 0, FAULT_CPU_MS, 10, NULL},
        {"cpu-ms=66.4", 0, FAULT_CPU_MS, 66400, NULL},
        {"cpu-ms=10ns", ERROR_INVALID, FAULT_CPU_MS, 0, "milliseconds"},
        {"lock", 0, FAULT_LOCK, 10, NULL},
        {"lock=50", 0, FAULT_LOCK, 50, NULL},
        {"n-plus-1", 0, FAULT_N_PLUS_1, 1, NULL},
        {"n-plus-1=on", 0, FAULT_N_PLUS_1, 1, NULL},
        {"n-plus-1=3", ERROR_INVALID, FAULT_N_PLUS_1, 0, "takes no value"},
        {"cache-ttl=none", 0, FAULT_CACHE_TTL, 1, NULL},
        {"cache-ttl=5", ERROR_INVALID, FAULT_CACHE_TTL, 0, "none"},
        {"cache-ttl", ERROR_SYNTAX, FAULT_CACHE_TTL, 0, "cache-ttl=none"},
        {"rate-limit=100/s", 0, FAULT_RATE_LIMIT, 6000, NULL},
        {"rate-limit=100", 0, FAULT_RATE_LIMIT, 6000, NULL},
        {"rate-limit=90/m", 0, FAULT_RATE_LIMIT, 90, NULL},
        {"rate-limit=90/h", ERROR_INVALID, FAULT_RATE_LIMIT, 0, "600/m"},
        {"rate-limit=0", ERROR_INVALID, FAULT_RATE_LIMIT, 0, "a rate"},
        {"rate-limit=9223372036854775807", ERROR_INVALID, FAULT_RATE_LIMIT, 0, "a rate"},
        {"error-rate=0.05", 0, FAULT_ERROR_RATE, 50000, NULL},
        {"error-rate=5%", 0, FAULT_ERROR_RATE, 50000, NULL},
        {"error-rate=1", 0, FAULT_ERROR_RATE, FAULT_SHARE_ALL, NULL},
        {"error-rate=2", ERROR_INVALID, FAULT_ERROR_RATE, 0, "at most 1"},
        {"error-rate=0", ERROR_INVALID, FAULT_ERROR_RATE, 0, "above 0"},
        {"error-rate=%", ERROR_INVALID, FAULT_ERROR_RATE, 0, "5%"},
        {"memory-leak", 0, FAULT_MEMORY_LEAK, 64, NULL},
        {"stall-every=10:500", 0, FAULT_STALL_EVERY, (INT64_C(10000) << 32) + 500, NULL},
        {"stall-every=0.5:100ms", 0, FAULT_STALL_EVERY, (INT64_C(500) << 32) + 100, NULL},
        {"stall-every=1:1000", ERROR_INVALID, FAULT_STALL_EVERY, 0, "shorter"},
        {"stall-every=10", ERROR_INVALID, FAULT_STALL_EVERY, 0, "10:500"},
        {"stall-every=:", ERROR_INVALID, FAULT_STALL_EVERY, 0, "10:500"},
        {"slow-start=30", 0, FAULT_SLOW_START, 30000, NULL},
        {"slow-start=1m", 0, FAULT_SLOW_START, 60000, NULL},
        {"slow-start=1e300", ERROR_INVALID, FAULT_SLOW_START, 0, "seconds"},
        {"wrkers=1", ERROR_INVALID, FAULT_WORKERS, 0, "did you mean workers?"},
        {"db_pool=1", ERROR_INVALID, FAULT_WORKERS, 0, "did you mean db-pool?"},
        {"nplus1", ERROR_INVALID, FAULT_WORKERS, 0, "did you mean n-plus-1?"},
        {"quux", ERROR_INVALID, FAULT_WORKERS, 0, "workers, db-pool, db-latency"},
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
    assert_int_equal(fault_parse(&s, VIEW("cpu-ms=5.25"), NULL), 0);
    assert_int_equal(fault_parse(&s, VIEW("workers=1"), NULL), 0);
    assert_string_equal(fault_format(&s, text, sizeof text), "workers=1 cpu-ms=5.25");
}

/* What is shown can be typed in again. */
static void test_values_read_back(void **state) {
    static const char *const cases[] = {"workers=3", "lock=10", "n-plus-1=on", "rate-limit=100/s",
        "rate-limit=90/m", "error-rate=0.05", "stall-every=0.5:100", "slow-start=1.5", "slow-start=8.008",
        "stall-every=512.345:100", "cache-ttl=none"};
    char value[FAULT_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault_set s = FAULT_SET_NULL;
        struct view rest = view_of_cstr(cases[i]), name = view_cut(&rest, '=', NULL);
        assert_int_equal(fault_parse(&s, view_of_cstr(cases[i]), NULL), 0);
        assert_string_equal(fault_format_value(&s, fault_find(name, NULL), value), rest.ptr);
    }
}

static void test_contradictions(void **state) {
    static const struct {
        const char *a, *b;
        const char *says; /* NULL = fine together */
    } cases[] = {
        {"workers=1", "lock", "alone"},
        {"workers=1", "db-pool=1", "one worker needs one connection"},
        {"error-rate=100%", "cpu-ms=5", "error-rate=1 and cpu-ms contradict"},
        {"workers=2", "lock", NULL},
        {"error-rate=99%", "cpu-ms=5", NULL},
        {"workers=1", "cpu-ms=5", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fault_set s = FAULT_SET_NULL;
        struct error err = ERROR_NULL;
        assert_int_equal(fault_parse(&s, view_of_cstr(cases[i].a), NULL), 0);
        assert_int_equal(fault_parse(&s, view_of_cstr(cases[i].b), NULL), 0);
        assert_int_equal(fault_check(&s, &err), cases[i].says ? ERROR_INVALID : 0);
        if (cases[i].says && !strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_values_read_back),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_last_one_wins_and_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
