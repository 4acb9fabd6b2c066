/* Element: one node. All its values are methods. There is one prototype for every kind of element: the methods that only some tags have
 * answer by attribute (a table of name, attribute, type, default), so they do no harm on others. */
#include "net/url.h"
#include "script/js/html/html_priv.h"

#include <stdlib.h>

enum { URL_ARENA_BYTES = 1024 * 1024, SELECTOR_ARENA_BYTES = 1024 * 1024 };

struct element {
    struct html_document *document;
    const GumboNode *node;
};

static void element_finalize(JSRuntime *rt, JSValue v);
static const JSCFunctionListEntry *members(int *count);
static struct js_class element_class = {{"Element", .finalizer = element_finalize}, NULL, 0, 0};

static void element_finalize(JSRuntime *rt, JSValue v) {
    struct element *e = js_class_opaque(v, &element_class);
    (void)rt;

    if (e)
        html_document_unref(e->document);
    free(e);
}

JSValue html_element_new(JSContext *ctx, struct html_document *d, const GumboNode *n) {
    if (!n)
        return JS_UNDEFINED;
    struct element *e = malloc(sizeof *e);
    if (!e)
        return JS_ThrowOutOfMemory(ctx);
    *e = (struct element){html_document_ref(d), n};
    element_class.members = members(&element_class.member_count);
    JSValue v = js_class_new(ctx, &element_class, e);
    if (JS_IsException(v)) {
        html_document_unref(d);
        free(e);
    }
    return v;
}

const GumboNode *html_element_node(JSValueConst v) {
    struct element *e = js_class_opaque(v, &element_class);
    return e ? e->node : NULL;
}

static struct element *self(JSContext *ctx, JSValueConst this_val) {
    struct element *e = js_class_opaque(this_val, &element_class);

    if (!e)
        JS_ThrowTypeError(ctx, "not an Element");
    return e;
}

static JSValue wrap(JSContext *ctx, const struct element *e, const GumboNode *n) {
    return html_element_new(ctx, e->document, n);
}

/* --- attributes --- */

