/* Once a second: what workers told of their exemplars goes to the station; what the station found goes to the ledger, through a connection
 * of its own, in one transaction. Rows are written when they change: a new exemplar, more spans of it, new lines of it; an exemplar that
 * slower ones have displaced goes. A ledger that fails is said once; the run goes on. */
#include "cli/trace_keeper.h"

#include "cli/run_keeper.h"
#include "core/clock.h"
#include "core/hashmap.h"
#include "core/json_writer.h"
#include "ledger/ledger_trace.h"
#include "trace/trace_station.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    KEEPER_ROWS_S = 2,      /* rows are looked through so often */
    KEEPER_SUMMARIES_S = 3,
    KNOWN_MAX = EXEMPLAR_ENDPOINTS_MAX * (EXEMPLAR_SLOWEST + EXEMPLAR_FAILED) * 2,
    LINES_AGE_US = 60 * 1000 * 1000, /* so long after it began lines of an exemplar are looked for */
};
#define NEWS_MAX ((size_t)32 * 1024 * 1024)

/* An exemplar that has a row. */
struct known {
    char key[2 * sizeof(uint64_t)];
    struct trace_mark mark;
    size_t span_count;
    uint64_t last_line;
    int lines;
    int round; /* in which it was still one */
};
struct trace_keeper {
    struct report_sink base; /* first member */
    struct trace_keeper_options o;
    struct trace_station *station;
    struct trace_summary_store *summaries;
    uint64_t seen;
    struct ledger *ledger; /* NULL = not open (yet), or given up */
    bool given_up, load_began, settled;
    struct hashmap known;
    uint64_t last_error_line;
    int seconds, round;
    int64_t lines;
    struct error *err; /* while rows are written */
    int64_t wall_us;
};

static void say(struct trace_keeper *k, enum log_level level, const char *text) {
    k->o.log->write(k->o.log, &(struct log_record){.level = level, .message = view_of_cstr(text)});
}

static void give_up(struct trace_keeper *k, const struct error *err) {
    char text[ERROR_TEXT_MAX + 64];

    snprintf(text, sizeof text, "traces and logs are not kept from here on: %s", err->text);
    say(k, LOG_WARN, text);
    k->ledger = ledger_free(k->ledger);
    k->given_up = true;
}

/* --- rows --- */

static struct known *know(struct trace_keeper *k, const struct trace_mark *m) {
    char key[sizeof((struct known *)0)->key];

    memcpy(key, &m->iteration, sizeof m->iteration);
    memcpy(key + sizeof m->iteration, &m->span, sizeof m->span);
    struct known *n = hashmap_get(&k->known, view_of(key, sizeof key));
    if (n)
        return n;
    n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    memcpy(n->key, key, sizeof key);
    n->mark = *m;
    n->span_count = SIZE_MAX; /* nothing was written yet */
    if (hashmap_put(&k->known, view_of(n->key, sizeof n->key), n) == 0)
        return n;
    free(n);
    return NULL;
}

struct mark_text {
    char id[TRACE_MARK_REQUEST_ID_TEXT];
    struct view trace, span;
};

static void write_mark(struct mark_text *t, const struct trace_mark *m) {
    trace_mark_write_request_id(m, t->id);
    t->trace = view_of(t->id, TRACE_MARK_TRACE_TEXT);
    t->span = view_of(t->id + TRACE_MARK_TRACE_TEXT + 1, TRACE_MARK_SPAN_TEXT);
}

static int put_row(struct trace_keeper *k, const struct trace_found *f) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_JSON_MAX);
    const struct exemplar *x = f->exemplar;
    struct mark_text t;
    size_t spans = 0;

    write_mark(&t, &x->mark);
    if (f->span_count && (trace_station_waterfall(k->station, x, f->endpoint, &json, &spans) < 0 || !spans))
        buf_clear(&json);
    struct ledger_trace row = {.trace = t.trace,
        .span = t.span,
        .endpoint = f->endpoint,
        .at_ms = x->wall_us / 1000,
        .duration_ms = (double)x->duration_us / 1000,
        .status = x->status,
        .failed = x->failed,
        .error = view_of_cstr(x->error),
        .bytes = (int64_t)x->bytes,
        .spans = json.len ? (int64_t)spans : 0};
    return ledger_trace_put(k->ledger, run_keeper_run(k->o.run_keeper), &row, buf_view(&json), k->err);
}

