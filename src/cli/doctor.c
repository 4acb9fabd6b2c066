/* Facts from /proc and /sys, and what they mean for a load generator. "Limits" is what stops a single machine well below what its cores
 * could do: it makes `halftime doctor` exit with 1. "Note" is worth knowing. The thresholds stand in one enum. */
#include "cli/doctor.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    DESCRIPTORS_WANTED = 65536,   /* a connection each, for all users of a core and more */
    DESCRIPTORS_LOW = 8192,       /* below this even small tests with several connections per user fail */
    PORTS_WANTED = 28000,         /* what Linux gives by default */
    SOMAXCONN_WANTED = 4096,
    BYTES_PER_USER = 100 * 1024,  /* a k6 user with its engine and stack */
    MAPS_WANTED = 65530,
};
#define MEMORY_WANTED ((int64_t)1 << 30)

/* ---- reading ---- */

static bool read_text(const char *path, char *out, size_t size) {
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(out, 1, size - 1, f) : 0;

    out[n] = 0;
    out[strcspn(out, "\n")] = 0;
    if (f)
        fclose(f);
    return n > 0;
}

static int64_t read_number(const char *path) {
    char text[64];
    int64_t n;

    return read_text(path, text, sizeof text) && view_to_i64(view_trim(view_of_cstr(text)), &n) ? n : -1;
}

/* "MemAvailable:   123 kB" → bytes */
static int64_t read_meminfo(const char *key) {
    FILE *f = fopen("/proc/meminfo", "re");
    char line[256];
    int64_t kib = -1;
    size_t n = strlen(key);

    while (f && kib < 0 && fgets(line, sizeof line, f))
        if (!strncmp(line, key, n) && line[n] == ':')
            kib = strtoll(line + n + 1, NULL, 10);
    if (f)
        fclose(f);
    return kib < 0 ? -1 : kib * 1024;
}

/* cgroup v2: "200000 100000" = two cores; "max …" = no quota */
static int64_t cgroup_cores(void) {
    char text[64];

    if (!read_text("/sys/fs/cgroup/cpu.max", text, sizeof text) || !strncmp(text, "max", 3))
        return INT64_MAX;
    char *end;
    long long quota = strtoll(text, &end, 10), period = strtoll(end, NULL, 10);
    if (quota <= 0 || period <= 0)
        return INT64_MAX;
    return quota / period > 0 ? quota / period : 1;
}

static int64_t affinity_cores(void) {
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) ? INT64_MAX : CPU_COUNT(&set);
}

static void read_memory(struct doctor_facts *f) {
    int64_t limit = read_number("/sys/fs/cgroup/memory.max"), used = read_number("/sys/fs/cgroup/memory.current");

    f->memory_total = read_meminfo("MemTotal");
    f->memory_available = read_meminfo("MemAvailable");
    if (limit > 0 && limit < f->memory_total) {
        f->memory_total = limit;
        if (used >= 0 && limit - used < f->memory_available)
            f->memory_available = limit - used;
    }
}

void doctor_facts_read(struct doctor_facts *f) {
    struct rlimit files;
    char ports[64];

    *f = (struct doctor_facts){.descriptors_soft = -1, .descriptors_hard = -1, .port_first = -1, .port_last = -1};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        f->descriptors_soft = files.rlim_cur == RLIM_INFINITY ? INT64_MAX : (int64_t)files.rlim_cur;
        f->descriptors_hard = files.rlim_max == RLIM_INFINITY ? INT64_MAX : (int64_t)files.rlim_max;
    }
    f->descriptors_system = read_number("/proc/sys/fs/nr_open");
    if (read_text("/proc/sys/net/ipv4/ip_local_port_range", ports, sizeof ports)) {
        char *end;
        f->port_first = strtoll(ports, &end, 10);
        f->port_last = strtoll(end, NULL, 10);
    }
    f->tcp_tw_reuse = read_number("/proc/sys/net/ipv4/tcp_tw_reuse");
    f->somaxconn = read_number("/proc/sys/net/core/somaxconn");
    f->max_map_count = read_number("/proc/sys/vm/max_map_count");
    f->cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t by_affinity = affinity_cores(), by_quota = cgroup_cores();
    f->cores_usable = by_affinity < by_quota ? by_affinity : by_quota;
    if (f->cores_usable > f->cores)
        f->cores_usable = f->cores;
    read_memory(f);
    read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource", f->clock_source, sizeof f->clock_source);
    read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", f->governor, sizeof f->governor);
}

/* ---- judging ---- */

#define SAY(field, ...) snprintf(field, sizeof(field), __VA_ARGS__)

static void judge_descriptors(const struct doctor_facts *f, struct doctor_finding *d) {
    int64_t wanted = DESCRIPTORS_WANTED;

    d->subject = "descriptors";
    if (f->descriptors_soft < 0) {
        d->state = DOCTOR_NOTE;
        SAY(d->value, "unknown");
        return;
    }
    if (f->descriptors_soft == INT64_MAX)
        SAY(d->value, "no limit");
    else
        SAY(d->value, "%" PRId64 " (hard limit %" PRId64 ")", f->descriptors_soft, f->descriptors_hard);
    SAY(d->meaning, "one per open connection, in each worker process");
    if (f->descriptors_soft >= wanted)
        return;
    d->state = f->descriptors_soft < DESCRIPTORS_LOW ? DOCTOR_LIMITS : DOCTOR_NOTE;
    if (f->descriptors_hard >= wanted)
        SAY(d->remedy, "ulimit -n %" PRId64, wanted);
    else
        SAY(d->remedy, "as root: ulimit -Hn %" PRId64 "; for good: `* hard nofile %" PRId64 "` in /etc/security/limits.conf, or LimitNOFILE= in the unit", wanted,
            wanted);
}

