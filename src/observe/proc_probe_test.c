#include "observe/probe_priv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/fixture_priv.h"

enum { SECOND_US = 1000 * 1000 };

/* ticks: own user time; waited: of children that ended. */
static void process(const struct fixture *f, int pid, int parent, const char *comm, const char *command,
    int ticks, int waited, int start) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    snprintf(text, sizeof text, "%d (%s) S %d 1 1 0 -1 0 0 0 0 0 %d 0 %d 0 20 0 3 0 %d 1000 50 0 0\n", pid,
        comm, parent, ticks, waited, start);
    fixture_write(f, path, text);
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    fixture_write(f, path, command);
    snprintf(path, sizeof path, "/proc/%d/limits", pid);
    fixture_write(f, path,
        "Limit                     Soft Limit           Hard Limit           Units\nMax open files           "
        " 1024  4096  files\n");
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, i);
        fixture_write(f, path, "");
    }
}

static void forget(const struct fixture *f, int pid) {
    char path[128];
    snprintf(path, sizeof path, "%s/proc/%d/stat", f->root, pid);
    unlink(path);
}

static void wanted(const struct probe *p, const char *name, double value) {
    double got = probe_value_of(p, name);
    if (!(fabs(got - value) < 1e-9))
        fail_msg("%s: %g, not %g", name, got, value);
}

static void a_tree(void **state) {
    (void)state;
    struct fixture f;
    struct probe p = {.kind = &probe_proc, .stop_fd = -1};
    struct error err = ERROR_NULL;
    double tick = (double)sysconf(_SC_CLK_TCK);
    fixture_init(&f);
    process(&f, 1, 0, "init", "/sbin/init", 5, 0, 1);
    process(&f, 10, 1, "a) b (c", "gunicorn: master [shop]", 100, 0, 5);
    process(&f, 9, 10, "worker", "x", 10, 0, 6); /* a child with a smaller number */
    process(&f, 20, 9, "grandchild", "x", 1, 0, 7);
    process(&f, 30, 1, "other", "x", 1, 0, 8);
    p.root = f.root;
    if (probe_proc.open(&p, VIEW("10"), &err) < 0)
        fail_msg("%s", err.text);
    assert_string_equal(p.source, "proc 10");
    probe_begin(&p, SECOND_US);
    assert_int_equal(probe_proc.read(&p, &err), 0);
    wanted(&p, "proc.count", 3);
    wanted(&p, "proc.threads", 9);
    wanted(&p, "proc.memory.rss", 150 * (double)sysconf(_SC_PAGESIZE));
    wanted(&p, "proc.descriptors", 4);
    wanted(&p, "proc.descriptors_limit", 1024);
    assert_true(isnan(probe_value_of(&p, "proc.cpu.used")));
    /* Two seconds later: one child ended after 7 ticks more and was waited for, a new one has come. */
    process(&f, 10, 1, "a) b (c", "gunicorn: master [shop]", 120, 0, 5);
    process(&f, 9, 10, "worker", "x", 40, 8, 6);
    forget(&f, 20);
    process(&f, 21, 9, "grandchild", "x", 3, 0, 9);
    probe_begin(&p, 3 * SECOND_US);
    assert_int_equal(probe_proc.read(&p, &err), 0);
    wanted(&p, "proc.count", 3);
    wanted(&p, "proc.cpu.used", (20 + 30 + 7 + 3) / 2.0 / tick);
    wanted(&p, "proc.cpu.busiest", 30 / 2.0 / tick);
    wanted(&p, "proc.starts_per_second", 0.5);
    forget(&f, 10);
    probe_begin(&p, 4 * SECOND_US);
    assert_true(probe_proc.read(&p, &err) < 0);
    assert_non_null(strstr(err.text, "no process 10 any more"));
    probe_proc.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

static void names(void **state) {
    (void)state;
    static const struct {
        const char *comm, *command;
        size_t len; /* of command; 0 = strlen */
        const char *name;
        bool found;
    } cases[] = {
        {"postgres", "/usr/lib/postgresql/15/bin/postgres\0-D\0/x", 41, "postgres", true},
        {"nginx", "nginx: master process /usr/sbin/nginx", 0, "nginx", true},
        {"gunicorn", "/usr/bin/python3\0/usr/bin/gunicorn\0app:app", 42, "gunicorn", true},
        {"python3", "/usr/bin/python3.11\0-u\0-m\0uvicorn\0app:app", 41, "uvicorn", true},
        {"python3", "/usr/bin/python3.11\0app.py", 26, "app.py", true},
        {"python3", "/usr/bin/python3.11\0app.py\0gunicorn", 35, "gunicorn", false},
        {"grep", "grep\0gunicorn", 13, "gunicorn", false},
        {"node", "node\0/srv/server.js", 19, "server.js", true},
        {"pythonic", "pythonic\0gunicorn", 17, "gunicorn", false},
        {"sh", "", 0, "sh", false}, /* a thread of the kernel has no command line */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct probe p = {.kind = &probe_proc, .stop_fd = -1};
        struct error err = ERROR_NULL;
        char path[128];
        fixture_init(&f);
        process(&f, 7, 1, cases[i].comm, "", 1, 0, 1);
        snprintf(path, sizeof path, "%s/proc/7/cmdline", f.root);
        size_t len = cases[i].len ? cases[i].len : strlen(cases[i].command);
        assert_int_equal(file_write(path, view_of(cases[i].command, len), &err), 0);
        p.root = f.root;
        int r = probe_proc.open(&p, view_of_cstr(cases[i].name), &err);
        if ((r == 0) != cases[i].found)
            fail_msg("%s in %s", cases[i].name, cases[i].command);
        if (r < 0)
            assert_non_null(strstr(err.text, "there is no process named"));
        probe_proc.close(&p);
        probe_deinit(&p);
        fixture_deinit(&f);
    }
}

/* Whoever makes the load is not what is meant by a name. */
static void not_ourselves(void **state) {
    (void)state;
    struct fixture f;
    struct probe p = {.kind = &probe_proc, .stop_fd = -1};
    struct error err = ERROR_NULL;
    int self = (int)getpid();
    fixture_init(&f);
    process(&f, self, 1, "python3", "python3", 1, 0, 1);
    process(&f, self + 1, self, "python3", "python3", 1, 0, 1);
    process(&f, self + 2, 1, "python3", "python3", 1, 0, 1);
    p.root = f.root;
    assert_int_equal(probe_proc.open(&p, VIEW("python3"), &err), 0);
    probe_begin(&p, SECOND_US);
    assert_int_equal(probe_proc.read(&p, &err), 0);
    wanted(&p, "proc.count", 1);
    probe_proc.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree), cmocka_unit_test(names), cmocka_unit_test(not_ourselves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
