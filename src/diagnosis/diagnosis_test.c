#include "diagnosis/diagnosis.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define NOTHING DIAGNOSIS_KIND_COUNT
enum { N = 14, PROBES = 16, ENDPOINTS = 4 };

/* A made-up run. */
static struct world {
    struct diagnosis_second seconds[N];
    struct diagnosis_endpoint endpoints[ENDPOINTS];
    struct diagnosis_cell cells[ENDPOINTS][N];
    size_t endpoint_count;
    struct diagnosis_probe probes[PROBES];
    float values[PROBES][N];
    size_t probe_count;
    struct histogram times;
    struct validity validity;
    struct diagnosis_lint lint;
    struct trace_summary trace;
    struct trace_statement statement;
    struct trace_part part;
    struct histogram repeats, spans;
    struct diagnosis_options options;
    struct probe_note note;
    bool noted;
} w;

static void second_is(size_t i, double users, double requests, double ms) {
    struct diagnosis_second *s = &w.seconds[i];
    *s = (struct diagnosis_second){.from_s = (double)i,
        .to_s = (double)i + 1,
        .users = users,
        .requests = requests,
        .mean = ms,
        .min = ms / 2,
        .p50 = ms,
        .p95 = 1.6 * ms,
        .p99 = 2 * ms,
        .max = 2.5 * ms,
        .phases = {[DIAGNOSIS_WAITING] = ms}};
    s->statuses[DIAGNOSIS_GOOD] = requests;
    assert_int_equal(histogram_record_n(&w.times, ms, (uint64_t)requests), 0);
}

/* 20 users, 200 requests a second, 8 ms. */
static void flat(void) {
    for (size_t i = 0; i < N; i++)
        second_is(i, 20, 200 + (double)(i * 7 % 5), 8 + 0.1 * (double)(i * 3 % 4));
}

/* Users 4 … 4 N, each asks 10 times a second, as long as there is room for it. */
static void ramp(double capacity) {
    for (size_t i = 0; i < N; i++) {
        double users = 4 + 4 * (double)i, wanted = 10 * users;
        second_is(
            i, users, fmin(wanted, capacity), wanted <= capacity ? 8 : 8 + 1000 * (users / capacity - 0.1));
    }
}

static float *observe(const char *name, enum probe_unit unit) {
    struct diagnosis_probe *p = &w.probes[w.probe_count];
    p->values = w.values[w.probe_count++];
    p->key.unit = unit;
    snprintf(p->key.source, sizeof p->key.source, "app");
    snprintf(p->key.name, sizeof p->key.name, "%s", name);
    return p->values;
}

static void always(const char *name, double value) {
    float *v = observe(name, PROBE_COUNT);
    for (size_t i = 0; i < N; i++)
        v[i] = (float)value;
}

static void from_to(const char *name, double from, double to) {
    float *v = observe(name, PROBE_COUNT);
    for (size_t i = 0; i < N; i++)
        v[i] = (float)(from + (to - from) * (double)i / (N - 1));
}

static struct diagnosis_endpoint *endpoint(const char *name, bool fixed, double calm_ms, double busy_ms) {
    struct diagnosis_endpoint *e = &w.endpoints[w.endpoint_count];
    snprintf(e->name, sizeof e->name, "%s", name);
    e->fixed = fixed;
    e->cells = w.cells[w.endpoint_count++];
    for (size_t i = 0; i < N; i++) {
        double ms = i < N / 3 ? calm_ms : busy_ms;
        e->cells[i] = (struct diagnosis_cell){
            .requests = 50, .sum_ms = (float)(50 * ms), .min_ms = (float)ms / 2, .max_ms = (float)ms * 2};
        e->requests += 50;
        assert_int_equal(histogram_record_n(&e->times, ms, 50), 0);
    }
    return e;
}

static void failing(enum diagnosis_status status, double share, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        struct diagnosis_second *s = &w.seconds[i];
        double n = share * s->requests;
        s->statuses[status] += n;
        s->statuses[DIAGNOSIS_GOOD] -= n;
        s->failed += n;
    }
}

