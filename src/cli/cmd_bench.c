/* `halftime bench URL`: raw HTTP load without a script. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bench_keeper.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/flags.h"
#include "cli/k6_flags.h"
#include "cli/observe_flags.h"
#include "cli/run_keeper.h"
#include "cli/ui_flags.h"
#include "cli/ui_k6.h"
#include "core/duration.h"
#include "core/file.h"
#include "raw/raw_report.h"

enum { BENCH_OUTPUT_MAX = 16 * 1024 * 1024, BENCH_CONNECTIONS = 10 };

static const struct flag bench_flags[] = {
    {"connections", 'c', FLAG_INT, "int", "10", NULL, NULL, NULL,
        "how many connections to keep open, over all threads"},
    {"threads", 't', FLAG_INT, "int", NULL, NULL, NULL, NULL,
        "how many processes make the load (default: one per core, at most one per connection)"},
    {"duration", 'd', FLAG_TEXT, "duration", "10s", NULL, NULL, NULL,
        "how long requests are sent; those under way at the end are waited for"},
    {"rate", 'R', FLAG_TEXT, "number", NULL, NULL, NULL, NULL,
        "open model: so many requests per second over all connections, each due at its own instant; response "
        "times count from that instant, "
        "so a slow server is not spared. Without it each connection asks again as soon as it was answered"},
    {"latency", 'L', FLAG_BOOL, "", NULL, "true", NULL, NULL,
        "more percentiles: every tenth and up to p99.999"},
    {"method", 'm', FLAG_TEXT, "word", NULL, NULL, NULL, NULL,
        "the request's method (default: GET, or POST with a body)"},
    {"header", 'H', FLAG_TEXT, "'Name: value'", NULL, NULL, NULL, NULL,
        "a header field of the request; may be given often"},
    {"body", 'b', FLAG_TEXT, "text|@file", NULL, NULL, NULL, NULL,
        "the request's body, as it is or from a file"},
    {"timeout", 0, FLAG_TEXT, "duration", "10s", NULL, NULL, NULL,
        "a request that takes longer is given up and counted as a timeout"},
    {"h1", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "speak HTTP/1.1 even where the server offers HTTP/2"},
    {"no-keepalive", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "a new connection for each request"},
    {"insecure", 'k', FLAG_BOOL, "", NULL, "true", NULL, NULL, "accept any certificate"},
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "print the result as JSON instead of text"},
    {"label", 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL,
        "a short name in the ledger, to find and compare this run by"},
    {"ledger", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,
        "where the run is kept (default: ledger.db in the user's data folder); off = nowhere"},
    {"no-ledger", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "do not keep the run"},
    {"quiet", 'q', FLAG_BOOL, "", NULL, "true", NULL, NULL, "no live line on a terminal"},
    {0},
};
static const struct flag *const tables[] = {bench_flags, observe_flags, k6_ui_flags, ui_server_flags, NULL};

struct bench {
    struct raw_options raw;
    struct http_header headers[RAW_HEADERS_MAX];
    struct buf body_file;
    bool detailed, json, live;
    const char *ledger, *label;
    struct observing observing;
    struct bench_keeper *keeper; /* NULL = the run is not kept */
    struct ui_session *page;     /* NULL = not asked for */
    bool stays;                  /* the page does, after the run */
};

static void print_help(void) {
    printf("Raw HTTP load without a script: one request, over and over, as fast as the server answers or at "
           "a given rate.\n\n"
           "Usage:\n  halftime bench [flags] URL\n\nExamples:\n"
           "  halftime bench http://127.0.0.1:8080/\n"
           "  halftime bench -c 200 -d 30s --rate 5000 http://127.0.0.1:8080/   5,000 requests/s, whatever "
           "the server does\n"
           "  halftime bench -m PUT -H 'Content-Type: application/json' -b @order.json "
           "http://127.0.0.1:8080/orders/1\n\nFlags:\n");
    flags_print(tables, stdout);
    printf("\nThe latencies are true percentiles over all requests of all threads (within 0.1 %%), timeouts "
           "at their limit. Without --rate they are\n"
           "times from sending to the last byte; with it, response times from the intended start, and "
           "service times from the sending.\n"
           "A rate that cannot be reached is said, with what was reached.\n\nExit codes:\n"
           "  0    the load was made\n"
           "  90   this machine was the limit, not the server: the figures say nothing about the server\n"
           "  105  stopped by a signal (Ctrl-C); the figures so far are shown\n"
           "  255  bad flags, or no answer at all\n");
}

