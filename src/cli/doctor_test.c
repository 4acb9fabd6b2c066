#include "cli/doctor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct doctor_facts good = {
    .descriptors_soft = 1048576, .descriptors_hard = 1048576, .descriptors_system = 1048576,
    .port_first = 1024, .port_last = 65535, .tcp_tw_reuse = 1, .somaxconn = 4096, .cores = 8, .cores_usable = 8,
    .memory_total = (int64_t)16 << 30, .memory_available = (int64_t)8 << 30, .max_map_count = 65530,
    .clock_source = "tsc", .governor = "performance",
};

static const struct doctor_finding *find(const struct doctor_finding *list, int n, const char *subject) {
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].subject, subject))
            return &list[i];
    fail_msg("no finding on %s", subject);
    return NULL;
}

static void test_good_machine(void **state) {
    struct doctor_finding list[DOCTOR_FINDINGS_MAX];
    int n = doctor_examine(&good, list);
    (void)state;

    assert_true(n >= 8);
    for (int i = 0; i < n; i++) {
        assert_int_equal(list[i].state, DOCTOR_OK);
        assert_int_equal(list[i].remedy[0], 0);
    }
}

static void test_limits(void **state) {
    static const struct {
        const char *subject;
        enum doctor_state state;
        const char *remedy;
        struct doctor_facts change; /* only what differs; see below */
    } cases[] = {
        {"descriptors", DOCTOR_LIMITS, "ulimit -n 65536", {.descriptors_soft = 1024, .descriptors_hard = 1048576}},
        {"descriptors", DOCTOR_LIMITS, "/etc/security/limits.conf", {.descriptors_soft = 1024, .descriptors_hard = 4096}},
        {"descriptors", DOCTOR_NOTE, "ulimit -n 65536", {.descriptors_soft = 20000, .descriptors_hard = 1048576}},
        {"local ports", DOCTOR_LIMITS, "ip_local_port_range", {.port_first = 60000, .port_last = 61000}},
        {"tcp_tw_reuse", DOCTOR_NOTE, "tcp_tw_reuse=1", {.tcp_tw_reuse = 2}},
        {"somaxconn", DOCTOR_NOTE, "somaxconn=4096", {.somaxconn = 128}},
        {"cores", DOCTOR_NOTE, "cgroup", {.cores = 8, .cores_usable = 2}},
        {"memory", DOCTOR_LIMITS, "fewer users", {.memory_available = 100000000}},
        {"clock source", DOCTOR_LIMITS, "tsc", {.clock_source = "hpet"}},
        {"CPU governor", DOCTOR_NOTE, "performance", {.governor = "powersave"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct doctor_facts f = good;
        const struct doctor_facts *c = &cases[i].change;
        struct doctor_finding list[DOCTOR_FINDINGS_MAX];

        if (c->descriptors_soft)
            f.descriptors_soft = c->descriptors_soft, f.descriptors_hard = c->descriptors_hard;
        if (c->port_first)
            f.port_first = c->port_first, f.port_last = c->port_last;
        if (c->tcp_tw_reuse)
            f.tcp_tw_reuse = c->tcp_tw_reuse;
        if (c->somaxconn)
            f.somaxconn = c->somaxconn;
        if (c->cores)
            f.cores = c->cores, f.cores_usable = c->cores_usable;
        if (c->memory_available)
            f.memory_available = c->memory_available;
        if (c->clock_source[0])
            memcpy(f.clock_source, c->clock_source, sizeof f.clock_source);
        if (c->governor[0])
            memcpy(f.governor, c->governor, sizeof f.governor);
        const struct doctor_finding *d = find(list, doctor_examine(&f, list), cases[i].subject);
        assert_int_equal(d->state, cases[i].state);
        assert_non_null(strstr(d->remedy, cases[i].remedy));
    }
}

static void test_this_machine_can_be_read(void **state) {
    struct doctor_facts f;
    (void)state;

    doctor_facts_read(&f);
    assert_true(f.cores >= 1 && f.cores_usable >= 1 && f.cores_usable <= f.cores);
    assert_true(f.descriptors_soft > 0);
    assert_true(f.memory_total > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_machine),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_this_machine_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
