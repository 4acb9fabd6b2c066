/* `-o experimental-prometheus-rw`: the state of every series, pushed to a remote-write receiver. */
#include <errno.h>
#include <openssl/tls1.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "report/output_settings.h"
#include "report/outputs_priv.h"
#include "report/prometheus_write.h"
#include "report/shipper.h"

#define RW "K6_PROMETHEUS_RW_"
enum { AUTHORIZATION_MAX = 16 * 1024 };
#define HEADER_VARIABLE RW "HEADERS_"

extern char **environ;

struct prometheus_settings {
    struct view url, username, password, token, cert_file, key_file, stats;
    bool insecure, native, stale;
    int tls_min;
    int64_t push_us;
};
struct prometheus_output {
    struct report_sink base;
    struct prometheus_settings settings;
    struct prometheus_write write;
    struct shipper *shipper;
    int64_t pushed_us, wall_ms;
    uint64_t lost; /* when it was looked at last */
};

static int settings_read(struct prometheus_settings *s, struct view argument, struct error *err) {
    struct view tls = setting_text(RW "TLS_MINIMUM_VERSION", VIEW("1.3"));
    *s = (struct prometheus_settings){
        .url = setting_text(RW "SERVER_URL", VIEW("http://localhost:9090/api/v1/write")),
        .username = setting_text(RW "USERNAME", VIEW_NULL),
        .password = setting_text(RW "PASSWORD", VIEW_NULL),
        .token = setting_text(RW "BEARER_TOKEN", VIEW_NULL),
        .cert_file = setting_text(RW "CLIENT_CERTIFICATE", VIEW_NULL),
        .key_file = setting_text(RW "CLIENT_CERTIFICATE_KEY", VIEW_NULL),
        .stats = setting_text(RW "TREND_STATS", VIEW("p(99)")),
        .tls_min = view_eq(tls, VIEW("1.2")) ? TLS1_2_VERSION : TLS1_3_VERSION,
        .push_us = 5000000};
    if (argument.len)
        s->url = argument;
    int r = setting_bool(RW "INSECURE_SKIP_TLS_VERIFY", &s->insecure, err);
    r = r < 0 ? r : setting_bool(RW "TREND_AS_NATIVE_HISTOGRAM", &s->native, err);
    r = r < 0 ? r : setting_bool(RW "STALE_MARKERS", &s->stale, err);
    r = r < 0 ? r : setting_duration_us(RW "PUSH_INTERVAL", &s->push_us, err);
    if (r == 0 && (setting_text(RW "SIGV4_REGION", VIEW_NULL).len ||
                      setting_text(RW "SIGV4_ACCESS_KEY", VIEW_NULL).len))
        r = error_set(err, ERROR_INVALID,
            "signing with " RW "SIGV4_… is not supported: unset it and send through a proxy that signs");
    return r;
}

/* K6_PROMETHEUS_RW_HEADERS_NAME=value */
static void headers_from_environment(struct http_header *headers, size_t max, size_t *count) {
    for (char **e = environ; e && *e && *count < max; e++) {
        struct view value = view_of_cstr(*e), name = view_cut(&value, '=', NULL);
        if (view_starts_with(name, VIEW(HEADER_VARIABLE)) && name.len > sizeof HEADER_VARIABLE - 1)
            headers[(*count)++] = (struct http_header){view_drop(name, sizeof HEADER_VARIABLE - 1), value};
    }
}

static int ship_to(struct prometheus_output *o, struct error *err) {
    const struct prometheus_settings *s = &o->settings;
    struct http_header headers[SHIPPER_HEADERS_MAX - 1] = {
        {VIEW("Content-Type"), VIEW("application/x-protobuf")}, {VIEW("Content-Encoding"), VIEW("snappy")},
        {VIEW("X-Prometheus-Remote-Write-Version"), VIEW("0.1.0")}};
    struct buf authorization CLEANUP(buf_deinit) = BUF_MAX(AUTHORIZATION_MAX);
    size_t count = 3;
    if (s->token.len) {
        if (buf_printf(&authorization, "Bearer %.*s", VIEW_ARGS(s->token)) < 0)
            return error_set(err, ERROR_LIMIT, RW "BEARER_TOKEN is too long");
        headers[count++] = (struct http_header){VIEW("Authorization"), buf_view(&authorization)};
    }
    headers_from_environment(headers, SHIPPER_HEADERS_MAX - 1, &count);
    int r = setting_headers(RW "HTTP_HEADERS", ':', setting_text(RW "HTTP_HEADERS", VIEW_NULL), headers,
        SHIPPER_HEADERS_MAX - 1, &count, err);
    return r < 0 ? r
                 : shipper_new(&o->shipper,
                       &(struct shipper_options){.url = s->url,
                           .headers = headers,
                           .header_count = count,
                           .username = s->token.len ? VIEW_NULL : s->username,
                           .password = s->password,
                           .insecure = s->insecure,
                           .tls_min = s->tls_min,
                           .cert_file = s->cert_file,
                           .key_file = s->key_file},
                       err);
}

