/* Which texts are ES modules. */
#include "script/js/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    const char *text;
    bool is_module;
} cases[] = {
    {"", false},
    {"let a = 1", false},
    {"import http from 'k6/http'", true},
    {"import{a}from'x'", true},
    {"import 'x'", true},
    {"const x = import('x')", false},
    {"export default function () {}", true},
    {"/* import */ // export x\nmodule.exports = {}", false},
    {"'import x from y'; \"export\"", false},
    {"`import ${export_} \\` export x`", false},
    {"`${ `nested ${1}` }`; export const a = 1", true},
    {"exports.default = function () { }", false},
    {"function f() { export_ = 1 }", false},
    {"var a = /export '/; exports.b = 1", false},
    {"var a = b / c; export { a }", true},
    {"x.export = 1", false},
    {"({ import: 1 })", false},
    {"await fetch_it()", true},
    {"async function f() { await 1 }", false},
    {"!function(){}();export{a as b};", true},
    {"#!/usr/bin/env k6\nexport default function () {}", true},
    {"const r = require('x');\nr.import(5)", false},
    {"import.meta.url", true},
    {"return_(/[/]export x/)", false},
    {"\xef\xbb\xbf", false},
    {"\xef\xbb\xbfimport 'x'", true},
    {"'unterminated", false},
    {"/* unterminated", false},
    {"`unterminated ${", false},
};

static void texts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (loader_is_module(view_of_cstr(cases[i].text)) != cases[i].is_module)
            fail_msg("\"%s\" is taken for %s", cases[i].text, cases[i].is_module ? "CommonJS" : "a module");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