struct lines_of {
    struct trace_keeper *keeper;
    struct known *known; /* NULL = errors that name no request */
};

static int put_line(void *ctx, const struct log_line *l) {
    struct lines_of *of = ctx;
    struct trace_keeper *k = of->keeper;
    struct mark_text t = {.trace = VIEW_NULL, .span = VIEW_NULL};

    if (of->known) {
        of->known->last_line = l->number;
        write_mark(&t, &of->known->mark);
        if (l->span && l->span != of->known->mark.span)
            return 0;
        if (!l->span)
            t.span = VIEW_NULL; /* it is every request's of that trace */
        if (++of->known->lines > TRACE_KEEPER_LINES_EACH)
            return 0;
    } else {
        k->last_error_line = l->number;
    }
    if (k->lines >= LEDGER_SERVER_LOGS_MAX)
        return 0;
    k->lines++;
    struct ledger_server_log row = {.number = of->known ? (int64_t)l->number : -(int64_t)l->number,
        .at_ms = l->wall_ms,
        .level = l->level,
        .trace = t.trace,
        .span = t.span,
        .json = l->json};
    return ledger_server_log_add(k->ledger, run_keeper_run(k->o.run_keeper), &row, k->err);
}

static int take_found(void *ctx, const struct trace_found *f) {
    struct trace_keeper *k = ctx;
    struct known *n = know(k, &f->exemplar->mark);
    int rc = 0;

    if (!n)
        return 0;
    n->round = k->round;
    if (n->span_count != f->span_count) {
        n->span_count = f->span_count;
        rc = put_row(k, f);
    }
    if (rc == 0 && (k->settled || k->wall_us - f->exemplar->wall_us < LINES_AGE_US))
        rc = trace_station_logs(k->station, n->mark.iteration, n->last_line, put_line, &(struct lines_of){k, n});
    return rc;
}

static int drop_displaced(struct trace_keeper *k) {
    int rc = 0;

    for (bool again = true; again && rc == 0;) { /* the map must not change while it is walked */
        struct known *gone = NULL;
        for (struct hashmap_entry *e = NULL; !gone && (e = hashmap_next(&k->known, e)) != NULL;)
            gone = ((struct known *)e->value)->round != k->round ? e->value : NULL;
        again = gone != NULL;
        if (!gone)
            break;
        struct mark_text t;
        write_mark(&t, &gone->mark);
        rc = ledger_trace_remove(k->ledger, run_keeper_run(k->o.run_keeper), t.trace, t.span, k->err);
        hashmap_remove(&k->known, view_of(gone->key, sizeof gone->key));
        free(gone);
    }
    return rc;
}

/* --- summaries --- */

static void write_counts(struct buf *out, const struct trace_station_counts *c) {
    const struct {
        struct view key;
        uint64_t n;
    } rows[] = {{VIEW("requests_taken"), c->received.requests}, {VIEW("requests_refused"), c->received.refused},
        {VIEW("bytes"), c->received.bytes}, {VIEW("spans"), c->spans.spans}, {VIEW("spans_foreign"), c->spans.foreign},
        {VIEW("spans_dropped"), c->spans.dropped}, {VIEW("spans_orphaned"), c->spans.orphans}, {VIEW("spans_invalid"), c->spans_invalid},
        {VIEW("requests_joined"), c->spans.requests}, {VIEW("attributes_left_out"), c->attributes_left_out}, {VIEW("log_lines"), c->logs.lines},
        {VIEW("log_bytes"), c->logs.bytes}, {VIEW("log_lines_joined"), c->logs.joined}, {VIEW("log_lines_invalid"), c->logs.invalid},
        {VIEW("log_lines_cut"), c->logs.cut}, {VIEW("log_lines_dropped"), c->logs.dropped}};
    struct json_writer w = json_writer_of(out);

    json_writer_object(&w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_writer_key(&w, rows[i].key);
        json_writer_u64(&w, rows[i].n);
    }
    json_writer_end(&w);
}

