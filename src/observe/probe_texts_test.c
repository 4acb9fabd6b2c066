/* What the kinds make of what they are answered. */
#include "observe/probe_texts_priv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/agent_server.h"

enum { SECOND_US = 1000 * 1000 };

static void wanted(const struct probe *p, const char *name, double value) {
    double got = probe_value_of(p, name);
    if (isnan(got) != isnan(value) || (!isnan(got) && fabs(got - value) > 1e-9))
        fail_msg("%s: %g, not %g", name, got, value);
}

static void nginx(void **state) {
    (void)state;
    static const char first[] = "Active connections: 291 \nserver accepts handled requests\n 100 98 300 "
                                "\nReading: 6 Writing: 179 Waiting: 106 \n",
                      second[] = "Active connections: 1 \nserver accepts handled requests\n 104 100 350 "
                                 "\nReading: 0 Writing: 1 Waiting: 0 \n";
    static const char *const garbage[] = {"", "<html>404</html>", "Active connections: x",
        "Active connections: 1 \nserver accepts handled requests\n 1 2",
        "Active connections: 1 \nserver accepts handled requests\n 104 100 350 \nReading: 0 Writing: 1 "
        "Waiting:"};
    struct probe p = {.source = "t", .stop_fd = -1};
    struct error err = ERROR_NULL;
    probe_begin(&p, SECOND_US);
    assert_int_equal(nginx_probe_tell(&p, view_of_cstr(first), &err), 0);
    wanted(&p, "nginx.connections.active", 291);
    wanted(&p, "nginx.connections.waiting", 106);
    probe_begin(&p, 2 * SECOND_US);
    assert_int_equal(nginx_probe_tell(&p, view_of_cstr(second), &err), 0);
    wanted(&p, "nginx.requests_per_second", 50);
    wanted(&p, "nginx.dropped_per_second", 2);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        probe_begin(&p, 3 * SECOND_US);
        assert_int_equal(nginx_probe_tell(&p, view_of_cstr(garbage[i]), &err), ERROR_SYNTAX);
        assert_int_equal(p.value_count, 0);
    }
    probe_deinit(&p);
}

static void rabbitmq(void **state) {
    (void)state;
    static const char first[] = "{\"queue_totals\":{\"messages_ready\":5,\"messages_unacknowledged\":2},"
                                "\"object_totals\":{\"consumers\":3,\"queues\":1},"
                                "\"message_stats\":{\"publish\":100,\"deliver_get\":90}}",
                      second[] = "{\"queue_totals\":{\"messages_ready\":50,\"messages_unacknowledged\":2},"
                                 "\"object_totals\":{\"consumers\":3},"
                                 "\"message_stats\":{\"publish\":300,\"deliver_get\":140}}",
                      idle[] =
                          "{\"queue_totals\":{},\"object_totals\":{\"consumers\":0},\"message_stats\":{}}";
    static const char *const garbage[] = {"", "[]", "{", "{\"queue_totals\":{}}", "null", "<html>"};
    struct probe p = {.source = "t", .stop_fd = -1};
    struct error err = ERROR_NULL;
    probe_begin(&p, SECOND_US);
    assert_int_equal(rabbitmq_probe_tell(&p, view_of_cstr(first), &err), 0);
    probe_begin(&p, 3 * SECOND_US);
    assert_int_equal(rabbitmq_probe_tell(&p, view_of_cstr(second), &err), 0);
    wanted(&p, "rabbitmq.messages.ready", 50);
    wanted(&p, "rabbitmq.messages.unacked", 2);
    wanted(&p, "rabbitmq.publish_per_second", 100);
    wanted(&p, "rabbitmq.deliver_per_second", 25);
    wanted(&p, "rabbitmq.consumers", 3);
    probe_begin(&p, 4 * SECOND_US);
    assert_int_equal(rabbitmq_probe_tell(&p, view_of_cstr(idle), &err), 0);
    wanted(&p, "rabbitmq.messages.ready", 0);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_int_equal(rabbitmq_probe_tell(&p, view_of_cstr(garbage[i]), &err), ERROR_SYNTAX);
    probe_deinit(&p);
}

static void redis(void **state) {
    (void)state;
    static const char first[] = "# Memory\r\nused_memory:1000\r\nused_memory_human:1K\r\nmaxmemory:4000\r\n# "
                                "Stats\r\ntotal_commands_processed:10\r\n"
                                "keyspace_hits:5\r\nkeyspace_misses:5\r\nevicted_keys:0\r\nrejected_"
                                "connections:0\r\nconnected_clients:7\r\n"
                                "db0:keys=10,expires=4,avg_ttl=0\r\ndb1:keys=2,expires=2,avg_ttl=9\r\n",
                      second[] = "used_memory:2000\r\nmaxmemory:0\r\ntotal_commands_processed:60\r\nkeyspace_"
                                 "hits:8\r\nkeyspace_misses:6\r\n"
                                 "evicted_keys:20\r\nrejected_connections:4\r\n";
    struct probe p = {.source = "t", .stop_fd = -1};
    probe_begin(&p, SECOND_US);
    redis_probe_tell(&p, view_of_cstr(first));
    wanted(&p, "redis.memory.used", 1000);
    wanted(&p, "redis.memory.limit", 4000);
    wanted(&p, "redis.keys", 12);
    wanted(&p, "redis.keys_without_ttl", 6);
    wanted(&p, "redis.clients", 7);
    wanted(&p, "redis.hit_share", (double)NAN);
    probe_begin(&p, 3 * SECOND_US);
    redis_probe_tell(&p, view_of_cstr(second));
    wanted(&p, "redis.memory.limit", (double)NAN); /* there is none any more */
    wanted(&p, "redis.commands_per_second", 25);
    wanted(&p, "redis.hit_share", 0.75);
    wanted(&p, "redis.evictions_per_second", 10);
    wanted(&p, "redis.rejected_per_second", 2);
    wanted(&p, "redis.keys", 0);
    probe_deinit(&p);
}