/* --- what is healthy --- */

static void healthy(void) {
    flat();
    always("app.workers", 16);
    always("app.workers.busy", 2);
    always("app.queue", 0);
    always("app.pool.limit", 20);
    always("app.pool.busy", 1);
    always("app.pool.waiting", 0);
    always("app.db.calls_per_second", 400);
    always("app.db.seconds_per_second", 0.4);
    always("app.cpu.used", 0.3);
    always("proc.cpu.busiest", 0.3);
    always("app.lock.waiting", 0);
    from_to("app.memory.rss", 60e6, 61e6);
    always("host.cpu.used", 0.4);
}
static void healthy_ramp(void) {
    ramp(1e9);
    always("proc.cpu.busiest", 0.4);
}
static void healthy_by_schedule(void) {
    flat();
    for (size_t i = 0; i < N; i++)
        w.seconds[i].wanted = 200;
}
static void one_slow_second(void) {
    flat();
    w.seconds[6].max = 240;
}
static void a_few_failures(void) {
    flat();
    failing(DIAGNOSIS_5XX, 0.001, 0, N);
}
static void full_workers_nobody_waits(void) {
    flat();
    always("app.workers", 2);
    always("app.workers.busy", 2);
    always("app.queue", 0);
}
static void cache_that_expires(void) {
    flat();
    float *v = observe("app.cache.entries", PROBE_COUNT);
    for (size_t i = 0; i < N; i++)
        v[i] = (float)fmin(400, 150 * (double)i);
    always("app.cache.evictions_per_second", 150);
}
static void memory_that_warms_up(void) {
    flat();
    float *v = observe("app.memory.rss", PROBE_BYTES);
    for (size_t i = 0; i < N; i++)
        v[i] = (float)(50e6 + 60e6 * (1 - exp(-(double)i / 2)));
}
static void first_second_connects(void) {
    flat();
    second_is(0, 20, 180, 16);
    w.seconds[0].connects = 20;
    w.seconds[0].connect_max = 15;
}
static void too_little(void) {
    second_is(0, 1, 3, 900);
}

/* --- what is broken --- */

