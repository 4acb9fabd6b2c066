/* The HTTP half of OTLP: POST /v1/traces and /v1/logs, protobuf or JSON, plain or gzip, to finished bodies. One thread of its own, in
 * which body() is called. Everything that can be sent is bounded; what is refused is counted and told the sender in words.
 *
 * /v1/metrics is answered and thrown away: SDKs that send all three signals to one address would complain otherwise. */
#ifndef TRACE_OTLP_RECEIVER_H
#define TRACE_OTLP_RECEIVER_H

#include "trace/otlp.h"

enum {
    OTLP_RECEIVER_CONNECTIONS_MAX = 256,
    OTLP_RECEIVER_IDLE_S = 60,
    OTLP_RECEIVER_ADDRESS_MAX = 80,
    OTLP_RECEIVER_TOKEN_MAX = 128,
};
#define OTLP_RECEIVER_WIRE_MAX ((size_t)8 * 1024 * 1024)     /* of one body as it is sent */
#define OTLP_RECEIVER_TOGETHER_MAX ((size_t)64 * 1024 * 1024) /* of all that are under way */

struct otlp_receiver_counts {
    uint64_t requests, bytes; /* that were taken; bytes decompressed */
    uint64_t refused;         /* not OTLP, too large, without token … */
};
struct otlp_receiver_options {
    const char *address; /* "127.0.0.1:4318", "[::1]:0", "localhost:4318", ":4318" (loopback) */
    const char *token;   /* NULL or "" = none; a must on any address but loopback */
    void *ctx;
    int (*body)(void *ctx, enum otlp_signal signal, bool json, struct view body, struct error *err);
};
struct otlp_receiver;
int otlp_receiver_new(struct otlp_receiver **out, const struct otlp_receiver_options *o, struct error *err) MUST_USE;
struct otlp_receiver *otlp_receiver_free(struct otlp_receiver *r);
const char *otlp_receiver_url(const struct otlp_receiver *r); /* "http://127.0.0.1:4318" */
struct otlp_receiver_counts otlp_receiver_counts(struct otlp_receiver *r);

/* Appends at most out->max bytes. ERROR_SYNTAX, ERROR_LIMIT, -ENOMEM. */
struct buf;
int otlp_gunzip(struct view packed, struct buf *out) MUST_USE;

#endif
