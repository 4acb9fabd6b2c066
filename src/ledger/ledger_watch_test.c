/* Rounds and states of several runs, and the status that is computed from them, on given times. */
#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_status.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE_MS ((int64_t)60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)
#define NOW_MS    ((int64_t)1800000000000 + 30 * MINUTE_MS)

struct place {
    char path[64];
    struct ledger *ledger;
};

static int open_place(void **state) {
    struct place *p = calloc(1, sizeof *p);
    struct error err = ERROR_NULL;

    memcpy(p->path, "/tmp/halftime-watch-XXXXXX", sizeof "/tmp/halftime-watch-XXXXXX");
    int fd = mkstemp(p->path);
    close(fd);
    unlink(p->path);
    *state = p;
    setenv("TZ", "Europe/Berlin", 1); /* a change of the clock lies within a month of some of the days */
    return ledger_open(&p->ledger, p->path, LEDGER_WRITE, &err);
}

static int close_place(void **state) {
    struct place *p = *state;

    ledger_free(p->ledger);
    unlink(p->path);
    free(p);
    return 0;
}

static int64_t begin(struct ledger *l, const char *label, const char *script, const char *text,
    int64_t started_ms, int64_t alive_ms) {
    struct error err = ERROR_NULL;
    int64_t id;
    struct ledger_run r = {.started_ms = started_ms,
        .pid = 0,
        .machine = VIEW("elsewhere"),
        .tool = VIEW("k6"),
        .command = VIEW("watch"),
        .script = view_of_cstr(script),
        .options = VIEW("{}"),
        .label = view_of_cstr(label)};
    assert_int_equal(ledger_run_begin(l, &r, view_of_cstr(text), &id, &err), 0);
    r = (struct ledger_run){.id = id,
        .started_ms = started_ms,
        .alive_ms = alive_ms,
        .p50_ms = NAN,
        .p95_ms = NAN,
        .p99_ms = NAN};
    assert_int_equal(ledger_run_tell(l, &r, &err), 0);
    return id;
}

static void add_rounds(struct ledger *l, int64_t run, int64_t from_ms, int64_t to_ms, int64_t every_ms,
    enum uptime_round round) {
    struct error err = ERROR_NULL;

    assert_int_equal(ledger_begin(l, &err), 0);
    for (int64_t at = from_ms; at < to_ms; at += every_ms)
        assert_int_equal(ledger_round_add(l, run, at, round, &err), 0);
    assert_int_equal(ledger_end(l, 0, &err), 0);
}

static void add_state(
    struct ledger *l, int64_t run, int64_t at_ms, enum uptime_state state, const char *why) {
    struct error err = ERROR_NULL;
    struct ledger_state s = {
        .at_ms = at_ms + 30000, .since_ms = at_ms, .state = state, .reason = view_of_cstr(why)};
    assert_int_equal(ledger_state_add(l, run, &s, &err), 0);
}

/* Durations of `ms` each second of [from_s, to_s). */
static void add_times(
    struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, int64_t every_s, double ms) {
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *store;
    struct ledger_frames *frames;
    struct error err = ERROR_NULL;

    assert_int_equal(metrics_new(&metrics), 0);
    assert_int_equal(tags_new(&tags, 0), 0);
    assert_int_equal(series_store_new(&store, metrics, tags), 0);
    assert_int_equal(ledger_frames_new(&frames, l,
                         &(struct ledger_frames_options){.run = run, .metrics = metrics, .tags = tags}),
        0);
    assert_int_equal(ledger_begin(l, &err), 0);
    for (int64_t s = from_s; s < to_s; s += every_s) {
        struct series *one = series_store_get(store, METRIC_HTTP_REQ_DURATION, tags_intern(tags, NULL, 0));
        assert_int_equal(series_store_add(store, one, ms, s * 1000000), 0);
        assert_int_equal(ledger_frames_add(frames, s, store, &err), 0);
        series_store_reset(store);
    }
    assert_int_equal(ledger_frames_flush(frames, &err), 0);
    assert_int_equal(ledger_end(l, 0, &err), 0);
    ledger_frames_free(frames);
    series_store_free(store);
    tags_free(tags);
    metrics_free(metrics);
}

