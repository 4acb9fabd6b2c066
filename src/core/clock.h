/* Time behind one pointer, so that tests can replace it.
 * now_us: CLOCK_MONOTONIC in microseconds. Wall time is only for people and file formats. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock {
    int64_t (*now_us)(const struct clock *c);
};

extern const struct clock clock_real;

struct clock_fake {
    struct clock base; /* first member: &fake.base is a struct clock * */
    int64_t now_us;
};
void clock_fake_init(struct clock_fake *f, int64_t now_us);
void clock_fake_advance(struct clock_fake *f, int64_t by_us);

static inline int64_t clock_now_us(const struct clock *c) { return c->now_us(c); }
int64_t clock_wall_us(void);      /* since the Unix epoch, CLOCK_REALTIME */
int64_t clock_wall_ns(void);
int64_t clock_process_cpu_us(void); /* user + system of this process */
/* "2026-01-02T03:04:05Z" (fraction_digits 0), …05.123456789Z (9). out >= 40 bytes. Returns out. */
char *clock_format_rfc3339(int64_t wall_ns, int fraction_digits, char *out, size_t out_size);

#endif
