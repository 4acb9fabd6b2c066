#include "cli/locust_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "report/locust_figures.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const char description[] =
    "{\"options\":{\"headless\":true,\"autostart\":false,\"num_users\":7,\"spawn_rate\":2.5,\"run_time\":90,"
    "\"stop_timeout\":3,\"autoquit\":-1,"
    "\"exit_code_on_error\":4,\"loglevel\":\"INFO\",\"logfile\":null,\"csv_prefix\":\"a/"
    "b\",\"processes\":null,\"workers\":2,"
    "\"threshold\":[\"request_duration: p(95)<200\",\"http_req_failed{name:/a:b}:rate<=0.1\"]},"
    "\"user_classes\":[{\"name\":\"B\",\"weight\":1.5,\"fixed_count\":0},{\"name\":\"A\",\"weight\":0,"
    "\"fixed_count\":3},"
    "{\"name\":\"Gone\",\"weight\":0,\"fixed_count\":0}],\"shape\":null,"
    "\"stats\":{\"console_interval_s\":5,\"csv_interval_s\":0.5,\"percentiles_to_report\":[0.5,0.9]}}";

static void a_description_becomes_a_plan(void **state) {
    (void)state;
    struct locust_options o;
    struct error err = ERROR_NULL;
    struct plan p;
    plan_init(&p);
    assert_int_equal(locust_options_init(&o, view_of_cstr(description), &err), 0);
    assert_false(o.ended);
    assert_true(o.headless && !o.distributed && o.processes == 2 && o.exit_code_on_error == 4);
    assert_string_equal(o.csv_prefix, "a/b");
    assert_null(o.logfile);
    assert_int_equal(o.console_every_us, 5000000);
    assert_int_equal(o.csv_every_us, 500000);
    assert_int_equal(o.history_every_us, 0);
    assert_int_equal(locust_percentiles()->count, 2);
    assert_int_equal(locust_plan_make(&o, &p, &err), 0);
    assert_int_equal(p.scenario_count, 2);
    assert_true(view_eq(p.scenarios[0].exec, VIEW("A")) && p.scenarios[0].fixed_count == 3);
    assert_true(view_eq(p.scenarios[1].exec, VIEW("B")) && p.scenarios[1].weight == 1.5);
    assert_int_equal(p.scenarios[1].graceful_stop_us, 3000000);
    assert_int_equal(p.scenarios[1].duration_us, 90000000);
    assert_int_equal(p.held_users, 7);
    assert_true(p.spawn_rate == 2.5);
    assert_true(view_find_view(p.host_options, VIEW("\"num_users\":7")) > 0);
    assert_int_equal(p.threshold_count, 2);
    assert_true(view_eq(p.thresholds[0].expression, VIEW("p(95)<200")));
    assert_true(view_eq(p.thresholds[1].target, VIEW("http_req_failed{name:/a:b}")));
    plan_deinit(&p);
    locust_options_deinit(&o);
}

static void nothing_to_run(void **state) {
    (void)state;
    struct locust_options o;
    struct error err = ERROR_NULL;
    struct plan p;
    assert_int_equal(
        locust_options_init(
            &o, VIEW("{\"exit\":{\"code\":2,\"stdout\":\"\",\"stderr\":\"locust: error\\n\"}}"), &err),
        0);
    assert_true(o.ended && o.exit_code == 2);
    assert_string_equal(o.err_text, "locust: error\n");
    locust_options_deinit(&o);
    plan_init(&p);
    assert_int_equal(locust_options_init(
                         &o, VIEW("{\"options\":{},\"user_classes\":[{\"name\":\"A\",\"weight\":0}]}"), &err),
        0);
    assert_int_equal(locust_plan_make(&o, &p, &err), ERROR_INVALID);
    locust_options_deinit(&o);
    plan_deinit(&p);
    assert_int_equal(locust_options_init(&o, VIEW("oops"), &err), ERROR_SYNTAX);
    locust_options_deinit(&o);
}

static void a_shape_begins_without_users(void **state) {
    (void)state;
    struct locust_options o;
    struct error err = ERROR_NULL;
    struct plan p;
    plan_init(&p);
    assert_int_equal(
        locust_options_init(&o,
            VIEW("{\"options\":{\"num_users\":5},\"user_classes\":[{\"name\":\"A\"}],\"shape\":\"Steps\"}"),
            &err),
        0);
    assert_int_equal(locust_plan_make(&o, &p, &err), 0);
    assert_int_equal(p.held_users, 0);
    plan_deinit(&p);
    locust_options_deinit(&o);
}

static void bad_thresholds_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } cases[] = {{"p(95)<200", "write it as"}, {"request_duration p(95)<200", "write it as"},
        {"request_duration: fast", "request_duration: fast"},
        {"nonsense: avg<1", "there is no metric nonsense"}, {"http_req_failed: p(95)<1", "is a rate"},
        {"request_duration{name: avg<1", "name"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plan_threshold t;
        struct error err = ERROR_NULL;
        assert_true(locust_threshold_parse(view_of_cstr(cases[i].text), &t, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].part));
    }
}

static struct locust_early early(const char *a, const char *b, const char *c) {
    char *argv[] = {(char[]){"locust"}, (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c};
    return locust_early_of(1 + !!a + !!b + !!c, argv);
}

static void what_is_known_early(void **state) {
    (void)state;
    unsetenv("LOCUST_PROCESSES");
    unsetenv("HALFTIME_WORKERS");
    assert_int_equal(early("--processes", "3", NULL).processes, 3);
    assert_true(early("--processes=1", NULL, NULL).distributed);
    assert_false(early("--workers=2", NULL, NULL).distributed);
    assert_int_equal(early("--workers", "2", NULL).processes, 2);
    assert_int_equal(early("--processes", NULL, NULL).processes, 0);
    assert_int_equal(early("--processes", "many", NULL).processes, 0);
    assert_true(early("--processes=-1", NULL, NULL).processes > 0);
    assert_string_equal(early("-f", "--python", "p").python, "p");
    assert_null(early("--pythonic", "p", NULL).python);
    assert_string_equal(early("-f", "a.py", NULL).locustfile, "a.py");
    assert_string_equal(early("--locustfile=b.py", NULL, NULL).locustfile, "b.py");
    assert_string_equal(early(NULL, NULL, NULL).locustfile, "locustfile.py");
    setenv("LOCUST_PROCESSES", "4", 1);
    assert_int_equal(early(NULL, NULL, NULL).processes, 4);
    assert_int_equal(early("--processes=2", NULL, NULL).processes, 2);
    unsetenv("LOCUST_PROCESSES");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_description_becomes_a_plan),
        cmocka_unit_test(nothing_to_run),
        cmocka_unit_test(a_shape_begins_without_users),
        cmocka_unit_test(bad_thresholds_are_refused),
        cmocka_unit_test(what_is_known_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
