/* Durations as Go writes them, with k6's two extensions (days, and bare numbers as milliseconds).
 *
 * The grammar is Go's time.ParseDuration: a sign, then one or more "number unit" pairs, or a lone "0". The sentences
 * of the errors are Go's as well, since users search for them. Arithmetic is on unsigned nanoseconds up to 2^63, so
 * that the smallest int64 can be read; a fraction is truncated to whole nanoseconds as Go does. */
#include "core/duration.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define NS_MAX ((uint64_t)1 << 63)
static const uint64_t day_ns = UINT64_C(86400000000000);

static const struct unit {
    struct view name;
    uint64_t ns;
} units[] = {
    {VIEW("ns"), 1},
    {VIEW("us"), 1000},
    {VIEW("\xc2\xb5s"), 1000}, /* U+00B5 micro sign */
    {VIEW("\xce\xbcs"), 1000}, /* U+03BC Greek mu */
    {VIEW("ms"), 1000000},
    {VIEW("s"), 1000000000},
    {VIEW("m"), UINT64_C(60000000000)},
    {VIEW("h"), UINT64_C(3600000000000)},
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int invalid(struct view text, struct error *err) {
    return error_set(err, ERROR_SYNTAX, "time: invalid duration \"%.*s\"", VIEW_ARGS(text));
}

/* Digits at the front of *rest as whole number and fraction; false when there are none or they overflow. */
static bool take_number(struct view *rest, uint64_t *whole, uint64_t *fraction, double *scale) {
    bool any = false, full = false;

    *whole = *fraction = 0;
    *scale = 1;
    for (; rest->len && is_digit(rest->ptr[0]); *rest = view_drop(*rest, 1), any = true) {
        if (*whole > NS_MAX / 10)
            return false;
        *whole = *whole * 10 + (uint64_t)(rest->ptr[0] - '0');
    }
    if (!rest->len || rest->ptr[0] != '.')
        return any;
    *rest = view_drop(*rest, 1);
    for (; rest->len && is_digit(rest->ptr[0]); *rest = view_drop(*rest, 1), any = true) {
        full = full || *fraction > (NS_MAX - 10) / 10;
        if (full)
            continue;
        *fraction = *fraction * 10 + (uint64_t)(rest->ptr[0] - '0');
        *scale *= 10;
    }
    return any;
}

static const struct unit *take_unit(struct view *rest, struct view *name) {
    size_t n = 0;

    while (n < rest->len && rest->ptr[n] != '.' && !is_digit(rest->ptr[n]))
        n++;
    *name = view_take(*rest, n);
    *rest = view_drop(*rest, n);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (view_eq(units[i].name, *name))
            return &units[i];
    return NULL;
}

static int parse_go(struct view text, int64_t *ns_out, struct error *err) {
    struct view rest = text, name;
    bool negative = rest.len && rest.ptr[0] == '-';
    uint64_t sum = 0;

    if (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '+'))
        rest = view_drop(rest, 1);
    if (view_eq(rest, VIEW("0"))) {
        *ns_out = 0;
        return 0;
    }
    if (!rest.len)
        return invalid(text, err);
    while (rest.len) {
        uint64_t whole, fraction;
        double scale;
        if (!take_number(&rest, &whole, &fraction, &scale))
            return invalid(text, err);
        const struct unit *unit = take_unit(&rest, &name);
        if (!unit && !name.len)
            return error_set(err, ERROR_SYNTAX, "time: missing unit in duration \"%.*s\"", VIEW_ARGS(text));
        if (!unit)
            return error_set(err, ERROR_SYNTAX, "time: unknown unit \"%.*s\" in duration \"%.*s\"", VIEW_ARGS(name),
                             VIEW_ARGS(text));
        if (__builtin_mul_overflow(whole, unit->ns, &whole) || whole > NS_MAX)
            return invalid(text, err);
        if (fraction)
            whole += (uint64_t)((double)fraction * ((double)unit->ns / scale));
        sum += whole;
        if (whole > NS_MAX || sum > NS_MAX)
            return invalid(text, err);
    }
    if (!negative && sum == NS_MAX)
        return invalid(text, err);
    *ns_out = negative ? (int64_t)(0 - sum) : (int64_t)sum;
    return 0;
}

/* "<days>d[<Go duration>]": the sign of the days counts for the whole. */
static int parse_days(struct view text, size_t d_at, int64_t *ns_out, struct error *err) {
    struct view tail = view_drop(text, d_at + 1);
    int64_t days, ns = 0;

    if (!view_to_i64(view_take(text, d_at), &days))
        return invalid(text, err);
    if (tail.len) {
        int r = parse_go(tail, &ns, err);
        if (r < 0)
            return r;
        if (ns < 0)
            return invalid(text, err);
    }
    if (text.ptr[0] == '-')
        ns = -ns;
    if (__builtin_mul_overflow(days, (int64_t)day_ns, &days) || __builtin_add_overflow(days, ns, ns_out))
        return invalid(text, err);
    return 0;
}

int duration_parse(struct view text, bool allow_days, bool allow_bare_ms, int64_t *ns_out, struct error *err) {
    double ms;

    if (allow_bare_ms && view_to_double(text, &ms)) {
        double ns = ms * 1e6;
        if (!(fabs(ns) < (double)NS_MAX))
            return invalid(text, err);
        *ns_out = (int64_t)ns;
        return 0;
    }
    ptrdiff_t d_at = allow_days ? view_find(text, 'd') : -1;
    return d_at >= 0 ? parse_days(text, (size_t)d_at, ns_out, err) : parse_go(text, ns_out, err);
}

/* Appends value with its fraction (value counts 10^-digits), without trailing zeros. */
static int put_fraction(char *out, size_t size, uint64_t value, int digits, const char *unit) {
    uint64_t scale = 1;

    for (int i = 0; i < digits; i++)
        scale *= 10;
    uint64_t whole = value / scale, fraction = value % scale;
    if (!fraction)
        return snprintf(out, size, "%" PRIu64 "%s", whole, unit);
    for (; fraction % 10 == 0; digits--)
        fraction /= 10;
    return snprintf(out, size, "%" PRIu64 ".%0*" PRIu64 "%s", whole, digits, fraction, unit);
}

char *duration_format(int64_t ns, char out[DURATION_TEXT_MAX]) {
    const uint64_t second = 1000000000;
    uint64_t u = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    char *at = out, *end = out + DURATION_TEXT_MAX;

    if (ns < 0)
        *at++ = '-';
    if (!u)
        snprintf(at, (size_t)(end - at), "0s");
    else if (u < 1000)
        put_fraction(at, (size_t)(end - at), u, 0, "ns");
    else if (u < 1000000)
        put_fraction(at, (size_t)(end - at), u, 3, "\xc2\xb5s");
    else if (u < second)
        put_fraction(at, (size_t)(end - at), u, 6, "ms");
    if (u < second)
        return out;
    uint64_t minutes = u / (60 * second);
    if (minutes >= 60)
        at += snprintf(at, (size_t)(end - at), "%" PRIu64 "h", minutes / 60);
    if (minutes)
        at += snprintf(at, (size_t)(end - at), "%" PRIu64 "m", minutes % 60);
    put_fraction(at, (size_t)(end - at), u % (60 * second), 9, "s");
    return out;
}
