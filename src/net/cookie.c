/* The Set-Cookie parser and the jar.
 *
 * A jar is an array of pointers in order of creation; each cookie is one malloc with its texts behind it. Jars are small
 * (a user talks to few hosts) and made anew for every iteration, so an empty jar is one small allocation and lookups are
 * linear. A cookie that is stored again keeps its place (RFC 6265 §5.3 step 11: the creation time is kept).
 *
 * The rules are those of Go's net/http/cookiejar without a public-suffix list, which is what k6 uses. */
#include "net/cookie.h"

#include <errno.h>
#include <stdlib.h>

struct cookie_jar {
    struct cookie **cookies; /* oldest first */
    size_t len, cap;
};

/* --- Set-Cookie --- */

static bool is_token(struct view v) {
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (c <= ' ' || c >= 127 || memchr("()<>@,;:\\\"/[]?={}", c, 17))
            return false;
    }
    return v.len > 0;
}

/* As Go: control characters, ';' and '\' make a value invalid; surrounding quotes are dropped. */
static bool take_value(struct view v, struct view *out) {
    if (v.len > 1 && v.ptr[0] == '"' && v.ptr[v.len - 1] == '"')
        v = view_of(v.ptr + 1, v.len - 2);
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (c < ' ' || c >= 127 || c == '"' || c == '\\')
            return false;
    }
    *out = v;
    return true;
}

static void take_max_age(struct view value, struct cookie *out) {
    int64_t s;

    if (!view_to_i64(value, &s) || (value.len > 1 && value.ptr[0] == '0'))
        return;
    out->max_age_s = s <= 0 ? -1 : s;
}

static void take_attribute(struct view name, struct view value, struct cookie *out) {
    if (view_eq_nocase(name, VIEW("expires")))
        (void)cookie_parse_date(value, &out->expires_s);
    else if (view_eq_nocase(name, VIEW("max-age")))
        take_max_age(value, out);
    else if (view_eq_nocase(name, VIEW("domain")))
        out->domain = value;
    else if (view_eq_nocase(name, VIEW("path")))
        out->path = value;
    else if (view_eq_nocase(name, VIEW("secure")))
        out->secure = true;
    else if (view_eq_nocase(name, VIEW("httponly")))
        out->http_only = true;
    else if (view_eq_nocase(name, VIEW("samesite")))
        out->same_site = value;
}

int cookie_parse(struct view text, struct cookie *out) {
    struct view rest = text;
    bool found;

    *out = (struct cookie){0};
    if (text.len > COOKIE_BYTES_MAX)
        return ERROR_LIMIT;
    struct view value = view_trim(view_cut(&rest, ';', NULL));
    out->name = view_trim(view_cut(&value, '=', &found));
    if (!found || !is_token(out->name) || !take_value(value.ptr ? view_trim(value) : VIEW(""), &out->value))
        return ERROR_SYNTAX;
    while (rest.ptr) {
        struct view v = view_trim(view_cut(&rest, ';', NULL));
        struct view name = view_trim(view_cut(&v, '=', NULL));
        take_attribute(name, v.ptr ? view_trim(v) : VIEW(""), out);
    }
    return 0;
}

/* --- the jar --- */

