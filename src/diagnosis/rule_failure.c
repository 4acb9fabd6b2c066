/* Answers that say no: rate limits, errors by chance, errors under load. */
#include "diagnosis/diagnosis_priv.h"

#define REFUSED_MIN 0.005
#define ERRORS_MIN  0.004
#define UNDER_LOAD  3.0 /* so many times more often at high load than at low */
enum { ERRORS_COUNT_MIN = 5 };

static double total_of(const struct facts *f, enum diagnosis_status s, const struct span *in) {
    double n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += in->in[i] ? f->in->seconds[i].statuses[s] : 0;
    return n;
}

static double requests_of(const struct facts *f, const struct span *in) {
    double n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += in->in[i] ? f->in->seconds[i].requests : 0;
    return n;
}

static void concern(
    const struct facts *f, struct diagnosis_finding *d, enum diagnosis_status a, enum diagnosis_status b) {
    for (size_t i = 0; i < f->in->endpoint_count; i++) {
        const struct diagnosis_endpoint *e = &f->in->endpoints[i];
        if (e->statuses[a] + e->statuses[b] > 0.002 * e->requests)
            finding_concerns(d, e->name);
    }
}

/* --- 429 --- */

/* What passes in a second in which something was refused. The first of them lets a burst through. */
static double passes(const struct facts *f) {
    float good[DIAGNOSIS_SECONDS_MAX];
    struct span refusing = {.count = 0};
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        good[i] = (float)(s->statuses[DIAGNOSIS_GOOD] / (s->to_s - s->from_s));
        refusing.in[i] = s->statuses[DIAGNOSIS_429] > 0;
    }
    return course_median(f, good, &refusing);
}

void rule_rate_limit(const struct facts *f, struct findings *out) {
    double refused = total_of(f, DIAGNOSIS_429, &f->all), share = f->requests > 0 ? refused / f->requests : 0;
    struct span when = {.count = 0};

    if (refused < ERRORS_COUNT_MIN || share < REFUSED_MIN)
        return;
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        if (s->statuses[DIAGNOSIS_429] <= 0)
            continue;
        when.from_s = when.count++ ? when.from_s : s->from_s;
        when.to_s = s->to_s;
    }
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_RATE_LIMIT, 0.9 + 0.09 * clamp01(10 * share), fmax(share, 0.8));
    finding_say(d,
        "%s of %s requests were refused with 429 (too many requests): a rate limit or quota lets about %s a "
        "second "
        "pass.",
        figure_count(refused).text, figure_count(f->requests).text, figure_count(passes(f)).text);
    finding_remedy(d,
        "Raise the limit for this test or for good (nginx limit_req, the API gateway, the provider's quota), "
        "or spread the "
        "load over more keys and addresses if it counts per client; real clients should heed Retry-After.");
    finding_show(
        d, NULL, &when, "%s answers 429, %s of all", figure_count(refused).text, figure_share(share).text);
    concern(f, d, DIAGNOSIS_429, DIAGNOSIS_429);
}

/* --- 5xx and no answer --- */

static double bad_share(const struct facts *f, const struct span *s) {
    double n = requests_of(f, s);
    return n > 0 ? (total_of(f, DIAGNOSIS_5XX, s) + total_of(f, DIAGNOSIS_OVERLOADED, s) +
                       total_of(f, DIAGNOSIS_NO_ANSWER, s)) /
                       n
                 : NAN;
}

static void say_overload(const struct facts *f, double bad, double share, double none, struct findings *out) {
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_OVERLOAD, 0.6, fmax(0.4, share));
    finding_say(d, "%s of %s requests failed (%s), nearly all at high load: ", figure_count(bad).text,
        figure_count(f->requests).text, figure_share(share).text);
    finding_say(d, none > 0.5 * bad ? "they found no connection or no answer in time."
                                    : "the server, or what stands before it, gave up.");
    finding_remedy(d, "Find what was full then (observe the server: --observe proc:, --observe prometheus:); "
                      "refusing early (a short "
                      "queue, 503 with Retry-After) is better than a long wait that ends in a timeout.");
    finding_show(d, NULL, &f->busy, "%s failed at high load", figure_share(bad_share(f, &f->busy)).text);
    concern(f, d, DIAGNOSIS_5XX, DIAGNOSIS_OVERLOADED);
}

void rule_errors(const struct facts *f, struct findings *out) {
    double none = total_of(f, DIAGNOSIS_NO_ANSWER, &f->all), own = total_of(f, DIAGNOSIS_5XX, &f->all);
    double bad = none + own + total_of(f, DIAGNOSIS_OVERLOADED, &f->all),
           share = f->requests > 0 ? bad / f->requests : 0;
    size_t seconds = 0, with = 0;

    if (bad < ERRORS_COUNT_MIN || share < ERRORS_MIN)
        return;
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        seconds += s->requests > 0;
        with += s->statuses[DIAGNOSIS_5XX] + s->statuses[DIAGNOSIS_OVERLOADED] +
                    s->statuses[DIAGNOSIS_NO_ANSWER] >
                0;
    }
    double calm = f->ramp ? bad_share(f, &f->calm) : NAN, busy = bad_share(f, &f->busy);
    if (busy > UNDER_LOAD * calm &&
        (f->saturated || none + total_of(f, DIAGNOSIS_OVERLOADED, &f->all) > own)) {
        say_overload(f, bad, share, none, out);
        return;
    }
    double spread = seconds ? (double)with / (double)seconds : 0;
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_ERRORS, 0.62 + 0.25 * spread + 0.06 * (own > 0.9 * bad), 0.3 + share);
    finding_say(d,
        "%s of %s requests failed (%s%s), in %s of all seconds and as often at low load as at high: this is "
        "no "
        "overload but a fault of the application or of something it calls.",
        figure_count(bad).text, figure_count(f->requests).text, figure_share(share).text,
        own > 0.9 * bad ? ", status 500" : "", figure_share(spread).text);
    finding_remedy(d, "Take the correlation id of a failed request from its exemplar and look it up in the "
                      "server's log; load has "
                      "nothing to do with it.");
    finding_show(d, NULL, &f->all, "%s failed", figure_share(share).text);
    concern(f, d, DIAGNOSIS_5XX, DIAGNOSIS_OVERLOADED);
}
