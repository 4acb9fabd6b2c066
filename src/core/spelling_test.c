#include "core/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void distances(void **state) {
    static const struct {
        const char *a, *b;
        size_t want;
    } cases[] = {{"", "", 0}, {"vus", "vus", 0}, {"VUs", "vus", 0}, {"vuss", "vus", 1}, {"vs", "vus", 1},
        {"vos", "vus", 1}, {"", "rate", 4}, {"rate", "", 4}, {"kitten", "sitting", 3},
        {"constant-vu", "constant-vus", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            spelling_distance(view_of_cstr(cases[i].a), view_of_cstr(cases[i].b)), cases[i].want);
    char word[SPELLING_WORD_MAX + 1];
    memset(word, 'x', sizeof word);
    assert_int_equal(spelling_distance(view_of(word, sizeof word), view_of(word, sizeof word)), sizeof word);
    assert_int_equal(
        spelling_distance(view_of(word, SPELLING_WORD_MAX), view_of(word, SPELLING_WORD_MAX)), 0);
}

static void the_nearest_is_kept(void **state) {
    static const struct {
        const char *wanted, *best;
    } cases[] = {{"http_req_durations", "http_req_duration"}, {"http_request_failed", NULL},
        {"htp_reqs", "http_reqs"}, {"nothing_like_it", NULL}, {"xyz", NULL}, {"", NULL}};
    static const char *const words[] = {"http_reqs", "http_req_failed", "http_req_duration", "vus"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spelling s = SPELLING_OF(view_of_cstr(cases[i].wanted));
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            spelling_offer(&s, view_of_cstr(words[k]));
        assert_true(cases[i].best ? view_eq(s.best, view_of_cstr(cases[i].best)) : !s.best.ptr);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances),
        cmocka_unit_test(the_nearest_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
