/* Entries are found by tag set, and made by (method, name): series that differ in other tags only belong to
 * one entry, whose response times are then merged into a histogram of its own; as a rule there is one series,
 * whose histogram is read in place.
 *
 * After a reset of the statistics everything begins anew, but for the names. */
#include "report/locust_stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MICROSECOND 1e-6

static const struct view metric_names[REQUEST_METRIC_COUNT] = {
#define NAME(id, name, type, contains) VIEW(name),
    REQUEST_METRICS(NAME)
#undef NAME
};
static const struct histogram nothing = {0};

static void entry_deinit(struct locust_entry *e) {
    histogram_deinit(&e->merged);
    free(e->seconds);
}

void locust_stats_init(struct locust_stats *s) {
    *s = (struct locust_stats){.total = {.method = VIEW(""), .name = VIEW("Aggregated"), .times = &nothing}};
    hashmap_init(&s->by_tags, LOCUST_ENTRIES_MAX);
    hashmap_init(&s->by_name, LOCUST_ENTRIES_MAX);
}

static void free_findings(struct locust_stats *s) {
    for (size_t i = 0; i < s->exception_count; i++)
        buf_deinit(&s->exceptions[i].nodes);
    free(s->exceptions);
    free(s->errors);
    s->exceptions = NULL;
    s->errors = NULL;
    s->exception_count = s->error_count = 0;
}

void locust_stats_deinit(struct locust_stats *s) {
    struct hashmap_entry *h;

    for (h = NULL; (h = hashmap_next(&s->by_tags, h));)
        free((char *)(uintptr_t)h->key.ptr);
    for (h = NULL; (h = hashmap_next(&s->by_name, h));)
        free((char *)(uintptr_t)h->key.ptr);
    hashmap_deinit(&s->by_tags);
    hashmap_deinit(&s->by_name);
    for (size_t i = 0; i < s->entry_count; i++) {
        entry_deinit(s->entries[i]);
        free(s->entries[i]);
    }
    free(s->entries);
    free(s->sorted);
    entry_deinit(&s->total);
    free_findings(s);
    locust_stats_init(s);
}

/* ---- entries ---- */

/* Keeps a copy of the key that the map shall own. */
static int own_key(struct hashmap *m, struct view key, struct locust_entry *e) {
    char *copy = view_dup_cstr(key);
    int r = copy ? hashmap_put(m, view_of(copy, key.len), e) : -ENOMEM;

    if (r < 0)
        free(copy);
    return r;
}

static int grow(struct locust_stats *s) {
    size_t cap = s->entry_cap ? 2 * s->entry_cap : 64;

    if (s->entry_count < s->entry_cap)
        return 0;
    struct locust_entry **entries = realloc(s->entries, cap * sizeof *entries);
    s->entries = entries ? entries : s->entries;
    struct locust_entry **sorted = realloc(s->sorted, cap * sizeof *sorted);
    s->sorted = sorted ? sorted : s->sorted;
    if (!entries || !sorted)
        return -ENOMEM;
    s->entry_cap = cap;
    return 0;
}

static int entry_add(struct locust_stats *s, struct view key, struct view method, struct view name,
    struct locust_entry **out) {
    struct locust_entry *e = calloc(1, sizeof *e);

    if (!e || grow(s) < 0 || own_key(&s->by_name, key, e) < 0) {
        free(e);
        return -ENOMEM;
    }
    e->method = method;
    e->name = name;
    e->times = &nothing;
    s->sorted[s->entry_count] = e;
    s->entries[s->entry_count++] = e;
    *out = e;
    return 0;
}

static int entry_of(struct locust_stats *s, const struct tags *t, tagset_id set, struct locust_entry **out) {
    struct view tag_key = view_of((const char *)&set, sizeof set);
    struct buf key CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);

    *out = hashmap_get(&s->by_tags, tag_key);
    if (*out)
        return 0;
    struct view method = tags_get(t, set, VIEW("method")), name = tags_get(t, set, VIEW("name"));
    int r = buf_append_view(&key, method);
    r = r < 0 ? r : buf_append_byte(&key, 0);
    r = r < 0 ? r : buf_append_view(&key, name);
    if (r < 0)
        return r;
    *out = hashmap_get(&s->by_name, buf_view(&key));
    if (!*out)
        r = entry_add(s, buf_view(&key), method, name, out);
    return r < 0 ? r : own_key(&s->by_tags, tag_key, *out);
}

static int by_name_and_method(const void *a, const void *b) {
    const struct locust_entry *x = *(struct locust_entry *const *)a, *y = *(struct locust_entry *const *)b;
    int c = view_cmp(x->name, y->name);

    return c ? c : view_cmp(x->method, y->method);
}

