/* What tests of the ledger share: a ledger in a folder of its own, and a run into which seconds are measured.
 */
#ifndef LEDGER_TEST_PRIV_H
#define LEDGER_TEST_PRIV_H

#include "ledger/ledger_course.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static inline void ok(int r, const struct error *err) {
    if (r < 0)
        fail_msg("%s", err->text);
    assert_int_equal(r, 0);
}

struct place {
    char folder[64], path[96];
};

static inline void place_init(struct place *p) {
    *p = (struct place){.folder = "/tmp/ledger_test_XXXXXX"};
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/ledger.db", p->folder);
}

static inline void place_deinit(const struct place *p) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", p->path, endings[i]);
        unlink(path);
    }
    rmdir(p->folder);
}

struct world {
    struct place place;
    struct ledger *l;
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *delta; /* the second that is being made */
    struct ledger_frames *frames;
    struct ledger_view *view;
    int64_t run;
};

static inline void world_init(struct world *w, const char *tool) {
    struct error err = ERROR_NULL;
    *w = (struct world){0};
    place_init(&w->place);
    ok(ledger_open(&w->l, w->place.path, LEDGER_WRITE, &err), &err);
    struct ledger_run r = {.started_ms = 1000,
        .pid = (int)getpid(),
        .tool = view_of_cstr(tool),
        .machine = VIEW("here"),
        .options = VIEW("{}")};
    ok(ledger_run_begin(w->l, &r, VIEW(""), &w->run, &err), &err);
    assert_int_equal(metrics_new(&w->metrics), 0);
    assert_int_equal(tags_new(&w->tags, 0), 0);
    assert_int_equal(series_store_new(&w->delta, w->metrics, w->tags), 0);
    struct ledger_frames_options o = {.run = w->run, .metrics = w->metrics, .tags = w->tags};
    assert_int_equal(ledger_frames_new(&w->frames, w->l, &o), 0);
    ok(ledger_view_new(&w->view, w->l, w->run, &err), &err);
}

static inline void world_deinit(struct world *w) {
    ledger_view_free(w->view);
    ledger_frames_free(w->frames);
    series_store_free(w->delta);
    tags_free(w->tags);
    metrics_free(w->metrics);
    ledger_free(w->l);
    place_deinit(&w->place);
}

static inline void add(struct world *w, metric_id metric, tagset_id tags, double value) {
    assert_int_equal(series_store_add(w->delta, series_store_get(w->delta, metric, tags), value, 0), 0);
}

/* One of k6's requests. */
static inline void request(
    struct world *w, const char *method, const char *name, const char *status, double ms) {
    struct tag tags[] = {{VIEW("method"), view_of_cstr(method)}, {VIEW("name"), view_of_cstr(name)},
        {VIEW("status"), view_of_cstr(status)}};
    tagset_id set = tags_intern(w->tags, tags, 3);
    add(w, METRIC_HTTP_REQS, set, 1);
    add(w, METRIC_HTTP_REQ_FAILED, set, status[0] != '2');
    add(w, METRIC_HTTP_REQ_DURATION, set, ms);
}

/* Keeps the second as `s` says (its number, users, workers) and begins another. */
static inline void keep_second(struct world *w, struct ledger_second s) {
    struct error err = ERROR_NULL;
    ok(ledger_frames_add(w->frames, s.second, w->delta, &err), &err);
    s.elapsed_us = (s.second + 1) * 1000000;
    ok(ledger_second_add(w->l, w->run, &s, &err), &err);
    series_store_reset(w->delta);
}

#endif
