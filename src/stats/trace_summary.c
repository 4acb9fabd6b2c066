/* Endpoints found by a hash of their text; each an allocation with small tables of parts and statements,
 * whose texts it owns.
 *
 * A full table of statements lets go of the entry with the fewest spans: what repeats has many, so it stays.
 * Adding and merging are the same operation on a `trace_summary`, so that one path is tested for both.
 * Unpacking builds a store of its own first and merges it whole, so a torn message changes nothing. */
#include "stats/trace_summary.h"

#include "stats/hashindex_priv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { PACKED_SUMMARY_BYTES_MIN = 8, PACKED_ROW_BYTES_MIN = 4 };

struct endpoint {
    struct trace_summary sums; /* endpoint, counts and growths; the tables below are put in when it is read */
    struct trace_part parts[TRACE_SUMMARY_PARTS_MAX];
    struct trace_statement statements[TRACE_SUMMARY_STATEMENTS_MAX];
    struct histogram database_spans, repeats;
};
struct trace_summary_store {
    struct endpoint **all;
    size_t len, cap;
    struct hashindex index;
    uint64_t dropped;
};

const char *trace_kind_name(enum trace_kind k) {
    static const char *const names[] = {
#define TRACE_KIND_NAME(id, name) [TRACE_##id] = name,
        TRACE_KINDS(TRACE_KIND_NAME)
#undef TRACE_KIND_NAME
    };
    return (unsigned)k < TRACE_KIND_COUNT ? names[k] : names[TRACE_OTHER];
}

/* --- growth --- */

static void growth_add(struct trace_growth *g, double x, double y) {
    g->n++;
    g->x += x;
    g->y += y;
    g->xx += x * x;
    g->yy += y * y;
    g->xy += x * y;
}

static void growth_merge(struct trace_growth *g, const struct trace_growth *from) {
    g->n += from->n;
    g->x += from->x;
    g->y += from->y;
    g->xx += from->xx;
    g->yy += from->yy;
    g->xy += from->xy;
}

/* The spread of x (or y), 0 when it is only the rounding of the sums. */
static double growth_spread(double n, double squares, double sum) {
    double spread = squares - sum * sum / n;

    return spread > squares * 1e-12 ? spread : 0;
}

double trace_growth_slope(const struct trace_growth *g) {
    double n = (double)g->n, spread = n > 1 ? growth_spread(n, g->xx, g->x) : 0;

    return spread > 0 ? (g->xy - g->x * g->y / n) / spread : 0;
}

double trace_growth_correlation(const struct trace_growth *g) {
    double n = (double)g->n;

    if (n < 2)
        return 0;
    double product = growth_spread(n, g->xx, g->x) * growth_spread(n, g->yy, g->y);
    if (product <= 0)
        return 0;
    double r = (g->xy - g->x * g->y / n) / sqrt(product);
    return fmax(-1, fmin(1, r));
}

/* --- the store --- */

int trace_summary_store_new(struct trace_summary_store **out) {
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

static void endpoint_free(struct endpoint *e) {
    if (!e)
        return;
    for (size_t i = 0; i < e->sums.part_count; i++)
        free((char *)(uintptr_t)e->parts[i].service.ptr);
    for (size_t i = 0; i < e->sums.statement_count; i++)
        free((char *)(uintptr_t)e->statements[i].text.ptr);
    histogram_deinit(&e->database_spans);
    histogram_deinit(&e->repeats);
    free((char *)(uintptr_t)e->sums.endpoint.ptr);
    free(e);
}

void trace_summary_store_clear(struct trace_summary_store *s) {
    for (size_t i = 0; i < s->len; i++)
        endpoint_free(s->all[i]);
    s->len = 0;
    s->dropped = 0;
    hashindex_deinit(&s->index);
    s->index = HASHINDEX_NULL;
}

struct trace_summary_store *trace_summary_store_free(struct trace_summary_store *s) {
    if (!s)
        return NULL;
    trace_summary_store_clear(s);
    free(s->all);
    free(s);
    return NULL;
}

/* Cuts at a character's start, so that text in UTF-8 stays text. */
static struct view cut(struct view v) {
    size_t max = TRACE_SUMMARY_TEXT_MAX;

    if (v.len <= max)
        return v;
    while (max > 0 && ((unsigned char)v.ptr[max] & 0xc0) == 0x80)
        max--;
    return view_take(v, max);
}

static int copy_text(struct view from, struct view *to) {
    char *copy = view_dup_cstr(from);

    *to = view_of(copy, copy ? from.len : 0);
    return copy ? 0 : -ENOMEM;
}

static struct endpoint *find(const struct trace_summary_store *s, struct view name) {
    uint64_t hash = view_hash(name, 0), at = (uint32_t)hash;

    for (uint32_t i; (i = hashindex_next(&s->index, hash, &at)) != HASHINDEX_NONE;)
        if (view_eq(s->all[i]->sums.endpoint, name))
            return s->all[i];
    return NULL;
}

static int add_endpoint(struct trace_summary_store *s, struct view name, struct endpoint **out) {
    if (s->len >= TRACE_SUMMARY_ENDPOINTS_MAX)
        return ERROR_LIMIT;
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct endpoint **all = realloc(s->all, cap * sizeof *all);
        if (!all)
            return -ENOMEM;
        s->all = all;
        s->cap = cap;
    }
    struct endpoint *e = calloc(1, sizeof *e);
    if (!e || copy_text(name, &e->sums.endpoint) < 0 ||
        hashindex_insert(&s->index, view_hash(name, 0), (uint32_t)s->len) < 0) {
        endpoint_free(e);
        return -ENOMEM;
    }
    histogram_init(&e->database_spans);
    histogram_init(&e->repeats);
    s->all[s->len++] = e;
    *out = e;
    return 0;
}

