/* Selectors as a tree: alternatives, each a chain of compounds from right to left, each a list of simple conditions. */
#ifndef SCRIPT_JS_CSS_SELECTOR_PRIV_H
#define SCRIPT_JS_CSS_SELECTOR_PRIV_H

#include "script/js/html/css_selector.h"

enum css_kind {
    CSS_ANY,
    CSS_TYPE,
    CSS_CLASS,
    CSS_ID,
    CSS_ATTRIBUTE,
    CSS_NOT,
    CSS_IS,
    CSS_HAS,
    CSS_HAS_CHILD,
    CSS_CONTAINS,
    CSS_CONTAINS_OWN,
    CSS_NTH,
    CSS_ONLY,
    CSS_EMPTY,
    CSS_ROOT,
    CSS_LINK,
    CSS_INPUT,
    CSS_CHECKED,
    CSS_ENABLED,
    CSS_DISABLED,
    CSS_NEVER,
};

struct css_simple {
    struct css_simple *next;
    enum css_kind kind;
    const char *name;   /* attribute, NUL behind it */
    struct view value;
    char op;            /* of an attribute: 0 (exists) = ! ~ | ^ $ * */
    bool nocase;
    bool of_type, last; /* CSS_NTH, CSS_ONLY */
    int step, offset;   /* an+b */
    struct css_selector *inside;
};

struct css_compound {
    struct css_simple *first;
    struct css_compound *left;
    char combinator; /* between left and this: ' ' > + ~ */
};

struct css_selector {
    struct css_compound *right;
    struct css_selector *or;
};

#endif
