/* The summary as JSON: the argument of handleSummary, its newer machine-readable shape, and the export file. Keys that k6 leaves in the
 * random order of its maps are sorted here. */
#include <stdio.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/json_writer.h"
#include "report/meaning_validity.h"
#include "report/summary.h"
#include "report/summary_data.h"

enum { SCRIPT_SHOWN_MAX = 8 * 1024 * 1024, DEPTH_MAX = 20 };
#define K6_VERSION "2.2.0" /* the release whose shapes these are */

struct sheet {
    struct json_writer w;
    const struct summary_data *d;
    const struct summary_options *o;
    bool export; /* flat values, objects by name, true = failed */
};

/* ---- groups and checks ---- */

static void write_check(struct sheet *s, const struct summary_check *c) {
    if (s->export)
        json_writer_key(&s->w, c->name);
    json_writer_object(&s->w);
    json_member_text(&s->w, "name", c->name);
    json_member_text(&s->w, "path", c->path);
    json_member_text(&s->w, "id", view_of_cstr(c->id));
    json_member_u64(&s->w, "passes", c->passes);
    json_member_u64(&s->w, "fails", c->fails);
    json_writer_end(&s->w);
}

static void begin_list(struct sheet *s, const char *key) {
    json_writer_key(&s->w, view_of_cstr(key));
    if (s->export)
        json_writer_object(&s->w);
    else
        json_writer_array(&s->w);
}

static void write_group(struct sheet *s, const struct summary_group *g, int depth) {
    json_writer_object(&s->w);
    json_member_text(&s->w, "name", g->name);
    json_member_text(&s->w, "path", g->path);
    json_member_text(&s->w, "id", view_of_cstr(g->id));
    begin_list(s, "groups");
    for (const struct summary_group *child = depth < DEPTH_MAX ? g->groups : NULL; child; child = child->next) {
        if (s->export)
            json_writer_key(&s->w, child->name);
        write_group(s, child, depth + 1);
    }
    json_writer_end(&s->w);
    begin_list(s, "checks");
    for (const struct summary_check *c = g->checks; c; c = c->next)
        write_check(s, c);
    json_writer_end(&s->w);
    json_writer_end(&s->w);
}

/* ---- metrics ---- */

static void write_values(struct sheet *s, const struct summary_metric *m) {
    const struct sink *v = &m->sink;
    char name[24];
    switch (m->type) {
    case METRIC_COUNTER:
        json_member_double(&s->w, "count", v->counter.sum);
        json_member_double(&s->w, "rate", summary_rate(s->d, v->counter.sum));
        break;
    case METRIC_GAUGE:
        json_member_double(&s->w, "value", v->gauge.last);
        json_member_double(&s->w, "min", v->gauge.count ? v->gauge.min : 0);
        json_member_double(&s->w, "max", v->gauge.count ? v->gauge.max : 0);
        break;
    case METRIC_RATE:
        json_member_double(&s->w, s->export ? "value" : "rate", v->rate.total ? (double)v->rate.hits / (double)v->rate.total : 0);
        json_member_u64(&s->w, "passes", v->rate.hits);
        json_member_u64(&s->w, "fails", v->rate.total - v->rate.hits);
        break;
    case METRIC_TREND:
        for (size_t i = 0; i < s->o->stat_count; i++) {
            snprintf(name, sizeof name, "%.*s", VIEW_ARGS(s->o->stat_names[i]));
            json_member_double(&s->w, name, trend_stat_value(s->o->stats[i], &v->trend));
        }
        break;
    }
}

static void write_thresholds(struct sheet *s, const struct summary_metric *m) {
    bool any = false;
    for (size_t i = 0; i < s->d->threshold_count; i++) {
        const struct summary_threshold *t = &s->d->thresholds[i];
        if (!view_eq(t->target, m->name))
            continue;
        if (!any) {
            json_writer_key(&s->w, VIEW("thresholds"));
            json_writer_object(&s->w);
        }
        any = true;
        json_writer_key(&s->w, t->expression);
        if (s->export)
            json_writer_bool(&s->w, !t->ok);
        else {
            json_writer_object(&s->w);
            json_member_bool(&s->w, "ok", t->ok);
            json_writer_end(&s->w);
        }
    }
    if (any)
        json_writer_end(&s->w);
}

