/* A delta is merged into a store of the collector's own, whose registries stay, so a tag set's number leads
 * to its endpoint at once. Its digest (counts, sums, extremes, quantiles) is added to its second; when there
 * are too many seconds, neighbours are added to each other in the same way. Quantiles are then weighted
 * means: they serve for the shape alone; figures that are shown come from whole histograms. */
#include "diagnosis/collector.h"

#include "diagnosis/lints.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NO_ENDPOINT = UINT16_MAX, NOT_KEPT = -1, NOT_SEEN = -2, SECOND_MAX = INT32_MAX };

struct collector {
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *store;
    struct diagnosis_second seconds[DIAGNOSIS_SECONDS_MAX];
    size_t second_count;
    int64_t step; /* seconds that a point covers */
    struct diagnosis_endpoint endpoints[DIAGNOSIS_ENDPOINTS_MAX];
    size_t endpoint_count;
    uint16_t *endpoint_of; /* by tag set */
    size_t tagset_cap;
    struct diagnosis_probe probes[DIAGNOSIS_PROBES_MAX];
    size_t probe_count;
    int16_t probe_of[PROBE_SERIES_MAX]; /* by index of the run's keys */
    struct probe_note notes[PROBE_NOTES_MAX];
    size_t note_count;
    uint64_t notes_version;
    struct histogram times;
};

/* --- life --- */

int collector_new(struct collector **out) {
    struct collector *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return -ENOMEM;
    c->step = 1;
    histogram_init(&c->times);
    for (size_t i = 0; i < PROBE_SERIES_MAX; i++)
        c->probe_of[i] = NOT_SEEN;
    int r = metrics_new(&c->metrics);
    r = r < 0 ? r : tags_new(&c->tags, 0);
    r = r < 0 ? r : series_store_new(&c->store, c->metrics, c->tags);
    if (r < 0) {
        collector_free(c);
        return r;
    }
    *out = c;
    return 0;
}

struct collector *collector_free(struct collector *c) {
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->endpoint_count; i++) {
        histogram_deinit(&c->endpoints[i].times);
        free(c->endpoints[i].cells);
    }
    for (size_t i = 0; i < c->probe_count; i++)
        free(c->probes[i].values);
    free(c->endpoint_of);
    histogram_deinit(&c->times);
    series_store_free(c->store);
    tags_free(c->tags);
    metrics_free(c->metrics);
    free(c);
    return NULL;
}

void collector_step(struct collector *c, int64_t seconds) {
    if (!c->second_count && seconds > 0)
        c->step = seconds;
}

/* --- seconds --- */

static struct diagnosis_second second_empty(double from_s, double to_s) {
    double none = (double)NAN;
    struct diagnosis_second s = {.from_s = from_s,
        .to_s = to_s,
        .users = none,
        .mean = none,
        .min = none,
        .p50 = none,
        .p95 = none,
        .p99 = none,
        .max = none};
    return s;
}

static double weigh(double a, double wa, double b, double wb) {
    if (isnan(a) || !(wa > 0))
        return b;
    if (isnan(b) || !(wb > 0))
        return a;
    return (a * wa + b * wb) / (wa + wb);
}

static void second_add(struct diagnosis_second *to, const struct diagnosis_second *from) {
    double a = to->requests, b = from->requests;
    to->mean = weigh(to->mean, a, from->mean, b);
    to->p50 = weigh(to->p50, a, from->p50, b);
    to->p95 = weigh(to->p95, a, from->p95, b);
    to->p99 = weigh(to->p99, a, from->p99, b);
    to->min = fmin(to->min, from->min);
    to->max = fmax(to->max, from->max);
    to->users = fmax(to->users, from->users);
    for (int p = 0; p < DIAGNOSIS_PHASES; p++)
        to->phases[p] = weigh(to->phases[p], a, from->phases[p], b);
    for (int s = 0; s < DIAGNOSIS_STATUSES; s++)
        to->statuses[s] += from->statuses[s];
    to->requests += b;
    to->failed += from->failed;
    to->dropped += from->dropped;
    to->wanted += from->wanted;
    to->connects += from->connects;
    to->handshakes += from->handshakes;
    to->connect_max = fmax(to->connect_max, from->connect_max);
    to->from_s = fmin(to->from_s, from->from_s);
    to->to_s = fmax(to->to_s, from->to_s);
}

