/* The arithmetic is JavaScript's, because k6 formats its summary in JavaScript and the digits must agree: Math.trunc after a multiplication
 * in doubles, toFixed on the exact decimal value, numbers in their shortest form. */
#include "report/humanize.h"

#include <math.h>
#include <stdio.h>

#include "core/json_writer.h"

enum humanize_unit humanize_unit_of(struct view name) {
    static const char *const names[] = {[HUMANIZE_S] = "s", [HUMANIZE_MS] = "ms", [HUMANIZE_US] = "us"};
    for (size_t i = HUMANIZE_S; i <= HUMANIZE_US; i++)
        if (view_eq(name, view_of_cstr(names[i])))
            return (enum humanize_unit)i;
    return HUMANIZE_AUTO;
}

/* The shortest text that reads back as v; JavaScript has no "-0". */
static char *shortest(double v, char out[HUMANIZE_MAX]) {
    char text[JSON_WRITER_NUMBER_MAX];
    if (!isfinite(v))
        snprintf(out, HUMANIZE_MAX, "%s", isnan(v) ? "NaN" : v > 0 ? "Infinity" : "-Infinity");
    else
        snprintf(out, HUMANIZE_MAX, "%s", v == 0 ? "0" : json_format_double(v, text));
    return out;
}

char *humanize_fixed(double v, int decimals, char out[HUMANIZE_MAX]) {
    if (!isfinite(v) || fabs(v) >= 1e21)
        return shortest(v, out);
    /* printf rounds exact ties to even; only a multiple of 2^-(decimals+1) can be one. */
    double scaled = ldexp(v, decimals + 1);
    bool tie = fabs(scaled) < 1e15 && scaled == trunc(scaled) && fmodl((long double)fabs(v) * powl(10, decimals) * 2, 2) == 1;
    if (tie)
        v = nextafter(v, v < 0 ? -INFINITY : INFINITY);
    snprintf(out, HUMANIZE_MAX, "%.*f", decimals, v == 0 ? 0.0 : v);
    return out;
}

char *humanize_number(double v, int decimals, char out[HUMANIZE_MAX]) {
    double rounded = 0;
    humanize_fixed(v, decimals, out);
    if (!view_to_double(view_of_cstr(out), &rounded))
        return out;
    return shortest(rounded, out);
}

static char *cut(double v, int decimals, char out[HUMANIZE_MAX]) {
    double mult = pow(10, decimals);
    return humanize_number(trunc(mult * v) / mult, decimals, out);
}

static char *duration_auto(double ms, char out[HUMANIZE_MAX]) {
    char text[HUMANIZE_MAX];
    if (ms == 0)
        snprintf(out, HUMANIZE_MAX, "0s");
    else if (ms < 0.001)
        snprintf(out, HUMANIZE_MAX, "%sns", shortest(trunc(ms * 1000000), text));
    else if (ms < 1)
        snprintf(out, HUMANIZE_MAX, "%sµs", cut(ms * 1000, 2, text));
    else if (ms < 1000)
        snprintf(out, HUMANIZE_MAX, "%sms", cut(ms, 2, text));
    else {
        double minutes = trunc(ms / 60000), hours = trunc(minutes / 60);
        const char *seconds = cut(fmod(ms, 60000) / 1000, ms > 60000 ? 0 : 2, text);
        if (minutes < 1)
            snprintf(out, HUMANIZE_MAX, "%ss", seconds);
        else if (hours < 1)
            snprintf(out, HUMANIZE_MAX, "%.0fm%ss", minutes, seconds);
        else
            snprintf(out, HUMANIZE_MAX, "%.0fh%.0fm%ss", hours, fmod(minutes, 60), seconds);
    }
    return out;
}

char *humanize_duration(double ms, enum humanize_unit unit, char out[HUMANIZE_MAX]) {
    static const struct {
        double factor;
        const char *name;
    } units[] = {[HUMANIZE_S] = {0.001, "s"}, [HUMANIZE_MS] = {1, "ms"}, [HUMANIZE_US] = {1000, "µs"}};
    char text[HUMANIZE_MAX];
    if (unit == HUMANIZE_AUTO)
        return duration_auto(ms, out);
    snprintf(out, HUMANIZE_MAX, "%s%s", humanize_fixed(ms * units[unit].factor, 2, text), units[unit].name);
    return out;
}

char *humanize_bytes(double bytes, char out[HUMANIZE_MAX]) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
    char text[HUMANIZE_MAX];
    if (!(bytes >= 10)) {
        snprintf(out, HUMANIZE_MAX, "%s B", shortest(bytes, text));
        return out;
    }
    double e = floor(log(bytes) / log(1000));
    if (e > 8)
        e = 8;
    double v = floor(bytes / pow(1000, e) * 10 + 0.5) / 10;
    snprintf(out, HUMANIZE_MAX, "%s %s", humanize_fixed(v, v < 10 ? 1 : 0, text), units[(int)e]);
    return out;
}

char *humanize_share(double share, char out[HUMANIZE_MAX]) {
    char text[HUMANIZE_MAX];
    snprintf(out, HUMANIZE_MAX, "%s%%", humanize_fixed(trunc(share * 100 * 100) / 100, 2, text));
    return out;
}

char *humanize_value(double v, enum metric_type type, enum metric_contains contains, enum humanize_unit unit, char out[HUMANIZE_MAX]) {
    if (type == METRIC_RATE)
        return humanize_share(v, out);
    if (contains == METRIC_DATA)
        return humanize_bytes(v, out);
    return contains == METRIC_TIME ? humanize_duration(v, unit, out) : humanize_number(v, 6, out);
}

char *humanize_count(uint64_t n, char out[HUMANIZE_MAX]) {
    char digits[32];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = 0;
    return out;
}

static int digits_of(int64_t n) {
    int digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

char *humanize_clock(int64_t us, int64_t max_us, char out[HUMANIZE_MAX]) {
    const int64_t tenth_us = 100000, tenths_d = 864000, tenths_h = 36000, tenths_m = 600;
    const char *sign = us < -tenth_us / 2 ? "-" : "";
    int64_t t = ((us < 0 ? -us : us) + tenth_us / 2) / tenth_us, max = ((max_us < 0 ? 0 : max_us) + tenth_us / 2) / tenth_us;
    if (t > max)
        max = t;
    int64_t h = t / tenths_h, m = t / tenths_m, s = t % tenths_m;
    if (max >= tenths_d)
        snprintf(out, HUMANIZE_MAX, "%s%0*lldd%02lldh%02lldm%02lld.%llds", sign, digits_of(max / tenths_d), (long long)(h / 24), (long long)(h % 24),
            (long long)(m % 60), (long long)(s / 10), (long long)(s % 10));
    else if (max >= tenths_h)
        snprintf(out, HUMANIZE_MAX, "%s%0*lldh%02lldm%02lld.%llds", sign, digits_of(max / tenths_h), (long long)h, (long long)(m % 60),
            (long long)(s / 10), (long long)(s % 10));
    else if (max >= tenths_m)
        snprintf(out, HUMANIZE_MAX, "%s%0*lldm%02lld.%llds", sign, digits_of(max / tenths_m), (long long)m, (long long)(s / 10), (long long)(s % 10));
    else
        snprintf(out, HUMANIZE_MAX, "%s%0*lld.%llds", sign, digits_of(max / 10), (long long)(s / 10), (long long)(s % 10));
    return out;
}

size_t humanize_width(struct view text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return n;
}
