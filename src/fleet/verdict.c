/* Thresholds against the merged statistics. A sub-metric is collected from the series whose tags match its filter: exact, because the
 * histograms are merged, not their percentiles. */
#include "fleet/controller_priv.h"

#include <errno.h>
#include <stdlib.h>

int verdict_init(struct controller *c) {
    c->watches = calloc(c->plan.threshold_count + 1, sizeof *c->watches);
    if (!c->watches)
        return -ENOMEM;
    for (size_t i = 0; i < c->plan.threshold_count; i++) {
        const struct plan_threshold *t = &c->plan.thresholds[i];
        struct threshold_watch *w = &c->watches[i];
        struct error err = ERROR_NULL;
        c->run.thresholds[i] = (struct run_threshold){.target = t->target, .expression = t->expression, .ok = true};
        if (threshold_target_parse(t->target, &w->target, &err) < 0 || threshold_expr_parse(t->expression, &w->expr, &err) < 0)
            return ERROR_SYNTAX; /* make_plan checked them: cannot happen */
    }
    return 0;
}

void verdict_deinit(struct controller *c) { free(c->watches); }

static bool evaluate_one(struct controller *c, size_t i, bool running) {
    struct threshold_watch *w = &c->watches[i];
    struct run_threshold *t = &c->run.thresholds[i];
    struct sink sink;
    double elapsed_s = (double)c->run.elapsed_us / 1e6;
    w->known = w->known || metrics_find(c->total.metrics, w->target.metric, &w->metric);
    if (!w->known) {
        t->ok = true; /* a custom metric that nobody has added to yet: decided when it is registered, or silent to the end */
        return true;
    }
    if (series_store_collect(c->total.series, w->metric, w->target.filter, w->target.filter_count, &sink) < 0)
        return t->ok;
    t->ok = threshold_expr_passes(&w->expr, &sink, elapsed_s, running);
    t->observed = threshold_expr_value(&w->expr, &sink, elapsed_s);
    sink_deinit(&sink);
    return t->ok;
}

bool verdict_evaluate(struct controller *c, bool running) {
    bool all = true;
    if (c->o->no_thresholds)
        return true;
    for (size_t i = 0; i < c->plan.threshold_count; i++) {
        const struct plan_threshold *p = &c->plan.thresholds[i];
        if (evaluate_one(c, i, running))
            continue;
        all = false;
        if (running && p->abort_on_fail && c->run.elapsed_us > p->delay_abort_us)
            c->run.thresholds[i].aborted_by = true;
    }
    return all;
}

void verdict_names(struct controller *c, struct buf *out) {
    for (size_t i = 0; i < c->plan.threshold_count; i++) {
        struct view name = c->run.thresholds[i].target;
        bool told = c->run.thresholds[i].ok;
        for (size_t k = 0; k < i && !told; k++)
            told = !c->run.thresholds[k].ok && view_eq(c->run.thresholds[k].target, name);
        if (!told && buf_printf(out, "%s%.*s", out->len ? ", " : "", VIEW_ARGS(name)) < 0)
            return;
    }
}
