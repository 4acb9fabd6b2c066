/* What can be told from endpoints and connections: handshakes without end, static files from the application,
 * pages from a cache beside others that queue. */
#include "diagnosis/diagnosis_priv.h"

#include <string.h>

#define CHURN_SHARE       0.4 /* connections per request */
#define CHURN_TIME_SHARE  0.2 /* of the time that users waited */
#define CHURN_MS_MIN      2.0 /* of a request: on the same machine it costs nothing */
#define STATIC_SHARE_MIN  0.15
#define STATIC_MS_MIN     1.2 /* the quickest of all, above the way there and back */
#define STATIC_LIKE_PAGES 0.15
#define FAST_GREW         1.7
#define SLOW_GREW         3.0
enum { CELL_REQUESTS_MIN = 8, STATIC_REQUESTS_MIN = 30 };

static double phase_mean(const struct facts *f, enum diagnosis_phase p) {
    double ms = 0, n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        if (!(s->requests > 0) || isnan(s->phases[p]))
            continue;
        ms += s->phases[p] * s->requests;
        n += s->requests;
    }
    return n > 0 ? ms / n : 0;
}

static double connections(const struct facts *f, double *handshakes) {
    double n = 0;
    *handshakes = 0;
    for (size_t i = 0; i < f->n; i++) {
        n += f->in->seconds[i].connects;
        *handshakes += f->in->seconds[i].handshakes;
    }
    return n;
}

void rule_churn(const struct facts *f, struct findings *out) {
    double handshakes, n = connections(f, &handshakes), share = f->requests > 0 ? n / f->requests : 0;
    double connect_ms = phase_mean(f, DIAGNOSIS_CONNECTING), tls_ms = phase_mean(f, DIAGNOSIS_TLS);
    double time_share = (connect_ms + tls_ms) / fmax(0.001, connect_ms + tls_ms + f->mean_ms);
    if (f->requests < DIAGNOSIS_REQUESTS_MIN || share < CHURN_SHARE || time_share < CHURN_TIME_SHARE ||
        connect_ms + tls_ms < CHURN_MS_MIN)
        return;
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_CONNECTION_CHURN, 0.7 + 0.2 * clamp01(share), time_share);
    finding_say(d, "%s of %s requests opened a connection of their own%s: %s of the time that users waited.",
        figure_count(n).text, figure_count(f->requests).text,
        handshakes > 0.5 * n ? " and shook hands anew" : "", figure_share(time_share).text);
    finding_remedy(d,
        "Keep connections open: keep-alive in the server and in what stands before it (proxy_http_version "
        "1.1, upstream "
        "keepalive), no noConnectionReuse in the script unless users come only once; TLS session tickets.");
    finding_show(d, NULL, &f->all, "connecting %s, TLS %s a request on average", figure_ms(connect_ms).text,
        figure_ms(tls_ms).text);
}

/* --- static files --- */

/* A connection takes one way there and back. */
static double round_trip_ms(const struct facts *f) {
    double handshakes, n = connections(f, &handshakes);
    return n > 0 ? fmin(phase_mean(f, DIAGNOSIS_CONNECTING) * f->requests / n, 300) : 0;
}

struct kind_of_pages {
    double requests, ms, least_ms;
};

static void split(const struct facts *f, struct kind_of_pages *fixed, struct kind_of_pages *made) {
    *fixed = *made = (struct kind_of_pages){.least_ms = INFINITY};
    for (size_t i = 0; i < f->in->endpoint_count; i++) {
        const struct diagnosis_endpoint *e = &f->in->endpoints[i];
        struct kind_of_pages *k = e->fixed ? fixed : made;
        if (!e->times.count)
            continue;
        k->requests += e->requests;
        k->ms += e->times.sum;
        k->least_ms = fmin(k->least_ms, histogram_percentile(&e->times, 0.02));
    }
}

