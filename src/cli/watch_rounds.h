/* Which rounds of a watch are over: from the counts of iterations that were started, finished and dropped,
 * and the time. A round that has not ended within the limit is over, too (overdue); that it ends later is no
 * second round. Pure: it is given times. */
#ifndef CLI_WATCH_ROUNDS_H
#define CLI_WATCH_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

enum { WATCH_ROUNDS_OPEN_MAX = 256 }; /* under way at once; more than a watch has users */

struct watch_rounds {
    int64_t limit_us;
    uint64_t started, finished, dropped;     /* as told last */
    int64_t begun_us[WATCH_ROUNDS_OPEN_MAX]; /* of those under way, oldest first */
    size_t open;
    uint64_t overdue; /* given up, and still under way */
};
struct watch_rounds_over {
    uint64_t ended, overdue, dropped; /* new ones; ended: in time */
    uint64_t late;                    /* overdue ones that ended after all */
    int64_t begun_us;                 /* the oldest of them; now if there is none */
};
void watch_rounds_init(struct watch_rounds *w, int64_t limit_us);
/* The counts since the start, now. */
struct watch_rounds_over watch_rounds_tell(
    struct watch_rounds *w, uint64_t started, uint64_t finished, uint64_t dropped, int64_t now_us);

#endif
