/* What the files of k6/html share: Selection (html_selection.c walks, html_value.c reads), Element (html_element.c), forms (html_form.c). */
#ifndef SCRIPT_JS_HTML_PRIV_H
#define SCRIPT_JS_HTML_PRIV_H

#include "script/js/html/html_nodes.h"
#include "script/js/module.h"

/* Behind a JS Selection; several objects share it (end() gives the one before). */
struct html_set {
    unsigned refs;
    struct html_document *document;
    struct html_nodes nodes;
    struct html_set *before; /* NULL for the first */
};
struct html_set *html_set_new(struct html_document *d, struct html_set *before);
struct html_set *html_set_ref(struct html_set *s);
struct html_set *html_set_unref(struct html_set *s);
/* The set of one parsed text, its document node in it; NULL without memory. */
struct html_set *html_set_parse(struct view text, struct view url);
/* What matches below s; nothing when it is no selector. NULL without memory. */
struct html_set *html_set_find(struct html_set *s, struct view selector);

JSValue html_selection_new(JSContext *ctx, struct html_set *s); /* takes s; NULL: throws OutOfMemory */
struct html_set *html_selection_set(JSValueConst v);           /* NULL when v is no Selection */
JSValue html_element_new(JSContext *ctx, struct html_document *d, const GumboNode *n); /* undefined for NULL */
const GumboNode *html_element_node(JSValueConst v);            /* NULL when v is no Element */

JSValue html_text_value(JSContext *ctx, const GumboNode *n);
JSValue html_inner_value(JSContext *ctx, const GumboNode *n);

/* ---- reading (html_value.c); members of Selection's prototype ---- */
JSValue html_value_of(JSContext *ctx, const GumboNode *n); /* val() of one node */
JSValue html_selection_data(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
/* ---- forms (html_form.c) ---- */
JSValue html_selection_serialize(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue html_selection_serialize_array(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue html_selection_serialize_object(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif
