/* Modifiers: words behind @ that make another JSON text of one. What only changes blanks (@pretty, @ugly) changes no value, so it is the
 * same as @this here. */
#include "core/hashmap.h"
#include "core/json_writer.h"
#include "script/js/json/json_path_priv.h"
#include "script/js/json/json_scan.h"

#include <stdio.h>

enum { MEMBERS_MAX = 1000 * 1000 };

typedef struct view (*modifier)(struct json_path *p, struct view json, struct view arg);

/* Finishes what a modifier has written; r is the first error. */
static struct view finish(struct json_path *p, struct buf *b, int r, char closer) {
    if (r == 0 && closer)
        r = buf_append_byte(b, closer);
    if (r < 0) {
        buf_deinit(b);
        return VIEW_NULL;
    }
    return json_path_keep(p, b);
}

static int append_member(struct buf *b, bool object, struct view key, struct view value) {
    int r = b->len > 1 ? buf_append_byte(b, ',') : 0;

    if (r == 0 && object)
        r = buf_printf(b, "\"%.*s\":", VIEW_ARGS(key));
    return r < 0 ? r : buf_append_view(b, value);
}

static bool arg_is(struct json_path *p, struct view arg, struct view name) {
    struct view v = json_scan_valid(arg) ? json_path_eval(p, arg, name) : VIEW_NULL;
    return json_scan_type(v) == JSON_TRUE;
}

static struct view modify_this(struct json_path *p, struct view json, struct view arg) {
    (void)p, (void)arg;
    return json;
}

struct member {
    struct view key, value;
    struct member *before;
};

static struct view modify_reverse(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct member *last = NULL;
    struct json_members m;
    struct view key, value;
    (void)arg;

    if (!json_scan_members(json, &m))
        return json;
    while (json_scan_next(&m, &key, &value)) {
        struct member *one = arena_alloc(p->arena, sizeof *one);
        if (!one)
            return VIEW_NULL;
        *one = (struct member){key, value, last};
        last = one;
    }
    int r = buf_append_byte(&b, m.object ? '{' : '[');
    for (; last && r == 0; last = last->before)
        r = append_member(&b, m.object, last->key, last->value);
    return finish(p, &b, r, m.object ? '}' : ']');
}

static int flatten_into(struct buf *b, struct view array, bool deep, unsigned depth) {
    struct json_members m;
    struct view key, value;
    int r = 0;

    json_scan_members(array, &m);
    while (r == 0 && json_scan_next(&m, &key, &value)) {
        if (json_scan_type(value) == JSON_ARRAY && depth < (deep ? JSON_PATH_DEPTH_MAX : 1))
            r = flatten_into(b, value, deep, depth + 1);
        else
            r = append_member(b, false, key, value);
    }
    return r;
}

static struct view modify_flatten(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);

    if (json_scan_type(json) != JSON_ARRAY)
        return json;
    int r = buf_append_byte(&b, '[');
    if (r == 0)
        r = flatten_into(&b, json, arg_is(p, arg, VIEW("deep")), 0);
    return finish(p, &b, r, ']');
}

/* The members of all objects in order of their first mention; the last value of each counts. */
static struct view modify_join(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct member *first = NULL, **end = &first, *one;
    struct json_members outer, m;
    struct hashmap by_key;
    struct view key, object;
    bool preserve = arg_is(p, arg, VIEW("preserve"));

    if (json_scan_type(json) != JSON_ARRAY || !json_scan_members(json, &outer))
        return json;
    hashmap_init(&by_key, MEMBERS_MAX);
    int r = buf_append_byte(&b, '{');
    while (r == 0 && json_scan_next(&outer, &key, &object)) {
        struct view value;
        if (json_scan_type(object) != JSON_OBJECT || !json_scan_members(object, &m))
            continue;
        while (r == 0 && json_scan_next(&m, &key, &value)) {
            one = preserve ? NULL : hashmap_get(&by_key, key);
            if (one) {
                one->value = value;
                continue;
            }
            one = arena_alloc(p->arena, sizeof *one);
            r = one ? hashmap_put(&by_key, key, one) : -1;
            if (r == 0) {
                *one = (struct member){key, value, NULL};
                *end = one;
                end = &one->before;
            }
        }
    }
    for (one = first; one && r == 0; one = one->before)
        r = append_member(&b, true, one->key, one->value);
    hashmap_deinit(&by_key);
    return finish(p, &b, r, '}');
}

static struct view keys_or_values(struct json_path *p, struct view json, bool keys) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct json_members m;
    struct view key, value;

    if (!json.ptr)
        return VIEW("[]");
    if (!keys && json_scan_type(json) == JSON_ARRAY)
        return json;
    int r = buf_append_byte(&b, '[');
    if (!json_scan_members(json, &m)) {
        if (r == 0)
            r = buf_append_view(&b, keys ? VIEW("null") : json);
        return finish(p, &b, r, ']');
    }
    while (r == 0 && json_scan_next(&m, &key, &value)) {
        /* A key's quotes stand around it in the text. */
        struct view name = m.object ? view_of(key.ptr - 1, key.len + 2) : VIEW("null");
        r = append_member(&b, false, key, keys ? name : value);
    }
    return finish(p, &b, r, ']');
}

