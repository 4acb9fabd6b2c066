/* Selection: a list of nodes with jQuery's methods. Each step makes a new object; its html_set keeps the document and the set before it
 * alive, which end() goes back to.
 *
 * A walk is one row of a table: which nodes does a node lead to, and in what order. Arguments that name nodes may be selectors (text),
 * Selections or Elements, arguments that choose may be functions as well: `struct chooser` stands for all of them. */
#include "script/js/html/html_priv.h"
#include "script/js/vu.h"

#include <stdlib.h>

enum { SELECTOR_ARENA_BYTES = 1024 * 1024 };

static void selection_finalize(JSRuntime *rt, JSValue v);
static const JSCFunctionListEntry *members(int *count);
static struct js_class selection_class = {{"Selection", .finalizer = selection_finalize}, NULL, 0, 0};

/* --- sets --- */

struct html_set *html_set_new(struct html_document *d, struct html_set *before) {
    struct html_set *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->refs = 1;
    s->document = html_document_ref(d);
    s->before = before ? html_set_ref(before) : NULL;
    return s;
}

struct html_set *html_set_ref(struct html_set *s) {
    s->refs++;
    return s;
}

struct html_set *html_set_unref(struct html_set *s) {
    while (s && --s->refs == 0) {
        struct html_set *before = s->before;
        html_nodes_deinit(&s->nodes);
        html_document_unref(s->document);
        free(s);
        s = before;
    }
    return NULL;
}

struct html_set *html_set_parse(struct view text, struct view url) {
    struct html_document *d = html_document_new(text, url);
    struct html_set *s = d ? html_set_new(d, NULL) : NULL;

    if (s)
        html_nodes_add(&s->nodes, html_document_root(d));
    html_document_unref(d);
    return s;
}

struct html_set *html_set_find(struct html_set *s, struct view selector) {
    struct html_set *found = html_set_new(s->document, s);
    struct arena arena;

    if (!found)
        return NULL;
    arena_init(&arena, SELECTOR_ARENA_BYTES);
    html_nodes_find(&found->nodes, &s->nodes, css_selector_parse(&arena, selector));
    arena_deinit(&arena);
    return found;
}

/* --- objects --- */

static void selection_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    html_set_unref(js_class_opaque(v, &selection_class));
}

JSValue html_selection_new(JSContext *ctx, struct html_set *s) {
    if (!s || s->nodes.failed) {
        html_set_unref(s);
        return JS_ThrowOutOfMemory(ctx);
    }
    selection_class.members = members(&selection_class.member_count);
    JSValue v = js_class_new(ctx, &selection_class, s);
    if (JS_IsException(v))
        html_set_unref(s);
    return v;
}

struct html_set *html_selection_set(JSValueConst v) {
    return js_class_opaque(v, &selection_class);
}

/* this as set; NULL with an exception pending. */
static struct html_set *self(JSContext *ctx, JSValueConst this_val) {
    struct html_set *s = html_selection_set(this_val);

    if (!s)
        JS_ThrowTypeError(ctx, "not a Selection");
    return s;
}

static JSValue one_of(JSContext *ctx, struct html_set *from, const GumboNode *n) {
    struct html_set *s = html_set_new(from->document, from);

    if (s)
        html_nodes_add(&s->nodes, n);
    return html_selection_new(ctx, s);
}

/* --- choosers --- */

struct chooser {
    enum { CHOOSE_ALL, CHOOSE_SELECTOR, CHOOSE_NODES, CHOOSE_FUNCTION } kind;
    const struct css_selector *selector; /* NULL: nothing matches */
    const struct html_nodes *nodes;
    const GumboNode *node; /* an Element */
    JSValueConst function;
    struct arena arena;
    struct view text;
};

static void chooser_deinit(JSContext *ctx, struct chooser *c) {
    js_text_free(ctx, c->text);
    arena_deinit(&c->arena);
}

