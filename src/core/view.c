/* Views: comparing, cutting and reading text that somebody else owns.
 *
 * Nothing here allocates except view_dup_cstr (and view_to_double for numbers of absurd length). An empty view may
 * have a NULL pointer; every function takes that. Parsers are strict: the whole view must be the number.
 *
 * view_to_double is exact (correctly rounded) and independent of the process's locale, which an embedded interpreter
 * may have changed: short numbers take the classic fast path (a mantissa below 2^53 times or over a power of ten that
 * a double holds exactly), all others go to strtod_l with the C locale. */
#include "core/view.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

enum {
    NUMBER_STACK_MAX = 128, /* longer numbers are copied to the heap */
    EXACT_DIGITS_MAX = 15,
    EXACT_POWER_MAX = 22,
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ASCII letters of eight bytes in small. */
static uint64_t lower8(uint64_t x) {
    const uint64_t ones = 0x0101010101010101;
    uint64_t low = x & 0x7f * ones;
    uint64_t from_a = low + (0x80 - 'A') * ones, beyond_z = low + (0x7f - 'Z') * ones;

    return x | ((from_a ^ beyond_z) & ~x & 0x80 * ones) >> 2;
}

static uint64_t load_up_to_8(const char *p, size_t n) {
    uint64_t x = 0;
    memcpy(&x, p, n);
    return x;
}

bool view_eq_nocase(struct view a, struct view b) {
    size_t i = 0;

    if (a.len != b.len)
        return false;
    for (; i + 8 <= a.len; i += 8)
        if (lower8(load_up_to_8(a.ptr + i, 8)) != lower8(load_up_to_8(b.ptr + i, 8)))
            return false;
    return i == a.len || lower8(load_up_to_8(a.ptr + i, a.len - i)) == lower8(load_up_to_8(b.ptr + i, a.len - i));
}

int view_cmp(struct view a, struct view b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int r = common ? memcmp(a.ptr, b.ptr, common) : 0;
    return r ? r : (a.len > b.len) - (a.len < b.len);
}

bool view_starts_with(struct view v, struct view prefix) {
    return v.len >= prefix.len && view_eq(view_take(v, prefix.len), prefix);
}

bool view_ends_with(struct view v, struct view suffix) {
    return v.len >= suffix.len && view_eq(view_drop(v, v.len - suffix.len), suffix);
}

struct view view_trim(struct view v) {
    while (v.len && is_blank(v.ptr[0]))
        v = view_drop(v, 1);
    while (v.len && is_blank(v.ptr[v.len - 1]))
        v.len--;
    return v;
}

struct view view_drop(struct view v, size_t n) {
    if (n > v.len)
        n = v.len;
    return n ? view_of(v.ptr + n, v.len - n) : v;
}

struct view view_take(struct view v, size_t n) {
    return view_of(v.ptr, n < v.len ? n : v.len);
}

ptrdiff_t view_find(struct view v, char c) {
    const char *at = v.len ? memchr(v.ptr, c, v.len) : NULL;
    return at ? at - v.ptr : -1;
}

struct view view_after_last(struct view v, char c) {
    const char *at = v.len ? memrchr(v.ptr, c, v.len) : NULL;
    return at ? view_drop(v, (size_t)(at + 1 - v.ptr)) : v;
}

ptrdiff_t view_find_view(struct view v, struct view needle) {
    if (!needle.len)
        return 0;
    const char *at = v.len ? memmem(v.ptr, v.len, needle.ptr, needle.len) : NULL;
    return at ? at - v.ptr : -1;
}

struct view view_cut(struct view *rest, char sep, bool *found) {
    ptrdiff_t at = view_find(*rest, sep);
    struct view head = at < 0 ? *rest : view_take(*rest, (size_t)at);

