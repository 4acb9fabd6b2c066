/* What the course of load and time says without a probe: the knee, how much is worked on inside at a time,
 * figures that had not settled, and what could be taken away. */
#include "diagnosis/diagnosis_priv.h"
#include "stats/steady.h"

enum { QUEUED_REQUESTS_MIN = 50 };
#define CAUSE_KNOWN      0.6
#define DRIFT_MIN        0.25 /* of the mean, over the later half */
#define QUEUED_TIMES     2.5
#define QUEUED_MS_MIN    30.0
#define QUEUED_SHARE_MIN 0.7
#define IDLE             0.25

static bool cause_known(const struct findings *out) {
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].confidence >= CAUSE_KNOWN && !diagnosis_kind_note(out->list[i].kind))
            return true;
    return false;
}

/* Without low load to compare with: the quickest request of each endpoint waited for nobody. The share of all
 * time that is spent at endpoints whose requests usually take much longer than that. */
static double queued_share(const struct facts *f, double *quickest_ms) {
    double queued = 0, all = 0, quick = 0, requests = 0;
    for (size_t i = 0; i < f->in->endpoint_count; i++) {
        const struct diagnosis_endpoint *e = &f->in->endpoints[i];
        if (e->times.count < QUEUED_REQUESTS_MIN)
            continue;
        double least = histogram_percentile(&e->times, 0.01), mean = histogram_mean(&e->times);
        double usual = histogram_percentile(&e->times, 0.25);
        all += e->times.sum;
        if (usual < QUEUED_TIMES * least || mean - least < QUEUED_MS_MIN)
            continue;
        queued += e->times.sum;
        quick += least * (double)e->times.count;
        requests += (double)e->times.count;
    }
    *quickest_ms = requests > 0 ? quick / requests : NAN;
    return all > 0 ? queued / all : 0;
}

static void say_queued(const struct facts *f, struct findings *out) {
    double quickest_ms, share = queued_share(f, &quickest_ms);
    if (f->ramp || share < QUEUED_SHARE_MIN || cause_known(out))
        return;
    double inside = fmax(1, f->busy_rate * quickest_ms / 1000);
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SATURATED, 0.5, 0.7);
    finding_say(d,
        "At a load that stayed the same the quickest requests took %s but three of four much longer (mean "
        "%s): most of the "
        "time they wait for each other. Something inside works on about %s at a time.",
        figure_ms(quickest_ms).text, figure_ms(f->busy_ms).text, figure_count(inside).text);
    finding_remedy(d, "Look for a limit of that size: workers, threads, a connection pool, a lock, cores. "
                      "Observing the server names it: "
                      "--observe proc:NAME, --observe prometheus:URL, --observe postgres://….");
    finding_show(d, NULL, &f->all, "%s of the time at endpoints that queue", figure_share(share).text);
}

void rule_saturated(const struct facts *f, struct findings *out) {
    const char *unit = f->open ? "arrivals/s" : "users";
    if (!f->saturated)
        say_queued(f, out);
    if (!f->saturated || cause_known(out))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SATURATED, 0.55, 0.7);
    finding_say(d,
        "From about %s %s on throughput stays near %s requests/s while times rise from %s to %s: something "
        "inside is full. It works "
        "on about %s requests at a time.",
        figure_count(f->knee_users).text, unit, figure_count(f->busy_rate).text, figure_ms(f->calm_ms).text,
        figure_ms(f->busy_ms).text, figure_count(fmax(1, f->inside)).text);
    finding_remedy(d,
        "Look for a limit of that size: workers, threads, a connection pool%s. Observing the server names "
        "it: --observe proc:NAME, "
        "--observe prometheus:URL, --observe postgres://….",
        f->inside < 1.6 ? ", one lock, one core" : ", cores");
    finding_show(d, NULL, &f->busy, "%s requests/s at %s %s", figure_count(f->busy_rate).text,
        figure_count(f->busy_users).text, unit);
    finding_show(
        d, NULL, &f->calm, "%s at %s %s", figure_ms(f->calm_ms).text, figure_count(f->calm_users).text, unit);
}

