/* Our own messages: LEB128 varints, zigzag for signed numbers, little-endian doubles, length-prefixed bytes.
 *
 * Writers and readers keep their first error, so callers write a whole message and look once. A reader that failed
 * has an empty rest: nothing later can succeed by accident. */
#include "core/pack.h"

#include <endian.h>

enum { VARINT_BYTES_MAX = 10 };

static void append(struct pack_writer *w, const void *bytes, size_t len) {
    if (!w->error)
        w->error = buf_append(w->out, bytes, len);
}

void pack_u64(struct pack_writer *w, uint64_t v) {
    unsigned char bytes[VARINT_BYTES_MAX];
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        bytes[n++] = (unsigned char)(v | 0x80);
    bytes[n++] = (unsigned char)v;
    append(w, bytes, n);
}

void pack_i64(struct pack_writer *w, int64_t v) {
    pack_u64(w, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

void pack_double(struct pack_writer *w, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    bits = htole64(bits);
    append(w, &bits, sizeof bits);
}

void pack_bool(struct pack_writer *w, bool v) {
    append(w, v ? "\1" : "\0", 1);
}

void pack_view(struct pack_writer *w, struct view v) {
    pack_u64(w, v.len);
    append(w, v.ptr, v.len);
}

static void fail(struct pack_reader *r) {
    r->failed = true;
    r->rest = VIEW_NULL;
}

uint64_t unpack_u64(struct pack_reader *r) {
    uint64_t v = 0;

    for (size_t i = 0; i < r->rest.len && i < VARINT_BYTES_MAX; i++) {
        uint64_t byte = (unsigned char)r->rest.ptr[i];
        if (i == VARINT_BYTES_MAX - 1 && byte > 1)
            break;
        v |= (byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            r->rest = view_drop(r->rest, i + 1);
            return v;
        }
    }
    fail(r);
    return 0;
}

int64_t unpack_i64(struct pack_reader *r) {
    uint64_t z = unpack_u64(r);
    return (int64_t)((z >> 1) ^ (0 - (z & 1)));
}

double unpack_double(struct pack_reader *r) {
    uint64_t bits;
    double v;

    if (r->rest.len < sizeof bits) {
        fail(r);
        return 0;
    }
    memcpy(&bits, r->rest.ptr, sizeof bits);
    r->rest = view_drop(r->rest, sizeof bits);
    bits = le64toh(bits);
    memcpy(&v, &bits, sizeof v);
    return v;
}

bool unpack_bool(struct pack_reader *r) {
    uint64_t v = unpack_u64(r);
    if (v > 1)
        fail(r);
    return v == 1;
}

struct view unpack_view(struct pack_reader *r) {
    uint64_t len = unpack_u64(r);

    if (len > r->rest.len)
        fail(r);
    if (r->failed)
        return VIEW_NULL;
    struct view v = view_take(r->rest, len);
    r->rest = view_drop(r->rest, len);
    return v;
}

size_t unpack_count(struct pack_reader *r, size_t min_bytes_each) {
    uint64_t n = unpack_u64(r);

    if (min_bytes_each && n > r->rest.len / min_bytes_each) {
        fail(r);
        return 0;
    }
    return n;
}
