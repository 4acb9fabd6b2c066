/* Facts first, words second. Each second forms differences of running totals (walking the series of two metrics, no merging); the end
 * turns the course and the totals into at most three sentences, after a line that says INVALID if the generator was the limit. */
#include "report/meaning.h"

#include <math.h>
#include <stdio.h>

#include "core/buf.h"
#include "report/humanize.h"
#include "report/meaning_course.h"
#include "report/meaning_timing.h"
#include "report/meaning_validity.h"
#include "report/paint_priv.h"
#include "report/words.h"

enum { TEXT_MAX = 16 * 1024 };
#define ALIKE_FACTOR 1.1 /* percentiles this near to each other are one figure to a reader */

void meaning_init(struct meaning *m) {
    *m = (struct meaning){.step_s = 1};
}

/* ---- which figures speak ---- */

/* A Locust run judges its requests itself, whatever their protocol: an answer 404 may be a success, a 200 a failure. */
static bool judged_by_script(const struct run_state *r, const char *name, metric_id *out) {
    return r->plan && plan_holds_users(r->plan) && metrics_find(r->total->metrics, view_of_cstr(name), out);
}

static metric_id durations_of(const struct run_state *r) {
    metric_id id;
    return judged_by_script(r, "request_duration", &id) ? id : METRIC_HTTP_REQ_DURATION;
}

static int counter_of(const struct run_state *r, metric_id metric, double *sum, uint64_t *count) {
    struct sink s;
    int e = series_store_collect(r->total->series, metric, NULL, 0, &s);
    if (e < 0)
        return e;
    *sum = s.counter.sum;
    *count = s.counter.count;
    sink_deinit(&s);
    return 0;
}

/* ---- each second ---- */

static void totals(const struct run_state *r, double *requests, double *sum_ms) {
    *requests = *sum_ms = 0;
    for (const struct series *s = series_store_first(r->total->series, durations_of(r)); s; s = s->next_alike) {
        *requests += (double)s->sink.trend.count;
        *sum_ms += s->sink.trend.sum;
    }
}

/* In the open model how many users are busy is an answer of the target, not the load. */
static double load_of(struct meaning *m, const struct run_state *r, double at_s) {
    double arrivals = 0;
    m->open = meaning_timing_open(r);
    for (size_t i = 0; r->plan && i < r->plan->scenario_count && m->open; i++) {
        enum plan_executor e = r->plan->scenarios[i].executor;
        m->open = e == PLAN_CONSTANT_ARRIVAL_RATE || e == PLAN_RAMPING_ARRIVAL_RATE;
        arrivals += r->scenarios ? (double)(r->scenarios[i].started + r->scenarios[i].dropped) : 0;
    }
    if (!m->open)
        return (double)r->users_active;
    double load = (arrivals - m->seen_arrivals) / (at_s - m->at_s);
    m->seen_arrivals = arrivals;
    return load;
}

static void halve(struct meaning *m) {
    for (size_t i = 0; i < m->count / 2; i++) {
        struct meaning_point a = m->points[2 * i], b = m->points[2 * i + 1];
        m->points[i] = (struct meaning_point){.from_s = a.from_s, .to_s = b.to_s, .requests = a.requests + b.requests, .sum_ms = a.sum_ms + b.sum_ms,
            .users = a.users > b.users ? a.users : b.users};
    }
    m->count /= 2;
    m->step_s *= 2;
}

static void add_point(struct meaning *m, struct meaning_point p) {
    struct meaning_point *last = m->count ? &m->points[m->count - 1] : NULL;
    if (last && last->to_s - last->from_s < m->step_s - 0.5) {
        last->to_s = p.to_s;
        last->requests += p.requests;
        last->sum_ms += p.sum_ms;
        last->users = p.users > last->users ? p.users : last->users;
        return;
    }
    if (m->count == MEANING_POINTS_MAX)
        halve(m);
    m->points[m->count++] = p;
}

