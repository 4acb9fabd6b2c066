/* Spans gather as text in a buffer; a flush takes the buffer away and sends it from outside the lock, so a
 * slow collector never holds up a request. What it does not take is dropped and counted, not kept for later.
 */
#include "target/spans.h"
#include "core/clock.h"
#include "core/json_writer.h"
#include "target/commons.h"
#include "target/query_meter.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    SPANS_PORT = 4318,
    SPANS_TRACEPARENT_LEAST = 55,
    SPANS_TRACE_AT = 3,
    SPANS_PARENT_AT = 36,
    SPANS_FLAGS_AT = 53,
    SPANS_KIND_INTERNAL = 1,
    SPANS_KIND_SERVER = 2,
    SPANS_KIND_CLIENT = 3,
    SPANS_STATUS_ERROR = 2,
    SPANS_US_PER_MS = 1000,
};

struct spans {
    struct spans_sink sink;
    struct metrics *metrics;
    pthread_mutex_t lock;
    struct buf waiting;
    uint64_t count; /* in waiting */
    int64_t wall_minus_mono_ns;
};

/* --- where they go --- */

int spans_sink_url(struct spans_sink *s, const char *url, struct error *err) {
    struct view rest = view_of_cstr(url), scheme = VIEW("http://");
    char address[LISTENER_TEXT_MAX];
    *s = (struct spans_sink){.fd = -1, .path = "/v1/traces"};

    if (!view_starts_with(rest, scheme))
        return error_set(err, ERROR_SYNTAX,
            "--otlp \"%s\" must be http://HOST:PORT, such as http://127.0.0.1:%d", url, SPANS_PORT);
    rest = view_drop(rest, scheme.len);
    ptrdiff_t slash = view_find(rest, '/');
    struct view host = slash < 0 ? rest : view_take(rest, (size_t)slash);
    if (slash >= 0 && rest.len > (size_t)slash + 1)
        snprintf(s->path, sizeof s->path, "%.*s", VIEW_ARGS(view_drop(rest, (size_t)slash)));
    bool v6 = view_starts_with(host, VIEW("["));
    bool has_port = v6 ? view_find_view(host, VIEW("]:")) >= 0 : view_find(host, ':') >= 0;
    snprintf(s->host, sizeof s->host, "%.*s", VIEW_ARGS(host));
    snprintf(address, sizeof address, has_port ? "%.*s" : "%.*s:4318", VIEW_ARGS(host));
    if (!host.len || listener_parse(&s->collector, address, err))
        return error_set(err, ERROR_INVALID, "--otlp \"%s\": no such host; write it like http://127.0.0.1:%d",
            url, SPANS_PORT);
    return 0;
}

int spans_sink_file(struct spans_sink *s, const char *path, struct error *err) {
    *s = (struct spans_sink){.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    return s->fd < 0 ? error_set(err, -errno, "cannot write the spans to %s: %s", path, error_name(-errno))
                     : 0;
}

int spans_new(struct spans **out, const struct spans_sink *sink, struct metrics *m) {
    struct spans *s = calloc(1, sizeof *s);
    *out = s;
    if (!s)
        return -ENOMEM;
    s->sink = *sink;
    s->metrics = m;
    s->wall_minus_mono_ns = clock_wall_ns() - commons_now_ns();
    pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->waiting, SPANS_BUFFER_MAX);
    return 0;
}

