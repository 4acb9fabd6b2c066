/* `-o influxdb`: every point of the sample stream, written once per push interval. Version 1 of the API as k6
 * speaks it; with a token, version 2. */
#include <errno.h>
#include <stdlib.h>

#include "net/url.h"
#include "report/influx_line.h"
#include "report/output_settings.h"
#include "report/outputs_priv.h"
#include "report/point_output.h"

enum { PUSH_BYTES = 1024 * 1024, SETTINGS_MAX = 256 * 1024 };

struct influx_settings {
    struct arena arena;
    struct view address, db, username, password, retention, precision, consistency, fields, proxy;
    struct view token, organization, bucket; /* version 2 */
    bool insecure;
    int64_t push_us;
};
struct influxdb_output {
    struct point_output base;
    struct influx_settings settings;
    struct influx_line line;
};

/* ---- settings: the environment, then the argument ---- */

static int set_query(struct influx_settings *s, struct view query, struct error *err) {
    int r = 0;
    while (query.len && r == 0) {
        struct view value = view_cut(&query, '&', NULL), key = view_cut(&value, '=', NULL);
        value = url_percent_decode(value, &s->arena);
        if (view_eq(key, VIEW("insecure")))
            s->insecure = view_eq(value, VIEW("true"));
        else if (view_eq(key, VIEW("precision")))
            s->precision = value;
        else if (view_eq(key, VIEW("retention")))
            s->retention = value;
        else if (view_eq(key, VIEW("consistency")))
            s->consistency = value;
        else if (view_eq(key, VIEW("tagsAsFields")))
            s->fields = value;
        else if (view_eq(key, VIEW("pushInterval")))
            r = setting_duration_parse("pushInterval", value, &s->push_us, err);
        else if (!view_eq(key, VIEW("payload_size")) && !view_eq(key, VIEW("concurrentWrites")))
            r = error_set(err, ERROR_INVALID, "unknown query parameter: %.*s", VIEW_ARGS(key));
    }
    return r;
}

static int set_address(struct influx_settings *s, struct view text, struct error *err) {
    struct url u;
    int r = url_parse(text, &s->arena, &u, err);
    if (r < 0)
        return r;
    struct view userinfo = u.userinfo, host = u.host;
    char *address = arena_printf(&s->arena, url_host_is_v6(&u) ? "%.*s://[%.*s]:%u" : "%.*s://%.*s:%u",
        VIEW_ARGS(u.scheme), VIEW_ARGS(host), u.port);
    if (!address)
        return error_set(err, -ENOMEM, "out of memory");
    s->address = view_of_cstr(address);
    if (u.path.len > 1)
        s->db = url_percent_decode(view_drop(u.path, 1), &s->arena);
    if (userinfo.ptr) {
        s->username = url_percent_decode(view_cut(&userinfo, ':', NULL), &s->arena);
        s->password = userinfo.len ? url_percent_decode(userinfo, &s->arena) : VIEW("");
    }
    return set_query(s, u.query, err);
}

static int settings_read(struct influx_settings *s, struct view argument, struct error *err) {
    *s = (struct influx_settings){.db = setting_text("K6_INFLUXDB_DB", VIEW("k6")),
        .username = setting_text("K6_INFLUXDB_USERNAME", VIEW_NULL),
        .password = setting_text("K6_INFLUXDB_PASSWORD", VIEW_NULL),
        .retention = setting_text("K6_INFLUXDB_RETENTION", VIEW_NULL),
        .precision = setting_text("K6_INFLUXDB_PRECISION", VIEW("ns")),
        .consistency = setting_text("K6_INFLUXDB_CONSISTENCY", VIEW_NULL),
        .fields = setting_text("K6_INFLUXDB_TAGS_AS_FIELDS", VIEW("vu,iter,url")),
        .proxy = setting_text("K6_INFLUXDB_PROXY", VIEW_NULL),
        .token = setting_text("K6_INFLUXDB_TOKEN", VIEW_NULL),
        .organization = setting_text("K6_INFLUXDB_ORGANIZATION", VIEW_NULL),
        .push_us = 1000000};
    arena_init(&s->arena, SETTINGS_MAX);
    int r = setting_bool("K6_INFLUXDB_INSECURE", &s->insecure, err);
    r = r < 0 ? r : setting_duration_us("K6_INFLUXDB_PUSH_INTERVAL", &s->push_us, err);
    r = r < 0 ? r : set_address(s, setting_text("K6_INFLUXDB_ADDR", VIEW("http://localhost:8086")), err);
    if (r == 0 && argument.len)
        r = set_address(s, argument, err);
    s->bucket = setting_text("K6_INFLUXDB_BUCKET", s->db);
    return r;
}

/* ---- where to ---- */