void rule_knee(const struct facts *f, struct findings *out) {
    if (!f->saturated)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_KNEE, 0.7, 0.3);
    finding_say(d, "The knee lies near %s %s: there it does %s requests/s, and more load only makes a queue.",
        figure_count(f->knee_users).text, f->open ? "arrivals/s" : "users", figure_count(f->busy_rate).text);
    finding_remedy(d, "halftime capacity finds it exactly, with an interval.");
    finding_show(d, NULL, &f->busy, "%s at high load, %s at low", figure_ms(f->busy_ms).text,
        figure_ms(f->calm_ms).text);
}

/* --- not settled --- */

static bool load_is_steady(const struct facts *f) {
    double least = INFINITY, most = 0;
    for (size_t i = f->n / 3; i < f->n; i++) {
        double load = facts_load(f, i);
        least = fmin(least, load);
        most = fmax(most, load);
    }
    return least > 0.95 * most;
}

void rule_converging(const struct facts *f, struct findings *out) {
    struct steady_point points[DIAGNOSIS_SECONDS_MAX];
    size_t n = 0;
    bool steady = load_is_steady(f);
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        if (s->requests > 0)
            points[n++] = (struct steady_point){
                .from_s = s->from_s, .to_s = s->to_s, .sum = s->mean * s->requests, .weight = s->requests};
    }
    struct steady s = steady_of(points, n);
    double drift = s.slope_per_s * s.seconds / 2;
    if ((s.verdict != STEADY_RISING && s.verdict != STEADY_FALLING) || fabs(drift) < DRIFT_MIN * s.mean)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CONVERGING, 0.7, 0.3);
    finding_say(d, "Times were still %s by %s each second when the test ended%s: this is not a result yet.",
        s.verdict == STEADY_RISING ? "rising" : "falling", figure_ms(fabs(s.slope_per_s)).text,
        steady ? "" : ", and the load changed until then");
    finding_remedy(
        d, steady ? "Run longer, or until it has settled (--until-steady)."
                  : "Hold the highest load until times have settled (a last stage of a minute or more).");
    finding_show(d, NULL, &f->late, "mean %s", figure_ms(s.mean).text);
}

/* --- too much --- */

static double used_of(const struct facts *f, const char *level, const char *limit) {
    const struct diagnosis_probe *p = facts_probe(f, NULL, level),
                                 *q = p && limit ? facts_beside(f, p, limit) : NULL;
    double most = p ? course_max(f, p->values, &f->all) : NAN, of = q ? course_max(f, q->values, &f->all) : 1;
    return limit && !(of > 0) ? NAN : most / (limit ? of : 1);
}

void rule_overprovisioned(const struct facts *f, struct findings *out) {
    static const struct {
        const char *level, *limit, *what;
    } resources[] = {
        {"cgroup.cpu.used", "cgroup.cpu.limit", "of the processor quota"},
        {"host.cpu.used", NULL, "of the processor"},
        {"app.workers.busy", "app.workers", "of the workers"},
        {"app.pool.busy", "app.pool.limit", "of the pool"},
        {"cgroup.memory.used", "cgroup.memory.limit", "of the memory"},
    };
    const struct diagnosis_options *o = &f->in->options;
    double p95 = f->in->times && f->in->times->count
                     ? histogram_percentile(f->in->times, o->slo_quantile > 0 ? o->slo_quantile : 0.95)
                     : NAN;
    struct diagnosis_finding *d = NULL;

    if ((!(o->cost_per_hour > 0) && !(o->slo_ms > 0)) || cause_known(out) || f->saturated ||
        f->failed > 0.01 * f->requests || (o->slo_ms > 0 && !(p95 < o->slo_ms)))
        return;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        double used = used_of(f, resources[i].level, resources[i].limit);
        if (!(used < IDLE))
            continue;
        if (!d) {
            d = findings_add(out, DIAGNOSIS_OVERPROVISIONED, 0.6, 0.2);
            finding_say(d, "At this load at most ");
        }
        finding_say(d, "%s%s %s", d->evidence_count ? ", " : "", figure_share(used).text, resources[i].what);
        finding_show(d, facts_probe(f, NULL, resources[i].level), &f->all, "%s %s at most",
            figure_share(used).text, resources[i].what);
    }
    if (!d)
        return;
    finding_say(d, " was used.");
    finding_remedy(d, "If this is the highest load to be expected, half of it would do; try the smaller size "
                      "with the same test "
                      "(halftime matrix).");
}
