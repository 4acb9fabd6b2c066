#include "ledger/ledger_diagnosis.h"

#include "ledger/ledger_course.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[64], path[96];
    struct ledger *l;
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *delta;
    struct ledger_frames *frames;
    int64_t run;
};

static void ok(int r, const struct error *err) {
    if (r < 0)
        fail_msg("%s", err->text);
    assert_int_equal(r, 0);
}

static void world_init(struct world *w) {
    struct error err = ERROR_NULL;
    *w = (struct world){.folder = "/tmp/ledger_diagnosis_XXXXXX"};
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/ledger.db", w->folder);
    ok(ledger_open(&w->l, w->path, LEDGER_WRITE, &err), &err);
    struct ledger_run r = {.started_ms = 1000,
        .pid = (int)getpid(),
        .tool = VIEW("k6"),
        .machine = VIEW("here"),
        .options = VIEW("{}")};
    ok(ledger_run_begin(w->l, &r, VIEW(""), &w->run, &err), &err);
    assert_int_equal(metrics_new(&w->metrics), 0);
    assert_int_equal(tags_new(&w->tags, 0), 0);
    assert_int_equal(series_store_new(&w->delta, w->metrics, w->tags), 0);
    struct ledger_frames_options o = {.run = w->run, .metrics = w->metrics, .tags = w->tags};
    assert_int_equal(ledger_frames_new(&w->frames, w->l, &o), 0);
}

static void world_deinit(struct world *w) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    ledger_frames_free(w->frames);
    series_store_free(w->delta);
    tags_free(w->tags);
    metrics_free(w->metrics);
    ledger_free(w->l);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", w->path, endings[i]);
        unlink(path);
    }
    rmdir(w->folder);
}

static void add(struct world *w, metric_id metric, tagset_id tags, double value) {
    assert_int_equal(series_store_add(w->delta, series_store_get(w->delta, metric, tags), value, 0), 0);
}

static void request(struct world *w, const char *status, double ms) {
    struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), VIEW("http://h/a/7")},
        {VIEW("status"), view_of_cstr(status)}};
    tagset_id set = tags_intern(w->tags, tags, 3);
    add(w, METRIC_HTTP_REQS, set, 1);
    add(w, METRIC_HTTP_REQ_FAILED, set, status[0] != '2');
    add(w, METRIC_HTTP_REQ_DURATION, set, ms);
}

static void end_second(struct world *w, int64_t second, double cpu) {
    struct error err = ERROR_NULL;
    struct ledger_worker worker = {.alive = true, .cpu = cpu, .users = 5};
    ok(ledger_frames_add(w->frames, second, w->delta, &err), &err);
    struct ledger_second s = {.second = second,
        .elapsed_us = (second + 1) * 1000000,
        .users = 5,
        .iterations = (uint64_t)(second + 1) * 10,
        .workers = &worker,
        .worker_count = 1};
    ok(ledger_second_add(w->l, w->run, &s, &err), &err);
    series_store_reset(w->delta);
}

static void run_of(struct world *w, int seconds, int refused, double cpu) {
    for (int64_t t = 0; t < seconds; t++) {
        for (int i = 0; i < 20; i++)
            request(w, i < refused ? "429" : "200", 10);
        end_second(w, t, cpu);
    }
}

/* Also of a run so long that only wide frames are read. */
static void names_what_broke(void **state) {
    static const int lengths[] = {30, 4000};
    struct ledger_diagnosis d;
    struct error err = ERROR_NULL;
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct world w;
        world_init(&w);
        run_of(&w, lengths[i], 6, 0.1);
        ok(ledger_diagnose(w.l, w.run, &(struct diagnosis_options){.cost_per_hour = 3.6}, &d, &err), &err);
        assert_true(d.count > 0);
        assert_int_equal(d.findings[0].kind, DIAGNOSIS_RATE_LIMIT);
        assert_string_equal(d.findings[0].concerned[0], "GET /a/{id}");
        assert_true(d.measured && d.percentiles.rate > 19 && d.percentiles.rate < 21);
        assert_true(d.percentiles.requests_per_visit > 1.9 && d.percentiles.requests_per_visit < 2.1);
        assert_true(d.percentiles.cost_per_million > 48 && d.percentiles.cost_per_million < 52);
        ledger_diagnosis_deinit(&d);
        world_deinit(&w);
    }
}

static void quiet_when_nothing_did(void **state) {
    struct ledger_diagnosis d;
    struct error err = ERROR_NULL;
    struct world w;
    (void)state;
    world_init(&w);
    ok(ledger_diagnose(w.l, w.run, &(struct diagnosis_options){0}, &d, &err), &err);
    assert_true(d.count == 0 && !d.measured); /* nothing was measured yet */
    ledger_diagnosis_deinit(&d);
    run_of(&w, 30, 0, 0.1);
    ok(ledger_diagnose(w.l, w.run, &(struct diagnosis_options){0}, &d, &err), &err);
    assert_int_equal(d.count, 0);
    ledger_diagnosis_deinit(&d);
    assert_int_equal(
        ledger_diagnose(w.l, w.run + 1, &(struct diagnosis_options){0}, &d, &err), LEDGER_NOT_FOUND);
    world_deinit(&w);
}

static void blames_the_generator_first(void **state) {
    struct ledger_diagnosis d;
    struct error err = ERROR_NULL;
    struct world w;
    (void)state;
    world_init(&w);
    run_of(&w, 30, 6, 0.99);
    ok(ledger_diagnose(w.l, w.run, &(struct diagnosis_options){0}, &d, &err), &err);
    assert_true(d.count >= 2);
    assert_int_equal(d.findings[0].kind, DIAGNOSIS_GENERATOR);
    ledger_diagnosis_deinit(&d);
    world_deinit(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_what_broke),
        cmocka_unit_test(quiet_when_nothing_did),
        cmocka_unit_test(blames_the_generator_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