enum attribute_type { ATTR_TEXT, ATTR_BOOL, ATTR_INT };
/* X(enumerator, method, attribute, type, when absent) */
#define ATTRIBUTES(X)                                                        \
    X(ACCEPT, "accept", "accept", TEXT, "")                                  \
    X(ACCEPT_CHARSET, "acceptCharset", "accept-charset", TEXT, "")           \
    X(ACCESS_KEY, "accessKey", "accesskey", TEXT, "")                        \
    X(ALT, "alt", "alt", TEXT, "")                                           \
    X(ASYNC, "async", "async", BOOL, "")                                     \
    X(AUTOCAPITALIZE, "autocapitalize", "autocapitalize", TEXT, "sentences") \
    X(AUTOCOMPLETE, "autocomplete", "autocomplete", TEXT, "on")              \
    X(AUTOFOCUS, "autofocus", "autofocus", BOOL, "")                         \
    X(AUTOPLAY, "autoplay", "autoplay", BOOL, "")                            \
    X(CHARSET, "charset", "charset", TEXT, "")                               \
    X(CHECKED, "checked", "checked", BOOL, "")                               \
    X(CITE, "cite", "cite", TEXT, "")                                        \
    X(COL_SPAN, "colSpan", "colspan", INT, "1")                              \
    X(COLS, "cols", "cols", INT, "0")                                        \
    X(CONTENT, "content", "content", TEXT, "")                               \
    X(CONTROLS, "controls", "controls", BOOL, "")                            \
    X(COORDS, "coords", "coords", TEXT, "")                                  \
    X(CROSS_ORIGIN, "crossOrigin", "crossorigin", TEXT, "")                  \
    X(CURRENT_SRC, "currentSrc", "src", TEXT, "")                            \
    X(DATE_TIME, "dateTime", "datetime", TEXT, "")                           \
    X(DEFAULT_CHECKED, "defaultChecked", "checked", BOOL, "")                \
    X(DEFAULT_SELECTED, "defaultSelected", "selected", BOOL, "")             \
    X(DEFER, "defer", "defer", BOOL, "")                                     \
    X(DIR_NAME, "dirName", "dirname", TEXT, "")                              \
    X(DISABLED, "disabled", "disabled", BOOL, "")                            \
    X(DOWNLOAD, "download", "download", TEXT, "")                            \
    X(HEADERS, "headers", "headers", TEXT, "")                               \
    X(HEIGHT, "height", "height", INT, "0")                                  \
    X(HREF_LANG, "hrefLang", "hreflang", TEXT, "")                           \
    X(HTML_FOR, "htmlFor", "for", TEXT, "")                                  \
    X(HTTP_EQUIV, "httpEquiv", "http-equiv", TEXT, "")                       \
    X(IS_MAP, "isMap", "ismap", BOOL, "")                                    \
    X(KIND, "kind", "kind", TEXT, "")                                        \
    X(LOOP, "loop", "loop", BOOL, "")                                        \
    X(MAX, "max", "max", TEXT, "")                                           \
    X(MAX_LENGTH, "maxLength", "maxlength", INT, "-1")                       \
    X(MEDIA, "media", "media", TEXT, "")                                     \
    X(MIN, "min", "min", TEXT, "")                                           \
    X(MULTIPLE, "multiple", "multiple", BOOL, "")                            \
    X(MUTED, "muted", "muted", BOOL, "")                                     \
    X(NAME, "name", "name", TEXT, "")                                        \
    X(NO_MODULE, "noModule", "nomodule", BOOL, "")                           \
    X(NO_VALIDATE, "noValidate", "novalidate", BOOL, "")                     \
    X(OPEN, "open", "open", BOOL, "")                                        \
    X(PATTERN, "pattern", "pattern", TEXT, "")                               \
    X(PLACEHOLDER, "placeholder", "placeholder", TEXT, "")                   \
    X(POSTER, "poster", "poster", TEXT, "")                                  \
    X(PRELOAD, "preload", "preload", TEXT, "auto")                           \
    X(READ_ONLY, "readOnly", "readonly", BOOL, "")                           \
    X(READONLY, "readonly", "readonly", BOOL, "")                            \
    X(REFERRER_POLICY, "referrerPolicy", "referrerpolicy", TEXT, "")         \
    X(REL, "rel", "rel", TEXT, "")                                           \
    X(REQUIRED, "required", "required", BOOL, "")                            \
    X(REVERSED, "reversed", "reversed", BOOL, "")                            \
    X(ROW_SPAN, "rowSpan", "rowspan", INT, "1")                              \
    X(SCOPE, "scope", "scope", TEXT, "")                                     \
    X(SELECTED, "selected", "selected", BOOL, "")                            \
    X(SHAPE, "shape", "shape", TEXT, "")                                     \
    X(SIZES, "sizes", "sizes", TEXT, "")                                     \
    X(SORTABLE, "sortable", "sortable", BOOL, "")                            \
    X(SRC, "src", "src", TEXT, "")                                           \
    X(SRC_LANG, "srcLang", "srclang", TEXT, "")                              \
    X(SRCSET, "srcset", "srcset", TEXT, "")                                  \
    X(START, "start", "start", INT, "1")                                     \
    X(STEP, "step", "step", TEXT, "")                                        \
    X(TAB_INDEX, "tabIndex", "tabindex", INT, "0")                           \
    X(TARGET, "target", "target", TEXT, "")                                  \
    X(USE_MAP, "useMap", "usemap", TEXT, "")                                 \
    X(WIDTH, "width", "width", INT, "0")                                     \
    X(WRAP, "wrap", "wrap", TEXT, "soft")

enum {
#define ATTRIBUTE_ENUM(id, method, attribute, type, otherwise) ATTRIBUTE_##id,
    ATTRIBUTES(ATTRIBUTE_ENUM)
#undef ATTRIBUTE_ENUM
};

static const struct {
    const char *attribute;
    enum attribute_type type;
    const char *otherwise;
} attributes[] = {
#define ATTRIBUTE_ROW(id, method, attribute, type, otherwise) {attribute, ATTR_##type, otherwise},
    ATTRIBUTES(ATTRIBUTE_ROW)
#undef ATTRIBUTE_ROW
};

static JSValue element_attribute_method(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int row) {
    struct element *e = self(ctx, this_val);
    struct view value;
    int64_t number;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    bool has = html_attribute(e->node, attributes[row].attribute, &value);
    if (attributes[row].type == ATTR_BOOL)
        return JS_NewBool(ctx, has);
    if (!has)
        value = view_of_cstr(attributes[row].otherwise);
    if (attributes[row].type == ATTR_TEXT)
        return js_string(ctx, value);
    if (!view_to_i64(value, &number))
        view_to_i64(view_of_cstr(attributes[row].otherwise), &number);
    return JS_NewInt64(ctx, number);
}

static JSValue attribute_object(JSContext *ctx, JSValueConst owner, const GumboAttribute *a) {
    JSValue o = JS_NewObject(ctx);

    if (!JS_IsException(o)) {
        JS_DefinePropertyValueStr(ctx, o, "ownerElement", JS_DupValue(ctx, owner), JS_PROP_CONFIGURABLE);
        js_set(ctx, o, "name", JS_NewString(ctx, a->name));
        js_set(ctx, o, "value", js_string(ctx, view_of_cstr(a->value)));
    }
    return o;
}