static void entry_clear(struct locust_entry *e) {
    e->requests = e->untimed = e->failures = 0;
    e->bytes = e->first_at = e->last_at = 0;
    e->times = &nothing;
    e->parts = 0;
}

static int add_times(struct locust_entry *e, const struct histogram *h) {
    int r = 0;

    if (e->parts++ == 0) {
        e->times = h;
        return 0;
    }
    if (e->times != &e->merged) {
        histogram_reset(&e->merged);
        r = histogram_merge(&e->merged, e->times);
        e->times = &e->merged;
    }
    return r < 0 ? r : histogram_merge(&e->merged, h);
}

static void widen(struct locust_entry *e, double first_at, double last_at) {
    if (last_at <= 0)
        return;
    e->first_at = e->first_at > 0 && e->first_at < first_at ? e->first_at : first_at;
    e->last_at = e->last_at > last_at ? e->last_at : last_at;
}

static int take(struct locust_entry *e, enum request_metric what, const struct sink *from) {
    switch (what) {
    case REQUEST_METRIC_DURATION:
        return from->type == METRIC_TREND && from->trend.count ? add_times(e, &from->trend) : 0;
    case REQUEST_METRIC_BYTES:
        if (from->type == METRIC_COUNTER) {
            e->requests += from->counter.count;
            e->bytes += from->counter.sum;
        }
        return 0;
    case REQUEST_METRIC_FAILURES:
        e->failures += from->type == METRIC_COUNTER ? (uint64_t)from->counter.sum : 0;
        return 0;
    case REQUEST_METRIC_AT:
        if (from->type == METRIC_GAUGE && from->gauge.count)
            widen(e, from->gauge.min, from->gauge.max);
        return 0;
    case REQUEST_METRIC_COUNT: break;
    }
    return 0;
}

static int read_entries(struct locust_stats *s, const struct recorder *total) {
    metric_id id;
    int r = 0;

    for (size_t i = 0; i < s->entry_count; i++)
        entry_clear(s->entries[i]);
    for (int what = 0; what < REQUEST_METRIC_COUNT; what++) {
        if (!metrics_find(total->metrics, metric_names[what], &id))
            continue;
        for (const struct series *x = series_store_first(total->series, id); x; x = x->next_alike) {
            struct locust_entry *e = NULL;
            int one = entry_of(s, total->tags, x->tags, &e);
            one = one < 0 ? one : take(e, (enum request_metric)what, &x->sink);
            r = r < 0 ? r : one;
        }
    }
    if (s->entry_count)
        qsort(s->sorted, s->entry_count, sizeof *s->sorted, by_name_and_method);
    return r;
}

static int read_total(struct locust_stats *s) {
    struct locust_entry *t = &s->total;
    int r = 0;

    entry_clear(t);
    histogram_reset(&t->merged);
    t->times = &t->merged;
    for (size_t i = 0; i < s->entry_count; i++) {
        struct locust_entry *e = s->entries[i];
        e->untimed = e->requests > e->times->count ? e->requests - e->times->count : 0;
        t->requests += e->requests;
        t->untimed += e->untimed;
        t->failures += e->failures;
        t->bytes += e->bytes;
        widen(t, e->first_at, e->last_at);
        int one = histogram_merge(&t->merged, e->times);
        r = r < 0 ? r : one;
    }
    return r;
}

/* ---- seconds ---- */

static int count_second(struct locust_entry *e, int64_t epoch_s) {
    uint64_t requests = e->requests - e->known_requests, failures = e->failures - e->known_failures;
    struct locust_second *last = e->second_count ? &e->seconds[e->second_count - 1] : NULL;

    e->known_requests = e->requests;
    e->known_failures = e->failures;
    if (!requests && !failures)
        return 0;
    if (last && last->epoch_s >= epoch_s) {
        last->requests += requests;
        last->failures += failures;
        return 0;
    }
    if (e->second_count == LOCUST_SECONDS_MAX)
        memmove(e->seconds, e->seconds + 1, --e->second_count * sizeof *e->seconds);
    if (e->second_count == e->second_cap) {
        size_t cap = e->second_cap ? 2 * e->second_cap : 16;
        struct locust_second *more = realloc(e->seconds, cap * sizeof *more);
        if (!more)
            return -ENOMEM;
        e->seconds = more;
        e->second_cap = cap;
    }
    e->seconds[e->second_count++] = (struct locust_second){epoch_s, requests, failures};
    return 0;
}

static void forget_seconds(struct locust_entry *e) {
    e->second_count = 0;
    e->known_requests = e->known_failures = 0;
}

