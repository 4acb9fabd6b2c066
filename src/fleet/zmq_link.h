/* A ROUTER or DEALER socket of ZeroMQ on a loop, as Locust's master and workers have them. What libzmq does
 * in threads of its own (connecting again, reading ahead) stays there; it is asked through its descriptor, on
 * the loop it is attached to. Between two loops what comes in waits.
 *
 * Bounds: ZMQ_LINK_QUEUE_MAX messages either way and peer, LOCUST_MESSAGE_BYTES_MAX each (a peer that sends
 * more is disconnected). */
#ifndef FLEET_ZMQ_LINK_H
#define FLEET_ZMQ_LINK_H

#include "core/loop.h"
#include "core/view.h"

enum { ZMQ_LINK_QUEUE_MAX = 10000, ZMQ_LINK_LINGER_MS = 1000, ZMQ_LINK_PEER_MAX = 255, ZMQ_LINK_TURN = 256 };

struct zmq_link;
struct zmq_link_options {
    const char *host;     /* to connect to; to bind to: an address, or "*" */
    int port;             /* to bind to: 0 = any */
    bool router;          /* binds, and has many peers; else connects to one */
    struct view identity; /* of a dealer */
};
struct zmq_link_ops {
    /* peer: the identity of the sender (router). Frames beyond the payload are none of Locust's: such
     * messages are dropped and counted. */
    void (*message)(void *ctx, struct view peer, struct view bytes);
};
/* Negative with a sentence: the address is in use, or is none. */
int zmq_link_new(struct zmq_link **out, const struct zmq_link_options *o, const struct zmq_link_ops *ops,
    void *ctx, struct error *err) MUST_USE;
struct zmq_link *zmq_link_free(struct zmq_link *l); /* waits for what is to be sent, ZMQ_LINK_LINGER_MS */
int zmq_link_attach(struct zmq_link *l, struct loop *loop) MUST_USE;
void zmq_link_detach(struct zmq_link *l); /* twice is fine */
/* Never waits. ERROR_CLOSED: nobody of that name is there; ERROR_LIMIT: too much waits for it already. */
int zmq_link_send(struct zmq_link *l, struct view peer, struct view bytes) MUST_USE;
int zmq_link_reconnect(
    struct zmq_link *l, struct error *err) MUST_USE; /* a new socket of the same kind and name */
int zmq_link_port(const struct zmq_link *l);
uint64_t zmq_link_dropped(const struct zmq_link *l); /* messages that were not of one frame */

/* Between two loops: the descriptor to wait for, and what to do then. */
int zmq_link_fd(const struct zmq_link *l);
void zmq_link_look(struct zmq_link *l); /* hands over what is there, at most ZMQ_LINK_TURN messages */

#endif
