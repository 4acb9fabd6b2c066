#include "fleet/post.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

static void ids_are_parts_of_subjects(void **state) {
    static const char *const good[] = {"a", "0f3c", "A-b_9", "12345678901234567890123456789012"};
    static const char *const bad[] = {
        "", "a.b", "a b", ">", "*", "a/b", "ü", "123456789012345678901234567890123"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(post_id_ok(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(post_id_ok(bad[i]));
    char one[POST_ID_MAX + 1], two[POST_ID_MAX + 1];
    post_id_new(one);
    post_id_new(two);
    assert_true(post_id_ok(one));
    assert_string_not_equal(one, two);
}

static void a_card_comes_back_as_it_was(void **state) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct agent_card c = {.id = "ab12",
        .host = "box \"1\"",
        .version = "9",
        .labels = "eu,big",
        .protocol = 7,
        .cores = 8,
        .slots = 6,
        .busy = 2,
        .memory_bytes = 1ull << 40,
        .descriptors_max = 65536,
        .backlog_bytes = 12,
        .unsent = 3,
        .run = "r1",
        .clock_rtt_us = -1};
    struct agent_card d;

    (void)state;
    assert_int_equal(agent_card_pack(&c, &json), 0);
    assert_int_equal(agent_card_parse(buf_view(&json), &d), 0);
    assert_memory_equal(&c, &d, sizeof c);
    assert_true(agent_card_has_label(&d, "big"));
    assert_true(agent_card_has_label(&d, NULL));
    assert_false(agent_card_has_label(&d, "bi"));
}

static void cards_of_strangers_are_refused(void **state) {
    static const char *const bad[] = {"", "{}", "[]", "null", "{\"id\":7}",
        "{\"id\":\"a.b\",\"host\":\"h\",\"version\":\"1\",\"labels\":\"\",\"run\":\"\"}",
        "{\"id\":\"a\",\"host\":\"h\",\"version\":\"1\",\"labels\":\"\"}", "{\"id\":\"a\"", "\xff\xfe"};
    struct agent_card c;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(agent_card_parse(view_of_cstr(bad[i]), &c), ERROR_SYNTAX);
    assert_int_equal(agent_card_parse(VIEW("{\"id\":\"a\",\"host\":\"\\u001b[2J\",\"version\":\"1\","
                                           "\"labels\":\"\",\"run\":\"\",\"slots\":-5}"),
                         &c),
        0);
    assert_string_equal(c.host, "?[2J"); /* nothing that a terminal would obey */
    assert_int_equal(c.slots, 0);
}

static void an_offer_comes_back_as_it_was(void **state) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct offer_member members[] = {{1, "a"}, {7, "b"}};
    struct offer o = {.run = "r",
        .host = "k6",
        .version = HT_VERSION,
        .sha256 = "00",
        .protocol = POST_PROTOCOL,
        .key = (1ULL << 62) + 1,
        .files_bytes = 5,
        .files_tree = true,
        .members = members,
        .member_count = 2};
    struct offer p;
    struct error err = ERROR_NULL;

    (void)state;
    assert_int_equal(offer_pack(&o, &json), 0);
    assert_int_equal(offer_parse(buf_view(&json), &p, &err), 0);
    assert_int_equal(p.member_count, 2);
    assert_int_equal(p.members[1].number, 7);
    assert_string_equal(p.members[1].client_id, "b");
    assert_true(p.files_tree);
    assert_true(p.key == o.key);
    offer_deinit(&p);
}

static void offers_of_others_are_refused_with_a_reason(void **state) {
    static const struct {
        const char *json;
        int code;
        const char *words;
    } cases[] = {
        {"", ERROR_SYNTAX, "not one of ours"},
        {"{\"run\":\"a.b\",\"host\":\"k6\",\"version\":\"" HT_VERSION "\",\"sha256\":\"\",\"protocol\":2}",
            ERROR_SYNTAX, "not one of ours"},
        {"{\"run\":\"a\",\"host\":\"k6\",\"version\":\"0.0.1\",\"sha256\":\"\",\"protocol\":2,\"members\":[]"
         "}",
            ERROR_INVALID, "install the same version"},
        {"{\"run\":\"a\",\"host\":\"k6\",\"version\":\"" HT_VERSION
         "\",\"sha256\":\"\",\"protocol\":9,\"members\":[]}",
            ERROR_INVALID, "protocol 9"},
        {"{\"run\":\"a\",\"host\":\"k6\",\"version\":\"" HT_VERSION
         "\",\"sha256\":\"\",\"protocol\":2,\"members\":[{\"n\":0,\"client_id\":\"x\"}]}",
            ERROR_SYNTAX, "no number"},
        {"{\"run\":\"a\",\"host\":\"k6\",\"version\":\"" HT_VERSION
         "\",\"sha256\":\"\",\"protocol\":2,\"members\":[{\"n\":1}]}",
            ERROR_SYNTAX, "no client id"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = ERROR_NULL;
        struct offer o;
        assert_int_equal(offer_parse(view_of_cstr(cases[i].json), &o, &err), cases[i].code);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_null(o.members);
    }
}

static void what_is_too_long_is_not_read(void **state) {
    size_t len = POST_NOTICE_MAX + 1;
    char *big = malloc(len);
    struct agent_card c;

    (void)state;
    memset(big, ' ', len);
    assert_int_equal(agent_card_parse(view_of(big, len), &c), ERROR_SYNTAX);
    free(big);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_parts_of_subjects),
        cmocka_unit_test(a_card_comes_back_as_it_was),
        cmocka_unit_test(cards_of_strangers_are_refused),
        cmocka_unit_test(an_offer_comes_back_as_it_was),
        cmocka_unit_test(offers_of_others_are_refused_with_a_reason),
        cmocka_unit_test(what_is_too_long_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