static void workers(void) {
    ramp(150);
    always("app.workers", 2);
    always("app.workers.busy", 2);
    always("app.queue", 25);
    always("host.cpu.used", 0.38);
}
/* Each request holds its worker for the time of its query: the queue is what hurts, not the query. */
static void workers_that_wait_for_queries(void) {
    for (size_t i = 0; i < N; i++)
        second_is(i, 4 + 2 * (double)i, 93, i < 3 ? 53 : 150);
    always("app.workers", 5);
    always("app.workers.busy", 5);
    always("app.queue", 9);
    always("app.db.calls_per_second", 93);
    always("app.db.seconds_per_second", 4.9);
    always("app.cpu.used", 0.03);
}
static void threads(void) {
    ramp(150);
    always("app.workers", 200);
    always("app.workers.busy", 200);
    always("app.queue", 40);
}
static void db_pool(void) {
    workers();
    always("app.pool.limit", 20);
    always("app.pool.busy", 20);
    always("app.pool.waiting", 30);
}
static void pgbouncer(void) {
    ramp(150);
    always("pgbouncer.clients.waiting", 30);
    always("pgbouncer.servers.active", 10);
    always("pgbouncer.pool_limit", 10);
}
static void lock(void) {
    db_pool();
    always("app.lock.waiting", 18);
}
static void connections_without_pooler(void) {
    ramp(150);
    always("postgres.connections", 99);
    always("postgres.connections_limit", 100);
    always("postgres.connections.active", 12);
}
static void queries(double cores) {
    flat();
    for (size_t i = 0; i < N; i++)
        second_is(i, 20, 200, 80);
    always("app.db.calls_per_second", 400);
    always("app.db.seconds_per_second", 12);
    always("app.cpu.used", cores);
}
static void slow_query(void) {
    queries(0.4);
}
static void missing_index(void) {
    queries(9.5);
}
/* The processor of the application is busy with other things; the queries run elsewhere. */
static void far_database(void) {
    queries(9.5);
    always("postgres.connections", 10);
    always("postgres.statement.slowest_mean", 0.0004);
}
static void patient_database(void) {
    flat();
    always("app.db.calls_per_second", 200);
    always("app.db.seconds_per_second", 4);
    always("app.cpu.used", 0.2);
}
static void index_in_postgres(void) {
    ramp(150);
    always("postgres.seq_reads_per_second", 4e6);
    always("postgres.calls_per_second", 300);
    always("postgres.statement.slowest_mean", 0.08);
    w.noted = true;
}
static void index_that_does_not_fit(void) {
    ramp(150);
    always("postgres.seq_reads_per_second", 900);
    always("postgres.rows_read_per_second", 4e6);
    always("postgres.calls_per_second", 300);
}
static void small_tables_read_whole(void) {
    flat();
    always("postgres.rows_read_per_second", 6e4);
    always("postgres.calls_per_second", 20);
}
static void n_plus_1(void) {
    flat();
    always("app.db.calls_per_second", 7000);
    always("app.db.seconds_per_second", 0.9);
    always("app.cpu.used", 0.9);
}
static void traced(enum trace_kind kind, double repeats) {
    flat();
    assert_int_equal(histogram_record_n(&w.repeats, repeats, 40), 0);
    assert_int_equal(histogram_record_n(&w.spans, repeats + 1, 40), 0);
    w.part = (struct trace_part){.service = VIEW("shop"), .kind = kind, .spans = 400, .seconds = 30};
    w.statement = (struct trace_statement){.text = VIEW("SELECT * FROM t WHERE id = ?"),
        .requests = 40,
        .spans = 1200,
        .most = 60,
        .seconds = 20};
    w.trace = (struct trace_summary){.endpoint = VIEW("GET /todos"),
        .requests = 40,
        .seconds = 40,
        .parts = &w.part,
        .part_count = 1,
        .statements = &w.statement,
        .statement_count = 1,
        .database_spans = &w.spans,
        .repeats = &w.repeats};
}
static void n_plus_1_traced(void) {
    traced(TRACE_DATABASE, 30);
}
static void upstream(void) {
    traced(TRACE_HTTP_CLIENT, 1);
}
static void cpu(void) {
    ramp(150);
    always("proc.cpu.busiest", 0.97);
    always("host.cpu.used", 0.6);
}
static void cpu_beside_a_neighbour(void) {
    ramp(150);
    always("proc.cpu.busiest", 0.68);
    always("proc.cpu.busiest_waiting", 0.3);
}
static void refused_beside_a_busy_neighbour(void) {
    ramp(1e9);
    failing(DIAGNOSIS_NO_ANSWER, 0.3, 6, N);
    always("host.cpu.used", 1);
    always("postgres.connections", 97);
    always("postgres.connections_limit", 100);
    always("postgres.connections.active", 2);
}
static void observer_refused_beside_a_busy_neighbour(void) {
    ramp(1e9);
    failing(DIAGNOSIS_5XX, 0.54, 0, N);
    always("proc.cpu.busiest", 0.15);
    always("proc.cpu.busiest_waiting", 1.37);
    always("postgres.connections_refused", 1);
}
static void nobody_refused(void) {
    flat();
    always("postgres.connections_refused", 0);
    always("postgres.connections", 12);
    always("postgres.connections_limit", 100);
}
static void quota(void) {
    ramp(150);
    always("cgroup.cpu.throttled", 0.7);
    always("cgroup.cpu.used", 1);
    always("cgroup.cpu.limit", 1);
}
static void leak(void) {
    flat();
    from_to("app.memory.rss", 60e6, 240e6);
}
static void large_and_warms_up(void) {
    flat();
    from_to("app.memory.rss", 400e6, 430e6);
}
static void oom(void) {
    flat();
    always("cgroup.memory.used", 500e6);
    always("cgroup.memory.limit", 510e6);
    always("cgroup.oom_kills_per_second", 0.1);
}
static void swap(void) {
    flat();
    always("host.swap.in_per_second", 900);
}
static void cache_for_ever(void) {
    leak();
    from_to("app.cache.entries", 0, 9000);
    always("app.cache.evictions_per_second", 0);
}
static void redis_for_ever(void) {
    flat();
    from_to("redis.keys", 1000, 9000);
    from_to("redis.keys_without_ttl", 1000, 9000);
    from_to("redis.memory.used", 1e6, 63e6);
    always("redis.memory.limit", 64e6);
}
static void evictions(void) {
    flat();
    always("redis.evictions_per_second", 90);
    always("redis.hit_share", 0.4);
}
static void misses(void) {
    ramp(150);
    always("redis.hit_share", 0.1);
    always("redis.commands_per_second", 300);
}
/* Redis is full, and pages that cannot keep their session fail. */
static void redis_full_and_failing(void) {
    redis_for_ever();
    failing(DIAGNOSIS_5XX, 0.4, 6, N);
}
static void connections_refused(void) {
    connections_without_pooler();
    failing(DIAGNOSIS_OVERLOADED, 0.4, 6, N);
}
/* The generator stands on the same machine and uses it well. */
static void busy_machine(void) {
    flat();
    always("host.cpu.used", 0.99);
}
static void cold_for_a_second(void) {
    flat();
    second_is(0, 20, 20, 60);
}
static void reconnects_nearby(void) {
    flat();
    for (size_t i = 0; i < N; i++) {
        w.seconds[i].connects = w.seconds[i].requests;
        w.seconds[i].phases[DIAGNOSIS_CONNECTING] = 0.2;
        w.seconds[i].mean = 0.3;
    }
}
static void messages(void) {
    flat();
    from_to("rabbitmq.messages.ready", 0, 3000);
    always("rabbitmq.publish_per_second", 400);
    always("rabbitmq.deliver_per_second", 180);
    always("rabbitmq.consumers", 2);
}
/* As the real thing tells it: every five seconds, and no deliveries before the first one. */
static void messages_nobody_takes(void) {
    flat();
    float *ready = observe("rabbitmq.messages.ready", PROBE_COUNT);
    for (size_t i = 0; i < N; i++)
        ready[i] = (float)(i / 5 * 5 * 200);
    always("rabbitmq.publish_per_second", 200);
    always("rabbitmq.consumers", 0);
}
static void rate_limit(void) {
    ramp(1e9);
    failing(DIAGNOSIS_429, 0.4, 5, N);
}
static void errors(void) {
    flat();
    failing(DIAGNOSIS_5XX, 0.05, 0, N);
}
static void overload(void) {
    ramp(150);
    failing(DIAGNOSIS_OVERLOADED, 0.3, N - 6, N);
}
static void replicas(void) {
    ramp(150);
    always("kube.replicas.wanted", 8);
    always("kube.replicas.ready", 2);
}
static void accept_queue(void) {
    flat();
    w.seconds[4].connect_max = 1012;
    w.seconds[7].connect_max = 3040;
    always("proc.cpu.busiest", 0.97);
}
static void accept_queue_and_stalls(void) {
    accept_queue();
    for (size_t i = 2; i < N; i += 3)
        w.seconds[i].max = 900;
}
static void churn(void) {
    flat();
    for (size_t i = 0; i < N; i++) {
        w.seconds[i].connects = w.seconds[i].handshakes = w.seconds[i].requests;
        w.seconds[i].phases[DIAGNOSIS_TLS] = 12;
        w.seconds[i].phases[DIAGNOSIS_CONNECTING] = 2;
    }
}
static void static_files(void) {
    flat();
    endpoint("GET /assets/a.css", true, 2.6, 4);
    endpoint("GET /shop", false, 3, 5);
    always("app.cpu.used", 0.8);
}
static void quick_static_files(void) {
    flat();
    endpoint("GET /assets/a.css", true, 0.2, 0.3);
    endpoint("GET /shop", false, 3, 5);
}
static void far_static_files(void) {
    flat();
    for (size_t i = 0; i < N; i++) {
        w.seconds[i].connects = 5;
        w.seconds[i].phases[DIAGNOSIS_CONNECTING] = 30 * 5 / w.seconds[i].requests;
    }
    endpoint("GET /assets/a.css", true, 31, 31);
    endpoint("GET /shop", false, 33, 34);
}
static void cached_pages(void) {
    ramp(150);
    endpoint("GET /", false, 2, 2.2);
    endpoint("GET /cart", false, 8, 240);
}
static void stalls(void) {
    flat();
    for (size_t i = 2; i < N; i += 3)
        w.seconds[i].max = 420;
}
/* The slowest of a queue take longer than from one to the next. */
static void a_long_queue(void) {
    flat();
    for (size_t i = 2; i < N; i += 2)
        w.seconds[i].max = 7600;
}
static void cold(void) {
    flat();
    for (size_t i = 0; i < 5; i++)
        second_is(i, 20, 200, 8 + 300 * (double)(5 - i) / 5);
}
static void generator(void) {
    workers();
    for (int i = 0; i < N; i++)
        validity_add(&w.validity, &(struct validity_reading){.from_us = i * 1000000LL,
                                      .to_us = (i + 1) * 1000000LL,
                                      .wall_us = 1000000,
                                      .cpu_us = 990000,
                                      .cores = 2});
}
static void network(void) {
    flat();
    for (size_t i = 0; i < N; i++) {
        second_is(i, 20, 200, 400);
        w.seconds[i].phases[DIAGNOSIS_RECEIVING] = 350;
    }
}
static void script(void) {
    flat();
    w.lint = (struct diagnosis_lint){.text = "DELETE /todos/undefined was asked for", .count = 700};
}
static void saturated(void) {
    ramp(150);
}
/* Nothing to compare with, but most of each request's time is waiting. */
static void saturated_all_along(void) {
    for (size_t i = 0; i < N; i++)
        second_is(i, 30, 100, 300);
    struct diagnosis_endpoint *e = endpoint("GET /a", false, 300, 300);
    assert_int_equal(histogram_record_n(&e->times, 20, 30), 0);
}
/* Some requests are quick and some slow, that is all. */
static void different_requests(void) {
    for (size_t i = 0; i < N; i++)
        second_is(i, 30, 100, 300);
    struct diagnosis_endpoint *e = endpoint("GET /search", false, 300, 300);
    assert_int_equal(histogram_record_n(&e->times, 20, 400), 0);
}
static void cannot_tell(void) {
    for (size_t i = 0; i < N; i++)
        second_is(i, 4 + 4 * (double)i, 40 + 40 * (double)i, i < 6 ? 20 : 200);
}
static void too_large(void) {
    healthy();
    w.options.cost_per_hour = 4;
    always("cgroup.cpu.used", 0.3);
    always("cgroup.cpu.limit", 16);
}

