/* Traces by their iteration's half of the id, in the order of their first span. A trace is open until it was dealt out; one that holds
 * an exemplar's request stays after that, so that what comes late is still seen in its waterfall (but is not counted twice). When there
 * is no room, the oldest open trace goes, and its spans are counted as dropped. */
#include "trace/trace_store.h"

#include "core/hashmap.h"
#include "core/list.h"
#include "core/pack.h"
#include "trace/span_text.h"
#include "trace/trace_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { STATEMENTS_OF_REQUEST_MAX = 256, PARTS_OF_REQUEST_MAX = 64, NS_PER_US = 1000, SPANS_FIRST = 8 };

struct trace {
    struct list entry; /* of open or kept */
    uint64_t iteration;
    char key[sizeof(uint64_t)];
    int64_t first_us, last_us;
    bool kept;
    struct trace_span **spans;
    size_t count, cap;
};
struct trace_store {
    uint64_t run;
    int64_t load_wall_us;
    struct hashmap by_iteration;
    struct list open, kept;
    size_t open_count, kept_count, bytes;
    char *services[TRACE_STORE_SERVICES_MAX];
    size_t service_count;
    struct trace_summary_store *summaries;
    struct trace_store_counts counts;
    struct buf scratch; /* of one span's statement and attributes */
    struct trace_statement statements[STATEMENTS_OF_REQUEST_MAX];
    struct trace_part parts[PARTS_OF_REQUEST_MAX];
};

int trace_store_new(struct trace_store **out) {
    struct trace_store *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return -ENOMEM;
    list_init(&s->open);
    list_init(&s->kept);
    hashmap_init(&s->by_iteration, TRACE_STORE_TRACES_MAX + TRACE_STORE_KEPT_MAX);
    s->scratch = BUF_MAX(TRACE_STORE_TEXT_MAX + TRACE_STORE_ATTRIBUTES_MAX);
    int rc = trace_summary_store_new(&s->summaries);
    if (rc)
        *out = trace_store_free(s);
    return rc;
}

static size_t span_bytes(const struct trace_span *p) {
    return sizeof *p + sizeof(void *) + p->name_len + p->statement_len + p->error_len + p->attributes_len;
}

static void drop(struct trace_store *s, struct trace *t) {
    hashmap_remove(&s->by_iteration, view_of(t->key, sizeof t->key));
    list_remove(&t->entry);
    if (t->kept)
        s->kept_count--;
    else
        s->open_count--;
    s->bytes -= sizeof *t;
    for (size_t i = 0; i < t->count; i++) {
        s->bytes -= span_bytes(t->spans[i]);
        free(t->spans[i]);
    }
    free(t->spans);
    free(t);
}

struct trace_store *trace_store_free(struct trace_store *s) {
    if (!s)
        return NULL;
    LIST_EACH(e, &s->open)
        drop(s, LIST_ENTRY(e, struct trace, entry));
    LIST_EACH(e, &s->kept)
        drop(s, LIST_ENTRY(e, struct trace, entry));
    hashmap_deinit(&s->by_iteration);
    for (size_t i = 0; i < s->service_count; i++)
        free(s->services[i]);
    trace_summary_store_free(s->summaries);
    buf_deinit(&s->scratch);
    free(s);
    return NULL;
}

void trace_store_begin(struct trace_store *s, uint64_t run, int64_t load_wall_us) {
    s->run = run;
    s->load_wall_us = load_wall_us;
}

struct trace_store_counts trace_store_counts(const struct trace_store *s) {
    return s->counts;
}

struct trace_summary_store *trace_store_summaries(struct trace_store *s) {
    return s->summaries;
}

size_t trace_store_waiting(const struct trace_store *s) {
    return s->open_count;
}

size_t trace_store_bytes(const struct trace_store *s) {
    return s->bytes;
}

/* --- what comes --- */

