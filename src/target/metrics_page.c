/* Sums over the processes' parts at each scrape; memory and processor time come from /proc, and from the
 * parent for processes that have died. Rows that were never counted are left out, gauges never. */
#include "target/metrics_page.h"
#include "target/routes.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { METRICS_PAGE_PROC_MAX = 1024 };

struct metrics_page {
    struct buf *out;
    int rc;
};

static void page_printf(struct metrics_page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void page_printf(struct metrics_page *p, const char *fmt, ...) {
    char line[512];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (p->rc == 0)
        p->rc = buf_append(p->out, line, len < (int)sizeof line ? (size_t)len : sizeof line - 1);
}

static void page_head(struct metrics_page *p, const char *name, const char *type, const char *help) {
    page_printf(p, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void page_value(
    struct metrics_page *p, const char *name, const char *type, const char *help, double value) {
    page_head(p, name, type, help);
    page_printf(p, "%s %.15g\n", name, value);
}

/* labels: "" or "a=\"b\"". */
static void page_histogram(
    struct metrics_page *p, const char *name, const char *labels, const struct metrics_histogram *h) {
    const char *comma = labels[0] ? "," : "", *open = labels[0] ? "{" : "", *close = labels[0] ? "}" : "";
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        char bound[32] = "+Inf";
        if (i < METRICS_BUCKETS - 1)
            snprintf(bound, sizeof bound, "%g", metrics_bounds_s[i]);
        sum += h->bucket[i];
        page_printf(p, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", name, labels, comma, bound, sum);
    }
    page_printf(p, "%s_sum%s%s%s %.15g\n", name, open, labels, close, (double)h->sum_us / 1e6);
    page_printf(p, "%s_count%s%s%s %" PRIu64 "\n", name, open, labels, close, sum);
}

static void page_alone(
    struct metrics_page *p, const char *name, const char *help, const struct metrics_histogram *h) {
    page_head(p, name, "histogram", help);
    page_histogram(p, name, "", h);
}

static void page_route(int row, char *out, size_t size) {
    bool known = row < routes_count();
    snprintf(out, size, "method=\"%s\",route=\"%s\"",
        known ? exchange_method_name(routes_row(row)->method) : "-",
        known ? routes_row(row)->pattern : "(none)");
}

static void page_requests(struct metrics_page *p, const struct served *served, const struct metrics *m) {
    char labels[160];
    uint64_t errors = 0, finished = served_finished(served);

    page_head(p, "http_requests_total", "counter", "Requests finished, by route and status.");
    for (int r = 0; r < SERVED_ROUTES_MAX; r++)
        for (int s = 0; s < SERVED_STATUSES; s++) {
            uint64_t n = served->finished[r][s];
            if (!n)
                continue;
            page_route(r, labels, sizeof labels);
            page_printf(
                p, "http_requests_total{%s,status=\"%d\"} %" PRIu64 "\n", labels, s + SERVED_STATUS_LEAST, n);
            errors += s + SERVED_STATUS_LEAST >= 500 ? n : 0;
        }
    page_head(p, "http_request_duration_seconds", "histogram", "From the head read to the answer sent.");
    for (int r = 0; r < SERVED_ROUTES_MAX; r++)
        if (metrics_histogram_count(&m->duration[r])) {
            page_route(r, labels, sizeof labels);
            page_histogram(p, "http_request_duration_seconds", labels, &m->duration[r]);
        }
    page_value(p, "http_requests_in_flight", "gauge", "Requests being served, waiting ones included.",
        (double)(served->received - finished));
    page_value(p, "http_errors_total", "counter", "Requests answered with 5xx.", (double)errors);
    page_value(p, "http_requests_aborted_total", "counter", "Requests whose client had gone.",
        (double)served->aborted);
    page_value(p, "http_connections_open", "gauge", "Connections open now.", (double)m->connections);
}

static void page_gates(struct metrics_page *p, struct commons *c, const struct metrics *m) {
    struct gate_state workers = gate_look(&c->gates[COMMONS_WORKERS]);
    struct gate_state pool = gate_look(&c->gates[COMMONS_POOL]);
    struct gate_state lock = gate_look(&c->gates[COMMONS_LOCK]);

    page_value(p, "http_workers_size", "gauge", "Workers of the whole backend; 0 = no limit.", workers.size);
    page_value(p, "http_workers_busy", "gauge", "Workers that work on a request.", workers.inside);
    page_value(p, "http_queue_length", "gauge", "Requests that wait for a worker.", workers.waiting);
    page_alone(p, "http_queue_wait_seconds", "How long requests waited for a worker.",
        &m->waits[METRICS_WAIT_WORKER]);
    page_value(p, "db_pool_size", "gauge", "Connections of the pool; 0 = no limit.", pool.size);
    page_value(p, "db_pool_in_use", "gauge", "Connections in use.",
        pool.size ? (double)pool.inside : (double)m->in_database);
    page_value(p, "db_pool_waiting", "gauge", "Requests that wait for a connection.", pool.waiting);
    page_alone(p, "db_pool_wait_seconds", "How long requests waited for a connection.",
        &m->waits[METRICS_WAIT_POOL]);
    page_value(p, "db_lock_held", "gauge", "Requests that hold the lock.", lock.inside);
    page_value(p, "db_lock_waiting", "gauge", "Requests that wait for the lock.", lock.waiting);
    page_alone(
        p, "db_lock_wait_seconds", "How long requests waited for the lock.", &m->waits[METRICS_WAIT_LOCK]);
    page_value(p, "db_queries_total", "counter", "Queries of the database.",
        (double)metrics_histogram_count(&m->query));
    page_alone(p, "db_query_duration_seconds", "How long queries took.", &m->query);
}

static void page_cache(struct metrics_page *p, const struct metrics *m) {
    page_value(p, "cache_entries", "gauge", "Answers kept by the caches.", (double)m->cache_entries);
    page_value(p, "cache_bytes", "gauge", "Memory of the caches.", (double)m->cache_bytes);
    page_value(p, "cache_hits_total", "counter", "Answers taken from a cache.", (double)m->cache_hits);
    page_value(p, "cache_misses_total", "counter", "Answers that had to be made.", (double)m->cache_misses);
    page_value(p, "cache_evictions_total", "counter", "Answers that expired or gave way to newer ones.",
        (double)m->cache_evictions);
    page_value(p, "llm_tokens_total", "counter", "Tokens completed by the model.", (double)m->llm_tokens);
    page_value(p, "otel_spans_sent_total", "counter", "Spans handed over.", (double)m->spans_sent);
    page_value(p, "otel_spans_dropped_total", "counter", "Spans lost.", (double)m->spans_dropped);
}

/* --- the processes --- */

static bool page_read_proc(int pid, const char *file, char text[METRICS_PAGE_PROC_MAX]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    FILE *in = fopen(path, "r");
    if (!in)
        return false;
    size_t len = fread(text, 1, METRICS_PAGE_PROC_MAX - 1, in);
    text[len] = '\0';
    fclose(in);
    return len > 0;
}

static double page_cpu_s(int pid) {
    char text[METRICS_PAGE_PROC_MAX];
    unsigned long user, system;
    if (!page_read_proc(pid, "stat", text))
        return 0;
    /* The name in the second field may contain anything; fields count from its last bracket. */
    const char *rest = strrchr(text, ')');
    if (!rest ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double page_rss_bytes(int pid) {
    char text[METRICS_PAGE_PROC_MAX];
    unsigned long pages;
    if (!page_read_proc(pid, "statm", text) || sscanf(text, "%*u %lu", &pages) != 1)
        return 0;
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void page_processes(struct metrics_page *p, struct commons *c) {
    double cpu_s = (double)c->dead_cpu_us / 1e6, rss = 0;
    unsigned alive = 0;
    for (unsigned i = 0; i < c->processes; i++) {
        int pid = c->parts[i].pid;
        if (!pid)
            continue;
        alive++;
        cpu_s += page_cpu_s(pid);
        rss += page_rss_bytes(pid);
    }
    page_value(p, "process_cpu_seconds_total", "counter", "Processor time of all serving processes.", cpu_s);
    page_value(p, "process_resident_memory_bytes", "gauge", "Memory of all serving processes.", rss);
    page_value(p, "process_start_time_seconds", "gauge", "Start of the backend since the Unix epoch.",
        (double)c->started_wall_ns / 1e9);
    page_value(p, "target_processes", "gauge", "Serving processes alive.", alive);
    page_value(p, "target_process_restarts_total", "counter", "Processes that died and were started again.",
        (double)c->restarts);
}

static void page_faults(struct metrics_page *p, const struct fault_set *f) {
    char value[FAULT_TEXT_MAX];
    page_head(p, "target_fault_active", "gauge", "Faults that are switched on.");
    for (unsigned i = 0; i < FAULT_IDS; i++)
        page_printf(p, "target_fault_active{fault=\"%s\",value=\"%s\"} %d\n", fault_name(i),
            fault_format_value(f, i, value), fault_value(f, i) != 0);
}

int metrics_page_write(struct commons *c, struct buf *out) {
    struct metrics_page p = {.out = out};
    struct served *served = calloc(1, sizeof *served);
    struct metrics *m = calloc(1, sizeof *m);

    if (served && m) {
        for (unsigned i = 0; i < c->processes; i++) {
            served_merge(served, &c->parts[i].served);
            metrics_merge(m, &c->parts[i].metrics);
        }
        page_requests(&p, served, m);
        page_gates(&p, c, m);
        page_cache(&p, m);
        page_processes(&p, c);
        page_faults(&p, &c->faults);
    } else {
        p.rc = -ENOMEM;
    }
    free(served);
    free(m);
    return p.rc;
}
