/* One lock over stores and exemplars. The HTTP thread takes it per body, the worker thread for a slice of traces or a piece of the log
 * at a time, so that nobody waits long. The controller's thread copies out what it wants and works on the copy.
 *
 * At the end of a run SDKs still hold spans back, five seconds by default. How long can be seen from the pauses between deliveries during
 * the run: finish() waits until nothing has come for longer than that, at most as long as it is told. */
#include "trace/trace_station.h"

#include "core/clock.h"
#include "trace/log_tail.h"
#include "trace/trace_waterfall.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    TURN_US = 250 * 1000,
    SETTLE_SLICE = 200,   /* traces per time that the lock is held */
    LINES_SLICE = 2000,
    QUIET_US = 1000 * 1000, /* beyond the longest pause */
    PAUSE_USUAL_US = 5 * 1000 * 1000, /* of SDKs, when there were too few deliveries to see it */
    PAUSE_MAX_US = 10 * 1000 * 1000, /* longer ones are no rhythm: nothing was going on */
    COPIES_MAX = 20 * 1000,
};

struct line_batch {
    struct trace_station *station;
    int held; /* lines since the lock was taken */
};
struct trace_station {
    pthread_mutex_t lock;
    pthread_t thread;
    bool thread_runs, stop;
    struct otlp_receiver *receiver;
    struct log_tail *tail;
    struct line_batch batch;
    struct trace_store *traces;
    struct log_store *logs;
    struct exemplar_store *exemplars;
    struct otlp_sink sink;
    int64_t now_us, last_body_us, pause_us; /* last: something came; pause: the longest between two */
    bool tail_failed;
};

/* --- what comes --- */

static void on_span(void *ctx, const struct otlp_span *span) {
    struct trace_station *s = ctx;
    trace_store_add(s->traces, span, s->now_us);
}

static void on_log(void *ctx, const struct otlp_log *l) {
    struct trace_station *s = ctx;
    log_store_add_otlp(s->logs, l, clock_wall_us());
}