void meaning_second(struct meaning *m, const struct run_state *r) {
    double requests, sum_ms, at_s = (double)r->load_elapsed_us / 1e6;
    if (r->validity)
        m->validity = *r->validity;
    if (r->phase != RUN_RUNNING && r->phase != RUN_TEARDOWN)
        return;
    if (at_s <= m->at_s)
        return;
    totals(r, &requests, &sum_ms);
    add_point(m, (struct meaning_point){.from_s = m->at_s, .to_s = at_s, .requests = requests - m->seen_requests, .sum_ms = sum_ms - m->seen_ms,
        .users = load_of(m, r, at_s)});
    m->seen_requests = requests;
    m->seen_ms = sum_ms;
    m->at_s = at_s;
}

bool meaning_invalid(const struct meaning *m) {
    return validity_state(&m->validity) == VALIDITY_INVALID;
}

/* ---- sentences ---- */

static int say_settled(const struct meaning_course *c, struct buf *out) {
    char a[WORDS_MAX], b[WORDS_MAX], w[WORDS_MAX];
    const struct steady *s = &c->latency;
    words_duration(s->mean, a);
    int e = buf_printf(out, "Response times had settled (mean %s", a);
    if (s->half_width >= 0 && e >= 0)
        e = buf_printf(out, " ± %s", words_duration(s->half_width, b));
    e = e < 0 ? e : buf_append_byte(out, ')');
    if (c->warm && e >= 0)
        e = buf_printf(out, " after a warm-up of %s, which took %s on average and is left out of this mean", words_duration(1000 * c->warmup_s, w),
            words_duration(s->warmup_mean, b));
    return e < 0 ? e : buf_append_byte(out, '.');
}

static int say_throughput(const struct meaning_course *c, struct buf *out) {
    const struct steady *t = &c->throughput;
    if (c->trend != MEANING_STEADY || (t->verdict != STEADY_RISING && t->verdict != STEADY_FALLING))
        return 0;
    return buf_printf(out, " Throughput was still %s by %.2g requests/s each second when the test ended: this is not a result yet.",
        t->verdict == STEADY_RISING ? "rising" : "falling", fabs(t->slope_per_s));
}

static int say_trend(const struct meaning_course *c, struct buf *out) {
    char a[WORDS_MAX], b[WORDS_MAX], slope[WORDS_MAX];
    const char *way = c->trend == MEANING_RISING ? "rising" : "falling", *why = c->trend == MEANING_RISING ? "" : " The target was still warming up.";
    words_duration(c->before_ms, a);
    words_duration(c->last_ms, b);
    int e = buf_printf(out, "Response times were still %s", way);
    if (c->latency.verdict == STEADY_RISING || c->latency.verdict == STEADY_FALLING)
        e = e < 0 ? e : buf_printf(out, " by %s/s", words_duration(fabs(c->latency.slope_per_s), slope));
    return e < 0 ? e : buf_printf(out, " when the test ended (mean %s in the second third, %s in the last): this is not a result yet.%s "
        "Run longer, or until they stop (--until-steady).", a, b, why);
}

static int say_course(const struct meaning_course *c, bool open, double seconds, struct buf *out) {
    const char *unit = open ? "iterations/s" : "users";
    char a[WORDS_MAX], b[WORDS_MAX], u[HUMANIZE_MAX], v[HUMANIZE_MAX];
    if (c->knee)
        return buf_printf(out, "Response times stayed near %s up to about %s %s and reached %s at %s: the knee lies near %s %s.", words_duration(c->base_ms, a),
            humanize_count((uint64_t)c->knee_users, u), unit, words_duration(c->peak_ms, b), humanize_count((uint64_t)c->peak_users, v), u, unit);
    words_duration(c->before_ms, a);
    words_duration(c->last_ms, b);
    switch (c->trend) {
    case MEANING_RISING:
    case MEANING_FALLING: return say_trend(c, out);
    case MEANING_STEADY: {
        int e = say_settled(c, out);
        return e < 0 ? e : say_throughput(c, out);
    }
    case MEANING_LOAD_CHANGED:
        return buf_printf(out, "The load changed until the end and response times went along without a knee (mean %s in the second third, %s in the last).", a, b);
    case MEANING_UNKNOWN: break;
    }
    return buf_printf(out, "Too little was measured%s to say whether response times had settled.", seconds < 10 ? " in this short run" : "");
}

