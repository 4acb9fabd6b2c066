/* What follows a 3xx: Go's rules (net/http client), which are the browsers', and those of two Python clients. Pure functions. */
#ifndef NET_REDIRECT_H
#define NET_REDIRECT_H

#include "net/fetch.h"

struct redirect {
    bool follow;    /* a redirect status */
    bool keep_body; /* 307, 308 */
    struct view method;
};
struct redirect redirect_of(enum http_redirects rules, int status, struct view method);
/* Authorization and cookies given by hand are not handed on to another domain: only to the same host or one below it. */
bool redirect_keeps_secrets(const struct url *first, const struct url *to);
/* The Referer to send, or ptr NULL: never from https to http, without userinfo. */
struct view redirect_referer(const struct url *from, const struct url *to, struct arena *arena);
bool redirect_is_secret_header(struct view name); /* Authorization, Cookie … */
bool redirect_is_body_header(struct view name);   /* Content-Type … */

#endif
