#include "fleet/locust_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_message_as_locust_sends_it_is_read(void **state) {
    /* msgpack.dumps(("spawn", {"timestamp": 1.5, "user_classes_count": {"A": 3, "B": 0}, "host": None, 7:
     * -2}, "vm_1f")) */
    struct view bytes =
        VIEW("\x93\xa5spawn\x84\xa9timestamp\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\xb2user_classes_count"
             "\x82\xa1"
             "A\x03\xa1"
             "B\x00\xa4host\xc0\x07\xfe\xa5vm_1f");
    struct locust_message m;
    struct error err = ERROR_NULL;
    (void)state;
    assert_int_equal(locust_message_read(&m, bytes, &err), 0);
    assert_true(view_eq(m.type, VIEW("spawn")));
    assert_true(view_eq(m.node_id, VIEW("vm_1f")));
    assert_true(locust_number_of(locust_field(m.data, "timestamp"), 0) == 1.5);
    assert_int_equal(locust_count_of(locust_field(locust_field(m.data, "user_classes_count"), "A")), 3);
    assert_null(locust_field(m.data, "host"));
    assert_null(locust_field(m.data, "absent"));
    json_t *json = locust_json_of(m.data);
    assert_int_equal(json_integer_value(json_object_get(json, "7")), -2);
    assert_true(json_is_null(json_object_get(json, "host")));
    json_decref(json);
    locust_message_deinit(&m);
}

static void what_is_no_message_is_refused_with_a_reason(void **state) {
    static const struct {
        struct view bytes;
        const char *why;
    } cases[] = {
        {VIEW(""), "ends in the middle"},
        {VIEW("\x93\xa5spaw"), "promises more"},
        {VIEW("\x93\xa1x\xc0\xa1n\x00"), "bytes follow"},
        {VIEW("\x92\xa1x\xc0"), "no [type"},
        {VIEW("\x93\x01\xc0\xa1n"), "no [type"},
        {VIEW("\x93\xa0\xc0\xa1n"), "no [type"},
        {VIEW("\x83\xa1x\xc0\xa1n\xc0\xa1y\xc0"), "no [type"},
        {VIEW("\x93\xa1x\xc1\xa1n"), "0xc1"},
        {VIEW("\xdd\xff\xff\xff\xff\xa1x"), "promises more"},
        {VIEW("\xdf\x80\x00\x00\x00\xa1x"), "promises more"},
        {VIEW("\x93\xa1x\xc6\xff\xff\xff\xff\x01\xa1n"), "promises more"},
        {VIEW("\x93\xa1x\xdb\x00\x00"), "ends in the middle"},
        {VIEW("\x93\xa1x\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91\x91"
              "\x91\x91\x91"
              "\x91\x91\x91\x91\xc0\xa1n"),
            "nested deeper"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct locust_message m;
        struct error err = ERROR_NULL;
        assert_true(locust_message_read(&m, cases[i].bytes, &err) < 0);
        if (!strstr(err.text, cases[i].why))
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void wrong_types_read_as_absent(void **state) {
    struct locust_message m;
    struct error err = ERROR_NULL;
    (void)state;
    assert_int_equal(locust_message_read(&m, VIEW("\x93\xa1x\x82\xa1n\xa1t\xa1m\xff\xc0"), &err), 0);
    assert_true(m.node_id.len == 0);
    assert_true(locust_number_of(locust_field(m.data, "n"), 9) == 9);
    assert_int_equal(locust_count_of(locust_field(m.data, "m")), 0);
    assert_null(locust_text_of(locust_field(m.data, "m")).ptr);
    assert_null(locust_field(locust_field(m.data, "n"), "k"));
    locust_message_deinit(&m);
}

static void what_is_written_is_read_again(void **state) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct locust_packer p;
    struct locust_message m;
    struct error err = ERROR_NULL;
    const char *text = "{\"a\":[1,-2,3.5,true,false,null,\"\xc3\xb6\"],\"n\":12345678901}";
    json_t *value = json_loads(text, 0, NULL);
    (void)state;
    locust_pack_begin(&p, &out, VIEW("custom"));
    locust_pack_json(&p, value);
    assert_int_equal(locust_pack_end(&p, VIEW("me")), 0);
    assert_int_equal(locust_message_read(&m, buf_view(&out), &err), 0);
    json_t *again = locust_json_of(m.data);
    assert_true(json_equal(value, again));
    json_decref(value);
    json_decref(again);
    locust_message_deinit(&m);
}

static void a_packer_without_room_says_so(void **state) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(8);
    struct locust_packer p;
    (void)state;
    locust_pack_begin(&p, &out, VIEW("heartbeat"));
    msgpack_pack_nil(&p.to);
    assert_int_equal(locust_pack_end(&p, VIEW("me")), ERROR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_as_locust_sends_it_is_read),
        cmocka_unit_test(what_is_no_message_is_refused_with_a_reason),
        cmocka_unit_test(wrong_types_read_as_absent),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(a_packer_without_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
