/* The state of the writer is one flag per level: whether a member was written there, that is, whether the next one
 * needs a comma. Level 0 is the document, which may hold one value only (a second one is separated by a line break, so
 * that lines of JSON can be written with one writer).
 *
 * Doubles: the shortest digits are found by printing with 15, 16 and 17 significant digits and taking the first that
 * reads back exactly; only subnormals can need fewer than 15 where 15 would do as well, so they start at 1. printf's
 * decimal point depends on the locale, so only its digits and its exponent are used. */
#include "core/json_writer.h"

#include "core/utf8.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DIGITS_MAX = 17,
    PLAIN_EXPONENT_MAX = 20, /* 1e21 is the first with an exponent */
    PLAIN_EXPONENT_MIN = -6, /* 1e-7 is the first with an exponent */
};

/* --- numbers --- */

struct decimal {
    char digits[DIGITS_MAX + 1]; /* without trailing zeros, at least one */
    int count;
    int exponent; /* of the first digit: value = d.ddd × 10^exponent */
};

/* False when these many digits do not read back to v. */
static bool try_digits(double v, int count, struct decimal *d) {
    char text[JSON_WRITER_NUMBER_MAX];
    double back;

    snprintf(text, sizeof text, "%.*e", count - 1, v);
    char *e = strchr(text, 'e');
    d->count = 0;
    for (char *p = text; p < e; p++)
        if (*p >= '0' && *p <= '9')
            d->digits[d->count++] = *p;
    d->exponent = (int)strtol(e + 1, NULL, 10);
    int n = snprintf(text, sizeof text, "%.*se%d", d->count, d->digits, d->exponent - d->count + 1);
    if (!view_to_double(view_of(text, (size_t)n), &back) || back != v)
        return false;
    while (d->count > 1 && d->digits[d->count - 1] == '0')
        d->count--;
    return true;
}

static void shortest(double v, struct decimal *d) {
    int count = v < DBL_MIN ? 1 : 15;

    while (!try_digits(v, count, d) && count < DIGITS_MAX)
        count++;
}

static char *put_zeros(char *to, int n) {
    while (n-- > 0)
        *to++ = '0';
    return to;
}

static char *put_digits(char *to, const struct decimal *d, int from, int until) {
    for (int i = from; i < until; i++)
        *to++ = i < d->count ? d->digits[i] : '0';
    return to;
}

static void lay_out(const struct decimal *d, char *to) {
    int e = d->exponent;

    if (e > PLAIN_EXPONENT_MAX || e < PLAIN_EXPONENT_MIN) {
        to = put_digits(to, d, 0, 1);
        if (d->count > 1)
            *to++ = '.';
        to = put_digits(to, d, 1, d->count);
        snprintf(to, 8, "e%+d", e);
        return;
    }
    if (e < 0) {
        *to++ = '0';
        *to++ = '.';
        to = put_zeros(to, -e - 1);
        to = put_digits(to, d, 0, d->count);
    } else {
        to = put_digits(to, d, 0, e + 1);
        if (d->count > e + 1)
            *to++ = '.';
        to = put_digits(to, d, e + 1, d->count);
    }
    *to = 0;
}

char *json_format_double(double v, char out[JSON_WRITER_NUMBER_MAX]) {
    char *to = out;
    struct decimal d;

    assert(isfinite(v));
    if (fabs(v) < 0x1p53 && v == trunc(v) && !(v == 0 && signbit(v))) {
        snprintf(out, JSON_WRITER_NUMBER_MAX, "%" PRId64, (int64_t)v);
        return out;
    }
    if (signbit(v))
        *to++ = '-';
    if (v == 0) {
        *to++ = '0';
        *to = 0;
        return out;
    }
    shortest(fabs(v), &d);
    lay_out(&d, to);
    return out;
}

int json_append_double(struct buf *out, double v) {
    char text[JSON_WRITER_NUMBER_MAX];
    return buf_append_view(out, view_of_cstr(json_format_double(v, text)));
}

/* --- strings --- */

/* What stands for a byte below 0x80, or NULL for itself. */
static const char *escape_of(unsigned char c, bool html, char scratch[8]) {
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        break;
    }
    if (c >= 0x20 && !(html && (c == '<' || c == '>' || c == '&')))
        return NULL;
    snprintf(scratch, 8, "\\u%04x", c);
    return scratch;
}

/* Looks at the front of *rest, drops it, and says what to write instead; NULL = as it is. */
static const char *take_char(struct view *rest, bool html, char scratch[8]) {
    unsigned char c = (unsigned char)rest->ptr[0];

    if (c < 0x80) {
        *rest = view_drop(*rest, 1);
        return escape_of(c, html, scratch);
    }
    int32_t code = utf8_decode(rest);
    if (code < 0)
        return html ? "\\ufffd" : "\xef\xbf\xbd";
    if (html && (code == 0x2028 || code == 0x2029))
        return code == 0x2028 ? "\\u2028" : "\\u2029";
    return NULL;
}

