/* Selectors on one page: which ids they match, and what is no selector. */
#include "script/js/html/css_selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char page[] =
    "<body id=b><div id=d class='one two-b' lang=en-US><p id=p1>Hello <b id=b1>World</b></p><p id=p2 class=two></p>"
    "<span id=s1 data-x='a b'>x</span><p id=p3><!-- c --></p></div><form id=f><fieldset disabled id=fs><input id=i1></fieldset>"
    "<input id=i2 type=checkbox checked><input id=i3 disabled><select id=se><option id=o1><option id=o2 selected></select>"
    "<a id=a1 href=/x>l</a><a id=a2>m</a></form><ul id=u><li id=l1><li id=l2 class='x:y'><li id=l3><li id=l4><li id=l5></ul></body>";

static const struct {
    const char *selector, *ids; /* ids NULL: no selector */
} rows[] = {
    {"#p1", "p1"},
    {"P", "p1 p2 p3"},
    {"div > p", "p1 p2 p3"},
    {"body > p", ""},
    {"body b", "b1"},
    {"p + p", "p2"},
    {"p ~ p", "p2 p3"},
    {"p+span~p", "p3"},
    {".two", "p2"},
    {".one.two-b", "d"},
    {"p.two, b , #s1", "b1 p2 s1"},
    {"[data-x]", "s1"},
    {"[data-x='a b']", "s1"},
    {"[data-x~=b]", "s1"},
    {"[data-x~='a b']", ""},
    {"[data-x^=a]", "s1"},
    {"[data-x$=\"b\"]", "s1"},
    {"[data-x*=' ']", "s1"},
    {"[data-x*='']", ""},
    {"[data-x=\"A B\" i]", "s1"},
    {"[lang|=en]", "d"},
    {"p[id!=p1]", "p2 p3"},
    {"ul li:nth-child(2n+1)", "l1 l3 l5"},
    {"li:nth-child(odd)", "l1 l3 l5"},
    {"li:nth-child(even)", "l2 l4"},
    {"li:nth-child( -n + 2 )", "l1 l2"},
    {"li:nth-child(3)", "l3"},
    {"li:nth-last-child(2)", "l4"},
    {"p:nth-of-type(3)", "p3"},
    {"p:nth-child(3)", ""},
    {"p:nth-last-of-type(1)", "p3"},
    {"div :first-child", "p1 b1"},
    {"li:last-child", "l5"},
    {"span:only-of-type", "s1"},
    {"b:only-child", "b1"},
    {"li:not(#l1):not(.x\\:y)", "l3 l4 l5"},
    {"li:not(:first-child, :last-child)", "l2 l3 l4"},
    {"div:has(b)", "d"},
    {"div:haschild(b)", ""},
    {"p:contains('WORLD')", "p1"},
    {"p:contains(hello):containsOwn(world)", ""},
    {"p:empty", "p2 p3"},
    {"form :enabled", "i2 se o1 o2 a1"},
    {"form :disabled", "fs i1 i3"},
    {":checked", "i2 o2"},
    {"form :input", "i1 i2 i3 se"},
    {"a:link", "a1"},
    {":is(b, span)", "b1 s1"},
    {"html:root > body", "b"},
    {"a:hover", ""},
    {".\\78 \\3a y", "l2"},
    {"*[href]", "a1"},
    {"", NULL},
    {"p[", NULL},
    {"p >", NULL},
    {"> p", NULL},
    {"p,,b", NULL},
    {"p:first", NULL},
    {"p:nth-child(x)", NULL},
    {"p:nth-child(2", NULL},
    {"p:not(", NULL},
    {"p)", NULL},
    {"#", NULL},
    {"[a=]", NULL},
    {"[a?b]", NULL},
    {"a$b", NULL},
};

static void check(const GumboNode *root, const char *selector, const char *ids) {
    char got[256] = "";
    struct arena arena;

    arena_init(&arena, 1 << 20);
    struct css_selector *s = css_selector_parse(&arena, view_of_cstr(selector));
    if (!s != !ids)
        fail_msg("%s: %s", selector, s ? "was accepted" : "was refused");
    for (const GumboNode *n = root; s && (n = html_next(n, root));)
        if (css_selector_matches(s, n)) {
            size_t len = strlen(got);
            snprintf(got + len, sizeof got - len, "%s%.*s", len ? " " : "", VIEW_ARGS(html_attribute_or(n, "id", VIEW("-"))));
        }
    if (ids && strcmp(got, ids) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", selector, got, ids);
    arena_deinit(&arena);
}

static void selectors_match(void **state) {
    (void)state;
    struct html_document *d = html_document_new(view_of_cstr(page), VIEW(""));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(html_document_root(d), rows[i].selector, rows[i].ids);
    html_document_unref(d);
}

static void nesting_is_bounded(void **state) {
    char selector[5 * 100 + 1] = "";
    struct arena arena;
    (void)state;

    for (int i = 0; i < 100; i++)
        memcpy(selector + 5 * i, ":not(", 6);
    arena_init(&arena, 1 << 20);
    assert_null(css_selector_parse(&arena, view_of_cstr(selector)));
    arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_match),
        cmocka_unit_test(nesting_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
