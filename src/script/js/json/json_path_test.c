/* Paths on one document, as the library that k6 uses answers them; text that is no JSON; what a value becomes in JavaScript. */
#include "script/js/json/json_path.h"

#include "script/js/json/json_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char document[] =
    "{ \"name\": {\"first\": \"Tom\", \"last\": \"Anderson\"}, \"age\":37, \"yes\":true, \"no\":false, \"nothing\":null,\n"
    "  \"children\": [\"Sara\",\"Alex\",\"Jack\"], \"fav.movie\": \"Deer Hunter\", \"esc\\\"aped\\u00e9\": \"a\\nb\\ud83c\\udf89\",\n"
    "  \"deep\": [[1,[2,3]],[],4], \"mixed\": [1,\"1\",true,null,{\"t\":0}], \"text\": \"{\\\"in\\\":[5]}\",\n"
    "  \"columns\": {\"id\":[1,2],\"n\":[\"a\",\"b\",\"c\"]}, \"parts\": [{\"a\":1,\"b\":2},{\"a\":3,\"c\":4}],\n"
    "  \"friends\": [\n"
    "    {\"first\": \"Dale\", \"last\": \"Murphy\", \"age\": 44, \"nets\": [\"ig\",\"fb\",\"tw\"], \"on\":true},\n"
    "    {\"first\": \"Roger\", \"last\": \"Craig\", \"age\": 68, \"nets\": [\"fb\",\"tw\"], \"on\":false},\n"
    "    {\"first\": \"Jane\", \"last\": \"Murphy\", \"age\": 47, \"nets\": [\"ig\",\"tw\"]}\n"
    "  ]}";

static const struct {
    const char *path, *want; /* NULL: nothing */
} paths[] = {
    {"age", "37"},
    {"name", "{\"first\": \"Tom\", \"last\": \"Anderson\"}"},
    {"name.last", "\"Anderson\""},
    {"name.none", NULL},
    {"age.x", NULL},
    {"", NULL},
    {"nothing", "null"},
    {"children.1", "\"Alex\""},
    {"children.-1", NULL},
    {"children.3", NULL},
    {"children.#", "3"},
    {"children.first", NULL},
    {"fav\\.movie", "\"Deer Hunter\""},
    {"esc\"apedé", "\"a\\nb\\ud83c\\udf89\""},
    {"child*.2", "\"Jack\""},
    {"c?ildren.0", "\"Sara\""},
    {"*e.first", "\"Tom\""},
    {"esc\"aped?", "\"a\\nb\\ud83c\\udf89\""},
    {"friends.1.last", "\"Craig\""},
    {"friends.#.first", "[\"Dale\",\"Roger\",\"Jane\"]"},
    {"friends.#.first.0", "[]"},
    {"friends.#.first|0", "\"Dale\""},
    {"friends.#.on", "[true,false]"},
    {"friends.#.nets.#", "[3,2,2]"},
    {"friends.#|@this", "3"},
    {"friends.#(last==\"Murphy\").first", "\"Dale\""},
    {"friends.#(last=\"Murphy\")#.first", "[\"Dale\",\"Jane\"]"},
    {"friends.#(last!=\"Murphy\")#.first", "[\"Roger\"]"},
    {"friends.#(age>45)#.last", "[\"Craig\",\"Murphy\"]"},
    {"friends.#(age>=47)#.age", "[68,47]"},
    {"friends.#(age<45)#.age", "[44]"},
    {"friends.#(age<=47)#.age", "[44,47]"},
    {"friends.#(first%\"D*\").age", "44"},
    {"friends.#(first!%\"D*\")#.age", "[68,47]"},
    {"friends.#(nets.#(==\"fb\"))#.first", "[\"Dale\",\"Roger\"]"},
    {"friends.#(on==true)#.first", "[\"Dale\"]"},
    {"friends.#(on)#.first", "[\"Dale\",\"Roger\"]"},
    {"friends.#(on==~false)#.first", "[\"Roger\",\"Jane\"]"},
    {"friends.#(on==~true)#.first", "[\"Dale\"]"},
    {"friends.#(on!=~*)#.first", "[\"Jane\"]"},
    {"friends.#(age>100)", NULL},
    {"friends.#(age>100)#", "[]"},
    {"friends.#(age>100)#|#", "0"},
    {"friends.#(age>100", NULL},
    {"friends.#(first==\"Jane\").none", NULL},
    {"children.#(!%\"*a*\")", "\"Alex\""},
    {"mixed.#(==1)", "1"},
    {"mixed.#(==\"1\")#", "[1,\"1\"]"},
    {"friends.0|first", "\"Dale\""},
    {"children|@reverse", "[\"Jack\",\"Alex\",\"Sara\"]"},
    {"children.@reverse.0", "\"Jack\""},
    {"name|@reverse", "{\"last\":\"Anderson\",\"first\":\"Tom\"}"},
    {"name|@keys", "[\"first\",\"last\"]"},
    {"name.@values", "[\"Tom\",\"Anderson\"]"},
    {"age|@keys", "[null]"},
    {"none|@keys", "[]"},
    {"@this.age", "37"},
    {"@pretty|age", "37"},
    {"@nope", NULL},
    {"deep.@flatten", "[1,[2,3],4]"},
    {"deep.@flatten:{\"deep\":true}", "[1,2,3,4]"},
    {"parts.@join", "{\"a\":3,\"b\":2,\"c\":4}"},
    {"parts.@join:{\"preserve\":true}", "{\"a\":1,\"b\":2,\"a\":3,\"c\":4}"},
    {"columns.@group", "[{\"id\":1,\"n\":\"a\"},{\"id\":2,\"n\":\"b\"},{\"n\":\"c\"}]"},
    {"text.@fromstr.in.0", "5"},
    {"name.first.@fromstr", NULL},
    {"children.@tostr", "\"[\\\"Sara\\\",\\\"Alex\\\",\\\"Jack\\\"]\""},
    {"@dig:first", "[\"Tom\",\"Dale\",\"Roger\",\"Jane\"]"},
    {"{age,name.last}", "{\"age\":37,\"last\":\"Anderson\"}"},
    {"{\"x\":age,y:name.first,none}", "{\"x\":37,\"y\":\"Tom\"}"},
    {"{age}.age", "37"},
    {"[age,children.#,{no}]", "[37,3,{\"no\":false}]"},
    {"friends.#.{first,n:nets.#}", "[{\"first\":\"Dale\",\"n\":3},{\"first\":\"Roger\",\"n\":2},{\"first\":\"Jane\",\"n\":2}]"},
    {"name.[last,first]", "[\"Anderson\",\"Tom\"]"},
    {"{age,\"kind\":!\"person\"}", "{\"age\":37,\"kind\":\"person\"}"},
    {"..0.age", "37"},
    {"..#", "1"},
};

