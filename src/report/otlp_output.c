/* `-o opentelemetry`: the state of every series to an OTLP/HTTP receiver, each export interval. k6's first
 * choice is gRPC, which is not here: without K6_OTEL_EXPORTER_PROTOCOL the data goes over HTTP to the
 * collector's usual port. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "report/otlp_metrics.h"
#include "report/output_settings.h"
#include "report/outputs_priv.h"
#include "report/shipper.h"

#define OTEL "K6_OTEL_"
enum { URL_MAX = 4096 };

struct otlp_settings {
    char url[URL_MAX];
    struct view service, headers, ca_file, cert_file, key_file;
    struct otlp_metrics metrics;
    bool insecure;
    int64_t push_us;
};
struct otlp_output {
    struct report_sink base;
    struct otlp_settings settings;
    struct shipper *shipper;
    int64_t pushed_us;
};

static int choose_address(struct otlp_settings *s, struct view argument, struct error *err) {
    struct view protocol = setting_text(OTEL "EXPORTER_PROTOCOL", VIEW_NULL),
                path = setting_text(OTEL "HTTP_EXPORTER_URL_PATH", VIEW("/v1/metrics")),
                endpoint = setting_text(OTEL "HTTP_EXPORTER_ENDPOINT", VIEW_NULL);
    bool plain = !protocol.len && !endpoint.len;
    int r = setting_bool(OTEL "HTTP_EXPORTER_INSECURE", &plain, err), n;
    if (r < 0)
        return r;
    if (argument.len) {
        n = snprintf(s->url, sizeof s->url, "%.*s", VIEW_ARGS(argument));
        return n < URL_MAX ? 0 : error_set(err, ERROR_LIMIT, "the address is too long");
    }
    if ((protocol.len && !view_eq(protocol, VIEW("http/protobuf"))) ||
        (!protocol.len && setting_text(OTEL "GRPC_EXPORTER_ENDPOINT", VIEW_NULL).len))
        return error_set(err, ERROR_INVALID,
            "only the protocol http/protobuf is supported: set " OTEL
            "EXPORTER_PROTOCOL=http/protobuf and " OTEL "HTTP_EXPORTER_ENDPOINT=host:4318");
    if (view_find_view(endpoint, VIEW("://")) >= 0)
        return error_set(err, ERROR_INVALID, "HTTP exporter endpoint must only be host and port, no scheme");
    endpoint = endpoint.len ? endpoint : VIEW("localhost:4318");
    n = snprintf(s->url, sizeof s->url, "http%s://%.*s%s%.*s", plain ? "" : "s", VIEW_ARGS(endpoint),
        path.ptr[0] == '/' ? "" : "/", VIEW_ARGS(path));
    return n < URL_MAX ? 0 : error_set(err, ERROR_LIMIT, "the address is too long");
}

static int settings_read(struct otlp_settings *s, struct view argument, struct error *err) {
    bool single = true;
    *s = (struct otlp_settings){.headers = setting_text(OTEL "HEADERS", VIEW_NULL),
        .ca_file = setting_text(OTEL "TLS_CERTIFICATE", VIEW_NULL),
        .cert_file = setting_text(OTEL "TLS_CLIENT_CERTIFICATE", VIEW_NULL),
        .key_file = setting_text(OTEL "TLS_CLIENT_KEY", VIEW_NULL),
        .metrics = {.service =
                        setting_text(OTEL "SERVICE_NAME", setting_text("OTEL_SERVICE_NAME", VIEW("k6"))),
            .version = setting_text(OTEL "SERVICE_VERSION", VIEW(HT_VERSION)),
            .prefix = setting_text(OTEL "METRIC_PREFIX", VIEW_NULL)},
        .push_us = 10000000};
    int r = choose_address(s, argument, err);
    r = r < 0 ? r : setting_bool(OTEL "TLS_INSECURE_SKIP_VERIFY", &s->insecure, err);
    r = r < 0 ? r : setting_bool(OTEL "SINGLE_COUNTER_FOR_RATE", &single, err);
    r = r < 0 ? r : setting_duration_us(OTEL "EXPORT_INTERVAL", &s->push_us, err);
    s->metrics.rate_pair = !single;
    return r;
}

static int ship_to(struct otlp_output *o, struct error *err) {
    const struct otlp_settings *s = &o->settings;
    struct http_header headers[SHIPPER_HEADERS_MAX - 1] = {
        {VIEW("Content-Type"), VIEW("application/x-protobuf")}};
    size_t count = 1;
    int r = setting_headers(OTEL "HEADERS", '=', s->headers, headers, SHIPPER_HEADERS_MAX - 1, &count, err);
    return r < 0 ? r
                 : shipper_new(&o->shipper,
                       &(struct shipper_options){.url = view_of_cstr(s->url),
                           .headers = headers,
                           .header_count = count,
                           .insecure = s->insecure,
                           .ca_file = s->ca_file,
                           .cert_file = s->cert_file,
                           .key_file = s->key_file},
                       err);
}

static void push(struct otlp_output *o, const struct run_state *r) {
    struct otlp_cursor at = {0};
    int64_t now_ns = clock_wall_ns();
    o->pushed_us = clock_now_us(&clock_real);
    while (!at.done) {
        struct buf request CLEANUP(buf_deinit) = BUF_MAX(OTLP_MAX);
        uint64_t points;
        int e = otlp_metrics_encode(&o->settings.metrics, r, now_ns, &at, &request, &points);
        if (e < 0) {
            shipper_lose(o->shipper, points);
            return;
        }
        if (points)
            shipper_send(o->shipper, &request, points);
    }
}

static void start(struct report_sink *s, const struct run_state *r) {
    (void)r;
    ((struct otlp_output *)s)->pushed_us = clock_now_us(&clock_real);
}

static void tick(struct report_sink *s, const struct run_state *r) {
    struct otlp_output *o = (struct otlp_output *)s;
    if (clock_now_us(&clock_real) - o->pushed_us >= o->settings.push_us)
        push(o, r);
}

static int trouble(struct report_sink *s, struct error *err) {
    return shipper_trouble(((struct otlp_output *)s)->shipper, err);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    push((struct otlp_output *)s, r);
    return shipper_finish(((struct otlp_output *)s)->shipper, err);
}

static void otlp_output_free(struct report_sink *s) {
    shipper_free(((struct otlp_output *)s)->shipper);
    free(s);
}

static const struct report_sink_ops ops = {.name = "opentelemetry",
    .start = start,
    .second = tick,
    .redraw = tick,
    .trouble = trouble,
    .finish = finish,
    .free = otlp_output_free};

int otlp_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct otlp_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the opentelemetry output");
    o->base.ops = &ops;
    int r = settings_read(&o->settings, argument, err);
    r = r < 0 ? r : ship_to(o, err);
    if (r < 0) {
        otlp_output_free(&o->base);
        return error_wrap(err, "could not create the 'opentelemetry' output");
    }
    *out = &o->base;
    return 0;
}

int otlp_output_describe(struct view argument, struct buf *out) {
    struct otlp_settings *s = calloc(1, sizeof *s);
    struct error err = ERROR_NULL;
    int r = !s || settings_read(s, argument, &err) < 0
                ? buf_append(out, "opentelemetry", 13)
                : buf_printf(out, "opentelemetry (http/protobuf, %s)", s->url);
    free(s);
    return r;
}