/* Reads an argument. absent: what a missing one means. False with an exception pending. */
static bool chooser_init(JSContext *ctx, struct chooser *c, int argc, JSValueConst *argv, int i, const char *method) {
    JSValueConst v = i < argc ? argv[i] : JS_UNDEFINED;
    struct html_set *set = html_selection_set(v);

    *c = (struct chooser){.kind = CHOOSE_ALL};
    arena_init(&c->arena, SELECTOR_ARENA_BYTES);
    if (js_is_nullish(v))
        return true;
    c->node = html_element_node(v);
    if (set || c->node) {
        c->kind = CHOOSE_NODES;
        c->nodes = set ? &set->nodes : NULL;
        return true;
    }
    if (JS_IsFunction(ctx, v)) {
        c->kind = CHOOSE_FUNCTION;
        c->function = v;
        return true;
    }
    if (!JS_IsString(v)) {
        js_throw(ctx, "the argument to %s() must be a function, a selector or a selection", method);
        return false;
    }
    c->kind = CHOOSE_SELECTOR;
    if (!js_text(ctx, v, &c->text))
        return false;
    c->selector = css_selector_parse(&c->arena, c->text);
    return true;
}

static bool chooser_has(const struct chooser *c, const GumboNode *n) {
    if (c->kind == CHOOSE_NODES)
        return c->nodes ? html_nodes_has(c->nodes, n) : c->node == n;
    return css_selector_matches(c->selector, n);
}

/* 1, 0, or -1 with an exception pending. */
static int chooser_takes(JSContext *ctx, const struct chooser *c, struct html_set *s, size_t i) {
    if (c->kind != CHOOSE_FUNCTION)
        return c->kind == CHOOSE_ALL || chooser_has(c, s->nodes.at[i]);
    JSValue args[2] = {JS_NewInt64(ctx, (int64_t)i), one_of(ctx, s, s->nodes.at[i])};
    JSValue r = JS_IsException(args[1]) ? JS_EXCEPTION : JS_Call(ctx, c->function, JS_UNDEFINED, 2, args);
    int takes = JS_IsException(r) ? -1 : JS_ToBool(ctx, r);
    JS_FreeValue(ctx, r);
    JS_FreeValue(ctx, args[1]);
    return takes;
}

/* --- walks --- */

enum walk {
    WALK_CHILDREN, WALK_CONTENTS, WALK_PARENT, WALK_PARENTS, WALK_SIBLINGS, WALK_NEXT, WALK_NEXT_ALL, WALK_PREV, WALK_PREV_ALL,
    WALK_PARENTS_UNTIL, WALK_NEXT_UNTIL, WALK_PREV_UNTIL,
};
static const char *const walk_names[] = {"children", "contents", "parent",  "parents",      "siblings",  "next",
                                         "nextAll",  "prev",     "prevAll", "parentsUntil", "nextUntil", "prevUntil"};

static void walk_line(struct html_nodes *out, const GumboNode *n, const GumboNode *(*step)(const GumboNode *n), bool all, const struct chooser *until) {
    while ((n = step(n))) {
        if (until && until->kind != CHOOSE_ALL && chooser_has(until, n))
            return;
        html_nodes_add(out, n);
        if (!all)
            return;
    }
}

static const GumboNode *step_next(const GumboNode *n) {
    return html_element_sibling(n, 1);
}
static const GumboNode *step_prev(const GumboNode *n) {
    return html_element_sibling(n, -1);
}

static void walk_children(struct html_nodes *out, const GumboNode *n, bool elements_only, const GumboNode *except) {
    for (size_t i = 0; n && i < html_child_count(n); i++) {
        const GumboNode *child = html_child(n, i);
        if (child != except && (!elements_only || html_is_element(child)))
            html_nodes_add(out, child);
    }
}

static void walk_from(struct html_nodes *out, const GumboNode *n, enum walk walk, const struct chooser *until) {
    switch (walk) {
    case WALK_CHILDREN: walk_children(out, n, true, NULL); break;
    case WALK_CONTENTS: walk_children(out, n, false, NULL); break;
    case WALK_SIBLINGS: walk_children(out, n->parent, true, n); break;
    case WALK_PARENT: walk_line(out, n, html_parent_element, false, NULL); break;
    case WALK_PARENTS:
    case WALK_PARENTS_UNTIL: walk_line(out, n, html_parent_element, true, until); break;
    case WALK_NEXT: walk_line(out, n, step_next, false, NULL); break;
    case WALK_NEXT_ALL:
    case WALK_NEXT_UNTIL: walk_line(out, n, step_next, true, until); break;
    case WALK_PREV: walk_line(out, n, step_prev, false, NULL); break;
    case WALK_PREV_ALL:
    case WALK_PREV_UNTIL: walk_line(out, n, step_prev, true, until); break;
    }
}