static int append_parameter(struct buf *out, const char *name, struct view value) {
    int r = buf_printf(out, "%c%s=", view_find(buf_view(out), '?') < 0 ? '?' : '&', name);
    for (size_t i = 0; i < value.len && r == 0; i++) {
        char c = value.ptr[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c && strchr("-_.~", c));
        r = plain ? buf_append_byte(out, c) : buf_printf(out, "%%%02X", (unsigned char)c);
    }
    return r;
}

static int write_addresses(const struct influx_settings *s, struct buf *url, struct buf *prelude) {
    struct buf statement CLEANUP(buf_deinit) = BUF_MAX(SETTINGS_MAX);
    bool second = s->token.len;
    int r = buf_printf(url, "%.*s%s", VIEW_ARGS(s->address), second ? "/api/v2/write" : "/write");
    r = r < 0 ? r : append_parameter(url, second ? "bucket" : "db", second ? s->bucket : s->db);
    if (r == 0 && s->organization.len)
        r = append_parameter(url, "org", s->organization);
    if (r == 0 && s->consistency.len)
        r = append_parameter(url, "consistency", s->consistency);
    if (r == 0 && s->retention.len)
        r = append_parameter(url, "rp", s->retention);
    r = r < 0 ? r : append_parameter(url, "precision", s->precision);
    if (second || r < 0)
        return r;
    r = buf_printf(prelude, "%.*s/query", VIEW_ARGS(s->address));
    r = r < 0 ? r : buf_printf(&statement, "CREATE DATABASE \"%.*s\"", VIEW_ARGS(s->db));
    return r < 0 ? r : append_parameter(prelude, "q", buf_view(&statement));
}

static int ship_to(struct influxdb_output *o, struct error *err) {
    const struct influx_settings *s = &o->settings;
    struct buf url CLEANUP(buf_deinit) = BUF_MAX(SETTINGS_MAX);
    struct buf prelude CLEANUP(buf_deinit) = BUF_MAX(SETTINGS_MAX);
    struct buf token CLEANUP(buf_deinit) = BUF_MAX(SETTINGS_MAX);
    struct http_header headers[2] = {{VIEW("Content-Type"), VIEW("text/plain; charset=utf-8")}};
    int r = write_addresses(s, &url, &prelude);
    r = r < 0 ? r : buf_printf(&token, "Token %.*s", VIEW_ARGS(s->token));
    if (r < 0)
        return error_set(err, r, "the settings of the 'influxdb' output are too long");
    headers[1] = (struct http_header){VIEW("Authorization"), buf_view(&token)};
    return shipper_new(&o->base.shipper,
        &(struct shipper_options){.url = buf_view(&url),
            .prelude = buf_view(&prelude),
            .headers = headers,
            .header_count = s->token.len ? 2 : 1,
            .username = s->token.len ? VIEW_NULL : s->username,
            .password = s->password,
            .insecure = s->insecure,
            .proxy = s->proxy},
        err);
}

/* ---- the sink ---- */

static int append_line(
    struct point_output *base, const struct run_state *r, const struct sample *p, struct buf *out) {
    return influx_line_append(&((struct influxdb_output *)base)->line, r, p, out);
}

static void influxdb_output_free(struct report_sink *s) {
    struct influxdb_output *o = (struct influxdb_output *)s;
    point_output_deinit(&o->base);
    influx_line_deinit(&o->line);
    arena_deinit(&o->settings.arena);
    free(o);
}

static const struct report_sink_ops ops = {.name = "influxdb",
    .second = point_output_tick,
    .redraw = point_output_tick,
    .sample = point_output_sample,
    .trouble = point_output_trouble,
    .finish = point_output_finish,
    .free = influxdb_output_free,
    .wants_samples = true};

int influxdb_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct influxdb_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the influxdb output");
    o->base.base.ops = &ops;
    influx_line_init(&o->line);
    point_output_init(&o->base);
    int r = settings_read(&o->settings, argument, err);
    o->base.append = append_line;
    o->base.push_us = o->settings.push_us;
    o->base.push_bytes = PUSH_BYTES;
    r = r < 0 ? r : influx_line_fields(&o->line, o->settings.fields, err);
    r = r < 0 ? r : influx_line_precision(&o->line, o->settings.precision, err);
    r = r < 0 ? r : ship_to(o, err);
    if (r < 0) {
        influxdb_output_free(&o->base.base);
        return error_wrap(err, "could not create the 'influxdb' output");
    }
    *out = &o->base.base;
    return 0;
}

int influxdb_output_describe(struct view argument, struct buf *out) {
    struct influx_settings s;
    struct error err = ERROR_NULL;
    int r = settings_read(&s, argument, &err);
    const char *version = s.token.len ? "2" : "1";
    r = r < 0 ? buf_append(out, "InfluxDB", 8)
              : buf_printf(out, "InfluxDBv%s (%.*s)", version, VIEW_ARGS(s.address));
    arena_deinit(&s.arena);
    return r;
}
