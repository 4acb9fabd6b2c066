/* A message's length stands before it and is known after it: protobuf_end moves the message by the few bytes
 * that its length takes. */
#include "report/protobuf.h"

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, VARINT_MAX = 10 };

static size_t varint(uint64_t v, char out[VARINT_MAX]) {
    size_t n = 0;
    for (; v >= 0x80; v >>= 7)
        out[n++] = (char)(v | 0x80);
    out[n++] = (char)v;
    return n;
}

static void append(struct protobuf_writer *w, const void *bytes, size_t n) {
    if (!w->error)
        w->error = buf_append(w->out, bytes, n);
}

static void tag(struct protobuf_writer *w, uint32_t field, uint32_t wire) {
    protobuf_packed_varint(w, field << 3 | wire);
}

void protobuf_packed_varint(struct protobuf_writer *w, uint64_t v) {
    char bytes[VARINT_MAX];
    append(w, bytes, varint(v, bytes));
}

void protobuf_packed_sint(struct protobuf_writer *w, int64_t v) {
    protobuf_packed_varint(w, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void protobuf_packed_fixed64(struct protobuf_writer *w, uint64_t v) {
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(v >> 8 * i);
    append(w, bytes, sizeof bytes);
}

void protobuf_packed_double(struct protobuf_writer *w, double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    protobuf_packed_fixed64(w, bits);
}

void protobuf_u64(struct protobuf_writer *w, uint32_t field, uint64_t v) {
    tag(w, field, WIRE_VARINT);
    protobuf_packed_varint(w, v);
}

void protobuf_sint(struct protobuf_writer *w, uint32_t field, int64_t v) {
    tag(w, field, WIRE_VARINT);
    protobuf_packed_sint(w, v);
}

void protobuf_fixed64(struct protobuf_writer *w, uint32_t field, uint64_t v) {
    tag(w, field, WIRE_FIXED64);
    protobuf_packed_fixed64(w, v);
}

void protobuf_double(struct protobuf_writer *w, uint32_t field, double v) {
    tag(w, field, WIRE_FIXED64);
    protobuf_packed_double(w, v);
}

void protobuf_text(struct protobuf_writer *w, uint32_t field, struct view v) {
    tag(w, field, WIRE_BYTES);
    protobuf_packed_varint(w, v.len);
    append(w, v.ptr, v.len);
}

size_t protobuf_begin(struct protobuf_writer *w, uint32_t field) {
    tag(w, field, WIRE_BYTES);
    return w->out->len;
}

void protobuf_end(struct protobuf_writer *w, size_t mark) {
    char bytes[VARINT_MAX];
    if (w->error)
        return;
    size_t len = w->out->len - mark, n = varint(len, bytes);
    w->error = buf_append(w->out, bytes, n);
    if (w->error)
        return;
    memmove(w->out->ptr + mark + n, w->out->ptr + mark, len);
    memcpy(w->out->ptr + mark, bytes, n);
}