static int read_seconds(struct locust_stats *s, const struct run_state *r, double now) {
    /* What comes now was counted during the second before. */
    int64_t epoch_s = (int64_t)floor(now - 0.5);

    double start_at =
        r->start_wall_ns ? (double)r->start_wall_ns / 1e9 + (double)r->statistics_from_us * MICROSECOND : 0;

    if (s->start_at != start_at || s->total.requests < s->total.known_requests) {
        s->start_at = start_at;
        forget_seconds(&s->total);
        for (size_t i = 0; i < s->entry_count; i++)
            forget_seconds(s->entries[i]);
    }
    int e = count_second(&s->total, epoch_s);
    for (size_t i = 0; i < s->entry_count; i++) {
        int one = count_second(s->entries[i], epoch_s);
        e = e < 0 ? e : one;
    }
    return e;
}

/* ---- failures and exceptions ---- */

static void add_error(struct locust_stats *s, const struct evidence *e) {
    s->errors[s->error_count++] = (struct locust_error){.method = e->subject,
        .name = e->object,
        .text = e->exemplar.len ? e->exemplar : e->detail,
        .count = e->count,
        .first_at = (double)e->first_wall_us * MICROSECOND,
        .last_at = (double)e->last_wall_us * MICROSECOND};
}

static int add_exception(struct locust_stats *s, const struct evidence *e) {
    struct locust_exception *x = NULL;
    ptrdiff_t cut = view_find(e->exemplar, '\0');

    for (size_t i = 0; i < s->exception_count && !x; i++)
        x = view_eq(s->exceptions[i].key, e->subject) ? &s->exceptions[i] : NULL;
    if (!x) {
        x = &s->exceptions[s->exception_count++];
        *x = (struct locust_exception){.key = e->subject, .nodes = BUF_MAX(1024 * 1024)};
    }
    if (!x->message.ptr && e->exemplar.len) {
        x->message = cut < 0 ? e->exemplar : view_take(e->exemplar, (size_t)cut);
        x->frames = cut < 0 ? VIEW_NULL : view_drop(e->exemplar, (size_t)cut + 1);
    }
    x->count += e->count;
    int r = x->nodes.len ? buf_append_view(&x->nodes, VIEW(", ")) : 0;
    return r < 0 ? r : buf_append_view(&x->nodes, e->object);
}

static int read_findings(struct locust_stats *s, const struct evidence_store *from) {
    size_t n = evidence_store_count(from);
    int r = 0;

    free_findings(s);
    s->errors = calloc(n + 1, sizeof *s->errors);
    s->exceptions = calloc(n + 1, sizeof *s->exceptions);
    if (!s->errors || !s->exceptions)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        struct evidence e = evidence_store_at(from, i);
        if (!e.count)
            continue;
        if (e.kind == EVIDENCE_LOCUST_FAILURE)
            add_error(s, &e);
        else if (e.kind == EVIDENCE_LOCUST_EXCEPTION && add_exception(s, &e) < 0)
            r = -ENOMEM;
    }
    return r;
}

int locust_stats_refresh(struct locust_stats *s, const struct run_state *r, double now) {
    int results[] = {read_entries(s, r->total), read_total(s), read_seconds(s, r, now),
        read_findings(s, r->total->evidence)};

    s->users = r->users_active;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (results[i] < 0)
            return results[i];
    return 0;
}

/* ---- figures ---- */

double locust_entry_average(const struct locust_entry *e) {
    return e->times->count ? e->times->sum / (double)e->times->count : 0;
}

double locust_entry_average_bytes(const struct locust_entry *e) {
    return e->requests ? e->bytes / (double)e->requests : 0;
}

double locust_entry_fail_share(const struct locust_entry *e) {
    if (!e->requests)
        return e->failures ? 1 : 0;
    return (double)e->failures / (double)e->requests;
}

struct locust_rates locust_rates_current(const struct locust_stats *s, const struct locust_entry *e) {
    struct locust_rates rates = {0, 0};
    int64_t last = (int64_t)s->total.last_at, to = last - LOCUST_RATE_TO_S, from = last - LOCUST_RATE_FROM_S;

    from = from > (int64_t)s->start_at ? from : (int64_t)s->start_at;
    if (s->total.last_at <= 0 || to <= from)
        return rates;
    for (size_t i = e->second_count; i-- && e->seconds[i].epoch_s >= from;)
        if (e->seconds[i].epoch_s < to) {
            rates.requests += (double)e->seconds[i].requests;
            rates.failures += (double)e->seconds[i].failures;
        }
    rates.requests /= (double)(to - from);
    rates.failures /= (double)(to - from);
    return rates;
}

struct locust_rates locust_rates_total(const struct locust_stats *s, const struct locust_entry *e) {
    double span = s->total.last_at - s->start_at;

    if (s->total.last_at <= 0 || s->start_at <= 0 || span <= 0)
        return (struct locust_rates){0, 0};
    return (struct locust_rates){(double)e->requests / span, (double)e->failures / span};
}