static JSValue element_attributes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct element *e = self(ctx, this_val);
    (void)argc, (void)argv;

    JSValue all = e ? JS_NewObject(ctx) : JS_EXCEPTION;
    const GumboVector *list = e ? html_attributes(e->node) : NULL;
    for (unsigned i = 0; list && !JS_IsException(all) && i < list->length; i++) {
        const GumboAttribute *a = list->data[i];
        js_set(ctx, all, a->name, attribute_object(ctx, this_val, a));
    }
    return all;
}

enum { GET_VALUE, GET_NODE, GET_EXISTS };

static JSValue element_get_attribute(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int what) {
    struct element *e = self(ctx, this_val);
    const GumboVector *list = e ? html_attributes(e->node) : NULL;

    if (!e)
        return JS_EXCEPTION;
    const char *name = argc > 0 ? JS_ToCString(ctx, argv[0]) : NULL;
    if (argc > 0 && !name)
        return JS_EXCEPTION;
    const GumboAttribute *a = name && list ? gumbo_get_attribute(list, name) : NULL;
    JS_FreeCString(ctx, name);
    if (what == GET_EXISTS)
        return JS_NewBool(ctx, a != NULL);
    if (!a)
        return JS_UNDEFINED;
    return what == GET_NODE ? attribute_object(ctx, this_val, a) : js_string(ctx, view_of_cstr(a->value));
}

static JSValue element_has_attributes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct element *e = self(ctx, this_val);
    const GumboVector *list = e ? html_attributes(e->node) : NULL;
    (void)argc, (void)argv;
    return e ? JS_NewBool(ctx, list && list->length) : JS_EXCEPTION;
}

static JSValue text_or_undefined(JSContext *ctx, const GumboNode *n, const char *name) {
    struct view value;
    return html_attribute(n, name, &value) ? js_string(ctx, value) : JS_UNDEFINED;
}

static JSValue element_class_list(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int rel) {
    struct element *e = self(ctx, this_val);
    uint32_t count = 0;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    JSValue list = JS_NewArray(ctx);
    struct view rest = html_attribute_or(e->node, rel ? "rel" : "class", VIEW(""));
    while (rest.len && !JS_IsException(list)) {
        struct view word = view_cut(&rest, ' ', NULL);
        if (word.len)
            JS_DefinePropertyValueUint32(ctx, list, count++, js_string(ctx, word), JS_PROP_C_W_E);
    }
    return list;
}

/* --- plain facts --- */

enum fact {
    FACT_ID, FACT_CLASS_NAME, FACT_LANG, FACT_NODE_NAME, FACT_NODE_TYPE, FACT_NODE_VALUE, FACT_TEXT, FACT_INNER, FACT_CHILD_ELEMENTS,
    FACT_HAS_CHILDREN, FACT_NAMESPACE, FACT_DEFAULT_NAMESPACE, FACT_SELECTION, FACT_TO_STRING, FACT_VALUE, FACT_TYPE, FACT_METHOD,
    FACT_ENCTYPE, FACT_SIZE, FACT_LABEL,
};

static int node_type(const GumboNode *n) {
    if (html_is_element(n))
        return 1;
    if (n->type == GUMBO_NODE_DOCUMENT)
        return 9;
    return n->type == GUMBO_NODE_COMMENT ? 8 : 3;
}

static int64_t element_children(const GumboNode *n) {
    int64_t count = 0;

    for (size_t i = 0; i < html_child_count(n); i++)
        count += html_is_element(html_child(n, i));
    return count;
}

static JSValue namespace_of(JSContext *ctx, const GumboNode *n) {
    static const char *const names[] = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"};
    return JS_NewString(ctx, names[html_is_element(n) ? n->v.element.tag_namespace : 0]);
}

static JSValue selection_of(JSContext *ctx, const struct element *e) {
    struct html_set *s = html_set_new(e->document, NULL);

    if (s)
        html_nodes_add(&s->nodes, e->node);
    return html_selection_new(ctx, s);
}

static JSValue value_of(JSContext *ctx, const GumboNode *n) {
    if (html_is(n, "select") || html_is(n, "option") || html_is(n, "textarea")) {
        if (!html_is(n, "textarea"))
            return html_value_of(ctx, n);
        return html_text_value(ctx, n);
    }
    return html_is(n, "li") ? JS_NewInt64(ctx, 0) : js_string(ctx, html_attribute_or(n, "value", VIEW("")));
}

static JSValue type_of(JSContext *ctx, const GumboNode *n) {
    struct view type = html_attribute_or(n, "type", VIEW(""));
    if (html_is(n, "input") && !type.len)
        return JS_NewString(ctx, "text");
    if (html_is(n, "button") && !type.len)
        return JS_NewString(ctx, "submit");
    if (html_is(n, "select"))
        return JS_NewString(ctx, "select");
    if (html_is(n, "textarea"))
        return JS_NewString(ctx, "textarea");
    return js_string(ctx, type);
}

