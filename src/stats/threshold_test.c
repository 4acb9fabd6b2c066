#include "stats/threshold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void expressions(void **arg) {
    static const struct {
        const char *text;
        enum threshold_method method;
        double percentile;
        enum threshold_op op;
        double limit;
    } good[] = {
        {"count<100", THRESHOLD_COUNT, 0, THRESHOLD_OP_LT, 100},
        {"rate <= 0.01", THRESHOLD_RATE, 0, THRESHOLD_OP_LE, 0.01},
        {"value>1", THRESHOLD_VALUE, 0, THRESHOLD_OP_GT, 1},
        {"  avg  >=  2.5  ", THRESHOLD_AVG, 0, THRESHOLD_OP_GE, 2.5},
        {"min==3", THRESHOLD_MIN, 0, THRESHOLD_OP_EQ, 3},
        {"med===4", THRESHOLD_MED, 0, THRESHOLD_OP_EQ3, 4},
        {"max!=-5", THRESHOLD_MAX, 0, THRESHOLD_OP_NE, -5},
        {"p(95)<500", THRESHOLD_PERCENTILE, 95, THRESHOLD_OP_LT, 500},
        {"p(99.9) < 1e3", THRESHOLD_PERCENTILE, 99.9, THRESHOLD_OP_LT, 1000},
        {"p(0)>0", THRESHOLD_PERCENTILE, 0, THRESHOLD_OP_GT, 0},
        {"p(100)<9", THRESHOLD_PERCENTILE, 100, THRESHOLD_OP_LT, 9},
        {"rate<.5", THRESHOLD_RATE, 0, THRESHOLD_OP_LT, 0.5},
    };
    static const char *const bad[] = {"", "avg", "<5", "avg<", "avg<x", "avg<5ms", "avg=5", "avg!5", "mean<5",
        "p95<5", "p(101)<5", "p(-1)<5", "p()<5", "p(95<5", "avg<5<6", "avg ==== 5", "count<100,", "p(x)<1",
        "AVG<5", "avg<nan", "avg<0x10", "avg<inf"};
    struct threshold_expr e;

    (void)arg;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (threshold_expr_parse(view_of_cstr(good[i].text), &e, NULL) < 0)
            fail_msg("'%s' was refused", good[i].text);
        assert_int_equal(e.method, good[i].method);
        assert_int_equal(e.op, good[i].op);
        assert_true(e.limit == good[i].limit && e.percentile == good[i].percentile);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = ERROR_NULL;
        if (threshold_expr_parse(view_of_cstr(bad[i]), &e, &err) != ERROR_SYNTAX)
            fail_msg("'%s' was taken", bad[i]);
        assert_non_null(strstr(err.text, bad[i]));
    }
}

static void targets(void **arg) {
    static const struct {
        const char *text, *metric, *pairs; /* pairs as key=value; */
    } good[] = {
        {"http_reqs", "http_reqs", ""},
        {" http_reqs ", "http_reqs", ""},
        {"http_reqs{status:200}", "http_reqs", "status=200;"},
        {"http_reqs{ status : 200 , name: \"a b\" }", "http_reqs", "status=200;name=a b;"},
        {"http_reqs{url:http://h:80/x}", "http_reqs", "url=http://h:80/x;"},
        {"http_reqs{name:http://h/${}}", "http_reqs", "name=http://h/${};"},
        {"http_reqs{'a':'b'}", "http_reqs", "a=b;"},
        {"checks{group:::outer::inner}", "checks", "group=::outer::inner;"},
    };
    static const char *const bad[] = {"", "{a:b}", "m{", "m{a:b", "m}", "m{}", "m{a}", "m{a:}", "m{group:}",
        "m{:b}", "m{a:b,}", "m{a:b}x", "m{a:b,c}",
        "m{a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1,j:1,k:1,l:1,m:1,n:1,o:1,p:1,q:1}"};
    struct threshold_target t;

    (void)arg;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char pairs[200] = "";
        if (threshold_target_parse(view_of_cstr(good[i].text), &t, NULL) < 0)
            fail_msg("'%s' was refused", good[i].text);
        assert_true(view_eq(t.metric, view_of_cstr(good[i].metric)));
        size_t len = 0;
        for (size_t k = 0; k < t.filter_count; k++) {
            memcpy(pairs + len, t.filter[k].key.ptr, t.filter[k].key.len);
            len += t.filter[k].key.len;
            pairs[len++] = '=';
            memcpy(pairs + len, t.filter[k].value.ptr, t.filter[k].value.len);
            len += t.filter[k].value.len;
            pairs[len++] = ';';
        }
        pairs[len] = 0;
        assert_string_equal(pairs, good[i].pairs);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err = ERROR_NULL;
        if (threshold_target_parse(view_of_cstr(bad[i]), &t, &err) != ERROR_SYNTAX)
            fail_msg("'%s' was taken", bad[i]);
        assert_int_equal(err.code, ERROR_SYNTAX);
    }
}

