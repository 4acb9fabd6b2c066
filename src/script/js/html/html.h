/* What a Response needs of HTML: html(), submitForm() and clickLink(). */
#ifndef SCRIPT_JS_HTML_H
#define SCRIPT_JS_HTML_H

#include <quickjs/quickjs.h>

#include "core/arena.h"
#include "core/view.h"

/* A Selection of the document, or of what `selector` (VIEW_NULL: none) matches in it. base_url resolves nothing, it is kept for attributes. */
JSValue html_selection(JSContext *ctx, struct view text, struct view base_url, struct view selector);

/* The request that a form would send. Pairs are in document order; a method is upper case. */
struct html_form {
    struct view method; /* "GET", "POST" */
    struct view action; /* as written; may be empty */
    JSValue fields;     /* object name → value or array of values; owned by the caller */
};
/* k6's submitForm: form by selector, the submit element's own name and value added, `fields` (object or undefined) over them.
 * False with an exception pending (no such form …). Views are in arena. */
bool html_form_read(JSContext *ctx, struct view text, struct view page_url, struct view form_selector, struct view submit_selector,
                    JSValueConst fields, struct arena *arena, struct html_form *out);
/* href of the first match. False with an exception pending when there is none. */
bool html_link_read(JSContext *ctx, struct view text, struct view page_url, struct view selector, struct arena *arena, struct view *href);

#endif
