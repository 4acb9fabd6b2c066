/* `-o statsd`: every point as a line of StatsD, in datagrams. Counters and rates count, gauges are gauges,
 * trends are timings; a check counts as check.NAME.pass or check.NAME.fail. With tags as Datadog reads them
 * when asked for. Names and settings are those of k6's statsd output. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/json_writer.h"
#include "report/output_settings.h"
#include "report/output_tags.h"
#include "report/outputs_priv.h"
#include "report/shipper.h"

enum { PENDING_MAX = 16 * 1024 * 1024, PENDING_PUSH_AT = 256 * 1024 };

struct statsd_settings {
    struct view address, prefix, blocklist;
    bool tags;
    int64_t push_us;
};
struct statsd_output {
    struct report_sink base;
    struct statsd_settings settings;
    struct output_tags tags;
    struct shipper *shipper;
    struct buf pending;
    uint64_t pending_points;
    int64_t pushed_us;
};

static int settings_read(struct statsd_settings *s, struct view argument, struct error *err) {
    *s = (struct statsd_settings){.address = setting_text("K6_STATSD_ADDR", VIEW("localhost:8125")),
        .prefix = setting_text("K6_STATSD_NAMESPACE", VIEW("k6.")),
        .blocklist = setting_text("K6_STATSD_TAG_BLOCKLIST", VIEW("vu,iter,url")),
        .push_us = 1000000};
    if (argument.len)
        s->address = argument;
    int r = setting_bool("K6_STATSD_ENABLE_TAGS", &s->tags, err);
    r = r < 0 ? r : setting_duration_us("K6_STATSD_PUSH_INTERVAL", &s->push_us, err);
    return r < 0 ? error_wrap(err, "could not create the 'statsd' output") : 0;
}

/* ---- lines ---- */

/* What would end a name, a value or the line becomes "_". */
static int append_clean(struct buf *out, struct view v, const char *special) {
    int r = 0;
    for (size_t i = 0; i < v.len && r == 0; i++) {
        char c = v.ptr[i];
        r = buf_append_byte(out, (unsigned char)c < ' ' || strchr(special, c) ? '_' : c);
    }
    return r;
}

static bool blocked(const struct statsd_settings *s, struct view key) {
    struct view rest = s->blocklist;
    while (rest.len)
        if (view_eq(view_trim(view_cut(&rest, ',', NULL)), key))
            return true;
    return false;
}

/* "|#key:value,key:value" */
static int render_tags(void *ctx, const struct tags *tags, tagset_id set, struct buf *out) {
    size_t from = out->len;
    int r = 0;
    for (size_t i = 0; i < tags_count(tags, set) && r == 0; i++) {
        struct tag t = tags_at(tags, set, i);
        if (!t.value.len || blocked(ctx, t.key))
            continue;
        r = out->len == from ? buf_append(out, "|#", 2) : buf_append_byte(out, ',');
        r = r < 0 ? r : append_clean(out, t.key, "|,#:@");
        r = r < 0 ? r : buf_append_byte(out, ':');
        r = r < 0 ? r : append_clean(out, t.value, "|,#@");
    }
    return r;
}

static int append_name(
    struct statsd_output *o, const struct run_state *r, const struct sample *p, struct buf *out) {
    struct view check = tags_get(r->total->tags, p->tags, VIEW("check"));
    int e = buf_append_view(out, o->settings.prefix);
    if (metrics_type(r->total->metrics, p->metric) != METRIC_RATE || !check.ptr)
        return e < 0 ? e : append_clean(out, metrics_name(r->total->metrics, p->metric), ":|@#");
    e = e < 0 ? e : buf_append(out, "check.", 6);
    e = e < 0 ? e : append_clean(out, check, ":|@#");
    return e < 0 ? e : buf_printf(out, ".%s", p->value != 0 ? "pass" : "fail");
}

static int append_line(
    struct statsd_output *o, const struct run_state *r, const struct sample *p, struct buf *out) {
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "c", [METRIC_GAUGE] = "g", [METRIC_RATE] = "c", [METRIC_TREND] = "ms"};
    char number[JSON_WRITER_NUMBER_MAX];
    enum metric_type type = metrics_type(r->total->metrics, p->metric);
    bool check = type == METRIC_RATE && tags_get(r->total->tags, p->tags, VIEW("check")).ptr;
    size_t from = out->len;
    int e = append_name(o, r, p, out);
    e = e < 0 ? e
              : buf_printf(out, ":%s|%s",
                    json_format_double(check           ? 1
                                       : p->value == 0 ? 0
                                                       : p->value,
                        number),
                    kinds[type]);
    if (e == 0 && o->settings.tags)
        e = output_tags_append(&o->tags, r->total->tags, p->tags, render_tags, &o->settings, out);
    e = e < 0 ? e : buf_append_byte(out, '\n');
    if (e < 0)
        out->len = from;
    return e;
}

/* ---- the sink ---- */

static void push(struct statsd_output *o) {
    shipper_send(o->shipper, &o->pending, o->pending_points);
    o->pending_points = 0;
    o->pushed_us = clock_now_us(&clock_real);
}

static void sample(struct report_sink *s, const struct run_state *r, const struct sample *p) {
    struct statsd_output *o = (struct statsd_output *)s;
    if (view_starts_with(metrics_name(r->total->metrics, p->metric), VIEW("halftime_")) ||
        !isfinite(p->value))
        return;
    if (append_line(o, r, p, &o->pending) < 0)
        shipper_lose(o->shipper, 1);
    else
        o->pending_points++;
    if (o->pending.len >= PENDING_PUSH_AT)
        push(o);
}

static void tick(struct report_sink *s, const struct run_state *r) {
    struct statsd_output *o = (struct statsd_output *)s;
    (void)r;
    if (clock_now_us(&clock_real) - o->pushed_us >= o->settings.push_us)
        push(o);
}

static int trouble(struct report_sink *s, struct error *err) {
    return shipper_trouble(((struct statsd_output *)s)->shipper, err);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)r;
    push((struct statsd_output *)s);
    return shipper_finish(((struct statsd_output *)s)->shipper, err);
}

static void statsd_output_free(struct report_sink *s) {
    struct statsd_output *o = (struct statsd_output *)s;
    shipper_free(o->shipper);
    output_tags_deinit(&o->tags);
    buf_deinit(&o->pending);
    free(o);
}

static const struct report_sink_ops ops = {.name = "statsd",
    .second = tick,
    .redraw = tick,
    .sample = sample,
    .trouble = trouble,
    .finish = finish,
    .free = statsd_output_free,
    .wants_samples = true};

int statsd_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct statsd_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the statsd output");
    o->base.ops = &ops;
    output_tags_init(&o->tags);
    buf_init(&o->pending, PENDING_MAX);
    int r = settings_read(&o->settings, argument, err);
    if (r == 0 && shipper_new(&o->shipper, &(struct shipper_options){.udp = o->settings.address}, err) < 0)
        r = error_wrap(err, "could not create the 'statsd' output");
    if (r < 0) {
        statsd_output_free(&o->base);
        return r;
    }
    *out = &o->base;
    return 0;
}

int statsd_output_describe(struct view argument, struct buf *out) {
    struct statsd_settings s;
    struct error err = ERROR_NULL;
    return settings_read(&s, argument, &err) < 0 ? buf_append(out, "statsd", 6)
                                                 : buf_printf(out, "statsd (%.*s)", VIEW_ARGS(s.address));
}