/* --- flags --- */

static const char *get(const struct flag_result *r, const char *name) {
    return flags_get(r, tables, name, NULL);
}

static bool is_set(const struct flag_result *r, const char *name) {
    bool on = false;

    return flags_get_bool(r, tables, name, NULL, false, &on, NULL) == 0 && on;
}

static int read_count(const struct flag_result *r, const char *name, size_t fallback, size_t max, size_t *out,
    struct error *err) {
    const char *text = get(r, name);
    uint64_t n = fallback;

    if (text && (!view_to_u64(view_of_cstr(text), &n) || n < 1 || n > max))
        return error_set(
            err, ERROR_INVALID, "--%s must be a number from 1 to %zu, not %.100s", name, max, text);
    *out = (size_t)n;
    return 0;
}

static int read_duration(
    const struct flag_result *r, const char *name, int64_t fallback_us, int64_t *out_us, struct error *err) {
    const char *text = get(r, name);
    int64_t ns;
    struct error why;

    *out_us = fallback_us;
    if (!text)
        return 0;
    struct view v = view_of_cstr(text);
    /* A bare number is seconds, as wrk's users write it. */
    double seconds;
    if (view_to_double(v, &seconds) && seconds > 0 && seconds < 1e9)
        *out_us = (int64_t)(seconds * 1e6);
    else if (duration_parse(v, true, false, &ns, &why) == 0 && ns >= 1000)
        *out_us = ns / 1000;
    else
        return error_set(err, ERROR_INVALID,
            "--%s must be a duration such as 30s, 1m30s or 500ms, not %.100s", name, text);
    return 0;
}

static int read_rate(const struct flag_result *r, double *out, struct error *err) {
    const char *text = get(r, "rate");

    *out = 0;
    if (text && (!view_to_double(view_of_cstr(text), out) || *out < 0.001 || *out > 1e9))
        return error_set(err, ERROR_INVALID,
            "--rate must be a number of requests per second greater than 0, not %.100s", text);
    return 0;
}

static int read_headers(const struct flag_result *r, struct bench *b, struct error *err) {
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->items[i].flag->name, "header") != 0)
            continue;
        struct view rest = view_of_cstr(r->items[i].value);
        bool colon;
        struct view name = view_trim(view_cut(&rest, ':', &colon));
        if (!colon || name.len == 0)
            return error_set(err, ERROR_INVALID, "-H needs 'Name: value', not %.100s", r->items[i].value);
        if (b->raw.header_count == RAW_HEADERS_MAX)
            return error_set(err, ERROR_INVALID, "more than %d header fields", RAW_HEADERS_MAX);
        b->headers[b->raw.header_count++] = (struct http_header){name, view_trim(rest)};
    }
    b->raw.headers = b->headers;
    return 0;
}

static int read_body(const struct flag_result *r, struct bench *b, struct error *err) {
    const char *text = get(r, "body"), *method = get(r, "method");

    b->raw.method = method ? view_of_cstr(method) : text ? VIEW("POST") : VIEW("GET");
    if (!text)
        return 0;
    b->raw.has_body = true;
    b->raw.body = view_of_cstr(text);
    if (text[0] != '@')
        return 0;
    b->body_file = BUF_MAX(RAW_BODY_BYTES_MAX);
    int e = file_read(text + 1, &b->body_file, err);
    b->raw.body = buf_view(&b->body_file);
    return e;
}

