/* The validator walks once over the text with one bit of memory per level (object or array), so hostile nesting costs nothing.
 * Everything else relies on what it has found: to skip a value is then to match brackets outside strings. */
#include "script/js/json/json_scan.h"

#include "core/hex.h"
#include "core/utf8.h"

#include <stdio.h>

#define BEGINNING_OF_VALUE "looking for beginning of value"

/* --- validity --- */

struct checker {
    const char *p, *end;  /* where a check fails, p is at the byte that does not fit (end: the text is too short) */
    const char *why;      /* …and this says what was expected, in Go's words */
    char literal[48];     /* room for a `why` */
    bool blank_ends_it;   /* at the end of the text, Go's scanner is fed one blank; this is where that blank does not fit */
    uint64_t objects[JSON_SCAN_DEPTH_MAX / 64]; /* bit d: level d is an object */
    unsigned depth;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void skip_blanks(struct checker *c) {
    while (c->p < c->end && is_blank(*c->p))
        c->p++;
}

static bool fail(struct checker *c, const char *why, bool blank_ends_it) {
    c->why = why;
    c->blank_ends_it = blank_ends_it;
    return false;
}

static bool check_escape(struct checker *c) {
    if (++c->p >= c->end || (*c->p != 'u' && !memchr("\"\\/bfnrt", *c->p, 8)))
        return fail(c, "in string escape code", true);
    for (int i = 0; *c->p == 'u' && i < 4; i++)
        if (c->p + 1 + i >= c->end || hex_digit(c->p[1 + i]) < 0) {
            c->p += 1 + i;
            return fail(c, "in \\u hexadecimal character escape", true);
        }
    c->p += *c->p == 'u' ? 4 : 0;
    return true;
}

static bool check_string(struct checker *c, const char *otherwise) {
    if (c->p >= c->end || *c->p != '"')
        return fail(c, otherwise, false);
    for (c->p++; c->p < c->end; c->p++) {
        if (*c->p == '"') {
            c->p++;
            return true;
        }
        if ((unsigned char)*c->p < 0x20)
            break;
        if (*c->p == '\\' && !check_escape(c))
            return false;
    }
    return fail(c, "in string literal", false);
}

static bool check_digits(struct checker *c) {
    const char *from = c->p;

    while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
        c->p++;
    return c->p > from;
}

static bool check_number(struct checker *c) {
    if (*c->p == '-')
        c->p++;
    if (c->p < c->end && *c->p == '0')
        c->p++;
    else if (!check_digits(c))
        return fail(c, "in numeric literal", true);
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!check_digits(c))
            return fail(c, "after decimal point in numeric literal", true);
    }
    if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
            c->p++;
        if (!check_digits(c))
            return fail(c, "in exponent of numeric literal", true);
    }
    return true;
}

static bool check_word(struct checker *c, struct view word) {
    for (size_t i = 0; i < word.len; i++, c->p++)
        if (c->p >= c->end || *c->p != word.ptr[i]) {
            snprintf(c->literal, sizeof c->literal, "in literal %.*s (expecting '%c')", VIEW_ARGS(word), word.ptr[i]);
            return fail(c, c->literal, true);
        }
    return true;
}

static bool check_scalar(struct checker *c) {
    switch (*c->p) {
    case '"': return check_string(c, "");
    case 't': return check_word(c, VIEW("true"));
    case 'f': return check_word(c, VIEW("false"));
    case 'n': return check_word(c, VIEW("null"));
    case '-':
    case '0' ... '9': return check_number(c);
    default: return fail(c, BEGINNING_OF_VALUE, false);
    }
}

static bool check_key(struct checker *c) {
    if (!check_string(c, "looking for beginning of object key string"))
        return false;
    skip_blanks(c);
    if (c->p >= c->end || *c->p != ':')
        return fail(c, "after object key", false);
    c->p++;
    return true;
}

static bool in_object(const struct checker *c) {
    return c->objects[(c->depth - 1) / 64] >> (c->depth - 1) % 64 & 1;
}