/* Of all requests, or of the answers that were as expected when some were not. */
static int say_percentiles(const struct histogram *h, bool only_expected, struct buf *out) {
    char a[WORDS_MAX], b[WORDS_MAX], c[WORDS_MAX];
    const char *what = only_expected ? "good answers" : "requests";
    double p95 = histogram_percentile(h, 0.95), p99 = histogram_percentile(h, 0.99);
    words_duration(p95, a);
    words_duration(p99, b);
    words_duration(h->max, c);
    if (h->count == 1)
        return buf_printf(out, "The only %s took %s.", only_expected ? "good answer" : "request", c);
    if (h->count < 20)
        return buf_printf(out, "The slowest of only %llu %s took %s.", (unsigned long long)h->count, what, c);
    if (h->count < 100)
        return buf_printf(out, "19 of 20 %s came within %s, the slowest took %s.", what, a, c);
    if (p99 < ALIKE_FACTOR * p95)
        return buf_printf(out, "19 of 20 %s came within %s and 99 of 100 within %s: there is hardly a tail (the slowest took %s).", what, a, b, c);
    return buf_printf(out, "19 of 20 %s came within %s, but one in a hundred took %s or longer (the slowest %s): of users who make 20 requests, one in five meets that.",
        what, a, b, c);
}

static int count_failed(const struct run_state *r, uint64_t *hits, uint64_t *total) {
    struct sink failed;
    metric_id failures, bytes;
    double sum, ignored;
    uint64_t count;
    int e;
    if (judged_by_script(r, "request_failures", &failures) && judged_by_script(r, "request_bytes", &bytes)) {
        e = counter_of(r, failures, &sum, &count);
        *hits = e < 0 ? 0 : (uint64_t)sum;
        return e < 0 ? e : counter_of(r, bytes, &ignored, total);
    }
    e = series_store_collect(r->total->series, METRIC_HTTP_REQ_FAILED, NULL, 0, &failed);
    if (e < 0)
        return e;
    *hits = failed.rate.hits;
    *total = failed.rate.total;
    sink_deinit(&failed);
    return 0;
}

static int say_errors(const struct run_state *r, struct buf *out) {
    char share[WORDS_MAX], n[HUMANIZE_MAX], of[HUMANIZE_MAX];
    uint64_t hits = 0, total = 0;
    int e = count_failed(r, &hits, &total);
    if (e < 0 || hits == 0 || total == 0)
        return e;
    return buf_printf(out, "%s of %s requests failed (%s). ", humanize_count(hits, n), humanize_count(total, of), words_share((double)hits / (double)total, share));
}

static uint64_t counted_by_us(const struct run_state *r) {
    uint64_t counted = 0;
    for (size_t i = 0; i < evidence_store_count(r->total->evidence); i++) {
        struct evidence e = evidence_store_at(r->total->evidence, i);
        counted += e.kind == EVIDENCE_REQUEST_COUNTED ? e.count : 0;
    }
    return counted;
}

static uint64_t requests_counted(const struct run_state *r) {
    uint64_t counted = counted_by_us(r), count;
    metric_id bytes;
    double sum;
    if (!counted && counter_of(r, METRIC_HTTP_REQS, &sum, &count) == 0)
        counted = (uint64_t)sum;
    if (!counted && judged_by_script(r, "request_bytes", &bytes) && counter_of(r, bytes, &sum, &count) == 0)
        counted = count; /* of other protocols */
    return counted;
}

/* k6's error codes: a URL that says nothing, no name, no connection, no TLS. */
static bool before_the_server(const struct evidence *e) {
    int64_t code = 0;
    if (e->kind != EVIDENCE_REQUEST_ERROR || !view_to_i64(e->detail, &code))
        return false;
    return code == 1020 || (code >= 1100 && code < 1200) || (code >= 1210 && code < 1220) || (code >= 1300 && code < 1400) ||
           view_find_view(e->subject, VIEW("unsupported protocol scheme")) >= 0;
}

static uint64_t requests_without_server(const struct run_state *r) {
    uint64_t n = 0;
    for (size_t i = 0; i < evidence_store_count(r->total->evidence); i++) {
        struct evidence e = evidence_store_at(r->total->evidence, i);
        n += before_the_server(&e) ? e.count : 0;
    }
    return n;
}

