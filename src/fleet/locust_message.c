#include "fleet/locust_message.h"

#include <errno.h>
#include <math.h>

/* ---- checking ---- */

/* msgpack's library makes room for as many elements as a header promises, before it has seen one of them. So
 * every header is held against the bytes that are left: an element takes at least one. */
struct walk {
    const unsigned char *at;
    size_t left;
    struct error *err;
};

static uint64_t big_endian(const unsigned char *p, size_t n) {
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

/* What follows a first byte: so many bytes that tell a length, so many fixed bytes, so many elements. */
struct shape {
    size_t length_bytes, fixed;
    uint64_t elements;
    bool counted, map, bad; /* the length counts elements (of a map: pairs) */
};

static struct shape shape_of(unsigned char c) {
    static const unsigned char fixed_bytes[] = {
        4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17}; /* 0xca … 0xd8 */
    if (c < 0x80 || c >= 0xe0)
        return (struct shape){0};
    if (c < 0x90)
        return (struct shape){.elements = 2 * (uint64_t)(c & 15)};
    if (c < 0xa0)
        return (struct shape){.elements = c & 15};
    if (c < 0xc0)
        return (struct shape){.fixed = c & 31};
    switch (c) {
    case 0xc0:
    case 0xc2:
    case 0xc3: return (struct shape){0};
    case 0xc1: return (struct shape){.bad = true};
    case 0xc4:
    case 0xd9: return (struct shape){.length_bytes = 1};
    case 0xc5:
    case 0xda: return (struct shape){.length_bytes = 2};
    case 0xc6:
    case 0xdb: return (struct shape){.length_bytes = 4};
    case 0xc7:
    case 0xc8:
    case 0xc9: return (struct shape){.length_bytes = (size_t)1 << (c - 0xc7), .fixed = 1};
    case 0xdc:
    case 0xdd: return (struct shape){.length_bytes = c == 0xdc ? 2 : 4, .counted = true};
    case 0xde:
    case 0xdf: return (struct shape){.length_bytes = c == 0xde ? 2 : 4, .counted = true, .map = true};
    default: return (struct shape){.fixed = fixed_bytes[c - 0xca]};
    }
}

static int cut_short(struct walk *w) {
    return error_set(w->err, ERROR_SYNTAX, "it ends in the middle of a value");
}

/* One header with its fixed part; *elements: how many values it holds. */
static int pass_header(struct walk *w, uint64_t *elements) {
    if (w->left == 0)
        return cut_short(w);
    struct shape s = shape_of(*w->at);
    if (s.bad)
        return error_set(w->err, ERROR_SYNTAX, "there is a byte (0xc1) that msgpack does not use");
    w->at++, w->left--;
    if (w->left < s.length_bytes)
        return cut_short(w);
    uint64_t length = big_endian(w->at, s.length_bytes), bytes = s.fixed;
    w->at += s.length_bytes, w->left -= s.length_bytes;
    *elements = s.counted ? length * (s.map ? 2 : 1) : s.elements;
    bytes += s.counted ? 0 : length;
    if (bytes > w->left || *elements > w->left - bytes)
        return error_set(w->err, ERROR_SYNTAX, "a header promises more than there is");
    w->at += bytes, w->left -= (size_t)bytes;
    return 0;
}

static int check(struct view bytes, struct error *err) {
    struct walk w = {(const unsigned char *)bytes.ptr, bytes.len, err};
    uint64_t open[LOCUST_MESSAGE_DEPTH_MAX + 1] = {1};
    size_t depth = 0;
    while (true) {
        while (open[depth] == 0) {
            if (depth-- == 0)
                return w.left == 0 ? 0 : error_set(err, ERROR_SYNTAX, "%zu bytes follow it", w.left);
        }
        uint64_t elements = 0;
        int r = pass_header(&w, &elements);
        if (r < 0)
            return r;
        open[depth]--;
        if (elements == 0)
            continue;
        if (depth == LOCUST_MESSAGE_DEPTH_MAX)
            return error_set(err, ERROR_LIMIT, "values are nested deeper than %d", LOCUST_MESSAGE_DEPTH_MAX);
        open[++depth] = elements;
    }
}

/* ---- reading ---- */

int locust_message_read(struct locust_message *m, struct view bytes, struct error *err) {
    *m = (struct locust_message){.type = VIEW("")};
    if (bytes.len > LOCUST_MESSAGE_BYTES_MAX)
        return error_set(err, ERROR_LIMIT, "%zu bytes, the limit is %d", bytes.len, LOCUST_MESSAGE_BYTES_MAX);
    int r = check(bytes, err);
    if (r < 0)
        return r;
    msgpack_unpacked_init(&m->unpacked);
    msgpack_unpack_return u = msgpack_unpack_next(&m->unpacked, bytes.ptr, bytes.len, NULL);
    if (u != MSGPACK_UNPACK_SUCCESS) {
        msgpack_unpacked_destroy(&m->unpacked);
        return u == MSGPACK_UNPACK_NOMEM_ERROR ? error_set(err, -ENOMEM, "out of memory")
                                               : error_set(err, ERROR_SYNTAX, "msgpack cannot read it");
    }
    const msgpack_object *o = &m->unpacked.data;
    bool array = o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == 3;
    m->type = array ? locust_text_of(&o->via.array.ptr[0]) : VIEW_NULL;
    if (m->type.len == 0 || m->type.len > LOCUST_MESSAGE_NAME_MAX) {
        msgpack_unpacked_destroy(&m->unpacked);
        return error_set(err, ERROR_SYNTAX, "it is no [type, data, node id]");
    }
    m->data = &o->via.array.ptr[1];
    m->node_id = locust_text_of(&o->via.array.ptr[2]);
    if (m->node_id.len > LOCUST_MESSAGE_NAME_MAX)
        m->node_id = VIEW_NULL;
    return 0;
}

void locust_message_deinit(struct locust_message *m) {
    msgpack_unpacked_destroy(&m->unpacked);
}

const msgpack_object *locust_field(const msgpack_object *map, const char *key) {
    struct view wanted = view_of_cstr(key);
    if (!map || map->type != MSGPACK_OBJECT_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->via.map.size; i++) {
        const msgpack_object_kv *kv = &map->via.map.ptr[i];
        if (view_eq(locust_text_of(&kv->key), wanted))
            return kv->val.type == MSGPACK_OBJECT_NIL ? NULL : &kv->val;
    }
    return NULL;
}

struct view locust_text_of(const msgpack_object *o) {
    if (o && o->type == MSGPACK_OBJECT_STR)
        return view_of(o->via.str.ptr, o->via.str.size);
    if (o && o->type == MSGPACK_OBJECT_BIN)
        return view_of(o->via.bin.ptr, o->via.bin.size);
    return VIEW_NULL;
}

double locust_number_of(const msgpack_object *o, double fallback) {
    double n = fallback;
    if (o && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        n = (double)o->via.u64;
    else if (o && o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        n = (double)o->via.i64;
    else if (o && (o->type == MSGPACK_OBJECT_FLOAT32 || o->type == MSGPACK_OBJECT_FLOAT64))
        n = o->via.f64;
    return isfinite(n) ? n : fallback;
}

uint64_t locust_count_of(const msgpack_object *o) {
    double n = 0;
    if (o && o->type == MSGPACK_OBJECT_POSITIVE_INTEGER)
        return o->via.u64;
    n = locust_number_of(o, 0);
    return n >= 1 && n < 9e15 ? (uint64_t)n : 0;
}

static json_t *json_text(struct view v) {
    json_t *text = json_stringn(v.ptr, v.len);
    return text ? text : json_stringn_nocheck("?", 1); /* not UTF-8 */
}

static json_t *json_map(const msgpack_object *o) {
    json_t *map = json_object();
    for (uint32_t i = 0; map && i < o->via.map.size; i++) {
        const msgpack_object_kv *kv = &o->via.map.ptr[i];
        json_t *value = locust_json_of(&kv->val);
        char number[32];
        struct view key = locust_text_of(&kv->key);
        if (!key.ptr)
            key = view_of(
                number, (size_t)snprintf(number, sizeof number, "%.15g", locust_number_of(&kv->key, 0)));
        if (!value || json_object_setn_new(map, key.ptr, key.len, value) < 0) {
            json_decref(map);
            return NULL;
        }
    }
    return map;
}

static json_t *json_list(const msgpack_object *o) {
    json_t *list = json_array();
    for (uint32_t i = 0; list && i < o->via.array.size; i++)
        if (json_array_append_new(list, locust_json_of(&o->via.array.ptr[i])) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *locust_json_of(const msgpack_object *o) {
    switch (o->type) {
    case MSGPACK_OBJECT_NIL: return json_null();
    case MSGPACK_OBJECT_BOOLEAN: return json_boolean(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return o->via.u64 <= INT64_MAX ? json_integer((json_int_t)o->via.u64) : json_real((double)o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: return json_integer((json_int_t)o->via.i64);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: return isfinite(o->via.f64) ? json_real(o->via.f64) : json_null();
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN: return json_text(locust_text_of(o));
    case MSGPACK_OBJECT_ARRAY: return json_list(o);
    case MSGPACK_OBJECT_MAP: return json_map(o);
    case MSGPACK_OBJECT_EXT: break;
    }
    return json_null();
}

/* ---- writing ---- */

static int append(void *data, const char *bytes, size_t len) {
    struct locust_packer *p = data;
    if (p->error == 0)
        p->error = buf_append(p->out, bytes, len);
    return p->error;
}

void locust_pack_begin(struct locust_packer *p, struct buf *out, struct view type) {
    p->out = out;
    p->error = 0;
    msgpack_packer_init(&p->to, p, append);
    msgpack_pack_array(&p->to, 3);
    locust_pack_text(p, type);
}

int locust_pack_end(struct locust_packer *p, struct view node_id) {
    locust_pack_text(p, node_id);
    return p->error;
}

void locust_pack_text(struct locust_packer *p, struct view text) {
    msgpack_pack_str(&p->to, text.len);
    msgpack_pack_str_body(&p->to, text.len ? text.ptr : "", text.len);
}

void locust_pack_key(struct locust_packer *p, const char *key) {
    locust_pack_text(p, view_of_cstr(key));
}

void locust_pack_count(struct locust_packer *p, const char *key, uint64_t n) {
    locust_pack_key(p, key);
    msgpack_pack_uint64(&p->to, n);
}

void locust_pack_number(struct locust_packer *p, const char *key, double n) {
    locust_pack_key(p, key);
    msgpack_pack_double(&p->to, n);
}

void locust_pack_pair(struct locust_packer *p, const char *key, struct view text) {
    locust_pack_key(p, key);
    locust_pack_text(p, text);
}

static void pack_object(struct locust_packer *p, const json_t *value) {
    const char *key;
    json_t *one;
    msgpack_pack_map(&p->to, json_object_size(value));
    json_object_foreach((json_t *)(uintptr_t)value, key, one) {
        locust_pack_key(p, key);
        locust_pack_json(p, one);
    }
}

void locust_pack_json(struct locust_packer *p, const json_t *value) {
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_NULL: msgpack_pack_nil(&p->to); break;
    case JSON_TRUE: msgpack_pack_true(&p->to); break;
    case JSON_FALSE: msgpack_pack_false(&p->to); break;
    case JSON_INTEGER: msgpack_pack_int64(&p->to, json_integer_value(value)); break;
    case JSON_REAL: msgpack_pack_double(&p->to, json_real_value(value)); break;
    case JSON_STRING:
        locust_pack_text(p, view_of(json_string_value(value), json_string_length(value)));
        break;
    case JSON_ARRAY:
        msgpack_pack_array(&p->to, json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            locust_pack_json(p, json_array_get(value, i));
        break;
    case JSON_OBJECT: pack_object(p, value); break;
    }
}
