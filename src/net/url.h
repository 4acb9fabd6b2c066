/* URLs as HTTP needs them (RFC 3986, and leniently what Go and browsers accept). Views point into the parsed text or an arena. */
#ifndef NET_URL_H
#define NET_URL_H

#include "core/arena.h"
#include "core/view.h"

enum { URL_BYTES_MAX = 64 * 1024 };

struct url {
    struct view scheme;   /* lower case */
    struct view userinfo; /* raw "user:pass", ptr NULL when absent */
    struct view host;     /* without brackets, lower case, ASCII ("bücher.test" is "xn--bcher-kva.test"); may be empty ("http:///x") */
    struct view host_text; /* the same as it was written, escapes resolved */
    struct view port_text; /* as written, ptr NULL when absent or empty */
    uint16_t port;        /* explicit or the scheme's default; 0 = port_text is beyond 65535 */
    bool port_explicit;
    bool path_absent;     /* "http://host?x": path is "/" nevertheless; url_format leaves it out */
    struct view path;     /* at least "/" ; percent-encoded where needed */
    struct view query;    /* without '?', as written; ptr NULL when absent */
    struct view fragment; /* without '#'; ptr NULL when absent */
};
/* Parses an absolute URL; normalised parts are copied into arena. 0, -ENOMEM, ERROR_SYNTAX (`parse "…": why`, Go's words)
 * or ERROR_INVALID: no scheme, or no "//" behind it (`unsupported protocol scheme "…"`). */
int url_parse(struct view text, struct arena *arena, struct url *out, struct error *err) MUST_USE;
/* Resolves a reference (RFC 3986 §5.2) against base. Errors as url_parse. */
int url_resolve(const struct url *base, struct view reference, struct arena *arena, struct url *out, struct error *err) MUST_USE;
enum url_userinfo { URL_NO_USERINFO, URL_USERINFO, URL_USERINFO_MASKED /* user:***@ */ };
/* scheme://[userinfo@]host[:port]path[?query][#fragment], escaped as Go's URL.String() does it. ptr NULL without memory. */
struct view url_format(const struct url *u, enum url_userinfo userinfo, struct arena *arena);
/* The host for the Host line and for dialling: as it was written when that is ASCII. */
struct view url_wire_host(const struct url *u);
bool url_is_tls(const struct url *u); /* https, wss */
bool url_host_is_v6(const struct url *u); /* it needs brackets */
/* "%41" becomes "A"; a '%' without two digits stays. */
struct view url_percent_decode(struct view v, struct arena *arena);

#endif
