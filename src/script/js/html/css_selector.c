/* Matching goes from right to left: the last compound against the node, then for each combinator the candidates on the left, with
 * backtracking. The depth of recursion is that of the selector, never of the page. */
#include "script/js/html/css_selector.h"

#include "script/js/html/css_selector_priv.h"

#include <stdlib.h>

static struct view lower_copy(struct view v, char **owned) {
    *owned = view_dup_cstr(v);
    for (size_t i = 0; *owned && i < v.len; i++)
        if ((*owned)[i] >= 'A' && (*owned)[i] <= 'Z')
            (*owned)[i] |= 0x20;
    return view_of(*owned, *owned ? v.len : 0);
}

/* --- attributes --- */

static bool equal(struct view a, struct view b, bool nocase) {
    return nocase ? view_eq_nocase(a, b) : view_eq(a, b);
}

static bool has_word(struct view list, struct view word, bool nocase) {
    size_t from = 0;

    for (size_t i = 0; i <= list.len; i++) {
        if (i < list.len && !memchr(" \t\r\n\f", list.ptr[i], 5))
            continue;
        if (i > from && equal(view_of(list.ptr + from, i - from), word, nocase))
            return true;
        from = i + 1;
    }
    return false;
}

static bool contains(struct view text, struct view part, bool nocase) {
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (equal(view_of(text.ptr + i, part.len), part, nocase))
            return true;
    return false;
}

static bool matches_attribute(const struct css_simple *s, const GumboNode *n) {
    struct view have, want = s->value;
    bool exists = html_attribute(n, s->name, &have);

    if (!exists)
        return s->op == '!';
    switch (s->op) {
    case 0: return true;
    case '=': return equal(have, want, s->nocase);
    case '!': return !equal(have, want, s->nocase);
    case '~': return has_word(have, want, s->nocase);
    case '|': return equal(view_take(have, want.len), want, s->nocase) && (have.len == want.len || (have.len > want.len && have.ptr[want.len] == '-'));
    case '^': return want.len && have.len >= want.len && equal(view_take(have, want.len), want, s->nocase);
    case '$': return want.len && have.len >= want.len && equal(view_drop(have, have.len - want.len), want, s->nocase);
    default: return want.len && contains(have, want, s->nocase);
    }
}

/* --- positions --- */

static bool counts(const GumboNode *n, const GumboNode *like, bool of_type) {
    return !of_type || view_eq(html_name(n), html_name(like));
}

static int position(const GumboNode *n, bool of_type, bool last) {
    int at = 1;

    for (const GumboNode *s = n; (s = html_element_sibling(s, last ? 1 : -1));)
        at += counts(s, n, of_type);
    return at;
}

static bool matches_nth(const struct css_simple *s, const GumboNode *n) {
    int at = position(n, s->of_type, s->last) - s->offset;

    if (!s->step)
        return at == 0;
    return at % s->step == 0 && at / s->step >= 0;
}

static bool is_only(const struct css_simple *s, const GumboNode *n) {
    return position(n, s->of_type, false) == 1 && position(n, s->of_type, true) == 1;
}

/* --- contents --- */

static bool has_inside(const struct css_simple *s, const GumboNode *n) {
    for (const GumboNode *at = n; (at = html_next(at, n));)
        if (css_selector_matches(s->inside, at))
            return true;
    return false;
}

static bool has_child(const struct css_simple *s, const GumboNode *n) {
    for (size_t i = 0; i < html_child_count(n); i++)
        if (css_selector_matches(s->inside, html_child(n, i)))
            return true;
    return false;
}

static int own_text(const GumboNode *n, struct buf *out) {
    int r = 0;

    for (size_t i = 0; i < html_child_count(n) && r == 0; i++) {
        const GumboNode *c = html_child(n, i);
        if (!html_is_element(c) && c->type != GUMBO_NODE_COMMENT)
            r = buf_append_view(out, view_of_cstr(c->v.text.text));
    }
    return r;
}

static bool matches_text(const struct css_simple *s, const GumboNode *n) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX);
    char *text = NULL, *part = NULL;

    if ((s->kind == CSS_CONTAINS ? html_text(n, &b) : own_text(n, &b)) < 0)
        return false;
    struct view in = lower_copy(buf_view(&b), &text), what = lower_copy(s->value, &part);
    bool found = view_find_view(in, what) >= 0;
    free(text);
    free(part);
    return found;
}

