/* Carries finished payloads to a server, on a thread of its own: whoever measures never waits for whoever
 * stores.
 *
 * The queue is bounded; what does not fit, and what the server does not take after several tries, is counted
 * and told. Payloads go out one after another, in order (Prometheus refuses samples that come out of order).
 */
#ifndef REPORT_SHIPPER_H
#define REPORT_SHIPPER_H

#include "core/buf.h"
#include "net/header.h"

enum {
    SHIPPER_QUEUE_BYTES_MAX = 32 * 1024 * 1024,
    SHIPPER_HEADERS_MAX = 32,
    SHIPPER_TRIES_MAX = 7,           /* per payload: the waits between them sum up to some ten seconds */
    SHIPPER_TRIES_AT_END = 3,        /* once the run is over */
    SHIPPER_BACKOFF_US = 200 * 1000, /* doubles with each try */
    SHIPPER_BACKOFF_MAX_US = 5 * 1000 * 1000,
    SHIPPER_TIMEOUT_US = 5 * 1000 * 1000, /* of one request */
    SHIPPER_FINISH_US = 5 * 1000 * 1000,  /* at the end: for all that still waits */
    SHIPPER_ANSWER_MAX = 1024 * 1024,     /* of a server's answer: only its beginning is shown */
    SHIPPER_DATAGRAM_MAX = 1432,          /* fits an Ethernet frame, as StatsD advises */
};

struct shipper_options {
    struct view udp; /* "host:port": lines as datagrams; empty = HTTP */
    struct view url; /* POST to it */
    struct view
        prelude; /* POST without body to this one before all others, whatever comes of it; empty = none */
    const struct http_header *headers;
    size_t header_count;
    struct view username, password;           /* basic authorisation when there is a name */
    bool insecure;                            /* does not check certificates */
    int tls_min;                              /* TLS1_2_VERSION …; 0 = as the library has it */
    struct view ca_file, cert_file, key_file; /* PEM */
    struct view proxy;
};
struct shipper;
/* Copies the options and starts nothing yet: the thread begins with the first payload. ERROR_INVALID with a
 * sentence (bad address, certificate that cannot be read …). */
int shipper_new(struct shipper **out, const struct shipper_options *o, struct error *err) MUST_USE;
struct shipper *shipper_free(struct shipper *s); /* at once, whatever waits; takes NULL */

/* Takes the bytes over (payload is empty afterwards); never blocks. points: how many measurements are in it.
 */
void shipper_send(struct shipper *s, struct buf *payload, uint64_t points);
void shipper_lose(struct shipper *s, uint64_t points); /* counted as missing: there was no memory for them */
uint64_t shipper_lost(struct shipper *s);              /* points so far */
/* The first failure is told while the run goes on: negative once, with its sentence; 0 = nothing new. */
int shipper_trouble(struct shipper *s, struct error *err) MUST_USE;
/* Waits for what is under way, SHIPPER_FINISH_US at most. Negative when points are missing at the server,
 * with a sentence. */
int shipper_finish(struct shipper *s, struct error *err) MUST_USE;

#endif