static void paths_find_what_they_name(void **state) {
    (void)state;
    assert_true(json_scan_valid(view_of_cstr(document)));
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct arena arena;
        struct view got = VIEW_NULL;
        arena_init(&arena, 1 << 20);
        bool found = json_path_find(&arena, view_of_cstr(document), view_of_cstr(paths[i].path), &got);
        if (found != (paths[i].want != NULL) || (found && !view_eq(got, view_of_cstr(paths[i].want))))
            fail_msg("%s: got %.*s", paths[i].path, found ? (int)got.len : 7, found ? got.ptr : "nothing");
        arena_deinit(&arena);
    }
}

static const struct {
    const char *text;
    bool valid;
} texts[] = {
    {"1", true},         {" [ ] ", true},       {"{}", true},          {"[1,2]", true},      {"{\"a\":{\"b\":[]}}", true},
    {"\"\\u12aF\"", true}, {"-0.5e+3", true},   {"", false},           {"[1,]", false},      {"{\"a\":1,}", false},
    {"{a:1}", false},    {"[1 2]", false},      {"01", false},         {"1.", false},        {"+1", false},
    {"\"a\nb\"", false}, {"\"\\x\"", false},    {"\"\\u12g0\"", false}, {"[1]]", false},     {"[1}", false},
    {"{\"a\"}", false},  {"tru", false},        {"nul", false},        {"\"abc", false},     {"1 2", false},
    {"{\"a\":1 \"b\":2}", false}, {"-", false}, {"1e", false},         {"[", false},         {"{\"a\":", false},
};

static void only_json_is_valid(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (json_scan_valid(view_of_cstr(texts[i].text)) != texts[i].valid)
            fail_msg("%s", texts[i].text);
    char deep[2 * JSON_SCAN_DEPTH_MAX + 2];
    memset(deep, '[', sizeof deep / 2);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    assert_false(json_scan_valid(view_of(deep, sizeof deep)));
    assert_true(json_scan_valid(view_of(deep + 1, sizeof deep - 2)));
}