static int keep_summaries(struct trace_keeper *k) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_SUMMARY_MAX), counts CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&packed);
    struct trace_station_counts c = trace_station_counts(k->station);

    trace_summary_store_pack(k->summaries, &w);
    write_counts(&counts, &c);
    return w.error ? 0 : ledger_trace_keep_summary(k->ledger, run_keeper_run(k->o.run_keeper), buf_view(&packed), buf_view(&counts), k->err);
}

/* --- seconds --- */

static void tell_station(struct trace_keeper *k, const struct run_state *r) {
    struct buf news CLEANUP(buf_deinit) = BUF_MAX(NEWS_MAX);
    struct pack_writer w = pack_writer_of(&news);

    if (!k->load_began && r->load_elapsed_us > 0) {
        k->load_began = true;
        trace_station_begin(k->station, r->plan->trace_run, r->start_wall_ns / 1000 + r->elapsed_us - r->load_elapsed_us);
    }
    exemplar_store_pack(r->total->exemplars, &w);
    if (!w.error)
        trace_station_note(k->station, buf_view(&news));
}

static bool open_ledger(struct trace_keeper *k) {
    struct error err = ERROR_NULL;
    const char *path = k->o.run_keeper ? run_keeper_path(k->o.run_keeper) : NULL;

    if (k->ledger || k->given_up || !path)
        return k->ledger != NULL;
    if (ledger_open(&k->ledger, path, LEDGER_WRITE, &err) < 0)
        give_up(k, &err);
    return k->ledger != NULL;
}

static void write_all(struct trace_keeper *k, bool rows, bool summaries) {
    struct error err = ERROR_NULL;

    if (!open_ledger(k))
        return;
    k->err = &err;
    k->round++;
    k->wall_us = clock_wall_us();
    int rc = ledger_begin(k->ledger, &err);
    if (rc == 0) {
        rc = rows ? trace_station_exemplars(k->station, take_found, k) : 0;
        rc = rc == 0 && rows ? drop_displaced(k) : rc;
        rc = rc == 0 && rows ? trace_station_logs(k->station, 0, k->last_error_line, put_line, &(struct lines_of){k, NULL}) : rc;
        rc = rc == 0 && summaries ? keep_summaries(k) : rc;
        rc = ledger_end(k->ledger, rc, &err);
    }
    k->err = NULL;
    if (rc < 0)
        give_up(k, &err);
}

