#include "report/progress.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "report/humanize.h"
#include "report/progress_bar.h"

#define S INT64_C(1000000)

static struct plan_stage ramp[] = {{.duration_us = 1 * S, .target = 3}, {.duration_us = 1 * S, .target = 0}};
static struct plan_stage rates[] = {{.duration_us = 1 * S, .target = 10}, {.duration_us = 1 * S, .target = 0}};

/* Texts as the real k6 printed them in a pipe. */
static void lines(void **state) {
    (void)state;
    static const struct {
        struct plan_scenario p;
        struct run_scenario s;
        const char *text;
    } cases[] = {
        {{.name = VIEW("default"), .executor = PLAN_PER_VU_ITERATIONS, .users = 1, .iterations = 1, .duration_us = 600 * S},
            {.state = RUN_SCENARIO_DONE, .elapsed_us = 300000, .completed = 1}, "default ✓ [ 100% ] 1 VUs  00m00.3s/10m0s  1/1 iters, 1 per VU\n"},
        {{.name = VIEW("sh"), .executor = PLAN_SHARED_ITERATIONS, .users = 2, .iterations = 600, .duration_us = 30 * S},
            {.state = RUN_SCENARIO_RUNNING, .elapsed_us = 900000, .completed = 6}, "sh     [   1% ] 2 VUs  00.9s/30s  006/600 shared iters\n"},
        {{.name = VIEW("default"), .executor = PLAN_CONSTANT_VUS, .users = 2, .duration_us = 2 * S},
            {.state = RUN_SCENARIO_RUNNING, .elapsed_us = 1 * S, .active_users = 2}, "default   [  50% ] 2 VUs  1.0s/2s\n"},
        {{.name = VIEW("default"), .executor = PLAN_CONSTANT_VUS, .users = 2, .duration_us = 2 * S},
            {.state = RUN_SCENARIO_DONE, .elapsed_us = 2 * S, .active_users = 0}, "default ✓ [ 100% ] 2 VUs  2s\n"},
        {{.name = VIEW("default"), .executor = PLAN_CONSTANT_VUS, .users = 1, .duration_us = 20 * S},
            {.state = RUN_SCENARIO_INTERRUPTED, .elapsed_us = 2 * S}, "default ✗ [  10% ] 1 VUs  02.0s/20s\n"},
        {{.name = VIEW("default"), .executor = PLAN_RAMPING_VUS, .stages = ramp, .stage_count = 2},
            {.state = RUN_SCENARIO_RUNNING, .elapsed_us = 1 * S, .active_users = 3}, "default   [  50% ] 3/3 VUs  1.0s/2.0s\n"},
        {{.name = VIEW("default"), .executor = PLAN_RAMPING_VUS, .stages = ramp, .stage_count = 2},
            {.state = RUN_SCENARIO_STOPPING, .elapsed_us = 2 * S + 1000, .active_users = 1}, "default ↓ [ 100% ] 1/3 VUs  2s\n"},
        {{.name = VIEW("ca"), .executor = PLAN_CONSTANT_ARRIVAL_RATE, .rate = 10, .time_unit_us = 1 * S, .duration_us = 2 * S, .users = 2, .users_max = 5},
            {.state = RUN_SCENARIO_RUNNING, .elapsed_us = 1 * S, .active_users = 3, .allocated_users = 4},
            "ca     [  50% ] 3/4 VUs  1.0s/2s  10.00 iters/s\n"},
        {{.name = VIEW("ra"), .executor = PLAN_RAMPING_ARRIVAL_RATE, .rate = 5, .time_unit_us = 1 * S, .stages = rates, .stage_count = 2, .users = 2, .users_max = 2},
            {.state = RUN_SCENARIO_RUNNING, .elapsed_us = 1019000, .active_users = 2, .allocated_users = 2},
            "ra     [  50% ] 2/2 VUs  1.0s/2s  09.81 iters/s\n"},
    };
    struct progress_bar_style style = {.line_end = "\n"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
        struct progress_bar b;
        progress_bar_fill(&b, &cases[i].p, &cases[i].s, true);
        assert_int_equal(progress_bar_write(&b, 1, &style, &out), 0);
        assert_string_equal(out.ptr, cases[i].text);
    }
}

