#include "fleet/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void a_source_arrives_as_it_was_sent(void **state) {
    (void)state;
    struct plan_pair env[] = {{VIEW("ENDPOINT"), VIEW("http://127.0.0.1:1")}, {VIEW("EMPTY"), VIEW("")}};
    struct message_load in = {.source = {.path = VIEW("x.js"), .cwd = VIEW("/a b"), .bundle = VIEW("\0\1bundle"), .env = env, .env_count = 2, .offline = true},
                              .worker = 7, .samples = true, .users_max = 1000};
    struct message_load out;
    struct arena arena;
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&b);
    arena_init(&arena, 1 << 20);
    message_pack_load(&w, &in);
    assert_int_equal(message_unpack_load(buf_view(&b), &arena, &out), 0);
    assert_true(view_eq(out.source.path, in.source.path) && view_eq(out.source.cwd, in.source.cwd));
    assert_true(view_eq(out.source.bundle, in.source.bundle));
    assert_null(out.source.text.ptr);
    assert_int_equal(out.source.env_count, 2);
    assert_true(view_eq(out.source.env[0].value, env[0].value) && out.source.env[1].value.len == 0);
    assert_true(out.source.offline && out.samples && !out.conductor);
    assert_int_equal(out.worker, 7);
    arena_deinit(&arena);
}

static void assignments_and_logs_survive_the_way(void **state) {
    (void)state;
    struct engine_share shares[] = {{2, {1, 4}, 500, 17}, {0, {0, 1}, 0, 0}};
    uint64_t ids[] = {2, 6, 10, 1};
    struct message_assign in = {shares, 2, ids, 4, 41, 4, 40000}, out;
    struct log_record record = {.level = LOG_WARN, .wall_ns = 5, .message = VIEW("hello"), .fields = {{VIEW("k"), VIEW("v")}}, .field_count = 1}, got;
    struct arena arena;
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4096), l CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&b), lw = pack_writer_of(&l);
    arena_init(&arena, 1 << 20);
    message_pack_assign(&w, &in);
    assert_int_equal(message_unpack_assign(buf_view(&b), &arena, &out), 0);
    assert_int_equal(out.share_count, 2);
    assert_memory_equal(out.ids, ids, sizeof ids);
    assert_int_equal(out.shares[0].stripe.count, 4);
    assert_int_equal(out.shares[0].resume_done, 17);
    assert_int_equal(out.extra_first, 41);
    assert_int_equal(out.request_gap_us, 40000);
    message_pack_log(&lw, &record);
    assert_int_equal(message_unpack_log(buf_view(&l), &got), 0);
    assert_int_equal(got.level, LOG_WARN);
    assert_true(view_eq(got.message, record.message) && view_eq(got.fields[0].value, VIEW("v")));
    arena_deinit(&arena);
}

/* A message cut anywhere, or with a count that it cannot hold, is refused and reads nothing beyond its end. */
static void cut_messages_are_refused(void **state) {
    (void)state;
    struct engine_share share = {1, {0, 2}, 0, 0};
    uint64_t ids[] = {1, 2, 3};
    struct message_assign in = {&share, 1, ids, 3, 4, 1, 0}, out;
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&b);
    message_pack_assign(&w, &in);
    for (size_t n = 0; n < b.len; n++) {
        struct arena arena;
        arena_init(&arena, 1 << 20);
        char *copy = malloc(n ? n : 1);
        memcpy(copy, b.ptr, n);
        assert_true(message_unpack_assign(view_of(copy, n), &arena, &out) < 0);
        free(copy);
        arena_deinit(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_arrives_as_it_was_sent),
        cmocka_unit_test(assignments_and_logs_survive_the_way),
        cmocka_unit_test(cut_messages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