static struct view modify_keys(struct json_path *p, struct view json, struct view arg) {
    (void)arg;
    return keys_or_values(p, json, true);
}

static struct view modify_values(struct json_path *p, struct view json, struct view arg) {
    (void)arg;
    return keys_or_values(p, json, false);
}

static struct view modify_tostr(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    (void)arg;
    return finish(p, &b, json_append_string(&b, json, false), 0);
}

static struct view modify_fromstr(struct json_path *p, struct view json, struct view arg) {
    (void)arg;
    if (json_scan_type(json) != JSON_STRING)
        return json;
    struct view text = json_path_text(p, json_scan_inside(view_trim(json)));
    return json_scan_valid(text) ? text : VIEW_NULL;
}

/* {"a":[1,2],"b":[3,4]} → [{"a":1,"b":3},{"a":2,"b":4}] */
static struct view modify_group(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX), row = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct json_members m;
    struct view key, list, value;
    int r = 0;
    (void)arg;

    if (json_scan_type(json) != JSON_OBJECT)
        return VIEW_NULL;
    r = buf_append_byte(&b, '[');
    for (unsigned i = 0; r == 0 && p->steps < JSON_PATH_STEPS_MAX; i++) {
        char index[16];
        int n = snprintf(index, sizeof index, "%u", i);
        buf_clear(&row);
        r = buf_append_byte(&row, '{');
        json_scan_members(json, &m);
        while (r == 0 && json_scan_next(&m, &key, &list)) {
            if (json_scan_type(list) != JSON_ARRAY)
                continue;
            value = json_path_eval(p, list, view_of(index, (size_t)n));
            if (value.ptr)
                r = append_member(&row, true, key, value);
        }
        if (row.len <= 1)
            break;
        if (r == 0)
            r = buf_append_byte(&row, '}');
        if (r == 0)
            r = append_member(&b, false, VIEW_NULL, buf_view(&row));
    }
    buf_deinit(&row);
    return finish(p, &b, r, ']');
}

static int dig_into(struct json_path *p, struct buf *b, struct view json, struct view path, unsigned depth) {
    struct json_members m;
    struct view key, value = json_path_eval(p, json, path);
    int r = value.ptr ? append_member(b, false, VIEW_NULL, value) : 0;

    if (depth >= JSON_PATH_DEPTH_MAX || !json_scan_members(json, &m))
        return r;
    while (r == 0 && json_scan_next(&m, &key, &value))
        r = dig_into(p, b, value, path, depth + 1);
    return r;
}

static struct view modify_dig(struct json_path *p, struct view json, struct view arg) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    int r = buf_append_byte(&b, '[');

    if (r == 0)
        r = dig_into(p, &b, json, arg, p->depth);
    return finish(p, &b, r, ']');
}

static const struct {
    const char *name;
    modifier modify;
} modifiers[] = {
    {"pretty", modify_this},   {"ugly", modify_this},       {"reverse", modify_reverse}, {"this", modify_this},
    {"flatten", modify_flatten}, {"join", modify_join},     {"valid", modify_this},      {"keys", modify_keys},
    {"values", modify_values}, {"tostr", modify_tostr},     {"fromstr", modify_fromstr}, {"group", modify_group},
    {"dig", modify_dig},
};

static modifier find_modifier(struct view name) {
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
        if (view_eq(view_of_cstr(modifiers[i].name), name))
            return modifiers[i].modify;
    return NULL;
}

bool json_modifier_known(struct view name) {
    return find_modifier(name) != NULL;
}

/* The argument behind a colon: JSON, else everything up to the next pipe outside brackets. */
static struct view take_argument(struct view *rest) {
    struct view arg;

    if (rest->len && memchr("{[\"", *rest->ptr, 3)) {
        arg = json_path_squash(*rest);
        *rest = view_drop(*rest, arg.len);
        return arg;
    }
    struct view right;
    if (json_path_split_pipe(*rest, &arg, &right))
        *rest = view_drop(*rest, arg.len);
    else
        *rest = VIEW_NULL;
    return arg;
}

bool json_modifier_apply(struct json_path *p, struct view json, struct view path, struct view *rest, struct view *out) {
    size_t i = 1;
    struct view arg = VIEW_NULL;

    while (i < path.len && !memchr(":|.", path.ptr[i], 3))
        i++;
    modifier modify = find_modifier(view_drop(view_take(path, i), 1));
    if (!modify)
        return false;
    *rest = view_drop(path, i);
    if (rest->len && *rest->ptr == ':') {
        *rest = view_drop(*rest, 1);
        arg = take_argument(rest);
    }
    *out = modify(p, json, arg);
    return true;
}
