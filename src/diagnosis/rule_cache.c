/* Caches that miss, evict or never let go; queues of messages that nobody takes away. */
#include "diagnosis/diagnosis_priv.h"

#define HITS_FEW      0.5
#define COMMANDS_MIN  20.0
#define FULL          0.9
#define WITHOUT_TTL   0.5
#define GROWS_FIT     0.97
#define GROWS_BY      1.4  /* the end over the middle */
#define LOAD_GREW     1.15 /* less than that, so it is not the load */
#define BACKLOG_GROWS 1.0  /* messages a second */
enum { ENTRIES_MIN = 100, KEYS_MIN = 100 };

static void judge_redis(const struct facts *f, const struct diagnosis_probe *keys, struct findings *out) {
    const struct diagnosis_probe *without = facts_beside(f, keys, "redis.keys_without_ttl");
    const struct diagnosis_probe *used = facts_beside(f, keys, "redis.memory.used");
    double n = course_max(f, keys->values, &f->all),
           forever = without ? course_max(f, without->values, &f->all) : NAN;
    double limit = facts_mean_beside(f, keys, "redis.memory.limit", &f->all),
           memory = used ? course_max(f, used->values, &f->all) : NAN;
    double rejected = facts_mean_beside(f, keys, "redis.rejected_per_second", &f->all), slope = 0, fit = 0;
    bool grows = without && course_slope(f, without->values, &f->all, &slope, &fit) && slope > 1 && fit > 0.9;
    bool full = limit > 0 && memory > FULL * limit;

    if (n < KEYS_MIN || !(forever > WITHOUT_TTL * n) || (!grows && !full))
        return;
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_CACHE_WITHOUT_TTL, 0.75 + 0.1 * grows + 0.1 * full, full ? 0.8 : 0.5);
    finding_say(d, "%s of Redis's %s keys never expire", figure_count(forever).text, figure_count(n).text);
    finding_say(d, grows ? ", and %s more come each second" : "%.0s", figure_count(slope).text);
    finding_say(d, "; it uses %s", figure_bytes(memory).text);
    if (limit > 0)
        finding_say(d, " of %s", figure_bytes(limit).text);
    finding_say(d, rejected > 0 ? " and refuses commands." : ".");
    finding_remedy(d,
        "Give every key of a cache a time to live (SET key value EX 3600), and Redis a policy for the rest "
        "(maxmemory-policy allkeys-lru); more memory only postpones it.");
    finding_show(d, without, &f->all, "%s keys without an expiry", figure_count(forever).text);
    finding_show(d, used, &f->all, "%s used", figure_bytes(memory).text);
}

static void judge_evictions(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    double rate = course_mean(f, p->values, &f->all),
           hits = facts_mean_beside(f, p, "redis.hit_share", &f->busy);
    if (!(rate > 1))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CACHE_EVICTIONS, 0.75, hits < 0.8 ? 0.7 : 0.4);
    finding_say(d, "The cache threw out %s keys a second for want of memory", figure_count(rate).text);
    if (hits >= 0)
        finding_say(d, " and answered only %s of what it was asked", figure_share(hits).text);
    finding_say(d, ".");
    finding_remedy(d, "Give it more memory, shorter times to live, or smaller values; what is thrown out has "
                      "to be made again.");
    finding_show(d, p, &f->all, "%s evictions a second", figure_count(rate).text);
}

static void judge_hits(const struct facts *f, const char *name, const char *asked, struct findings *out) {
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, name));) {
        double hits = course_mean(f, p->values, &f->late);
        double commands = asked ? facts_mean_beside(f, p, asked, &f->busy) : f->busy_rate;
        if (!(hits < HITS_FEW) || !(commands > COMMANDS_MIN) || !(f->saturated || f->busy_ms > 100))
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CACHE_MISSES, 0.55, 0.35);
        finding_say(d, "The cache answered only %s of what it was asked: the rest was made anew.",
            figure_share(hits).text);
        finding_remedy(d, "Look at the keys (a user's id or a time in them?) and times to live, and warm the "
                          "cache before the rush.");
        finding_show(d, p, &f->late, "%s hits", figure_share(hits).text);
    }
}

void rule_cache(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *p = NULL;
    while ((p = facts_probe(f, p, "redis.keys")))
        judge_redis(f, p, out);
    for (p = NULL; (p = facts_probe(f, p, "redis.evictions_per_second"));)
        judge_evictions(f, p, out);
    judge_hits(f, "redis.hit_share", "redis.commands_per_second", out);
    judge_hits(f, "app.cache.hit_share", NULL, out);
}

/* --- a cache of the application --- */

