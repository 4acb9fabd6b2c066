/* `-o statsd`: every point as a line of StatsD, in datagrams. Counters and rates count, gauges are gauges,
 * trends are timings; a check counts as check.NAME.pass or check.NAME.fail. With tags as Datadog reads them
 * when asked for. Names and settings are those of k6's statsd output. */
#include <errno.h>
#include <stdlib.h>

#include "core/json_writer.h"
#include "report/output_settings.h"
#include "report/output_tags.h"
#include "report/outputs_priv.h"
#include "report/point_output.h"

enum { PUSH_BYTES = 256 * 1024 };

struct statsd_settings {
    struct view address, prefix, blocklist;
    bool tags;
    int64_t push_us;
};
struct statsd_output {
    struct point_output base;
    struct statsd_settings settings;
    struct output_tags tags;
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
    struct point_output *base, const struct run_state *r, const struct sample *p, struct buf *out) {
    struct statsd_output *o = (struct statsd_output *)base;
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

static void statsd_output_free(struct report_sink *s) {
    struct statsd_output *o = (struct statsd_output *)s;
    point_output_deinit(&o->base);
    output_tags_deinit(&o->tags);
    free(o);
}

static const struct report_sink_ops ops = {.name = "statsd",
    .second = point_output_tick,
    .redraw = point_output_tick,
    .sample = point_output_sample,
    .trouble = point_output_trouble,
    .finish = point_output_finish,
    .free = statsd_output_free,
    .wants_samples = true};

int statsd_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct statsd_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the statsd output");
    o->base.base.ops = &ops;
    output_tags_init(&o->tags);
    point_output_init(&o->base);
    int r = settings_read(&o->settings, argument, err);
    o->base.append = append_line;
    o->base.push_us = o->settings.push_us;
    o->base.push_bytes = PUSH_BYTES;
    if (r == 0 &&
        shipper_new(&o->base.shipper, &(struct shipper_options){.udp = o->settings.address}, err) < 0)
        r = error_wrap(err, "could not create the 'statsd' output");
    if (r < 0) {
        statsd_output_free(&o->base.base);
        return r;
    }
    *out = &o->base.base;
    return 0;
}

int statsd_output_describe(struct view argument, struct buf *out) {
    struct statsd_settings s;
    struct error err = ERROR_NULL;
    return settings_read(&s, argument, &err) < 0 ? buf_append(out, "statsd", 6)
                                                 : buf_printf(out, "statsd (%.*s)", VIEW_ARGS(s.address));
}
