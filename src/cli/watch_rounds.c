/* Counts do not say which iteration ended: the oldest that is not overdue is taken, for most rounds end
 * within a second. If it was another, the numbers come out the same a moment later. */
#include "cli/watch_rounds.h"

#include <string.h>

void watch_rounds_init(struct watch_rounds *w, int64_t limit_us) {
    *w = (struct watch_rounds){.limit_us = limit_us};
}

static int64_t take_oldest(struct watch_rounds *w) {
    int64_t begun_us = w->begun_us[0];

    memmove(w->begun_us, w->begun_us + 1, --w->open * sizeof *w->begun_us);
    return begun_us;
}

static void note(struct watch_rounds_over *over, int64_t begun_us) {
    over->begun_us = begun_us < over->begun_us ? begun_us : over->begun_us;
}

struct watch_rounds_over watch_rounds_tell(
    struct watch_rounds *w, uint64_t started, uint64_t finished, uint64_t dropped, int64_t now_us) {
    struct watch_rounds_over over = {.begun_us = now_us};

    for (; w->started < started; w->started++)
        if (w->open < WATCH_ROUNDS_OPEN_MAX)
            w->begun_us[w->open++] = now_us;
    for (; w->finished < finished; w->finished++) {
        if (w->open > 0) {
            note(&over, take_oldest(w));
            over.ended++;
        } else if (w->overdue > 0) {
            w->overdue--;
            over.late++;
        }
    }
    while (w->open > 0 && now_us - w->begun_us[0] > w->limit_us) {
        note(&over, take_oldest(w));
        w->overdue++;
        over.overdue++;
    }
    over.dropped = dropped > w->dropped ? dropped - w->dropped : 0;
    w->dropped = dropped > w->dropped ? dropped : w->dropped;
    return over;
}
