/* Memory that grows with the requests, or has no more room. */
#include "diagnosis/diagnosis_priv.h"

#define LEAK_BYTES_PER_REQUEST_MIN (3.0 * 1024)
#define LEAK_BYTES_MIN             (6.0 * 1024 * 1024) /* in the second half of the run */
#define LEAK_SHARE_MIN             0.05 /* of all it has: an interpreter that warms up grows by less */
#define LEAK_FIT_MIN               0.93
#define LEAK_GOES_ON               0.5 /* the second half grows by at least so much of what the first did */
#define MEMORY_NEAR                0.95
#define SWAP_PAGES_MIN             10.0
enum { LEAK_SECONDS_MIN = 6 };

/* Growth of the first and of the second half of what was heard. */
static bool halves(
    const struct facts *f, const float *values, double *first, double *second, double *seconds) {
    size_t heard[DIAGNOSIS_SECONDS_MAX], n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (!isnan(values[i]))
            heard[n++] = i;
    if (n < LEAK_SECONDS_MIN)
        return false;
    size_t from = heard[0], middle = heard[n / 2], to = heard[n - 1];
    *first = values[middle] - values[from];
    *second = values[to] - values[middle];
    *seconds = f->in->seconds[to].from_s - f->in->seconds[middle].from_s;
    return *seconds > 0;
}

static double room_left_s(const struct facts *f, double level, double per_s) {
    static const char *const limits[][2] = {
        {"cgroup.memory.limit", "cgroup.memory.used"}, {"host.memory.limit", "host.memory.used"}};
    for (size_t i = 0; i < 2; i++) {
        double limit = facts_mean(f, limits[i][0], &f->late), used = facts_mean(f, limits[i][1], &f->late);
        if (limit > 0)
            return (limit - (used > 0 ? used : level)) / per_s;
    }
    return NAN;
}

static void judge_growth(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    double first, second, seconds, slope, fit, left;
    if (!halves(f, p->values, &first, &second, &seconds) ||
        !course_slope(f, p->values, &f->late, &slope, &fit))
        return;
    double rate = f->requests / f->seconds, per_request = rate > 0 ? second / seconds / rate : 0;
    double last = course_max(f, p->values, &f->late);
    if (second < LEAK_BYTES_MIN || second < LEAK_SHARE_MIN * last ||
        per_request < LEAK_BYTES_PER_REQUEST_MIN || fit < LEAK_FIT_MIN || second < LEAK_GOES_ON * first ||
        findings_has(out, DIAGNOSIS_MEMORY_LEAK, 0))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_MEMORY_LEAK,
        0.72 + 0.15 * clamp01((fit - LEAK_FIT_MIN) / 0.06) + 0.1 * (second > 0.8 * first), 0.6);
    left = room_left_s(f, last, slope);
    finding_say(d,
        "The server's memory rose by %s a second to %s and did not stop: each request leaves about %s "
        "behind.",
        figure_bytes(slope).text, figure_bytes(last).text, figure_bytes(per_request).text);
    if (left > 0 && left < 48 * 3600)
        finding_say(d, " At this load it is full in about %s min.", figure_count(ceil(left / 60)).text);
    finding_remedy(d,
        "Look what is kept between requests (a list or cache at module level, listeners, sessions): compare "
        "two heap "
        "snapshots under load. Until then restart workers after so many requests (gunicorn --max-requests).");
    finding_show(
        d, p, &f->all, "from %s to %s", figure_bytes(last - first - second).text, figure_bytes(last).text);
}

void rule_memory_leak(const struct facts *f, struct findings *out) {
    static const char *const names[] = {"app.memory.rss", "proc.memory.rss", "cgroup.memory.used"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, names[i]));)
            judge_growth(f, p, out);
}

static void judge_full(
    const struct facts *f, const char *used_name, const char *limit_name, struct findings *out) {
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, used_name));) {
        double limit = facts_mean_beside(f, p, limit_name, &f->all), most = course_max(f, p->values, &f->all);
        double kills = facts_mean_beside(f, p, "cgroup.oom_kills_per_second", &f->all);
        if (!(limit > 0) || (!(most > MEMORY_NEAR * limit) && !(kills > 0)))
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_MEMORY_FULL, kills > 0 ? 0.95 : 0.75, 0.7);
        finding_say(d, "Memory was full: %s of %s%s.", figure_bytes(most).text, figure_bytes(limit).text,
            kills > 0 ? ", and the kernel killed processes for it" : "");
        finding_remedy(d, "Give it more memory, or fewer workers and smaller caches; a process that is "
                          "killed takes its requests "
                          "with it.");
        finding_show(d, p, &f->all, "%s of %s", figure_bytes(most).text, figure_bytes(limit).text);
    }
}

void rule_memory_full(const struct facts *f, struct findings *out) {
    judge_full(f, "cgroup.memory.used", "cgroup.memory.limit", out);
    judge_full(f, "host.memory.used", "host.memory.limit", out);
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, "host.swap.in_per_second"));) {
        double rate = course_mean(f, p->values, &f->busy);
        if (!(rate > SWAP_PAGES_MIN) || course_share_above(f, p->values, &f->busy, SWAP_PAGES_MIN) < 0.4)
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SWAP, 0.85, 0.7);
        finding_say(d,
            "The machine read memory back from its swap (%s pages a second): what takes microseconds takes "
            "milliseconds then.",
            figure_count(rate).text);
        finding_remedy(d, "Use less memory (fewer workers, smaller caches and pools) or add some.");
        finding_show(d, p, &f->busy, "%s pages a second", figure_count(rate).text);
    }
}
