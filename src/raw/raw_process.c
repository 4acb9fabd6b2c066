/* "Ready to run, but another program had the core" is the second figure of /proc/self/schedstat (ns). A
 * process that was starved looks idle by its CPU time alone, and its measurements are as worthless as those
 * of a busy one. */
#include "raw/raw_process.h"

#include "fleet/bus.h"
#include "raw/raw_load.h"

#include <stdio.h>
#include <string.h>

struct raw_process {
    struct loop *loop;
    struct bus *bus;
    struct raw_load *load;
    struct timer second;
    int64_t last_wall_us, last_cpu_us, last_waited_us;
    bool finished;
};

/* --- the account of a second --- */

void raw_second_pack(const struct raw_second *s, struct pack_writer *w) {
    pack_i64(w, s->wall_us);
    pack_i64(w, s->cpu_us);
    pack_i64(w, s->waited_us);
    pack_i64(w, s->late_us);
    pack_bool(w, s->final);
}

struct raw_second raw_second_unpack(struct pack_reader *r) {
    struct raw_second s;

    s.wall_us = unpack_i64(r);
    s.cpu_us = unpack_i64(r);
    s.waited_us = unpack_i64(r);
    s.late_us = unpack_i64(r);
    s.final = unpack_bool(r);
    return s;
}

static int64_t waited_us(void) {
    unsigned long long ran_ns, waited_ns = 0;
    FILE *f = fopen("/proc/self/schedstat", "re");

    if (!f)
        return 0;
    if (fscanf(f, "%llu %llu", &ran_ns, &waited_ns) != 2)
        waited_ns = 0;
    fclose(f);
    return (int64_t)(waited_ns / 1000);
}

static struct raw_second take_second(struct raw_process *p, bool final) {
    struct loop_lag lag = loop_take_lag(p->loop);
    int64_t wall_us = loop_refresh_us(p->loop), cpu_us = clock_process_cpu_us(), idle_us = waited_us();
    int64_t late_us = raw_load_take_late_us(p->load);
    struct raw_second s = {.wall_us = wall_us - p->last_wall_us,
        .cpu_us = cpu_us - p->last_cpu_us,
        .waited_us = idle_us - p->last_waited_us,
        .late_us = late_us > lag.turn_max_us ? late_us : lag.turn_max_us,
        .final = final};

    p->last_wall_us = wall_us;
    p->last_cpu_us = cpu_us;
    p->last_waited_us = idle_us;
    return s;
}

static void tell_second(struct raw_process *p, bool final) {
    struct buf text = BUF_MAX(BUS_FRAME_MAX - 16);
    struct pack_writer w = pack_writer_of(&text);
    struct raw_second s = take_second(p, final);
    struct raw_tally *tally = raw_load_tally(p->load);

    raw_second_pack(&s, &w);
    raw_tally_pack(tally, &w);
    if (w.error < 0 || bus_send(p->bus, RAW_MESSAGE_SECOND, buf_view(&text)) < 0)
        loop_stop(p->loop); /* the parent sees a process that ended without its last word */
    raw_tally_reset(tally);
    buf_deinit(&text);
}

static void on_second(struct timer *t) {
    struct raw_process *p = CONTAINER_OF(t, struct raw_process, second);

    tell_second(p, false);
    if (timers_arm(loop_timers(p->loop), t, loop_now_us(p->loop) + RAW_SECOND_US) < 0)
        loop_stop(p->loop);
}

/* --- events --- */

static void on_finished(void *ctx) {
    struct raw_process *p = ctx;

    p->finished = true;
    timers_cancel(loop_timers(p->loop), &p->second);
    tell_second(p, true);
    loop_stop(p->loop);
}

static void on_unreachable(void *ctx, struct view why) {
    struct raw_process *p = ctx;

    if (bus_send(p->bus, RAW_MESSAGE_UNREACHABLE, why) < 0)
        loop_stop(p->loop);
}

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct raw_process *p = ctx;

    (void)body;
    if (kind == RAW_MESSAGE_STOP || kind == RAW_MESSAGE_CUT)
        raw_load_stop(p->load, kind == RAW_MESSAGE_CUT);
}

static void on_closed(void *ctx, int error) {
    struct raw_process *p = ctx;

    (void)error;
    loop_stop(p->loop);
}

int raw_process_run(int bus_fd, const struct raw_options *o, size_t index, int64_t start_us) {
    static const struct bus_ops ops = {.message = on_message, .closed = on_closed};
    struct raw_process p = {.second = {.fire = on_second}};
    struct raw_load_events events = {.finished = on_finished, .unreachable = on_unreachable, .ctx = &p};
    struct error err = ERROR_NULL;

    if (loop_new(&p.loop, NULL) < 0 || bus_new(&p.bus, p.loop, bus_fd, &ops, &p) < 0)
        return 1;
    int r = raw_load_new(&p.load, p.loop, o, index, start_us, &events, &err);
    if (r < 0)
        r = bus_send(p.bus, RAW_MESSAGE_FAILED, view_of_cstr(err.text));
    else
        r = timers_arm(loop_timers(p.loop), &p.second, start_us + RAW_SECOND_US);
    if (p.load && r == 0) {
        p.last_wall_us = start_us;
        p.last_cpu_us = clock_process_cpu_us();
        p.last_waited_us = waited_us();
        r = loop_run(p.loop);
    }
    bus_flush(p.bus);
    timers_cancel(loop_timers(p.loop), &p.second);
    raw_load_free(p.load);
    bus_free(p.bus);
    loop_free(p.loop);
    return p.finished && r == 0 ? 0 : 1;
}
