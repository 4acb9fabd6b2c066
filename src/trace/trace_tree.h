/* The spans of one trace, put in order: whose child each is, which of our requests it hangs on, and how much of its time is its own.
 * Spans come from strangers: unknown parents, circles and clocks that disagree are all expected. */
#ifndef TRACE_TRACE_TREE_H
#define TRACE_TRACE_TREE_H

#include "stats/trace_summary.h"

enum { TRACE_TREE_DEPTH_MAX = 200 };

/* As it is kept: texts follow in `text`, in the order of their lengths here. */
struct trace_span {
    uint64_t id, parent; /* parent 0 = none */
    int64_t start_ns, end_ns;
    uint16_t service; /* index of its owner's table */
    uint8_t kind;     /* enum trace_kind */
    uint8_t otlp_kind;
    bool failed;
    float response_bytes; /* NAN = not told */
    uint16_t name_len, statement_len, error_len, attributes_len;
    char text[];
};
static inline struct view trace_span_name(const struct trace_span *s) { return view_of(s->text, s->name_len); }
static inline struct view trace_span_statement(const struct trace_span *s) { return view_of(s->text + s->name_len, s->statement_len); }
static inline struct view trace_span_error(const struct trace_span *s) {
    return view_of(s->text + s->name_len + s->statement_len, s->error_len);
}
/* Packed pairs of key and value (core/pack.h). */
static inline struct view trace_span_attributes(const struct trace_span *s) {
    return view_of(s->text + s->name_len + s->statement_len + s->error_len, s->attributes_len);
}

struct trace_node {
    const struct trace_span *span;
    int32_t parent;   /* index into nodes; -1 = none of them: it hangs on a request */
    uint32_t depth;
    uint64_t request; /* span id of the request; 0 = it has none (no parent at all, or a circle) */
    int64_t self_ns;  /* of its time what no child covers */
};
/* nodes: sorted by (request, start). */
struct trace_tree {
    struct trace_node *nodes;
    size_t count;
};
int trace_tree_init(struct trace_tree *t, struct trace_span *const *spans, size_t count) MUST_USE;
void trace_tree_deinit(struct trace_tree *t);
/* The nodes of the request that begins at `from` end before this index. */
size_t trace_tree_request_end(const struct trace_tree *t, size_t from);

#endif
