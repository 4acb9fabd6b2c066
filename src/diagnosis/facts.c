/* What most rules want to know: when load was high and when low, what times were then, and whether throughput
 * stopped growing. The last second is rarely a whole one and the first has connections to open, so both are
 * left out where enough others are there. */
#include "diagnosis/diagnosis_priv.h"

#include <stdlib.h>
#include <string.h>

#define BUSY_SHARE       0.75 /* of the highest load */
#define CALM_SHARE       0.4
#define RAMP_RATIO       2.0
#define ENOUGH_USED      0.8  /* of workers or connections that nobody waits for */
#define SATURATED_GROWTH 0.35 /* throughput grew by less than this share of what load did … */
#define SATURATED_SLOWER 1.8  /* … and times became so many times what they were */
enum { CALM_REQUESTS_MIN = 10, SMALL_RUN = 4 };

double facts_load(const struct facts *f, size_t i) {
    const struct diagnosis_second *s = &f->in->seconds[i];
    double width = s->to_s - s->from_s;
    if (f->open)
        return width > 0 ? s->wanted / width : 0;
    return s->users;
}

static void span_add(const struct facts *f, struct span *s, size_t i) {
    const struct diagnosis_second *at = &f->in->seconds[i];
    s->in[i] = 1;
    s->from_s = s->count++ ? s->from_s : at->from_s;
    s->to_s = at->to_s;
}

/* Requests, their rate and mean time. */
static void add_up(const struct facts *f, const struct span *s, double *rate, double *mean_ms, double *load) {
    double requests = 0, ms = 0, width = 0, sum = 0, known = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *at = &f->in->seconds[i];
        if (!s->in[i])
            continue;
        requests += at->requests;
        ms += at->requests > 0 ? at->mean * at->requests : 0;
        width += at->to_s - at->from_s;
        if (!isnan(facts_load(f, i))) {
            sum += facts_load(f, i) * (at->to_s - at->from_s);
            known += at->to_s - at->from_s;
        }
    }
    *rate = width > 0 ? requests / width : NAN;
    *mean_ms = requests > 0 ? ms / requests : NAN;
    *load = known > 0 ? sum / known : NAN;
}

static void find_spans(struct facts *f) {
    double most = 0, requests = 0;
    size_t first = f->n > SMALL_RUN ? 1 : 0;

    for (size_t i = 0; i < f->n; i++) {
        double load = facts_load(f, i);
        most = load > most ? load : most;
    }
    for (size_t i = 0; i < f->n; i++) {
        double load = facts_load(f, i);
        span_add(f, &f->all, i);
        if (i >= first && (load >= BUSY_SHARE * most || !(most > 0)))
            span_add(f, &f->busy, i);
        if (load <= CALM_SHARE * most && load > 0) {
            span_add(f, &f->calm, i);
            requests += f->in->seconds[i].requests;
        }
        if (i >= f->n / 2)
            span_add(f, &f->late, i);
    }
    if (f->busy.count < 2)
        f->busy = f->late;
    f->ramp = f->calm.count > 0 && requests >= CALM_REQUESTS_MIN;
}

/* What a request takes when nobody is in its way. */
static double least_ms(const struct facts *f) {
    double least = f->calm_ms;
    for (size_t i = 0; i < f->n; i++)
        if (f->in->seconds[i].requests >= CALM_REQUESTS_MIN)
            least = fmin(least, f->in->seconds[i].p50);
    return least;
}

/* Users who think between requests make each request's time matter less; so throughput is compared with load.
 */
static void find_saturation(struct facts *f) {
    double calm_rate, load_growth, rate_growth;
    f->knee_users = f->inside = NAN;
    if (!f->ramp)
        return;
    add_up(f, &f->calm, &calm_rate, &f->calm_ms, &f->calm_users);
    if (!(f->calm_users > 0) || !(calm_rate > 0) || !(f->calm_ms > 0))
        return;
    load_growth = f->busy_users / f->calm_users;
    rate_growth = f->busy_rate / calm_rate;
    if (load_growth < RAMP_RATIO)
        return;
    f->saturated = f->busy_ms > SATURATED_SLOWER * f->calm_ms &&
                   rate_growth - 1 < (1 - SATURATED_GROWTH) * (load_growth - 1);
    if (!f->saturated)
        return;
    f->knee_users = f->calm_users * rate_growth;
    f->inside = f->busy_rate * least_ms(f) / 1000;
}

/* The last second is rarely a whole one. */
static bool cut_short(const struct diagnosis_second *last, const struct diagnosis_second *before) {
    return (isnan(last->users) && !isnan(before->users)) || last->requests < 0.5 * before->requests;
}