/* The walk from every node, then what `only` takes of it. NULL without memory. */
static struct html_set *walk_set(struct html_set *s, enum walk walk, const struct chooser *until, const struct chooser *only) {
    struct html_set *out = html_set_new(s->document, s);
    struct html_nodes all = HTML_NODES_NULL;

    for (size_t i = 0; out && i < s->nodes.count; i++)
        walk_from(&all, s->nodes.at[i], walk, until);
    for (size_t i = 0; out && i < all.count; i++)
        if (only->kind == CHOOSE_ALL || chooser_has(only, all.at[i]))
            html_nodes_add(&out->nodes, all.at[i]);
    html_nodes_deinit(&all);
    return out;
}

static JSValue selection_walk(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    struct html_set *s = self(ctx, this_val);
    struct chooser until, only;
    bool two = magic >= WALK_PARENTS_UNTIL;

    if (!s)
        return JS_EXCEPTION;
    bool ok = chooser_init(ctx, &until, two ? argc : 0, argv, 0, walk_names[magic]);
    ok = chooser_init(ctx, &only, argc, argv, two, walk_names[magic]) && ok;
    JSValue v = ok ? html_selection_new(ctx, walk_set(s, (enum walk)magic, &until, &only)) : JS_EXCEPTION;
    chooser_deinit(ctx, &until);
    chooser_deinit(ctx, &only);
    return v;
}

static JSValue selection_closest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val), *out;
    struct chooser c;

    if (!s)
        return JS_EXCEPTION;
    JSValue v = JS_EXCEPTION;
    if (chooser_init(ctx, &c, argc, argv, 0, "closest")) {
        out = html_set_new(s->document, s);
        for (size_t i = 0; out && c.kind != CHOOSE_ALL && i < s->nodes.count; i++)
            for (const GumboNode *n = s->nodes.at[i]; n; n = html_parent_element(n))
                if (chooser_has(&c, n)) {
                    html_nodes_add(&out->nodes, n);
                    break;
                }
        v = html_selection_new(ctx, out);
    }
    chooser_deinit(ctx, &c);
    return v;
}

/* --- choosing --- */

static JSValue selection_filter(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int want) {
    struct html_set *s = self(ctx, this_val);
    struct chooser c;
    int takes = 0;

    if (!s)
        return JS_EXCEPTION;
    if (!chooser_init(ctx, &c, argc, argv, 0, want ? "filter" : "not")) {
        chooser_deinit(ctx, &c);
        return JS_EXCEPTION;
    }
    struct html_set *out = html_set_new(s->document, s);
    for (size_t i = 0; out && takes >= 0 && i < s->nodes.count; i++) {
        takes = chooser_takes(ctx, &c, s, i);
        if (takes == want || c.kind == CHOOSE_ALL)
            html_nodes_add(&out->nodes, s->nodes.at[i]);
    }
    chooser_deinit(ctx, &c);
    if (takes >= 0)
        return html_selection_new(ctx, out);
    html_set_unref(out);
    return JS_EXCEPTION;
}

static JSValue selection_is(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    struct chooser c;
    int takes = 0;

    if (!s)
        return JS_EXCEPTION;
    if (!chooser_init(ctx, &c, argc, argv, 0, "is"))
        takes = -1;
    for (size_t i = 0; takes == 0 && c.kind != CHOOSE_ALL && i < s->nodes.count; i++)
        takes = chooser_takes(ctx, &c, s, i);
    chooser_deinit(ctx, &c);
    return takes < 0 ? JS_EXCEPTION : JS_NewBool(ctx, takes);
}

static bool has_below(const struct chooser *c, const GumboNode *n) {
    for (const GumboNode *at = n; (at = html_next(at, n));)
        if (chooser_has(c, at))
            return true;
    return false;
}

static JSValue selection_has(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val), *out = NULL;
    struct chooser c;

    if (!s)
        return JS_EXCEPTION;
    bool ok = chooser_init(ctx, &c, argc, argv, 0, "has");
    if (ok)
        out = html_set_new(s->document, s);
    for (size_t i = 0; out && c.kind != CHOOSE_ALL && i < s->nodes.count; i++)
        if (has_below(&c, s->nodes.at[i]))
            html_nodes_add(&out->nodes, s->nodes.at[i]);
    chooser_deinit(ctx, &c);
    return ok ? html_selection_new(ctx, out) : JS_EXCEPTION;
}