static uint16_t service_of(struct trace_store *s, struct view name) {
    name = name.len ? view_take(name, TRACE_STORE_TEXT_MAX) : VIEW("unknown");
    for (size_t i = 0; i < s->service_count; i++)
        if (view_eq(view_of_cstr(s->services[i]), name))
            return (uint16_t)i;
    if (s->service_count == TRACE_STORE_SERVICES_MAX)
        return TRACE_STORE_SERVICES_MAX - 1;
    char *copy = s->service_count == TRACE_STORE_SERVICES_MAX - 1 ? strdup("(other)") : view_dup_cstr(name);
    if (!copy)
        return 0;
    s->services[s->service_count] = copy;
    return (uint16_t)s->service_count++;
}

/* The statement, then the attributes packed, in s->scratch. */
static size_t write_texts(struct trace_store *s, const struct otlp_span *o, enum trace_kind kind) {
    buf_clear(&s->scratch);
    if ((kind == TRACE_DATABASE || kind == TRACE_CACHE) &&
        span_text_normalise(span_text_statement(o), TRACE_STORE_TEXT_MAX, &s->scratch) < 0)
        buf_clear(&s->scratch);
    size_t statement_len = s->scratch.len;
    for (size_t i = 0; i < o->attribute_count; i++) {
        struct view key = view_take(o->attributes[i].key, TRACE_STORE_ATTRIBUTE_MAX),
                    value = view_take(o->attributes[i].value, TRACE_STORE_ATTRIBUTE_MAX);
        if (s->scratch.len - statement_len + key.len + value.len + 4 > TRACE_STORE_ATTRIBUTES_MAX)
            break;
        struct pack_writer w = pack_writer_of(&s->scratch);
        pack_view(&w, key);
        pack_view(&w, value);
    }
    return statement_len;
}

static struct trace_span *span_new(struct trace_store *s, const struct otlp_span *o) {
    enum trace_kind kind = span_text_kind(o);
    size_t statement_len = write_texts(s, o, kind);
    struct view name = view_take(o->name, TRACE_STORE_TEXT_MAX), error = view_take(o->error, TRACE_STORE_TEXT_MAX);
    struct trace_span *p = malloc(sizeof *p + name.len + error.len + s->scratch.len);
    int64_t start = o->start_ns < INT64_MAX / 2 ? (int64_t)o->start_ns : 0, end = o->end_ns < INT64_MAX / 2 ? (int64_t)o->end_ns : 0;

    if (!p)
        return NULL;
    *p = (struct trace_span){.id = o->id,
        .parent = o->parent,
        .start_ns = start,
        .end_ns = end > start ? end : start,
        .service = service_of(s, o->service),
        .kind = (uint8_t)kind,
        .otlp_kind = (uint8_t)o->kind,
        .failed = o->failed,
        .response_bytes = (float)span_text_response_bytes(o),
        .name_len = (uint16_t)name.len,
        .statement_len = (uint16_t)statement_len,
        .error_len = (uint16_t)error.len,
        .attributes_len = (uint16_t)(s->scratch.len - statement_len)};
    char *at = name.len ? mempcpy(p->text, name.ptr, name.len) : p->text;
    at = statement_len ? mempcpy(at, s->scratch.ptr, statement_len) : at;
    at = error.len ? mempcpy(at, error.ptr, error.len) : at;
    if (p->attributes_len)
        memcpy(at, s->scratch.ptr + statement_len, p->attributes_len);
    return p;
}

static void make_room(struct trace_store *s) {
    while ((s->bytes > TRACE_STORE_BYTES_MAX || s->open_count >= TRACE_STORE_TRACES_MAX) && !list_empty(&s->open)) {
        struct trace *t = LIST_ENTRY(list_first(&s->open), struct trace, entry);
        s->counts.dropped += t->count;
        drop(s, t);
    }
}

static struct trace *trace_of(struct trace_store *s, uint64_t iteration, int64_t now_us) {
    char key[sizeof iteration];

