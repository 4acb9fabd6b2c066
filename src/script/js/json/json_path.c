/* GJSON paths. A path is cut at its first separator into a part, what is to be found in the value of that part, and (behind '|') what is
 * to be done with the result; each step is a call of json_path_eval on the slice of text that the step before has found. Slices of the
 * document are handed on as they are; only what a path puts together (#.x, #(…)#, {…}, modifiers) is written anew, into an arena that
 * lives as long as one call.
 *
 * Order and corner cases follow the library that k6 uses: of several keys that match, the first in which the rest of the path is found
 * wins; `#` before a dot maps, everything up to the next pipe belongs to each element. */
#include "script/js/json/json_path.h"

#include "core/json_writer.h"
#include "core/utf8.h"
#include "script/js/json/json_path_priv.h"
#include "script/js/json/json_scan.h"
#include "script/js/module.h"

struct part {
    struct view name; /* escapes resolved, unless wild */
    bool wild;
    bool more; /* rest is to be found in the value */
    struct view rest;
    bool piped; /* pipe is to be applied to the result */
    struct view pipe;
};

struct view json_path_keep(struct json_path *p, struct buf *b) {
    struct view v = arena_copy(p->arena, buf_view(b));
    buf_deinit(b);
    return v;
}

struct view json_path_text(struct json_path *p, struct view inside) {
    if (!inside.len || !memchr(inside.ptr, '\\', inside.len))
        return inside;
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    if (json_scan_unescape(inside, &b) < 0)
        buf_clear(&b);
    struct view text = json_path_keep(p, &b);
    return text.ptr ? text : view_of("", 0);
}

/* --- reading paths --- */

struct view json_path_squash(struct view v) {
    size_t depth = 0, i = 0;

    for (; i < v.len; i++) {
        char c = v.ptr[i];
        if (c == '\\') {
            i++;
        } else if (c == '"') {
            for (i++; i < v.len && v.ptr[i] != '"'; i++)
                if (v.ptr[i] == '\\')
                    i++;
        } else if (c == '{' || c == '[' || c == '(') {
            depth++;
        } else if (c == '}' || c == ']' || c == ')') {
            depth -= depth > 0;
        }
        if (depth == 0)
            break;
    }
    return view_take(v, i + 1);
}

bool json_path_split_pipe(struct view path, struct view *left, struct view *right) {
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '\\') {
            i++;
        } else if (c == '{' || c == '[' || c == '(' || c == '"') {
            i += json_path_squash(view_drop(path, i)).len - 1;
        } else if (c == '|') {
            *left = view_take(path, i);
            *right = view_drop(path, i + 1);
            return true;
        }
    }
    *left = path;
    return false;
}

/* Behind a dot: a modifier, a multipath or a literal works on the value as after a pipe. */
static bool starts_pipe(struct view path) {
    size_t i = 1;

    if (!path.len || *path.ptr != '@')
        return path.len && memchr("[{!", *path.ptr, 3);
    while (i < path.len && !memchr(".|:", path.ptr[i], 3))
        i++;
    return json_modifier_known(view_drop(view_take(path, i), 1));
}

static void end_part(struct part *part, struct view path, size_t at) {
    struct view behind = view_drop(path, at + 1);

    part->name = view_take(path, at);
    if (path.ptr[at] == '|' || starts_pipe(behind)) {
        part->piped = true;
        part->pipe = behind;
    } else {
        part->more = true;
        part->rest = behind;
    }
}

static struct view drop_escapes(struct json_path *p, struct view v) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    int r = 0;

    for (size_t i = 0; i < v.len && r == 0; i++) {
        if (v.ptr[i] == '\\' && ++i >= v.len)
            break;
        r = buf_append_byte(&b, v.ptr[i]);
    }
    struct view kept = json_path_keep(p, &b);
    return kept.ptr ? kept : view_of("", 0);
}

static struct part read_part(struct json_path *p, struct view path) {
    struct part part = {.name = path};
    bool escaped = false;

    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == '|' || c == '.') {
            end_part(&part, path, i);
            break;
        }
        if (c == '\\') {
            escaped = true;
            i++;
        } else if (c == '*' || c == '?') {
            part.wild = true;
        }
    }
    if (escaped && !part.wild)
        part.name = drop_escapes(p, part.name);
    return part;
}