static JSValue selection_find(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int single) {
    struct html_set *s = self(ctx, this_val);
    JSValueConst v = argc > 0 ? argv[0] : JS_UNDEFINED;
    struct chooser c;

    if (!s)
        return JS_EXCEPTION;
    if (!JS_IsString(v) && !html_selection_set(v) && !html_element_node(v))
        return js_throw(ctx, "invalid argument, cannot use a '%s' as a selector", js_go_type(ctx, v));
    struct html_set *out = NULL;
    if (chooser_init(ctx, &c, argc, argv, 0, "find"))
        out = html_set_new(s->document, s);
    if (out && c.kind == CHOOSE_SELECTOR)
        html_nodes_find(&out->nodes, &s->nodes, c.selector);
    for (size_t i = 0; out && c.kind == CHOOSE_NODES && i < s->nodes.count; i++)
        for (const GumboNode *at = s->nodes.at[i]; (at = html_next(at, s->nodes.at[i]));)
            if (chooser_has(&c, at))
                html_nodes_add(&out->nodes, at);
    chooser_deinit(ctx, &c);
    if (out && single && out->nodes.count > 1)
        out->nodes.count = 1;
    return html_selection_new(ctx, out);
}

static JSValue selection_add(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val), *out = NULL;
    struct chooser c;

    if (!s)
        return JS_EXCEPTION;
    if (chooser_init(ctx, &c, argc, argv, 0, "add"))
        out = html_set_new(s->document, s);
    for (size_t i = 0; out && i < s->nodes.count; i++)
        html_nodes_add(&out->nodes, s->nodes.at[i]);
    if (out && c.kind == CHOOSE_SELECTOR) {
        const GumboNode *root = html_document_root(s->document);
        struct html_nodes whole = {.at = &root, .count = 1};
        html_nodes_find(&out->nodes, &whole, c.selector);
    }
    if (out && c.node)
        html_nodes_add(&out->nodes, c.node);
    for (size_t i = 0; out && c.nodes && i < c.nodes->count; i++)
        html_nodes_add(&out->nodes, c.nodes->at[i]);
    chooser_deinit(ctx, &c);
    return out ? html_selection_new(ctx, out) : JS_EXCEPTION;
}

static bool integer(JSContext *ctx, int argc, JSValueConst *argv, int i, int64_t otherwise, int64_t *out) {
    *out = otherwise;
    return i >= argc || JS_IsUndefined(argv[i]) || JS_ToInt64(ctx, out, argv[i]) == 0;
}

/* slice(from, to), and with it first(), last() and eq(i). Negative positions count from the end. */
static JSValue slice(JSContext *ctx, struct html_set *s, int64_t from, int64_t to) {
    int64_t count = (int64_t)s->nodes.count;
    struct html_set *out = html_set_new(s->document, s);

    from = from < 0 ? from + count : from;
    to = to < 0 ? to + count : to;
    for (int64_t i = from < 0 ? 0 : from; out && i < to && i < count; i++)
        html_nodes_add(&out->nodes, s->nodes.at[i]);
    return html_selection_new(ctx, out);
}

static JSValue selection_slice(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    int64_t from, to;

    if (!s || !integer(ctx, argc, argv, 0, 0, &from) || !integer(ctx, argc, argv, 1, (int64_t)s->nodes.count, &to))
        return JS_EXCEPTION;
    return slice(ctx, s, from, to);
}

static JSValue selection_eq(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    int64_t i;

    if (!s || !integer(ctx, argc, argv, 0, 0, &i))
        return JS_EXCEPTION;
    i = i < 0 ? i + (int64_t)s->nodes.count : i;
    return i < 0 ? slice(ctx, s, 0, 0) : slice(ctx, s, i, i + 1);
}

static JSValue selection_end_piece(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int last) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    return last && s->nodes.count ? slice(ctx, s, -1, (int64_t)s->nodes.count) : slice(ctx, s, 0, 1);
}

static JSValue selection_end(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    return html_selection_new(ctx, s->before ? html_set_ref(s->before) : html_set_new(s->document, NULL));
}

/* --- going through --- */

