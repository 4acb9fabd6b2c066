/* TLS 1.0 to 1.3 by OpenSSL as a filter above a stream. One context per client; a session cache per user, if wanted. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "net/http_client.h"
#include "net/stream.h"

enum { TLS_SESSIONS_MAX = 16 };

struct tls_context;
int tls_context_new(struct tls_context **out, const struct http_client_options *o, struct error *err) MUST_USE;
struct tls_context *tls_context_free(struct tls_context *c);

struct tls_sessions; /* of one user: what resumption needs, by host and port */
struct tls_sessions *tls_sessions_free(struct tls_sessions *s);

/* host: for SNI and verification. sessions: NULL, or the address of the user's cache (made when needed). 0 or STREAM_FAILED. */
int tls_new(struct stream **out, struct tls_context *c, struct stream *below, struct view host, uint16_t port, struct tls_sessions **sessions,
            struct failure *f) MUST_USE;
struct view tls_version(const struct stream *s); /* "tls1.3" */
struct view tls_cipher(const struct stream *s);  /* IANA name */

#endif