static int merge_part(struct endpoint *e, const struct trace_part *from) {
    struct trace_part *p = NULL;
    struct view service = cut(from->service);

    for (size_t i = 0; i < e->sums.part_count && !p; i++)
        if (e->parts[i].kind == from->kind && view_eq(e->parts[i].service, service))
            p = &e->parts[i];
    if (!p) {
        if (e->sums.part_count == TRACE_SUMMARY_PARTS_MAX) {
            p = &e->parts[TRACE_SUMMARY_PARTS_MAX - 1]; /* so that the parts still add up */
        } else {
            p = &e->parts[e->sums.part_count];
            *p = (struct trace_part){.kind = from->kind};
            if (copy_text(service, &p->service) < 0)
                return -ENOMEM;
            e->sums.part_count++;
        }
    }
    p->spans += from->spans;
    p->errors += from->errors;
    p->seconds += from->seconds;
    return 0;
}

static int merge_statement(struct endpoint *e, const struct trace_statement *from) {
    struct trace_statement *t = NULL, *least = NULL;
    struct view text = cut(from->text);

    for (size_t i = 0; i < e->sums.statement_count && !t; i++) {
        if (view_eq(e->statements[i].text, text))
            t = &e->statements[i];
        if (!least || e->statements[i].spans < least->spans)
            least = &e->statements[i];
    }
    if (!t) {
        struct view copy;
        bool full = e->sums.statement_count == TRACE_SUMMARY_STATEMENTS_MAX;
        if (copy_text(text, &copy) < 0)
            return -ENOMEM;
        t = full ? least : &e->statements[e->sums.statement_count++];
        if (full)
            free((char *)(uintptr_t)t->text.ptr);
        *t = (struct trace_statement){.text = copy};
    }
    t->requests += from->requests;
    t->spans += from->spans;
    t->most = from->most > t->most ? from->most : t->most;
    t->seconds += from->seconds;
    return 0;
}

static int merge_tables(struct endpoint *e, const struct trace_summary *from) {
    int rc = 0;

    for (size_t i = 0; i < from->part_count && rc == 0; i++)
        rc = merge_part(e, &from->parts[i]);
    for (size_t i = 0; i < from->statement_count && rc == 0; i++)
        rc = merge_statement(e, &from->statements[i]);
    if (rc == 0)
        rc = histogram_merge(&e->database_spans, from->database_spans);
    return rc ? rc : histogram_merge(&e->repeats, from->repeats);
}

static int merge(struct trace_summary_store *s, const struct trace_summary *from) {
    struct view name = cut(from->endpoint);
    struct endpoint *e = find(s, name);
    int rc = e ? 0 : add_endpoint(s, name, &e);

    if (rc) {
        s->dropped += from->requests;
        return rc;
    }
    e->sums.requests += from->requests;
    e->sums.errors += from->errors;
    e->sums.seconds += from->seconds;
    growth_merge(&e->sums.by_size, &from->by_size);
    growth_merge(&e->sums.by_time, &from->by_time);
    return merge_tables(e, from);
}

