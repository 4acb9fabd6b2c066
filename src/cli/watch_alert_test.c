#include "cli/watch_alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_words(void **state) {
    static const struct {
        const char *text, *words; /* joined by | */
        int count;
    } cases[] = {
        {"./notify", "./notify", 1},
        {"  ./notify  down  now ", "./notify|down|now", 3},
        {"./notify $HOME 'a b'", "./notify|$HOME|'a|b'", 4},
        {"sh -c echo \"$HALFTIME_STATE\" | mail  me", "sh|-c|echo \"$HALFTIME_STATE\" | mail  me", 3},
        {"  sh -c true", "sh|-c|true", 3},
        {"shred -c true x", "shred|-c|true|x", 4},
        {"", "", ERROR_INVALID},
        {"   ", "", ERROR_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100], joined[200] = "", *words[WATCH_ALERT_WORDS_MAX + 1];
        snprintf(text, sizeof text, "%s", cases[i].text);
        int n = watch_alert_words(text, words);
        for (int k = 0, at = 0; k < n; k++)
            at += snprintf(joined + at, sizeof joined - (size_t)at, "%s%s", k ? "|" : "", words[k]);
        if (n != cases[i].count || strcmp(joined, cases[i].words) != 0 || (n > 0 && words[n]))
            fail_msg("%s: %d, %s", cases[i].text, n, joined);
    }
}

static void test_too_many_words(void **state) {
    char text[4 * WATCH_ALERT_WORDS_MAX] = "", *words[WATCH_ALERT_WORDS_MAX + 1];
    (void)state;

    for (int i = 0; i <= WATCH_ALERT_WORDS_MAX; i++)
        memcpy(text + 2 * i, "a ", 3);
    assert_int_equal(watch_alert_words(text, words), ERROR_LIMIT);
}

static void test_json(void **state) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    (void)state;

    assert_int_equal(watch_alert_json(&(struct watch_event){.before = UPTIME_UP,
                                          .state = UPTIME_DOWN,
                                          .at_ms = 1800000030000,
                                          .since_ms = 1800000000000,
                                          .run = 7,
                                          .reason = "checks: rate==1 was 0 (\"x\")",
                                          .label = "shop",
                                          .script = "a.js"},
                         &out),
        0);
    assert_string_equal(out.ptr,
        "{\"source\":\"halftime watch\",\"state\":\"down\",\"before\":\"up\",\"reason\":\"checks: rate==1 "
        "was 0 (\\\"x\\\")\","
        "\"text\":\"a.js is down since 2027-01-15T08:00:00Z: checks: rate==1 was 0 "
        "(\\\"x\\\")\",\"label\":\"shop\",\"script\":\"a.js\","
        "\"run\":7,\"at\":\"2027-01-15T08:00:30Z\",\"at_ms\":1800000030000,\"since\":\"2027-01-15T08:00:"
        "00Z\",\"since_ms\":1800000000000}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words), cmocka_unit_test(test_too_many_words), cmocka_unit_test(test_json)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
