/* gumbo frees a tree by recursion, which hostile nesting could drive through a fiber's stack; so its allocations are kept in a list of
 * ours and freed one by one, without looking at the tree. Walking goes by parent and index, so it needs no stack either. */
#include "script/js/html/html_tree.h"

#include "core/list.h"

#include <stdlib.h>

struct html_document {
    unsigned refs;
    struct list blocks; /* what gumbo has allocated */
    GumboOutput *output;
    char *text; /* tags without a name of gumbo's point into it */
    char *url;
};

struct block {
    struct list link;
    max_align_t data[];
};

static void *block_alloc(void *document, size_t size) {
    struct html_document *d = document;
    struct block *b = malloc(sizeof *b + size);

    if (!b)
        abort(); /* gumbo does not look */
    list_push(&d->blocks, &b->link);
    return b->data;
}

static void block_free(void *document, void *data) {
    (void)document;
    if (!data)
        return;
    struct block *b = (struct block *)((char *)data - offsetof(struct block, data));
    list_remove(&b->link);
    free(b);
}

struct html_document *html_document_new(struct view text, struct view url) {
    struct html_document *d = text.len <= HTML_DOCUMENT_BYTES_MAX ? calloc(1, sizeof *d) : NULL;
    GumboOptions options = kGumboDefaultOptions;

    if (!d)
        return NULL;
    d->refs = 1;
    list_init(&d->blocks);
    d->text = view_dup_cstr(text);
    d->url = view_dup_cstr(url);
    if (!d->text || !d->url)
        return html_document_unref(d);
    options.allocator = block_alloc;
    options.deallocator = block_free;
    options.userdata = d;
    options.max_errors = 0;
    d->output = gumbo_parse_with_options(&options, d->text, text.len);
    return d;
}

struct html_document *html_document_ref(struct html_document *d) {
    d->refs++;
    return d;
}

struct html_document *html_document_unref(struct html_document *d) {
    if (!d || --d->refs)
        return NULL;
    while (!list_empty(&d->blocks)) {
        struct block *b = LIST_ENTRY(d->blocks.next, struct block, link);
        list_remove(&b->link);
        free(b);
    }
    free(d->text);
    free(d->url);
    free(d);
    return NULL;
}

const GumboNode *html_document_root(const struct html_document *d) {
    return d->output->document;
}

struct view html_document_url(const struct html_document *d) {
    return view_of_cstr(d->url);
}

/* --- one node --- */

bool html_is_element(const GumboNode *n) {
    return n && (n->type == GUMBO_NODE_ELEMENT || n->type == GUMBO_NODE_TEMPLATE);
}

static struct view tag_name(const GumboElement *e) {
    if (e->tag != GUMBO_TAG_UNKNOWN)
        return view_of_cstr(gumbo_normalized_tagname(e->tag));
    GumboStringPiece piece = e->original_tag;
    gumbo_tag_from_original_text(&piece);
    return view_of(piece.data, piece.length);
}

struct view html_name(const GumboNode *n) {
    if (html_is_element(n))
        return tag_name(&n->v.element);
    if (n->type == GUMBO_NODE_DOCUMENT)
        return VIEW("#document");
    return n->type == GUMBO_NODE_COMMENT ? VIEW("#comment") : VIEW("#text");
}

bool html_is(const GumboNode *n, const char *tag) {
    return html_is_element(n) && view_eq_nocase(html_name(n), view_of_cstr(tag));
}

const GumboVector *html_attributes(const GumboNode *n) {
    return html_is_element(n) ? &n->v.element.attributes : NULL;
}

bool html_attribute(const GumboNode *n, const char *name, struct view *value) {
    const GumboAttribute *a = html_is_element(n) ? gumbo_get_attribute(&n->v.element.attributes, name) : NULL;

    *value = a ? view_of_cstr(a->value) : VIEW_NULL;
    return a != NULL;
}

struct view html_attribute_or(const GumboNode *n, const char *name, struct view otherwise) {
    struct view value;
    return html_attribute(n, name, &value) ? value : otherwise;
}

/* --- relatives --- */

static const GumboVector *children_of(const GumboNode *n) {
    if (html_is_element(n))
        return &n->v.element.children;
    return n->type == GUMBO_NODE_DOCUMENT ? &n->v.document.children : NULL;
}

size_t html_child_count(const GumboNode *n) {
    const GumboVector *children = children_of(n);
    return children ? children->length : 0;
}

const GumboNode *html_child(const GumboNode *n, size_t i) {
    const GumboVector *children = children_of(n);
    return children && i < children->length ? children->data[i] : NULL;
}

/* gumbo moves nodes when it mends a page, and its index may lag behind. */
static size_t index_of(const GumboNode *n) {
    const GumboVector *children = children_of(n->parent);
    size_t i = n->index_within_parent;

    if (i < children->length && children->data[i] == n)
        return i;
    for (i = 0; i < children->length && children->data[i] != n;)
        i++;
    return i;
}

const GumboNode *html_sibling(const GumboNode *n, int step) {
    if (!n->parent)
        return NULL;
    size_t i = index_of(n);
    if (step > 0)
        return html_child(n->parent, i + 1);
    return i ? html_child(n->parent, i - 1) : NULL;
}