/* Every statement of one request; the most repeated one is what the request counts for. */
static int add_statements(struct endpoint *e, const struct trace_request *r, uint64_t *repeats) {
    int rc = 0;

    for (size_t i = 0; i < r->statement_count && rc == 0; i++) {
        struct trace_statement one = r->statements[i];
        one.requests = 1;
        one.most = one.spans;
        *repeats = one.spans > *repeats ? one.spans : *repeats;
        rc = merge_statement(e, &one);
    }
    return rc;
}

int trace_summary_store_add(struct trace_summary_store *s, const struct trace_request *r) {
    struct trace_summary head = {.endpoint = r->endpoint,
        .requests = 1,
        .errors = r->failed,
        .seconds = r->seconds,
        .parts = r->parts,
        .part_count = r->part_count,
        .database_spans = &HISTOGRAM_NULL,
        .repeats = &HISTOGRAM_NULL};
    uint64_t repeats = 0;
    int rc = merge(s, &head);

    if (rc)
        return rc;
    struct endpoint *e = find(s, cut(r->endpoint));
    rc = add_statements(e, r, &repeats);
    if (rc == 0)
        rc = histogram_record(&e->database_spans, (double)r->database_spans);
    if (rc == 0)
        rc = histogram_record(&e->repeats, (double)repeats);
    if (isfinite(r->response_bytes))
        growth_add(&e->sums.by_size, r->response_bytes, (double)repeats);
    if (isfinite(r->at_s))
        growth_add(&e->sums.by_time, r->at_s, (double)repeats);
    return rc;
}

size_t trace_summary_store_count(const struct trace_summary_store *s) {
    return s->len;
}

uint64_t trace_summary_store_dropped(const struct trace_summary_store *s) {
    return s->dropped;
}

