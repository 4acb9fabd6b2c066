/* One process of raw load, from inside: its loop, its load, and its end of the bus to the parent. */
#ifndef RAW_RAW_PROCESS_H
#define RAW_RAW_PROCESS_H

#include "raw/raw.h"

enum { RAW_SECOND_US = 1000 * 1000 };

/* Messages over the bus. */
enum raw_message {
    RAW_MESSAGE_SECOND = 1,  /* up: struct raw_second, packed */
    RAW_MESSAGE_UNREACHABLE, /* up: a sentence */
    RAW_MESSAGE_FAILED,      /* up: a sentence; it could not begin */
    RAW_MESSAGE_STOP,        /* down: no more requests, wait for those under way */
    RAW_MESSAGE_CUT,         /* down: end at once */
};

/* What a process tells each second. */
struct raw_second {
    int64_t wall_us, cpu_us, waited_us; /* waited_us: ready to run, but another program had the core */
    int64_t late_us;                    /* of its own requests or its loop, at worst */
    bool final;
};
void raw_second_pack(const struct raw_second *s, struct pack_writer *w);
struct raw_second raw_second_unpack(struct pack_reader *r);

/* Runs the load until it is finished or the parent has gone; returns the exit code of the process. start_us: CLOCK_MONOTONIC. */
int raw_process_run(int bus_fd, const struct raw_options *o, size_t index, int64_t start_us);

#endif
