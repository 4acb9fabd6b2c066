/* The ledger on a file of its own: schema, runs, frames. */
#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_BYTES = 64, NOW_S = 2000000000 };

#define FOLDER_PATTERN "/tmp/halftime-ledger-XXXXXX"
static char folder[PATH_BYTES];

static const char *path(void) {
    static char text[PATH_BYTES + 32];
    snprintf(text, sizeof text, "%s/deep/ledger.db", folder);
    return text;
}

static int make_folder(void **state) {
    (void)state;
    memcpy(folder, FOLDER_PATTERN, sizeof FOLDER_PATTERN);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    char text[PATH_BYTES + 64];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof text, "%s%s", path(), ends[i]);
        unlink(text);
    }
    snprintf(text, sizeof text, "%s/deep", folder);
    rmdir(text);
    return rmdir(folder);
}

static struct ledger *open_it(enum ledger_mode mode) {
    struct ledger *l;
    struct error err = ERROR_NULL;
    if (ledger_open(&l, path(), mode, &err) < 0)
        fail_msg("%s", err.text);
    return l;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000;
}

static int64_t begin(struct ledger *l, const char *label, int pid) {
    char machine[256] = "";
    struct error err = ERROR_NULL;
    int64_t id = 0;
    gethostname(machine, sizeof machine - 1);
    struct ledger_run r = {.started_ms = now_ms(),
        .pid = pid,
        .machine = view_of_cstr(machine),
        .tool = VIEW("k6"),
        .command = VIEW("halftime k6 run todo.js"),
        .script = VIEW("todo.js"),
        .options = VIEW("{}"),
        .label = view_of_cstr(label)};
    assert_int_equal(ledger_run_begin(l, &r, VIEW("export default function () {}"), &id, &err), 0);
    assert_true(id > 0);
    return id;
}

struct seen {
    size_t count;
    int64_t ids[8];
    enum ledger_run_state state;
    char label[64], notes[64], outcome[64];
    double p95_ms;
    int exit_code;
};

static int see(void *ctx, const struct ledger_run *r) {
    struct seen *s = ctx;
    s->ids[s->count++ % 8] = r->id;
    s->state = r->state;
    s->p95_ms = r->p95_ms;
    s->exit_code = r->exit_code;
    snprintf(s->label, sizeof s->label, "%.*s", VIEW_ARGS(r->label));
    snprintf(s->notes, sizeof s->notes, "%.*s", VIEW_ARGS(r->notes));
    snprintf(s->outcome, sizeof s->outcome, "%.*s", VIEW_ARGS(r->outcome));
    return 0;
}

