#include "stats/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define KEY EVIDENCE_CHECK_READ, VIEW("is 200"), VIEW("POST /todos"), VIEW("status=201")

static void counts_and_exemplars(void **arg) {
    struct evidence_store *s;

    (void)arg;
    assert_int_equal(evidence_store_new(&s), 0);
    assert_true(evidence_store_add(s, KEY, 1));
    assert_true(evidence_store_add(s, KEY, 2)); /* nobody has brought an exemplar yet */
    evidence_store_exemplar(s, KEY, VIEW("first"));
    assert_false(evidence_store_add(s, KEY, 1));
    evidence_store_exemplar(s, KEY, VIEW("second"));
    evidence_store_exemplar(s, EVIDENCE_CHECK_PASSED, VIEW("never added"), VIEW(""), VIEW(""), VIEW("x"));
    assert_true(evidence_store_add(
        s, EVIDENCE_CHECK_READ, VIEW("is 200POST /todos"), VIEW(""), VIEW("status=201"), 1));
    assert_int_equal(evidence_store_count(s), 2);
    struct evidence e = evidence_store_at(s, 0);
    assert_int_equal(e.count, 4);
    assert_true(view_eq(e.exemplar, VIEW("first")));
    assert_true(view_eq(e.object, VIEW("POST /todos")));
    evidence_store_free(s);
}

static void travel(struct evidence_store *from, struct evidence_store *to) {
    struct buf b = BUF_MAX(1 << 24);
    struct pack_writer w = pack_writer_of(&b);

    evidence_store_pack_and_reset(from, &w);
    assert_int_equal(w.error, 0);
    struct pack_reader r = pack_reader_of(buf_view(&b));
    assert_int_equal(evidence_store_unpack_merge(to, &r), 0);
    assert_int_equal(r.rest.len, 0);
    buf_deinit(&b);
}

static void deltas_travel(void **arg) {
    struct evidence_store *a, *b, *c;

    (void)arg;
    assert_int_equal(evidence_store_new(&a), 0);
    assert_int_equal(evidence_store_new(&b), 0);
    assert_int_equal(evidence_store_new(&c), 0);
    evidence_store_add(a, KEY, 3);
    travel(a, c);
    evidence_store_exemplar(a, KEY, VIEW("late exemplar"));
    evidence_store_add(b, KEY, 4);
    evidence_store_exemplar(b, KEY, VIEW("another"));
    travel(a, c); /* nothing but the exemplar */
    travel(b, c);
    travel(b, c);                                /* nothing */
    assert_false(evidence_store_add(a, KEY, 1)); /* the worker still knows that it had one */
    travel(a, c);
    assert_int_equal(evidence_store_count(c), 1);
    struct evidence e = evidence_store_at(c, 0);
    assert_int_equal(e.count, 8);
    assert_true(view_eq(e.exemplar, VIEW("late exemplar")));
    evidence_store_free(a);
    evidence_store_free(b);
    evidence_store_free(c);
}

static void bounded(void **arg) {
    struct evidence_store *s, *c;
    static char text[2 * EVIDENCE_EXEMPLAR_MAX];

    (void)arg;
    assert_int_equal(evidence_store_new(&s), 0);
    assert_int_equal(evidence_store_new(&c), 0);
    for (int i = 0; i < EVIDENCE_MAX + 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        evidence_store_add(s, EVIDENCE_URL_SUSPECT, view_of_cstr(text), VIEW(""), VIEW(""), 2);
    }
    assert_int_equal(evidence_store_count(s), EVIDENCE_MAX);
    assert_int_equal(evidence_store_dropped(s), 200);
    evidence_store_add(
        s, EVIDENCE_REQUEST_COUNTED, VIEW("http requests"), VIEW(""), VIEW(""), 7); /* always has room */
    assert_int_equal(evidence_store_at(s, EVIDENCE_MAX).count, 7);
    travel(s, c);
    assert_int_equal(evidence_store_dropped(c), 200);
    assert_int_equal(evidence_store_at(c, EVIDENCE_MAX).count, 7);
    evidence_store_free(s);
    assert_int_equal(evidence_store_new(&s), 0);
    memset(text, 'x', sizeof text);
    memcpy(text + EVIDENCE_TEXT_MAX - 1, "é", 2); /* the cut would fall inside a character */
    struct view long_text = view_of(text, sizeof text);
    assert_true(evidence_store_add(s, EVIDENCE_SCRIPT_ERROR, long_text, long_text, long_text, 1));
    evidence_store_exemplar(s, EVIDENCE_SCRIPT_ERROR, long_text, long_text, long_text, long_text);
    assert_false(evidence_store_add(s, EVIDENCE_SCRIPT_ERROR, long_text, long_text, long_text, 1));
    assert_int_equal(evidence_store_at(s, 0).subject.len, EVIDENCE_TEXT_MAX - 1);
    assert_int_equal(evidence_store_at(s, 0).exemplar.len, EVIDENCE_EXEMPLAR_MAX);
    evidence_store_free(s);
    evidence_store_free(c);
}

static void times(void **state) {
    struct evidence_store *a, *b;
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(4096);

    (void)state;
    assert_int_equal(evidence_store_new(&a), 0);
    assert_int_equal(evidence_store_new(&b), 0);
    evidence_store_add_at(a, EVIDENCE_LOCUST_FAILURE, VIEW("x"), VIEW("/"), VIEW("GET"), 1, 2000);
    evidence_store_add_at(a, EVIDENCE_LOCUST_FAILURE, VIEW("x"), VIEW("/"), VIEW("GET"), 1, 3000);
    evidence_store_add_at(b, EVIDENCE_LOCUST_FAILURE, VIEW("x"), VIEW("/"), VIEW("GET"), 1, 1000);
    evidence_store_add(b, EVIDENCE_LOCUST_FAILURE, VIEW("y"), VIEW("/"), VIEW("GET"), 1);
    struct pack_writer w = pack_writer_of(&packed);
    evidence_store_pack_and_reset(a, &w);
    struct pack_reader r = pack_reader_of(buf_view(&packed));
    assert_int_equal(evidence_store_unpack_merge(b, &r), 0);
    struct evidence e = evidence_store_at(b, 0);
    assert_int_equal(e.count, 3);
    assert_int_equal(e.first_wall_us, 1000);
    assert_int_equal(e.last_wall_us, 3000);
    assert_int_equal(evidence_store_at(b, 1).first_wall_us, 0);
    evidence_store_free(a);
    evidence_store_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_exemplars),
        cmocka_unit_test(deltas_travel),
        cmocka_unit_test(bounded),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
