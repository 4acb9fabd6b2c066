/* The real clocks, a fake one for tests, and RFC 3339 text.
 *
 * The fake clock is recovered from its base pointer: base is the first member of struct clock_fake. */
#include "core/clock.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t id) {
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t real_now_us(const struct clock *c) {
    (void)c;
    return read_ns(CLOCK_MONOTONIC) / 1000;
}

const struct clock clock_real = {.now_us = real_now_us};

static int64_t fake_now_us(const struct clock *c) {
    return ((const struct clock_fake *)(const void *)c)->now_us;
}

static_assert(offsetof(struct clock_fake, base) == 0, "a struct clock * must be castable to its fake");

void clock_fake_init(struct clock_fake *f, int64_t now_us) {
    *f = (struct clock_fake){.base = {.now_us = fake_now_us}, .now_us = now_us};
}

void clock_fake_advance(struct clock_fake *f, int64_t by_us) {
    assert(by_us >= 0);
    f->now_us += by_us;
}

int64_t clock_wall_us(void) {
    return read_ns(CLOCK_REALTIME) / 1000;
}

int64_t clock_wall_ns(void) {
    return read_ns(CLOCK_REALTIME);
}

int64_t clock_process_cpu_us(void) {
    return read_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000;
}

char *clock_format_rfc3339(int64_t wall_ns, int fraction_digits, char *out, size_t out_size) {
    time_t seconds = (time_t)(wall_ns / 1000000000);
    int64_t ns = wall_ns % 1000000000;
    struct tm tm;

    if (ns < 0) {
        ns += 1000000000;
        seconds--;
    }
    assert(fraction_digits >= 0 && fraction_digits <= 9 && out_size >= 40);
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, out_size, "%Y-%m-%dT%H:%M:%S", &tm);
    if (fraction_digits > 0) {
        char digits[16];
        snprintf(digits, sizeof digits, "%09lld", (long long)ns);
        n += (size_t)snprintf(out + n, out_size - n, ".%.*s", fraction_digits, digits);
    }
    snprintf(out + n, out_size - n, "Z");
    return out;
}
