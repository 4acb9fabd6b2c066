#include "raw/raw_schedule.h"

int64_t raw_schedule_at_us(const struct raw_schedule *s, uint64_t k) {
    return (int64_t)((double)(s->first + k * s->step) * 1e6 / s->rate);
}

uint64_t raw_schedule_due(const struct raw_schedule *s, int64_t at_us) {
    if (at_us < 0)
        return 0;
    /* An estimate that rounding may have put one off, set right by the one definition of an instant. */
    double row = (double)at_us * s->rate / 1e6;
    uint64_t k = row < (double)s->first ? 0 : (uint64_t)((row - (double)s->first) / (double)s->step);
    while (raw_schedule_at_us(s, k) <= at_us)
        k++;
    while (k > 0 && raw_schedule_at_us(s, k - 1) > at_us)
        k--;
    return k;
}
