#include "ledger/ledger_diagnosis.h"

#include "ledger/ledger_test_priv.h"

static void end_second(struct world *w, int64_t second, double cpu) {
    struct ledger_worker worker = {.alive = true, .cpu = cpu, .users = 5};
    keep_second(w, (struct ledger_second){.second = second,
                       .users = 5,
                       .iterations = (uint64_t)(second + 1) * 10,
                       .workers = &worker,
                       .worker_count = 1});
}

static void run_of(struct world *w, int seconds, int refused, double cpu) {
    for (int64_t t = 0; t < seconds; t++) {
        for (int i = 0; i < 20; i++)
            request(w, "GET", "http://h/a/7", i < refused ? "429" : "200", 10);
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
        world_init(&w, "k6");
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
    world_init(&w, "k6");
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
    world_init(&w, "k6");
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