static const struct course {
    const char *name;
    void (*build)(void);
    enum diagnosis_kind first;
} courses[] = {
    {"healthy", healthy, NOTHING},
    {"healthy ramp", healthy_ramp, NOTHING},
    {"healthy, by schedule", healthy_by_schedule, NOTHING},
    {"one slow second", one_slow_second, NOTHING},
    {"a few failures", a_few_failures, NOTHING},
    {"full workers, nobody waits", full_workers_nobody_waits, NOTHING},
    {"a cache that expires", cache_that_expires, NOTHING},
    {"memory that warms up", memory_that_warms_up, NOTHING},
    {"the first second connects", first_second_connects, NOTHING},
    {"static files that are quick", quick_static_files, NOTHING},
    {"static files from far away", far_static_files, NOTHING},
    {"three requests", too_little, NOTHING},
    {"too large", too_large, NOTHING},
    {"workers", workers, DIAGNOSIS_WORKERS},
    {"workers that wait for queries", workers_that_wait_for_queries, DIAGNOSIS_WORKERS},
    {"threads", threads, DIAGNOSIS_THREAD_POOL},
    {"database pool behind full workers", db_pool, DIAGNOSIS_DB_POOL},
    {"pgbouncer", pgbouncer, DIAGNOSIS_DB_POOL},
    {"lock behind a full pool", lock, DIAGNOSIS_LOCK},
    {"connections without a pooler", connections_without_pooler, DIAGNOSIS_DB_CONNECTIONS},
    {"slow query", slow_query, DIAGNOSIS_SLOW_QUERY},
    {"a database far away", far_database, NOTHING},
    {"a database that takes its time", patient_database, NOTHING},
    {"missing index", missing_index, DIAGNOSIS_MISSING_INDEX},
    {"missing index in PostgreSQL", index_in_postgres, DIAGNOSIS_MISSING_INDEX},
    {"an index that does not fit", index_that_does_not_fit, DIAGNOSIS_MISSING_INDEX},
    {"small tables read whole", small_tables_read_whole, NOTHING},
    {"N+1", n_plus_1, DIAGNOSIS_N_PLUS_1},
    {"N+1, traced", n_plus_1_traced, DIAGNOSIS_N_PLUS_1},
    {"upstream", upstream, DIAGNOSIS_SLOW_UPSTREAM},
    {"processor", cpu, DIAGNOSIS_CPU},
    {"processor beside a neighbour", cpu_beside_a_neighbour, DIAGNOSIS_CPU},
    {"connections refused beside a busy neighbour", refused_beside_a_busy_neighbour,
        DIAGNOSIS_DB_CONNECTIONS},
    {"the observer refused beside a busy neighbour", observer_refused_beside_a_busy_neighbour, DIAGNOSIS_DB_CONNECTIONS},
    {"connections that are not refused", nobody_refused, NOTHING},
    {"quota", quota, DIAGNOSIS_CPU_QUOTA},
    {"leak", leak, DIAGNOSIS_MEMORY_LEAK},
    {"a large process that warms up", large_and_warms_up, NOTHING},
    {"out of memory", oom, DIAGNOSIS_MEMORY_FULL},
    {"swap", swap, DIAGNOSIS_SWAP},
    {"a cache without end, not a leak", cache_for_ever, DIAGNOSIS_CACHE_WITHOUT_TTL},
    {"Redis without TTL", redis_for_ever, DIAGNOSIS_CACHE_WITHOUT_TTL},
    {"Redis full, requests fail", redis_full_and_failing, DIAGNOSIS_CACHE_WITHOUT_TTL},
    {"connections refused", connections_refused, DIAGNOSIS_DB_CONNECTIONS},
    {"a busy machine, nobody waits", busy_machine, NOTHING},
    {"one cold second", cold_for_a_second, NOTHING},
    {"reconnecting next door", reconnects_nearby, NOTHING},
    {"evictions", evictions, DIAGNOSIS_CACHE_EVICTIONS},
    {"misses", misses, DIAGNOSIS_SATURATED}, /* a cache that misses is a weak cause */
    {"messages", messages, DIAGNOSIS_MESSAGE_BACKLOG},
    {"messages nobody takes", messages_nobody_takes, DIAGNOSIS_MESSAGE_BACKLOG},
    {"rate limit", rate_limit, DIAGNOSIS_RATE_LIMIT},
    {"errors by chance", errors, DIAGNOSIS_ERRORS},
    {"errors under load", overload, DIAGNOSIS_OVERLOAD},
    {"replicas", replicas, DIAGNOSIS_ELASTICITY},
    {"accept queue before a busy process", accept_queue, DIAGNOSIS_ACCEPT_QUEUE},
    {"accept queue, and slow ones at even distances", accept_queue_and_stalls, DIAGNOSIS_ACCEPT_QUEUE},
    {"churn", churn, DIAGNOSIS_CONNECTION_CHURN},
    {"static files by the application", static_files, DIAGNOSIS_STATIC_BY_APP},
    {"cached pages", cached_pages, DIAGNOSIS_CACHED_PAGES},
    {"stalls", stalls, DIAGNOSIS_STALLS},
    {"a long queue", a_long_queue, NOTHING},
    {"cold start", cold, DIAGNOSIS_COLD_START},
    {"generator before all", generator, DIAGNOSIS_GENERATOR},
    {"network", network, DIAGNOSIS_NETWORK},
    {"script", script, DIAGNOSIS_SCRIPT},
    {"saturated, not observed", saturated, DIAGNOSIS_SATURATED},
    {"saturated all along, not observed", saturated_all_along, DIAGNOSIS_SATURATED},
    {"requests of different kinds", different_requests, NOTHING},
    {"cannot tell", cannot_tell, DIAGNOSIS_UNKNOWN},
};