static int on_body(void *ctx, enum otlp_signal signal, bool json, struct view body, struct error *err) {
    struct trace_station *s = ctx;

    pthread_mutex_lock(&s->lock);
    s->now_us = clock_now_us(&clock_real);
    int64_t pause_us = s->last_body_us ? s->now_us - s->last_body_us : 0;
    if (pause_us > s->pause_us && pause_us < PAUSE_MAX_US)
        s->pause_us = pause_us;
    s->last_body_us = s->now_us;
    int rc = json ? otlp_read_json(signal, body, &s->sink, err) : otlp_read_protobuf(signal, body, &s->sink, err);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

/* The lock is held here; others get their turn every so many lines. */
static void on_line(void *ctx, struct view line) {
    struct line_batch *b = ctx;

    log_store_add(b->station->logs, line, clock_wall_us());
    if (++b->held < LINES_SLICE)
        return;
    b->held = 0;
    pthread_mutex_unlock(&b->station->lock);
    pthread_mutex_lock(&b->station->lock);
}

static void on_cut(void *ctx, uint64_t bytes) {
    struct line_batch *b = ctx;
    log_store_note_cut(b->station->logs, bytes);
}

static bool turn_tail(struct trace_station *s) {
    if (!s->tail || s->tail_failed)
        return false;
    s->batch.held = 0;
    pthread_mutex_lock(&s->lock);
    int64_t n = log_tail_turn(s->tail);
    pthread_mutex_unlock(&s->lock);
    s->tail_failed = n < 0;
    return n > 0;
}

static bool settle(struct trace_station *s, bool all) {
    pthread_mutex_lock(&s->lock);
    size_t n = trace_store_settle(s->traces, s->exemplars, clock_now_us(&clock_real), all, SETTLE_SLICE);
    pthread_mutex_unlock(&s->lock);
    return n == SETTLE_SLICE;
}

static bool should_stop(struct trace_station *s) {
    pthread_mutex_lock(&s->lock);
    bool stop = s->stop;
    pthread_mutex_unlock(&s->lock);
    return stop;
}

static void *work(void *ctx) {
    struct trace_station *s = ctx;

    while (!should_stop(s)) {
        bool more = turn_tail(s);
        more = settle(s, false) || more;
        if (!more && s->tail && !s->tail_failed)
            log_tail_wait(s->tail, TURN_US / 1000);
        else if (!more)
            usleep(TURN_US);
    }
    return NULL;
}

/* --- life --- */

static int open_all(struct trace_station *s, const struct trace_station_options *o, struct error *err) {
    struct log_tail_sink tail = {.ctx = &s->batch, .line = on_line, .cut = on_cut};
    int rc = trace_store_new(&s->traces);

    rc = rc ? rc : log_store_new(&s->logs);
    rc = rc ? rc : exemplar_store_new(&s->exemplars);
    if (rc < 0)
        return error_set(err, rc, "out of memory");
    s->batch.station = s;
    s->sink = (struct otlp_sink){.ctx = s, .span = on_span, .log = on_log};
    if (o->server_logs)
        rc = log_tail_new(&s->tail, o->server_logs, &tail, err);
    if (rc == 0 && o->address)
        rc = otlp_receiver_new(&s->receiver,
            &(struct otlp_receiver_options){.address = o->address, .token = o->token, .ctx = s, .body = on_body}, err);
    if (rc < 0)
        return rc;
    s->thread_runs = pthread_create(&s->thread, NULL, work, s) == 0;
    return s->thread_runs ? 0 : error_set(err, -EAGAIN, "no thread could be made for traces and logs");
}

int trace_station_new(struct trace_station **out, const struct trace_station_options *o, struct error *err) {
    struct trace_station *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&s->lock, NULL);
    int rc = open_all(s, o, err);
    if (rc < 0) {
        trace_station_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

struct trace_station *trace_station_free(struct trace_station *s) {
    if (!s)
        return NULL;
    otlp_receiver_free(s->receiver);
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_mutex_unlock(&s->lock);
    if (s->thread_runs)
        pthread_join(s->thread, NULL);
    log_tail_free(s->tail);
    trace_store_free(s->traces);
    log_store_free(s->logs);
    exemplar_store_free(s->exemplars);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

const char *trace_station_url(const struct trace_station *s) {
    return s->receiver ? otlp_receiver_url(s->receiver) : NULL;
}

void trace_station_begin(struct trace_station *s, uint64_t run, int64_t load_wall_us) {
    pthread_mutex_lock(&s->lock);
    trace_store_begin(s->traces, run, load_wall_us);
    log_store_begin(s->logs, run);
    pthread_mutex_unlock(&s->lock);
}

void trace_station_note(struct trace_station *s, struct view news) {
    struct pack_reader r = pack_reader_of(news);

    pthread_mutex_lock(&s->lock);
    (void)!exemplar_store_unpack_merge(s->exemplars, &r); /* ours, and checked when they came */
    pthread_mutex_unlock(&s->lock);
}

/* --- what was found --- */

struct trace_station_counts trace_station_counts(struct trace_station *s) {
    struct trace_station_counts c = {0};

    pthread_mutex_lock(&s->lock);
    c.spans = trace_store_counts(s->traces);
    c.logs = log_store_counts(s->logs);
    c.spans_invalid = s->sink.invalid;
    c.attributes_left_out = s->sink.attributes_left_out;
    c.waiting = trace_store_waiting(s->traces);
    pthread_mutex_unlock(&s->lock);
    if (s->receiver)
        c.received = otlp_receiver_counts(s->receiver);
    return c;
}

bool trace_station_summaries(struct trace_station *s, struct trace_summary_store *into, uint64_t *seen) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(64 * 1024 * 1024);
    struct pack_writer w = pack_writer_of(&packed);

    pthread_mutex_lock(&s->lock);
    uint64_t requests = trace_store_counts(s->traces).requests;
    bool news = requests != *seen;
    if (news)
        trace_summary_store_pack(trace_store_summaries(s->traces), &w);
    pthread_mutex_unlock(&s->lock);
    if (!news || w.error)
        return false;
    *seen = requests;
    trace_summary_store_clear(into);
    struct pack_reader r = pack_reader_of(buf_view(&packed));
    return trace_summary_store_unpack_merge(into, &r) == 0;
}

static int copy_found(const struct trace_station *s, const struct exemplar_endpoint *e, struct trace_found *out, struct exemplar *copies, size_t at,
    char *endpoint) {
    size_t n = 0;

    memcpy(endpoint, e->endpoint.ptr, e->endpoint.len);
    for (size_t i = 0; i < e->slowest_count + e->failed_count; i++) {
        const struct exemplar *x = i < e->slowest_count ? &e->slowest[i] : &e->failed[i - e->slowest_count];
        bool twice = false;
        for (size_t k = 0; k < n && !twice; k++)
            twice = copies[at + k].mark.span == x->mark.span && copies[at + k].mark.iteration == x->mark.iteration;
        if (twice)
            continue;
        copies[at + n] = *x;
        out[at + n] = (struct trace_found){.exemplar = &copies[at + n],
            .endpoint = view_of(endpoint, e->endpoint.len),
            .span_count = trace_store_spans(s->traces, x->mark.iteration, NULL)};
        n++;
    }
    return (int)n;
}

int trace_station_exemplars(struct trace_station *s, int (*each)(void *ctx, const struct trace_found *f), void *ctx) {
    enum { EACH = EXEMPLAR_SLOWEST + EXEMPLAR_FAILED };
    size_t n = 0;
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    size_t endpoints = exemplar_store_count(s->exemplars);
    struct trace_found *found = calloc(endpoints * EACH + 1, sizeof *found);
    struct exemplar *copies = calloc(endpoints * EACH + 1, sizeof *copies);
    char *texts = malloc(endpoints * EXEMPLAR_ENDPOINT_MAX + 1);
    for (size_t i = 0; found && copies && texts && i < endpoints; i++) {
        struct exemplar_endpoint e = exemplar_store_at(s->exemplars, i);
        n += (size_t)copy_found(s, &e, found, copies, n, texts + i * EXEMPLAR_ENDPOINT_MAX);
    }
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = each(ctx, &found[i]);
    free(found);
    free(copies);
    free(texts);
    return rc;
}

int trace_station_waterfall(struct trace_station *s, const struct exemplar *x, struct view endpoint, struct buf *out, size_t *spans) {
    pthread_mutex_lock(&s->lock);
    int rc = trace_waterfall_write(s->traces, x, endpoint, out, spans);
    pthread_mutex_unlock(&s->lock);
    return rc;
}

struct copied_lines {
    struct buf bytes;
    struct log_line *lines;
    size_t count, cap;
};

static int copy_line(void *ctx, const struct log_line *l) {
    struct copied_lines *c = ctx;
    size_t at = c->bytes.len;

    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        struct log_line *lines = cap <= COPIES_MAX ? realloc(c->lines, cap * sizeof *lines) : NULL;
        if (!lines)
            return ERROR_LIMIT;
        c->lines = lines;
        c->cap = cap;
    }
    if (buf_append_view(&c->bytes, l->level) < 0 || buf_append_view(&c->bytes, l->json) < 0)
        return ERROR_LIMIT;
    c->lines[c->count] = *l;
    c->lines[c->count].level.ptr = (const char *)(uintptr_t)at; /* the buffer may still move */
    c->lines[c->count++].json.ptr = (const char *)(uintptr_t)(at + l->level.len);
    return 0;
}

int trace_station_logs(struct trace_station *s, uint64_t iteration, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx) {
    struct copied_lines c = {.bytes = BUF_MAX(32 * 1024 * 1024)};
    int rc = 0;

    pthread_mutex_lock(&s->lock);
    if (iteration)
        (void)!log_store_each(s->logs, iteration, after, copy_line, &c);
    else
        (void)!log_store_each_error(s->logs, after, copy_line, &c);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < c.count && rc == 0; i++) {
        struct log_line l = c.lines[i];
        l.level.ptr = c.bytes.ptr + (uintptr_t)l.level.ptr;
        l.json.ptr = c.bytes.ptr + (uintptr_t)l.json.ptr;
        rc = each(ctx, &l);
    }
    buf_deinit(&c.bytes);
    free(c.lines);
    return rc;
}

/* Spans of the last seconds come in batches; whoever has sent nothing for a whole run is not waited for. */
static bool may_come(struct trace_station *s, int64_t now_us) {
    pthread_mutex_lock(&s->lock);
    int64_t pause_us = s->pause_us ? s->pause_us : PAUSE_USUAL_US;
    bool may = s->last_body_us && now_us - s->last_body_us < pause_us + QUIET_US;
    pthread_mutex_unlock(&s->lock);
    return may;
}

void trace_station_finish(struct trace_station *s, int64_t wait_us) {
    int64_t begin_us = clock_now_us(&clock_real), now_us = begin_us;

    while (s->receiver && now_us - begin_us < wait_us && may_come(s, now_us)) {
        usleep(TURN_US);
        now_us = clock_now_us(&clock_real);
    }
    while (turn_tail(s) && clock_now_us(&clock_real) - begin_us < wait_us)
        continue;
    while (settle(s, true))
        continue;
}
