#include "observe/probe_priv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/fixture_priv.h"

enum { SECOND_US = 1000 * 1000 };

static void version_2(const struct fixture *f, bool later) {
    fixture_write(f, "/sys/fs/cgroup/shop/cgroup.controllers", "cpu memory\n");
    fixture_write(f, "/sys/fs/cgroup/shop/cpu.stat",
        later ? "usage_usec 3000000\nnr_periods 40\nnr_throttled 15\n"
              : "usage_usec 1000000\nnr_periods 20\nnr_throttled 10\n");
    fixture_write(f, "/sys/fs/cgroup/shop/cpu.max", "150000 100000\n");
    fixture_write(f, "/sys/fs/cgroup/shop/memory.current", "5000\n");
    fixture_write(f, "/sys/fs/cgroup/shop/memory.max", "8000\n");
    fixture_write(
        f, "/sys/fs/cgroup/shop/memory.events", later ? "oom 3\noom_kill 2\n" : "oom 1\noom_kill 0\n");
}

static void version_1(const struct fixture *f, bool later) {
    fixture_write(
        f, "/sys/fs/cgroup/cpu,cpuacct/shop/cpuacct.usage", later ? "3000000000\n" : "1000000000\n");
    fixture_write(f, "/sys/fs/cgroup/cpu,cpuacct/shop/cpu.stat",
        later ? "nr_periods 40\nnr_throttled 15\nthrottled_time 1\n"
              : "nr_periods 20\nnr_throttled 10\nthrottled_time 1\n");
    fixture_write(f, "/sys/fs/cgroup/cpu,cpuacct/shop/cpu.cfs_quota_us", "150000\n");
    fixture_write(f, "/sys/fs/cgroup/cpu,cpuacct/shop/cpu.cfs_period_us", "100000\n");
    fixture_write(f, "/sys/fs/cgroup/memory/shop/memory.usage_in_bytes", "5000\n");
    fixture_write(f, "/sys/fs/cgroup/memory/shop/memory.limit_in_bytes", "8000\n");
    fixture_write(f, "/sys/fs/cgroup/memory/shop/memory.oom_control",
        later ? "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"
              : "oom_kill_disable 0\nunder_oom 0\noom_kill 0\n");
}

static void check(
    void (*write)(const struct fixture *f, bool later), const char *pid_file, const char *what) {
    static const struct {
        const char *name;
        double value;
    } wanted[] = {{"cgroup.cpu.used", 1}, {"cgroup.cpu.limit", 1.5}, {"cgroup.cpu.throttled", 0.25},
        {"cgroup.memory.used", 5000}, {"cgroup.memory.limit", 8000}, {"cgroup.oom_kills_per_second", 1}};
    struct fixture f;
    struct probe p = {.kind = &probe_cgroup, .stop_fd = -1};
    struct error err = ERROR_NULL;
    fixture_init(&f);
    p.root = f.root;
    write(&f, false);
    if (pid_file)
        fixture_write(&f, "/proc/77/cgroup", pid_file);
    if (probe_cgroup.open(&p, view_of_cstr(what), &err) < 0)
        fail_msg("%s", err.text);
    probe_begin(&p, SECOND_US);
    assert_int_equal(probe_cgroup.read(&p, &err), 0);
    write(&f, true);
    probe_begin(&p, 3 * SECOND_US);
    assert_int_equal(probe_cgroup.read(&p, &err), 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!(fabs(probe_value_of(&p, wanted[i].name) - wanted[i].value) < 1e-9))
            fail_msg("%s: %g, not %g", wanted[i].name, probe_value_of(&p, wanted[i].name), wanted[i].value);
    probe_cgroup.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

static void versions(void **state) {
    (void)state;
    check(version_2, NULL, "/shop");
    check(version_2, NULL, "shop");
    check(version_2, NULL, "/sys/fs/cgroup/shop");
    check(version_2, "0::/shop\n", "77");
    check(version_1, NULL, "/shop");
    check(version_1, "5:memory:/shop\n4:cpu,cpuacct:/shop\n0::/\n", "77");
}

static void without_limits(void **state) {
    (void)state;
    struct fixture f;
    struct probe p = {.kind = &probe_cgroup, .stop_fd = -1};
    struct error err = ERROR_NULL;
    fixture_init(&f);
    p.root = f.root;
    version_2(&f, false);
    fixture_write(&f, "/sys/fs/cgroup/shop/cpu.max", "max 100000\n");
    fixture_write(&f, "/sys/fs/cgroup/shop/memory.max", "max\n");
    assert_int_equal(probe_cgroup.open(&p, VIEW("/shop"), &err), 0);
    probe_begin(&p, SECOND_US);
    assert_int_equal(probe_cgroup.read(&p, &err), 0);
    assert_true(isnan(probe_value_of(&p, "cgroup.cpu.limit")));
    assert_true(isnan(probe_value_of(&p, "cgroup.memory.limit")));
    probe_cgroup.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

static void refusals(void **state) {
    (void)state;
    static const char *const cases[] = {"", "/nothing", "../../etc", "4711"};
    struct fixture f;
    fixture_init(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct probe p = {.kind = &probe_cgroup, .stop_fd = -1, .root = f.root};
        struct error err = ERROR_NULL;
        assert_true(probe_cgroup.open(&p, view_of_cstr(cases[i]), &err) < 0);
        assert_true(err.text[0] != '\0');
        probe_cgroup.close(&p);
        probe_deinit(&p);
    }
    fixture_deinit(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions), cmocka_unit_test(without_limits), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