static int say_counts(const struct run_state *r, uint64_t counted, struct buf *out) {
    char a[HUMANIZE_MAX], b[HUMANIZE_MAX], c[HUMANIZE_MAX], d[HUMANIZE_MAX];
    uint64_t cut = r->requests_in_flight_at_end, nowhere = requests_without_server(r);
    if (r->requests_of_guests)
        return buf_printf(out, "Requests: %s counted by workers of ours (%s cut in flight), and %s by Locust's, which do not say what was cut.",
            humanize_count(counted_by_us(r), a), humanize_count(cut, b), humanize_count(r->requests_of_guests, c));
    if (nowhere > counted)
        nowhere = counted;
    if (nowhere && cut == 0)
        return buf_printf(out, "Requests: %s counted, none cut in flight; %s of them found no server, so its log should show %s.", humanize_count(counted, a),
            humanize_count(nowhere, b), humanize_count(counted - nowhere, c));
    if (nowhere)
        return buf_printf(out, "Requests: %s counted + %s cut in flight when users were stopped; %s of them found no server, so it may have logged up to %s.",
            humanize_count(counted, a), humanize_count(cut, b), humanize_count(nowhere, c), humanize_count(counted + cut - nowhere, d));
    if (cut == 0)
        return buf_printf(out, "Requests: %s counted, none cut in flight; the server's log should show as many.", humanize_count(counted, a));
    return buf_printf(out, "Requests: %s counted + %s cut in flight when users were stopped; the server may have logged up to %s.", humanize_count(counted, a),
        humanize_count(cut, b), humanize_count(counted + cut, c));
}

static int p95_of(const struct run_state *r, metric_id metric, double *ms) {
    struct sink s;
    int e = series_store_collect(r->total->series, metric, NULL, 0, &s);
    if (e < 0)
        return e;
    *ms = s.trend.count ? histogram_percentile(&s.trend, 0.95) : 0;
    sink_deinit(&s);
    return 0;
}

/* A locustfile in the open model: what became of its arrivals. */
static int say_arrivals(const struct run_state *r, struct buf *out) {
    char n[HUMANIZE_MAX], d[HUMANIZE_MAX], a[WORDS_MAX], b[WORDS_MAX];
    double done = 0, dropped = 0, felt = 0, service = 0;
    uint64_t count;
    int e = counter_of(r, METRIC_ITERATIONS, &done, &count);
    e = e < 0 ? e : counter_of(r, METRIC_DROPPED_ITERATIONS, &dropped, &count);
    e = e < 0 ? e : p95_of(r, METRIC_ITERATION_RESPONSE, &felt);
    e = e < 0 ? e : p95_of(r, METRIC_ITERATION_DURATION, &service);
    if (e < 0)
        return e;
    e = buf_printf(out, " Tasks arrived at %.6g/s: %s were done", r->plan->rate_per_s, humanize_count((uint64_t)done, n));
    if (e >= 0 && done > 0)
        e = buf_printf(out, ", 19 of 20 within %s of when they were due (%s of when they began)", words_duration(felt, a), words_duration(service, b));
    if (e < 0 || dropped <= 0)
        return e < 0 ? e : buf_printf(out, ", none was dropped.");
    return buf_printf(out, "; %s found no free user and were dropped, so the target saw less load than planned: give more users (-u) if it was not the limit.",
        humanize_count((uint64_t)dropped, d));
}

