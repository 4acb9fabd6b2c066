#include "observe/probe_priv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/fixture_priv.h"

enum { SECOND_US = 1000 * 1000 };

static void write_all(const struct fixture *f, bool later) {
    fixture_write(f, "/proc/stat",
        later ? "cpu  160 0 130 720 110 0 10 70 0 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\nprocs_running 5\n"
              : "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\nprocs_running 1\n");
    fixture_write(
        f, "/proc/meminfo", "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\n");
    fixture_write(f, "/proc/vmstat", later ? "pswpout 4\npswpin 40\n" : "pswpout 4\npswpin 10\n");
    fixture_write(f, "/proc/diskstats",
        later ? "   7 0 loop0 0 0 0 0 0 0 0 0 0 9999 0\n 259 0 nvme0n1 1 2 3 4 5 6 7 8 0 1500 9\n 259 1 "
                "nvme0n1p1 1 2 3 4 5 6 7 8 0 9000 9\n"
                "   8 0 sda 1 2 3 4 5 6 7 8 0 200 9\n   8 1 sda1 1 2 3 4 5 6 7 8 0 9000 9\n"
              : "   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n 259 0 nvme0n1 1 2 3 4 5 6 7 8 0 1000 9\n 259 1 "
                "nvme0n1p1 1 2 3 4 5 6 7 8 0 0 9\n"
                "   8 0 sda 1 2 3 4 5 6 7 8 0 100 9\n   8 1 sda1 1 2 3 4 5 6 7 8 0 0 9\n");
    fixture_write(f, "/proc/net/dev",
        later ? "Inter-|   Receive\n face |bytes\n    lo: 900 1 0 0 0 0 0 0 900 1\n  eth0: 1500 1 0 0 0 0 0 "
                "0 700 1 0\n"
              : "Inter-|   Receive\n face |bytes\n    lo: 100 1 0 0 0 0 0 0 100 1\n  eth0: 1000 1 0 0 0 0 0 "
                "0 200 1 0\n");
    fixture_write(f, "/proc/net/snmp",
        later ? "Ip: A B\nIp: 1 2\nTcp: RtoMin InSegs RetransSegs\nTcp: 200 5 18\n"
              : "Ip: A B\nIp: 1 2\nTcp: RtoMin InSegs RetransSegs\nTcp: 200 5 10\n");
    fixture_write(f, "/proc/net/netstat",
        later ? "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 0 9\nIpExt: X\nIpExt: 1\n"
              : "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 0 2\nIpExt: X\nIpExt: 1\n");
    fixture_write(
        f, "/proc/net/sockstat", "sockets: used 35\nTCP: inuse 15 orphan 0 tw 140 alloc 19 mem 99\n");
}

static void a_machine(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double value;
    } wanted[] = {{"host.cpu.cores", 2}, {"host.cpu.used", 100.0 / 200}, {"host.cpu.iowait", 10.0 / 200},
        {"host.cpu.steal", 70.0 / 200}, {"host.run_queue", 4}, {"host.memory.used", 750 * 1024},
        {"host.memory.limit", 1000 * 1024}, {"host.swap.in_per_second", 15}, {"host.disk.busy", 0.25},
        {"host.net.bytes_per_second", 500}, {"host.tcp.retransmits_per_second", 4},
        {"host.tcp.listen_overflows_per_second", 3.5}, {"host.tcp.time_wait", 140}};
    struct fixture f;
    struct probe p = {.kind = &probe_host, .stop_fd = -1};
    struct error err = ERROR_NULL;
    fixture_init(&f);
    write_all(&f, false);
    p.root = f.root;
    assert_int_equal(probe_host.open(&p, VIEW(""), &err), 0);
    probe_begin(&p, SECOND_US);
    assert_int_equal(probe_host.read(&p, &err), 0);
    assert_true(isnan(probe_value_of(&p, "host.cpu.used"))); /* of one reading there are no rates */
    assert_true(probe_value_of(&p, "host.run_queue") == 1);
    write_all(&f, true);
    probe_begin(&p, 3 * SECOND_US);
    assert_int_equal(probe_host.read(&p, &err), 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (!(fabs(probe_value_of(&p, wanted[i].name) - wanted[i].value) < 1e-9))
            fail_msg("%s: %g, not %g", wanted[i].name, probe_value_of(&p, wanted[i].name), wanted[i].value);
    probe_host.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

static void what_is_not_there_is_left_out(void **state) {
    (void)state;
    struct fixture f;
    struct probe p = {.kind = &probe_host, .stop_fd = -1};
    struct error err = ERROR_NULL;
    fixture_init(&f);
    p.root = f.root;
    assert_int_equal(probe_host.open(&p, VIEW(""), &err), 0);
    probe_begin(&p, SECOND_US);
    assert_true(probe_host.read(&p, &err) < 0); /* not even /proc/stat */
    fixture_write(&f, "/proc/stat", "cpu garbage\nprocs_running x\n");
    fixture_write(&f, "/proc/meminfo", "");
    fixture_write(&f, "/proc/diskstats", "8 0\n\nsda\n");
    fixture_write(&f, "/proc/net/dev", "eth0: x y\n::\n");
    fixture_write(&f, "/proc/net/snmp", "Tcp: RetransSegs\n");
    probe_begin(&p, 2 * SECOND_US);
    assert_int_equal(probe_host.read(&p, &err), 0);
    assert_int_equal(p.value_count, 0);
    probe_host.close(&p);
    assert_int_equal(probe_host.open(&p, VIEW("other"), &err), ERROR_INVALID);
    probe_host.close(&p);
    probe_deinit(&p);
    fixture_deinit(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine), cmocka_unit_test(what_is_not_there_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