void facts_of(struct facts *f, const struct diagnosis_input *in) {
    double ignored;
    *f = (struct facts){.in = in, .n = in->second_count};
    if (f->n > DIAGNOSIS_SECONDS_MAX)
        f->n = DIAGNOSIS_SECONDS_MAX;
    if (f->n > SMALL_RUN && cut_short(&in->seconds[f->n - 1], &in->seconds[f->n - 2]))
        f->n--;
    for (size_t i = 0; i < f->n; i++) {
        f->requests += in->seconds[i].requests;
        f->failed += in->seconds[i].failed;
        f->seconds += in->seconds[i].to_s - in->seconds[i].from_s;
        f->open = f->open || in->seconds[i].wanted > 0;
        f->users_max = in->seconds[i].users > f->users_max ? in->seconds[i].users : f->users_max;
    }
    f->calm_ms = f->calm_users = NAN;
    find_spans(f);
    add_up(f, &f->all, &f->rate, &f->mean_ms, &ignored);
    add_up(f, &f->busy, &f->busy_rate, &f->busy_ms, &f->busy_users);
    find_saturation(f);
}

/* Users think as long as before when answers come sooner, so they ask more often then. */
double facts_enough(const struct facts *f, double limit) {
    double cycle_s = f->busy_rate > 0 ? f->busy_users / f->busy_rate : NAN;
    double hold_s = f->busy_rate > 0 ? limit / f->busy_rate : NAN;
    if (f->open || !(cycle_s > 0) || !(hold_s > 0))
        return NAN;
    double demand = f->busy_users / (fmax(0, cycle_s - f->busy_ms / 1000) + hold_s);
    return ceil(fmax(limit + 1, demand * hold_s / ENOUGH_USED));
}

/* --- courses --- */

double course_mean(const struct facts *f, const float *values, const struct span *s) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (s->in[i] && !isnan(values[i])) {
            sum += values[i];
            n++;
        }
    return n ? sum / (double)n : NAN;
}

double course_max(const struct facts *f, const float *values, const struct span *s) {
    double max = NAN;
    for (size_t i = 0; i < f->n; i++)
        if (s->in[i] && !isnan(values[i]) && !(values[i] <= max))
            max = values[i];
    return max;
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double course_median(const struct facts *f, const float *values, const struct span *s) {
    float sorted[DIAGNOSIS_SECONDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (s->in[i] && !isnan(values[i]))
            sorted[n++] = values[i];
    if (!n)
        return NAN;
    qsort(sorted, n, sizeof *sorted, by_size);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

double course_share_above(const struct facts *f, const float *values, const struct span *s, double limit) {
    size_t n = 0, above = 0;
    for (size_t i = 0; i < f->n; i++)
        if (s->in[i] && !isnan(values[i])) {
            n++;
            above += values[i] > limit;
        }
    return n ? (double)above / (double)n : NAN;
}

bool course_slope(
    const struct facts *f, const float *values, const struct span *s, double *slope, double *fit) {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < f->n; i++) {
        double t = f->in->seconds[i].from_s, v = values[i];
        if (!s->in[i] || isnan(v))
            continue;
        n++;
        x += t;
        y += v;
        xx += t * t;
        yy += v * v;
        xy += t * v;
    }
    double dx = n * xx - x * x, dy = n * yy - y * y, d = n * xy - x * y;
    *slope = *fit = 0;
    if (n < 4 || dx <= 0)
        return false;
    *slope = d / dx;
    *fit = dy > 0 ? d / sqrt(dx * dy) : 0;
    return true;
}

bool course_ends(const struct facts *f, const float *values, double *first, double *last) {
    float heard[DIAGNOSIS_SECONDS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (!isnan(values[i]))
            heard[n++] = values[i];
    if (n < 4)
        return false;
    *first = fmin(heard[0], heard[1]);
    *last = fmin(heard[n - 1], heard[n - 2]);
    return true;
}

/* --- probes --- */

const struct diagnosis_probe *facts_probe(
    const struct facts *f, const struct diagnosis_probe *after, const char *name) {
    for (size_t i = after ? (size_t)(after - f->in->probes) + 1 : 0; i < f->in->probe_count; i++)
        if (strcmp(f->in->probes[i].key.name, name) == 0)
            return &f->in->probes[i];
    return NULL;
}

const struct diagnosis_probe *facts_beside(
    const struct facts *f, const struct diagnosis_probe *p, const char *name) {
    for (const struct diagnosis_probe *q = NULL; (q = facts_probe(f, q, name));)
        if (strcmp(q->key.source, p->key.source) == 0)
            return q;
    return NULL;
}

double facts_mean(const struct facts *f, const char *name, const struct span *s) {
    const struct diagnosis_probe *p = facts_probe(f, NULL, name);
    return p ? course_mean(f, p->values, s) : NAN;
}

double facts_mean_beside(
    const struct facts *f, const struct diagnosis_probe *p, const char *name, const struct span *s) {
    const struct diagnosis_probe *q = facts_beside(f, p, name);
    return q ? course_mean(f, q->values, s) : NAN;
}

const struct probe_note *facts_note(const struct facts *f, const char *about) {
    for (size_t i = 0; i < f->in->note_count; i++)
        if (strcmp(f->in->notes[i].about, about) == 0)
            return &f->in->notes[i];
    return NULL;
}
