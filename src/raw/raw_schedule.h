/* When the requests of one process are due in the open model. Process i of n has the ticks i, i+n, i+2n … of a common row with `rate`
 * ticks a second, so the processes together keep the rate evenly without talking to each other. Times are µs since the start. */
#ifndef RAW_RAW_SCHEDULE_H
#define RAW_RAW_SCHEDULE_H

#include <stdint.h>

struct raw_schedule {
    double rate; /* of all processes, per second, > 0 */
    uint64_t first, step;
};

/* The instant of this process's tick number k. */
int64_t raw_schedule_at_us(const struct raw_schedule *s, uint64_t k);
/* How many of its ticks are due at at_us (those at that very instant included); none before 0. */
uint64_t raw_schedule_due(const struct raw_schedule *s, int64_t at_us);

#endif