static JSValue element_fact(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int fact) {
    struct element *e = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    const GumboNode *n = e->node;
    switch ((enum fact)fact) {
    case FACT_ID: return js_string(ctx, html_attribute_or(n, "id", VIEW("")));
    case FACT_CLASS_NAME: return text_or_undefined(ctx, n, "class");
    case FACT_LANG: return text_or_undefined(ctx, n, "lang");
    case FACT_NODE_NAME: return js_string(ctx, html_name(n));
    case FACT_NODE_TYPE: return JS_NewInt32(ctx, node_type(n));
    case FACT_NODE_VALUE: return node_type(n) == 3 || node_type(n) == 8 ? js_string(ctx, view_of_cstr(n->v.text.text)) : JS_UNDEFINED;
    case FACT_TEXT: return html_text_value(ctx, n);
    case FACT_INNER: return html_inner_value(ctx, n);
    case FACT_CHILD_ELEMENTS: return JS_NewInt64(ctx, element_children(n));
    case FACT_HAS_CHILDREN: return JS_NewBool(ctx, html_child_count(n) > 0);
    case FACT_NAMESPACE: return namespace_of(ctx, n);
    case FACT_DEFAULT_NAMESPACE: return JS_NewBool(ctx, !html_is_element(n) || n->v.element.tag_namespace == GUMBO_NAMESPACE_HTML);
    case FACT_SELECTION: return selection_of(ctx, e);
    case FACT_TO_STRING: return JS_NewString(ctx, "[object html.Node]");
    case FACT_VALUE: return value_of(ctx, n);
    case FACT_TYPE: return type_of(ctx, n);
    case FACT_METHOD: return JS_NewString(ctx, view_eq_nocase(html_attribute_or(n, "method", VIEW("")), VIEW("post")) ? "post" : "get");
    case FACT_ENCTYPE: return js_string(ctx, html_attribute_or(n, "enctype", VIEW("application/x-www-form-urlencoded")));
    case FACT_SIZE: return JS_NewInt64(ctx, html_is(n, "select") ? 1 : 0);
    case FACT_LABEL: {
        struct view label;
        return html_attribute(n, "label", &label) ? js_string(ctx, label) : html_text_value(ctx, n);
    }
    }
    return JS_UNDEFINED;
}

/* --- relatives --- */

enum relative {
    REL_FIRST, REL_LAST, REL_FIRST_ELEMENT, REL_LAST_ELEMENT, REL_NEXT, REL_PREVIOUS, REL_NEXT_ELEMENT, REL_PREVIOUS_ELEMENT,
    REL_PARENT_NODE, REL_PARENT_ELEMENT, REL_DOCUMENT, REL_FORM, REL_CAPTION, REL_HEAD, REL_FOOT,
};

static const GumboNode *edge(const GumboNode *n, int step, bool elements) {
    size_t count = html_child_count(n);

    for (size_t i = 0; i < count; i++) {
        const GumboNode *child = html_child(n, step > 0 ? i : count - 1 - i);
        if (!elements || html_is_element(child))
            return child;
    }
    return NULL;
}

static const GumboNode *up_to(const GumboNode *n, const char *tag) {
    while (n && !html_is(n, tag))
        n = html_parent_element(n);
    return n;
}

static const GumboNode *child_named(const GumboNode *n, const char *tag) {
    for (size_t i = 0; i < html_child_count(n); i++)
        if (html_is(html_child(n, i), tag))
            return html_child(n, i);
    return NULL;
}

static JSValue element_relative(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int relative) {
    struct element *e = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    const GumboNode *n = e->node;
    switch ((enum relative)relative) {
    case REL_FIRST: return wrap(ctx, e, edge(n, 1, false));
    case REL_LAST: return wrap(ctx, e, edge(n, -1, false));
    case REL_FIRST_ELEMENT: return wrap(ctx, e, edge(n, 1, true));
    case REL_LAST_ELEMENT: return wrap(ctx, e, edge(n, -1, true));
    case REL_NEXT: return wrap(ctx, e, html_sibling(n, 1));
    case REL_PREVIOUS: return wrap(ctx, e, html_sibling(n, -1));
    case REL_NEXT_ELEMENT: return wrap(ctx, e, html_element_sibling(n, 1));
    case REL_PREVIOUS_ELEMENT: return wrap(ctx, e, html_element_sibling(n, -1));
    case REL_PARENT_NODE: return wrap(ctx, e, n->parent);
    case REL_PARENT_ELEMENT: return wrap(ctx, e, html_parent_element(n));
    case REL_DOCUMENT: return wrap(ctx, e, html_document_root(e->document));
    case REL_FORM: return wrap(ctx, e, up_to(n, "form"));
    case REL_CAPTION: return wrap(ctx, e, child_named(n, "caption"));
    case REL_HEAD: return wrap(ctx, e, child_named(n, "thead"));
    case REL_FOOT: return wrap(ctx, e, child_named(n, "tfoot"));
    }
    return JS_UNDEFINED;
}

