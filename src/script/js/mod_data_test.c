/* SharedArray: an array for all who ask, one store for all VUs, no writes. */
#include "script/js/module_test_priv.h"

extern const struct module_row module_k6_data;

static const struct module_test_row rows[] = {
    {"made = 0; a = new d.SharedArray('users', () => { made++; return [{name: 'a', list: [1]}, {name: 'b'}, 'text', 4, null]; }); a.length", "5"},
    {"b = new d.SharedArray('users', () => { made++; return [1]; }); b.length + ' ' + made", "5 1"},
    {"Array.isArray(a) + ' ' + (a instanceof Array) + ' ' + typeof a", "true true object"},
    {"JSON.stringify(a[0]) + a[2] + a[3] + a[4] + a[9] + a[-1] + a['01'] + (a[0] === a[0])", "{\"name\":\"a\",\"list\":[1]}text4nullundefinedundefinedundefinedfalse"},
    {"a.map((u) => (u && u.name) || '-').join()", "a,b,-,-,-"},
    {"[...a].length + ' ' + a.filter((u) => u && u.name).length + ' ' + a.indexOf('text') + ' ' + a.at(-2)", "5 2 2 4"},
    {"n = 0; for (const u of a) n++; a.forEach(() => n++); n", "10"},
    {"JSON.stringify(a) === JSON.stringify([...a])", "true"},
    {"JSON.stringify(a.slice(1, 3)) + JSON.stringify(a.find((u) => u.name === 'b'))", "[{\"name\":\"b\"},\"text\"]{\"name\":\"b\"}"},
    {"Object.keys(a).join() + Object.getOwnPropertyNames(a).join()", "0,1,2,3,40,1,2,3,4,length"},
    {"[0 in a, 9 in a, 'length' in a, 'map' in a].join()", "true,false,true,true"},
    {"Object.isFrozen(a[0]) && Object.isFrozen(a[0].list)", "true"},
    {"'use strict'; a[0] = 1", "TypeError: SharedArray is immutable"},
    {"'use strict'; a.length = 0", "TypeError: SharedArray is immutable"},
    {"a.push(1)", "TypeError: SharedArray is immutable"},
    {"'use strict'; delete a[0]", "TypeError: SharedArray is immutable"},
    {"Object.defineProperty(a, '0', {value: 1})", "TypeError: SharedArray is immutable"},
    {"'use strict'; a.foo = 1", "TypeError: Cannot set property \"foo\" on a dynamic array"},
    {"'use strict'; try { a[0].list.push(2) } catch (e) { e.name }", "TypeError"},
    {"JSON.stringify(new d.SharedArray('odd', () => [undefined, () => 1, new Date(0), NaN]))", "[null,null,\"1970-01-01T00:00:00.000Z\",null]"},
    {"new d.SharedArray('empty', () => []).length", "0"},
    {"JSON.stringify(new d.SharedArray('outer', () => new d.SharedArray('inner', () => [1, 2])))", "[1,2]"},
    {"new d.SharedArray('x')", "GoError: a function is expected as the second argument of SharedArray's constructor"},
    {"new d.SharedArray('', () => [1])", "GoError: empty name provided to SharedArray's constructor"},
    {"new d.SharedArray('b', () => ({}))", "GoError: only arrays can be made into SharedArray"},
    {"new d.SharedArray('c', async () => [1])", "GoError: SharedArray constructor does not support async functions as second argument"},
    {"new d.SharedArray('d', () => { throw new Error('inside') })", "Error: inside"},
    {"new d.SharedArray('n', () => null)", "TypeError: Cannot convert undefined or null to object"},
    {"new d.SharedArray('cycle', () => { const o = {}; o.o = o; return [o]; })", "TypeError: circular reference"},
    {"new d.SharedArray(5, () => [1]).length", "1"},
};

static void an_array_that_cannot_be_written(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    module_test_add(&t, "d", &module_k6_data);
    module_test_rows(&t, rows, sizeof rows / sizeof *rows);
    module_test_deinit(&t);
}

static const struct module_test_row second_vu[] = {
    {"made = 0; a = new d.SharedArray('users', () => { made++; return []; }); a.length + ' ' + made + ' ' + a[1].name", "2 0 b"},
};

static void the_second_vu_finds_what_the_first_made(void **state) {
    struct module_test first, second;
    (void)state;

    module_test_init(&first, NULL);
    module_test_init(&second, &first.host);
    module_test_add(&first, "d", &module_k6_data);
    module_test_add(&second, "d", &module_k6_data);
    free(module_test_eval(&first, "new d.SharedArray('users', () => [{name: 'a'}, {name: 'b'}])"));
    module_test_rows(&second, second_vu, 1);
    module_test_deinit(&second);
    module_test_deinit(&first);
}

static void only_in_init_code(void **state) {
    static const struct module_test_row row = {"new d.SharedArray('a', () => [1])", "GoError: new SharedArray must be called in the init context"};
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    module_test_add(&t, "d", &module_k6_data);
    t.vu.activity = VU_ITERATION;
    module_test_rows(&t, &row, 1);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_that_cannot_be_written),
        cmocka_unit_test(the_second_vu_finds_what_the_first_made),
        cmocka_unit_test(only_in_init_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
