#include "trace/log_store.h"

#include "trace/log_tail.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define RUN 0xabcdef0123456789u
enum { NOW_US = 1000 };

static struct log_store *make(void) {
    struct log_store *s;

    assert_int_equal(log_store_new(&s), 0);
    log_store_begin(s, RUN);
    return s;
}

struct seen {
    int count;
    struct log_line last;
    char json[256], level[16];
};

static int see(void *ctx, const struct log_line *l) {
    struct seen *s = ctx;

    s->count++;
    s->last = *l;
    snprintf(s->json, sizeof s->json, "%.*s", VIEW_ARGS(view_take(l->json, 255)));
    snprintf(s->level, sizeof s->level, "%.*s", VIEW_ARGS(l->level));
    return 0;
}

static void add(struct log_store *s, const char *text) {
    log_store_add(s, view_of_cstr(text), NOW_US);
}

static void lines_find_their_request(void **arg) {
    struct log_store *s = make();
    struct seen seen = {0};

    (void)arg;
    add(s, "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"ERROR\",\"correlation_id\":"
           "\"abcdef01234567890000000000000007-0000000000000009\"}");
    add(s,
        "{\"time\":1767323045.5,\"severity\":\"info\",\"trace_id\":\"ABCDEF01234567890000000000000007\"}"); /* upper case: not searched for */
    add(s, "{\"time\":1767323045.5,\"severity\":\"info\",\"trace_id\":\"abcdef01234567890000000000000007\"}");
    add(s, "{\"trace_id\":\"ffffffffffffffff0000000000000007\"}");
    add(s, "no json abcdef01234567890000000000000007");
    add(s, "");
    assert_int_equal(log_store_each(s, 7, 0, see, &seen), 0);
    assert_int_equal(seen.count, 2);
    assert_true(seen.last.span == 0 && seen.last.wall_ms == 1767323045500);
    assert_string_equal(seen.level, "info");
    uint64_t last = seen.last.number;
    seen = (struct seen){0};
    assert_int_equal(log_store_each(s, 7, last, see, &seen), 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(log_store_each(s, 8, 0, see, &seen), 0);
    assert_int_equal(seen.count, 0);
    struct log_store_counts c = log_store_counts(s);
    assert_int_equal(c.lines, 6);
    assert_int_equal(c.joined, 3);
    assert_int_equal(c.invalid, 1);
    log_store_free(s);
}

static void times_are_read(void **arg) {
    static const struct {
        const char *member;
        int64_t ms;
    } cases[] = {
        {"\"ts\":\"2026-01-02T03:04:05.678Z\"", 1767323045678},
        {"\"asctime\":\"2026-01-02 03:04:05,678\"", 1767323045678},
        {"\"time\":\"2026-01-02T03:04:05Z\"", 1767323045000},
        {"\"time\":1767323045678", 1767323045678},
        {"\"timestamp\":1767323045678000", 1767323045678},
        {"\"time\":\"yesterday\"", NOW_US / 1000},
        {"\"time\":-1", NOW_US / 1000},
        {"\"x\":1", NOW_US / 1000},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_store *s = make();
        struct seen seen = {0};
        char line[200];
        snprintf(line, sizeof line, "{%s,\"id\":\"abcdef01234567890000000000000007\"}", cases[i].member);
        add(s, line);
        assert_int_equal(log_store_each(s, 7, 0, see, &seen), 0);
        if (seen.last.wall_ms != cases[i].ms)
            fail_msg("%s: %lld", cases[i].member, (long long)seen.last.wall_ms);
        log_store_free(s);
    }
}

static void errors_of_nobody_are_sampled(void **arg) {
    struct log_store *s = make();
    struct seen seen = {0};

    (void)arg;
    for (int i = 0; i < 10 * LOG_STORE_ERRORS_PER_SECOND; i++)
        add(s, "{\"level\":\"error\",\"message\":\"disk full\"}");
    add(s, "{\"level\":\"info\",\"message\":\"an error that is none\"}");
    assert_int_equal(log_store_each_error(s, 0, see, &seen), 0);
    assert_int_equal(seen.count, LOG_STORE_ERRORS_PER_SECOND);
    log_store_add(s, VIEW("{\"level\":\"fatal\"}"), NOW_US + 5 * 1000 * 1000);
    seen.count = 0;
    assert_int_equal(log_store_each_error(s, LOG_STORE_ERRORS_PER_SECOND, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.level, "fatal");
    log_store_free(s);
}

static void memory_is_bounded(void **arg) {
    struct log_store *s = make();
    struct seen seen = {0};
    char line[6000];

    (void)arg;
    int head = snprintf(line, sizeof line, "{\"id\":\"abcdef01234567890000000000000007\",\"x\":\"");
    memset(line + head, 'x', sizeof line - (size_t)head - 3);
    memcpy(line + sizeof line - 3, "\"}", 3);
    for (int i = 0; i < 20 * 1000; i++)
        log_store_add(s, view_of_cstr(line), NOW_US);
    assert_true(log_store_counts(s).dropped > 10 * 1000);
    assert_int_equal(log_store_each(s, 7, 0, see, &seen), 0);
    assert_true(seen.count > 0);
    log_store_free(s);
}

static void otlp_records_become_lines(void **arg) {
    struct log_store *s = make();
    struct seen seen = {0};
    struct otlp_attribute attributes[] = {{VIEW("code"), VIEW("7")}, {VIEW("level"), VIEW("twice")}};
    struct otlp_log l = {.trace_high = RUN,
        .trace_low = 7,
        .span = 99,
        .time_ns = 1700000000000000000,
        .service = VIEW("shop"),
        .severity = VIEW("Error"),
        .body = VIEW("it \"broke\""),
        .attributes = attributes,
        .attribute_count = 2};

    (void)arg;
    log_store_add_otlp(s, &l, NOW_US);
    assert_int_equal(log_store_each(s, 7, 0, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.span, 0); /* 99 is one of the server's own */
    assert_string_equal(seen.level, "error");
    assert_string_equal(seen.json,
        "{\"time\":\"2023-11-14T22:13:20.000Z\",\"level\":\"Error\",\"service\":\"shop\","
        "\"message\":\"it \\\"broke\\\"\",\"code\":\"7\"}");
    log_store_free(s);
}

/* --- following a file --- */

struct followed {
    struct buf text;
    uint64_t cut, lines;
};

static void on_line(void *ctx, struct view line) {
    struct followed *f = ctx;

    f->lines++;
    assert_int_equal(buf_append_view(&f->text, view_take(line, 20)), 0);
    assert_int_equal(buf_append_byte(&f->text, '|'), 0);
}

static void on_cut(void *ctx, uint64_t bytes) {
    ((struct followed *)ctx)->cut += bytes;
}

static void append(const char *path, const char *text) {
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void files_are_followed_through_rotation(void **arg) {
    char path[] = "/tmp/halftime-tail-test-XXXXXX", old[sizeof path + 4];
    struct followed f = {.text = BUF_MAX(1 << 20)};
    struct log_tail_sink sink = {&f, on_line, on_cut};
    struct log_tail *t;

    (void)arg;
    close(mkstemp(path));
    append(path, "before\n");
    assert_int_equal(log_tail_new(&t, path, &sink, NULL), 0);
    assert_int_equal(log_tail_turn(t), 0); /* what was there is not read */
    append(path, "one\ntw");
    assert_true(log_tail_turn(t) > 0);
    append(path, "o\n");
    assert_true(log_tail_turn(t) > 0);
    snprintf(old, sizeof old, "%s.1", path);
    assert_int_equal(rename(path, old), 0);
    append(path, "three\n");
    assert_true(log_tail_turn(t) > 0);
    assert_int_equal(truncate(path, 0), 0);
    append(path, "4\n");
    assert_true(log_tail_turn(t) >= 0);
    assert_string_equal(f.text.ptr, "one|two|three|4|");
    log_tail_free(t);
    unlink(path);
    unlink(old);
    buf_deinit(&f.text);
}

static void endless_lines_are_skipped(void **arg) {
    char path[] = "/tmp/halftime-tail-test-XXXXXX";
    struct followed f = {.text = BUF_MAX(1 << 20)};
    struct log_tail_sink sink = {&f, on_line, on_cut};
    struct log_tail *t;
    char *long_line = malloc(5 * LOG_LINE_MAX + 1);

    (void)arg;
    close(mkstemp(path));
    memset(long_line, 'x', 5 * LOG_LINE_MAX);
    long_line[5 * LOG_LINE_MAX] = 0;
    assert_int_equal(log_tail_new(&t, path, &sink, NULL), 0);
    append(path, "a\n");
    append(path, long_line);
    assert_true(log_tail_turn(t) > 0);
    append(path, "\nb\n");
    assert_true(log_tail_turn(t) > 0);
    assert_string_equal(f.text.ptr, "a|b|");
    assert_int_equal(f.cut, 5 * LOG_LINE_MAX);
    log_tail_free(t);
    unlink(path);
    buf_deinit(&f.text);
    free(long_line);
}

static void a_file_may_come_later(void **arg) {
    struct followed f = {.text = BUF_MAX(1 << 20)};
    struct log_tail_sink sink = {&f, on_line, on_cut};
    char path[] = "/tmp/halftime-tail-test-XXXXXX";
    struct log_tail *t;

    (void)arg;
    close(mkstemp(path));
    unlink(path);
    assert_int_equal(log_tail_new(&t, path, &sink, NULL), 0);
    assert_int_equal(log_tail_turn(t), 0);
    append(path, "first\n");
    assert_true(log_tail_turn(t) > 0);
    assert_string_equal(f.text.ptr, "first|");
    log_tail_free(t);
    unlink(path);
    buf_deinit(&f.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_find_their_request),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(errors_of_nobody_are_sampled),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(otlp_records_become_lines),
        cmocka_unit_test(files_are_followed_through_rotation),
        cmocka_unit_test(endless_lines_are_skipped),
        cmocka_unit_test(a_file_may_come_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