static JSValue element_compare(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int inside) {
    struct element *e = self(ctx, this_val);
    const GumboNode *other = argc > 0 ? html_element_node(argv[0]) : NULL;

    if (!e)
        return JS_EXCEPTION;
    return JS_NewBool(ctx, other && (inside ? html_contains(e->node, other) : e->node == other));
}

static JSValue element_equal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf a CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX), b CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX);
    struct element *e = self(ctx, this_val);
    const GumboNode *other = argc > 0 ? html_element_node(argv[0]) : NULL;

    if (!e)
        return JS_EXCEPTION;
    bool same = other && view_eq(html_name(e->node), html_name(other)) && html_inner(e->node, &a) == 0 && html_inner(other, &b) == 0 &&
                view_eq(buf_view(&a), buf_view(&b));
    return JS_NewBool(ctx, same);
}

/* --- lists of relatives: by selector below the node, or its children --- */

static JSValue array_of(JSContext *ctx, const struct element *e, const struct html_nodes *nodes) {
    JSValue list = JS_NewArray(ctx);

    for (uint32_t i = 0; !JS_IsException(list) && i < nodes->count; i++)
        JS_DefinePropertyValueUint32(ctx, list, i, wrap(ctx, e, nodes->at[i]), JS_PROP_C_W_E);
    return list;
}

static JSValue element_nodes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int elements_only) {
    struct element *e = self(ctx, this_val);
    struct html_nodes nodes = HTML_NODES_NULL;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    for (size_t i = 0; i < html_child_count(e->node); i++)
        if (!elements_only || html_is_element(html_child(e->node, i)))
            html_nodes_add(&nodes, html_child(e->node, i));
    JSValue list = array_of(ctx, e, &nodes);
    html_nodes_deinit(&nodes);
    return list;
}

static bool find_below(const GumboNode *n, struct view selector, struct html_nodes *out) {
    struct arena arena;

    arena_init(&arena, SELECTOR_ARENA_BYTES);
    const struct css_selector *s = css_selector_parse(&arena, selector);
    html_nodes_find(out, &(struct html_nodes){.at = &n, .count = 1}, s);
    arena_deinit(&arena);
    return s;
}

enum query { QUERY_FIRST, QUERY_ALL, QUERY_TAG, QUERY_CLASS, QUERY_MATCHES };

static JSValue element_query(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int query) {
    struct buf selector CLEANUP(buf_deinit) = BUF_MAX(CSS_SELECTOR_BYTES_MAX);
    struct element *e = self(ctx, this_val);
    struct html_nodes nodes = HTML_NODES_NULL;
    struct view text = VIEW("");
    JSValue v;

    if (!e || (argc > 0 && !js_text(ctx, argv[0], &text)))
        return JS_EXCEPTION;
    int r = query == QUERY_CLASS ? buf_append_byte(&selector, '.') : 0;
    if (r == 0)
        r = buf_append_view(&selector, text);
    if (argc > 0)
        js_text_free(ctx, text);
    if (r < 0)
        return JS_ThrowOutOfMemory(ctx);
    if (query == QUERY_MATCHES) {
        struct arena arena;
        arena_init(&arena, SELECTOR_ARENA_BYTES);
        v = JS_NewBool(ctx, css_selector_matches(css_selector_parse(&arena, buf_view(&selector)), e->node));
        arena_deinit(&arena);
        return v;
    }
    find_below(e->node, buf_view(&selector), &nodes);
    v = query == QUERY_FIRST ? wrap(ctx, e, nodes.count ? nodes.at[0] : NULL) : array_of(ctx, e, &nodes);
    html_nodes_deinit(&nodes);
    return v;
}

/* Lists that belong to a kind of element. */
static const char *const owned[] = {"input, select, button, textarea, object, fieldset, output", "option", "option:checked", "tr", "tbody",
                                    "th, td", "label", "area"};
enum { OWNED_ELEMENTS, OWNED_OPTIONS, OWNED_SELECTED, OWNED_ROWS, OWNED_BODIES, OWNED_CELLS, OWNED_LABELS, OWNED_AREAS };

static JSValue element_owned(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    struct element *e = self(ctx, this_val);
    struct html_nodes nodes = HTML_NODES_NULL;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    find_below(e->node, view_of_cstr(owned[which]), &nodes);
    JSValue list = array_of(ctx, e, &nodes);
    html_nodes_deinit(&nodes);
    return list;
}