/* --- objects and arrays --- */

static struct view found(struct json_path *p, const struct part *part, struct view value) {
    return part->piped ? json_path_eval(p, value, part->pipe) : value;
}

static struct view eval_object(struct json_path *p, struct view json, struct view path) {
    struct part part = read_part(p, path);
    struct json_members m;
    struct view key, value;

    json_scan_members(json, &m);
    while (json_scan_next(&m, &key, &value)) {
        struct view name = json_path_text(p, key);
        if (!(part.wild ? json_path_like(name, part.name) : view_eq(name, part.name)))
            continue;
        if (!part.more)
            return found(p, &part, value);
        value = json_path_eval(p, value, part.rest);
        if (value.ptr)
            return value;
    }
    return part.piped ? found(p, &part, VIEW_NULL) : VIEW_NULL;
}

static struct view eval_index(struct json_path *p, struct view json, struct view path) {
    struct part part = read_part(p, path);
    struct json_members m;
    struct view key, value;
    uint64_t index;

    if (!view_to_u64(part.name, &index))
        return part.piped ? found(p, &part, VIEW_NULL) : VIEW_NULL;
    json_scan_members(json, &m);
    for (uint64_t i = 0; json_scan_next(&m, &key, &value); i++)
        if (i == index)
            return part.more ? json_path_eval(p, value, part.rest) : found(p, &part, value);
    return part.piped ? found(p, &part, VIEW_NULL) : VIEW_NULL;
}

static int append_element(struct buf *b, struct view value) {
    int r = b->len > 1 ? buf_append_byte(b, ',') : 0;
    return r < 0 ? r : buf_append_view(b, value);
}

static struct view count_members(struct json_path *p, struct view json) {
    struct json_members m;
    struct view key, value;
    unsigned long count = 0;

    json_scan_members(json, &m);
    while (json_scan_next(&m, &key, &value))
        count++;
    return view_of_cstr(arena_printf(p->arena, "%lu", count));
}

/* `#.rest`: what rest finds in each element. */
static struct view eval_each(struct json_path *p, struct view json, struct view rest) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct json_members m;
    struct view key, value, each, pipe;
    bool piped = json_path_split_pipe(rest, &each, &pipe);
    int r = buf_append_byte(&b, '[');

    json_scan_members(json, &m);
    while (r == 0 && json_scan_next(&m, &key, &value)) {
        value = json_path_eval(p, value, each);
        if (value.ptr)
            r = append_element(&b, value);
    }
    if (r < 0 || buf_append_byte(&b, ']') < 0) {
        buf_deinit(&b);
        return VIEW_NULL;
    }
    value = json_path_keep(p, &b);
    return piped ? json_path_eval(p, value, pipe) : value;
}

static bool query_takes(struct json_path *p, const struct json_query *q, struct view element) {
    enum json_type type = json_scan_type(element);

    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return json_query_matches(p, q, json_path_eval(p, element, q->path));
    return !q->path.len && json_query_matches(p, q, element);
}

/* `#(query)` and `#(query)#`; rest is what follows, with its separator. */
static struct view eval_query(struct json_path *p, struct view json, const struct json_query *q, struct view rest) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct json_members m;
    struct view key, value, each = VIEW_NULL, pipe = VIEW_NULL;
    bool more = rest.len && *rest.ptr == '.', piped = rest.len && *rest.ptr == '|';
    int r = buf_append_byte(&b, '[');

    if (more)
        piped = json_path_split_pipe(view_drop(rest, 1), &each, &pipe);
    else
        pipe = view_drop(rest, 1);
    json_scan_members(json, &m);
    while (r == 0 && json_scan_next(&m, &key, &value)) {
        if (!query_takes(p, q, value))
            continue;
        value = more ? json_path_eval(p, value, each) : value;
        if (!q->all) {
            buf_deinit(&b);
            return piped ? json_path_eval(p, value, pipe) : value;
        }
        if (value.ptr)
            r = append_element(&b, value);
    }
    if (r == 0)
        r = buf_append_byte(&b, ']');
    if (r < 0 || !q->all)
        buf_clear(&b);
    value = b.len ? json_path_keep(p, &b) : VIEW_NULL;
    buf_deinit(&b);
    return piped ? json_path_eval(p, value, pipe) : value;
}