static void forget(void) {
    for (size_t i = 0; i < w.endpoint_count; i++)
        histogram_deinit(&w.endpoints[i].times);
    histogram_deinit(&w.times);
    histogram_deinit(&w.repeats);
    histogram_deinit(&w.spans);
    memset(&w, 0, sizeof w);
    histogram_init(&w.times);
    histogram_init(&w.repeats);
    histogram_init(&w.spans);
}

static size_t examine(void (*build)(void), struct diagnosis_finding *out) {
    forget();
    build();
    size_t n = N;
    while (n && !w.seconds[n - 1].requests)
        n--;
    if (w.noted)
        snprintf(w.note.about, sizeof w.note.about, "postgres.statement.slowest_mean");
    snprintf(w.note.text, sizeof w.note.text, "SELECT * FROM products WHERE name LIKE ?");
    struct diagnosis_input in = {.seconds = w.seconds,
        .second_count = n,
        .endpoints = w.endpoints,
        .endpoint_count = w.endpoint_count,
        .probes = w.probes,
        .probe_count = w.probe_count,
        .notes = &w.note,
        .note_count = w.noted,
        .traces = &w.trace,
        .trace_count = w.trace.requests > 0,
        .validity = &w.validity,
        .lints = &w.lint,
        .lint_count = 1,
        .times = &w.times,
        .options = w.options};
    return diagnosis_run(&in, out, DIAGNOSIS_FINDINGS_MAX);
}

