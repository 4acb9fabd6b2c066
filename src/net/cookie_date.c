/* Dates in cookies, by the algorithm of RFC 6265 §5.1.1: tokens in any order, the first that looks like a time is the
 * time, then day of month, month, year. */
#include "net/cookie.h"

struct date {
    int hour, minute, second, day, month, year;
    bool has_time, has_day, has_month, has_year;
};

static bool is_delimiter(char c) {
    unsigned char u = (unsigned char)c;

    return u == 9 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) || (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

/* Leading digits of the token, at least min and at most max of them; false otherwise. *rest follows the digits. */
static bool digits(struct view token, size_t min, size_t max, int *out, struct view *rest) {
    size_t n = 0;
    int v = 0;

    while (n < token.len && token.ptr[n] >= '0' && token.ptr[n] <= '9' && n <= max)
        v = v * 10 + (token.ptr[n++] - '0');
    *out = v;
    *rest = view_drop(token, n);
    return n >= min && n <= max;
}

static bool take_time(struct view token, struct date *d) {
    struct view rest;

    return digits(token, 1, 2, &d->hour, &rest) && rest.len && rest.ptr[0] == ':' &&
           digits(view_drop(rest, 1), 1, 2, &d->minute, &rest) && rest.len && rest.ptr[0] == ':' &&
           digits(view_drop(rest, 1), 1, 2, &d->second, &rest);
}

static bool take_month(struct view token, struct date *d) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";

    if (token.len < 3)
        return false;
    for (int i = 0; i < 12; i++)
        if (view_eq_nocase(view_take(token, 3), view_of(names + 3 * i, 3))) {
            d->month = i + 1;
            return true;
        }
    return false;
}

static void take_token(struct view token, struct date *d) {
    struct view rest;

    if (!d->has_time && take_time(token, d))
        d->has_time = true;
    else if (!d->has_day && digits(token, 1, 2, &d->day, &rest))
        d->has_day = true;
    else if (!d->has_month && take_month(token, d))
        d->has_month = true;
    else if (!d->has_year && digits(token, 2, 4, &d->year, &rest))
        d->has_year = true;
}

/* Days since 1970-01-01 of the proleptic Gregorian calendar (years counted from March, so that leap days come last). */
static int64_t days_of(int year, int month, int day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

bool cookie_parse_date(struct view text, int64_t *unix_s) {
    struct date d = {0};

    for (size_t i = 0; i < text.len;) {
        size_t start = i;
        while (i < text.len && !is_delimiter(text.ptr[i]))
            i++;
        if (i > start)
            take_token(view_of(text.ptr + start, i - start), &d);
        else
            i++;
    }
    if (!d.has_time || !d.has_day || !d.has_month || !d.has_year)
        return false;
    if (d.year >= 70 && d.year <= 99)
        d.year += 1900;
    else if (d.year < 70)
        d.year += 2000;
    if (d.year < 1601 || d.hour > 23 || d.minute > 59 || d.second > 59 || d.day < 1 || d.day > days_in_month(d.year, d.month))
        return false;
    *unix_s = days_of(d.year, d.month, d.day) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
    return true;
}
