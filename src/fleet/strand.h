/* A strand: one direction of what a controller and one member say to each other, as a numbered sequence of
 * segments that travel through a stream. The bytes of all segments in order are the frames of the bus. A
 * segment that does not follow the one before is not taken: it was there already, or comes again (nats_outbox
 * goes back). A newer epoch (a controller that took over) begins anew at 1 and makes the older ones void.
 * The key is known to those who were offered the run: what does not carry it is a stranger's. Pure. */
#ifndef FLEET_STRAND_H
#define FLEET_STRAND_H

#include "core/pack.h"

enum { STRAND_VERSION = 2, STRAND_HEAD_MAX = 40 };

struct strand_out {
    uint64_t key, epoch, n;
};
/* The head of the next segment, into `head`; returns it. */
struct view strand_head(struct strand_out *s, char head[STRAND_HEAD_MAX]);

struct strand_in {
    uint64_t key, epoch, n;
    uint64_t repeated, early; /* not taken: known already; behind a hole */
};
enum strand_outcome {
    STRAND_TAKEN = 0,
    STRAND_NEW_EPOCH = 1, /* taken; what was half heard of the former epoch is void */
    STRAND_SKIPPED = 2,
};
/* ERROR_SYNTAX: not a segment of ours, or without our key. */
int strand_take(struct strand_in *s, struct view segment, struct view *bytes) MUST_USE;

#endif