static void test_a_run_is_kept(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct error err = ERROR_NULL;
    struct seen s = {0};
    struct buf script CLEANUP(buf_deinit) = BUF_MAX(4096);
    (void)state;

    struct stat st;
    assert_int_equal(stat(path(), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600); /* nobody else's business */

    int64_t id = begin(l, "workers=16", (int)getpid());
    struct ledger_run figures = {.id = id,
        .alive_ms = now_ms(),
        .requests = 10,
        .users_max = 3,
        .p50_ms = 1,
        .p95_ms = 2.5,
        .p99_ms = NAN};
    assert_int_equal(ledger_run_tell(l, &figures, &err), 0);
    assert_int_equal(ledger_run_get(l, id, see, &s, &err), LEDGER_OK);
    assert_int_equal(s.state, LEDGER_RUN_RUNNING);
    assert_string_equal(s.label, "workers=16");
    assert_true(s.p95_ms == 2.5);
    assert_int_equal(s.exit_code, -1);

    struct ledger_run_end end = {
        .ended_ms = now_ms(), .outcome = VIEW("completed"), .exit_code = 0, .evidence = VIEW("proof")};
    assert_int_equal(ledger_run_end(l, id, &end, &err), LEDGER_OK);
    assert_int_equal(ledger_run_annotate(l, id, LEDGER_RUN_NOTES, VIEW("it holds"), &err), LEDGER_OK);
    ledger_free(l);

    l = open_it(LEDGER_READ);
    assert_int_equal(ledger_run_get(l, id, see, &s, &err), LEDGER_OK);
    assert_int_equal(s.state, LEDGER_RUN_ENDED);
    assert_string_equal(s.notes, "it holds");
    assert_string_equal(s.outcome, "completed");
    assert_int_equal(ledger_run_script(l, id, &script, &err), LEDGER_OK);
    assert_string_equal(script.ptr, "export default function () {}");
    buf_clear(&script);
    assert_int_equal(ledger_run_evidence(l, id, &script, &err), LEDGER_OK);
    assert_string_equal(script.ptr, "proof");
    assert_int_equal(ledger_run_summary(l, id, &script, &err), LEDGER_NOT_FOUND);
    assert_int_equal(ledger_run_get(l, id + 1, see, &s, &err), LEDGER_NOT_FOUND);
    assert_int_equal(ledger_run_annotate(l, id + 1, LEDGER_RUN_LABEL, VIEW("x"), &err), LEDGER_NOT_FOUND);
    ledger_free(l);
}

static void test_lists_filter_and_page(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct error err = ERROR_NULL;
    struct seen s = {0};
    (void)state;

    int64_t a = begin(l, "before", 1), b = begin(l, "after", 1), c = begin(l, "after", 1);
    assert_int_equal(ledger_run_annotate(l, a, LEDGER_RUN_FOCUS, VIEW("The Pool"), &err), LEDGER_OK);
    assert_int_equal(
        ledger_run_list(l, &(struct ledger_run_filter){.label = VIEW("after")}, see, &s, &err), 0);
    assert_int_equal(s.count, 2);
    assert_true(s.ids[0] == c && s.ids[1] == b);
    s.count = 0;
    assert_int_equal(
        ledger_run_list(l, &(struct ledger_run_filter){.search = VIEW("pool")}, see, &s, &err), 0);
    assert_true(s.count == 1 && s.ids[0] == a);
    s.count = 0;
    assert_int_equal(
        ledger_run_list(l, &(struct ledger_run_filter){.before_id = c, .limit = 1}, see, &s, &err), 0);
    assert_true(s.count == 1 && s.ids[0] == b);
    assert_int_equal(ledger_run_remove(l, a, &err), LEDGER_OK);
    assert_int_equal(ledger_run_remove(l, a, &err), LEDGER_NOT_FOUND);
    ledger_free(l);
}

/* A process that has been waited for has no number any more. */
static int dead_pid(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return (int)pid;
}

static void test_a_killed_run_is_seen_as_lost(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct error err = ERROR_NULL;
    struct seen s = {0};
    (void)state;

    assert_int_equal(ledger_run_get(l, begin(l, "", dead_pid()), see, &s, &err), LEDGER_OK);
    assert_int_equal(s.state, LEDGER_RUN_LOST);
    ledger_free(l);
}

static void test_wrong_files_are_refused(void **state) {
    static const struct {
        const char *sql, *words;
    } cases[] = {
        {"PRAGMA user_version = 7", "another program"},
        {"PRAGMA application_id = 1752460388; PRAGMA user_version = 9000", "newer halftime"},
    };
    struct ledger *l;
    struct error err = ERROR_NULL;
    (void)state;

    assert_int_equal(ledger_open(&l, path(), LEDGER_READ, &err), -2 /* ENOENT */);
    assert_null(l);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unlink(path());
        ledger_free(open_it(LEDGER_WRITE));
        sqlite3 *db;
        assert_int_equal(sqlite3_open(path(), &db), SQLITE_OK);
        if (i == 0) /* not ours, and not empty */
            assert_int_equal(sqlite3_exec(db, "PRAGMA application_id = 5", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_true(ledger_open(&l, path(), LEDGER_WRITE, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].words));
    }
}

/* --- frames --- */

struct measured {
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *delta, *read;
    tagset_id get;
};

static void measured_init(struct measured *m) {
    assert_int_equal(metrics_new(&m->metrics), 0);
    assert_int_equal(tags_new(&m->tags, 0), 0);
    assert_int_equal(series_store_new(&m->delta, m->metrics, m->tags), 0);
    assert_int_equal(series_store_new(&m->read, m->metrics, m->tags), 0);
    m->get = tags_intern(m->tags, &(struct tag){VIEW("name"), VIEW("/todos")}, 1);
}

static void measured_deinit(struct measured *m) {
    series_store_free(m->delta);
    series_store_free(m->read);
    tags_free(m->tags);
    metrics_free(m->metrics);
}

/* One request of `second` + 1 ms in that second. */
static void request(struct measured *m, struct ledger_frames *f, int64_t second) {
    struct error err = ERROR_NULL;
    series_store_reset(m->delta);
    assert_int_equal(series_store_add(m->delta, series_store_get(m->delta, METRIC_HTTP_REQ_DURATION, m->get),
                         (double)second + 1, 0),
        0);
    if (ledger_frames_add(f, second, m->delta, &err) < 0)
        fail_msg("%s", err.text);
}

static struct sink collected(struct measured *m, struct ledger *l, int64_t run, int64_t from_s, int64_t to_s,
    struct ledger_window *w) {
    struct error err = ERROR_NULL;
    struct sink s;
    series_store_reset(m->read);
    if (ledger_frames_collect(l, run, from_s, to_s, m->read, w, &err) < 0)
        fail_msg("%s", err.text);
    assert_int_equal(series_store_collect(m->read, METRIC_HTTP_REQ_DURATION, NULL, 0, &s), 0);
    return s;
}

static struct ledger_frames *frames_of(struct measured *m, struct ledger *l, int64_t run, int64_t bytes_max) {
    struct ledger_frames *f;
    struct ledger_frames_options o = {
        .run = run, .metrics = m->metrics, .tags = m->tags, .bytes_max = bytes_max};
    assert_int_equal(ledger_frames_new(&f, l, &o), 0);
    return f;
}

static void check_window(
    struct measured *m, struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, uint64_t count) {
    struct ledger_window w;
    struct sink s = collected(m, l, run, from_s, to_s, &w);
    if (s.trend.count != count)
        fail_msg("[%d, %d): %d requests, not %d", (int)from_s, (int)to_s, (int)s.trend.count, (int)count);
    if (count) {
        assert_true(w.from_s >= from_s && w.to_s <= to_s && w.width_s == 1);
        assert_true(s.trend.min >= (double)from_s + 1 && s.trend.max <= (double)to_s);
    }
    sink_deinit(&s);
}

static void test_any_window_is_exact(void **state) {
    static const struct {
        int64_t from_s, to_s;
        uint64_t count;
    } cases[] = {
        {0, 2000, 2000},
        {0, 1, 1},
        {7, 8, 1},
        {7, 13, 6},
        {595, 1205, 610},
        {600, 1200, 600},
        {601, 1199, 598},
        {1990, 5000, 10},
        {1999, 2000, 1},
        {2000, 3000, 0},
        {60, 120, 60},
        {59, 121, 62},
    };
    struct ledger *l = open_it(LEDGER_WRITE);
    struct measured m;
    struct error err = ERROR_NULL;
    (void)state;

    measured_init(&m);
    int64_t run = begin(l, "", 1), other = begin(l, "", 1);
    struct ledger_frames *f = frames_of(&m, l, run, 0), *g = frames_of(&m, l, other, 0);
    for (int64_t t = 0; t < 2000; t++)
        request(&m, f, t);
    request(&m, g, 5);
    for (int flushed = 0; flushed < 2; flushed++) { /* a killed run has not flushed */
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            check_window(&m, l, run, cases[i].from_s, cases[i].to_s, cases[i].count);
        assert_int_equal(ledger_frames_flush(f, &err), 0);
    }
    struct ledger_window span;
    assert_int_equal(ledger_frames_span(l, run, &span, &err), LEDGER_OK);
    assert_true(span.from_s == 0 && span.to_s >= 2000);
    ledger_frames_free(f);
    ledger_frames_free(g);
    measured_deinit(&m);
    ledger_free(l);
}

static void test_gaps_and_late_seconds(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct measured m;
    struct error err = ERROR_NULL;
    (void)state;

    measured_init(&m);
    int64_t run = begin(l, "", 1);
    struct ledger_frames *f = frames_of(&m, l, run, 0);
    static const int64_t seconds[] = {3, 3, 700, 5, 4000, 699, 3, 3999};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        request(&m, f, seconds[i]);
    assert_int_equal(ledger_frames_flush(f, &err), 0);
    check_window(&m, l, run, 0, 10, 4);
    check_window(&m, l, run, 0, 4001, 8);
    check_window(&m, l, run, 4, 700, 2);
    check_window(&m, l, run, 3999, 4000, 1);
    check_window(&m, l, run, 1000, 3000, 0);
    ledger_frames_free(f);
    measured_deinit(&m);
    ledger_free(l);
}

struct points {
    size_t count;
    uint64_t requests;
    int64_t last_s, width_s;
};

static int see_point(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame) {
    struct points *p = ctx;
    struct sink s;
    assert_true(p->count == 0 || start_s > p->last_s);
    assert_int_equal(series_store_collect(frame, METRIC_HTTP_REQ_DURATION, NULL, 0, &s), 0);
    p->requests += s.trend.count;
    p->last_s = start_s;
    p->width_s = width_s;
    p->count++;
    sink_deinit(&s);
    return 0;
}

static void test_curves_have_few_points(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct measured m;
    struct error err = ERROR_NULL;
    (void)state;

    measured_init(&m);
    int64_t run = begin(l, "", 1);
    struct ledger_frames *f = frames_of(&m, l, run, 0);
    for (int64_t t = 0; t < 1500; t++)
        request(&m, f, t);
    static const struct {
        size_t points, count;
        int64_t width_s;
    } cases[] = {{5000, 1500, 1}, {300, 150, 10}, {100, 25, 60}, {3, 3, 600}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct points p = {0};
        assert_int_equal(
            ledger_frames_each(l, run, 0, 1500, cases[i].points, m.read, see_point, &p, &err), 0);
        assert_int_equal(p.count, cases[i].count);
        assert_int_equal(p.requests, 1500);
        assert_int_equal(p.width_s, cases[i].width_s);
    }
    ledger_frames_free(f);
    measured_deinit(&m);
    ledger_free(l);
}

static void test_a_quota_coarsens_the_past(void **state) {
    struct ledger *l = open_it(LEDGER_WRITE);
    struct measured m;
    struct error err = ERROR_NULL;
    struct ledger_window w;
    (void)state;

    measured_init(&m);
    int64_t run = begin(l, "", 1);
    struct ledger_frames *f = frames_of(&m, l, run, 300 * 1000);
    for (int64_t t = 0; t < 6000; t++)
        request(&m, f, t);
    assert_int_equal(ledger_frames_flush(f, &err), 0);
    struct sink s = collected(&m, l, run, 0, 6000, &w);
    assert_int_equal(s.trend.count, 6000); /* nothing is gone */
    sink_deinit(&s);
    s = collected(&m, l, run, 5, 6, &w); /* but a second long ago is not known alone */
    assert_true(w.width_s >= 10 && w.from_s == 0 && s.trend.count == (uint64_t)w.width_s);
    sink_deinit(&s);
    check_window(&m, l, run, 5901, 5999, 98);
    ledger_frames_free(f);
    measured_deinit(&m);
    ledger_free(l);
}

/* --- several at once --- */

enum { WRITERS = 3, WRITES = 40 };

static int write_a_run(int n) {
    struct measured m;
    struct ledger *l = open_it(LEDGER_WRITE);
    char label[16];
    measured_init(&m);
    snprintf(label, sizeof label, "run %d", n);
    int64_t run = begin(l, label, (int)getpid());
    struct ledger_frames *f = frames_of(&m, l, run, 0);
    for (int64_t t = 0; t < WRITES; t++)
        request(&m, f, t);
    ledger_frames_free(f);
    measured_deinit(&m);
    ledger_free(l);
    return 0;
}

static void test_runs_at_once_lose_nothing(void **state) {
    pid_t pids[WRITERS];
    struct error err = ERROR_NULL;
    struct measured m;
    (void)state;

    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            _exit(write_a_run(i)); /* also the opening of a new file is a race */
        assert_true(pids[i] > 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    struct ledger *l = open_it(LEDGER_READ);
    struct seen s = {0};
    assert_int_equal(ledger_run_list(l, &(struct ledger_run_filter){0}, see, &s, &err), 0);
    assert_int_equal(s.count, WRITERS);
    measured_init(&m);
    for (int i = 0; i < WRITERS; i++)
        check_window(&m, l, s.ids[i], 0, WRITES, WRITES);
    measured_deinit(&m);
    ledger_free(l);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_a_run_is_kept),
        CASE(test_lists_filter_and_page),
        CASE(test_a_killed_run_is_seen_as_lost),
        CASE(test_wrong_files_are_refused),
        CASE(test_any_window_is_exact),
        CASE(test_gaps_and_late_seconds),
        CASE(test_curves_have_few_points),
        CASE(test_a_quota_coarsens_the_past),
        CASE(test_runs_at_once_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