int json_append_string(struct buf *out, struct view v, bool escape_html) {
    struct view rest = v; /* v: not yet copied; rest: not yet looked at */
    char scratch[8];
    size_t old_len = out->len;
    int r = buf_append_byte(out, '"');

    while (r == 0 && rest.len) {
        const char *at = rest.ptr;
        const char *instead = take_char(&rest, escape_html, scratch);
        if (!instead)
            continue;
        r = buf_append(out, v.ptr, (size_t)(at - v.ptr));
        if (r == 0)
            r = buf_append_view(out, view_of_cstr(instead));
        v = rest;
    }
    if (r == 0)
        r = buf_append_view(out, v);
    if (r == 0)
        r = buf_append_byte(out, '"');
    if (r < 0 && out->ptr) {
        out->len = old_len;
        out->ptr[old_len] = 0;
    }
    return r;
}

/* --- the writer --- */

static void append(struct json_writer *w, struct view v) {
    if (!w->error)
        w->error = buf_append_view(w->out, v);
}

static void break_line(struct json_writer *w) {
    if (!w->indent)
        return;
    append(w, VIEW("\n"));
    for (int i = 0; i < w->indent * w->depth; i++)
        append(w, VIEW(" "));
}

/* What stands between the member before and the one to come. */
static void separate(struct json_writer *w) {
    if (w->has_key) {
        w->has_key = false;
        return;
    }
    if (w->depth == 0) {
        if (w->started[0])
            append(w, VIEW("\n"));
    } else {
        if (w->started[w->depth])
            append(w, VIEW(","));
        break_line(w);
    }
    w->started[w->depth] = true;
}

static void begin(struct json_writer *w, struct view opener, char closer) {
    separate(w);
    append(w, opener);
    if (w->depth == JSON_WRITER_DEPTH_MAX) {
        w->error = w->error ? w->error : ERROR_LIMIT;
        w->too_deep++;
        return;
    }
    w->depth++;
    w->started[w->depth] = false;
    w->closer[w->depth] = closer;
}

int json_writer_error(const struct json_writer *w) {
    return w->error;
}

void json_writer_object(struct json_writer *w) {
    begin(w, VIEW("{"), '}');
}

void json_writer_array(struct json_writer *w) {
    begin(w, VIEW("["), ']');
}

void json_writer_end(struct json_writer *w) {
    if (w->too_deep) {
        w->too_deep--;
        return;
    }
    assert(w->depth > 0 && !w->has_key);
    char closer = w->closer[w->depth];
    bool any = w->started[w->depth];
    w->depth--;
    if (any)
        break_line(w);
    append(w, view_of(&closer, 1));
}

void json_writer_key(struct json_writer *w, struct view key) {
    assert(w->error || (w->depth > 0 && w->closer[w->depth] == '}' && !w->has_key));
    separate(w);
    if (!w->error)
        w->error = json_append_string(w->out, key, w->escape_html);
    append(w, w->indent ? VIEW(": ") : VIEW(":"));
    w->has_key = true;
}

void json_writer_string(struct json_writer *w, struct view v) {
    separate(w);
    if (!w->error)
        w->error = json_append_string(w->out, v, w->escape_html);
}

void json_writer_u64(struct json_writer *w, uint64_t v) {
    separate(w);
    if (!w->error)
        w->error = buf_printf(w->out, "%" PRIu64, v);
}

void json_writer_i64(struct json_writer *w, int64_t v) {
    separate(w);
    if (!w->error)
        w->error = buf_printf(w->out, "%" PRId64, v);
}

void json_writer_double(struct json_writer *w, double v) {
    if (!isfinite(v)) {
        json_writer_null(w);
        return;
    }
    separate(w);
    if (!w->error)
        w->error = json_append_double(w->out, v);
}

void json_writer_bool(struct json_writer *w, bool v) {
    separate(w);
    append(w, v ? VIEW("true") : VIEW("false"));
}

void json_writer_null(struct json_writer *w) {
    separate(w);
    append(w, VIEW("null"));
}

void json_writer_raw(struct json_writer *w, struct view json) {
    separate(w);
    append(w, json);
}

void json_member_text(struct json_writer *w, const char *key, struct view v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_string(w, v);
}

void json_member_cstr(struct json_writer *w, const char *key, const char *v) {
    json_writer_key(w, view_of_cstr(key));
    if (v)
        json_writer_string(w, view_of_cstr(v));
    else
        json_writer_null(w);
}

void json_member_u64(struct json_writer *w, const char *key, uint64_t v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_u64(w, v);
}

void json_member_i64(struct json_writer *w, const char *key, int64_t v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_i64(w, v);
}

void json_member_double(struct json_writer *w, const char *key, double v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_double(w, v);
}

void json_member_bool(struct json_writer *w, const char *key, bool v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_bool(w, v);
}

void json_member_array(struct json_writer *w, const char *key) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_array(w);
}