static double mean_of_third(const struct facts *f, const float *values, size_t third) {
    struct span s = {.count = 0};
    for (size_t i = 0; i < f->n; i++)
        s.in[i] = i * 3 / f->n == third;
    return course_mean(f, values, &s);
}

static double rate_of_third(const struct facts *f, size_t third) {
    double requests = 0, width = 0;
    for (size_t i = 0; i < f->n; i++)
        if (i * 3 / f->n == third) {
            requests += f->in->seconds[i].requests;
            width += f->in->seconds[i].to_s - f->in->seconds[i].from_s;
        }
    return width > 0 ? requests / width : 0;
}

/* Entries that only ever become more, though the load does not: none expires, or not within this run. */
void rule_cache_growth(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *p = facts_probe(f, NULL, "app.cache.entries");
    double slope, fit;
    if (!p || findings_has(out, DIAGNOSIS_CACHE_WITHOUT_TTL, 0) ||
        !course_slope(f, p->values, &f->all, &slope, &fit))
        return;
    const struct diagnosis_probe *gone = facts_beside(f, p, "app.cache.evictions_per_second");
    const struct diagnosis_probe *bytes = facts_beside(f, p, "app.cache.bytes");
    double middle = mean_of_third(f, p->values, 1), end = mean_of_third(f, p->values, 2);
    double left = gone ? course_mean(f, gone->values, &f->late) : NAN, before = rate_of_third(f, 1),
           most = course_max(f, p->values, &f->all);
    if (most < ENTRIES_MIN || fit < GROWS_FIT || end < GROWS_BY * middle || left > 0.2 * slope ||
        (isnan(left) && rate_of_third(f, 2) > LOAD_GREW * before))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CACHE_WITHOUT_TTL, left >= 0 ? 0.9 : 0.72, 0.6);
    finding_say(d, "The application's cache grew by %s entries a second to %s%s", figure_count(slope).text,
        figure_count(most).text, left >= 0 ? " and let none go" : "");
    if (bytes)
        finding_say(d, " (%s)", figure_bytes(course_max(f, bytes->values, &f->all)).text);
    finding_say(d, left >= 0 ? ": its keys have no time to live."
                             : ": its keys have no time to live, or one longer than this run.");
    finding_remedy(d, "Give every key a time to live and the cache a limit (a number of entries or bytes, "
                      "the oldest go first); "
                      "without, it grows until memory is full, and old answers stay.");
    finding_show(d, p, &f->all, "up to %s entries", figure_count(most).text);
    if (gone)
        finding_show(d, gone, &f->late, "%s a second let go", figure_count(left).text);
    if (bytes)
        finding_show(d, bytes, &f->all, "up to %s", figure_bytes(course_max(f, bytes->values, &f->all)).text);
}

/* --- messages --- */

void rule_messages(const struct facts *f, struct findings *out) {
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, "rabbitmq.messages.ready"));) {
        double slope, fit, in_rate = facts_mean_beside(f, p, "rabbitmq.publish_per_second", &f->busy);
        double out_rate = facts_mean_beside(f, p, "rabbitmq.deliver_per_second", &f->busy);
        double consumers = facts_mean_beside(f, p, "rabbitmq.consumers", &f->busy);
        if (!course_slope(f, p->values, &f->late, &slope, &fit) || slope < BACKLOG_GROWS)
            continue;
        double whole, whole_fit; /* RabbitMQ counts every five seconds: a late part is too short for a line then */
        if (fit < 0.9 && (!course_slope(f, p->values, &f->all, &whole, &whole_fit) || whole_fit < 0.8))
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_MESSAGE_BACKLOG, 0.88, 0.5);
        finding_say(d, "Messages pile up by %s a second to %s: ", figure_count(slope).text,
            figure_count(course_max(f, p->values, &f->all)).text);
        if (in_rate > 0)
            finding_say(d, "%s a second come and ", figure_count(in_rate).text);
        if (consumers < 0.5) { /* RabbitMQ tells no rate of deliveries before the first one */
            finding_say(d, "nobody takes them: no consumer is there.");
            finding_remedy(d, "Start the consumers; when they run, they have lost their connection or listen to another queue.");
        } else {
            finding_say(d, "%s a second are taken by %s consumers.", figure_count(out_rate > 0 ? out_rate : 0).text,
                figure_count(consumers).text);
            finding_remedy(d,
                "Add consumers (about %s for this load), let them prefetch more, or make their work cheaper.",
                figure_count(out_rate > 0 && in_rate > 0 ? ceil(consumers * in_rate / out_rate) : consumers + 1).text);
        }
        finding_show(d, p, &f->all, "up to %s waiting", figure_count(course_max(f, p->values, &f->all)).text);
    }
}