    memcpy(key, &iteration, sizeof key);
    struct trace *t = hashmap_get(&s->by_iteration, view_of(key, sizeof key));
    if (t)
        return t;
    make_room(s);
    t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->iteration = iteration;
    t->first_us = now_us;
    memcpy(t->key, key, sizeof key);
    if (hashmap_put(&s->by_iteration, view_of(t->key, sizeof t->key), t) < 0) {
        free(t);
        return NULL;
    }
    list_push(&s->open, &t->entry);
    s->open_count++;
    s->bytes += sizeof *t;
    return t;
}

static bool has_room(struct trace *t) {
    if (t->count < t->cap && t->count < TRACE_STORE_SPANS_MAX)
        return true;
    size_t cap = t->cap ? t->cap * 2 : SPANS_FIRST;
    struct trace_span **spans = t->count < TRACE_STORE_SPANS_MAX ? realloc(t->spans, cap * sizeof(struct trace_span *)) : NULL;
    if (!spans)
        return false;
    t->spans = spans;
    t->cap = cap;
    return true;
}

void trace_store_add(struct trace_store *s, const struct otlp_span *o, int64_t now_us) {
    if (!s->run || o->trace_high != s->run) {
        s->counts.foreign++;
        return;
    }
    s->counts.spans++;
    struct trace *t = trace_of(s, o->trace_low, now_us);
    struct trace_span *p = t && has_room(t) && s->bytes < TRACE_STORE_BYTES_MAX + TRACE_STORE_BYTES_MAX / 8 ? span_new(s, o) : NULL;
    if (!p) {
        s->counts.dropped++;
        return;
    }
    t->last_us = now_us;
    t->spans[t->count++] = p;
    s->bytes += span_bytes(p);
}

/* --- dealing out --- */

static struct trace_part *part_of(struct trace_store *s, struct trace_request *r, const struct trace_span *p) {
    struct view service = view_of_cstr(s->services[p->service]);

    for (size_t i = 0; i < r->part_count; i++)
        if (s->parts[i].kind == (enum trace_kind)p->kind && view_eq(s->parts[i].service, service))
            return &s->parts[i];
    if (r->part_count == PARTS_OF_REQUEST_MAX)
        return &s->parts[PARTS_OF_REQUEST_MAX - 1];
    s->parts[r->part_count] = (struct trace_part){.service = service, .kind = (enum trace_kind)p->kind};
    return &s->parts[r->part_count++];
}

static void add_statement(struct trace_store *s, struct trace_request *r, const struct trace_span *p) {
    struct view text = trace_span_statement(p);
    struct trace_statement *t = NULL;

    for (size_t i = 0; i < r->statement_count && !t; i++)
        if (view_eq(s->statements[i].text, text))
            t = &s->statements[i];
    if (!t) {
        if (r->statement_count == STATEMENTS_OF_REQUEST_MAX)
            return;
        t = &s->statements[r->statement_count++];
        *t = (struct trace_statement){.text = text};
    }
    t->spans++;
    t->seconds += (double)(p->end_ns - p->start_ns) / 1e9;
}

static const struct exemplar *exemplar_of(const struct exemplar_endpoint *e, uint64_t iteration, uint64_t span) {
    for (size_t i = 0; i < e->slowest_count; i++)
        if (e->slowest[i].mark.iteration == iteration && e->slowest[i].mark.span == span)
            return &e->slowest[i];
    for (size_t i = 0; i < e->failed_count; i++)
        if (e->failed[i].mark.iteration == iteration && e->failed[i].mark.span == span)
            return &e->failed[i];
    return NULL;
}