static JSValue selection_each(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);

    if (!s)
        return JS_EXCEPTION;
    if (argc < 1 || !JS_IsFunction(ctx, argv[0]))
        return js_throw(ctx, "the argument to each() must be a function");
    for (size_t i = 0; i < s->nodes.count; i++) {
        JSValue args[2] = {JS_NewInt64(ctx, (int64_t)i), html_element_new(ctx, s->document, s->nodes.at[i])};
        JSValue r = JS_IsException(args[1]) ? JS_EXCEPTION : JS_Call(ctx, argv[0], this_val, 2, args);
        JS_FreeValue(ctx, args[1]);
        if (JS_IsException(r))
            return JS_EXCEPTION;
        JS_FreeValue(ctx, r);
    }
    return JS_DupValue(ctx, this_val);
}

static JSValue selection_map(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    uint32_t count = 0;

    if (!s)
        return JS_EXCEPTION;
    if (argc < 1 || !JS_IsFunction(ctx, argv[0]))
        return js_throw(ctx, "the argument to map() must be a function");
    JSValue list = JS_NewArray(ctx);
    for (size_t i = 0; !JS_IsException(list) && i < s->nodes.count; i++) {
        JSValue args[2] = {JS_NewInt64(ctx, (int64_t)i), one_of(ctx, s, s->nodes.at[i])};
        JSValue r = JS_IsException(args[1]) ? JS_EXCEPTION : JS_Call(ctx, argv[0], this_val, 2, args);
        JS_FreeValue(ctx, args[1]);
        if (!JS_IsException(r)) {
            JS_DefinePropertyValueUint32(ctx, list, count++, r, JS_PROP_C_W_E);
            continue;
        }
        /* What throws is left out, but not the end of a VU, which no script may catch. */
        JSValue error = JS_GetException(ctx);
        if (js_vu(ctx)->stop) {
            JS_FreeValue(ctx, list);
            return JS_Throw(ctx, error);
        }
        JS_FreeValue(ctx, error);
    }
    return list;
}

static JSValue selection_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    int64_t i;

    if (!s || !integer(ctx, argc, argv, 0, 0, &i))
        return JS_EXCEPTION;
    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        i = i < 0 ? i + (int64_t)s->nodes.count : i;
        return html_element_new(ctx, s->document, i >= 0 && i < (int64_t)s->nodes.count ? s->nodes.at[i] : NULL);
    }
    JSValue list = JS_NewArray(ctx);
    for (uint32_t k = 0; !JS_IsException(list) && k < s->nodes.count; k++)
        JS_DefinePropertyValueUint32(ctx, list, k, html_element_new(ctx, s->document, s->nodes.at[k]), JS_PROP_C_W_E);
    return list;
}

static JSValue selection_to_array(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    JSValue list = s ? JS_NewArray(ctx) : JS_EXCEPTION;
    for (uint32_t i = 0; !JS_IsException(list) && i < s->nodes.count; i++)
        JS_DefinePropertyValueUint32(ctx, list, i, one_of(ctx, s, s->nodes.at[i]), JS_PROP_C_W_E);
    return list;
}

static int64_t index_in(const struct html_nodes *nodes, const GumboNode *n) {
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->at[i] == n)
            return (int64_t)i;
    return -1;
}

/* index(): among the siblings; index(selector): among all that match; index(node): of that node in this selection. */
static JSValue selection_index(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    struct html_nodes among = HTML_NODES_NULL;
    struct chooser c;
    int64_t at = -1;

    if (!s)
        return JS_EXCEPTION;
    bool ok = chooser_init(ctx, &c, argc, argv, 0, "index");
    const GumboNode *first = s->nodes.count ? s->nodes.at[0] : NULL, *root = html_document_root(s->document);
    if (ok && first && c.kind == CHOOSE_ALL) {
        at = 0;
        for (const GumboNode *n = first; (n = html_element_sibling(n, -1));)
            at++;
    } else if (ok && first && c.kind == CHOOSE_SELECTOR) {
        html_nodes_find(&among, &(struct html_nodes){.at = &root, .count = 1}, c.selector);
        at = index_in(&among, first);
        html_nodes_deinit(&among);
    } else if (ok && c.kind == CHOOSE_NODES) {
        at = index_in(&s->nodes, c.nodes ? (c.nodes->count ? c.nodes->at[0] : NULL) : c.node);
    }
    chooser_deinit(ctx, &c);
    return ok ? JS_NewInt64(ctx, at) : JS_EXCEPTION;
}

/* --- reading --- */

static JSValue selection_size(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;
    return s ? JS_NewInt64(ctx, (int64_t)s->nodes.count) : JS_EXCEPTION;
}