static void cell_add(struct diagnosis_cell *to, const struct diagnosis_cell *from) {
    if (!(from->requests > 0))
        return;
    to->min_ms = to->requests > 0 ? fminf(to->min_ms, from->min_ms) : from->min_ms;
    to->max_ms = fmaxf(to->max_ms, from->max_ms);
    to->requests += from->requests;
    to->failed += from->failed;
    to->sum_ms += from->sum_ms;
}

/* Neighbours become one. */
static void halve(struct collector *c) {
    size_t n = (c->second_count + 1) / 2;
    for (size_t i = 0; i < n; i++) {
        bool pair = 2 * i + 1 < c->second_count;
        c->seconds[i] = c->seconds[2 * i];
        if (pair)
            second_add(&c->seconds[i], &c->seconds[2 * i + 1]);
        for (size_t e = 0; e < c->endpoint_count; e++) {
            struct diagnosis_cell *cells = c->endpoints[e].cells;
            cells[i] = cells[2 * i];
            if (pair)
                cell_add(&cells[i], &cells[2 * i + 1]);
        }
        for (size_t p = 0; p < c->probe_count; p++) {
            float *v = c->probes[p].values;
            v[i] = (float)weigh(v[2 * i], 1, pair ? v[2 * i + 1] : (float)NAN, 1);
        }
    }
    for (size_t e = 0; e < c->endpoint_count; e++)
        memset(c->endpoints[e].cells + n, 0, (DIAGNOSIS_SECONDS_MAX - n) * sizeof *c->endpoints[e].cells);
    for (size_t p = 0; p < c->probe_count; p++)
        for (size_t i = n; i < DIAGNOSIS_SECONDS_MAX; i++)
            c->probes[p].values[i] = (float)NAN;
    c->second_count = n;
    c->step *= 2;
}

/* The point of a second, which is made with all before it; DIAGNOSIS_SECONDS_MAX when it is no second of a
 * run. */
static size_t point_at(struct collector *c, int64_t second) {
    if (second < 0 || second > SECOND_MAX)
        return DIAGNOSIS_SECONDS_MAX;
    while (second / c->step >= DIAGNOSIS_SECONDS_MAX) {
        if (c->second_count > 1)
            halve(c);
        else
            c->step *= 2;
    }
    size_t i = (size_t)(second / c->step);
    for (; c->second_count <= i; c->second_count++)
        c->seconds[c->second_count] = second_empty(
            (double)((int64_t)c->second_count * c->step), (double)((int64_t)(c->second_count + 1) * c->step));
    return i;
}

/* --- endpoints --- */

static bool has_digit(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] >= '0' && v.ptr[i] <= '9')
            return true;
    return false;
}

/* A number, a UUID, a long hash: one of many. Versions as "v1" are not. */
static bool is_id(struct view part) {
    size_t hex = 0;
    for (size_t i = 0; i < part.len; i++) {
        char ch = part.ptr[i];
        hex += (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'f') || ch == '-';
    }
    uint64_t number;
    return view_to_u64(part, &number) || (hex == part.len && part.len >= 8 && has_digit(part));
}

static void put(char *out, size_t *at, struct view v) {
    for (size_t i = 0; i < v.len && *at + 1 < DIAGNOSIS_NAME_MAX; i++)
        out[(*at)++] = v.ptr[i] >= 0 && v.ptr[i] < ' ' ? '?' : v.ptr[i];
    out[*at] = '\0';
}

char *collector_endpoint(struct view method, struct view name, char out[DIAGNOSIS_NAME_MAX]) {
    size_t at = 0;
    ptrdiff_t scheme = view_find_view(name, VIEW("://"));
    bool slash = true, path = scheme > 0 || (name.len && name.ptr[0] == '/');

    put(out, &at, method);
    put(out, &at, method.len ? VIEW(" ") : VIEW(""));
    if (!path) {
        put(out, &at, name);
        return out;
    }
    struct view rest = name;
    if (scheme > 0) {
        rest = view_drop(name, (size_t)scheme + 3);
        ptrdiff_t root = view_find(rest, '/');
        rest = root >= 0 ? view_drop(rest, (size_t)root) : VIEW("/");
    }
    rest = view_cut(&rest, '?', NULL);
    for (view_cut(&rest, '/', &slash); slash;) {
        struct view part = view_cut(&rest, '/', &slash);
        put(out, &at, VIEW("/"));
        put(out, &at, is_id(part) ? VIEW("{id}") : part);
    }
    return out;
}