/* nodes[from … to) are one request's. */
static void add_up(struct trace_store *s, const struct trace_tree *tree, size_t from, size_t to, struct trace_request *r) {
    int64_t start_ns = INT64_MAX, end_ns = 0;

    r->response_bytes = NAN;
    for (size_t i = from; i < to; i++) {
        const struct trace_node *n = &tree->nodes[i];
        const struct trace_span *p = n->span;
        struct trace_part *part = part_of(s, r, p);
        part->spans++;
        part->errors += p->failed;
        part->seconds += (double)n->self_ns / 1e9;
        r->failed = r->failed || p->failed;
        r->database_spans += p->kind == TRACE_DATABASE;
        if (p->kind == TRACE_DATABASE || p->kind == TRACE_CACHE)
            add_statement(s, r, p);
        if (n->parent >= 0)
            continue;
        start_ns = p->start_ns < start_ns ? p->start_ns : start_ns;
        end_ns = p->end_ns > end_ns ? p->end_ns : end_ns;
        if (isfinite(p->response_bytes))
            r->response_bytes = (double)p->response_bytes;
    }
    r->seconds = end_ns > start_ns ? (double)(end_ns - start_ns) / 1e9 : 0;
    r->at_s = (double)(start_ns / NS_PER_US - s->load_wall_us) / 1e6;
    r->parts = s->parts;
    r->statements = s->statements;
}

/* Whether one of the requests is an exemplar. */
static bool deal_request(
    struct trace_store *s, const struct exemplar_store *exemplars, uint64_t iteration, const struct trace_tree *tree, size_t from, size_t to) {
    struct trace_mark mark = {.run = s->run, .iteration = iteration, .span = tree->nodes[from].request};
    struct trace_request r = {0};
    struct exemplar_endpoint e;

    if (!mark.span || !exemplar_store_find(exemplars, trace_mark_endpoint(&mark), &e)) {
        s->counts.orphans += to - from;
        return false;
    }
    add_up(s, tree, from, to, &r);
    r.endpoint = e.endpoint;
    const struct exemplar *x = exemplar_of(&e, iteration, mark.span);
    if (x && !isfinite(r.response_bytes))
        r.response_bytes = (double)x->bytes;
    s->counts.requests++;
    if (trace_summary_store_add(s->summaries, &r) < 0)
        s->counts.orphans += to - from;
    return x != NULL;
}

static void keep(struct trace_store *s, struct trace *t) {
    list_remove(&t->entry);
    s->open_count--;
    if (s->kept_count == TRACE_STORE_KEPT_MAX) { /* the oldest is in the ledger by now */
        struct trace *oldest = LIST_ENTRY(list_first(&s->kept), struct trace, entry);
        drop(s, oldest);
    }
    t->kept = true;
    list_push(&s->kept, &t->entry);
    s->kept_count++;
}

static void deal(struct trace_store *s, const struct exemplar_store *exemplars, struct trace *t) {
    struct trace_tree tree;
    bool wanted = false;

    if (trace_tree_init(&tree, t->spans, t->count) < 0) {
        s->counts.dropped += t->count;
        drop(s, t);
        return;
    }
    for (size_t from = 0, to; from < tree.count; from = to) {
        to = trace_tree_request_end(&tree, from);
        wanted = deal_request(s, exemplars, t->iteration, &tree, from, to) || wanted;
    }
    trace_tree_deinit(&tree);
    if (wanted)
        keep(s, t);
    else
        drop(s, t);
}

size_t trace_store_settle(struct trace_store *s, const struct exemplar_store *exemplars, int64_t now_us, bool all, size_t max) {
    size_t n = 0;

    LIST_EACH(e, &s->open) {
        struct trace *t = LIST_ENTRY(e, struct trace, entry);
        if (n == max || (!all && now_us - t->first_us < TRACE_STORE_SETTLE_US))
            break; /* those behind it are younger */
        if (!all && now_us - t->last_us < TRACE_STORE_SETTLE_US && now_us - t->first_us < TRACE_STORE_AGE_US)
            continue;
        deal(s, exemplars, t);
        n++;
    }
    return n;
}

size_t trace_store_spans(const struct trace_store *s, uint64_t iteration, struct trace_span *const **spans) {
    char key[sizeof iteration];

    memcpy(key, &iteration, sizeof key);
    const struct trace *t = hashmap_get(&s->by_iteration, view_of(key, sizeof key));
    if (spans)
        *spans = t ? t->spans : NULL;
    return t ? t->count : 0;
}

struct view trace_store_service(const struct trace_store *s, uint16_t service) {
    return service < s->service_count ? view_of_cstr(s->services[service]) : VIEW("unknown");
}
