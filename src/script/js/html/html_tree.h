/* A parsed HTML document, and reading it. Nodes are gumbo's, they live as long as their document. Nothing here recurses: pages may nest
 * as deep as they like. */
#ifndef SCRIPT_JS_HTML_TREE_H
#define SCRIPT_JS_HTML_TREE_H

#include <gumbo.h>

#include "core/buf.h"

enum { HTML_TEXT_BYTES_MAX = 1 << 30, HTML_DOCUMENT_BYTES_MAX = 256 * 1024 * 1024 };

struct html_document;
/* url: kept for those who ask. NULL without memory. */
struct html_document *html_document_new(struct view text, struct view url);
struct html_document *html_document_ref(struct html_document *d);
struct html_document *html_document_unref(struct html_document *d);
const GumboNode *html_document_root(const struct html_document *d); /* the document node */
struct view html_document_url(const struct html_document *d);

bool html_is_element(const GumboNode *n); /* false for NULL */
/* Lower-case tag name; "#text", "#comment", "#document". */
struct view html_name(const GumboNode *n);
bool html_is(const GumboNode *n, const char *tag);
bool html_attribute(const GumboNode *n, const char *name, struct view *value);
struct view html_attribute_or(const GumboNode *n, const char *name, struct view otherwise);
const GumboVector *html_attributes(const GumboNode *n); /* of GumboAttribute; NULL: no element */

size_t html_child_count(const GumboNode *n);
const GumboNode *html_child(const GumboNode *n, size_t i);
const GumboNode *html_sibling(const GumboNode *n, int step); /* of any type; step +1 or -1; NULL at the end */
const GumboNode *html_element_sibling(const GumboNode *n, int step);
const GumboNode *html_parent_element(const GumboNode *n); /* NULL when the parent is the document */
/* The node after n in document order inside root, NULL at its end. */
const GumboNode *html_next(const GumboNode *n, const GumboNode *root);
bool html_contains(const GumboNode *ancestor, const GumboNode *n); /* itself not */

int html_text(const GumboNode *n, struct buf *out) MUST_USE;  /* all text inside, appended */
int html_inner(const GumboNode *n, struct buf *out) MUST_USE; /* as Go's html.Render writes it */

#endif