void *spans_free(struct spans *s) {
    if (!s)
        return NULL;
    spans_flush(s);
    buf_deinit(&s->waiting);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

/* --- one request --- */

static bool spans_hex(struct view v, size_t at, size_t len) {
    bool all_zero = true;
    for (size_t i = at; i < at + len; i++) {
        if (!((v.ptr[i] >= '0' && v.ptr[i] <= '9') || (v.ptr[i] >= 'a' && v.ptr[i] <= 'f')))
            return false;
        all_zero = all_zero && v.ptr[i] == '0';
    }
    return !all_zero;
}

void spans_begin(struct spans_context *c, struct view traceparent, struct rng *rng) {
    bool known = traceparent.len >= SPANS_TRACEPARENT_LEAST &&
                 spans_hex(traceparent, SPANS_TRACE_AT, SPANS_TRACE_ID) &&
                 spans_hex(traceparent, SPANS_PARENT_AT, SPANS_SPAN_ID);
    if (!known) {
        snprintf(c->trace, sizeof c->trace, "%016" PRIx64 "%016" PRIx64, rng_u64(rng), rng_u64(rng) | 1);
        c->parent[0] = '\0';
        return;
    }
    snprintf(c->trace, sizeof c->trace, "%.*s", SPANS_TRACE_ID, traceparent.ptr + SPANS_TRACE_AT);
    snprintf(c->parent, sizeof c->parent, "%.*s", SPANS_SPAN_ID, traceparent.ptr + SPANS_PARENT_AT);
    /* An odd last digit: the sender samples this trace. */
    if (!strchr("13579bdf", traceparent.ptr[SPANS_FLAGS_AT + 1]))
        c->trace[0] = '\0';
}

/* {"key":…,"value":{"stringValue":…}}; OTLP/JSON writes 64-bit numbers as text. */
static void spans_write_attribute(
    struct json_writer *w, const char *key, const char *kind, struct view value) {
    json_writer_object(w);
    json_member_text(w, "key", view_of_cstr(key));
    json_writer_key(w, VIEW("value"));
    json_writer_object(w);
    json_member_text(w, kind, value);
    json_writer_end(w);
    json_writer_end(w);
}

static void spans_write_number(struct json_writer *w, const char *key, int64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    spans_write_attribute(w, key, "intValue", view_of_cstr(text));
}

/* Up to and with "attributes":[ */
static void spans_write_begin(const struct spans *s, struct json_writer *w, const struct spans_request *r,
    const char *id, const char *parent, const char *name, int kind, int64_t from_ns, int64_t until_ns) {
    char time[24];
    json_writer_object(w);
    json_member_text(w, "traceId", view_of_cstr(r->context->trace));
    json_member_text(w, "spanId", view_of_cstr(id));
    if (parent[0])
        json_member_text(w, "parentSpanId", view_of_cstr(parent));
    json_member_text(w, "name", view_of_cstr(name));
    json_writer_key(w, VIEW("kind"));
    json_writer_i64(w, kind);
    snprintf(time, sizeof time, "%" PRId64, from_ns + s->wall_minus_mono_ns);
    json_member_text(w, "startTimeUnixNano", view_of_cstr(time));
    snprintf(time, sizeof time, "%" PRId64, until_ns + s->wall_minus_mono_ns);
    json_member_text(w, "endTimeUnixNano", view_of_cstr(time));
    json_member_array(w, "attributes");
}

static void spans_write_request(
    const struct spans *s, struct json_writer *w, const struct spans_request *r, const char *id) {
    char name[160];
    snprintf(name, sizeof name, "%s %s", r->method, r->route);
    spans_write_begin(s, w, r, id, r->context->parent, name, SPANS_KIND_SERVER, r->from_ns, r->until_ns);
    spans_write_attribute(w, "http.request.method", "stringValue", view_of_cstr(r->method));
    spans_write_attribute(w, "http.route", "stringValue", view_of_cstr(r->route));
    spans_write_attribute(w, "url.path", "stringValue", r->path);
    spans_write_number(w, "http.response.status_code", r->status);
    json_writer_end(w);
    json_writer_key(w, VIEW("status"));
    json_writer_object(w);
    if (r->status >= 500) {
        json_writer_key(w, VIEW("code"));
        json_writer_i64(w, SPANS_STATUS_ERROR);
    }
    json_writer_end(w);
    json_writer_end(w);
}

static void spans_write_part(const struct spans *s, struct json_writer *w, const struct spans_request *r,
    const char *parent, const struct spans_part *p, struct rng *rng) {
    char id[SPANS_SPAN_ID + 1];
    snprintf(id, sizeof id, "%016" PRIx64, rng_u64(rng) | 1);
    spans_write_begin(s, w, r, id, parent, p->name, p->queries ? SPANS_KIND_CLIENT : SPANS_KIND_INTERNAL,
        p->from_ns, p->from_ns + p->ns);
    if (p->queries) {
        spans_write_attribute(w, "db.system.name", "stringValue", VIEW("sqlite"));
        spans_write_number(w, "db.queries", p->queries);
    }
    json_writer_end(w);
    json_writer_end(w);
}

/* "SELECT", and the statement as an attribute, as instrumented database drivers write it. */
static void spans_write_query(const struct spans *s, struct json_writer *w, const struct spans_request *r,
    const char *parent, const struct query_told *q, struct rng *rng) {
    char id[SPANS_SPAN_ID + 1], name[16] = "";
    int64_t from_ns = r->queries_from_ns + q->from_ns;
    for (size_t i = 0; i < sizeof name - 1 && q->sql[i] && q->sql[i] != ' '; i++)
        name[i] = q->sql[i];
    snprintf(id, sizeof id, "%016" PRIx64, rng_u64(rng) | 1);
    spans_write_begin(s, w, r, id, parent, name, SPANS_KIND_CLIENT, from_ns, from_ns + q->ns);
    spans_write_attribute(w, "db.system.name", "stringValue", VIEW("sqlite"));
    spans_write_attribute(w, "db.query.text", "stringValue", view_of_cstr(q->sql));
    json_writer_end(w);
    json_writer_end(w);
}

static int spans_add_queries(const struct spans *s, struct buf *text, const struct spans_request *r,
    const char *parent, struct rng *rng) {
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < r->query_count; i++) {
        rc = buf_append_byte(text, ',');
        struct json_writer w = json_writer_of(text);
        spans_write_query(s, &w, r, parent, &r->queries[i], rng);
        rc = rc ? rc : json_writer_error(&w);
    }
    return rc;
}

