#include "web/web_k6.h"

#include <math.h>
#include <stdlib.h>

#include "report/summary_data.h"

static json_t *text_of(struct view v) {
    return json_stringn_nocheck(v.ptr ? v.ptr : "", v.len);
}

static json_t *number_of(double v) {
    return isfinite(v) ? json_real(v) : json_null();
}

json_t *web_k6_document(json_t *data) {
    return json_pack("{s:o}", "data", data ? data : json_null());
}

json_t *web_k6_error(const char *status, const char *title, const char *detail) {
    return json_pack("{s:[{s:s,s:s,s:s}]}", "errors", "status", status, "title", title, "detail", detail);
}

json_t *web_k6_find(const json_t *list, const char *id) {
    size_t i;
    json_t *one;

    json_array_foreach((json_t *)(uintptr_t)list, i, one) {
        const char *text = json_string_value(json_object_get(one, "id"));
        if (text && strcmp(text, id) == 0)
            return json_incref(one);
    }
    return NULL;
}

/* ---- status ---- */

static enum web_k6_status status_of(const struct run_state *r) {
    static const enum web_k6_status shown[] = {[RUN_INIT] = WEB_K6_INIT_VUS,
        [RUN_SETUP] = WEB_K6_SETUP,
        [RUN_RUNNING] = WEB_K6_RUNNING,
        [RUN_TEARDOWN] = WEB_K6_TEARDOWN,
        [RUN_ENDED] = WEB_K6_ENDED};
    return shown[r->phase];
}

static bool tainted(const struct run_state *r) {
    for (size_t i = 0; r && i < r->plan->threshold_count; i++)
        if (!r->thresholds[i].ok)
            return true;
    return false;
}

json_t *web_k6_status(const struct run_state *r, bool ended) {
    enum web_k6_status s = r ? status_of(r) : ended ? WEB_K6_ENDED : WEB_K6_CREATED;
    bool stopped = r && r->stopped_by;

    return json_pack("{s:{s:s,s:s,s:{s:i,s:b,s:I,s:I,s:b,s:b,s:b}}}", "data", "type", "status", "id",
        "default", "attributes", "status", (int)s, "paused", 0, "vus", (json_int_t)(r ? r->users_active : 0),
        "vus-max", (json_int_t)(r ? r->users_initialised : 0), "stopped", (int)(stopped || ended), "running",
        (int)(r && r->phase == RUN_RUNNING && !stopped), "tainted", (int)tainted(r));
}

/* ---- metrics ---- */

static json_t *trend_sample(const struct histogram *h) {
    bool any = h->count > 0;

    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "min", number_of(any ? h->min : 0), "max",
        number_of(any ? h->max : 0), "avg", number_of(any ? histogram_mean(h) : 0), "med",
        number_of(histogram_percentile(h, 0.5)), "p(90)", number_of(histogram_percentile(h, 0.9)), "p(95)",
        number_of(histogram_percentile(h, 0.95)));
}

static json_t *sample_of(const struct summary_data *d, const struct summary_metric *m) {
    const struct sink *s = &m->sink;

    switch (m->type) {
    case METRIC_COUNTER:
        return json_pack("{s:o,s:o}", "count", number_of(s->counter.sum), "rate",
            number_of(summary_rate(d, s->counter.sum)));
    case METRIC_GAUGE: return json_pack("{s:o}", "value", number_of(s->gauge.count ? s->gauge.last : 0));
    case METRIC_RATE:
        return json_pack(
            "{s:o}", "rate", number_of(s->rate.total ? (double)s->rate.hits / (double)s->rate.total : 0));
    case METRIC_TREND: return trend_sample(&s->trend);
    }
    return json_object();
}

/* null: no threshold watches it. */
static json_t *taint_of(const struct summary_data *d, struct view name) {
    json_t *tainted_so_far = NULL;

    for (size_t i = 0; i < d->threshold_count; i++)
        if (view_eq(d->thresholds[i].target, name)) {
            bool before = json_is_true(tainted_so_far);
            json_decref(tainted_so_far);
            tainted_so_far = json_boolean(before || !d->thresholds[i].ok);
        }
    return tainted_so_far ? tainted_so_far : json_null();
}

static json_t *metric_of(const struct summary_data *d, const struct summary_metric *m) {
    return json_pack("{s:s,s:o,s:{s:s,s:s,s:o,s:o}}", "type", "metrics", "id", text_of(m->name), "attributes",
        "type", metric_type_name(m->type), "contains", metric_contains_name(m->contains), "tainted",
        taint_of(d, m->name), "sample", sample_of(d, m));
}

json_t *web_k6_metrics(const struct run_state *r) {
    struct summary_data *d = r ? calloc(1, sizeof *d) : NULL;
    json_t *list = json_array();

    if (!d)
        return list;
    if (summary_data_init(d, r, false) == 0)
        for (size_t i = 0; i < d->total.metric_count; i++)
            (void)json_array_append_new(list, metric_of(d, &d->total.metrics[i]));
    summary_data_deinit(d);
    free(d);
    return list;
}

/* ---- groups ---- */

static json_t *checks_of(const struct summary_group *g) {
    json_t *list = json_array();

    for (const struct summary_check *c = g->checks; c; c = c->next)
        (void)json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:I,s:I}", "id", c->id, "path", text_of(c->path), "name",
                      text_of(c->name), "passes", (json_int_t)c->passes, "fails", (json_int_t)c->fails));
    return list;
}

static void add_group(
    json_t *list, const struct summary_group *g, const struct summary_group *parent, int depth) {
    enum { DEPTH_MAX = 64 };
    json_t *inner = json_array();

    for (const struct summary_group *one = g->groups; one; one = one->next)
        (void)json_array_append_new(inner, json_pack("{s:s,s:s}", "type", "groups", "id", one->id));
    json_t *up = parent ? json_pack("{s:s,s:s}", "type", "groups", "id", parent->id) : json_null();
    (void)json_array_append_new(
        list, json_pack("{s:s,s:s,s:{s:o,s:o,s:o},s:{s:{s:o},s:{s:o}}}", "type", "groups", "id", g->id,
                  "attributes", "path", text_of(g->path), "name", text_of(g->name), "checks", checks_of(g),
                  "relationships", "groups", "data", inner, "parent", "data", up));
    for (const struct summary_group *one = g->groups; one && depth < DEPTH_MAX; one = one->next)
        add_group(list, one, g, depth + 1);
}

json_t *web_k6_groups(const struct run_state *r) {
    struct summary_data *d = r ? calloc(1, sizeof *d) : NULL;
    json_t *list = json_array();

    if (!d)
        return list;
    if (summary_data_init(d, r, false) == 0)
        add_group(list, &d->root, NULL, 0);
    summary_data_deinit(d);
    free(d);
    return list;
}

json_t *web_k6_setup(struct view data) {
    json_t *value = data.len ? json_loadb(data.ptr, data.len, JSON_DECODE_ANY, NULL) : NULL;

    return json_pack("{s:s,s:s,s:{s:o}}", "type", "setupData", "id", "default", "attributes", "data",
        value ? value : json_null());
}