static struct ledger_status *status_of(struct ledger *l, const char *label, int wanted) {
    struct ledger_status *s = calloc(1, sizeof *s);
    struct error err = ERROR_NULL;
    int r = ledger_status_of(l, view_of_cstr(label), NOW_MS, s, &err);
    if (r != wanted)
        fail_msg("%d, not %d: %s", r, wanted, err.text);
    return s;
}

static void test_nothing(void **state) {
    struct place *p = *state;

    begin(p->ledger, "release", "a.js", "x", NOW_MS - HOUR_MS, NOW_MS); /* a load test: it has no rounds */
    free(status_of(p->ledger, "release", LEDGER_NOT_FOUND));
    free(status_of(p->ledger, "watch", LEDGER_NOT_FOUND));
}

/* Two runs of one label with a gap between them, one of another. */
static void test_windows(void **state) {
    struct ledger *l = ((struct place *)*state)->ledger;
    int64_t first_ms = NOW_MS - 10 * DAY_MS, second_ms = NOW_MS - 3 * HOUR_MS;
    int64_t a = begin(l, "shop", "a.js", "x", first_ms, first_ms + DAY_MS),
            b = begin(l, "shop", "a.js", "x", second_ms, NOW_MS);
    int64_t other = begin(l, "blog", "b.js", "y", second_ms, NOW_MS);

    add_rounds(l, a, first_ms, first_ms + DAY_MS, MINUTE_MS, UPTIME_GOOD);
    add_rounds(l, a, first_ms + HOUR_MS, first_ms + 2 * HOUR_MS, MINUTE_MS, UPTIME_BAD);
    add_rounds(l, b, second_ms, NOW_MS, 30000, UPTIME_GOOD);
    add_rounds(l, b, NOW_MS - 10 * MINUTE_MS, NOW_MS, MINUTE_MS, UPTIME_SLOW);
    add_rounds(l, other, second_ms, NOW_MS, 30000, UPTIME_BAD);
    add_times(l, a, 0, 86400, 60, 40);
    add_times(l, b, 0, 2 * 3600, 30, 80);
    add_times(l, b, 2 * 3600, 3 * 3600, 30, 160);
    struct ledger_status *s = status_of(l, "shop", LEDGER_OK);
    assert_int_equal(s->run, b);
    assert_string_equal(s->script, "a.js");
    assert_int_equal(s->windows[0].good, 120);
    assert_int_equal(s->windows[0].slow, 10);
    assert_int_equal(s->windows[0].bad, 0);
    assert_int_equal(s->windows[1].good, 360);
    assert_int_equal(s->windows[2].good, 360); /* the first run is ten days ago */
    assert_int_equal(s->windows[3].good, 360 + 1440);
    assert_int_equal(s->windows[3].bad, 60);
    assert_true(fabs(ledger_stretch_availability(&s->windows[3]) - 1810.0 / 1870) < 1e-9);
    assert_true(fabs(s->windows[0].p95_ms - 160) < 1);
    assert_true(fabs(s->windows[1].p50_ms - 80) < 1);
    assert_true(fabs(s->windows[3].p50_ms - 40) < 1);
    uint64_t bad = 0, bars = 0;
    for (size_t i = 0; i < LEDGER_STATUS_DAYS; i++) {
        bad += s->days[i].bad;
        bars += s->days[i].good > 0;
        assert_true(i == 0 || s->days[i].from_ms == s->days[i - 1].to_ms);
    }
    assert_int_equal(bad, 60);
    assert_in_range(bars, 3, 4); /* a day that crosses midnight, and today */
    assert_int_equal(s->hours[LEDGER_STATUS_HOURS - 1].good, 60);
    free(s);
    free(status_of(l, "blog", LEDGER_OK));
}