/* Texts that are no JSON, the index of the last byte read, and Go's words. */
static const struct {
    const char *text;
    size_t at;
    const char *why;
} faults[] = {
    {"", 0, "unexpected end of JSON input"},
    {" ", 0, "unexpected end of JSON input"},
    {"{\"a\":1,", 6, "unexpected end of JSON input"},
    {"{\"a\":1,}", 7, "invalid character '}' looking for beginning of object key string"},
    {"[1,]", 3, "invalid character ']' looking for beginning of value"},
    {"[1 2]", 3, "invalid character '2' after array element"},
    {"{\"a\" 1}", 5, "invalid character '1' after object key"},
    {"{\"a\":1]", 6, "invalid character ']' after object key:value pair"},
    {"{'a':1}", 1, "invalid character '\\'' looking for beginning of object key string"},
    {"tru", 2, "invalid character ' ' in literal true (expecting 'e')"},
    {"nulx", 3, "invalid character 'x' in literal null (expecting 'l')"},
    {"\"a\nb\"", 2, "invalid character '\\n' in string literal"},
    {"\"\x01\"", 1, "invalid character '\\x01' in string literal"},
    {"\"abc", 3, "unexpected end of JSON input"},
    {"\"\\x\"", 2, "invalid character 'x' in string escape code"},
    {"\"\\", 1, "invalid character ' ' in string escape code"},
    {"\"\\u12g4\"", 5, "invalid character 'g' in \\u hexadecimal character escape"},
    {"\"\\u1", 3, "invalid character ' ' in \\u hexadecimal character escape"},
    {"-", 0, "invalid character ' ' in numeric literal"},
    {"1.x", 2, "invalid character 'x' after decimal point in numeric literal"},
    {"1e", 1, "invalid character ' ' in exponent of numeric literal"},
    {"01", 1, "invalid character '1' after top-level value"},
    {"{\"a\":1}}", 7, "invalid character '}' after top-level value"},
    {"\xc3\xa9", 0, "invalid character '\xc3\x83' looking for beginning of value"},
    {"\x80", 0, "invalid character '\\u0080' looking for beginning of value"},
};

static void faults_are_told_in_gos_words(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct error err = ERROR_NULL;
        size_t at = 99;
        assert_int_equal(json_scan_check(view_of_cstr(faults[i].text), &at, &err), ERROR_SYNTAX);
        assert_string_equal(err.text, faults[i].why);
        if (at != faults[i].at)
            fail_msg("%s: at %zu", faults[i].text, at);
    }
}

static const struct {
    const char *json, *path, *check; /* an expression of v */
} values[] = {
    {"{\"a\":\"\\u00e9\\n\"}", "a", "v === 'é\\n'"},
    {"{\"a\":[1,{\"b\":null}]}", "a", "Array.isArray(v) && v[1].b === null"},
    {"{\"a\":12345678901234567890}", "a", "v === 12345678901234567000"},
    {"{\"a\":-0.0}", "a", "v === 0"},
    {"{\"a\":7}", "a", "v === 7"},
    {"{\"a\":true}", "a", "v === true"},
    {"{\"a\":true}", "b", "v === undefined"},
    {"{\"a\":true", "a", "v === undefined"},
    {"{\"a\":\"x\xff\"}", "a", "v === 'x\\ufffd'"},
    {"{\"a\":[\"\xff\"]}", "a", "v[0] === '\\ufffd'"},
    {"{\"a\":\"\\ud800\"}", "a", "v === '\\ufffd'"},
};

static void values_become_javascript(void **state) {
    (void)state;
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = JS_NewContext(rt);
    JSValue global = JS_GetGlobalObject(ctx);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        JSValue v = json_path_get(ctx, view_of_cstr(values[i].json), view_of_cstr(values[i].path));
        JS_SetPropertyStr(ctx, global, "v", v);
        JSValue ok = JS_Eval(ctx, values[i].check, strlen(values[i].check), "check", JS_EVAL_TYPE_GLOBAL);
        if (JS_ToBool(ctx, ok) != 1)
            fail_msg("%s of %s: not %s", values[i].path, values[i].json, values[i].check);
        JS_FreeValue(ctx, ok);
    }
    JS_FreeValue(ctx, global);
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_find_what_they_name),
        cmocka_unit_test(only_json_is_valid), cmocka_unit_test(faults_are_told_in_gos_words),
        cmocka_unit_test(values_become_javascript),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