static size_t usable_cores(void) {
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static int read_flags(const struct flag_result *r, struct bench *b, struct error *err) {
    struct raw_options *o = &b->raw;

    if (r->arg_count != 1)
        return error_set(err, ERROR_INVALID,
            r->arg_count ? "one URL, not several" : "which URL? halftime bench http://127.0.0.1:8080/");
    o->url = view_of_cstr(r->args[0]);
    int e = read_count(r, "connections", BENCH_CONNECTIONS, RAW_CONNECTIONS_MAX, &o->connections, err);
    size_t cores = usable_cores();
    e = e < 0 ? e
              : read_count(r, "threads", cores < o->connections ? cores : o->connections, RAW_PROCESSES_MAX,
                    &o->processes, err);
    if (e == 0 && o->processes > o->connections)
        e = error_set(err, ERROR_INVALID, "--threads (%zu) must not be more than --connections (%zu)",
            o->processes, o->connections);
    e = e < 0 ? e : read_duration(r, "duration", 10 * 1000000, &o->duration_us, err);
    e = e < 0 ? e : read_duration(r, "timeout", 10 * 1000000, &o->timeout_us, err);
    e = e < 0 ? e : read_rate(r, &o->rate, err);
    e = e < 0 ? e : read_headers(r, b, err);
    e = e < 0 ? e : read_body(r, b, err);
    o->insecure = is_set(r, "insecure");
    o->keep_alive = !is_set(r, "no-keepalive");
    o->http1_only = is_set(r, "h1");
    b->detailed = is_set(r, "latency");
    b->json = is_set(r, "json");
    b->ledger = is_set(r, "no-ledger") ? "off" : get(r, "ledger");
    b->label = get(r, "label");
    b->live = isatty(STDERR_FILENO) && isatty(STDOUT_FILENO) && !is_set(r, "quiet");
    return e;
}

/* --- the run --- */

static void print_out(struct buf *text, int e) {
    if (e == 0)
        fwrite(text->ptr, 1, text->len, stdout);
    fflush(stdout);
    buf_clear(text);
}

static void show_second(
    void *ctx, int64_t elapsed_us, const struct raw_tally *second, const struct raw_tally *total) {
    const struct bench *b = ctx;
    struct buf line = BUF_MAX(BENCH_OUTPUT_MAX);

    bench_keeper_second(b->keeper, elapsed_us, second);
    if (b->live && raw_report_progress(elapsed_us, second, total, &line) == 0)
        fprintf(stderr, "\r\033[K%.*s", VIEW_ARGS(buf_view(&line)));
    buf_deinit(&line);
}

static void print_record(struct log_sink *sink, const struct log_record *r) {
    (void)sink;
    fprintf(stderr, "halftime bench: %.*s\n", VIEW_ARGS(r->message));
}

static struct log_sink record_printer = {.write = print_record};

static const char *end_words(const struct raw_result *r, int error) {
    if (error < 0 || r->unreachable)
        return "could not run";
    if (raw_is_invalid(r))
        return "invalid: this machine was the limit";
    return r->interrupted ? "stopped by a signal" : "completed";
}

static int end_code(const struct raw_result *r) {
    if (r->unreachable)
        return EXIT_CODE_USAGE;
    if (raw_is_invalid(r))
        return EXIT_CODE_INVALID_RUN;
    return r->interrupted ? EXIT_CODE_SIGNAL : EXIT_CODE_OK;
}

/* --- the page --- */

/* Not before: it comes after the forks, and probes have threads (observe/observer.h). */
static void on_opened(void *ctx, struct loop *loop) {
    struct bench *b = ctx;
    struct error err = ERROR_NULL;

    if (observing_start(&b->observing, &err) < 0)
        fprintf(stderr, "halftime bench: %s\n", err.text);
    bench_keeper_opened(b->keeper, loop);
}

static void on_closed(void *ctx, struct loop *loop) {
    bench_keeper_closed(((const struct bench *)ctx)->keeper, loop);
}

/* As Ctrl-C: raw_run reads its signals from a descriptor. */
static void on_stop(void *ctx) {
    (void)ctx;
    kill(getpid(), SIGTERM);
}

static int open_page(struct bench *b, const struct flag_result *flags, struct error *err) {
    const char *address = flags_get(flags, tables, "ui", k6_getenv);
    struct ui_server server = {.listen = address, .sets = WEB_SET_PAGE};
    bool leaves = false;

    if (!address)
        return 0;
    int r = flags_get_bool(flags, tables, "ui-exit", k6_getenv, false, &leaves, err);
    b->stays = !leaves && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
    struct ui_session_options o = {.tool = "bench",
        .script = flags->args[0],
        .keep = !run_keeper_off(b->ledger),
        .ledger = b->ledger,
        .stop = on_stop};
    ui_server_read(&server, flags, tables);
    r = r < 0 ? r : ui_session_new(&b->page, &o, err);
    return r < 0 ? r : ui_server_open(b->page, &server, stderr, err);
}

static void leave_page(struct bench *b, bool interrupted) {
    json_t *start = NULL;

    if (b->page && b->stays && !interrupted) {
        fprintf(stderr, "The page stays at %s until Ctrl-C.\n", web_url(ui_session_web(b->page, 0), true));
        while (ui_session_wait(b->page, -1, &start) != UI_SESSION_SIGNAL)
            json_decref(start);
    }
}

static int run(struct bench *b) {
    struct raw_progress progress = {
        .second = show_second, .opened = on_opened, .closed = on_closed, .ctx = b};
    struct buf text = BUF_MAX(BENCH_OUTPUT_MAX);
    struct raw_result r;
    struct error err = ERROR_NULL;

    if (!b->json && b->live)
        print_out(&text, raw_report_head(&b->raw, &text));
    b->keeper = bench_keeper_new(&(struct bench_keeper_options){.raw = &b->raw,
        .path = b->ledger,
        .label = b->label,
        .page = b->page,
        .observing = &b->observing,
        .log = &record_printer});
    int e = raw_run(&b->raw, &progress, &r, &err);
    if (b->live)
        fprintf(stderr, "\r\033[K");
    if (e < 0 || r.unreachable) {
        fprintf(stderr, "halftime bench: %s\n", e < 0 ? err.text : r.why);
        if (e == 0)
            fprintf(stderr, "Nothing answered at %.*s. Is the server up, and is the address right?\n",
                VIEW_ARGS(b->raw.url));
    } else if (b->json) {
        print_out(&text, raw_report_json(&b->raw, &r, &text));
    } else {
        if (!b->live)
            print_out(&text, raw_report_head(&b->raw, &text));
        print_out(&text, raw_report_text(&b->raw, &r, b->detailed, &text));
    }
    int code = e < 0 ? EXIT_CODE_USAGE : end_code(&r);
    bench_keeper_end(b->keeper, end_words(&r, e), code);
    b->keeper = bench_keeper_free(b->keeper);
    leave_page(b, e < 0 || r.interrupted);
    buf_deinit(&text);
    raw_result_deinit(&r);
    return code;
}

int cmd_bench(int argc, char **argv) {
    struct flag_result r = FLAG_RESULT_NULL;
    struct bench *b = calloc(1, sizeof *b);
    struct error err = ERROR_NULL;
    int code = EXIT_CODE_USAGE;
    int e = b ? flags_parse(tables, argc, argv, &r, &err) : error_set(&err, -1, "out of memory");

    if (e == 0 && r.help) {
        print_help();
        code = EXIT_CODE_OK;
    } else if (e < 0 || (e = read_flags(&r, b, &err)) < 0 ||
               (e = observing_read(&b->observing, &r, &record_printer, &err)) < 0 || (e = open_page(b, &r, &err)) < 0) {
        fprintf(stderr, "halftime bench: %s\n`halftime bench --help` tells the flags.\n", err.text);
    } else {
        code = run(b);
    }
    if (b) {
        observing_deinit(&b->observing);
        ui_session_free(b->page);
        buf_deinit(&b->body_file);
    }
    free(b);
    flags_deinit(&r);
    return code;
}