void spans_add(struct spans *s, const struct spans_request *r, struct rng *rng) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(SPANS_BUFFER_MAX);
    char id[SPANS_SPAN_ID + 1];
    uint64_t count = 1;
    int rc = 0;

    if (!r->context->trace[0])
        return;
    snprintf(id, sizeof id, "%016" PRIx64, rng_u64(rng) | 1);
    struct json_writer w = json_writer_of(&text);
    spans_write_request(s, &w, r, id);
    rc = json_writer_error(&w);
    for (size_t i = 0; rc == 0 && i < SPANS_CHILDREN_MAX; i++) {
        if (!r->parts[i].name)
            continue;
        rc = buf_append_byte(&text, ',');
        struct json_writer part = json_writer_of(&text);
        spans_write_part(s, &part, r, id, &r->parts[i], rng);
        rc = rc ? rc : json_writer_error(&part);
        count++;
    }
    rc = rc ? rc : spans_add_queries(s, &text, r, id, rng);
    count += r->query_count;
    pthread_mutex_lock(&s->lock);
    if (rc == 0 && s->waiting.len + text.len + 1 < SPANS_BUFFER_MAX) {
        rc = s->waiting.len ? buf_append_byte(&s->waiting, ',') : 0;
        rc = rc ? rc : buf_append_view(&s->waiting, buf_view(&text));
    } else {
        rc = ERROR_LIMIT;
    }
    if (rc == 0)
        s->count += count;
    pthread_mutex_unlock(&s->lock);
    if (rc)
        s->metrics->spans_dropped += count;
}

/* --- sending --- */

static int spans_write_all(int fd, struct view v) {
    while (v.len > 0) {
        ssize_t n = write(fd, v.ptr, v.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        v = view_drop(v, (size_t)n);
    }
    return 0;
}

static int spans_post(const struct spans_sink *sink, struct view body) {
    struct timeval patience = {
        .tv_sec = SPANS_TIMEOUT_MS / 1000, .tv_usec = SPANS_TIMEOUT_MS % 1000 * SPANS_US_PER_MS};
    char head[768], answer[16] = "";
    int fd = socket(sink->collector.sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int len = snprintf(head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n",
        sink->path, sink->host, body.len);
    int rc = connect(fd, (const struct sockaddr *)&sink->collector.sa, sink->collector.len) ? -errno : 0;
    if (rc == 0)
        rc = spans_write_all(fd, view_of(head, (size_t)len));
    if (rc == 0)
        rc = spans_write_all(fd, body);
    if (rc == 0 &&
        (recv(fd, answer, 12, MSG_WAITALL) != 12 || memcmp(answer, "HTTP/1.", 7) != 0 || answer[9] != '2'))
        rc = -EIO;
    close(fd);
    return rc;
}

static int spans_send(struct spans *s, struct view spans) {
    struct buf batch CLEANUP(buf_deinit) = BUF_MAX(2 * SPANS_BUFFER_MAX);
    int rc = buf_printf(&batch,
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"halftime-target\"}},"
        "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"%s\"}},"
        "{\"key\":\"process.pid\",\"value\":{\"intValue\":\"%d\"}}]},"
        "\"scopeSpans\":[{\"scope\":{\"name\":\"halftime\"},\"spans\":[",
        HT_VERSION, (int)getpid());
    if (rc == 0)
        rc = buf_append_view(&batch, spans);
    if (rc == 0)
        rc = buf_append_view(&batch, VIEW("]}]}]}\n"));
    if (rc)
        return rc;
    return s->sink.fd >= 0 ? spans_write_all(s->sink.fd, buf_view(&batch))
                           : spans_post(&s->sink, buf_view(&batch));
}

void spans_flush(struct spans *s) {
    pthread_mutex_lock(&s->lock);
    size_t len;
    uint64_t count = s->count;
    char *text = count ? buf_steal(&s->waiting, &len) : NULL;
    s->count = 0;
    pthread_mutex_unlock(&s->lock);
    if (!count)
        return;
    if (text && spans_send(s, view_of(text, len)) == 0)
        s->metrics->spans_sent += count;
    else
        s->metrics->spans_dropped += count;
    free(text);
}
