/* TLS 1.2 and up above a connection of probe_dial, for probes whose protocol has no library that speaks it for them. Nothing waits longer than
 * the probe's deadline, and all of it belongs to the probe's thread. */
#ifndef OBSERVE_PROBE_TLS_H
#define OBSERVE_PROBE_TLS_H

#include "observe/probe_priv.h"

#include <sys/types.h>

struct probe_tls_options {
    const char *host;    /* whom the certificate must name: a name or an address */
    const char *ca_file; /* PEM; NULL = the system's authorities */
    bool trust_anybody;
};

struct probe_tls;
/* Shakes hands over fd, which stays the caller's. Negative with a sentence. */
int probe_tls_new(struct probe_tls **out, const struct probe *p, int fd, const struct probe_tls_options *o, struct error *err) MUST_USE;
struct probe_tls *probe_tls_free(struct probe_tls *t);
int probe_tls_send(struct probe_tls *t, const struct probe *p, const char *bytes, size_t len) MUST_USE; /* all of it, or negative */
ssize_t probe_tls_hear(struct probe_tls *t, const struct probe *p, char *out, size_t max) MUST_USE;     /* 0 = the other side has ended */

#endif