static void several_lines_align(void **state) {
    (void)state;
    struct plan_scenario p[] = {
        {.name = VIEW("a_one"), .executor = PLAN_PER_VU_ITERATIONS, .users = 2, .iterations = 2, .duration_us = 600 * S},
        {.name = VIEW("c_a_very_long_scenario_name_that_goes_on_and_on"), .executor = PLAN_SHARED_ITERATIONS, .users = 1, .iterations = 1, .duration_us = 600 * S},
        {.name = VIEW("b_two"), .executor = PLAN_CONSTANT_VUS, .users = 1, .duration_us = 1 * S, .start_us = 1 * S},
    };
    struct run_scenario s[] = {{.state = RUN_SCENARIO_DONE, .elapsed_us = 600000, .completed = 4},
        {.state = RUN_SCENARIO_DONE, .elapsed_us = 200000, .completed = 1}, {.state = RUN_SCENARIO_WAITING, .elapsed_us = 0}};
    struct progress_bar b[3];
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct progress_bar_style style = {.line_end = "\n"};
    for (size_t i = 0; i < 3; i++)
        progress_bar_fill(&b[i], &p[i], &s[i], true);
    assert_int_equal(progress_bar_write(b, 3, &style, &out), 0);
    assert_string_equal(out.ptr,
        "a_one                          ✓ [ 100% ] 2 VUs    00m00.6s/10m0s  4/4 iters, 2 per VU\n"
        "c_a_very_long_scenario_name... ✓ [ 100% ] 1 VUs    00m00.2s/10m0s  1/1 shared iters\n"
        "b_two                          • [   0% ] waiting  0.0s           \n");
}

static void bars(void **state) {
    (void)state;
    static const struct { double fraction; const char *text; } cases[] = {
        {0, "x      [--------------------------------------] 2 VUs\n"}, {0.1, "x      [==>-----------------------------------] 2 VUs\n"},
        {0.5, "x      [==================>-------------------] 2 VUs\n"}, {1, "x      [======================================] 2 VUs\n"}};
    for (size_t i = 0; i < 4; i++) {
        struct progress_bar b = {.name = VIEW("x"), .mark = " ", .mark_colour = "", .fraction = cases[i].fraction, .columns = {"2 VUs"}, .column_count = 1};
        struct progress_bar_style style = {.graphic = true, .line_end = "\n"};
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
        assert_int_equal(progress_bar_write(&b, 1, &style, &out), 0);
        assert_string_equal(out.ptr, cases[i].text);
    }
    /* A narrow terminal: the bar shrinks first, then the columns are cut; no line is wider than the terminal. */
    struct progress_bar b = {.name = VIEW("x"), .mark = "✓", .mark_colour = "", .fraction = 1, .columns = {"2 VUs", "00m00.6s/10m0s"}, .column_count = 2};
    for (size_t columns = 20; columns < 90; columns++) {
        struct progress_bar_style style = {.graphic = true, .line_end = "", .columns = columns};
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
        assert_int_equal(progress_bar_write(&b, 1, &style, &out), 0);
        assert_true(humanize_width(buf_view(&out)) <= columns);
        if (columns >= 40)
            assert_non_null(strstr(out.ptr, "00m00.6s/10m0s"));
    }
}

/* ---- the sink ---- */

struct scene {
    struct plan_scenario scenario;
    struct run_scenario live;
    struct plan plan;
    struct run_state run;
    char *text;
    size_t len;
    FILE *out;
    struct report_sink *sink;
};

static void scene_open(struct scene *s, struct progress_options o) {
    *s = (struct scene){.scenario = {.name = VIEW("default"), .exec = VIEW("default"), .executor = PLAN_CONSTANT_VUS, .users = 2, .duration_us = 2 * S, .graceful_stop_us = 30 * S}};
    s->plan.scenarios = &s->scenario;
    s->plan.scenario_count = 1;
    s->live.state = RUN_SCENARIO_RUNNING;
    s->run = (struct run_state){.plan = &s->plan, .script_path = VIEW("script.js"), .scenarios = &s->live, .users_active = 2, .users_initialised = 2};
    s->out = open_memstream(&s->text, &s->len);
    o.out = s->out;
    s->sink = progress_new(&o);
    assert_non_null(s->sink);
}

static void scene_close(struct scene *s) {
    s->sink->ops->free(s->sink);
    fclose(s->out);
    free(s->text);
}