static JSValue element_labels(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct element *e = self(ctx, this_val);
    struct html_nodes all = HTML_NODES_NULL, mine = HTML_NODES_NULL;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    struct view id = html_attribute_or(e->node, "id", VIEW(""));
    find_below(html_document_root(e->document), VIEW("label"), &all);
    for (size_t i = 0; i < all.count; i++)
        if ((id.len && view_eq(html_attribute_or(all.at[i], "for", VIEW("")), id)) || html_contains(all.at[i], e->node))
            html_nodes_add(&mine, all.at[i]);
    JSValue list = array_of(ctx, e, &mine);
    html_nodes_deinit(&all);
    html_nodes_deinit(&mine);
    return list;
}

/* Where a node stands among those that `selector` finds below its next ancestor called `above`; -1: nowhere. */
static int64_t position_below(const GumboNode *n, const char *above, const char *selector) {
    struct html_nodes nodes = HTML_NODES_NULL;
    const GumboNode *top = up_to(n, above);
    int64_t at = -1;

    if (top)
        find_below(top, view_of_cstr(selector), &nodes);
    for (size_t i = 0; i < nodes.count && at < 0; i++)
        if (nodes.at[i] == n)
            at = (int64_t)i;
    html_nodes_deinit(&nodes);
    return at;
}

enum number { NUMBER_LENGTH, NUMBER_SELECTED, NUMBER_INDEX, NUMBER_ROW, NUMBER_SECTION_ROW, NUMBER_CELL, NUMBER_ROWS };

static int64_t count_below(const GumboNode *n, const char *selector) {
    struct html_nodes nodes = HTML_NODES_NULL;

    find_below(n, view_of_cstr(selector), &nodes);
    int64_t count = (int64_t)nodes.count;
    html_nodes_deinit(&nodes);
    return count;
}

static int64_t selected_index(const GumboNode *n) {
    struct html_nodes nodes = HTML_NODES_NULL;
    struct view ignored;
    int64_t at = -1;

    find_below(n, VIEW("option"), &nodes);
    for (size_t i = 0; i < nodes.count && at < 0; i++)
        if (html_attribute(nodes.at[i], "selected", &ignored))
            at = (int64_t)i;
    html_nodes_deinit(&nodes);
    return at;
}

static int64_t among_siblings(const GumboNode *n) {
    int64_t at = 0;

    while ((n = html_element_sibling(n, -1)))
        at++;
    return at;
}

static JSValue element_number(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int number) {
    struct element *e = self(ctx, this_val);
    int64_t rows;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    switch ((enum number)number) {
    case NUMBER_LENGTH:
        return JS_NewInt64(ctx, count_below(e->node, html_is(e->node, "form") ? owned[OWNED_ELEMENTS] : "option"));
    case NUMBER_SELECTED: return JS_NewInt64(ctx, selected_index(e->node));
    case NUMBER_INDEX: return JS_NewInt64(ctx, position_below(e->node, "select", "option"));
    case NUMBER_ROW: return JS_NewInt64(ctx, position_below(e->node, "table", "tr"));
    case NUMBER_SECTION_ROW:
    case NUMBER_CELL: return JS_NewInt64(ctx, among_siblings(e->node));
    case NUMBER_ROWS:
        /* A list for tables, a number for text areas. */
        if (!html_is(e->node, "textarea"))
            return element_owned(ctx, this_val, 0, NULL, OWNED_ROWS);
        return JS_NewInt64(ctx, view_to_i64(html_attribute_or(e->node, "rows", VIEW("0")), &rows) ? rows : 0);
    }
    return JS_UNDEFINED;
}

/* --- parts of href --- */

enum href_part { HREF_ALL, HREF_PROTOCOL, HREF_HOST, HREF_HOSTNAME, HREF_PORT, HREF_PATH, HREF_SEARCH, HREF_HASH, HREF_ORIGIN, HREF_USER, HREF_PASSWORD };

static bool parse_href(const struct element *e, struct view href, struct arena *arena, struct url *url) {
    struct error err = ERROR_NULL;
    struct url base;

    if (url_parse(href, arena, url, &err) == 0)
        return true;
    return url_parse(html_document_url(e->document), arena, &base, &err) == 0 && url_resolve(&base, href, arena, url, &err) == 0;
}

static const char *href_part(const struct url *u, enum href_part part, struct arena *a) {
    struct view user = u->userinfo, password = VIEW_NULL;
    struct view name = view_cut(&user, ':', NULL);
    const char *port = u->port_explicit ? arena_printf(a, ":%u", u->port) : "";

    password = user;
    switch (part) {
    case HREF_PROTOCOL: return arena_printf(a, "%.*s", VIEW_ARGS(u->scheme));
    case HREF_HOST: return arena_printf(a, "%.*s%s", VIEW_ARGS(u->host), port);
    case HREF_HOSTNAME: return arena_printf(a, "%.*s", VIEW_ARGS(u->host));
    case HREF_PORT: return *port ? port + 1 : "";
    case HREF_PATH: return arena_printf(a, "%.*s", VIEW_ARGS(u->path));
    case HREF_SEARCH: return u->query.len ? arena_printf(a, "?%.*s", VIEW_ARGS(u->query)) : "";
    case HREF_HASH: return u->fragment.len ? arena_printf(a, "#%.*s", VIEW_ARGS(u->fragment)) : "";
    case HREF_ORIGIN: return arena_printf(a, "%.*s://%.*s%s", VIEW_ARGS(u->scheme), VIEW_ARGS(u->host), port);
    case HREF_USER: return arena_printf(a, "%.*s", VIEW_ARGS(name));
    case HREF_PASSWORD: return arena_printf(a, "%.*s", VIEW_ARGS(password));
    case HREF_ALL: break;
    }
    return "";
}

