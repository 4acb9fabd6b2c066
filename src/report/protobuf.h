/* Protocol buffers, the writing half: fields in the order in which they are written. The first error sticks.
 * A message within a message: mark = protobuf_begin(w, field); its fields; protobuf_end(w, mark). */
#ifndef REPORT_PROTOBUF_H
#define REPORT_PROTOBUF_H

#include "core/buf.h"

struct protobuf_writer {
    struct buf *out;
    int error;
};
static inline struct protobuf_writer protobuf_writer_of(struct buf *out) {
    return (struct protobuf_writer){.out = out};
}

void protobuf_u64(struct protobuf_writer *w, uint32_t field, uint64_t v); /* int64, uint64, enum, bool */
void protobuf_sint(struct protobuf_writer *w, uint32_t field, int64_t v); /* sint32, sint64 */
void protobuf_fixed64(struct protobuf_writer *w, uint32_t field, uint64_t v);
void protobuf_double(struct protobuf_writer *w, uint32_t field, double v);
void protobuf_text(struct protobuf_writer *w, uint32_t field, struct view v);
size_t protobuf_begin(struct protobuf_writer *w, uint32_t field);
void protobuf_end(struct protobuf_writer *w, size_t mark);
/* Elements of a packed repeated field, between begin and end. */
void protobuf_packed_varint(struct protobuf_writer *w, uint64_t v);
void protobuf_packed_sint(struct protobuf_writer *w, int64_t v);
void protobuf_packed_fixed64(struct protobuf_writer *w, uint64_t v);
void protobuf_packed_double(struct protobuf_writer *w, double v);

#endif
