/* Cookies (RFC 6265): Set-Cookie parsing and a jar per user. No public-suffix list (as k6). Bounded: COOKIES_PER_JAR_MAX, oldest go. */
#ifndef NET_COOKIE_H
#define NET_COOKIE_H

#include "net/url.h"

enum { COOKIES_PER_JAR_MAX = 3000, COOKIE_BYTES_MAX = 8192 };

struct cookie {
    struct view name, value, domain, path;
    int64_t expires_s; /* Unix seconds; 0 = session cookie */
    int64_t max_age_s; /* as sent; 0 = absent; < 0 = delete now */
    bool http_only, secure, host_only;
    struct view same_site;
};
/* Parses one Set-Cookie value (views into text; domain/path empty when absent). ERROR_SYNTAX when there is no name. */
int cookie_parse(struct view text, struct cookie *out) MUST_USE;
/* "Wed, 21 Oct 2026 07:28:00 GMT" and the other formats of RFC 6265 §5.1.1. */
bool cookie_parse_date(struct view text, int64_t *unix_s);

struct cookie_jar;
int cookie_jar_new(struct cookie_jar **out) MUST_USE;
struct cookie_jar *cookie_jar_free(struct cookie_jar *j);
void cookie_jar_clear(struct cookie_jar *j);
/* Stores what a response from `from` set; applies the domain/path defaults and the rejection rules. now_s: Unix time. */
int cookie_jar_store(struct cookie_jar *j, const struct url *from, const struct cookie *c, int64_t now_s) MUST_USE;
/* Calls each() for all cookies to send to `to`, longest path first, then oldest first. */
void cookie_jar_each(const struct cookie_jar *j, const struct url *to, int64_t now_s,
                     void (*each)(void *ctx, const struct cookie *c), void *ctx);
void cookie_jar_delete(struct cookie_jar *j, const struct url *at, struct view name); /* name.ptr NULL: all of that URL */
/* As given, without the rules for what a server may set: domain "" = sent to every host. Replaces one of the same name, domain and path. */
int cookie_jar_put(struct cookie_jar *j, const struct cookie *c) MUST_USE;
/* All of them, oldest first, expired ones included. */
void cookie_jar_all(const struct cookie_jar *j, void (*each)(void *ctx, const struct cookie *c), void *ctx);
/* Those of that domain, path and name; ptr NULL = any. Returns how many went. */
size_t cookie_jar_remove(struct cookie_jar *j, struct view domain, struct view path, struct view name);
size_t cookie_jar_count(const struct cookie_jar *j);

#endif