/* Opens a container. *value_next: a value follows, else it was empty and is closed again. */
static bool check_open(struct checker *c, bool *value_next) {
    bool object = *c->p == '{';
    uint64_t bit = (uint64_t)1 << c->depth % 64;

    if (c->depth == JSON_SCAN_DEPTH_MAX)
        return fail(c, "nested too deeply", false);
    if (object)
        c->objects[c->depth / 64] |= bit;
    else
        c->objects[c->depth / 64] &= ~bit;
    c->depth++;
    c->p++;
    skip_blanks(c);
    *value_next = !(c->p < c->end && *c->p == (object ? '}' : ']'));
    if (*value_next)
        return !object || check_key(c);
    c->p++;
    c->depth--;
    return true;
}

/* Behind a value: closes what ends here. True with *value_next when a comma leads to another one. */
static bool check_after(struct checker *c, bool *value_next) {
    *value_next = false;
    while (c->depth) {
        bool object = in_object(c);
        skip_blanks(c);
        if (c->p < c->end && *c->p == ',') {
            c->p++;
            skip_blanks(c);
            *value_next = true;
            return !object || check_key(c);
        }
        if (c->p >= c->end || *c->p != (object ? '}' : ']'))
            return fail(c, object ? "after object key:value pair" : "after array element", false);
        c->p++;
        c->depth--;
    }
    return true;
}

static bool check_text(struct checker *c, struct view text) {
    bool value_next = true;

    c->p = text.ptr;
    c->end = text.ptr + text.len;
    c->depth = 0;
    while (value_next) {
        skip_blanks(c);
        if (c->p >= c->end)
            return fail(c, BEGINNING_OF_VALUE, false);
        if (*c->p == '{' || *c->p == '[') {
            if (!check_open(c, &value_next))
                return false;
            if (value_next)
                continue;
        } else if (!check_scalar(c)) {
            return false;
        }
        if (!check_after(c, &value_next))
            return false;
    }
    skip_blanks(c);
    return c->p == c->end || fail(c, "after top-level value", false);
}

bool json_scan_valid(struct view text) {
    struct checker c;

    return text.len && check_text(&c, text);
}

/* A byte as Go quotes the character of that number. */
static const char *quote_byte(unsigned char byte, char out[8]) {
    static const char named[] = "\aa\bb\tt\nn\vv\ff\rr\\\\''";

    for (const char *n = named; *n; n += 2)
        if (byte == (unsigned char)*n) {
            snprintf(out, 8, "\\%c", n[1]);
            return out;
        }
    if (byte < ' ' || byte == 127)
        snprintf(out, 8, "\\x%02x", byte);
    else if ((byte > 127 && byte <= 160) || byte == 173)
        snprintf(out, 8, "\\u%04x", byte);
    else
        out[utf8_encode(byte, out)] = 0;
    return out;
}

int json_scan_check(struct view text, size_t *at, struct error *err) {
    struct checker c;
    char quoted[8];

    if (check_text(&c, view_of(text.ptr ? text.ptr : "", text.len)))
        return 0;
    *at = (size_t)(text.len - (size_t)(c.end - c.p));
    if (c.p == c.end)
        *at -= text.len > 0;
    if (c.p == c.end && !c.blank_ends_it)
        return error_set(err, ERROR_SYNTAX, "unexpected end of JSON input");
    return error_set(err, ERROR_SYNTAX, "invalid character '%s' %s", quote_byte(c.p == c.end ? ' ' : (unsigned char)*c.p, quoted), c.why);
}

/* --- finding one's way in valid text --- */

static struct view drop_blanks(struct view v) {
    while (v.len && is_blank(*v.ptr))
        v = view_drop(v, 1);
    return v;
}

enum json_type json_scan_type(struct view value) {
    value = drop_blanks(value);
    if (!value.len)
        return JSON_NONE;
    switch (*value.ptr) {
    case '{': return JSON_OBJECT;
    case '[': return JSON_ARRAY;
    case '"': return JSON_STRING;
    case 't': return JSON_TRUE;
    case 'f': return JSON_FALSE;
    case 'n': return JSON_NULL;
    default: return JSON_NUMBER;
    }
}