const GumboNode *html_element_sibling(const GumboNode *n, int step) {
    do
        n = html_sibling(n, step);
    while (n && !html_is_element(n));
    return n;
}

const GumboNode *html_parent_element(const GumboNode *n) {
    return html_is_element(n->parent) ? n->parent : NULL;
}

/* Behind everything inside n. */
static const GumboNode *after(const GumboNode *n, const GumboNode *root) {
    for (; n && n != root; n = n->parent) {
        const GumboNode *next = html_sibling(n, 1);
        if (next)
            return next;
    }
    return NULL;
}

const GumboNode *html_next(const GumboNode *n, const GumboNode *root) {
    const GumboNode *first = html_child(n, 0);
    return first ? first : after(n, root);
}

bool html_contains(const GumboNode *ancestor, const GumboNode *n) {
    for (n = n->parent; n; n = n->parent)
        if (n == ancestor)
            return true;
    return false;
}

/* --- as text --- */

static bool is_text(const GumboNode *n) {
    return n->type == GUMBO_NODE_TEXT || n->type == GUMBO_NODE_WHITESPACE || n->type == GUMBO_NODE_CDATA;
}

int html_text(const GumboNode *root, struct buf *out) {
    int r = 0;

    for (const GumboNode *n = root; n && r == 0; n = html_next(n, root))
        if (is_text(n))
            r = buf_append_view(out, view_of_cstr(n->v.text.text));
    return r;
}

static int append_escaped(struct buf *out, struct view v) {
    static const struct {
        char c;
        const char *escape;
    } escapes[] = {{'&', "&amp;"}, {'\'', "&#39;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\r', "&#13;"}};
    int r = 0;

    while (v.len && r == 0) {
        size_t plain = 0, which = 0;
        while (plain < v.len && !memchr("&'<>\"\r", v.ptr[plain], 6))
            plain++;
        r = buf_append(out, v.ptr, plain);
        v = view_drop(v, plain);
        if (r < 0 || !v.len)
            break;
        while (escapes[which].c != *v.ptr)
            which++;
        r = buf_append_view(out, view_of_cstr(escapes[which].escape));
        v = view_drop(v, 1);
    }
    return r;
}

static bool is_one_of(struct view name, const char *const *names) {
    for (; *names; names++)
        if (view_eq(name, view_of_cstr(*names)))
            return true;
    return false;
}

static bool is_void(const GumboNode *n) {
    static const char *const names[] = {"area", "base",   "br",    "col",    "embed", "hr",  "img", "input", "keygen",
                                        "link", "meta",   "param", "source", "track", "wbr", NULL};
    return is_one_of(html_name(n), names);
}

static bool is_raw(const GumboNode *n) {
    static const char *const names[] = {"iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "xmp", NULL};
    return html_is_element(n) && is_one_of(html_name(n), names);
}

static int open_tag(const GumboNode *n, struct buf *out) {
    const GumboVector *attributes = html_attributes(n);
    int r = buf_printf(out, "<%.*s", VIEW_ARGS(html_name(n)));

    for (unsigned i = 0; r == 0 && i < attributes->length; i++) {
        const GumboAttribute *a = attributes->data[i];
        r = buf_printf(out, " %s=\"", a->name);
        if (r == 0)
            r = append_escaped(out, view_of_cstr(a->value));
        if (r == 0)
            r = buf_append_byte(out, '"');
    }
    if (r < 0)
        return r;
    return buf_append_view(out, is_void(n) ? VIEW("/>") : VIEW(">"));
}

static int open_node(const GumboNode *n, struct buf *out) {
    if (html_is_element(n))
        return open_tag(n, out);
    struct view text = view_of_cstr(n->v.text.text);
    if (n->type == GUMBO_NODE_COMMENT)
        return buf_printf(out, "<!--%.*s-->", VIEW_ARGS(text));
    return is_raw(n->parent) ? buf_append_view(out, text) : append_escaped(out, text);
}

static int close_node(const GumboNode *n, struct buf *out) {
    if (!html_is_element(n) || is_void(n))
        return 0;
    return buf_printf(out, "</%.*s>", VIEW_ARGS(html_name(n)));
}

static int append_doctype(const GumboNode *n, struct buf *out) {
    if (n->type != GUMBO_NODE_DOCUMENT || !n->v.document.has_doctype)
        return 0;
    return buf_printf(out, "<!DOCTYPE %s>", n->v.document.name);
}

int html_inner(const GumboNode *root, struct buf *out) {
    const GumboNode *n = html_child(root, 0);
    int r = append_doctype(root, out);

    while (n && r == 0) {
        r = open_node(n, out);
        const GumboNode *first = html_child(n, 0);
        if (first) {
            n = first;
            continue;
        }
        /* Close everything that ends here. */
        for (;;) {
            if (r == 0)
                r = close_node(n, out);
            const GumboNode *next = html_sibling(n, 1);
            if (next || n->parent == root) {
                n = next;
                break;
            }
            n = n->parent;
        }
    }
    return r;
}