void rule_static(const struct facts *f, struct findings *out) {
    struct kind_of_pages fixed, made;
    split(f, &fixed, &made);
    double rtt = round_trip_ms(f), own = fixed.least_ms - rtt;
    double share = f->requests > 0 ? fixed.requests / f->requests : 0;
    if (fixed.requests < STATIC_REQUESTS_MIN || share < STATIC_SHARE_MIN || !(own > STATIC_MS_MIN) ||
        (made.requests > 0 && own < STATIC_LIKE_PAGES * made.least_ms))
        return;
    double cores = facts_mean(f, "proc.cpu.used", &f->busy), time_share = fixed.ms / (fixed.ms + made.ms);
    cores = cores >= 0 ? cores : facts_mean(f, "app.cpu.used", &f->busy);
    bool burns = cores > 0.4 * f->busy_rate * share * own / 1000;
    struct diagnosis_finding *d = findings_add(
        out, DIAGNOSIS_STATIC_BY_APP, cores >= 0 ? (burns ? 0.86 : 0.5) : 0.62, 0.4 + 0.6 * time_share);
    finding_say(d,
        "Static files are not quicker than pages: even the quickest took %s (a file server needs a fraction "
        "of a "
        "millisecond beyond the way there and back). They are %s of the requests and %s of the time.",
        figure_ms(fixed.least_ms).text, figure_share(share).text, figure_share(time_share).text);
    finding_remedy(d, "Let nginx or a CDN serve them (location /static, WhiteNoise with far-future headers "
                      "at least), with ETag and "
                      "Cache-Control, so that the application's workers are left to pages.");
    for (size_t i = 0; i < f->in->endpoint_count; i++)
        if (f->in->endpoints[i].fixed)
            finding_concerns(d, f->in->endpoints[i].name);
    finding_show(d, NULL, &f->all, "%s requests for static files, %s each", figure_count(fixed.requests).text,
        figure_ms(fixed.ms / fixed.requests).text);
    if (burns)
        finding_show(
            d, facts_probe(f, NULL, "app.cpu.used"), &f->busy, "%s cores used", figure_count(cores).text);
}

/* --- some fast, some queue --- */

static double mean_of(
    const struct facts *f, const struct diagnosis_endpoint *e, const struct span *s, double *requests) {
    double ms = 0;
    *requests = 0;
    for (size_t i = 0; i < f->n && e->cells; i++)
        if (s->in[i]) {
            ms += e->cells[i].sum_ms;
            *requests += e->cells[i].requests;
        }
    return *requests > 0 ? ms / *requests : NAN;
}

static bool grew(const struct facts *f, const struct diagnosis_endpoint *e, double *times, double *busy_ms) {
    double before, after, calm_ms = mean_of(f, e, &f->calm, &before);
    *busy_ms = mean_of(f, e, &f->busy, &after);
    *times = *busy_ms / calm_ms;
    return before >= CELL_REQUESTS_MIN && after >= CELL_REQUESTS_MIN && !e->fixed &&
           !strstr(e->name, "health");
}

void rule_cached_pages(const struct facts *f, struct findings *out) {
    const char *fast = NULL, *slow = NULL;
    double times, ms, fast_ms = 0, slow_ms = 0, queued = 0, spared = 0;
    if (!f->saturated)
        return;
    for (size_t i = 0; i < f->in->endpoint_count; i++) {
        const struct diagnosis_endpoint *e = &f->in->endpoints[i];
        if (!grew(f, e, &times, &ms))
            continue;
        if (times < FAST_GREW && e->requests > spared && strncmp(e->name, "GET ", 4) == 0) {
            spared = e->requests;
            fast = e->name;
            fast_ms = ms;
        }
        if (times > SLOW_GREW && e->requests > queued) {
            queued = e->requests;
            slow = e->name;
            slow_ms = ms;
        }
    }
    if (!fast || !slow || slow_ms < 4 * fast_ms)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CACHED_PAGES, 0.62, 0.5);
    finding_say(d,
        "%s stays at %s whatever the load, while %s queues (%s): the fast one is answered before what is "
        "full, from a cache or "
        "without database and session.",
        fast, figure_ms(fast_ms).text, slow, figure_ms(slow_ms).text);
    finding_remedy(d, "Judge by the pages that queue: they are what logged-in users see. Cache parts of "
                      "them, or look for what they need and "
                      "the fast ones do not (database, session, lock): --observe names it.");
    finding_concerns(d, slow);
    finding_concerns(d, fast);
    finding_show(
        d, NULL, &f->busy, "%s against %s at high load", figure_ms(slow_ms).text, figure_ms(fast_ms).text);
}