static int by_seconds(const void *a, const void *b) {
    const struct trace_part *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

static double per_request(const struct trace_statement *t) {
    return t->requests ? (double)t->spans / (double)t->requests : 0;
}

static int by_repeats(const void *a, const void *b) {
    double x = per_request(a), y = per_request(b);
    return (x < y) - (x > y);
}

struct trace_summary trace_summary_store_at(struct trace_summary_store *s, size_t i) {
    assert(i < s->len);
    struct endpoint *e = s->all[i];
    struct trace_summary out = e->sums;

    qsort(e->parts, e->sums.part_count, sizeof e->parts[0], by_seconds);
    qsort(e->statements, e->sums.statement_count, sizeof e->statements[0], by_repeats);
    out.parts = e->parts;
    out.statements = e->statements;
    out.database_spans = &e->database_spans;
    out.repeats = &e->repeats;
    return out;
}

bool trace_summary_store_get(struct trace_summary_store *s, struct view endpoint, struct trace_summary *out) {
    struct view name = cut(endpoint);

    for (size_t i = 0; i < s->len; i++) {
        if (!view_eq(s->all[i]->sums.endpoint, name))
            continue;
        *out = trace_summary_store_at(s, i);
        return true;
    }
    return false;
}

/* --- packing --- */

static void pack_growth(struct pack_writer *w, const struct trace_growth *g) {
    pack_u64(w, g->n);
    pack_double(w, g->x);
    pack_double(w, g->y);
    pack_double(w, g->xx);
    pack_double(w, g->yy);
    pack_double(w, g->xy);
}

static struct trace_growth unpack_growth(struct pack_reader *r) {
    return (struct trace_growth){.n = unpack_u64(r),
        .x = unpack_double(r),
        .y = unpack_double(r),
        .xx = unpack_double(r),
        .yy = unpack_double(r),
        .xy = unpack_double(r)};
}

static void pack_endpoint(struct pack_writer *w, const struct endpoint *e) {
    pack_view(w, e->sums.endpoint);
    pack_u64(w, e->sums.requests);
    pack_u64(w, e->sums.errors);
    pack_double(w, e->sums.seconds);
    pack_u64(w, e->sums.part_count);
    for (size_t i = 0; i < e->sums.part_count; i++) {
        const struct trace_part *p = &e->parts[i];
        pack_view(w, p->service);
        pack_u64(w, p->kind);
        pack_u64(w, p->spans);
        pack_u64(w, p->errors);
        pack_double(w, p->seconds);
    }
    pack_u64(w, e->sums.statement_count);
    for (size_t i = 0; i < e->sums.statement_count; i++) {
        const struct trace_statement *t = &e->statements[i];
        pack_view(w, t->text);
        pack_u64(w, t->requests);
        pack_u64(w, t->spans);
        pack_u64(w, t->most);
        pack_double(w, t->seconds);
    }
    histogram_pack(&e->database_spans, w);
    histogram_pack(&e->repeats, w);
    pack_growth(w, &e->sums.by_size);
    pack_growth(w, &e->sums.by_time);
}

void trace_summary_store_pack(const struct trace_summary_store *s, struct pack_writer *w) {
    pack_u64(w, s->dropped);
    pack_u64(w, s->len);
    for (size_t i = 0; i < s->len; i++)
        pack_endpoint(w, s->all[i]);
}

static double unpack_finite(struct pack_reader *r) {
    double v = unpack_double(r);

    if (!isfinite(v))
        r->failed = true;
    return v;
}

/* The tables of one endpoint, as they stand in the message; texts point into it. */
struct tables {
    struct trace_part parts[TRACE_SUMMARY_PARTS_MAX];
    struct trace_statement statements[TRACE_SUMMARY_STATEMENTS_MAX];
    struct histogram database_spans, repeats;
};

static void unpack_tables(struct pack_reader *r, struct trace_summary *to, struct tables *t) {
    to->part_count = unpack_count(r, PACKED_ROW_BYTES_MIN);
    if (to->part_count > TRACE_SUMMARY_PARTS_MAX)
        r->failed = true;
    for (size_t i = 0; i < to->part_count && !r->failed; i++) {
        t->parts[i].service = unpack_view(r);
        uint64_t kind = unpack_u64(r);
        t->parts[i].kind = (enum trace_kind)kind;
        t->parts[i].spans = unpack_u64(r);
        t->parts[i].errors = unpack_u64(r);
        t->parts[i].seconds = unpack_finite(r);
        r->failed = r->failed || kind >= TRACE_KIND_COUNT;
    }
    to->statement_count = unpack_count(r, PACKED_ROW_BYTES_MIN);
    if (to->statement_count > TRACE_SUMMARY_STATEMENTS_MAX)
        r->failed = true;
    for (size_t i = 0; i < to->statement_count && !r->failed; i++) {
        t->statements[i].text = unpack_view(r);
        t->statements[i].requests = unpack_u64(r);
        t->statements[i].spans = unpack_u64(r);
        t->statements[i].most = unpack_u64(r);
        t->statements[i].seconds = unpack_finite(r);
    }
}

static int unpack_endpoint(struct trace_summary_store *into, struct pack_reader *r, struct tables *t) {
    struct trace_summary e = {.endpoint = unpack_view(r),
        .requests = unpack_u64(r),
        .errors = unpack_u64(r),
        .seconds = unpack_finite(r),
        .parts = t->parts,
        .statements = t->statements,
        .database_spans = &t->database_spans,
        .repeats = &t->repeats};

    unpack_tables(r, &e, t);
    int rc = r->failed ? ERROR_SYNTAX : histogram_unpack_merge(&t->database_spans, r);
    if (rc == 0)
        rc = histogram_unpack_merge(&t->repeats, r);
    e.by_size = unpack_growth(r);
    e.by_time = unpack_growth(r);
    if (rc == 0 && r->failed)
        rc = ERROR_SYNTAX;
    if (rc == 0)
        rc = merge(into, &e);
    return rc == ERROR_LIMIT ? 0 : rc;
}

static int unpack_store(struct trace_summary_store *into, struct pack_reader *r) {
    into->dropped += unpack_u64(r);
    size_t n = unpack_count(r, PACKED_SUMMARY_BYTES_MIN);
    struct tables *t = calloc(1, sizeof *t);
    int rc = !t ? -ENOMEM : n > TRACE_SUMMARY_ENDPOINTS_MAX ? ERROR_SYNTAX : 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        histogram_init(&t->database_spans);
        histogram_init(&t->repeats);
        rc = unpack_endpoint(into, r, t);
        histogram_deinit(&t->database_spans);
        histogram_deinit(&t->repeats);
    }
    free(t);
    return rc ? rc : r->failed ? ERROR_SYNTAX : 0;
}

int trace_summary_store_unpack_merge(struct trace_summary_store *s, struct pack_reader *r) {
    struct trace_summary_store *read;
    int rc = trace_summary_store_new(&read);

    if (rc == 0)
        rc = unpack_store(read, r);
    for (size_t i = 0; rc == 0 && s && i < read->len; i++) {
        struct trace_summary one = trace_summary_store_at(read, i);
        rc = merge(s, &one);
        rc = rc == ERROR_LIMIT ? 0 : rc;
    }
    if (rc == 0 && s)
        s->dropped += read->dropped;
    if (rc)
        r->failed = true;
    trace_summary_store_free(read);
    return rc;
}
