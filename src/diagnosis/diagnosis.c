/* Every rule looks at the same facts and adds what it finds; then causes are put before what they cause. A
 * finding that another one explains never ranks above it, however striking it is. */
#include "diagnosis/diagnosis_priv.h"

#include <stdlib.h>

#define EXPLAINS_FROM 0.6 /* confidence from which a cause explains */
#define HURTS_FAILED  0.01
#define HURTS_TIMES   2.5
#define HURTS_MS      50.0

/* In this order: later ones may ask what was found. */
static diagnosis_rule *const rules[] = {
    rule_generator,
    rule_network,
    rule_script,
    rule_rate_limit,
    rule_errors,
    rule_workers,
    rule_accept_queue,
    rule_cpu,
    rule_elasticity,
    rule_db_pool,
    rule_db_connections,
    rule_lock,
    rule_queries,
    rule_n_plus_1,
    rule_upstream,
    rule_memory_leak,
    rule_memory_full,
    rule_cache,
    rule_cache_growth,
    rule_messages,
    rule_churn,
    rule_static,
    rule_cached_pages,
    rule_stalls,
    rule_cold_start,
    rule_saturated,
    rule_knee,
    rule_converging,
    rule_overprovisioned,
};

static double score(const struct diagnosis_finding *d) {
    return d->confidence * (0.45 + 0.55 * d->impact) - (diagnosis_kind_note(d->kind) ? 1 : 0);
}

static int by_score(const void *a, const void *b) {
    double x = score(a), y = score(b);
    return x != y ? (x < y ? 1 : -1) : 0;
}

static void swap_down(struct diagnosis_finding *list, size_t from, size_t to) {
    struct diagnosis_finding moved = list[from];
    for (size_t i = from; i < to; i++)
        list[i] = list[i + 1];
    list[to] = moved;
}

/* Each symptom goes behind the last of its causes. Bounded: explanations have no circles worth following. */
static void order(struct findings *out) {
    qsort(out->list, out->count, sizeof *out->list, by_score);
    for (size_t pass = 0; pass < out->count; pass++)
        for (size_t i = out->count; i-- > 0;) {
            size_t behind = i;
            for (size_t k = i + 1; k < out->count; k++)
                if (out->list[k].confidence >= EXPLAINS_FROM && !diagnosis_kind_note(out->list[k].kind) &&
                    diagnosis_kind_explains(out->list[k].kind, out->list[i].kind) &&
                    !diagnosis_kind_explains(out->list[i].kind, out->list[k].kind))
                    behind = k;
            if (behind > i)
                swap_down(out->list, i, behind);
        }
}

static bool hurts(const struct facts *f, char why[DIAGNOSIS_TEXT_MAX]) {
    const struct diagnosis_options *o = &f->in->options;
    const struct histogram *h = f->in->times;
    double at = h && h->count ? histogram_percentile(h, o->slo_quantile > 0 ? o->slo_quantile : 0.95) : 0;
    struct diagnosis_finding text = {.kind = DIAGNOSIS_UNKNOWN};
    if (f->failed > HURTS_FAILED * f->requests && f->failed >= 5)
        finding_say(
            &text, "%s of %s requests failed", figure_count(f->failed).text, figure_count(f->requests).text);
    else if (o->slo_ms > 0 && at > o->slo_ms)
        finding_say(&text, "requests took longer (%s) than they may (%s)", figure_ms(at).text,
            figure_ms(o->slo_ms).text);
    else if (f->ramp && f->busy_ms > HURTS_TIMES * f->calm_ms && f->busy_ms - f->calm_ms > HURTS_MS)
        finding_say(&text, "times rose from %s to %s with the load", figure_ms(f->calm_ms).text,
            figure_ms(f->busy_ms).text);
    memcpy(why, text.sentence, sizeof text.sentence);
    return text.sentence[0] != '\0';
}

static void admit(const struct facts *f, struct findings *out) {
    char why[DIAGNOSIS_TEXT_MAX];
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].confidence >= 0.5 && !diagnosis_kind_note(out->list[i].kind))
            return;
    if (!hurts(f, why))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_UNKNOWN, 0.5, 0.5);
    finding_say(d, "I can't tell why %s: %s.", why,
        f->in->probe_count ? "nothing that was observed explains it" : "the server was not observed");
    finding_remedy(d, f->in->probe_count ? "Observe more of what the requests pass through: the database, "
                                           "caches, the proxy before it, each host (--observe)."
                                         : "Observe it during the next run: --observe proc:NAME, --observe "
                                           "prometheus:URL, --observe postgres://…, --observe host.");
    finding_show(d, NULL, &f->all, "%.150s", why);
}

size_t diagnosis_run(const struct diagnosis_input *in, struct diagnosis_finding *out, size_t max) {
    struct facts *f = calloc(1, sizeof *f);
    struct findings *all = calloc(1, sizeof *all);
    struct diagnosis_finding list[DIAGNOSIS_FINDINGS_MAX];
    size_t n = 0;

    if (f && all) {
        *all = (struct findings){.list = list, .max = DIAGNOSIS_FINDINGS_MAX};
        facts_of(f, in);
        for (size_t i = 0; i < sizeof rules / sizeof *rules && f->requests >= DIAGNOSIS_REQUESTS_MIN; i++)
            rules[i](f, all);
        if (f->requests >= DIAGNOSIS_REQUESTS_MIN)
            admit(f, all);
        order(all);
        n = all->count < max ? all->count : max;
        for (size_t i = 0; i < n; i++)
            out[i] = list[i];
    }
    free(f);
    free(all);
    return n;
}