static void judge_ports(const struct doctor_facts *f, struct doctor_finding *d) {
    int64_t count = f->port_last - f->port_first + 1;

    d->subject = "local ports";
    if (f->port_first < 0) {
        d->state = DOCTOR_NOTE;
        SAY(d->value, "unknown");
        return;
    }
    SAY(d->value, "%" PRId64 "-%" PRId64 " (%" PRId64 ")", f->port_first, f->port_last, count);
    SAY(d->meaning, "connections to one address and port at the same time; each stays taken for 60 s after it was closed from here");
    if (count >= PORTS_WANTED)
        return;
    d->state = DOCTOR_LIMITS;
    SAY(d->remedy, "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\"; or several local addresses (--local-ips)");
}

static void judge_tw_reuse(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "tcp_tw_reuse";
    SAY(d->value, "%s", f->tcp_tw_reuse == 1 ? "1 (on)" : f->tcp_tw_reuse == 2 ? "2 (loopback only)" : f->tcp_tw_reuse == 0 ? "0 (off)" : "unknown");
    SAY(d->meaning, "whether a port in TIME_WAIT may be used again for a new connection");
    if (f->tcp_tw_reuse == 1)
        return;
    d->state = DOCTOR_NOTE;
    SAY(d->remedy, "matters when connections are not kept alive: sysctl -w net.ipv4.tcp_tw_reuse=1");
}

static void judge_somaxconn(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "somaxconn";
    SAY(d->value, "%" PRId64, f->somaxconn);
    SAY(d->meaning, "connections waiting to be accepted, for servers on this machine (halftime target)");
    if (f->somaxconn >= SOMAXCONN_WANTED)
        return;
    d->state = DOCTOR_NOTE;
    SAY(d->remedy, "sysctl -w net.core.somaxconn=%d", SOMAXCONN_WANTED);
}

static void judge_cores(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "cores";
    if (f->cores_usable < f->cores)
        SAY(d->value, "%" PRId64 " of %" PRId64 " usable", f->cores_usable, f->cores);
    else
        SAY(d->value, "%" PRId64, f->cores);
    SAY(d->meaning, "one worker each; a worker makes some tens of thousands of plain requests per second");
    if (f->cores_usable < f->cores) {
        d->state = DOCTOR_NOTE;
        SAY(d->remedy, "CPU affinity or a cgroup quota keeps the others away (cpu.max, taskset, docker --cpus)");
    } else if (f->cores == 1) {
        d->state = DOCTOR_NOTE;
        SAY(d->remedy, "controller and worker share the core: times measured under full load are those of a busy machine");
    }
}

static void judge_memory(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "memory";
    if (f->memory_available < 0) {
        d->state = DOCTOR_NOTE;
        SAY(d->value, "unknown");
        return;
    }
    SAY(d->value, "%.1f GiB available of %.1f", (double)f->memory_available / (double)MEMORY_WANTED, (double)f->memory_total / (double)MEMORY_WANTED);
    SAY(d->meaning, "about %" PRId64 " k6 users with small scripts", f->memory_available / BYTES_PER_USER);
    if (f->memory_available >= MEMORY_WANTED)
        return;
    d->state = DOCTOR_LIMITS;
    SAY(d->remedy, "free memory, or run fewer users on this machine");
}

static void judge_clock(const struct doctor_facts *f, struct doctor_finding *d) {
    bool slow = !strcmp(f->clock_source, "hpet") || !strcmp(f->clock_source, "acpi_pm");

    d->subject = "clock source";
    SAY(d->value, "%s", f->clock_source[0] ? f->clock_source : "unknown");
    SAY(d->meaning, slow ? "each look at the clock is a system call of a microsecond or more" : "reading the time costs nanoseconds");
    d->state = slow ? DOCTOR_LIMITS : f->clock_source[0] ? DOCTOR_OK : DOCTOR_NOTE;
    if (slow)
        SAY(d->remedy, "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource (or kvm-clock in a guest)");
}

static void judge_governor(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "CPU governor";
    SAY(d->value, "%s", f->governor[0] ? f->governor : "none");
    SAY(d->meaning, "whether cores slow down between requests");
    if (strcmp(f->governor, "powersave") != 0 && strcmp(f->governor, "ondemand") != 0 && strcmp(f->governor, "schedutil") != 0)
        return;
    d->state = DOCTOR_NOTE;
    SAY(d->remedy, "cpupower frequency-set -g performance, for times that can be compared");
}

static void judge_maps(const struct doctor_facts *f, struct doctor_finding *d) {
    d->subject = "max_map_count";
    SAY(d->value, "%" PRId64, f->max_map_count);
    SAY(d->meaning, "memory mappings per process");
    if (f->max_map_count < 0 || f->max_map_count >= MAPS_WANTED)
        return;
    d->state = DOCTOR_NOTE;
    SAY(d->remedy, "sysctl -w vm.max_map_count=%d", MAPS_WANTED);
}

int doctor_examine(const struct doctor_facts *f, struct doctor_finding out[DOCTOR_FINDINGS_MAX]) {
    static void (*const judges[])(const struct doctor_facts *, struct doctor_finding *) = {judge_cores, judge_memory, judge_descriptors, judge_ports,
        judge_tw_reuse, judge_somaxconn, judge_maps, judge_clock, judge_governor};
    int n = 0;

    for (size_t i = 0; i < sizeof judges / sizeof judges[0]; i++) {
        out[n] = (struct doctor_finding){0};
        judges[i](f, &out[n++]);
    }
    return n;
}
