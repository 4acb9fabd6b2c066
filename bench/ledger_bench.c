/* bench/ledger: what the ledger costs. Makes an hour of a run with 50 endpoints in a ledger of its own and
 * prints, as JSON:
 *
 *   snapshots_per_s     how many workers' seconds one core takes in (merging them, and writing the second
 * with its pyramid) table_ms, …         how long the questions of a page take over windows of that hour,
 * median and worst
 *
 *     bench/ledger-bench [--folder /tmp] [--endpoints 50] [--seconds 3600] [--workers 1000] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/rng.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_view.h"

enum {
    QUESTIONS = 200,
    INGEST_SECONDS = 10,
    REQUESTS_PER_ENDPOINT = 10,
    ENDPOINTS_MAX = 1000,
    WORKERS_DIFFERENT = 8
};

struct bench {
    int endpoints, seconds, workers;
    struct ledger *ledger;
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *worker[WORKERS_DIFFERENT], *gathered;
    tagset_id tagsets[ENDPOINTS_MAX];
    struct rng rng;
};

static void must(int r, const char *what, const struct error *err) {
    if (r == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, err->text);
    exit(1);
}

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double wall_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void add(struct bench *b, struct series_store *to, metric_id metric, tagset_id tags, double value) {
    must(series_store_add(to, series_store_get(to, metric, tags), value, 0), "recording", &ERROR_NULL);
    (void)b;
}

/* One k6 request: all that its client records. */
static void request(struct bench *b, struct series_store *to, tagset_id tags) {
    double ms = 5 + 20 * rng_double(&b->rng) * rng_double(&b->rng) + (rng_below(&b->rng, 100) == 0 ? 200 : 0);
    add(b, to, METRIC_HTTP_REQS, tags, 1);
    add(b, to, METRIC_HTTP_REQ_FAILED, tags, 0);
    add(b, to, METRIC_HTTP_REQ_DURATION, tags, ms);
    add(b, to, METRIC_HTTP_REQ_BLOCKED, tags, 0.002);
    add(b, to, METRIC_HTTP_REQ_CONNECTING, tags, 0);
    add(b, to, METRIC_HTTP_REQ_TLS_HANDSHAKING, tags, 0);
    add(b, to, METRIC_HTTP_REQ_SENDING, tags, 0.01 + rng_double(&b->rng) / 50);
    add(b, to, METRIC_HTTP_REQ_WAITING, tags, ms - 0.1);
    add(b, to, METRIC_HTTP_REQ_RECEIVING, tags, 0.05 + rng_double(&b->rng) / 50);
}

static void fill(struct bench *b, struct series_store *to, int requests) {
    series_store_reset(to);
    for (int e = 0; e < b->endpoints; e++)
        for (int i = 0; i < requests; i++)
            request(b, to, b->tagsets[e]);
}

static int64_t begin(struct bench *b) {
    struct error err = ERROR_NULL;
    int64_t run = 0;
    struct ledger_run r = {.started_ms = 1, .pid = (int)getpid(), .tool = VIEW("k6"), .options = VIEW("{}")};
    must(ledger_run_begin(b->ledger, &r, VIEW(""), &run, &err), "beginning a run", &err);
    return run;
}

static struct ledger_frames *frames_of(struct bench *b, int64_t run) {
    struct ledger_frames *f;
    must(ledger_frames_new(&f, b->ledger,
             &(struct ledger_frames_options){.run = run, .metrics = b->metrics, .tags = b->tags}),
        "frames", &ERROR_NULL);
    return f;
}

static void write_second(struct bench *b, struct ledger_frames *f, int64_t run, int64_t second) {
    struct error err = ERROR_NULL;
    must(ledger_begin(b->ledger, &err), "begin", &err);
    must(ledger_frames_add(f, second, b->gathered, &err), "a second", &err);
    struct ledger_second s = {.second = second, .elapsed_us = (second + 1) * 1000000, .users = 100};
    must(ledger_second_add(b->ledger, run, &s, &err), "a second", &err);
    must(ledger_end(b->ledger, 0, &err), "end", &err);
}

/* Seconds of so many workers, merged and written. */
static void ingest(struct bench *b) {
    int64_t run = begin(b);
    struct ledger_frames *f = frames_of(b, run);
    for (int i = 0; i < WORKERS_DIFFERENT; i++)
        fill(b, b->worker[i], 2);
    double cpu = cpu_ms(), wall = wall_ms();
    for (int64_t second = 0; second < INGEST_SECONDS; second++) {
        series_store_reset(b->gathered);
        for (int w = 0; w < b->workers; w++)
            must(series_store_merge(b->gathered, b->worker[w % WORKERS_DIFFERENT]), "merging", &ERROR_NULL);
        write_second(b, f, run, second);
    }
    cpu = cpu_ms() - cpu;
    wall = wall_ms() - wall;
    printf("  \"snapshots_per_s\": %.0f, \"us_per_snapshot\": %.1f, \"ingest_wall_ms_per_second\": %.1f,\n",
        1000.0 * b->workers * INGEST_SECONDS / cpu, 1000 * cpu / b->workers / INGEST_SECONDS,
        wall / INGEST_SECONDS);
    ledger_frames_free(f);
}

static int64_t make_hour(struct bench *b) {
    struct error err = ERROR_NULL;
    int64_t run = begin(b);
    struct ledger_frames *f = frames_of(b, run);
    double cpu = cpu_ms();
    double longest = 0;
    for (int64_t second = 0; second < b->seconds; second++) {
        fill(b, b->gathered, REQUESTS_PER_ENDPOINT);
        double t = wall_ms();
        write_second(b, f, run, second);
        t = wall_ms() - t;
        longest = t > longest ? t : longest;
    }
    must(ledger_frames_flush(f, &err), "flush", &err);
    printf("  \"hour_cpu_ms_per_second\": %.2f, \"write_worst_ms\": %.1f,\n", (cpu_ms() - cpu) / b->seconds,
        longest);
    ledger_frames_free(f);
    return run;
}