static struct view eval_array(struct json_path *p, struct view json, struct view path) {
    struct json_query query;
    struct view rest = path;

    if (!path.len || *path.ptr != '#')
        return eval_index(p, json, path);
    if (path.len == 1)
        return count_members(p, json);
    if (path.ptr[1] == '.')
        return eval_each(p, json, view_drop(path, 2));
    if (path.ptr[1] == '|')
        return json_path_eval(p, count_members(p, json), view_drop(path, 2));
    if (!json_query_parse(&rest, &query))
        return VIEW_NULL;
    return eval_query(p, json, &query, rest);
}

/* --- multipaths and literals --- */

static struct view last_name(struct view path) {
    for (size_t i = path.len; i > 0; i--)
        if ((path.ptr[i - 1] == '|' || path.ptr[i - 1] == '.') && !(i > 1 && path.ptr[i - 2] == '\\'))
            return view_drop(path, i);
    return path;
}

static bool is_simple(struct view name) {
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || memchr("[]{}()#|!", name.ptr[i], 9))
            return false;
    return true;
}

static int append_key(struct buf *b, struct view name, struct view path) {
    int r;

    if (name.len && *name.ptr == '"' && json_scan_valid(name)) {
        r = buf_append_view(b, name);
    } else {
        if (!name.len)
            name = last_name(path);
        r = json_append_string(b, is_simple(name) ? name : VIEW("_"), false);
    }
    return r < 0 ? r : buf_append_byte(b, ':');
}

/* The next "name:path" of a multipath; true while there is one. *rest begins behind the bracket or comma and ends at the bracket. */
static bool next_member(struct view *rest, struct view *name, struct view *path) {
    size_t i = 0, colon = 0;
    bool modifier = false;

    if (!rest->ptr)
        return false;
    for (; i < rest->len && rest->ptr[i] != ','; i++) {
        char c = rest->ptr[i];
        if (c == '\\')
            i++;
        else if (c == '"' || c == '{' || c == '[' || c == '(')
            i += json_path_squash(view_drop(*rest, i)).len - 1;
        else if (c == '@' && (i == 0 || memchr(".|:", rest->ptr[i - 1], 3)))
            modifier = true;
        else if (c == ':' && !modifier && !colon)
            colon = i;
    }
    struct view all = view_take(*rest, i);
    *name = view_take(all, colon);
    *path = colon ? view_drop(all, colon + 1) : all;
    *rest = i < rest->len ? view_drop(*rest, i + 1) : VIEW_NULL;
    return true;
}

static struct view eval_multipath(struct json_path *p, struct view json, struct view inside, char kind) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
    struct view name, path;
    int r = buf_append_byte(&b, kind);

    while (r == 0 && next_member(&inside, &name, &path)) {
        struct view value = json_path_eval(p, json, path);
        if (!value.ptr)
            continue;
        if (b.len > 1)
            r = buf_append_byte(&b, ',');
        if (r == 0 && kind == '{')
            r = append_key(&b, name, path);
        if (r == 0)
            r = buf_append_view(&b, value);
    }
    if (r == 0)
        r = buf_append_byte(&b, kind == '{' ? '}' : ']');
    if (r < 0) {
        buf_deinit(&b);
        return VIEW_NULL;
    }
    return json_path_keep(p, &b);
}

static struct view literal_of(struct view path, struct view *rest) {
    size_t n = 0;

    if (path.len && memchr("{[\"", *path.ptr, 3))
        n = json_path_squash(path).len;
    else
        while (n < path.len && path.ptr[n] != '|' && path.ptr[n] != '.')
            n++;
    *rest = view_drop(path, n);
    return view_take(path, n);
}

/* Paths that begin with @ ! { [. False: read it as a name. */
static bool eval_special(struct json_path *p, struct view json, struct view path, struct view *out) {
    struct view rest, value;

    if (*path.ptr == '@') {
        if (!json_modifier_apply(p, json, path, &rest, &value))
            return false;
    } else if (*path.ptr == '!') {
        value = literal_of(view_drop(path, 1), &rest);
        if (!json_scan_valid(value))
            value = VIEW_NULL;
    } else {
        struct view all = json_path_squash(path);
        rest = view_drop(path, all.len);
        if (all.len < 2 || all.ptr[all.len - 1] != (*path.ptr == '{' ? '}' : ']') || (rest.len && *rest.ptr != '.' && *rest.ptr != '|'))
            return false;
        value = eval_multipath(p, json, view_of(all.ptr + 1, all.len - 2), *path.ptr);
    }
    *out = rest.len && (*rest.ptr == '.' || *rest.ptr == '|') ? json_path_eval(p, value, view_drop(rest, 1)) : value;
    return true;
}

