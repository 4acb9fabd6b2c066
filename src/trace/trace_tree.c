/* Three passes: parents by binary search over ids; requests and depths by walking up (each node once: what is known is reused);
 * then, in the order of (parent, start), what the children of each node cover. */
#include "trace/trace_tree.h"

#include <errno.h>
#include <stdlib.h>

static int by_id(const void *a, const void *b) {
    const struct trace_node *x = a, *y = b;
    return (x->span->id > y->span->id) - (x->span->id < y->span->id);
}

static int by_request(const void *a, const void *b) {
    const struct trace_node *x = a, *y = b;
    int c = (x->request > y->request) - (x->request < y->request);
    c = c ? c : (x->span->start_ns > y->span->start_ns) - (x->span->start_ns < y->span->start_ns);
    return c ? c : (x->depth > y->depth) - (x->depth < y->depth);
}

static int32_t find(const struct trace_tree *t, uint64_t id) {
    size_t low = 0, high = t->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->nodes[middle].span->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->count && t->nodes[low].span->id == id ? (int32_t)low : -1;
}

/* Walks up from i to a node whose request is known, or to the top, and writes it into all nodes of the way. */
static void resolve(struct trace_tree *t, size_t i) {
    int32_t way[TRACE_TREE_DEPTH_MAX];
    size_t n = 0;
    int32_t at = (int32_t)i;

    while (at >= 0 && t->nodes[at].depth == UINT32_MAX && n < TRACE_TREE_DEPTH_MAX) {
        t->nodes[at].depth = UINT32_MAX - 1; /* on the way: met again, it is a circle */
        way[n++] = at;
        at = t->nodes[at].parent;
    }
    bool lost = at >= 0 && t->nodes[at].depth >= UINT32_MAX - 1; /* a circle, or too deep */
    uint64_t request = lost ? 0 : at >= 0 ? t->nodes[at].request : n ? t->nodes[way[n - 1]].span->parent : 0;
    uint32_t depth = lost || at < 0 ? 0 : t->nodes[at].depth + 1;
    while (n > 0) {
        struct trace_node *node = &t->nodes[way[--n]];
        node->request = request;
        node->depth = depth++;
    }
}

struct cover {
    int32_t parent;
    int64_t start_ns, end_ns;
};

static int by_parent(const void *a, const void *b) {
    const struct cover *x = a, *y = b;
    int c = (x->parent > y->parent) - (x->parent < y->parent);
    return c ? c : (x->start_ns > y->start_ns) - (x->start_ns < y->start_ns);
}

/* Covers are sorted, so what is covered twice is seen at the end of the one before. */
static void subtract(struct trace_tree *t, const struct cover *covers, size_t n) {
    int64_t covered_until = 0;

    for (size_t i = 0; i < n; i++) {
        const struct cover *c = &covers[i];
        if (c->parent < 0)
            continue;
        struct trace_node *p = &t->nodes[c->parent];
        if (i == 0 || covers[i - 1].parent != c->parent)
            covered_until = p->span->start_ns;
        int64_t from = c->start_ns > covered_until ? c->start_ns : covered_until;
        int64_t to = c->end_ns < p->span->end_ns ? c->end_ns : p->span->end_ns;
        if (to > from) {
            p->self_ns -= to - from;
            covered_until = to;
        }
    }
}

static int own_times(struct trace_tree *t) {
    struct cover *covers = malloc(t->count * sizeof *covers);

    if (!covers)
        return -ENOMEM;
    for (size_t i = 0; i < t->count; i++) {
        const struct trace_span *s = t->nodes[i].span;
        t->nodes[i].self_ns = s->end_ns - s->start_ns;
        covers[i] = (struct cover){t->nodes[i].parent, s->start_ns, s->end_ns};
    }
    qsort(covers, t->count, sizeof *covers, by_parent);
    subtract(t, covers, t->count);
    free(covers);
    return 0;
}

/* Sorting moves nodes, and `parent` is an index: self_ns says for a moment where each was. */
static int sort_by_request(struct trace_tree *t) {
    int32_t *place = malloc(t->count * sizeof *place);
    struct trace_node *sorted = malloc(t->count * sizeof *sorted);

    if (!place || !sorted) {
        free(place);
        free(sorted);
        return -ENOMEM;
    }
    memcpy(sorted, t->nodes, t->count * sizeof *sorted);
    for (size_t i = 0; i < t->count; i++)
        sorted[i].self_ns = (int64_t)i;
    qsort(sorted, t->count, sizeof *sorted, by_request);
    for (size_t i = 0; i < t->count; i++)
        place[sorted[i].self_ns] = (int32_t)i;
    for (size_t i = 0; i < t->count; i++) {
        sorted[i].self_ns = t->nodes[sorted[i].self_ns].self_ns;
        sorted[i].parent = sorted[i].parent >= 0 ? place[sorted[i].parent] : -1;
    }
    free(place);
    free(t->nodes);
    t->nodes = sorted;
    return 0;
}

int trace_tree_init(struct trace_tree *t, struct trace_span *const *spans, size_t count) {
    *t = (struct trace_tree){.nodes = calloc(count ? count : 1, sizeof *t->nodes), .count = count};
    if (!t->nodes)
        return -ENOMEM;
    if (!count)
        return 0;
    for (size_t i = 0; i < count; i++)
        t->nodes[i] = (struct trace_node){.span = spans[i], .parent = -1, .depth = UINT32_MAX};
    qsort(t->nodes, count, sizeof *t->nodes, by_id);
    for (size_t i = 0; i < count; i++)
        t->nodes[i].parent = t->nodes[i].span->parent ? find(t, t->nodes[i].span->parent) : -1;
    for (size_t i = 0; i < count; i++)
        resolve(t, i);
    int rc = own_times(t);
    rc = rc ? rc : sort_by_request(t);
    if (rc)
        trace_tree_deinit(t);
    return rc;
}

void trace_tree_deinit(struct trace_tree *t) {
    free(t->nodes);
    *t = (struct trace_tree){0};
}

size_t trace_tree_request_end(const struct trace_tree *t, size_t from) {
    size_t i = from;

    while (i < t->count && t->nodes[i].request == t->nodes[from].request)
        i++;
    return i;
}
