#include "cli/log_printer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct log_record hello = {
    .level = LOG_WARN,
    .wall_ns = INT64_C(1767323045000000000), /* 2026-01-02T03:04:05Z */
    .message = VIEW("Request Failed"),
    .fields = {{VIEW("source"), VIEW("console")}, {VIEW("error"), VIEW("Get \"http://h/\": dial")}},
    .field_count = 2,
};

static void test_shapes(void **state) {
    static const struct {
        enum log_format format;
        bool tty;
        const char *want;
    } cases[] = {
        {LOG_FORMAT_TEXT, false,
            "time=\"2026-01-02T03:04:05Z\" level=warning msg=\"Request Failed\" error=\"Get \\\"http://h/\\\": dial\" source=console\n"},
        {LOG_FORMAT_TEXT, true,
            "\x1b[33mWARN\x1b[0m[0152] Request Failed                                \x1b[33merror\x1b[0m=\"Get \\\"http://h/\\\": dial\" "
            "\x1b[33msource\x1b[0m=console\x1b[0K\n"},
        {LOG_FORMAT_JSON, false,
            "{\"error\":\"Get \\\"http://h/\\\": dial\",\"level\":\"warning\",\"msg\":\"Request Failed\",\"source\":\"console\",\"time\":"
            "\"2026-01-02T03:04:05Z\"}\n"},
        {LOG_FORMAT_RAW, false, "Request Failed\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_printer p = {.format = cases[i].format, .started_us = 1000000};
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);

        assert_int_equal(log_printer_format(&p, &hello, cases[i].tty, 153999999, &out), 0);
        assert_string_equal(out.ptr, cases[i].want);
    }
}

static void test_quoting(void **state) {
    static const struct {
        const char *message, *want;
    } cases[] = {
        {"plain-1.2/3@x", "msg=plain-1.2/3@x"},
        {"a b", "msg=\"a b\""},
        {"tab\tline\nquote\"", "msg=\"tab\\tline\\nquote\\\"\""},
        {"\x01", "msg=\"\\x01\""},
        {"größe", "msg=\"größe\""},
        {"", "level=info\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_printer p = {0};
        struct log_record r = {.level = LOG_INFO, .wall_ns = 1, .message = view_of_cstr(cases[i].message)};
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);

        assert_int_equal(log_printer_format(&p, &r, false, 0, &out), 0);
        assert_non_null(strstr(out.ptr, cases[i].want));
    }
}

static size_t slurp(const char *path, char *out, size_t size) {
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(out, 1, size - 1, f) : 0;

    out[n] = 0;
    if (f)
        fclose(f);
    return n;
}

static void test_files(void **state) {
    char log[] = "/tmp/log_printer_test_XXXXXX", console[] = "/tmp/log_printer_test_XXXXXX", spec[128], text[4096];
    struct log_printer p;
    struct error err = ERROR_NULL;
    (void)state;

    close(mkstemp(log));
    close(mkstemp(console));
    snprintf(spec, sizeof spec, "file=%s,level=error", log);
    assert_int_equal(log_printer_init(&p, &(struct log_printer_options){.output = spec, .console = console}, &err), 0);
    p.sink.write(&p.sink, &(struct log_record){.level = LOG_ERROR, .message = VIEW("from-us")});
    p.sink.write(&p.sink, &(struct log_record){.level = LOG_WARN, .message = VIEW("too-low")});
    p.sink.write(&p.sink, &(struct log_record){.level = LOG_ERROR, .message = VIEW("from-script"),
                              .fields = {{VIEW("source"), VIEW("console")}}, .field_count = 1});
    log_printer_deinit(&p);
    slurp(log, text, sizeof text);
    assert_non_null(strstr(text, "level=error msg=from-us\n"));
    assert_null(strstr(text, "too-low"));
    assert_null(strstr(text, "from-script"));
    slurp(console, text, sizeof text);
    assert_non_null(strstr(text, "level=error msg=from-script\n"));
    unlink(log);
    unlink(console);
}

static void test_bad_outputs(void **state) {
    static const struct {
        const char *output, *want;
    } cases[] = {
        {"nope", "unsupported log output 'nope'"},
        {"file", "error while parsing logfile configuration key `file` with no value"},
        {"file=", "filepath must not be empty"},
        {"file=/nonexistent/x", "failed to open logfile /nonexistent/x"},
        {"file=/tmp/x,foo=1", "unknown logfile config key foo=1"},
        {"file=/tmp/x,level=loud", "not a valid logrus Level: \"loud\""},
        {"loki=http://x", "log output 'loki' is not supported"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_printer p;
        struct error err = ERROR_NULL;

        assert_true(log_printer_init(&p, &(struct log_printer_options){.output = cases[i].output}, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].want));
        log_printer_deinit(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_bad_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