static void names_the_cause_first(void **state) {
    (void)state;
    static struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        const struct course *c = &courses[i];
        size_t n = examine(c->build, found), problems = 0;
        for (size_t k = 0; k < n; k++)
            problems += !diagnosis_kind_note(found[k].kind);
        enum diagnosis_kind first = n && !diagnosis_kind_note(found[0].kind) ? found[0].kind : NOTHING;
        if (first != c->first)
            for (size_t k = 0; k < n; k++)
                print_error("%s: %zu. %s %.2f × %.2f: %s\n", c->name, k + 1,
                    diagnosis_kind_key(found[k].kind), found[k].confidence, found[k].impact,
                    found[k].sentence);
        if (first != c->first)
            fail_msg("%s: found %s", c->name, first == NOTHING ? "nothing" : diagnosis_kind_key(first));
        if (c->first == NOTHING && problems)
            fail_msg("%s: false finding", c->name);
    }
    forget();
}

/* Whatever is said is said in full: a sentence with its stop, a remedy, evidence with words, no NaN. */
static void says_it_in_full(void **state) {
    (void)state;
    static struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        size_t n = examine(courses[i].build, found);
        for (size_t k = 0; k < n; k++) {
            const struct diagnosis_finding *d = &found[k];
            assert_true(d->confidence > 0 && d->confidence <= 1);
            assert_true(strlen(d->sentence) > 20 && strlen(d->sentence) < DIAGNOSIS_TEXT_MAX - 1);
            assert_true(strlen(d->remedy) > 20 && strlen(d->remedy) < DIAGNOSIS_TEXT_MAX - 1);
            if (d->kind != DIAGNOSIS_SCRIPT && d->kind != DIAGNOSIS_N_PLUS_1 &&
                !strstr(d->sentence, "slowest"))
                assert_non_null(strchr(".!", d->sentence[strlen(d->sentence) - 1]));
            assert_non_null(strchr(".)", d->remedy[strlen(d->remedy) - 1]));
            if (strstr(d->sentence, "nan") || strstr(d->remedy, "nan") || strstr(d->sentence, "inf "))
                fail_msg("%s: %s | %s", courses[i].name, d->sentence, d->remedy);
            assert_true(d->evidence_count > 0);
            for (size_t e = 0; e < d->evidence_count; e++)
                assert_true(strlen(d->evidence[e].text) > 3);
        }
    }
    forget();
}