static struct view eval(struct json_path *p, struct view json, struct view path) {
    struct view value, rest = json;

    if (path.len > 1) {
        if (memchr("@!{[", *path.ptr, 4) && eval_special(p, json, path, &value))
            return value;
        if (path.ptr[0] == '.' && path.ptr[1] == '.') {
            struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX);
            if (buf_printf(&b, "[%.*s]", VIEW_ARGS(json)) < 0)
                buf_clear(&b);
            return eval_array(p, json_path_keep(p, &b), view_drop(path, 2));
        }
    }
    json = json_scan_value(&rest);
    switch (json_scan_type(json)) {
    case JSON_OBJECT: return eval_object(p, json, path);
    case JSON_ARRAY: return eval_array(p, json, path);
    default: return VIEW_NULL;
    }
}

struct view json_path_eval(struct json_path *p, struct view json, struct view path) {
    struct view v = VIEW_NULL;

    if (p->depth < JSON_PATH_DEPTH_MAX && p->steps < JSON_PATH_STEPS_MAX) {
        p->depth++;
        p->steps++;
        v = eval(p, json, path);
        p->depth--;
    }
    return v;
}

bool json_path_find(struct arena *arena, struct view json, struct view path, struct view *out) {
    struct json_path p = {.arena = arena};

    if (!json_scan_valid(json))
        return false;
    *out = json_path_eval(&p, json, path);
    return out->ptr && json_scan_valid(*out);
}

/* --- as JavaScript value --- */

static JSValue text_value(JSContext *ctx, struct view inside) {
    struct buf b = BUF_MAX(JSON_PATH_BUILT_MAX), clean = BUF_MAX(JSON_PATH_BUILT_MAX);
    JSValue v = JS_EXCEPTION;

    if (json_scan_unescape(inside, &b) == 0 && utf8_append_lossy(&clean, buf_view(&b)) == 0)
        v = js_string(ctx, buf_view(&clean));
    buf_deinit(&b);
    buf_deinit(&clean);
    return JS_IsException(v) ? JS_ThrowOutOfMemory(ctx) : v;
}

static JSValue tree_value(JSContext *ctx, struct view json) {
    struct buf clean = BUF_MAX(JSON_PATH_BUILT_MAX);

    if (utf8_valid(json))
        return js_json_read(ctx, json, "<json>");
    if (utf8_append_lossy(&clean, json) < 0) {
        buf_deinit(&clean);
        return JS_ThrowOutOfMemory(ctx);
    }
    JSValue v = js_json_read(ctx, buf_view(&clean), "<json>");
    buf_deinit(&clean);
    return v;
}

static JSValue value_of(JSContext *ctx, struct view json) {
    double number = 0;

    json = view_trim(json);
    switch (json_scan_type(json)) {
    case JSON_NONE: return JS_UNDEFINED;
    case JSON_NULL: return JS_NULL;
    case JSON_TRUE: return JS_TRUE;
    case JSON_FALSE: return JS_FALSE;
    case JSON_STRING: return text_value(ctx, json_scan_inside(json));
    case JSON_NUMBER:
        if (!view_to_double(json, &number))
            return tree_value(ctx, json);
        if (number >= INT32_MIN && number <= INT32_MAX && number == (int32_t)number)
            return JS_NewInt32(ctx, (int32_t)number);
        return JS_NewFloat64(ctx, number);
    default: return tree_value(ctx, json);
    }
}

JSValue json_path_get(JSContext *ctx, struct view json, struct view path) {
    struct arena arena;
    struct view value;
    JSValue v = JS_UNDEFINED;

    arena_init(&arena, JSON_PATH_BUILT_MAX);
    if (json_path_find(&arena, json, path, &value))
        v = value_of(ctx, value);
    arena_deinit(&arena);
    return v;
}
