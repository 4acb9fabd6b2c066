/* Answers to 401: basic (RFC 7617) and digest (RFC 7616: MD5, SHA-256, their -sess forms, qop auth or none). */
#ifndef NET_AUTH_H
#define NET_AUTH_H

#include "core/arena.h"
#include "net/header.h"

/* "Basic …" from raw userinfo ("user:pass", percent-encoded). ptr NULL without memory. */
struct view auth_basic(struct view userinfo, struct arena *arena);

struct auth_challenge {
    struct view realm, nonce, opaque, algorithm; /* ptr NULL = absent */
    bool qop_auth, qop_given;
};
/* The first Digest challenge among the WWW-Authenticate fields that we can answer. Views into the fields. */
bool auth_challenge_find(const struct http_header *headers, size_t count, struct auth_challenge *out);
/* The Authorization value. nonce_count from 1; cnonce: fresh random text. ptr NULL without memory. */
struct view auth_digest(const struct auth_challenge *c, struct view userinfo, struct view method, struct view uri, unsigned nonce_count,
                        struct view cnonce, struct arena *arena);

#endif
