/* CSS selectors on a parsed page: those that k6's library knows.
 * Types, #id, .class, attributes (= != ~= |= ^= $= *=, flag i), the combinators, comma lists, :not() :is() :has() :haschild() :contains()
 * :containsOwn(), the :nth family, :first-child and its like, :empty :root :link :input :checked :enabled :disabled. */
#ifndef SCRIPT_JS_CSS_SELECTOR_H
#define SCRIPT_JS_CSS_SELECTOR_H

#include "core/arena.h"
#include "script/js/html/html_tree.h"

enum { CSS_SELECTOR_BYTES_MAX = 64 * 1024, CSS_SELECTOR_DEPTH_MAX = 16 };

struct css_selector;
/* NULL when it is no selector (or too long, or no memory). It lives in arena; text must live as long. */
struct css_selector *css_selector_parse(struct arena *arena, struct view text);
/* False for anything but elements, and for a selector that is NULL. */
bool css_selector_matches(const struct css_selector *s, const GumboNode *n);

#endif
