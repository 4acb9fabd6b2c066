/* `-o json`: one JSON object per line. A metric is introduced by a line of its own before its first point. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/duration.h"
#include "core/json_writer.h"
#include "report/output_file.h"
#include "report/output_tags.h"
#include "report/outputs_priv.h"
#include "stats/threshold.h"

enum { FLUSH_US = 200 * 1000, NANOS_PER_SECOND = 1000000000 };

struct json_output {
    struct report_sink base;
    struct output_file file;
    struct output_tags tags;
    struct output_system_tags system;
    unsigned char introduced[METRICS_MAX / 8];
    int64_t second; /* what clock_text says */
    char clock_text[40];
};

static void start(struct report_sink *s, const struct run_state *r) {
    output_system_tags_init(&((struct json_output *)s)->system, r->plan);
}

/* ---- the line of a metric ---- */

static void write_submetric(struct json_writer *w, struct view name, const struct threshold_target *t) {
    ptrdiff_t brace = view_find(name, '{');
    json_writer_object(w);
    json_writer_key(w, VIEW("name"));
    json_writer_string(w, name);
    json_writer_key(w, VIEW("suffix"));
    json_writer_string(w, view_of(name.ptr + brace + 1, name.len - (size_t)brace - 2));
    json_writer_key(w, VIEW("tags"));
    json_writer_object(w);
    for (size_t i = 0; i < t->filter_count; i++) {
        json_writer_key(w, t->filter[i].key);
        json_writer_string(w, t->filter[i].value);
    }
    json_writer_end(w);
    json_writer_end(w);
}

/* A plain expression, or an object when it may abort the run: as the script can write it. */
static void write_threshold(struct json_writer *w, const struct plan_threshold *t) {
    char delay[DURATION_TEXT_MAX];
    if (!t->abort_on_fail && !t->delay_abort_us) {
        json_writer_string(w, t->expression);
        return;
    }
    json_writer_object(w);
    json_writer_key(w, VIEW("threshold"));
    json_writer_string(w, t->expression);
    json_writer_key(w, VIEW("abortOnFail"));
    json_writer_bool(w, t->abort_on_fail);
    json_writer_key(w, VIEW("delayAbortEval"));
    if (t->delay_abort_us)
        json_writer_string(w, view_of_cstr(duration_format(t->delay_abort_us * 1000, delay)));
    else
        json_writer_null(w);
    json_writer_end(w);
}

static bool told_before(const struct plan *p, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (view_eq(p->thresholds[k].target, p->thresholds[i].target))
            return true;
    return false;
}

static void write_submetrics(struct json_output *o, struct json_writer *w, const struct plan *p, struct view metric) {
    static const struct view automatic = {"http_req_duration{expected_response:true}", 41};
    struct threshold_target t;
    bool any = false, automatic_told = false;
    for (size_t i = 0; i <= p->threshold_count; i++) {
        bool last = i == p->threshold_count;
        struct view name = last ? automatic : p->thresholds[i].target;
        if (last && (automatic_told || !output_system_tags_has(&o->system, VIEW("expected_response"))))
            break;
        if ((!last && told_before(p, i)) || threshold_target_parse(name, &t, NULL) != 0 || t.filter_count == 0 || !view_eq(t.metric, metric))
            continue;
        automatic_told = automatic_told || view_eq(name, automatic);
        if (!any)
            json_writer_array(w);
        any = true;
        write_submetric(w, name, &t);
    }
    if (any)
        json_writer_end(w);
    else
        json_writer_null(w);
}

static int write_metric(struct json_output *o, const struct run_state *r, metric_id id, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    struct view name = metrics_name(r->total->metrics, id);
    json_writer_object(&w);
    json_writer_key(&w, VIEW("type"));
    json_writer_string(&w, VIEW("Metric"));
    json_writer_key(&w, VIEW("data"));
    json_writer_object(&w);
    json_writer_key(&w, VIEW("name"));
    json_writer_string(&w, name);
    json_writer_key(&w, VIEW("type"));
    json_writer_string(&w, view_of_cstr(metric_type_name(metrics_type(r->total->metrics, id))));
    json_writer_key(&w, VIEW("contains"));
    json_writer_string(&w, view_of_cstr(metric_contains_name(metrics_contains(r->total->metrics, id))));
    json_member_array(&w, "thresholds");
    for (size_t i = 0; i < r->plan->threshold_count; i++)
        if (view_eq(r->plan->thresholds[i].target, name))
            write_threshold(&w, &r->plan->thresholds[i]);
    json_writer_end(&w);
    json_writer_key(&w, VIEW("submetrics"));
    write_submetrics(o, &w, r->plan, name);
    json_writer_end(&w);
    json_writer_key(&w, VIEW("metric"));
    json_writer_string(&w, name);
    json_writer_end(&w);
    int e = json_writer_error(&w);
    return e < 0 ? e : buf_append_byte(out, '\n');
}