static void in_a_pipe(void **state) {
    (void)state;
    struct scene s;
    scene_open(&s, (struct progress_options){.no_banner = true});
    s.sink->ops->start(s.sink, &s.run);
    s.sink->ops->redraw(s.sink, &s.run);
    s.run.phase = RUN_RUNNING;
    s.run.elapsed_us = s.run.load_elapsed_us = s.live.elapsed_us = 1 * S;
    s.run.iterations_complete = 6;
    s.sink->ops->second(s.sink, &s.run);
    progress_hide(s.sink);
    fputs("SUMMARY\n", s.out);
    progress_show(s.sink);
    s.run.phase = RUN_ENDED;
    s.run.users_active = 0;
    s.run.elapsed_us = 2100000;
    s.live = (struct run_scenario){.state = RUN_SCENARIO_DONE, .elapsed_us = 2 * S};
    assert_int_equal(s.sink->ops->finish(s.sink, &s.run, NULL), 0);
    fflush(s.out);
    assert_string_equal(s.text,
        "\n     execution: local\n        script: script.js\n        output: -\n\n"
        "     scenarios: (100.00%) 1 scenario, 2 max VUs, 32s max duration (incl. graceful stop):\n"
        "              * default: 2 looping VUs for 2s (gracefulStop: 30s)\n\n"
        "\nrunning (01.0s), 2/2 VUs, 6 complete and 0 interrupted iterations\ndefault   [  50% ] 2 VUs  1.0s/2s\n"
        "SUMMARY\n"
        "\nrunning (02.1s), 0/2 VUs, 6 complete and 0 interrupted iterations\ndefault ✓ [ 100% ] 2 VUs  2s\n");
    scene_close(&s);
}

static void before_and_without_running(void **state) {
    (void)state;
    struct scene s;
    scene_open(&s, (struct progress_options){.no_banner = true});
    progress_failed_start(s.sink, &s.plan, "Starting outputs");
    s.live.state = RUN_SCENARIO_WAITING;
    s.run.phase = RUN_SETUP;
    s.sink->ops->second(s.sink, &s.run);
    s.run.phase = RUN_ENDED;
    assert_int_equal(s.sink->ops->finish(s.sink, &s.run, NULL), 0);
    fflush(s.out);
    assert_string_equal(s.text, "\nInit      [   0% ] Starting outputs\ndefault   [   0% ]\n"
                                "\nRun       [ 100% ] setup()\ndefault   [   0% ]\n"
                                "\nRun       [ 100% ] setup()\ndefault   [   0% ]\n");
    scene_close(&s);
}

static void on_a_terminal_hidden_lines_come_back(void **state) {
    (void)state;
    struct scene s;
    scene_open(&s, (struct progress_options){.no_banner = true, .tty = true, .columns = 100});
    s.run.phase = RUN_RUNNING;
    s.run.load_elapsed_us = s.live.elapsed_us = 200000;
    s.sink->ops->redraw(s.sink, &s.run);
    const char *frame = "\x1b[K\nrunning (00.0s), 2/2 VUs, 0 complete and 0 interrupted iterations\x1b[K\n"
                        "default   [==>-----------------------------------] 2 VUs  0.2s/2s\x1b[K\n\r\x1b[J\x1b[3A";
    fflush(s.out);
    assert_string_equal(s.text, frame);
    size_t before = s.len;
    progress_hide(s.sink);
    progress_hide(s.sink);
    fputs("log", s.out);
    progress_show(s.sink);
    s.sink->ops->redraw(s.sink, &s.run); /* still hidden: prints nothing */
    progress_show(s.sink);
    fflush(s.out);
    assert_memory_equal(s.text + before, "\r\x1b[Jlog", 7);
    assert_string_equal(s.text + before + 7, frame);
    scene_close(&s);
}

static void quiet_prints_nothing(void **state) {
    (void)state;
    struct scene s;
    scene_open(&s, (struct progress_options){.quiet = true});
    progress_banner(s.sink);
    s.sink->ops->start(s.sink, &s.run);
    s.run.phase = RUN_RUNNING;
    s.sink->ops->second(s.sink, &s.run);
    assert_int_equal(s.sink->ops->finish(s.sink, &s.run, NULL), 0);
    fflush(s.out);
    assert_int_equal(s.len, 0);
    scene_close(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(several_lines_align), cmocka_unit_test(bars), cmocka_unit_test(in_a_pipe),
        cmocka_unit_test(before_and_without_running), cmocka_unit_test(on_a_terminal_hidden_lines_come_back), cmocka_unit_test(quiet_prints_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