static int say_losses(const struct run_state *r, struct buf *out) {
    static const struct validity none;
    char n[HUMANIZE_MAX];
    uint64_t dropped = 0;
    size_t lost = 0;
    int64_t missing_us = 0;
    int e = 0;
    for (size_t i = 0; r->scenarios && i < r->plan->scenario_count; i++)
        dropped += r->scenarios[i].dropped;
    if (r->plan && r->plan->rate_per_s > 0)
        e = say_arrivals(r, out);
    for (size_t i = 0; r->workers && i < r->worker_count; i++)
        lost += r->workers[i].lost;
    for (size_t i = 0; r->workers && i < r->worker_count; i++)
        if (r->workers[i].lost && r->workers[i].missing_us > missing_us)
            missing_us = r->workers[i].missing_us;
    if (dropped && e >= 0 && !(validity_reasons(r->validity ? r->validity : &none) >> VALIDITY_USERS & 1))
        e = buf_printf(out, " %s iterations were never started, for want of a free user or of time: the target saw less load than planned.", humanize_count(dropped, n));
    if (lost && missing_us && e >= 0)
        e = buf_printf(out, " %zu worker%s lost; of what each did up to %.1f s are missing.", lost, lost == 1 ? " was" : "s were", ceil((double)missing_us / 1e5) / 10);
    else if (lost && e >= 0)
        e = buf_printf(out, " %zu worker%s died; up to a second of what each measured is missing.", lost, lost == 1 ? "" : "s");
    if (r->snapshots_unsent && e >= 0)
        e = buf_printf(out, " %s snapshots (each up to a second of one worker) found no room while the bus was away and are missing.",
            humanize_count(r->snapshots_unsent, n));
    if (r->samples_dropped && e >= 0)
        e = buf_printf(out, " %s single points are missing in the outputs (not in the summary).", humanize_count(r->samples_dropped, n));
    return e;
}

static int write_paragraph(const struct buf *text, bool red, struct buf *out) {
    int r = buf_printf(out, "%s", paint(red, PAINT_RED));
    r = r < 0 ? r : words_wrap(view_trim(buf_view(text)), "    ", "    ", out);
    return r < 0 ? r : buf_printf(out, "%s", paint(red, PAINT_OFF));
}

static int write_percentiles(const struct meaning *m, const struct run_state *r, struct buf *text) {
    static const struct tag expected = {{"expected_response", 17}, {"true", 4}};
    struct sink all, good;
    int e = series_store_collect(r->total->series, durations_of(r), NULL, 0, &all);
    if (e < 0)
        return e;
    e = series_store_collect(r->total->series, durations_of(r), &expected, 1, &good);
    if (e < 0) {
        sink_deinit(&all);
        return e;
    }
    bool some = good.trend.count > 0 && good.trend.count < all.trend.count;
    if (all.trend.count && (e = buf_append_byte(text, ' ')) >= 0)
        e = say_percentiles(some ? &good.trend : &all.trend, some, text);
    e = e < 0 ? e : meaning_timing_omitted(m, r, &all.trend, text);
    sink_deinit(&all);
    sink_deinit(&good);
    return e;
}

static int write_findings(const struct meaning *m, const struct run_state *r, uint64_t counted, struct buf *text) {
    struct meaning_course course = meaning_course_of(m->points, m->count);
    int e = say_errors(r, text);
    if (counted && requests_without_server(r) >= counted)
        return e < 0 ? e : buf_printf(text, "None of them found a server, so nothing can be said about response times.");
    e = e < 0 ? e : say_course(&course, m->open, (double)r->load_elapsed_us / 1e6, text);
    return e < 0 ? e : write_percentiles(m, r, text);
}

int meaning_write(const struct meaning *m, const struct run_state *r, bool colour, struct buf *out) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(TEXT_MAX);
    uint64_t counted = requests_counted(r);
    int e = buf_printf(out, "\n  █ %sWHAT THIS RUN MEANS%s \n\n", paint(colour, PAINT_BOLD), paint(colour, PAINT_OFF));
    e = e < 0 ? e : meaning_validity_say(&m->validity, r->plan, &text);
    if (text.len && e >= 0) {
        e = write_paragraph(&text, colour && meaning_invalid(m), out);
        buf_clear(&text);
    }
    if (e >= 0)
        e = counted + r->requests_in_flight_at_end ? write_findings(m, r, counted, &text) : buf_printf(&text, "No request was made, so nothing can be said about response times.");
    e = e < 0 ? e : write_paragraph(&text, false, out);
    buf_clear(&text);
    e = e < 0 ? e : meaning_timing_table(r, out);
    if (e >= 0)
        e = counted + r->requests_in_flight_at_end ? say_counts(r, counted, &text) : 0;
    e = e < 0 ? e : say_losses(r, &text);
    if (e >= 0 && text.len)
        e = write_paragraph(&text, false, out);
    return e < 0 ? e : 0;
}