static void write_metrics(struct sheet *s) {
    json_writer_key(&s->w, VIEW("metrics"));
    json_writer_object(&s->w);
    for (size_t i = 0; i < s->d->total.metric_count; i++) {
        const struct summary_metric *m = &s->d->total.metrics[i];
        json_writer_key(&s->w, m->name);
        json_writer_object(&s->w);
        if (!s->export) {
            json_member_text(&s->w, "type", view_of_cstr(metric_type_name(m->type)));
            json_member_text(&s->w, "contains", view_of_cstr(metric_contains_name(m->contains)));
            json_writer_key(&s->w, VIEW("values"));
            json_writer_object(&s->w);
        }
        write_values(s, m);
        if (!s->export)
            json_writer_end(&s->w);
        write_thresholds(s, m);
        json_writer_end(&s->w);
    }
    json_writer_end(&s->w);
}

static void write_setup_data(struct sheet *s, const struct run_state *r) {
    json_writer_key(&s->w, VIEW("setup_data"));
    if (r->setup_data.len)
        json_writer_raw(&s->w, r->setup_data);
    else
        json_writer_null(&s->w);
}

static void write_options(struct sheet *s) {
    json_writer_key(&s->w, VIEW("options"));
    json_writer_object(&s->w);
    json_member_array(&s->w, "summaryTrendStats");
    for (size_t i = 0; i < s->o->stat_count; i++)
        json_writer_string(&s->w, s->o->stat_names[i]);
    json_writer_end(&s->w);
    json_member_text(&s->w, "summaryTimeUnit", s->o->time_unit_name);
    json_member_bool(&s->w, "noColor", s->o->no_color);
    json_writer_end(&s->w);
    json_writer_key(&s->w, VIEW("state"));
    json_writer_object(&s->w);
    json_member_bool(&s->w, "isStdOutTTY", s->o->stdout_tty);
    json_member_bool(&s->w, "isStdErrTTY", s->o->stderr_tty);
    json_member_double(&s->w, "testRunDurationMs", s->d->elapsed_s * 1000);
    json_writer_end(&s->w);
}

/* ---- ours ---- */

/* What k6 does not know stands under one key of its own. */
static void write_halftime(struct sheet *s, const struct run_state *r) {
    if (!r->validity || !s->export)
        return; /* handleSummary is given exactly what k6 gives */
    json_writer_key(&s->w, VIEW("halftime"));
    json_writer_object(&s->w);
    json_writer_key(&s->w, VIEW("validity"));
    meaning_validity_json(r->validity, &s->w);
    json_writer_end(&s->w);
}

/* ---- the machine-readable shape ---- */

static void begin_result(struct sheet *s, struct view name, enum metric_type type, enum metric_contains contains) {
    json_writer_object(&s->w);
    json_member_text(&s->w, "name", name);
    json_member_text(&s->w, "type", view_of_cstr(metric_type_name(type)));
    json_member_text(&s->w, "contains", view_of_cstr(metric_contains_name(contains)));
    json_writer_key(&s->w, VIEW("values"));
    json_writer_object(&s->w);
}

static void end_result(struct sheet *s) {
    json_writer_end(&s->w);
    json_writer_end(&s->w);
}

static void put_matches(struct sheet *s, uint64_t matches, uint64_t total) {
    json_member_u64(&s->w, "matches", matches);
    json_member_u64(&s->w, "total", total);
    json_member_double(&s->w, "rate", total ? (double)matches / (double)total : 0);
}

static void write_check_results(struct sheet *s) {
    const struct summary_section *t = &s->d->total;
    uint64_t all = t->checks_passed + t->checks_failed;
    if (!t->has_checks)
        return;
    json_writer_key(&s->w, VIEW("checks"));
    json_writer_object(&s->w);
    json_member_array(&s->w, "metrics");
    begin_result(s, VIEW("checks_total"), METRIC_COUNTER, METRIC_DEFAULT);
    json_member_u64(&s->w, "count", all);
    end_result(s);
    begin_result(s, VIEW("checks_failed"), METRIC_RATE, METRIC_DEFAULT);
    put_matches(s, t->checks_failed, all);
    end_result(s);
    begin_result(s, VIEW("checks_succeeded"), METRIC_RATE, METRIC_DEFAULT);
    put_matches(s, t->checks_passed, all);
    end_result(s);
    json_writer_end(&s->w);
    json_member_array(&s->w, "results");
    for (const struct summary_check *c = t->checks; c; c = c->next) {
        json_writer_object(&s->w);
        json_member_text(&s->w, "name", c->name);
        json_member_u64(&s->w, "passes", c->passes);
        json_member_u64(&s->w, "fails", c->fails);
        json_writer_end(&s->w);
    }
    json_writer_end(&s->w);
    json_writer_end(&s->w);
}

