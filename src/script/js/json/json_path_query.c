/* Queries `#(path op value)`. Strings compare bytewise, numbers as doubles, booleans with false < true; null, arrays and objects match
 * nothing but a query without operator. `~` compares truthiness. */
#include "script/js/json/json_path_priv.h"
#include "script/js/json/json_scan.h"

bool json_path_like(struct view text, struct view pattern) {
    size_t t = 0, i = 0, star = SIZE_MAX, resume = 0;

    while (t < text.len) {
        bool escaped = i + 1 < pattern.len && pattern.ptr[i] == '\\';
        if (i < pattern.len && pattern.ptr[i] == '*') {
            star = i++;
            resume = t;
        } else if (i < pattern.len && (escaped ? pattern.ptr[i + 1] == text.ptr[t] : pattern.ptr[i] == '?')) {
            /* One ? stands for one character, not byte. */
            t++;
            while (!escaped && t < text.len && ((unsigned char)text.ptr[t] & 0xC0) == 0x80)
                t++;
            i += escaped ? 2 : 1;
        } else if (i < pattern.len && !escaped && pattern.ptr[i] == text.ptr[t]) {
            t++;
            i++;
        } else if (star != SIZE_MAX) {
            i = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (i < pattern.len && pattern.ptr[i] == '*')
        i++;
    return i == pattern.len;
}

static size_t operator_length(struct view v) {
    static const char *const two[] = {"!=", "!%", "<=", ">=", "=="};

    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (view_starts_with(v, view_of_cstr(two[i])))
            return 2;
    return v.len ? 1 : 0;
}

bool json_query_parse(struct view *rest, struct json_query *q) {
    struct view v = *rest;
    size_t depth = 1, i = 2, operator_at = 0;

    if (v.len < 2 || (v.ptr[1] != '(' && v.ptr[1] != '['))
        return false;
    for (; i < v.len; i++) {
        char c = v.ptr[i];
        if (depth == 1 && !operator_at && memchr("!=<>%", c, 5)) {
            operator_at = i;
        } else if (c == '\\') {
            i++;
        } else if (c == '"') {
            i += json_path_squash(view_drop(v, i)).len - 1;
        } else if (c == '(' || c == '[') {
            depth++;
        } else if ((c == ')' || c == ']') && --depth == 0) {
            break;
        }
    }
    if (depth || i >= v.len)
        return false;
    struct view inside = view_drop(view_take(v, i), 2);
    *q = (struct json_query){.path = view_trim(inside)};
    if (operator_at) {
        struct view tail = view_drop(inside, operator_at - 2);
        size_t n = operator_length(tail);
        q->path = view_trim(view_take(inside, operator_at - 2));
        q->op = view_eq(view_take(tail, n), VIEW("==")) ? VIEW("=") : view_take(tail, n);
        q->value = view_trim(view_drop(tail, n));
    }
    *rest = view_drop(v, i + 1);
    if (rest->len && *rest->ptr == '#') {
        q->all = true;
        *rest = view_drop(*rest, 1);
    }
    return true;
}

/* --- comparing --- */

static bool by_order(struct view op, int order) {
    switch (*op.ptr) {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return order < 0 || (op.len > 1 && order == 0);
    case '>': return order > 0 || (op.len > 1 && order == 0);
    default: return false;
    }
}

static bool compare_text(const struct json_query *q, struct view text, struct view with) {
    if (view_eq(q->op, VIEW("%")))
        return json_path_like(text, with);
    if (view_eq(q->op, VIEW("!%")))
        return !json_path_like(text, with);
    return by_order(q->op, view_cmp(text, with));
}

static bool compare_number(const struct json_query *q, struct view number, struct view with) {
    double a = 0, b = 0;

    if (view_find(q->op, '%') >= 0)
        return false;
    if (!view_to_double(number, &a))
        a = 0;
    if (!view_to_double(with, &b))
        b = 0;
    return by_order(q->op, (a > b) - (a < b));
}

static bool compare_bool(const struct json_query *q, bool value, struct view with) {
    bool is_true = view_eq(with, VIEW("true")), is_false = view_eq(with, VIEW("false"));

    switch (*q->op.ptr) {
    case '=': return value ? is_true : is_false;
    case '!': return q->op.len > 1 && q->op.ptr[1] == '=' && (value ? !is_true : !is_false);
    case '>': return value && (q->op.len > 1 || is_false);
    case '<': return !value && (q->op.len > 1 || is_true);
    default: return false;
    }
}

/* 1 true, 0 false, -1 neither, as Go's ParseBool. */
static int bool_word(struct view v) {
    static const char *const yes[] = {"1", "t", "true"}, *const no[] = {"0", "f", "false"};

    for (int i = 0; i < 3; i++) {
        if (view_eq_nocase(v, view_of_cstr(yes[i])))
            return 1;
        if (view_eq_nocase(v, view_of_cstr(no[i])))
            return 0;
    }
    return -1;
}

/* 1 true-ish, 0 false-ish, -1 neither. */
static int truth(struct json_path *p, struct view value) {
    double number = 0;

    switch (json_scan_type(value)) {
    case JSON_TRUE: return 1;
    case JSON_FALSE:
    case JSON_NULL:
    case JSON_NONE: return 0;
    case JSON_NUMBER: return view_to_double(view_trim(value), &number) && number != 0;
    case JSON_STRING: return bool_word(json_path_text(p, json_scan_inside(value)));
    default: return -1;
    }
}

/* `~word`: whether the value is of that kind, or -1 for a word that says nothing. */
static int has_truth(struct json_path *p, struct view word, struct view value) {
    enum json_type type = json_scan_type(value);

    if (view_eq(word, VIEW("*")))
        return type != JSON_NONE;
    if (view_eq(word, VIEW("null")))
        return type == JSON_NONE || type == JSON_NULL;
    if (view_eq(word, VIEW("true")))
        return truth(p, value) == 1;
    if (view_eq(word, VIEW("false")))
        return truth(p, value) == 0;
    return -1;
}

bool json_query_matches(struct json_path *p, const struct json_query *q, struct view value) {
    struct view with = q->value;

    if (with.len && *with.ptr == '~') {
        int has = has_truth(p, view_drop(with, 1), value);
        return has >= 0 && q->op.len && compare_bool(q, has, VIEW("true"));
    }
    if (!value.ptr)
        return false;
    if (!q->op.len)
        return true;
    if (with.len >= 2 && *with.ptr == '"' && with.ptr[with.len - 1] == '"')
        with = json_path_text(p, json_scan_inside(with));
    switch (json_scan_type(value)) {
    case JSON_STRING: return compare_text(q, json_path_text(p, json_scan_inside(view_trim(value))), with);
    case JSON_NUMBER: return compare_number(q, view_trim(value), with);
    case JSON_TRUE: return compare_bool(q, true, with);
    case JSON_FALSE: return compare_bool(q, false, with);
    default: return false;
    }
}
