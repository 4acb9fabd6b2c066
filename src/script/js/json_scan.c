/* The validator walks once over the text with one bit of memory per level (object or array), so hostile nesting costs nothing.
 * Everything else relies on what it has found: to skip a value is then to match brackets outside strings. */
#include "script/js/json_scan.h"

#include "core/hex.h"
#include "core/utf8.h"

/* --- validity --- */

struct checker {
    const char *p, *end;
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

static bool check_string(struct checker *c) {
    if (c->p >= c->end || *c->p != '"')
        return false;
    for (c->p++; c->p < c->end; c->p++) {
        if (*c->p == '"') {
            c->p++;
            return true;
        }
        if ((unsigned char)*c->p < 0x20)
            return false;
        if (*c->p != '\\')
            continue;
        if (++c->p >= c->end)
            return false;
        if (*c->p == 'u') {
            for (int i = 0; i < 4; i++)
                if (++c->p >= c->end || hex_digit(*c->p) < 0)
                    return false;
        } else if (!memchr("\"\\/bfnrt", *c->p, 8)) {
            return false;
        }
    }
    return false;
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
        return false;
    if (c->p < c->end && *c->p == '.') {
        c->p++;
        if (!check_digits(c))
            return false;
    }
    if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
        c->p++;
        if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
            c->p++;
        return check_digits(c);
    }
    return true;
}

static bool check_word(struct checker *c, struct view word) {
    if ((size_t)(c->end - c->p) < word.len || memcmp(c->p, word.ptr, word.len) != 0)
        return false;
    c->p += word.len;
    return true;
}

static bool check_scalar(struct checker *c) {
    switch (*c->p) {
    case '"': return check_string(c);
    case 't': return check_word(c, VIEW("true"));
    case 'f': return check_word(c, VIEW("false"));
    case 'n': return check_word(c, VIEW("null"));
    default: return check_number(c);
    }
}

static bool check_key(struct checker *c) {
    if (!check_string(c))
        return false;
    skip_blanks(c);
    if (c->p >= c->end || *c->p != ':')
        return false;
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
        return false;
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
        if (c->p >= c->end)
            return false;
        if (*c->p == ',') {
            c->p++;
            skip_blanks(c);
            *value_next = true;
            return !object || check_key(c);
        }
        if (*c->p != (object ? '}' : ']'))
            return false;
        c->p++;
        c->depth--;
    }
    return true;
}

bool json_scan_valid(struct view text) {
    struct checker c;
    bool value_next = true;

    if (!text.len)
        return false;
    c.p = text.ptr;
    c.end = text.ptr + text.len;
    c.depth = 0;
    while (value_next) {
        skip_blanks(&c);
        if (c.p >= c.end)
            return false;
        if (*c.p == '{' || *c.p == '[') {
            if (!check_open(&c, &value_next))
                return false;
            if (value_next)
                continue;
        } else if (!check_scalar(&c)) {
            return false;
        }
        if (!check_after(&c, &value_next))
            return false;
    }
    skip_blanks(&c);
    return c.p == c.end;
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