static void test_incidents(void **state) {
    struct ledger *l = ((struct place *)*state)->ledger;
    int64_t at = NOW_MS - 5 * DAY_MS, a = begin(l, "i", "a.js", "x", at, at + HOUR_MS),
            b = begin(l, "i", "a.js", "x", at + DAY_MS, NOW_MS);

    add_rounds(l, a, at, at + HOUR_MS, MINUTE_MS, UPTIME_GOOD);
    add_rounds(l, b, at + DAY_MS, NOW_MS, HOUR_MS, UPTIME_GOOD);
    add_state(l, a, at, UPTIME_UP, "");
    add_state(l, a, at + 10 * MINUTE_MS, UPTIME_DEGRADED, "slow");
    add_state(l, a, at + 20 * MINUTE_MS, UPTIME_DOWN, "HTTP 500");
    add_state(l, a, at + 25 * MINUTE_MS, UPTIME_DEGRADED, "slow again");
    add_state(l, b, at + DAY_MS, UPTIME_UP, "");
    for (int i = 0; i < 60; i++) {
        add_state(l, b, at + DAY_MS + (2 * i + 1) * HOUR_MS / 2, UPTIME_DOWN, "often");
        add_state(l, b, at + DAY_MS + (2 * i + 2) * HOUR_MS / 2, i == 59 ? UPTIME_DEGRADED : UPTIME_UP,
            i == 59 ? "last" : "");
    }
    struct ledger_status *s = status_of(l, "i", LEDGER_OK);
    assert_int_equal(s->incident_count, LEDGER_STATUS_INCIDENTS_MAX); /* the newest of 61 */
    assert_int_equal(s->incidents[0].to_ms, 0);
    assert_int_equal(s->incidents[0].worst, UPTIME_DOWN);
    assert_string_equal(s->incidents[0].reason, "often");
    assert_int_equal(s->incidents[1].to_ms - s->incidents[1].from_ms, HOUR_MS / 2);
    assert_int_equal(s->state, UPTIME_DEGRADED);
    assert_string_equal(s->reason, "last");
    free(s);
}

/* An outage over the end of one run into the next is one; a state older than a month still holds. */
static void test_over_runs(void **state) {
    struct ledger *l = ((struct place *)*state)->ledger;
    struct ledger_state newest;
    struct error err = ERROR_NULL;
    int64_t at = NOW_MS - 40 * DAY_MS, a = begin(l, "o", "a.js", "x", at, at + HOUR_MS),
            b = begin(l, "o", "a.js", "x", at + DAY_MS, NOW_MS);

    add_rounds(l, a, at, at + HOUR_MS, MINUTE_MS, UPTIME_GOOD);
    add_state(l, a, at, UPTIME_DOWN, "since long");
    add_rounds(l, b, NOW_MS - HOUR_MS, NOW_MS, MINUTE_MS, UPTIME_BAD);
    struct ledger_status *s = status_of(l, "o", LEDGER_OK);
    assert_int_equal(s->state, UPTIME_DOWN);
    assert_int_equal(s->since_ms, at);
    assert_int_equal(s->incident_count, 1);
    free(s);
    assert_int_equal(ledger_state_newest(l, VIEW("o"), &newest, &err), LEDGER_OK);
    assert_int_equal(newest.state, UPTIME_DOWN);
    assert_int_equal(ledger_state_newest(l, VIEW("none"), &newest, &err), LEDGER_NOT_FOUND);
}

static void test_same_script(void **state) {
    struct ledger *l = ((struct place *)*state)->ledger;
    struct error err = ERROR_NULL;
    struct buf label CLEANUP(buf_deinit) = BUF_MAX(100);
    int64_t watch = begin(l, "shop", "a.js", "the text", NOW_MS, NOW_MS),
            text = begin(l, "", "copy.js", "the text", NOW_MS, NOW_MS),
            path = begin(l, "", "a.js", "another text", NOW_MS, NOW_MS),
            none = begin(l, "", "b.js", "no", NOW_MS, NOW_MS);

    assert_int_equal(
        ledger_watch_of_run(l, text, &label, &err), LEDGER_NOT_FOUND); /* the label alone makes no watch */
    add_rounds(l, watch, NOW_MS, NOW_MS + 1, 1, UPTIME_GOOD);
    assert_int_equal(ledger_watch_of_run(l, text, &label, &err), LEDGER_OK);
    assert_int_equal(ledger_watch_of_run(l, path, &label, &err), LEDGER_OK);
    assert_string_equal(label.ptr, "shopshop");
    assert_int_equal(ledger_watch_of_run(l, none, &label, &err), LEDGER_NOT_FOUND);
    assert_int_equal(ledger_watch_of_run(l, watch, &label, &err), LEDGER_NOT_FOUND);
    assert_int_equal(ledger_run_remove(l, watch, &err), LEDGER_OK); /* its rounds go with it */
    assert_int_equal(ledger_watch_of_run(l, text, &label, &err), LEDGER_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_nothing, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_windows, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_incidents, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_over_runs, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_same_script, open_place, close_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