bool collector_endpoint_fixed(const char *name) {
    static const struct view ends[] = {VIEW(".js"), VIEW(".css"), VIEW(".png"), VIEW(".jpg"), VIEW(".jpeg"),
        VIEW(".gif"), VIEW(".svg"), VIEW(".webp"), VIEW(".ico"), VIEW(".woff"), VIEW(".woff2"), VIEW(".ttf"),
        VIEW(".map"), VIEW(".mp4")};
    struct view v = view_of_cstr(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (view_ends_with(v, ends[i]))
            return true;
    return view_find_view(v, VIEW("/static/")) >= 0 || view_find_view(v, VIEW("/assets/")) >= 0;
}

static uint16_t endpoint_named(struct collector *c, const char *name) {
    for (size_t i = 0; i < c->endpoint_count; i++)
        if (strcmp(c->endpoints[i].name, name) == 0)
            return (uint16_t)i;
    bool last = c->endpoint_count == DIAGNOSIS_ENDPOINTS_MAX - 1;
    if (c->endpoint_count == DIAGNOSIS_ENDPOINTS_MAX)
        return DIAGNOSIS_ENDPOINTS_MAX - 1;
    struct diagnosis_cell *cells = calloc(DIAGNOSIS_SECONDS_MAX, sizeof *cells);
    if (!cells)
        return NO_ENDPOINT;
    struct diagnosis_endpoint *e = &c->endpoints[c->endpoint_count];
    *e = (struct diagnosis_endpoint){.cells = cells, .fixed = !last && collector_endpoint_fixed(name)};
    histogram_init(&e->times);
    size_t at = 0;
    put(e->name, &at, view_of_cstr(last ? "(others)" : name));
    return (uint16_t)c->endpoint_count++;
}

static uint16_t endpoint_of(struct collector *c, tagset_id tags) {
    char text[DIAGNOSIS_NAME_MAX];
    if (tags >= c->tagset_cap) {
        size_t cap = (size_t)tags * 2 + 64;
        uint16_t *grown = realloc(c->endpoint_of, cap * sizeof *grown);
        if (!grown)
            return NO_ENDPOINT;
        for (size_t i = c->tagset_cap; i < cap; i++)
            grown[i] = NO_ENDPOINT;
        c->endpoint_of = grown;
        c->tagset_cap = cap;
    }
    if (c->endpoint_of[tags] != NO_ENDPOINT)
        return c->endpoint_of[tags];
    struct view name = tags_get(c->tags, tags, VIEW("name"));
    name = name.ptr ? name : tags_get(c->tags, tags, VIEW("url"));
    return c->endpoint_of[tags] =
               endpoint_named(c, collector_endpoint(tags_get(c->tags, tags, VIEW("method")), name, text));
}

/* --- a delta's digest --- */

static enum diagnosis_status status_of(struct view status) {
    uint64_t code = 0;
    if (!view_to_u64(status, &code) || code == 0)
        return DIAGNOSIS_NO_ANSWER;
    if (code == 429)
        return DIAGNOSIS_429;
    if (code >= 502 && code <= 504)
        return DIAGNOSIS_OVERLOADED;
    return code >= 500 ? DIAGNOSIS_5XX : code >= 400 ? DIAGNOSIS_4XX : DIAGNOSIS_GOOD;
}

static double counted(const struct sink *s) {
    switch (s->type) {
    case METRIC_COUNTER: return s->counter.sum;
    case METRIC_RATE: return (double)s->rate.hits;
    case METRIC_TREND: return (double)s->trend.count;
    case METRIC_GAUGE: break;
    }
    return 0;
}

static double total(struct collector *c, metric_id metric) {
    double sum = 0;
    for (const struct series *s = series_store_first(c->store, metric); s; s = s->next_alike)
        sum += counted(&s->sink);
    return sum;
}

static void digest_statuses(struct collector *c, struct diagnosis_second *out) {
    for (const struct series *s = series_store_first(c->store, METRIC_HTTP_REQS); s; s = s->next_alike) {
        double n = counted(&s->sink);
        if (n <= 0)
            continue;
        enum diagnosis_status status = status_of(tags_get(c->tags, s->tags, VIEW("status")));
        uint16_t e = endpoint_of(c, s->tags);
        out->statuses[status] += n;
        if (e != NO_ENDPOINT)
            c->endpoints[e].statuses[status] += n;
    }
}

static void digest_phases(struct collector *c, struct diagnosis_second *out) {
    static const metric_id metrics[DIAGNOSIS_PHASES] = {METRIC_HTTP_REQ_BLOCKED, METRIC_HTTP_REQ_CONNECTING,
        METRIC_HTTP_REQ_TLS_HANDSHAKING, METRIC_HTTP_REQ_SENDING, METRIC_HTTP_REQ_WAITING,
        METRIC_HTTP_REQ_RECEIVING};
    for (int p = 0; p < DIAGNOSIS_PHASES; p++) {
        double sum = 0, n = 0, taken = 0;
        for (const struct series *s = series_store_first(c->store, metrics[p]); s; s = s->next_alike) {
            const struct histogram *h = &s->sink.trend;
            sum += h->sum;
            n += (double)h->count;
            taken += (double)(h->count - h->zeros);
            if (p == DIAGNOSIS_CONNECTING && h->count)
                out->connect_max = fmax(out->connect_max, h->max);
        }
        out->phases[p] = n > 0 ? sum / n : 0;
        if (p == DIAGNOSIS_CONNECTING)
            out->connects = taken;
        if (p == DIAGNOSIS_TLS)
            out->handshakes = taken;
    }
}

static void digest_endpoints(struct collector *c, size_t at, metric_id times, metric_id failures) {
    for (const struct series *s = series_store_first(c->store, times); s; s = s->next_alike) {
        const struct histogram *h = &s->sink.trend;
        uint16_t i = h->count ? endpoint_of(c, s->tags) : NO_ENDPOINT;
        if (i == NO_ENDPOINT)
            continue;
        struct diagnosis_endpoint *e = &c->endpoints[i];
        struct diagnosis_cell one = {.requests = (float)h->count,
            .sum_ms = (float)h->sum,
            .min_ms = (float)h->min,
            .max_ms = (float)h->max};
        if (histogram_merge(&e->times, h) < 0)
            continue;
        e->requests += (double)h->count;
        cell_add(&e->cells[at], &one);
    }
    for (const struct series *s = series_store_first(c->store, failures); s; s = s->next_alike) {
        double n = counted(&s->sink);
        uint16_t i = n > 0 ? endpoint_of(c, s->tags) : NO_ENDPOINT;
        if (i == NO_ENDPOINT)
            continue;
        c->endpoints[i].failed += n;
        c->endpoints[i].cells[at].failed += (float)n;
    }
}

static int digest(struct collector *c, struct diagnosis_second *out, metric_id times, metric_id failures) {
    struct sink all;
    int r = series_store_collect(c->store, times, NULL, 0, &all);
    if (r < 0)
        return r;
    const struct histogram *h = &all.trend;
    if (h->count) {
        out->requests = (double)h->count;
        out->mean = histogram_mean(h);
        out->min = h->min;
        out->max = h->max;
        out->p50 = histogram_percentile(h, 0.5);
        out->p95 = histogram_percentile(h, 0.95);
        out->p99 = histogram_percentile(h, 0.99);
        r = histogram_merge(&c->times, h);
    }
    sink_deinit(&all);
    out->failed = total(c, failures);
    out->dropped = total(c, METRIC_DROPPED_ITERATIONS);
    out->wanted = total(c, METRIC_ITERATION_LATENESS);
    out->wanted += out->wanted > 0 ? out->dropped : 0;
    digest_phases(c, out);
    digest_statuses(c, out);
    return r;
}

int collector_measured(
    struct collector *c, int64_t second, int64_t width_s, const struct series_store *delta) {
    metric_id times = METRIC_HTTP_REQ_DURATION, failures = METRIC_HTTP_REQ_FAILED, own;
    series_store_reset(c->store);
    int r = series_store_merge(c->store, delta);
    size_t at = r < 0 ? DIAGNOSIS_SECONDS_MAX : point_at(c, second);
    if (at == DIAGNOSIS_SECONDS_MAX)
        return r;
    if (metrics_find(c->metrics, VIEW("request_duration"), &own) &&
        metrics_type(c->metrics, own) == METRIC_TREND && series_store_first(c->store, own)) {
        times = own; /* Locust's: requests of all protocols */
        failures = metrics_find(c->metrics, VIEW("request_failures"), &own) ? own : failures;
    }
    struct diagnosis_second one = second_empty(c->seconds[at].from_s, c->seconds[at].to_s);
    r = digest(c, &one, times, failures);
    if (width_s > c->step)
        one.to_s = fmax(one.to_s, (double)(second + width_s));
    second_add(&c->seconds[at], &one);
    digest_endpoints(c, at, times, failures);
    return r;
}

void collector_users(struct collector *c, int64_t second, double users) {
    size_t at = point_at(c, second);
    if (at < DIAGNOSIS_SECONDS_MAX)
        c->seconds[at].users = fmax(c->seconds[at].users, users);
}

/* --- probes --- */

/* Foreign series are many; the rules know these. */
static bool wanted(const char *name) {
    static const struct view rooms[] = {VIEW("host."), VIEW("proc."), VIEW("cgroup."), VIEW("postgres."),
        VIEW("redis."), VIEW("pgbouncer."), VIEW("nginx."), VIEW("rabbitmq."), VIEW("app."), VIEW("kube.")};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if (view_starts_with(view_of_cstr(name), rooms[i]))
            return true;
    return false;
}

static int16_t probe_new(struct collector *c, const struct probe_key *key) {
    if (c->probe_count == DIAGNOSIS_PROBES_MAX || !wanted(key->name))
        return NOT_KEPT;
    float *values = malloc(DIAGNOSIS_SECONDS_MAX * sizeof *values);
    if (!values)
        return NOT_KEPT;
    for (size_t i = 0; i < DIAGNOSIS_SECONDS_MAX; i++)
        values[i] = (float)NAN;
    c->probes[c->probe_count] = (struct diagnosis_probe){.key = *key, .values = values};
    return (int16_t)c->probe_count++;
}

void collector_observed(struct collector *c, int64_t second, const struct probe_second *s) {
    size_t at = point_at(c, second);
    if (at == DIAGNOSIS_SECONDS_MAX)
        return;
    for (size_t i = 0; i < s->value_count; i++) {
        uint32_t k = s->values[i].series;
        if (k >= s->key_count || k >= PROBE_SERIES_MAX || !isfinite(s->values[i].value))
            continue;
        if (c->probe_of[k] == NOT_SEEN)
            c->probe_of[k] = probe_new(c, &s->keys[k]);
        if (c->probe_of[k] < 0)
            continue;
        float *v = &c->probes[c->probe_of[k]].values[at];
        *v = (float)weigh(*v, 1, s->values[i].value, 1);
    }
    if (s->note_count && s->notes_version != c->notes_version) {
        c->note_count = s->note_count < PROBE_NOTES_MAX ? s->note_count : PROBE_NOTES_MAX;
        memcpy(c->notes, s->notes, c->note_count * sizeof *c->notes);
        c->notes_version = s->notes_version;
    }
}

/* --- the answer --- */

static size_t list_traces(struct trace_summary_store *from, struct trace_summary **out) {
    size_t n = from ? trace_summary_store_count(from) : 0;
    *out = n ? calloc(n, sizeof **out) : NULL;
    if (!*out)
        return 0;
    for (size_t i = 0; i < n; i++)
        (*out)[i] = trace_summary_store_at(from, i);
    return n;
}

size_t collector_diagnose(
    struct collector *c, const struct collector_rest *rest, struct diagnosis_finding *out, size_t max) {
    struct diagnosis_lint lints[DIAGNOSIS_LINTS_MAX];
    struct trace_summary *traces = NULL;
    struct diagnosis_input in = {.seconds = c->seconds,
        .second_count = c->second_count,
        .endpoints = c->endpoints,
        .endpoint_count = c->endpoint_count,
        .probes = c->probes,
        .probe_count = c->probe_count,
        .notes = c->notes,
        .note_count = c->note_count,
        .validity = rest->validity,
        .lints = lints,
        .lint_count = rest->evidence ? lints_of(rest->evidence, lints, DIAGNOSIS_LINTS_MAX) : 0,
        .times = &c->times,
        .options = rest->options};
    in.trace_count = list_traces(rest->traces, &traces);
    in.traces = traces;
    size_t n = diagnosis_run(&in, out, max);
    free(traces);
    return n;
}

const struct histogram *collector_times(const struct collector *c) {
    return &c->times;
}

double collector_rate(const struct collector *c) {
    double requests = 0, width = 0;
    for (size_t i = c->second_count / 2; i < c->second_count; i++) {
        requests += c->seconds[i].requests;
        width += c->seconds[i].to_s - c->seconds[i].from_s;
    }
    return width > 0 ? requests / width : 0;
}
