/* The bus: framed messages between the controller and one worker, over a stream socket on a loop, or over a wire that somebody else carries
 * (segments in a stream of NATS). Order is kept, nothing is lost while both live. Frame: 4 bytes length (little endian, of what follows),
 * 1 byte kind, body. */
#ifndef FLEET_BUS_H
#define FLEET_BUS_H

#include "core/buf.h"
#include "core/loop.h"

enum {
    BUS_FRAME_MAX = 256 * 1024 * 1024,
    BUS_QUEUE_MAX = 512 * 1024 * 1024,
    BUS_QUEUE_HIGH = 8 * 1024 * 1024, /* beyond it bus_send waits for the other side */
};

struct bus;
struct bus_ops {
    void (*message)(void *ctx, unsigned kind, struct view body); /* may call bus_free */
    void (*closed)(void *ctx, int error);                        /* once; 0 = orderly end */
};

int bus_new(struct bus **out, struct loop *loop, int fd, const struct bus_ops *ops, void *ctx) MUST_USE; /* owns fd */
/* A wire takes bytes in order and gives back what it hears by bus_feed. */
struct bus_wire {
    int (*write)(void *ctx, struct view bytes);
    void *ctx;
};
int bus_new_wire(struct bus **out, const struct bus_wire *wire, const struct bus_ops *ops, void *ctx) MUST_USE;
void bus_feed(struct bus *b, struct view bytes);  /* a frame that is too large, or no memory: the bus is closed */
void bus_feed_anew(struct bus *b);                /* half a frame that was fed is void */
struct bus *bus_free(struct bus *b);
/* Queues (and writes what the socket takes). A closed bus swallows it: `closed` tells. */
int bus_send(struct bus *b, unsigned kind, struct view body) MUST_USE;
/* Blocks until everything queued is written, or the other side is gone. */
void bus_flush(struct bus *b);
size_t bus_queued(const struct bus *b);

#endif
