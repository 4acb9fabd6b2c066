#include "observe/exposition_map.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SECOND_US = 1000 * 1000 };

/* Rows of one metric stand together, rows of one series agree on its unit and on what kind of thing it is. */
static void the_table(void **state) {
    (void)state;
    size_t n = 0;
    for (; exposition_rows[n].metric; n++)
        for (size_t i = 0; i < n; i++) {
            const struct exposition_row *a = &exposition_rows[i], *b = &exposition_rows[n];
            if (strcmp(a->metric, b->metric) == 0)
                for (size_t k = i; k < n; k++)
                    assert_string_equal(exposition_rows[k].metric, b->metric);
            if (strcmp(a->to, b->to) == 0) {
                bool share = a->op == MAP_PART || a->op == MAP_REST,
                     shares = b->op == MAP_PART || b->op == MAP_REST;
                assert_int_equal(a->unit, b->unit);
                assert_int_equal(share, shares);
                assert_int_equal(a->op == MAP_RATE, b->op == MAP_RATE);
            }
        }
    assert_true(n > 100);
}

static void read_text(struct exposition_map *m, struct probe *p, int64_t at_us, const char *text) {
    struct exposition e = exposition_of(view_of_cstr(text));
    struct exposition_sample s;
    probe_begin(p, at_us);
    exposition_map_begin(m);
    while (exposition_next(&e, &s))
        (void)exposition_map_add(m, p, &s);
    exposition_map_tell(m, p);
    assert_false(p->failed);
}

static void known_exporters(void **state) {
    (void)state;
    static const struct {
        const char *first, *second; /* a second later */
        const char *name;
        double value; /* in the second reading; NAN = not told */
    } cases[] = {
        {"", "http_workers_busy 3\nhttp_workers_size 8\n", "app.workers.busy", 3},
        {"", "http_workers_busy 3\nhttp_workers_size 8\n", "app.workers", 8},
        {"", "db_pool_size 0\ndb_pool_in_use 2\n", "app.pool.limit", (double)NAN}, /* 0: there is no limit */
        {"", "db_pool_size 0\ndb_pool_in_use 2\n", "app.pool.busy", 2},
        {"db_queries_total 10\n", "db_queries_total 35\n", "app.db.calls_per_second", 25},
        {"db_queries_total 10\n", "db_queries_total 3\n", "app.db.calls_per_second",
            (double)NAN}, /* it began anew */
        {"cache_hits_total 10\ncache_misses_total 10\n", "cache_hits_total 13\ncache_misses_total 11\n",
            "app.cache.hit_share", 0.75},
        {"cache_hits_total 10\ncache_misses_total 10\n", "cache_hits_total 10\ncache_misses_total 10\n",
            "app.cache.hit_share", (double)NAN},
        {"http_requests_total{status=\"200\"} 5\nhttp_requests_total{status=\"429\"} 1\n",
            "http_requests_total{status=\"200\"} 9\nhttp_requests_total{status=\"429\"} 3\n",
            "app.requests_per_second", 6},
        {"http_requests_total{status=\"200\"} 5\nhttp_requests_total{status=\"429\"} 1\n",
            "http_requests_total{status=\"200\"} 9\nhttp_requests_total{status=\"429\"} 3\n",
            "app.rejected_per_second", 2},
        {"", "process_resident_memory_bytes 1e6\n", "app.memory.rss", 1e6},
        {"", "process_resident_memory_bytes 1e6\nredis_connected_clients 2\n", "app.memory.rss",
            (double)NAN}, /* the exporter's own */
        {"", "app_workers_busy{pid=\"1\"} 1\napp_workers_busy{pid=\"2\"} 1\n", "app.workers.busy", 2},
        {"", "node_memory_MemTotal_bytes 100\nnode_memory_MemAvailable_bytes 30\n", "host.memory.used", 70},
        {"", "node_memory_MemAvailable_bytes 30\n", "host.memory.used", (double)NAN},
        {"node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} "
         "10\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 5\n",
            "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} "
            "10.25\nnode_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 5.75\n",
            "host.cpu.used", 0.75},
        {"node_disk_io_time_seconds_total{device=\"a\"} 1\nnode_disk_io_time_seconds_total{device=\"b\"} 1\n",
            "node_disk_io_time_seconds_total{device=\"a\"} "
            "1.5\nnode_disk_io_time_seconds_total{device=\"b\"} 1.25\n",
            "host.disk.busy", 0.5},
        {"container_cpu_cfs_throttled_periods_total{container=\"x\"} "
         "0\ncontainer_cpu_cfs_periods_total{container=\"x\"} 0\n",
            "container_cpu_cfs_throttled_periods_total{container=\"x\"} "
            "5\ncontainer_cpu_cfs_periods_total{container=\"x\"} 20\n",
            "cgroup.cpu.throttled", 0.25},
        {"",
            "container_memory_working_set_bytes{container=\"\"} "
            "9\ncontainer_memory_working_set_bytes{container=\"x\"} 4\n",
            "cgroup.memory.used", 4},
        {"", "pg_stat_activity_count{state=\"active\"} 4\npg_stat_activity_count{state=\"idle\"} 6\n",
            "postgres.connections", 10},
        {"", "pg_stat_activity_count{state=\"active\"} 4\npg_stat_activity_count{state=\"idle\"} 6\n",
            "postgres.connections.active", 4},
        {"", "pg_stat_activity_count{state=\"idle in transaction (aborted)\"} 2\n",
            "postgres.connections.idle_in_transaction", 2},
        {"", "redis_db_keys{db=\"db0\"} 10\nredis_db_keys_expiring{db=\"db0\"} 4\n", "redis.keys_without_ttl",
            6},
        {"", "redis_memory_max_bytes 0\n", "redis.memory.limit", (double)NAN},
        {"",
            "kube_deployment_spec_replicas{deployment=\"a\"} "
            "8\nkube_deployment_status_replicas_ready{deployment=\"a\"} 3\n",
            "kube.replicas.wanted", 8},
        {"",
            "pgbouncer_pools_client_maxwait_seconds{a=\"1\"} "
            "2\npgbouncer_pools_client_maxwait_seconds{a=\"2\"} 5\n",
            "pgbouncer.wait.longest", 5},
        {"", "hikaricp_connections_pending 7\n", "app.pool.waiting", 7},
    };
    struct exposition_map m;
    assert_int_equal(exposition_map_init(&m), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct probe p = {.source = "t", .stop_fd = -1};
        read_text(&m, &p, SECOND_US, cases[i].first);
        read_text(&m, &p, 2 * SECOND_US, cases[i].second);
        double got = probe_value_of(&p, cases[i].name);
        if (isnan(got) != isnan(cases[i].value) || (!isnan(got) && fabs(got - cases[i].value) > 1e-9))
            fail_msg("%s: %g, not %g", cases[i].name, got, cases[i].value);
        probe_deinit(&p);
    }
    exposition_map_deinit(&m);
}

static void others_are_left_alone(void **state) {
    (void)state;
    struct exposition_map m;
    struct probe p = {.source = "t", .stop_fd = -1};
    struct exposition e = exposition_of(VIEW("my_own_metric 3\n"));
    struct exposition_sample s;
    assert_int_equal(exposition_map_init(&m), 0);
    probe_begin(&p, SECOND_US);
    assert_true(exposition_next(&e, &s));
    assert_false(exposition_map_add(&m, &p, &s));
    exposition_map_tell(&m, &p);
    assert_int_equal(p.value_count, 0);
    exposition_map_deinit(&m);
    probe_deinit(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table), cmocka_unit_test(known_exporters),
        cmocka_unit_test(others_are_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