/* A cause that is not there explains nothing: each kind that a table of courses can make is told apart. */
static void keeps_to_its_room(void **state) {
    (void)state;
    static struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    assert_true(examine(lock, found) >= 3);
    struct diagnosis_input in = {
        .seconds = w.seconds, .second_count = N, .probes = w.probes, .probe_count = w.probe_count};
    assert_int_equal(diagnosis_run(&in, found, 2), 2);
    assert_int_equal(found[0].kind, DIAGNOSIS_LOCK);
    assert_int_equal(diagnosis_run(&(struct diagnosis_input){.second_count = 0}, found, 2), 0);
    forget();
}

static void two_full_databases(void) {
    observer_refused_beside_a_busy_neighbour();
    for (size_t first = w.probe_count, i = first; i < first + 2; i++) {
        always(i == first ? "postgres.connections" : "postgres.connections_limit", i == first ? 97 : 100);
        snprintf(w.probes[i].key.source, sizeof w.probes[i].key.source, "the other");
    }
}

static void each_database_by_itself(void **state) {
    (void)state;
    static struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    size_t n = examine(two_full_databases, found), refused = 0, full = 0;
    for (size_t i = 0; i < n; i++) {
        refused += found[i].kind == DIAGNOSIS_DB_CONNECTIONS && strstr(found[i].sentence, "took no more connections");
        full += found[i].kind == DIAGNOSIS_DB_CONNECTIONS && strstr(found[i].sentence, "up to 97 connections of the 100");
    }
    assert_int_equal(refused, 1);
    assert_int_equal(full, 1);
    forget();
}

