/* Compact binary encoding of our own messages (snapshots, plans, leases): varints, zigzag, doubles, length-prefixed
 * bytes. Fields are written and read in one order; a version number stands at the head of each message.
 * Reading never reads beyond its view: the first error sticks (`failed`), later reads return zero, so a reader checks
 * once at the end. */
#ifndef CORE_PACK_H
#define CORE_PACK_H

#include "core/buf.h"

struct pack_writer {
    struct buf *out;
    int error; /* first error of an append, sticks */
};
struct pack_reader {
    struct view rest;
    bool failed;
};

static inline struct pack_writer pack_writer_of(struct buf *out) { return (struct pack_writer){out, 0}; }
static inline struct pack_reader pack_reader_of(struct view v) { return (struct pack_reader){v, false}; }

void pack_u64(struct pack_writer *w, uint64_t v);   /* LEB128 */
void pack_i64(struct pack_writer *w, int64_t v);    /* zigzag */
void pack_double(struct pack_writer *w, double v);  /* 8 bytes little endian */
void pack_bool(struct pack_writer *w, bool v);
void pack_view(struct pack_writer *w, struct view v);

uint64_t unpack_u64(struct pack_reader *r);
int64_t unpack_i64(struct pack_reader *r);
double unpack_double(struct pack_reader *r);
bool unpack_bool(struct pack_reader *r);
struct view unpack_view(struct pack_reader *r); /* points into the reader's memory */
/* A count that is followed by at least min_bytes_each per element: fails when the rest cannot hold it. */
size_t unpack_count(struct pack_reader *r, size_t min_bytes_each);

#endif