static void methods_fit_types(void **arg) {
    static const char *const fits[] = {[METRIC_COUNTER] = "count rate ",
        [METRIC_GAUGE] = "value ",
        [METRIC_RATE] = "rate ",
        [METRIC_TREND] = "avg min med max p "};
    static const char *const names[] = {
#define NAME(id, text) text,
        THRESHOLD_METHODS(NAME)};

    (void)arg;
    for (int type = 0; type <= METRIC_TREND; type++) {
        char got[64] = "";
        for (size_t m = 0; m < sizeof names / sizeof *names; m++)
            if (threshold_method_fits((enum threshold_method)m, (enum metric_type)type)) {
                strncat(got, names[m], 8);
                strncat(got, " ", 2);
            }
        assert_string_equal(got, fits[type]);
    }
}

/* Samples 1…4 (a rate: 3 of 4 hits), 2 seconds. Silent metrics: rates pass, others wait for the end and are
 * compared with 0. */
static void verdicts(void **arg) {
    static const struct {
        enum metric_type type;
        const char *text;
        bool passes, silent_running, silent_end;
        double value;
    } cases[] = {
        {METRIC_COUNTER, "count==10", true, true, false, 10},
        {METRIC_COUNTER, "rate>4.9", true, true, false, 5},
        {METRIC_COUNTER, "rate<4.9", false, true, true, 5},
        {METRIC_GAUGE, "value>3", true, true, false, 4},
        {METRIC_GAUGE, "value<3", false, true, true, 4},
        {METRIC_RATE, "rate<0.5", false, true, true, 0.75},
        {METRIC_RATE, "rate>0.5", true, true, true, 0.75},
        {METRIC_TREND, "avg===2.5", true, true, false, 2.5},
        {METRIC_TREND, "min<1", false, true, true, 1},
        {METRIC_TREND, "max>=4", true, true, false, 4},
        {METRIC_TREND, "p(100)!=4", false, true, true, 4},
        {METRIC_TREND, "p(0)<2", true, true, true, 1},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct threshold_expr e;
        struct sink full, silent;
        assert_int_equal(threshold_expr_parse(view_of_cstr(cases[i].text), &e, NULL), 0);
        sink_init(&full, cases[i].type);
        sink_init(&silent, cases[i].type);
        for (int v = 1; v <= 4; v++)
            assert_int_equal(sink_add(&full, cases[i].type == METRIC_RATE ? v > 1 : v, v), 0);
        if (threshold_expr_value(&e, &full, 2) != cases[i].value)
            fail_msg("%s: value %g", cases[i].text, threshold_expr_value(&e, &full, 2));
        assert_int_equal(threshold_expr_passes(&e, &full, 2, true), cases[i].passes);
        assert_int_equal(threshold_expr_passes(&e, &full, 2, false), cases[i].passes);
        assert_int_equal(threshold_expr_passes(&e, &silent, 2, true), cases[i].silent_running);
        assert_int_equal(threshold_expr_passes(&e, &silent, 2, false), cases[i].silent_end);
        sink_deinit(&full);
        sink_deinit(&silent);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(expressions), cmocka_unit_test(targets),
        cmocka_unit_test(methods_fit_types), cmocka_unit_test(verdicts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
