/* What files ask of built-in modules. */
#include "script/js/import_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *text, *module, *want; /* want NULL: the module itself */
} cases[] = {
    {"import http from 'k6/http'", "k6/http", NULL},
    {"import { get, nope } from 'k6/http'", "k6/http", "k6/http?nope"},
    {"import http, { nope as get, other, nope } from \"k6/http\"", "k6/http", "k6/http?nope,other"},
    {"import { a } from 'k6'; import { b, a } from 'k6'; import { c } from 'k6/http'", "k6", "k6?a,b"},
    {"export { default, nope } from 'k6/http'", "k6/http", "k6/http?nope"},
    {"export * from 'k6/http'", "k6/http", NULL},
    {"import * as all from 'k6/http'", "k6/http", "k6/http*"},
    {"import http, * as all from 'k6/http'", "k6/http", NULL},
    {"import * as all from 'k6/http'; import http from 'k6/http'", "k6/http", NULL},
    {"import * as all from 'k6/http'; import { default as d } from 'k6/http'", "k6/http", NULL},
    {"import * as all from 'k6/http'; import { nope } from 'k6/http'", "k6/http", "k6/http?nope*"},
    {"import 'k6/http'; import('k6'); x.import; f({ import: 1 }); { export_: 2 }", "k6/http", NULL},
    {"import { nope } from './mine.js'", "./mine.js", NULL},
    {"import { nope", "k6/http", NULL},
    {"import { nope } from", "k6/http", NULL},
    {"import type from 'k6/http'; import { a as from } from 'k6'", "k6", "k6?a"},
};

static void statements(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct loader l;
        struct source *s;
        loader_init(&l);
        assert_int_equal(
            loader_add(&l, VIEW("file:///x.js"), view_of_cstr(cases[i].text), SOURCE_MODULE, &s), 0);
        assert_int_equal(import_names_read(s, s->text), 0);
        struct view have = import_names_variant(s, view_of_cstr(cases[i].module));
        if (!view_eq(have, view_of_cstr(cases[i].want)) || !have.ptr != !cases[i].want)
            fail_msg("%s: \"%.*s\", not \"%s\"", cases[i].text, VIEW_ARGS(have),
                cases[i].want ? cases[i].want : "(itself)");
        loader_deinit(&l);
    }
}

static void variants_are_cut(void **state) {
    (void)state;
    struct view more;
    bool has_default;
    assert_true(view_eq(import_names_split(VIEW("k6/http?a,b*"), &more, &has_default), VIEW("k6/http")));
    assert_true(view_eq(more, VIEW("a,b")) && !has_default);
    assert_true(view_eq(import_names_split(VIEW("k6"), &more, &has_default), VIEW("k6")));
    assert_true(!more.ptr && has_default);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(statements), cmocka_unit_test(variants_are_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