struct table {
    const char *columns[8], *cells[4][8];
};

static struct view cell(void *ctx, size_t row, const char *column) {
    const struct table *t = ctx;
    for (size_t i = 0; i < 8 && t->columns[i]; i++)
        if (strcmp(t->columns[i], column) == 0)
            return view_of_cstr(t->cells[row][i]);
    return VIEW_NULL;
}

static void pgbouncer(void **state) {
    (void)state;
    struct table pools = {
        {"database", "cl_active", "cl_waiting", "sv_active", "sv_idle", "maxwait", "maxwait_us"},
        {{"shop", "20", "61", "20", "0", "3", "500000"}, {"shop", "1", "0", "0", "1", "0", "0"},
            {"pgbouncer", "1", "9", "0", "0", "99", "0"}}};
    struct table databases = {{"name", "pool_size"}, {{"shop", "20"}, {"pgbouncer", "2"}}};
    struct pgbouncer_table p1 = {&pools, 3, cell}, d1 = {&databases, 2, cell}, none = {&databases, 0, cell};
    struct probe p = {.source = "t", .stop_fd = -1};
    probe_begin(&p, SECOND_US);
    pgbouncer_probe_tell(&p, &p1, &d1);
    wanted(&p, "pgbouncer.clients.active", 21);
    wanted(&p, "pgbouncer.clients.waiting", 61);
    wanted(&p, "pgbouncer.servers.active", 20);
    wanted(&p, "pgbouncer.servers.idle", 1);
    wanted(&p, "pgbouncer.wait.longest", 3.5);
    wanted(&p, "pgbouncer.pool_limit", 40); /* a pool for each user */
    probe_begin(&p, 2 * SECOND_US);
    pgbouncer_probe_tell(&p, &none, &none);
    wanted(&p, "pgbouncer.clients.waiting", 0);
    wanted(&p, "pgbouncer.pool_limit", (double)NAN);
    probe_deinit(&p);
}

/* What the agent serves is what its probe reads. */
static void agent(void **state) {
    (void)state;
    static const struct probe_key keys[] = {
        {"host", "host.cpu.used", PROBE_SHARE}, {"proc a\"b\\c\nd", "proc.count", PROBE_COUNT}};
    static const struct probe_value values[] = {{0, 0.1}, {1, 1e300}};
    static const struct probe_note notes[] = {
        {"postgres", "postgres.waits.lock", "SELECT \"x\"\n\\ FROM", 2}};
    const struct probe_second second = {
        .keys = keys, .key_count = 2, .values = values, .value_count = 2, .notes = notes, .note_count = 1};
    struct buf text = BUF_MAX(64 * 1024);
    struct probe p = {.source = "agent db:7410", .stop_fd = -1};
    struct error err = ERROR_NULL;
    assert_int_equal(agent_server_render(&second, &text), 0);
    probe_begin(&p, SECOND_US);
    assert_int_equal(agent_probe_tell(&p, buf_view(&text), &err), 0);
    assert_int_equal(p.value_count, 2);
    assert_string_equal(p.keys.list[0].source, "host at db:7410");
    assert_string_equal(p.keys.list[1].source, "proc a\"b\\c\nd at db:7410");
    assert_int_equal(p.keys.list[0].unit, PROBE_SHARE);
    wanted(&p, "host.cpu.used", 0.1);
    wanted(&p, "proc.count", 1e300);
    assert_int_equal(p.note_count, 1);
    assert_string_equal(p.notes[0].text, "SELECT \"x\"\n\\ FROM");
    buf_clear(&text);
    assert_int_equal(agent_server_render(&PROBE_SECOND_NULL, &text), 0);
    probe_begin(&p, 2 * SECOND_US);
    assert_int_equal(agent_probe_tell(&p, buf_view(&text), &err), 0); /* it has nothing to tell, but is one */
    assert_int_equal(agent_probe_tell(&p, VIEW("<html>"), &err), ERROR_SYNTAX);
    assert_int_equal(
        agent_probe_tell(&p, VIEW("up 1\nhalftime_probe{source=\"a\"} 3\n"), &err), ERROR_SYNTAX);
    buf_deinit(&text);
    probe_deinit(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nginx), cmocka_unit_test(rabbitmq),
        cmocka_unit_test(redis), cmocka_unit_test(pgbouncer), cmocka_unit_test(agent)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