static void on_start(struct report_sink *s, const struct run_state *r) {
    struct trace_keeper *k = (struct trace_keeper *)s;
    const char *url = trace_station_url(k->station);
    char text[512];

    trace_station_begin(k->station, r->plan->trace_run, clock_wall_us());
    if (!r->plan->trace_run)
        say(k, LOG_WARN, "requests carry no trace headers (--no-trace-headers): spans and log lines cannot be joined with them");
    if (!url)
        return;
    snprintf(text, sizeof text, "traces and logs are taken at %s (OTLP over HTTP): OTEL_EXPORTER_OTLP_ENDPOINT=%s OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        url, url);
    say(k, LOG_INFO, text);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    struct trace_keeper *k = (struct trace_keeper *)s;

    if (k->settled)
        return;
    k->seconds++;
    tell_station(k, r);
    bool summaries = k->seconds % KEEPER_SUMMARIES_S == 0;
    if (summaries)
        (void)trace_station_summaries(k->station, k->summaries, &k->seen);
    if (summaries || k->seconds % KEEPER_ROWS_S == 0)
        write_all(k, k->seconds % KEEPER_ROWS_S == 0, summaries);
}

/* --- the end --- */

static void say_spans(struct trace_keeper *k, const struct trace_station_counts *c) {
    const char *url = trace_station_url(k->station);
    uint64_t lost = c->spans.dropped + c->spans_invalid + c->attributes_left_out;
    char text[600];

    if (!c->received.requests && !c->received.refused)
        snprintf(text, sizeof text, "no span came to %s: tell the application OTEL_EXPORTER_OTLP_ENDPOINT=%s and OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
            url, url);
    else if (!c->spans.spans && c->spans.foreign)
        snprintf(text, sizeof text, "%llu spans came, and none belongs to a request of this run: does the application take over traceparent "
                                    "(propagator tracecontext), and were requests marked?", (unsigned long long)c->spans.foreign);
    else
        snprintf(text, sizeof text, "traces: %llu spans of %llu requests", (unsigned long long)c->spans.spans,
            (unsigned long long)c->spans.requests);
    say(k, c->spans.spans ? LOG_INFO : LOG_WARN, text);
    if (!lost && !c->received.refused)
        return;
    snprintf(text, sizeof text, "traces: left out %llu spans for want of room, %llu without ids, %llu attributes; %llu deliveries were refused",
        (unsigned long long)c->spans.dropped, (unsigned long long)c->spans_invalid, (unsigned long long)c->attributes_left_out,
        (unsigned long long)c->received.refused);
    say(k, LOG_WARN, text);
}

static void say_logs(struct trace_keeper *k, const struct trace_station_counts *c) {
    char text[400];

    if (!k->o.choice.server_logs && !c->logs.lines)
        return;
    snprintf(text, sizeof text, "logs: %llu lines, of which %llu name a request of this run; %llu were cut, %llu no JSON, %llu dropped for want of room",
        (unsigned long long)c->logs.lines, (unsigned long long)c->logs.joined, (unsigned long long)c->logs.cut,
        (unsigned long long)c->logs.invalid, (unsigned long long)c->logs.dropped);
    say(k, c->logs.joined || !c->logs.lines ? LOG_INFO : LOG_WARN, text);
}

void trace_keeper_settle(struct report_sink *s, const struct run_state *r) {
    struct trace_keeper *k = (struct trace_keeper *)s;

    if (!k || k->settled)
        return;
    tell_station(k, r);
    trace_station_finish(k->station, r->stopped_by ? TRACE_KEEPER_WAIT_US / 4 : TRACE_KEEPER_WAIT_US);
    k->settled = true;
    (void)trace_station_summaries(k->station, k->summaries, &k->seen);
    write_all(k, true, true);
    struct trace_station_counts c = trace_station_counts(k->station);
    if (trace_station_url(k->station))
        say_spans(k, &c);
    say_logs(k, &c);
}

static int on_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)err;
    trace_keeper_settle(s, r); /* runs that showed no summary */
    return 0;
}

static void on_free(struct report_sink *s) {
    struct trace_keeper *k = (struct trace_keeper *)s;

    for (struct hashmap_entry *e = NULL; (e = hashmap_next(&k->known, e)) != NULL;)
        free(e->value);
    hashmap_deinit(&k->known);
    trace_station_free(k->station);
    trace_summary_store_free(k->summaries);
    ledger_free(k->ledger);
    free(k);
}

static const struct report_sink_ops keeper_ops = {
    .name = "traces", .start = on_start, .second = on_second, .finish = on_finish, .free = on_free};

struct trace_summary_store *trace_keeper_summaries(struct report_sink *s) {
    return s ? ((struct trace_keeper *)s)->summaries : NULL;
}

int trace_keeper_new(struct report_sink **out, const struct trace_keeper_options *o, struct error *err) {
    struct trace_station_options station = {.address = o->choice.traces, .token = o->choice.token, .server_logs = o->choice.server_logs};

    *out = NULL;
    if (!o->choice.traces && !o->choice.server_logs)
        return 0;
    struct trace_keeper *k = calloc(1, sizeof *k);
    if (!k)
        return error_set(err, -ENOMEM, "out of memory");
    k->base.ops = &keeper_ops;
    k->o = *o;
    hashmap_init(&k->known, KNOWN_MAX);
    int rc = trace_summary_store_new(&k->summaries);
    rc = rc ? error_set(err, rc, "out of memory") : trace_station_new(&k->station, &station, err);
    if (rc < 0) {
        on_free(&k->base);
        return rc;
    }
    *out = &k->base;
    return 0;
}
