/* Sources: process CPU from clock_gettime(CLOCK_PROCESS_CPUTIME_ID), time spent ready without a core from /proc/self/schedstat,
 * resident memory from /proc/self/statm, stolen time from the first line of /proc/stat (column "steal", in clock ticks over all cores),
 * drops from /proc/net/dev (full rings; not "drop" of received packets, which counts unknown protocols, too) and from TcpExt in
 * /proc/net/netstat (full socket buffers). A file that cannot be read counts as zero: health is
 * evidence, its absence must not stop a run. */
#include "engine/health.h"

#include "core/clock.h"
#include "core/view.h"

#include <stdio.h>
#include <unistd.h>

static int64_t steal_us(void) {
    unsigned long long v[8] = {0};
    FILE *f = fopen("/proc/stat", "re");
    if (!f)
        return 0;
    int n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
    fclose(f);
    long ticks_per_s = sysconf(_SC_CLK_TCK);
    return n == 8 && ticks_per_s > 0 ? (int64_t)v[7] * 1000000 / ticks_per_s : 0;
}

static uint64_t rss_bytes(void) {
    unsigned long long total = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    int n = fscanf(f, "%llu %llu", &total, &resident);
    fclose(f);
    return n == 2 ? (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static int64_t wait_us(void) {
    unsigned long long run_ns = 0, wait_ns = 0;
    FILE *f = fopen("/proc/self/schedstat", "re");
    if (!f)
        return 0;
    int n = fscanf(f, "%llu %llu", &run_ns, &wait_ns);
    fclose(f);
    return n == 2 ? (int64_t)(wait_ns / 1000) : 0;
}

/* ---- what the machine threw away ---- */

enum { PROC_LINE_MAX = 8192 };

static uint64_t card_drops(void) {
    char line[PROC_LINE_MAX];
    uint64_t sum = 0;
    FILE *f = fopen("/proc/net/dev", "re");
    while (f && fgets(line, sizeof line, f)) {
        unsigned long long v[16] = {0};
        char name[64];
        int n = sscanf(line, " %63[^:]: %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu", name, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
            &v[6], &v[7], &v[8], &v[9], &v[10], &v[11], &v[12]);
        sum += n == 14 ? v[4] + v[11] + v[12] : 0; /* received: fifo; sent: drop, fifo */
    }
    if (f)
        fclose(f);
    return sum;
}

/* Names stand in one line, figures in the next. */
static uint64_t socket_drops(void) {
    static const struct view wanted[] = {{"RcvPruned", 9}, {"TCPBacklogDrop", 14}, {"TCPRcvQDrop", 11}};
    static char names[PROC_LINE_MAX], figures[PROC_LINE_MAX];
    uint64_t sum = 0, figure;
    FILE *f = fopen("/proc/net/netstat", "re");
    bool there = f && fgets(names, sizeof names, f) && fgets(figures, sizeof figures, f);
    struct view a = view_of_cstr(there ? names : ""), b = view_of_cstr(there ? figures : "");
    while (a.len && b.len) {
        struct view name = view_trim(view_cut(&a, ' ', NULL)), text = view_trim(view_cut(&b, ' ', NULL));
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
            sum += view_eq(name, wanted[i]) && view_to_u64(text, &figure) ? figure : 0;
    }
    if (f)
        fclose(f);
    return sum;
}

void health_init(struct health *h, int64_t now_us) {
    *h = (struct health){.last_wall_us = now_us, .last_cpu_us = clock_process_cpu_us(), .last_wait_us = wait_us(), .last_steal_us = steal_us(),
                         .last_drops = card_drops() + socket_drops()};
}

void health_note_start(struct health *h, int64_t intended_us, int64_t now_us) {
    if (now_us - intended_us > h->send_late_max_us)
        h->send_late_max_us = now_us - intended_us;
}

void health_take(struct health *h, struct loop *loop, int64_t now_us, struct snapshot_health *out) {
    int64_t cpu = clock_process_cpu_us(), waited = wait_us(), steal = steal_us();
    uint64_t drops = card_drops() + socket_drops();
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *out = (struct snapshot_health){.wall_us = now_us - h->last_wall_us,
                                    .cpu_us = cpu - h->last_cpu_us,
                                    .wait_us = waited - h->last_wait_us,
                                    .steal_us = steal - h->last_steal_us,
                                    .cores = cores > 0 ? (uint64_t)cores : 1,
                                    .net_drops = drops > h->last_drops ? drops - h->last_drops : 0,
                                    .send_late_max_us = h->send_late_max_us,
                                    .rss_bytes = rss_bytes()};
    if (loop) {
        struct loop_lag lag = loop_take_lag(loop);
        out->turn_max_us = lag.turn_max_us;
        out->timer_late_max_us = lag.timer_late_max_us;
    }
    h->last_wall_us = now_us;
    h->last_cpu_us = cpu;
    h->last_wait_us = waited;
    h->last_steal_us = steal;
    h->last_drops = drops;
    h->send_late_max_us = 0;
}
