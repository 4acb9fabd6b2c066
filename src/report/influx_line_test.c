#include "report/influx_line.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define WALL_NS INT64_C(1700000000123456789)

static void lines(void **state) {
    (void)state;
    static const struct {
        const char *fields, *precision;
        struct tag tags[3];
        size_t n;
        double value;
        const char *text;
    } cases[] = {
        {"url", "ns", {{{0}, {0}}}, 0, 1, "http_reqs value=1 1700000000123456789\n"},
        {"url", "ms", {{{0}, {0}}}, 0, -0.0, "http_reqs value=0 1700000000123\n"},
        {"url", "s", {{{0}, {0}}}, 0, 1e21, "http_reqs value=1e+21 1700000000\n"},
        {"url", "", {{VIEW("status"), VIEW("200")}, {VIEW("group"), VIEW("")}}, 2, 0.5,
            "http_reqs,status=200 value=0.5 1700000000123456789\n"},
        {"url", "", {{VIEW("na me"), VIEW("a,b=c d\"e")}}, 1, 1,
            "http_reqs,na\\ me=a\\,b\\=c\\ d\"e value=1 1700000000123456789\n"},
        {"url", "", {{VIEW("n"), VIEW("a\nb\\")}}, 1, 1, "http_reqs,n=a\\nb/ value=1 1700000000123456789\n"},
        {"url", "", {{VIEW("n"), VIEW("\xff")}}, 1, 1,
            "http_reqs,n=\xef\xbf\xbd value=1 1700000000123456789\n"},
        {"url", "", {{VIEW("url"), VIEW("http://x/?a=\"b\"\\")}, {VIEW("z"), VIEW("1")}}, 2, 1,
            "http_reqs,z=1 url=\"http://x/?a=\\\"b\\\"\\\\\",value=1 1700000000123456789\n"},
        {"a:int,b:float,c:bool", "",
            {{VIEW("a"), VIEW("7")}, {VIEW("b"), VIEW("1.50")}, {VIEW("c"), VIEW("true")}}, 3, 1,
            "http_reqs a=7i,b=1.5,c=true,value=1 1700000000123456789\n"},
        {"a:int,b:float,c:bool", "",
            {{VIEW("a"), VIEW("x")}, {VIEW("b"), VIEW("y")}, {VIEW("c"), VIEW("maybe")}}, 3, 1,
            "http_reqs a=\"x\",b=\"y\",c=\"maybe\",value=1 1700000000123456789\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct influx_line l;
        struct recorder total;
        struct run_state run = {.total = &total};
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 16);
        influx_line_init(&l);
        assert_int_equal(recorder_init(&total, false), 0);
        assert_int_equal(influx_line_fields(&l, view_of_cstr(cases[i].fields), NULL), 0);
        assert_int_equal(influx_line_precision(&l, view_of_cstr(cases[i].precision), NULL), 0);
        struct sample p = {.metric = METRIC_HTTP_REQS,
            .tags = tags_intern(total.tags, cases[i].tags, cases[i].n),
            .wall_ns = WALL_NS,
            .value = cases[i].value};
        assert_int_equal(influx_line_append(&l, &run, &p, &out), 0);
        assert_string_equal(out.ptr, cases[i].text);
        assert_int_equal(influx_line_append(&l, &run, &p, &out), 0); /* from the cache: the same */
        assert_string_equal(out.ptr + strlen(cases[i].text), cases[i].text);
        influx_line_deinit(&l);
        recorder_deinit(&total);
    }
}

static void no_room_leaves_whole_lines(void **state) {
    (void)state;
    struct influx_line l;
    struct recorder total;
    struct run_state run = {.total = &total};
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(60);
    struct sample p = {.metric = METRIC_HTTP_REQS, .wall_ns = WALL_NS, .value = 1};
    influx_line_init(&l);
    assert_int_equal(recorder_init(&total, false), 0);
    assert_int_equal(influx_line_append(&l, &run, &p, &out), 0);
    assert_int_equal(influx_line_append(&l, &run, &p, &out), ERROR_LIMIT);
    assert_int_equal(out.len, strlen("http_reqs value=1 1700000000123456789\n"));
    influx_line_deinit(&l);
    recorder_deinit(&total);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(no_room_leaves_whole_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