/* A process that was kept from the cores is not called slow, and what it waited for is no share: its threads wait at the same time. */
static void neighbours_are_told(void **state) {
    (void)state;
    static struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    size_t n = examine(observer_refused_beside_a_busy_neighbour, found), i = 0;
    while (i < n && found[i].kind != DIAGNOSIS_CPU)
        i++;
    assert_true(i < n);
    assert_non_null(strstr(found[i].sentence, "got 15 % of a core"));
    assert_non_null(strstr(found[i].sentence, "waited 1.4 s in each second"));
    assert_null(strstr(found[i].sentence, "as fast as one core allows"));
    forget();
}

static void kinds(void **state) {
    (void)state;
    for (int k = 0; k < DIAGNOSIS_KIND_COUNT; k++) {
        assert_true(strlen(diagnosis_kind_key((enum diagnosis_kind)k)) > 1);
        assert_true(strlen(diagnosis_kind_title((enum diagnosis_kind)k)) > 4);
        for (int j = 0; j < DIAGNOSIS_KIND_COUNT; j++)
            if (k != j && j != DIAGNOSIS_GENERATOR && k != DIAGNOSIS_SATURATED && k != DIAGNOSIS_UNKNOWN &&
                j != DIAGNOSIS_SATURATED && j != DIAGNOSIS_UNKNOWN && k != DIAGNOSIS_GENERATOR)
                assert_false(diagnosis_kind_explains((enum diagnosis_kind)k, (enum diagnosis_kind)j) &&
                             diagnosis_kind_explains((enum diagnosis_kind)j, (enum diagnosis_kind)k));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_cause_first),
        cmocka_unit_test(says_it_in_full),
        cmocka_unit_test(keeps_to_its_room),
        cmocka_unit_test(each_database_by_itself),
        cmocka_unit_test(neighbours_are_told),
        cmocka_unit_test(kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
