#include "cli/remedy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

static void remedies(void **state) {
    static const struct {
        const char *message, *error, *want;
    } cases[] = {
        {"could not load 'x.js': json: unknown field \"rate\"", "", "rate is known to constant-arrival-rate"},
        {"json: unknown field \"maxDuration\"", "",
            "maxDuration is known to shared-iterations, per-vu-iterations"},
        {"json: unknown field \"durations\"", "", "did you mean duration?"},
        {"There were unknown fields in the options exported in the script", "json: unknown field \"vuss\"",
            "did you mean vus?"},
        {"There were unknown fields in the options exported in the script",
            "json: unknown field \"treshold\"", "did you mean thresholds?"},
        {"json: unknown field \"qwertzuiop\"", "", "k6 inspect prints the options as they are understood"},
        {"unknown executor type 'constant-vu'", "", "did you mean constant-vus?"},
        {"unknown executor type 'x'", "",
            "there are shared-iterations, per-vu-iterations, constant-vus, ramping-vus, "
            "constant-arrival-rate, ramping-arrival-rate"},
        {"reason: no metric name \"http_req_durations\" found", "", "did you mean http_req_duration?"},
        {"unknown flag: --nosuch", "", "--help lists the flags"},
        {"Request Failed", "dial tcp 127.0.0.1:1: socket: too many open files",
            "raise the limit of descriptors (ulimit -n); halftime doctor says what else limits this machine"},
        {"Request Failed", "dial tcp 127.0.0.1:1: connect: connection refused", ""},
        {"json: unknown field \"", "", "k6 inspect prints the options as they are understood"},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[REMEDY_BYTES_MAX];
        struct log_record r = {
            .level = LOG_WARN, .message = view_of_cstr(cases[i].message), .field_count = 1};
        r.fields[0] = (struct log_field){VIEW("error"), view_of_cstr(cases[i].error)};
        assert_string_equal(remedy_find(&r, out), cases[i].want);
        r.level = LOG_INFO;
        assert_string_equal(remedy_find(&r, out), "");
        r.level = LOG_ERROR;
        r.fields[1] = (struct log_field){VIEW("source"), VIEW("console")};
        r.field_count = 2;
        assert_string_equal(remedy_find(&r, out), "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(remedies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