static JSValue element_href(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int part) {
    struct element *e = self(ctx, this_val);
    struct arena arena;
    struct url url;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    struct view href = html_attribute_or(e->node, "href", VIEW(""));
    if (part == HREF_ALL)
        return js_string(ctx, href);
    arena_init(&arena, URL_ARENA_BYTES);
    const char *text = href.len && parse_href(e, href, &arena, &url) ? href_part(&url, (enum href_part)part, &arena) : "";
    JSValue v = JS_NewString(ctx, text ? text : "");
    arena_deinit(&arena);
    return v;
}

static JSValue element_to_string(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const GumboNode *n = html_element_node(this_val);

    if (html_is(n, "a") || html_is(n, "area"))
        return element_href(ctx, this_val, argc, argv, HREF_ALL);
    return element_fact(ctx, this_val, argc, argv, FACT_TO_STRING);
}

/* What a button sends its form to: its own attribute, else the form's. */
static JSValue element_form_attribute(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    static const struct {
        const char *own, *form, *otherwise;
    } rows[] = {{"formaction", "action", ""},
                {"formenctype", "enctype", "application/x-www-form-urlencoded"},
                {"formmethod", "method", "get"},
                {"formtarget", "target", ""}};
    struct element *e = self(ctx, this_val);
    struct view value;
    (void)argc, (void)argv;

    if (!e)
        return JS_EXCEPTION;
    const GumboNode *form = up_to(e->node, "form");
    if (html_attribute(e->node, rows[which].own, &value) || (form && html_attribute(form, rows[which].form, &value)))
        return js_string(ctx, value);
    return JS_NewString(ctx, rows[which].otherwise);
}

static JSValue element_action(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct element *e = self(ctx, this_val);
    (void)argc, (void)argv;
    return e ? js_string(ctx, html_attribute_or(e->node, "action", VIEW(""))) : JS_EXCEPTION;
}

/* --- the table --- */

#define FACT(name, fact) JS_CFUNC_MAGIC_DEF(name, 0, element_fact, fact)
#define RELATIVE(name, relative) JS_CFUNC_MAGIC_DEF(name, 0, element_relative, relative)
#define OWNED(name, which) JS_CFUNC_MAGIC_DEF(name, 0, element_owned, which)
#define HREF(name, part) JS_CFUNC_MAGIC_DEF(name, 0, element_href, part)

