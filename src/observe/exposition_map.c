#include "observe/exposition_map.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

/* tidy: table */
const struct exposition_row exposition_rows[] = {
/* A program that says it in our own words: the names of docs/OBSERVE.md with '_' for '.'. */
#define OWN(metric, to, unit, op)                                                                            \
    { metric, NULL, NULL, to, unit, op, 1 }
    OWN("app_workers", "app.workers", PROBE_COUNT, MAP_SUM),
    OWN("app_workers_busy", "app.workers.busy", PROBE_COUNT, MAP_SUM),
    OWN("app_queue", "app.queue", PROBE_COUNT, MAP_SUM),
    OWN("app_pool_limit", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("app_pool_busy", "app.pool.busy", PROBE_COUNT, MAP_SUM),
    OWN("app_pool_waiting", "app.pool.waiting", PROBE_COUNT, MAP_SUM),
    OWN("app_db_calls_total", "app.db.calls_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("app_db_seconds_total", "app.db.seconds_per_second", PROBE_COUNT, MAP_RATE),
    OWN("app_cache_hits_total", "app.cache.hit_share", PROBE_SHARE, MAP_PART),
    OWN("app_cache_misses_total", "app.cache.hit_share", PROBE_SHARE, MAP_REST),
    OWN("app_cache_entries", "app.cache.entries", PROBE_COUNT, MAP_SUM),
    OWN("app_cache_bytes", "app.cache.bytes", PROBE_BYTES, MAP_SUM),
    OWN("app_cache_evictions_total", "app.cache.evictions_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("app_requests_total", "app.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("app_rejected_total", "app.rejected_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("app_lock_waiting", "app.lock.waiting", PROBE_COUNT, MAP_SUM),
    OWN("app_memory_rss_bytes", "app.memory.rss", PROBE_BYTES, MAP_SUM),
    /* halftime target */
    OWN("http_workers_size", "app.workers", PROBE_COUNT, MAP_LIMIT),
    OWN("http_workers_busy", "app.workers.busy", PROBE_COUNT, MAP_SUM),
    OWN("http_queue_length", "app.queue", PROBE_COUNT, MAP_SUM),
    OWN("db_pool_size", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("db_pool_in_use", "app.pool.busy", PROBE_COUNT, MAP_SUM),
    OWN("db_pool_waiting", "app.pool.waiting", PROBE_COUNT, MAP_SUM),
    OWN("db_queries_total", "app.db.calls_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("db_query_duration_seconds_sum", "app.db.seconds_per_second", PROBE_COUNT, MAP_RATE),
    OWN("cache_hits_total", "app.cache.hit_share", PROBE_SHARE, MAP_PART),
    OWN("cache_misses_total", "app.cache.hit_share", PROBE_SHARE, MAP_REST),
    OWN("cache_entries", "app.cache.entries", PROBE_COUNT, MAP_SUM),
    OWN("cache_bytes", "app.cache.bytes", PROBE_BYTES, MAP_SUM),
    OWN("cache_evictions_total", "app.cache.evictions_per_second", PROBE_PER_SECOND,
        MAP_RATE), /* Micrometer, too */
    OWN("cache_size", "app.cache.entries", PROBE_COUNT, MAP_SUM),
    OWN("db_lock_waiting", "app.lock.waiting", PROBE_COUNT, MAP_SUM),
    /* what most libraries for applications call it */
    OWN("http_requests_total", "app.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    {"http_requests_total", "status", "429", "app.rejected_per_second", PROBE_PER_SECOND, MAP_RATE, 1},
    {"http_requests_total", "status", "503", "app.rejected_per_second", PROBE_PER_SECOND, MAP_RATE, 1},
    {"http_requests_total", "code", "429", "app.rejected_per_second", PROBE_PER_SECOND, MAP_RATE, 1},
    {"http_requests_total", "code", "503", "app.rejected_per_second", PROBE_PER_SECOND, MAP_RATE, 1},
    OWN("process_resident_memory_bytes", "app.memory.rss", PROBE_BYTES, MAP_SUM),
    OWN("process_cpu_seconds_total", "app.cpu.used", PROBE_COUNT, MAP_RATE),
    OWN("starlette_requests_total", "app.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("flask_http_request_total", "app.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    /* gunicorn (its StatsD by statsd_exporter), uvicorn behind it */
    OWN("gunicorn_workers", "app.workers", PROBE_COUNT, MAP_SUM),
    OWN("gunicorn_requests", "app.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("gunicorn_backlog", "app.queue", PROBE_COUNT, MAP_SUM),
    /* php-fpm, Puma, Tomcat, Jetty */
    OWN("phpfpm_total_processes", "app.workers", PROBE_COUNT, MAP_SUM),
    OWN("phpfpm_active_processes", "app.workers.busy", PROBE_COUNT, MAP_SUM),
    OWN("phpfpm_listen_queue", "app.queue", PROBE_COUNT, MAP_SUM),
    OWN("puma_max_threads", "app.workers", PROBE_COUNT, MAP_SUM),
    {"puma_max_threads", NULL, NULL, "app.workers.busy", PROBE_COUNT, MAP_SUM, 1},
    OWN("puma_pool_capacity", "app.workers.busy", PROBE_COUNT, MAP_MINUS),
    OWN("puma_backlog", "app.queue", PROBE_COUNT, MAP_SUM),
    OWN("tomcat_threads_config_max_threads", "app.workers", PROBE_COUNT, MAP_SUM),
    OWN("tomcat_threads_busy_threads", "app.workers.busy", PROBE_COUNT, MAP_SUM),
    OWN("jetty_threads_config_max", "app.workers", PROBE_COUNT, MAP_SUM),
    OWN("jetty_threads_busy", "app.workers.busy", PROBE_COUNT, MAP_SUM),
    OWN("jetty_threads_jobs", "app.queue", PROBE_COUNT, MAP_SUM),
    /* pools of database connections: OpenTelemetry, HikariCP, Go's database/sql */
    {"db_client_connections_usage", "state", "used", "app.pool.busy", PROBE_COUNT, MAP_SUM, 1},
    OWN("db_client_connections_max", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("db_client_connections_pending_requests", "app.pool.waiting", PROBE_COUNT, MAP_SUM),
    {"db_client_connection_count", "db_client_connection_state", "used", "app.pool.busy", PROBE_COUNT,
        MAP_SUM, 1},
    OWN("db_client_connection_max", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("db_client_connection_pending_requests", "app.pool.waiting", PROBE_COUNT, MAP_SUM),
    OWN("hikaricp_connections_max", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("hikaricp_connections_active", "app.pool.busy", PROBE_COUNT, MAP_SUM),
    OWN("hikaricp_connections_pending", "app.pool.waiting", PROBE_COUNT, MAP_SUM),
    OWN("go_sql_max_open_connections", "app.pool.limit", PROBE_COUNT, MAP_LIMIT),
    OWN("go_sql_in_use_connections", "app.pool.busy", PROBE_COUNT, MAP_SUM),
    OWN("go_sql_wait_count_total", "app.pool.waits_per_second", PROBE_PER_SECOND, MAP_RATE),
    /* node_exporter */
    {"node_cpu_seconds_total", "mode", "idle", "host.cpu.used", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "user", "host.cpu.used", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "system", "host.cpu.used", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "nice", "host.cpu.used", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "softirq", "host.cpu.used", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "irq", "host.cpu.used", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "iowait", "host.cpu.used", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "steal", "host.cpu.used", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "iowait", "host.cpu.iowait", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "idle", "host.cpu.iowait", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "user", "host.cpu.iowait", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "system", "host.cpu.iowait", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "steal", "host.cpu.steal", PROBE_SHARE, MAP_PART, 1},
    {"node_cpu_seconds_total", "mode", "idle", "host.cpu.steal", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "user", "host.cpu.steal", PROBE_SHARE, MAP_REST, 1},
    {"node_cpu_seconds_total", "mode", "system", "host.cpu.steal", PROBE_SHARE, MAP_REST, 1},
    OWN("node_procs_running", "host.run_queue", PROBE_COUNT, MAP_SUM),
    OWN("node_memory_MemTotal_bytes", "host.memory.limit", PROBE_BYTES, MAP_SUM),
    {"node_memory_MemTotal_bytes", NULL, NULL, "host.memory.used", PROBE_BYTES, MAP_SUM, 1},
    OWN("node_memory_MemAvailable_bytes", "host.memory.used", PROBE_BYTES, MAP_MINUS),
    OWN("node_vmstat_pswpin", "host.swap.in_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("node_disk_io_time_seconds_total", "host.disk.busy", PROBE_SHARE, MAP_BUSIEST),
    OWN("node_netstat_Tcp_RetransSegs", "host.tcp.retransmits_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("node_netstat_TcpExt_ListenOverflows", "host.tcp.listen_overflows_per_second", PROBE_PER_SECOND,
        MAP_RATE),
    OWN("node_sockstat_TCP_tw", "host.tcp.time_wait", PROBE_COUNT, MAP_SUM),
    /* cAdvisor, kubelet */
    {"container_cpu_usage_seconds_total", "container", "?*", "cgroup.cpu.used", PROBE_COUNT, MAP_RATE, 1},
    {"container_cpu_cfs_throttled_periods_total", "container", "?*", "cgroup.cpu.throttled", PROBE_SHARE,
        MAP_PART, 1},
    {"container_cpu_cfs_throttled_periods_total", "container", "?*", "cgroup.cpu.throttled", PROBE_SHARE,
        MAP_REST, -1},
    {"container_cpu_cfs_periods_total", "container", "?*", "cgroup.cpu.throttled", PROBE_SHARE, MAP_REST, 1},
    {"container_memory_working_set_bytes", "container", "?*", "cgroup.memory.used", PROBE_BYTES, MAP_SUM, 1},
    {"container_spec_memory_limit_bytes", "container", "?*", "cgroup.memory.limit", PROBE_BYTES, MAP_LIMIT,
        1},
    {"container_oom_events_total", "container", "?*", "cgroup.oom_kills_per_second", PROBE_PER_SECOND,
        MAP_RATE, 1},
    /* kube-state-metrics */
    OWN("kube_deployment_spec_replicas", "kube.replicas.wanted", PROBE_COUNT, MAP_SUM),
    OWN("kube_deployment_status_replicas_ready", "kube.replicas.ready", PROBE_COUNT, MAP_SUM),
    /* postgres_exporter */
    OWN("pg_stat_activity_count", "postgres.connections", PROBE_COUNT, MAP_SUM),
    {"pg_stat_activity_count", "state", "active", "postgres.connections.active", PROBE_COUNT, MAP_SUM, 1},
    {"pg_stat_activity_count", "state", "idle in transaction*", "postgres.connections.idle_in_transaction",
        PROBE_COUNT, MAP_SUM, 1},
    OWN("pg_settings_max_connections", "postgres.connections_limit", PROBE_COUNT, MAP_SUM),
    OWN("pg_stat_database_xact_commit", "postgres.transactions_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("pg_stat_database_xact_rollback", "postgres.transactions_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("pg_stat_database_blks_hit", "postgres.cache.hit_share", PROBE_SHARE, MAP_PART),
    OWN("pg_stat_database_blks_read", "postgres.cache.hit_share", PROBE_SHARE, MAP_REST),
    OWN("pg_stat_database_deadlocks", "postgres.deadlocks_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("pg_stat_user_tables_seq_tup_read", "postgres.seq_reads_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("pg_database_size_bytes", "postgres.size", PROBE_BYTES, MAP_SUM),
    /* pgbouncer_exporter */
    OWN("pgbouncer_pools_client_waiting_connections", "pgbouncer.clients.waiting", PROBE_COUNT, MAP_SUM),
    OWN("pgbouncer_pools_client_active_connections", "pgbouncer.clients.active", PROBE_COUNT, MAP_SUM),
    OWN("pgbouncer_pools_server_active_connections", "pgbouncer.servers.active", PROBE_COUNT, MAP_SUM),
    OWN("pgbouncer_pools_server_idle_connections", "pgbouncer.servers.idle", PROBE_COUNT, MAP_SUM),
    OWN("pgbouncer_pools_client_maxwait_seconds", "pgbouncer.wait.longest", PROBE_SECONDS, MAP_MAX),
    OWN("pgbouncer_databases_pool_size", "pgbouncer.pool_limit", PROBE_COUNT, MAP_SUM),
    /* redis_exporter */
    OWN("redis_memory_used_bytes", "redis.memory.used", PROBE_BYTES, MAP_SUM),
    OWN("redis_memory_max_bytes", "redis.memory.limit", PROBE_BYTES, MAP_LIMIT),
    OWN("redis_evicted_keys_total", "redis.evictions_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("redis_db_keys", "redis.keys", PROBE_COUNT, MAP_SUM),
    {"redis_db_keys", NULL, NULL, "redis.keys_without_ttl", PROBE_COUNT, MAP_SUM, 1},
    OWN("redis_db_keys_expiring", "redis.keys_without_ttl", PROBE_COUNT, MAP_MINUS),
    OWN("redis_keyspace_hits_total", "redis.hit_share", PROBE_SHARE, MAP_PART),
    OWN("redis_keyspace_misses_total", "redis.hit_share", PROBE_SHARE, MAP_REST),
    OWN("redis_commands_processed_total", "redis.commands_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("redis_rejected_connections_total", "redis.rejected_per_second", PROBE_PER_SECOND, MAP_RATE),
    OWN("redis_connected_clients", "redis.clients", PROBE_COUNT, MAP_SUM),
    /* nginx-prometheus-exporter */
    OWN("nginx_connections_active", "nginx.connections.active", PROBE_COUNT, MAP_SUM),
    OWN("nginx_connections_waiting", "nginx.connections.waiting", PROBE_COUNT, MAP_SUM),
    OWN("nginx_http_requests_total", "nginx.requests_per_second", PROBE_PER_SECOND, MAP_RATE),
    /* RabbitMQ's own plugin */
    OWN("rabbitmq_queue_messages_ready", "rabbitmq.messages.ready", PROBE_COUNT, MAP_SUM),
    OWN("rabbitmq_queue_messages_unacked", "rabbitmq.messages.unacked", PROBE_COUNT, MAP_SUM),
    OWN("rabbitmq_channel_messages_published_total", "rabbitmq.publish_per_second", PROBE_PER_SECOND,
        MAP_RATE),
    OWN("rabbitmq_channel_messages_delivered_total", "rabbitmq.deliver_per_second", PROBE_PER_SECOND,
        MAP_RATE),
    OWN("rabbitmq_channel_messages_delivered_ack_total", "rabbitmq.deliver_per_second", PROBE_PER_SECOND,
        MAP_RATE),
    OWN("rabbitmq_queue_consumers", "rabbitmq.consumers", PROBE_COUNT, MAP_SUM),
#undef OWN
    {0},
};
static_assert(
    sizeof exposition_rows / sizeof *exposition_rows <= EXPOSITION_ROWS_MAX, "grow EXPOSITION_ROWS_MAX");

int exposition_map_init(struct exposition_map *m) {
    int r = 0;
    hashmap_init(&m->rows, EXPOSITION_ROWS_MAX);
    for (size_t i = 0; exposition_rows[i].metric && r == 0; i++) {
        struct view name = view_of_cstr(exposition_rows[i].metric);
        if (!hashmap_find(&m->rows, name))
            r = hashmap_put(&m->rows, name, (void *)(uintptr_t)(i + 1));
    }
    exposition_map_begin(m);
    return r;
}

void exposition_map_deinit(struct exposition_map *m) {
    hashmap_deinit(&m->rows);
}

void exposition_map_begin(struct exposition_map *m) {
    memset(m->sums, 0, sizeof m->sums);
    memset(m->seen, 0, sizeof m->seen);
}

static bool has_label(const struct exposition_row *row, const struct exposition_sample *s) {
    char value[128];
    struct view wanted = view_of_cstr(row->value ? row->value : "");
    if (!row->label)
        return true;
    if (!exposition_label(s->labels, view_of_cstr(row->label), value, sizeof value))
        return false;
    if (view_eq(wanted, VIEW("?*")))
        return value[0] != '\0';
    if (view_ends_with(wanted, VIEW("*")))
        return view_starts_with(view_of_cstr(value), view_take(wanted, wanted.len - 1));
    return view_eq(wanted, view_of_cstr(value));
}

static double busiest(struct probe *p, const struct exposition_sample *s) {
    char name[PROBE_NAME_MAX];
    snprintf(name, sizeof name, "-%.*s", VIEW_ARGS(s->labels));
    return probe_per_second(p, view_of_cstr(name), s->value);
}

bool exposition_map_add(struct exposition_map *m, struct probe *p, const struct exposition_sample *s) {
    size_t at = (size_t)(uintptr_t)hashmap_get(&m->rows, s->name);
    if (at == 0)
        return false;
    for (size_t i = at - 1;
         exposition_rows[i].metric && view_eq(s->name, view_of_cstr(exposition_rows[i].metric)); i++) {
        const struct exposition_row *row = &exposition_rows[i];
        if (!has_label(row, s))
            continue;
        double v = row->op == MAP_BUSIEST ? busiest(p, s) : s->value * row->scale;
        if (isnan(v))
            continue;
        if (row->op == MAP_MAX || row->op == MAP_BUSIEST)
            m->sums[i] = m->seen[i] && m->sums[i] > v ? m->sums[i] : v;
        else
            m->sums[i] += v;
        m->seen[i] = true;
    }
    return true;
}

/* Exporters tell of their own memory and processor, too: that is not the application's. */
static bool is_exporter(const struct exposition_map *m) {
    for (size_t i = 0; exposition_rows[i].metric; i++)
        if (m->seen[i] && strncmp(exposition_rows[i].to, "app.", 4) != 0)
            return true;
    return false;
}

/* All rows that lead to one series, from the first of them on. */
static void tell_one(struct exposition_map *m, struct probe *p, size_t first) {
    const struct exposition_row *row = &exposition_rows[first];
    double level = 0, rest = 0;
    bool rested = false;
    for (size_t i = first; exposition_rows[i].metric; i++) {
        const struct exposition_row *one = &exposition_rows[i];
        if (!m->seen[i] || strcmp(one->to, row->to) != 0)
            continue;
        bool against = one->op == MAP_REST;
        rested = rested || against;
        rest += against ? m->sums[i] : 0;
        level += against ? 0 : one->op == MAP_MINUS ? -m->sums[i] : m->sums[i];
        m->seen[i] = false;
    }
    if (row->op == MAP_PART || row->op == MAP_REST) {
        if (rested)
            probe_tell_share(p, row->to, level, rest);
    } else if (row->op == MAP_RATE) {
        probe_tell_rate(p, row->to, row->unit, level);
    } else if (row->op != MAP_MINUS &&
               (row->op != MAP_LIMIT || level > 0)) { /* only a minus: less than nothing */
        probe_tell(p, row->to, row->unit, level);
    }
}

void exposition_map_tell(struct exposition_map *m, struct probe *p) {
    bool exporter = is_exporter(m);
    for (size_t i = 0; exposition_rows[i].metric; i++) {
        if (exporter && strncmp(exposition_rows[i].metric, "process_", 8) == 0)
            m->seen[i] = false;
        if (m->seen[i])
            tell_one(m, p, i);
    }
}