/* ---- the sink ---- */

static int compress(const struct buf *from, struct buf *to) {
    size_t n = snappy_max_compressed_length(from->len);
    int r = buf_reserve(to, n);
    if (r < 0)
        return r;
    if (snappy_compress(from->ptr, from->len, to->ptr, &n) != SNAPPY_OK)
        return -ENOMEM;
    to->len = n;
    return 0;
}

static void push(struct prometheus_output *o, const struct run_state *r, enum prometheus_values which) {
    int64_t now_ms = clock_wall_us() / 1000;
    o->wall_ms =
        now_ms > o->wall_ms ? now_ms : o->wall_ms + 1; /* two samples of one series must not share a time */
    o->pushed_us = clock_now_us(&clock_real);
    uint64_t lost = shipper_lost(o->shipper);
    if (lost != o->lost && which == PROMETHEUS_CHANGED)
        prometheus_write_forget(
            &o->write); /* a series that changes no more would miss its last value for ever */
    o->lost = lost;
    for (size_t at = 0; at < series_store_count(r->total->series);) {
        struct buf plain CLEANUP(buf_deinit) = BUF_MAX(PROMETHEUS_WRITE_MAX);
        struct buf packed CLEANUP(buf_deinit) = BUF_MAX(2 * PROMETHEUS_WRITE_MAX);
        uint64_t points;
        int e = prometheus_write_encode(&o->write, r, which, o->wall_ms, &at, &plain, &points);
        if (e == 0 && plain.len)
            e = compress(&plain, &packed);
        if (e < 0) {
            shipper_lose(o->shipper, points);
            return;
        }
        shipper_send(o->shipper, &packed, points);
    }
}

static void start(struct report_sink *s, const struct run_state *r) {
    struct prometheus_output *o = (struct prometheus_output *)s;
    o->write.prefix = setting_prefix(r->plan);
    o->pushed_us = clock_now_us(&clock_real);
}

static void tick(struct report_sink *s, const struct run_state *r) {
    struct prometheus_output *o = (struct prometheus_output *)s;
    if (clock_now_us(&clock_real) - o->pushed_us >= o->settings.push_us)
        push(o, r, PROMETHEUS_CHANGED);
}

static int trouble(struct report_sink *s, struct error *err) {
    return shipper_trouble(((struct prometheus_output *)s)->shipper, err);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct prometheus_output *o = (struct prometheus_output *)s;
    push(o, r, PROMETHEUS_CHANGED);
    if (o->settings.stale)
        push(o, r, PROMETHEUS_STALE);
    return shipper_finish(o->shipper, err);
}

static void prometheus_output_free(struct report_sink *s) {
    struct prometheus_output *o = (struct prometheus_output *)s;
    shipper_free(o->shipper);
    prometheus_write_deinit(&o->write);
    free(o);
}

static const struct report_sink_ops ops = {.name = "experimental-prometheus-rw",
    .start = start,
    .second = tick,
    .redraw = tick,
    .trouble = trouble,
    .finish = finish,
    .free = prometheus_output_free};

int prometheus_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct prometheus_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the prometheus output");
    o->base.ops = &ops;
    prometheus_write_init(&o->write);
    int r = settings_read(&o->settings, argument, err);
    o->write.native = o->settings.native;
    r = r < 0 ? r : prometheus_write_stats(&o->write, o->settings.stats, err);
    r = r < 0 ? r : ship_to(o, err);
    if (r < 0) {
        prometheus_output_free(&o->base);
        return error_wrap(err, "could not create the 'experimental-prometheus-rw' output");
    }
    *out = &o->base;
    return 0;
}

int prometheus_output_describe(struct view argument, struct buf *out) {
    struct prometheus_settings s;
    struct error err = ERROR_NULL;
    return settings_read(&s, argument, &err) < 0
               ? buf_append(out, "Prometheus remote write", 23)
               : buf_printf(out, "Prometheus remote write (%.*s)", VIEW_ARGS(s.url));
}