static JSValue selection_text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX);
    struct html_set *s = self(ctx, this_val);
    int r = 0;
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    for (size_t i = 0; r == 0 && i < s->nodes.count; i++)
        r = html_text(s->nodes.at[i], &b);
    return r < 0 ? JS_ThrowOutOfMemory(ctx) : js_string(ctx, buf_view(&b));
}

static JSValue selection_html(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    return s->nodes.count ? html_inner_value(ctx, s->nodes.at[0]) : JS_NewString(ctx, "");
}

static JSValue selection_attr(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    struct view value;

    if (!s)
        return JS_EXCEPTION;
    const char *name = argc > 0 ? JS_ToCString(ctx, argv[0]) : NULL;
    if (argc > 0 && !name)
        return JS_EXCEPTION;
    bool has = name && s->nodes.count && html_attribute(s->nodes.at[0], name, &value);
    JS_FreeCString(ctx, name);
    if (has)
        return js_string(ctx, value);
    return argc > 1 ? JS_DupValue(ctx, argv[1]) : JS_UNDEFINED;
}

static JSValue selection_val(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    return s->nodes.count ? html_value_of(ctx, s->nodes.at[0]) : JS_UNDEFINED;
}

static JSValue selection_url(JSContext *ctx, JSValueConst this_val) {
    struct html_set *s = self(ctx, this_val);
    return s ? js_string(ctx, html_document_url(s->document)) : JS_EXCEPTION;
}

#define WALK(name, walk) JS_CFUNC_MAGIC_DEF(name, 1, selection_walk, walk)
static const JSCFunctionListEntry selection_members[] = {
    JS_CGETSET_DEF("url", selection_url, NULL),
    JS_CFUNC_DEF("add", 1, selection_add),
    JS_CFUNC_DEF("attr", 2, selection_attr),
    WALK("children", WALK_CHILDREN),
    JS_CFUNC_DEF("closest", 1, selection_closest),
    WALK("contents", WALK_CONTENTS),
    JS_CFUNC_DEF("data", 1, html_selection_data),
    JS_CFUNC_DEF("each", 1, selection_each),
    JS_CFUNC_DEF("end", 0, selection_end),
    JS_CFUNC_DEF("eq", 1, selection_eq),
    JS_CFUNC_MAGIC_DEF("filter", 1, selection_filter, 1),
    JS_CFUNC_MAGIC_DEF("find", 1, selection_find, 0),
    JS_CFUNC_MAGIC_DEF("first", 0, selection_end_piece, 0),
    JS_CFUNC_DEF("get", 1, selection_get),
    JS_CFUNC_DEF("has", 1, selection_has),
    JS_CFUNC_DEF("html", 0, selection_html),
    JS_CFUNC_DEF("index", 1, selection_index),
    JS_CFUNC_DEF("is", 1, selection_is),
    JS_CFUNC_MAGIC_DEF("last", 0, selection_end_piece, 1),
    JS_CFUNC_DEF("map", 1, selection_map),
    WALK("next", WALK_NEXT),
    WALK("nextAll", WALK_NEXT_ALL),
    WALK("nextUntil", WALK_NEXT_UNTIL),
    JS_CFUNC_MAGIC_DEF("not", 1, selection_filter, 0),
    WALK("parent", WALK_PARENT),
    WALK("parents", WALK_PARENTS),
    WALK("parentsUntil", WALK_PARENTS_UNTIL),
    WALK("prev", WALK_PREV),
    WALK("prevAll", WALK_PREV_ALL),
    WALK("prevUntil", WALK_PREV_UNTIL),
    JS_CFUNC_DEF("serialize", 0, html_selection_serialize),
    JS_CFUNC_DEF("serializeArray", 0, html_selection_serialize_array),
    JS_CFUNC_DEF("serializeObject", 0, html_selection_serialize_object),
    WALK("siblings", WALK_SIBLINGS),
    JS_CFUNC_MAGIC_DEF("single", 1, selection_find, 1),
    JS_CFUNC_DEF("size", 0, selection_size),
    JS_CFUNC_DEF("slice", 2, selection_slice),
    JS_CFUNC_DEF("text", 0, selection_text),
    JS_CFUNC_DEF("toArray", 0, selection_to_array),
    JS_CFUNC_DEF("val", 0, selection_val),
};

static const JSCFunctionListEntry *members(int *count) {
    *count = JS_COUNT(selection_members);
    return selection_members;
}