static bool is_empty(const GumboNode *n) {
    for (size_t i = 0; i < html_child_count(n); i++)
        if (html_child(n, i)->type != GUMBO_NODE_COMMENT)
            return false;
    return true;
}

/* --- states --- */

static bool is_link(const GumboNode *n) {
    struct view ignored;
    return (html_is(n, "a") || html_is(n, "area") || html_is(n, "link")) && html_attribute(n, "href", &ignored);
}

static bool is_input(const GumboNode *n) {
    return html_is(n, "input") || html_is(n, "select") || html_is(n, "textarea") || html_is(n, "button");
}

static bool is_checked(const GumboNode *n) {
    struct view ignored, type;

    if (html_is(n, "option"))
        return html_attribute(n, "selected", &ignored);
    type = html_attribute_or(n, "type", VIEW(""));
    return html_is(n, "input") && (view_eq_nocase(type, VIEW("checkbox")) || view_eq_nocase(type, VIEW("radio"))) &&
           html_attribute(n, "checked", &ignored);
}

static bool can_be_disabled(const GumboNode *n) {
    return is_input(n) || html_is(n, "option") || html_is(n, "optgroup") || html_is(n, "fieldset") || html_is(n, "menuitem");
}

static bool is_disabled(const GumboNode *n) {
    struct view ignored;

    if (html_attribute(n, "disabled", &ignored))
        return true;
    if (is_input(n) || html_is(n, "option"))
        for (const GumboNode *p = n; (p = html_parent_element(p));)
            if (html_is(p, "fieldset") && html_attribute(p, "disabled", &ignored))
                return true;
    return false;
}

static bool matches_simple(const struct css_simple *s, const GumboNode *n) {
    switch (s->kind) {
    case CSS_ANY: return true;
    case CSS_TYPE: return view_eq_nocase(html_name(n), s->value);
    case CSS_CLASS: return has_word(html_attribute_or(n, "class", VIEW("")), s->value, false);
    case CSS_ID: return view_eq(html_attribute_or(n, "id", VIEW("")), s->value);
    case CSS_ATTRIBUTE: return matches_attribute(s, n);
    case CSS_NOT: return !css_selector_matches(s->inside, n);
    case CSS_IS: return css_selector_matches(s->inside, n);
    case CSS_HAS: return has_inside(s, n);
    case CSS_HAS_CHILD: return has_child(s, n);
    case CSS_CONTAINS:
    case CSS_CONTAINS_OWN: return matches_text(s, n);
    case CSS_NTH: return matches_nth(s, n);
    case CSS_ONLY: return is_only(s, n);
    case CSS_EMPTY: return is_empty(n);
    case CSS_ROOT: return !html_parent_element(n);
    case CSS_LINK: return is_link(n);
    case CSS_INPUT: return is_input(n);
    case CSS_CHECKED: return is_checked(n);
    case CSS_ENABLED: return is_link(n) || (can_be_disabled(n) && !is_disabled(n));
    case CSS_DISABLED: return can_be_disabled(n) && is_disabled(n);
    case CSS_NEVER: return false;
    }
    return false;
}

static bool matches_compound(const struct css_compound *c, const GumboNode *n) {
    for (const struct css_simple *s = c->first; s; s = s->next)
        if (!matches_simple(s, n))
            return false;
    return true;
}

static bool matches_chain(const struct css_compound *c, const GumboNode *n) {
    if (!matches_compound(c, n))
        return false;
    if (!c->left)
        return true;
    bool many = c->combinator == ' ' || c->combinator == '~', up = c->combinator == ' ' || c->combinator == '>';
    for (const GumboNode *at = n; (at = up ? html_parent_element(at) : html_element_sibling(at, -1));) {
        if (matches_chain(c->left, at))
            return true;
        if (!many)
            break;
    }
    return false;
}

bool css_selector_matches(const struct css_selector *s, const GumboNode *n) {
    if (!html_is_element(n))
        return false;
    for (; s; s = s->or)
        if (matches_chain(s->right, n))
            return true;
    return false;
}