static size_t string_length(struct view v) {
    for (size_t i = 1; i < v.len; i++) {
        if (v.ptr[i] == '\\')
            i++;
        else if (v.ptr[i] == '"')
            return i + 1;
    }
    return v.len;
}

static size_t container_length(struct view v) {
    size_t depth = 0;

    for (size_t i = 0; i < v.len; i++) {
        switch (v.ptr[i]) {
        case '"': i += string_length(view_drop(v, i)) - 1; break;
        case '{':
        case '[': depth++; break;
        case '}':
        case ']':
            if (--depth == 0)
                return i + 1;
            break;
        default: break;
        }
    }
    return v.len;
}

static size_t word_length(struct view v) {
    size_t i = 0;

    while (i < v.len && !is_blank(v.ptr[i]) && !memchr(",]}:", v.ptr[i], 4))
        i++;
    return i;
}

struct view json_scan_value(struct view *rest) {
    struct view v = drop_blanks(*rest);
    size_t n;

    if (!v.len) {
        *rest = VIEW_NULL;
        return VIEW_NULL;
    }
    if (*v.ptr == '"')
        n = string_length(v);
    else if (*v.ptr == '{' || *v.ptr == '[')
        n = container_length(v);
    else
        n = word_length(v);
    *rest = view_drop(v, n);
    return n ? view_take(v, n) : VIEW_NULL;
}

struct view json_scan_inside(struct view string) {
    return string.len >= 2 ? view_of(string.ptr + 1, string.len - 2) : view_of("", 0);
}

bool json_scan_members(struct view container, struct json_members *m) {
    enum json_type type = json_scan_type(container);

    if (type != JSON_ARRAY && type != JSON_OBJECT)
        return false;
    *m = (struct json_members){view_drop(drop_blanks(container), 1), type == JSON_OBJECT};
    return true;
}

bool json_scan_next(struct json_members *m, struct view *key, struct view *value) {
    struct view v = drop_blanks(m->rest);

    if (v.len && *v.ptr == ',')
        v = drop_blanks(view_drop(v, 1));
    if (!v.len || *v.ptr == '}' || *v.ptr == ']')
        return false;
    *key = VIEW_NULL;
    if (m->object) {
        *key = json_scan_inside(json_scan_value(&v));
        v = drop_blanks(v);
        if (!v.len || *v.ptr != ':')
            return false;
        v = view_drop(v, 1);
    }
    *value = json_scan_value(&v);
    m->rest = v;
    return value->ptr != NULL;
}

/* --- strings --- */

/* The four digits behind "\u" at v; -1 when they are none. */
static int32_t escaped_unit(struct view v) {
    int32_t unit = 0;

    if (v.len < 6 || v.ptr[0] != '\\' || v.ptr[1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(v.ptr[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static int unescape_unicode(struct view *v, struct buf *out) {
    int32_t high = escaped_unit(*v), low;

    if (high < 0) {
        *v = VIEW_NULL;
        return ERROR_SYNTAX;
    }
    *v = view_drop(*v, 6);
    if (high >= 0xD800 && high < 0xDC00) {
        low = escaped_unit(*v);
        if (low >= 0xDC00 && low < 0xE000) {
            *v = view_drop(*v, 6);
            return utf8_append(out, (uint32_t)(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)));
        }
    }
    return utf8_append(out, (uint32_t)high);
}

int json_scan_unescape(struct view v, struct buf *out) {
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";

    while (v.len) {
        const char *slash = memchr(v.ptr, '\\', v.len);
        size_t plain = slash ? (size_t)(slash - v.ptr) : v.len;
        int r = buf_append(out, v.ptr, plain);
        v = view_drop(v, plain);
        if (r == 0 && v.len >= 2 && v.ptr[1] == 'u') {
            r = unescape_unicode(&v, out);
        } else if (r == 0 && v.len >= 2) {
            const char *known = memchr(from, v.ptr[1], 5);
            r = buf_append_byte(out, known ? to[known - from] : v.ptr[1]);
            v = view_drop(v, 2);
        } else if (v.len) {
            v = view_drop(v, 1);
        }
        if (r < 0)
            return r;
    }
    return 0;
}
