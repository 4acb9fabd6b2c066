#include "raw/raw_tally.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static struct raw_tally sample(uint64_t answers, double ms) {
    struct raw_tally t = RAW_TALLY_NULL;

    t.statuses[2] = answers;
    t.statuses[5] = 1;
    t.faults[NET_FAULT_RESET] = 2;
    t.faults[NET_FAULT_TIMEOUT] = 3;
    t.faults[NET_FAULT_DIAL_REFUSED] = 4;
    t.faults[NET_FAULT_BROKEN_PIPE] = 5;
    t.bytes_received = 100;
    t.due = 11;
    t.unsent = 7;
    t.cut = 1;
    assert_int_equal(histogram_record_n(&t.service_ms, ms, answers), 0);
    assert_int_equal(histogram_record(&t.rates, 10), 0);
    return t;
}

static void test_packed_and_merged_it_is_the_sum(void **state) {
    struct raw_tally total = RAW_TALLY_NULL, parts[] = {sample(10, 1.5), sample(30, 4.5)};
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        struct buf text = BUF_MAX(1 << 20);
        struct pack_writer w = pack_writer_of(&text);
        raw_tally_pack(&parts[i], &w);
        assert_int_equal(w.error, 0);
        struct pack_reader r = pack_reader_of(buf_view(&text));
        assert_int_equal(raw_tally_unpack_merge(&total, &r), 0);
        assert_int_equal(r.rest.len, 0);
        buf_deinit(&text);
    }
    assert_int_equal(raw_tally_answers(&total), 42);
    assert_int_equal(raw_tally_failures(&total), 28);
    assert_int_equal(total.bytes_received, 200);
    assert_int_equal(total.due, 22);
    assert_int_equal(total.unsent, 14);
    assert_int_equal(total.cut, 2);
    assert_int_equal(total.service_ms.count, 40);
    assert_true(histogram_percentile(&total.service_ms, 0.2) == 1.5 && histogram_percentile(&total.service_ms, 0.9) == 4.5);

    struct raw_tally again = RAW_TALLY_NULL;
    assert_int_equal(raw_tally_merge(&again, &total), 0);
    assert_int_equal(raw_tally_merge(&again, &total), 0);
    assert_int_equal(raw_tally_answers(&again), 84);
    assert_int_equal(again.rates.count, 4);
    raw_tally_reset(&again);
    assert_int_equal(raw_tally_answers(&again) + raw_tally_failures(&again) + again.due + again.service_ms.count, 0);
    raw_tally_deinit(&again);
    raw_tally_deinit(&total);
    raw_tally_deinit(&parts[0]);
    raw_tally_deinit(&parts[1]);
}

static void test_cut_messages_are_refused(void **state) {
    struct raw_tally t = sample(3, 2), into = RAW_TALLY_NULL;
    struct buf text = BUF_MAX(1 << 20);
    struct pack_writer w = pack_writer_of(&text);
    (void)state;

    raw_tally_pack(&t, &w);
    for (size_t len = 0; len < text.len; len++) {
        struct pack_reader r = pack_reader_of(view_of(text.ptr, len));
        assert_int_equal(raw_tally_unpack_merge(&into, &r), ERROR_SYNTAX);
        assert_int_equal(raw_tally_answers(&into), 0);
    }
    raw_tally_deinit(&into);
    raw_tally_deinit(&t);
    buf_deinit(&text);
}

static void test_every_fault_is_one_of_four_kinds(void **state) {
    struct raw_tally t = sample(1, 1);
    struct raw_socket_errors e = raw_tally_socket_errors(&t);
    (void)state;

    assert_int_equal(e.read, 2);
    assert_int_equal(e.timeout, 3);
    assert_int_equal(e.connect, 4);
    assert_int_equal(e.write, 5);
    raw_tally_deinit(&t);
}

static void test_latency_is_the_response_time_when_there_is_one(void **state) {
    struct raw_tally t = sample(1, 1);
    (void)state;

    assert_ptr_equal(raw_tally_latency(&t), &t.service_ms);
    assert_int_equal(histogram_record(&t.response_ms, 9), 0);
    assert_ptr_equal(raw_tally_latency(&t), &t.response_ms);
    raw_tally_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_and_merged_it_is_the_sum),
        cmocka_unit_test(test_cut_messages_are_refused),
        cmocka_unit_test(test_every_fault_is_one_of_four_kinds),
        cmocka_unit_test(test_latency_is_the_response_time_when_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
