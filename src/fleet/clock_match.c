#include "fleet/clock_match.h"

void clock_match_round(struct clock_match *m, int64_t asked_us, int64_t theirs_us, int64_t answered_us) {
    int64_t rtt_us = answered_us - asked_us;

    if (rtt_us < 0)
        return;
    if (m->rounds == 0 || rtt_us < m->rtt_us) {
        m->rtt_us = rtt_us;
        m->offset_us = asked_us + rtt_us / 2 - theirs_us;
    }
    m->rounds++;
}