/* ---- the line of a point ---- */

static int render_tags(void *ctx, const struct tags *tags, tagset_id set, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    (void)ctx;
    json_writer_object(&w);
    for (size_t i = 0; i < tags_count(tags, set); i++) {
        struct tag t = tags_at(tags, set, i);
        json_writer_key(&w, t.key);
        json_writer_string(&w, t.value);
    }
    json_writer_end(&w);
    return json_writer_error(&w);
}

/* RFC 3339 with the fraction's trailing zeros cut, as Go writes it. */
static int append_time(struct json_output *o, int64_t wall_ns, struct buf *out) {
    int64_t second = wall_ns / NANOS_PER_SECOND, rest = wall_ns % NANOS_PER_SECOND;
    char fraction[16];
    if (second != o->second || !o->clock_text[0]) {
        clock_format_rfc3339(second * NANOS_PER_SECOND, 0, o->clock_text, sizeof o->clock_text);
        o->clock_text[strcspn(o->clock_text, "Z")] = 0;
        o->second = second;
    }
    int n = rest ? snprintf(fraction, sizeof fraction, ".%09lld", (long long)rest) : 0;
    while (n > 0 && fraction[n - 1] == '0')
        n--;
    return buf_printf(out, "%s%.*sZ", o->clock_text, n, fraction);
}

static int append_metadata(const struct json_output *o, const struct sample *p, struct buf *out) {
    struct output_metadata m;
    struct json_writer w = json_writer_of(out);
    output_metadata_of(&o->system, p, &m);
    int r = m.count ? buf_append(out, ",\"metadata\":", 12) : 0;
    if (!m.count || r < 0)
        return r;
    json_writer_object(&w);
    for (size_t i = 0; i < m.count; i++) {
        json_writer_key(&w, m.pairs[i].key);
        json_writer_string(&w, m.pairs[i].value);
    }
    json_writer_end(&w);
    return json_writer_error(&w);
}

static int write_point(struct json_output *o, const struct run_state *r, const struct sample *p, struct buf *out) {
    int e = buf_printf(out, "{\"metric\":\"%.*s\",\"type\":\"Point\",\"data\":{\"time\":\"", VIEW_ARGS(metrics_name(r->total->metrics, p->metric)));
    e = e < 0 ? e : append_time(o, p->wall_ns, out);
    e = e < 0 ? e : buf_append(out, "\",\"value\":", 10);
    e = e < 0 ? e : json_append_double(out, p->value == 0 ? 0 : p->value);
    e = e < 0 ? e : buf_append(out, ",\"tags\":", 8);
    e = e < 0 ? e : output_tags_append(&o->tags, r->total->tags, p->tags, render_tags, NULL, out);
    e = e < 0 ? e : append_metadata(o, p, out);
    return e < 0 ? e : buf_append(out, "}}\n", 3);
}

static void sample(struct report_sink *s, const struct run_state *r, const struct sample *p) {
    struct json_output *o = (struct json_output *)s;
    if (view_starts_with(metrics_name(r->total->metrics, p->metric), VIEW("halftime_")))
        return;
    struct buf *out = output_file_room(&o->file);
    if (!out)
        return;
    unsigned char bit = (unsigned char)(1u << p->metric % 8), *introduced = &o->introduced[p->metric / 8 % sizeof o->introduced];
    size_t from = out->len;
    if (!(*introduced & bit)) {
        int e = write_metric(o, r, p->metric, out);
        output_file_line(&o->file, from, e, false);
        if (e >= 0)
            *introduced |= bit;
    }
    from = out->len;
    output_file_line(&o->file, from, write_point(o, r, p, out), true);
}

static void tick(struct report_sink *s, const struct run_state *r) {
    struct json_output *o = (struct json_output *)s;
    (void)r;
    if (clock_now_us(&clock_real) - o->file.flushed_us >= FLUSH_US)
        output_file_flush(&o->file);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)r;
    return output_file_finish(&((struct json_output *)s)->file, err);
}

static void json_output_free(struct report_sink *s) {
    struct json_output *o = (struct json_output *)s;
    output_file_deinit(&o->file);
    output_tags_deinit(&o->tags);
    free(o);
}

static const struct report_sink_ops ops = {.name = "json", .start = start, .second = tick, .redraw = tick, .sample = sample, .finish = finish,
    .free = json_output_free, .wants_samples = true};

int json_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct json_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the json output");
    o->base.ops = &ops;
    int r = output_file_open(&o->file, argument, err);
    if (r < 0) {
        free(o);
        return r;
    }
    output_tags_init(&o->tags);
    *out = &o->base;
    return 0;
}

int json_output_describe(struct view argument, struct buf *out) {
    bool console = argument.len == 0 || view_eq(argument, VIEW("-"));
    return console ? buf_append(out, "json(stdout)", 12) : buf_printf(out, "json (%.*s)", VIEW_ARGS(argument));
}