static const JSCFunctionListEntry element_members[] = {
#define ATTRIBUTE_METHOD(id, method, attribute, type, otherwise) JS_CFUNC_MAGIC_DEF(method, 0, element_attribute_method, ATTRIBUTE_##id),
    ATTRIBUTES(ATTRIBUTE_METHOD)
#undef ATTRIBUTE_METHOD
    JS_CFUNC_DEF("action", 0, element_action),
    OWNED("areas", OWNED_AREAS),
    JS_CFUNC_DEF("attributes", 0, element_attributes),
    RELATIVE("caption", REL_CAPTION),
    JS_CFUNC_MAGIC_DEF("cellIndex", 0, element_number, NUMBER_CELL),
    OWNED("cells", OWNED_CELLS),
    FACT("childElementCount", FACT_CHILD_ELEMENTS),
    JS_CFUNC_MAGIC_DEF("childNodes", 0, element_nodes, 0),
    JS_CFUNC_MAGIC_DEF("children", 0, element_nodes, 1),
    JS_CFUNC_MAGIC_DEF("classList", 0, element_class_list, 0),
    FACT("className", FACT_CLASS_NAME),
    JS_CFUNC_MAGIC_DEF("contains", 1, element_compare, 1),
    FACT("defaultValue", FACT_VALUE),
    OWNED("elements", OWNED_ELEMENTS),
    FACT("encoding", FACT_ENCTYPE),
    FACT("enctype", FACT_ENCTYPE),
    RELATIVE("firstChild", REL_FIRST),
    RELATIVE("firstElementChild", REL_FIRST_ELEMENT),
    RELATIVE("form", REL_FORM),
    JS_CFUNC_MAGIC_DEF("formAction", 0, element_form_attribute, 0),
    JS_CFUNC_MAGIC_DEF("formEnctype", 0, element_form_attribute, 1),
    JS_CFUNC_MAGIC_DEF("formMethod", 0, element_form_attribute, 2),
    JS_CFUNC_MAGIC_DEF("formTarget", 0, element_form_attribute, 3),
    JS_CFUNC_MAGIC_DEF("getAttribute", 1, element_get_attribute, GET_VALUE),
    JS_CFUNC_MAGIC_DEF("getAttributeNode", 1, element_get_attribute, GET_NODE),
    JS_CFUNC_MAGIC_DEF("getElementsByClassName", 1, element_query, QUERY_CLASS),
    JS_CFUNC_MAGIC_DEF("getElementsByTagName", 1, element_query, QUERY_TAG),
    JS_CFUNC_MAGIC_DEF("hasAttribute", 1, element_get_attribute, GET_EXISTS),
    JS_CFUNC_DEF("hasAttributes", 0, element_has_attributes),
    FACT("hasChildNodes", FACT_HAS_CHILDREN),
    HREF("hash", HREF_HASH),
    HREF("host", HREF_HOST),
    HREF("hostname", HREF_HOSTNAME),
    HREF("href", HREF_ALL),
    FACT("id", FACT_ID),
    JS_CFUNC_MAGIC_DEF("index", 0, element_number, NUMBER_INDEX),
    FACT("innerHTML", FACT_INNER),
    FACT("isDefaultNamespace", FACT_DEFAULT_NAMESPACE),
    JS_CFUNC_DEF("isEqualNode", 1, element_equal),
    JS_CFUNC_MAGIC_DEF("isSameNode", 1, element_compare, 0),
    FACT("label", FACT_LABEL),
    JS_CFUNC_DEF("labels", 0, element_labels),
    FACT("lang", FACT_LANG),
    RELATIVE("lastChild", REL_LAST),
    RELATIVE("lastElementChild", REL_LAST_ELEMENT),
    JS_CFUNC_MAGIC_DEF("length", 0, element_number, NUMBER_LENGTH),
    JS_CFUNC_MAGIC_DEF("matches", 1, element_query, QUERY_MATCHES),
    FACT("method", FACT_METHOD),
    FACT("namespaceURI", FACT_NAMESPACE),
    RELATIVE("nextElementSibling", REL_NEXT_ELEMENT),
    RELATIVE("nextSibling", REL_NEXT),
    FACT("nodeName", FACT_NODE_NAME),
    FACT("nodeType", FACT_NODE_TYPE),
    FACT("nodeValue", FACT_NODE_VALUE),
    OWNED("options", OWNED_OPTIONS),
    HREF("origin", HREF_ORIGIN),
    RELATIVE("ownerDocument", REL_DOCUMENT),
    RELATIVE("parentElement", REL_PARENT_ELEMENT),
    RELATIVE("parentNode", REL_PARENT_NODE),
    HREF("password", HREF_PASSWORD),
    HREF("pathname", HREF_PATH),
    HREF("port", HREF_PORT),
    RELATIVE("previousElementSibling", REL_PREVIOUS_ELEMENT),
    RELATIVE("previousSibling", REL_PREVIOUS),
    HREF("protocol", HREF_PROTOCOL),
    JS_CFUNC_MAGIC_DEF("querySelector", 1, element_query, QUERY_FIRST),
    JS_CFUNC_MAGIC_DEF("querySelectorAll", 1, element_query, QUERY_ALL),
    JS_CFUNC_MAGIC_DEF("relList", 0, element_class_list, 1),
    JS_CFUNC_MAGIC_DEF("rowIndex", 0, element_number, NUMBER_ROW),
    JS_CFUNC_MAGIC_DEF("rows", 0, element_number, NUMBER_ROWS),
    HREF("search", HREF_SEARCH),
    JS_CFUNC_MAGIC_DEF("sectionRowIndex", 0, element_number, NUMBER_SECTION_ROW),
    JS_CFUNC_MAGIC_DEF("selectedIndex", 0, element_number, NUMBER_SELECTED),
    OWNED("selectedOptions", OWNED_SELECTED),
    FACT("selection", FACT_SELECTION),
    FACT("size", FACT_SIZE),
    OWNED("tBodies", OWNED_BODIES),
    RELATIVE("tFoot", REL_FOOT),
    RELATIVE("tHead", REL_HEAD),
    FACT("text", FACT_TEXT),
    FACT("textContent", FACT_TEXT),
    JS_CFUNC_DEF("toString", 0, element_to_string),
    FACT("type", FACT_TYPE),
    HREF("username", HREF_USER),
    FACT("value", FACT_VALUE),
};

static const JSCFunctionListEntry *members(int *count) {
    *count = JS_COUNT(element_members);
    return element_members;
}
