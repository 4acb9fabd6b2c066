/* Probes' seconds on a ledger of its own: what goes in comes out, at every width, after a kill, and after pruning. */
#include "ledger/ledger_probes.h"
#include "ledger/ledger_run.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/halftime-probes-XXXXXX";
static char path[64];

static int make(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    return 0;
}

static int clean(void **state) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct ledger *open_it(int64_t *run) {
    struct ledger *l;
    struct error err = ERROR_NULL;
    if (ledger_open(&l, path, LEDGER_WRITE, &err) < 0)
        fail_msg("%s", err.text);
    struct ledger_run r = {.started_ms = 1, .tool = VIEW("k6"), .options = VIEW("{}"), .pid = (int)getpid()};
    assert_int_equal(ledger_run_begin(l, &r, VIEW(""), run, &err), 0);
    return l;
}

static const struct probe_key keys[] = {{"host", "host.cpu.used", PROBE_SHARE}, {"redis r:1", "redis.keys", PROBE_COUNT}};

/* Series 0: the second; series 1: every third second, ten times as much. */
static void write_seconds(struct ledger_probes *p, int64_t from_s, int64_t to_s) {
    static const struct probe_note note = {"redis r:1", "redis.slow", "KEYS", 0.25};
    struct error err = ERROR_NULL;
    for (int64_t t = from_s; t < to_s; t++) {
        const struct probe_value values[] = {{0, (double)t}, {1, 10 * (double)t}};
        const struct probe_second s = {.keys = keys,
            .key_count = 2,
            .values = values,
            .value_count = t % 3 ? 1 : 2,
            .notes = &note,
            .note_count = 1,
            .notes_version = 1};
        if (ledger_probes_add(p, t, &s, &err) < 0)
            fail_msg("%s", err.text);
    }
}

static void look(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points, struct ledger_probe_view *v) {
    struct error err = ERROR_NULL;
    if (ledger_probe_view_init(v, l, run, from_s, to_s, points, VIEW(""), VIEW(""), &err) < 0)
        fail_msg("%s", err.text);
}

static void seconds_and_tiers(void **state) {
    (void)state;
    int64_t run;
    struct ledger *l = open_it(&run);
    struct ledger_probes *p;
    struct ledger_probe_view v;
    struct error err = ERROR_NULL;
    assert_int_equal(ledger_probes_new(&p, l, run, 0), 0);
    write_seconds(p, 0, 125);
    assert_int_equal(ledger_probes_flush(p, &err), 0);
    look(l, run, 0, INT64_MAX, 0, &v);
    assert_int_equal(v.width_s, 1);
    assert_int_equal(v.points, 125);
    assert_int_equal(v.count, 2);
    assert_string_equal(v.series[1].key.name, "redis.keys");
    assert_int_equal(v.series[0].key.unit, PROBE_SHARE);
    assert_true(v.series[0].mean[7] == 7 && isnan(v.series[1].mean[7]) && v.series[1].mean[9] == 90);
    assert_int_equal(v.note_count, 1);
    assert_string_equal(v.notes[0].text, "KEYS");
    ledger_probe_view_deinit(&v);
    look(l, run, 0, 120, 12, &v); /* ten seconds a point */
    assert_int_equal(v.width_s, 10);
    assert_int_equal(v.points, 12);
    assert_true(v.series[0].mean[1] == 14.5 && v.series[0].max[1] == 19);
    assert_true(v.series[1].mean[1] == 150 && v.series[1].max[1] == 180); /* 12, 15, 18 */
    ledger_probe_view_deinit(&v);
    look(l, run, 20, 30, 600, &v);
    assert_int_equal(v.points, 10);
    assert_int_equal(v.t[0], 20);
    ledger_probe_view_deinit(&v);
    assert_int_equal(ledger_probe_view_init(&v, l, run, 0, 50, 0, VIEW("red"), VIEW("redis."), &err), 0);
    assert_int_equal(v.count, 1);
    ledger_probe_view_deinit(&v);
    look(l, run, 5000, 6000, 10, &v);
    assert_int_equal(v.points, 0);
    ledger_probe_view_deinit(&v);
    ledger_probes_free(p);
    ledger_free(l);
}

static void a_killed_run_is_complete(void **state) {
    (void)state;
    int64_t run;
    struct ledger *l = open_it(&run);
    struct ledger_probes *p;
    struct ledger_probe_view v;
    assert_int_equal(ledger_probes_new(&p, l, run, 0), 0);
    write_seconds(p, 0, 25); /* the third ten seconds and the minute are not written as rows */
    ledger_probes_free(p);
    look(l, run, 0, INT64_MAX, 3, &v);
    assert_int_equal(v.points, 3);
    assert_true(v.series[0].mean[2] == 22 && v.series[0].max[2] == 24);
    ledger_probe_view_deinit(&v);
    look(l, run, 0, INT64_MAX, 1, &v);
    assert_int_equal(v.width_s, 60);
    assert_true(v.series[0].mean[0] == 12);
    ledger_probe_view_deinit(&v);
    ledger_free(l);
}

static void a_long_run_keeps_its_quota(void **state) {
    (void)state;
    int64_t run;
    struct ledger *l = open_it(&run);
    struct ledger_probes *p;
    struct ledger_probe_view v;
    assert_int_equal(ledger_probes_new(&p, l, run, 60 * 1000), 0);
    write_seconds(p, 0, 2400);
    look(l, run, 0, 600, 5000, &v); /* what is gone is answered by the minutes over it */
    assert_int_equal(v.width_s, 60);
    assert_int_equal(v.points, 10);
    assert_true(v.series[0].max[9] == 599);
    ledger_probe_view_deinit(&v);
    look(l, run, 2300, 2400, 5000, &v);
    assert_int_equal(v.width_s, 1);
    assert_int_equal(v.points, 100);
    ledger_probe_view_deinit(&v);
    ledger_probes_free(p);
    ledger_free(l);
}

static void a_run_without_probes(void **state) {
    (void)state;
    int64_t run;
    struct ledger *l = open_it(&run);
    struct ledger_probe_view v;
    look(l, run, 0, INT64_MAX, 10, &v);
    assert_int_equal(v.points + v.count + v.note_count, 0);
    ledger_probe_view_deinit(&v);
    ledger_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_and_tiers),
        cmocka_unit_test(a_killed_run_is_complete),
        cmocka_unit_test(a_long_run_keeps_its_quota),
        cmocka_unit_test(a_run_without_probes),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