/* "p(90)" is "p90" in this shape. */
static void put_trend(struct sheet *s, const struct summary_metric *m) {
    for (size_t i = 0; i < s->o->stat_count; i++) {
        char name[24];
        size_t n = 0;
        for (size_t k = 0; k < s->o->stat_names[i].len && n + 1 < sizeof name; k++)
            if (!strchr("()", s->o->stat_names[i].ptr[k]))
                name[n++] = s->o->stat_names[i].ptr[k];
        name[n] = 0;
        json_member_double(&s->w, name, trend_stat_value(s->o->stats[i], &m->sink.trend));
    }
}

static bool in_results(struct view base) {
    static const char *const left_out[] = {"checks", "group_duration", "http_req_blocked", "http_req_connecting", "http_req_receiving",
        "http_req_sending", "http_req_tls_handshaking", "http_req_waiting"};
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (view_starts_with(base, view_of_cstr(left_out[i])))
            return false;
    return true;
}

static void write_results(struct sheet *s) {
    json_writer_key(&s->w, VIEW("results"));
    json_writer_object(&s->w);
    write_check_results(s);
    json_member_array(&s->w, "metrics");
    for (size_t i = 0; i < s->d->total.metric_count; i++) {
        const struct summary_metric *m = &s->d->total.metrics[i];
        if (!in_results(m->base))
            continue;
        begin_result(s, m->name, m->type, m->contains);
        if (m->type == METRIC_RATE)
            put_matches(s, m->sink.rate.hits, m->sink.rate.total);
        else if (m->type == METRIC_TREND)
            put_trend(s, m);
        else if (m->type == METRIC_COUNTER)
            json_member_double(&s->w, "count", m->sink.counter.sum);
        else
            write_values(s, m);
        end_result(s);
    }
    json_writer_end(&s->w);
    json_writer_end(&s->w);
}

static void write_machine_readable(struct sheet *s, const struct run_state *r) {
    struct buf script CLEANUP(buf_deinit) = BUF_MAX(SCRIPT_SHOWN_MAX);
    char path[4096], now[40];
    snprintf(path, sizeof path, "%.*s", VIEW_ARGS(r->script_path));
    bool read = r->script_path.len < sizeof path && file_read(path, &script, NULL) == 0; /* k6 puts the script's text here */
    json_writer_object(&s->w);
    json_member_text(&s->w, "version", VIEW("1.0.0"));
    json_writer_key(&s->w, VIEW("metadata"));
    json_writer_object(&s->w);
    json_member_text(&s->w, "generated_at", view_of_cstr(clock_format_rfc3339(clock_wall_ns(), 9, now, sizeof now)));
    json_member_text(&s->w, "k6_version", VIEW(K6_VERSION));
    json_writer_end(&s->w);
    json_writer_key(&s->w, VIEW("config"));
    json_writer_object(&s->w);
    json_member_double(&s->w, "duration", s->d->elapsed_s);
    json_member_text(&s->w, "execution", VIEW("local"));
    json_member_text(&s->w, "script", read ? buf_view(&script) : r->script_path);
    json_writer_end(&s->w);
    write_results(s);
    write_halftime(s, r);
    json_writer_end(&s->w);
}

/* ---- whole ---- */

static int write_all(const struct run_state *r, const struct summary_options *o, bool export, struct buf *out) {
    struct summary_data d;
    int e = summary_data_init(&d, r, false);
    if (e < 0)
        return e;
    struct sheet s = {.w = json_writer_of(out), .d = &d, .o = o, .export = export};
    s.w.indent = export ? 4 : 0;
    if (o->machine_readable)
        write_machine_readable(&s, r);
    else {
        json_writer_object(&s.w);
        json_writer_key(&s.w, VIEW("root_group"));
        write_group(&s, &d.root, 0);
        if (!export)
            write_options(&s);
        write_metrics(&s);
        write_setup_data(&s, r);
        write_halftime(&s, r);
        json_writer_end(&s.w);
    }
    summary_data_deinit(&d);
    return json_writer_error(&s.w);
}

int summary_handle_data(const struct run_state *r, const struct summary_options *o, struct buf *json_out) {
    return write_all(r, o, false, json_out);
}

int summary_export_json(const struct run_state *r, const struct summary_options *o, struct buf *json_out) {
    return write_all(r, o, true, json_out);
}