/* --- questions --- */

enum question { TABLE, SERIES, ENDPOINT, HISTOGRAM, FAILURES, QUESTION_COUNT };
static const char *const names[QUESTION_COUNT] = {
    "table", "series", "series_of_one_endpoint", "histogram", "failures"};

static int ask(struct bench *b, struct ledger_view *v, enum question q, int64_t from_s, int64_t to_s,
    struct error *err) {
    struct ledger_table t;
    struct ledger_series s;
    struct ledger_bins h;
    struct ledger_failures f;
    struct ledger_series_query all = {.from_s = from_s, .to_s = to_s, .points = 600}, one = all;
    (void)b;

    one.method = VIEW("GET");
    one.name = VIEW("/endpoint/7");
    switch (q) {
    case TABLE: return ledger_view_table(v, from_s, to_s, &t, err);
    case SERIES: return ledger_view_series(v, &all, &s, err);
    case ENDPOINT: return ledger_view_series(v, &one, &s, err);
    case HISTOGRAM: return ledger_view_histogram(v, from_s, to_s, one.method, one.name, 60, &h, err);
    case FAILURES: return ledger_view_failures(v, from_s, to_s, &f, err);
    case QUESTION_COUNT: break;
    }
    return 0;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void questions(struct bench *b, int64_t run) {
    struct error err = ERROR_NULL;
    struct ledger_view *v;
    double times[QUESTIONS];

    must(ledger_view_new(&v, b->ledger, run, &err), "a view", &err);
    for (int q = 0; q < QUESTION_COUNT; q++) {
        for (int i = 0; i < QUESTIONS; i++) {
            int64_t x = (int64_t)rng_below(&b->rng, (uint64_t)b->seconds),
                    y = (int64_t)rng_below(&b->rng, (uint64_t)b->seconds);
            double t = cpu_ms();
            must(ask(b, v, (enum question)q, x < y ? x : y, (x < y ? y : x) + 1, &err), "a question", &err);
            times[i] = cpu_ms() - t;
        }
        double t = cpu_ms();
        must(ask(b, v, (enum question)q, 0, LEDGER_VIEW_END, &err), "a question", &err);
        t = cpu_ms() - t;
        qsort(times, QUESTIONS, sizeof *times, by_size);
        printf("  \"%s_ms\": {\"median\": %.1f, \"worst\": %.1f, \"whole\": %.1f},\n", names[q],
            times[QUESTIONS / 2], times[QUESTIONS - 1], t);
    }
    ledger_view_free(v);
}

static void prepare(struct bench *b) {
    must(metrics_new(&b->metrics), "metrics", &ERROR_NULL);
    must(tags_new(&b->tags, 0), "tags", &ERROR_NULL);
    must(series_store_new(&b->gathered, b->metrics, b->tags), "a store", &ERROR_NULL);
    for (int i = 0; i < WORKERS_DIFFERENT; i++)
        must(series_store_new(&b->worker[i], b->metrics, b->tags), "a store", &ERROR_NULL);
    rng_init(&b->rng, 7);
    for (int e = 0; e < b->endpoints; e++) {
        char name[32];
        int n = snprintf(name, sizeof name, "/endpoint/%d", e);
        struct tag tags[] = {{VIEW("expected_response"), VIEW("true")}, {VIEW("group"), VIEW("")},
            {VIEW("method"), VIEW("GET")}, {VIEW("name"), view_of(name, (size_t)n)},
            {VIEW("proto"), VIEW("HTTP/1.1")}, {VIEW("scenario"), VIEW("default")},
            {VIEW("status"), VIEW("200")}, {VIEW("url"), view_of(name, (size_t)n)}};
        b->tagsets[e] = tags_intern(b->tags, tags, sizeof tags / sizeof *tags);
    }
}

static void forget(struct bench *b, const char *path) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    ledger_free(b->ledger);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char file[512];
        int n = snprintf(file, sizeof file, "%s%s", path, endings[i]);
        if (n > 0)
            unlink(file);
    }
    for (int i = 0; i < WORKERS_DIFFERENT; i++)
        series_store_free(b->worker[i]);
    series_store_free(b->gathered);
    tags_free(b->tags);
    metrics_free(b->metrics);
}

static int number_of(int argc, char **argv, const char *flag, int fallback, int most) {
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], flag)) {
            long n = strtol(argv[i + 1], NULL, 10);
            return n < 1 ? 1 : n > most ? most : (int)n;
        }
    return fallback;
}

int main(int argc, char **argv) {
    struct bench b = {.endpoints = number_of(argc, argv, "--endpoints", 50, ENDPOINTS_MAX),
        .seconds = number_of(argc, argv, "--seconds", 3600, 100000),
        .workers = number_of(argc, argv, "--workers", 1000, 100000)};
    struct error err = ERROR_NULL;
    const char *folder = ".";
    char path[512];

    for (int i = 1; i + 1 < argc; i++)
        folder = strcmp(argv[i], "--folder") == 0 ? argv[i + 1] : folder;
    snprintf(path, sizeof path, "%s/ledger-bench-%d.db", folder, (int)getpid());
    must(ledger_open(&b.ledger, path, LEDGER_WRITE, &err), path, &err);
    prepare(&b);
    printf("{\n  \"endpoints\": %d, \"seconds\": %d, \"workers\": %d,\n", b.endpoints, b.seconds, b.workers);
    ingest(&b);
    questions(&b, make_hour(&b));
    printf("  \"done\": true\n}\n");
    forget(&b, path);
    return 0;
}
