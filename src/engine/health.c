/* Sources: process CPU from clock_gettime(CLOCK_PROCESS_CPUTIME_ID), resident memory from /proc/self/statm, stolen time from the
 * first line of /proc/stat (column "steal", in clock ticks over all cores). A file that cannot be read counts as zero: health is
 * evidence, its absence must not stop a run. */
#include "engine/health.h"

#include "core/clock.h"

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

void health_init(struct health *h, int64_t now_us) {
    *h = (struct health){.last_wall_us = now_us, .last_cpu_us = clock_process_cpu_us(), .last_steal_us = steal_us()};
}

void health_note_start(struct health *h, int64_t intended_us, int64_t now_us) {
    if (now_us - intended_us > h->send_late_max_us)
        h->send_late_max_us = now_us - intended_us;
}

void health_take(struct health *h, struct loop *loop, int64_t now_us, struct snapshot_health *out) {
    int64_t cpu = clock_process_cpu_us(), steal = steal_us();
    *out = (struct snapshot_health){.wall_us = now_us - h->last_wall_us,
                                    .cpu_us = cpu - h->last_cpu_us,
                                    .steal_us = steal - h->last_steal_us,
                                    .send_late_max_us = h->send_late_max_us,
                                    .rss_bytes = rss_bytes()};
    if (loop) {
        struct loop_lag lag = loop_take_lag(loop);
        out->turn_max_us = lag.turn_max_us;
        out->timer_late_max_us = lag.timer_late_max_us;
    }
    h->last_wall_us = now_us;
    h->last_cpu_us = cpu;
    h->last_steal_us = steal;
    h->send_late_max_us = 0;
}