    *rest = at < 0 ? VIEW_NULL : view_drop(*rest, (size_t)at + 1);
    if (found)
        *found = at >= 0;
    return head;
}

bool view_to_u64(struct view v, uint64_t *out) {
    uint64_t n = 0;

    if (!v.len)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (!is_digit(v.ptr[i]) || __builtin_mul_overflow(n, 10U, &n) ||
            __builtin_add_overflow(n, (uint64_t)(v.ptr[i] - '0'), &n))
            return false;
    *out = n;
    return true;
}

bool view_to_i64(struct view v, int64_t *out) {
    bool negative = v.len && v.ptr[0] == '-';
    uint64_t n;

    if (v.len && (v.ptr[0] == '-' || v.ptr[0] == '+'))
        v = view_drop(v, 1);
    if (!view_to_u64(v, &n) || n > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - n) : (int64_t)n;
    return true;
}

/* What the grammar of a number found: digits of the mantissa (without leading zeros) and the decimal exponent. */
struct number {
    bool negative;
    uint64_t mantissa; /* valid while digits <= EXACT_DIGITS_MAX */
    size_t digits;
    int64_t exponent;
};

static size_t scan_digits(struct view v, size_t at, struct number *n) {
    for (; at < v.len && is_digit(v.ptr[at]); at++) {
        if (n->digits < EXACT_DIGITS_MAX)
            n->mantissa = n->mantissa * 10 + (uint64_t)(v.ptr[at] - '0');
        n->digits += n->digits || v.ptr[at] != '0';
    }
    return at;
}

static bool scan_exponent(struct view v, size_t at, struct number *n) {
    bool minus = at < v.len && v.ptr[at] == '-';
    int64_t e = 0;

    if (at < v.len && (v.ptr[at] == '-' || v.ptr[at] == '+'))
        at++;
    if (at == v.len)
        return false;
    for (; at < v.len; at++) {
        if (!is_digit(v.ptr[at]))
            return false;
        if (e < 1000000)
            e = e * 10 + (v.ptr[at] - '0');
    }
    n->exponent += minus ? -e : e;
    return true;
}

/* [+-] digits [. digits] [e[+-]digits] | [+-] . digits …; no leading zeros before a digit, as in JSON. */
static bool scan_number(struct view v, struct number *n) {
    size_t at = 0, start;

    *n = (struct number){.negative = v.len && v.ptr[0] == '-'};
    if (v.len && (v.ptr[0] == '-' || v.ptr[0] == '+'))
        at++;
    start = at;
    at = scan_digits(v, at, n);
    if (at - start > 1 && v.ptr[start] == '0')
        return false;
    bool whole = at > start;
    if (at < v.len && v.ptr[at] == '.') {
        start = ++at;
        at = scan_digits(v, at, n);
        if (at == start)
            return false;
        n->exponent = -(int64_t)(at - start);
        whole = true;
    }
    if (!whole)
        return false;
    if (at < v.len && (v.ptr[at] == 'e' || v.ptr[at] == 'E'))
        return scan_exponent(v, at + 1, n);
    return at == v.len;
}

static locale_t c_locale;

static void c_locale_open(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool slow_double(struct view v, double *out) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char stack[NUMBER_STACK_MAX];
    char *text = stack;

    if (v.len < sizeof stack) {
        memcpy(stack, v.ptr, v.len);
        stack[v.len] = 0;
    } else if (!(text = view_dup_cstr(v))) {
        return false;
    }
    pthread_once(&once, c_locale_open);
    double d = c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
    if (text != stack)
        free(text);
    if (__builtin_isinf(d))
        return false;
    *out = d;
    return true;
}

bool view_to_double(struct view v, double *out) {
    static const double power[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct number n;

    if (!scan_number(v, &n))
        return false;
    if (n.digits > EXACT_DIGITS_MAX || n.exponent > EXACT_POWER_MAX || n.exponent < -EXACT_POWER_MAX)
        return slow_double(v, out);
    double d = (double)n.mantissa;
    d = n.exponent < 0 ? d / power[-n.exponent] : d * power[n.exponent];
    *out = n.negative ? -d : d;
    return true;
}

static uint64_t load64(const char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

static uint64_t mix(uint64_t a, uint64_t b) {
    __uint128_t m = (__uint128_t)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Folded 64x64→128 multiplications, 16 bytes a step; not for untrusted keys without a random seed. */
uint64_t view_hash(struct view v, uint64_t seed) {
    static const uint64_t k0 = 0x9e3779b97f4a7c15u, k1 = 0xd6e8feb86659fd93u;
    uint64_t h = seed ^ mix(v.len ^ k0, k1);
    const char *p = v.ptr;
    size_t n = v.len;

    for (; n > 16; p += 16, n -= 16)
        h = mix(load64(p) ^ k0 ^ h, load64(p + 8) ^ k1);
    char tail[16] = {0};
    if (n)
        memcpy(tail, p, n);
    return mix(mix(load64(tail) ^ k0 ^ h, load64(tail + 8) ^ k1) ^ h, k0);
}

char *view_dup_cstr(struct view v) {
    char *s = malloc(v.len + 1);
    if (!s)
        return NULL;
    if (v.len)
        memcpy(s, v.ptr, v.len);
    s[v.len] = 0;
    return s;
}