int cookie_jar_new(struct cookie_jar **out) {
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void cookie_jar_clear(struct cookie_jar *j) {
    for (size_t i = 0; i < j->len; i++)
        free(j->cookies[i]);
    j->len = 0;
}

struct cookie_jar *cookie_jar_free(struct cookie_jar *j) {
    if (!j)
        return NULL;
    cookie_jar_clear(j);
    free(j->cookies);
    free(j);
    return NULL;
}

size_t cookie_jar_count(const struct cookie_jar *j) {
    return j->len;
}

static void remove_at(struct cookie_jar *j, size_t at) {
    free(j->cookies[at]);
    j->len--;
    memmove(j->cookies + at, j->cookies + at + 1, (j->len - at) * sizeof *j->cookies);
}

static bool is_address(struct view host) {
    bool digits_only = host.len > 0;

    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == ':')
            return true;
        if ((host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.')
            digits_only = false;
    }
    return digits_only;
}

static bool is_subdomain(struct view host, struct view domain) {
    return host.len > domain.len && view_ends_with(host, domain) && host.ptr[host.len - domain.len - 1] == '.' && !is_address(host);
}

static bool path_matches(struct view path, struct view of_cookie) {
    if (!view_starts_with(path, of_cookie))
        return false;
    return path.len == of_cookie.len || of_cookie.ptr[of_cookie.len - 1] == '/' || path.ptr[of_cookie.len] == '/';
}

static struct view default_path(struct view path) {
    size_t len = path.len;

    if (len == 0 || path.ptr[0] != '/')
        return VIEW("/");
    while (len > 0 && path.ptr[len - 1] != '/')
        len--;
    return len <= 1 ? VIEW("/") : view_take(path, len - 1);
}

/* Fills in domain and path, or refuses (false) what the host may not set. */
static bool complete(const struct url *from, const struct cookie *c, struct cookie *out) {
    struct view domain = c->domain;

    *out = *c;
    if (domain.len > 0 && domain.ptr[0] == '.')
        domain = view_drop(domain, 1);
    if (c->domain.len == 0) {
        out->domain = from->host;
        out->host_only = true;
    } else {
        if (domain.len == 0 || domain.ptr[0] == '.' || domain.ptr[domain.len - 1] == '.')
            return false;
        if (!view_eq_nocase(domain, from->host)) {
            if (domain.len >= from->host.len || is_address(from->host))
                return false;
            struct view tail = view_drop(from->host, from->host.len - domain.len);
            if (!view_eq_nocase(domain, tail) || tail.ptr[-1] != '.')
                return false;
            domain = tail; /* the host is in lower case already */
        } else {
            domain = from->host;
        }
        out->domain = domain;
        out->host_only = is_address(from->host);
    }
    if (c->path.len == 0 || c->path.ptr[0] != '/')
        out->path = default_path(from->path);
    return true;
}

static bool expired(const struct cookie *c, int64_t now_s) {
    return c->expires_s != 0 && c->expires_s <= now_s;
}

static struct view put(char **at, struct view v) {
    char *start = *at;

    if (v.len)
        memcpy(start, v.ptr, v.len);
    *at += v.len;
    return view_of(start, v.len);
}

static struct cookie *copy(const struct cookie *c) {
    struct cookie *n = malloc(sizeof *n + c->name.len + c->value.len + c->domain.len + c->path.len + c->same_site.len);

    if (!n)
        return NULL;
    char *at = (char *)(n + 1);
    *n = *c;
    n->name = put(&at, c->name);
    n->value = put(&at, c->value);
    n->domain = put(&at, c->domain);
    n->path = put(&at, c->path);
    n->same_site = put(&at, c->same_site);
    return n;
}

static size_t find(const struct cookie_jar *j, const struct cookie *c) {
    size_t i = 0;

    while (i < j->len && !(view_eq(j->cookies[i]->name, c->name) && view_eq(j->cookies[i]->domain, c->domain) &&
                           view_eq(j->cookies[i]->path, c->path)))
        i++;
    return i;
}

static int grow(struct cookie_jar *j) {
    size_t cap = j->cap ? j->cap * 2 : 8;
    struct cookie **cookies = reallocarray(j->cookies, cap, sizeof(*cookies));

    if (!cookies)
        return -ENOMEM;
    j->cookies = cookies;
    j->cap = cap;
    return 0;
}

int cookie_jar_put(struct cookie_jar *j, const struct cookie *c) {
    size_t at = find(j, c);
    struct cookie *n = copy(c);

    if (!n)
        return -ENOMEM;
    if (at < j->len) {
        free(j->cookies[at]);
        j->cookies[at] = n;
        return 0;
    }
    if (j->len == COOKIES_PER_JAR_MAX)
        remove_at(j, 0);
    if (j->len == j->cap && grow(j) < 0) {
        free(n);
        return -ENOMEM;
    }
    j->cookies[j->len++] = n;
    return 0;
}

int cookie_jar_store(struct cookie_jar *j, const struct url *from, const struct cookie *c, int64_t now_s) {
    struct cookie full;

    if (!complete(from, c, &full))
        return 0;
    if (full.max_age_s > 0)
        full.expires_s = full.max_age_s < INT64_MAX - now_s ? now_s + full.max_age_s : INT64_MAX;
    size_t at = find(j, &full);
    if (full.max_age_s < 0 || expired(&full, now_s)) {
        if (at < j->len)
            remove_at(j, at);
        return 0;
    }
    return cookie_jar_put(j, &full);
}

/* Where secure cookies may go: over TLS, and to this machine itself, as k6 2.2 and browsers do. */
static bool is_trustworthy(const struct url *u) {
    return url_is_tls(u) || view_eq(u->host, VIEW("localhost")) || view_ends_with(u->host, VIEW(".localhost")) ||
           view_starts_with(u->host, VIEW("127.")) || view_eq(u->host, VIEW("::1"));
}

static bool applies(const struct cookie *c, const struct url *to, int64_t now_s) {
    if (expired(c, now_s) || (c->secure && !is_trustworthy(to)))
        return false;
    if (c->domain.len > 0 && !view_eq(c->domain, to->host) && (c->host_only || !is_subdomain(to->host, c->domain)))
        return false;
    return path_matches(to->path, c->path);
}

/* Longest path first without sorting: each round gives the longest length below the last round's. Jars are small, and
 * most cookies share one path. */
void cookie_jar_each(const struct cookie_jar *j, const struct url *to, int64_t now_s, void (*each)(void *ctx, const struct cookie *c),
                     void *ctx) {
    size_t below = SIZE_MAX;

    while (j->len > 0 && below > 0) {
        size_t longest = 0;
        for (size_t i = 0; i < j->len; i++) {
            const struct cookie *c = j->cookies[i];
            if (c->path.len < below && c->path.len > longest && applies(c, to, now_s))
                longest = c->path.len;
        }
        for (size_t i = 0; longest > 0 && i < j->len; i++)
            if (j->cookies[i]->path.len == longest && applies(j->cookies[i], to, now_s))
                each(ctx, j->cookies[i]);
        below = longest;
    }
}

void cookie_jar_all(const struct cookie_jar *j, void (*each)(void *ctx, const struct cookie *c), void *ctx) {
    for (size_t i = 0; i < j->len; i++)
        each(ctx, j->cookies[i]);
}

size_t cookie_jar_remove(struct cookie_jar *j, struct view domain, struct view path, struct view name) {
    size_t before = j->len;

    for (size_t i = j->len; i > 0; i--) {
        const struct cookie *c = j->cookies[i - 1];
        if ((!domain.ptr || view_eq(c->domain, domain)) && (!path.ptr || view_eq(c->path, path)) && (!name.ptr || view_eq(c->name, name)))
            remove_at(j, i - 1);
    }
    return before - j->len;
}

void cookie_jar_delete(struct cookie_jar *j, const struct url *at, struct view name) {
    for (size_t i = j->len; i > 0; i--) {
        const struct cookie *c = j->cookies[i - 1];
        bool of_host = view_eq(c->domain, at->host) || (!c->host_only && is_subdomain(at->host, c->domain));
        if (of_host && path_matches(at->path, c->path) && (!name.ptr || view_eq(c->name, name)))
            remove_at(j, i - 1);
    }
}
