/* Parsing in two steps: cut the text into its five parts (RFC 3986 appendix B, by hand), then check and
 * normalise each.
 *
 * What is refused and how the refusal is worded follows Go's net/url, because k6 prints those sentences:
 * control characters, bad escapes, odd characters in the host, a port that is not digits. What Go lets
 * through goes through: a query is sent as it was written; so is a path, unless it has bytes that may not
 * stand in a request line: then all of it is escaped anew. */
#include "net/url.h"

#include "core/hex.h"
#include "net/address.h"

#include <errno.h>
#include <idn2.h>
#include <stdlib.h>

enum { QUOTED_MAX = 300 }; /* bytes of somebody's text in an error sentence */

struct parts {
    struct view scheme, authority, path, query, fragment; /* ptr NULL = absent; path may be empty */
};

static bool is_alpha(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int refuse(struct error *err, struct view text, const char *why) {
    return error_set(err, ERROR_SYNTAX, "parse \"%.*s\": %s", VIEW_ARGS(view_take(text, QUOTED_MAX)), why);
}

/* The part before the first c; the rest (without c) goes to *after, ptr NULL when there is no c. */
static struct view split(struct view v, char c, struct view *after) {
    ptrdiff_t at = view_find(v, c);

    *after = at < 0 ? VIEW_NULL : view_drop(v, (size_t)at + 1);
    return at < 0 ? v : view_take(v, (size_t)at);
}

static int cut_scheme(struct view text, struct view *rest, struct view *scheme, struct error *err) {
    *scheme = VIEW_NULL;
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->ptr[i];
        if (c == ':') {
            if (i == 0)
                return refuse(err, text, "missing protocol scheme");
            *scheme = view_take(*rest, i);
            *rest = view_drop(*rest, i + 1);
            return 0;
        }
        if (!is_alpha(c) && (i == 0 || !(is_digit(c) || c == '+' || c == '-' || c == '.')))
            return 0;
    }
    return 0;
}

static int cut_parts(struct view text, struct parts *out, struct error *err) {
    struct view rest = text;

    *out = (struct parts){0};
    if (text.len > URL_BYTES_MAX)
        return error_set(err, ERROR_SYNTAX, "parse: the URL has more than %d bytes", URL_BYTES_MAX);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
            return refuse(err, text, "net/url: invalid control character in URL");
    rest = split(rest, '#', &out->fragment);
    int r = cut_scheme(text, &rest, &out->scheme, err);
    if (r < 0)
        return r;
    rest = split(rest, '?', &out->query);
    if (view_starts_with(rest, VIEW("//"))) {
        struct view after = view_drop(rest, 2);
        ptrdiff_t slash = view_find(after, '/');
        out->authority = slash < 0 ? after : view_take(after, (size_t)slash);
        rest = slash < 0 ? view_of(after.ptr + after.len, 0) : view_drop(after, (size_t)slash);
    }
    out->path = rest;
    return 0;
}

static struct view lower(struct view v, struct arena *arena) {
    size_t i = 0;

    while (i < v.len && !(v.ptr[i] >= 'A' && v.ptr[i] <= 'Z'))
        i++;
    if (i == v.len)
        return v;
    struct view copy = arena_copy(arena, v);
    for (i = 0; copy.ptr && i < copy.len; i++)
        if (v.ptr[i] >= 'A' && v.ptr[i] <= 'Z')
            ((char *)(uintptr_t)copy.ptr)[i] = (char)(v.ptr[i] + 32);
    return copy;
}

static bool is_ascii(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if ((unsigned char)v.ptr[i] >= 128)
            return false;
    return true;
}

/* Names beyond ASCII as DNS has them (UTS 46, not transitional); what is no such name stays as it is. Symbols, which IDNA 2008 refuses and
 * Go and browsers let through, pass the older, transitional rules. */
static struct view ascii_host(struct view host, struct arena *arena) {
    char *found = NULL;

    if (is_ascii(host))
        return lower(host, arena);
    char *text = view_dup_cstr(host);
    int r = text ? idn2_to_ascii_8z(text, &found, IDN2_NONTRANSITIONAL) : IDN2_MALLOC;
    if (r == IDN2_DISALLOWED)
        r = idn2_to_ascii_8z(text, &found, IDN2_TRANSITIONAL);
    free(text);
    struct view out = r == IDN2_OK       ? arena_copy(arena, view_of_cstr(found))
                      : r == IDN2_MALLOC ? VIEW_NULL
                                         : lower(host, arena);
    idn2_free(found);
    return out;
}

static int check_escapes(struct view text, struct view v, struct error *err) {
    for (size_t i = 0; i < v.len; i++) {
        if (v.ptr[i] != '%')
            continue;
        if (i + 2 >= v.len || hex_digit(v.ptr[i + 1]) < 0 || hex_digit(v.ptr[i + 2]) < 0)
            return error_set(err, ERROR_SYNTAX, "parse \"%.*s\": invalid URL escape \"%.*s\"",
                VIEW_ARGS(view_take(text, QUOTED_MAX)), VIEW_ARGS(view_take(view_drop(v, i), 3)));
    }
    return 0;
}

static int check_host(struct view text, struct view host, struct error *err) {
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (c == ' ' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}')
            return error_set(err, ERROR_SYNTAX, "parse \"%.*s\": invalid character \"%s%c\" in host name",
                VIEW_ARGS(view_take(text, QUOTED_MAX)), c == '\\' ? "\\" : "", c);
    }
    int r = check_escapes(text, host, err);
    for (size_t i = 0; r == 0 && i + 2 < host.len; i++)
        if (host.ptr[i] == '%' && hex_digit(host.ptr[i + 1]) < 8) /* only what is not ASCII may be escaped */
            r = error_set(err, ERROR_SYNTAX, "parse \"%.*s\": invalid URL escape \"%.*s\"",
                VIEW_ARGS(view_take(text, QUOTED_MAX)), VIEW_ARGS(view_take(view_drop(host, i), 3)));
    return r;
}

static int check_userinfo(struct view text, struct view userinfo, struct error *err) {
    for (size_t i = 0; i < userinfo.len; i++) {
        char c = userinfo.ptr[i];
        if (!is_alpha(c) && !is_digit(c) && !memchr("-._:~!$&'()*+,;=%@", c, 18))
            return refuse(err, text, "net/url: invalid userinfo");
    }
    return check_escapes(text, userinfo, err);
}

static uint16_t default_port(struct view scheme) {
    return view_eq(scheme, VIEW("https")) || view_eq(scheme, VIEW("wss")) ? 443 : 80;
}

static int take_port(struct view text, struct view port, struct url *out, struct error *err) {
    uint64_t n = 0;

    for (size_t i = 1; i < port.len; i++)
        if (!is_digit(port.ptr[i]))
            return error_set(err, ERROR_SYNTAX, "parse \"%.*s\": invalid port \"%.*s\" after host",
                VIEW_ARGS(view_take(text, QUOTED_MAX)), VIEW_ARGS(view_take(port, QUOTED_MAX)));
    out->port = default_port(out->scheme);
    if (port.len <= 1)
        return 0;
    out->port_explicit = true;
    out->port_text = view_drop(port, 1);
    out->port = view_to_u64(out->port_text, &n) && n <= UINT16_MAX ? (uint16_t)n : 0;
    return 0;
}

/* [userinfo@]host[:port]; host may be a bracketed IPv6 address. */
static int take_authority(
    struct view text, struct view authority, struct arena *arena, struct url *out, struct error *err) {
    struct view host = authority, port = VIEW_NULL;
    struct address v6;
    int r;

    for (size_t i = authority.len; i > 0; i--)
        if (authority.ptr[i - 1] == '@') {
            out->userinfo = view_take(authority, i - 1);
            host = view_drop(authority, i);
            r = check_userinfo(text, out->userinfo, err);
            if (r < 0)
                return r;
            break;
        }
    if (host.len > 0 && host.ptr[0] == '[') {
        ptrdiff_t end = view_find(host, ']');
        if (end < 0)
            return refuse(err, text, "missing ']' in host");
        port = view_drop(host, (size_t)end + 1);
        host = view_drop(view_take(host, (size_t)end), 1);
        if (port.len && port.ptr[0] != ':')
            return error_set(err, ERROR_SYNTAX, "parse \"%.*s\": invalid port \"%.*s\" after host",
                VIEW_ARGS(view_take(text, QUOTED_MAX)), VIEW_ARGS(view_take(port, QUOTED_MAX)));
        if (!address_parse(host, 0, &v6) || !address_is_v6(&v6))
            return refuse(err, text, "invalid IPv6 address in host");
    } else {
        ptrdiff_t colon = view_find(host, ':');
        if (colon >= 0) {
            port = view_drop(host, (size_t)colon);
            host = view_take(host, (size_t)colon);
        }
        r = check_host(text, host, err);
        if (r < 0)
            return r;
    }
    out->host_text = url_percent_decode(host, arena);
    out->host = ascii_host(out->host_text, arena);
    return out->host.ptr || !host.len ? take_port(text, port, out, err)
                                      : error_set(err, -ENOMEM, "out of memory");
}

/* A path or fragment goes through as it was written, unless one of these is in it. */
static const bool misfits[256] = {
    [0 ... ' '] = 1, ['"'] = 1, ['<'] = 1, ['>'] = 1, ['\\'] = 1, ['^'] = 1, ['`'] = 1, ['{' ... '}'] = 1, [127 ... 255] = 1,
};

static bool must_escape(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if (misfits[(unsigned char)v.ptr[i]])
            return true;
    return false;
}

/* What is left alone besides letters, digits and "-_.~". */
#define PATH_KEPT     "$&+,/:;=@"
#define FRAGMENT_KEPT "$&+,/:;=?@!()*"
#define USERINFO_KEPT "$&+,;="
#define HOST_KEPT     "!$&'()*+,;=:[]<>\""

static struct view escape(struct view v, const char *kept, struct arena *arena) {
    static const char digits[] = "0123456789ABCDEF";
    char *text = arena_alloc(arena, v.len * 3 + 1), *at = text;

    if (!text || !v.ptr)
        return VIEW_NULL;
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (is_alpha((char)c) || is_digit((char)c) || (c && (strchr("-_.~", c) || strchr(kept, c)))) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = digits[c >> 4];
        *at++ = digits[c & 15];
    }
    *at = 0;
    return view_of(text, (size_t)(at - text));
}

static int take_path(
    struct view text, struct view path, struct arena *arena, struct url *out, struct error *err) {
    int r = check_escapes(text, path, err);

    if (r < 0)
        return r;
    out->path_absent = path.len == 0;
    out->path = path.len == 0       ? VIEW("/")
                : must_escape(path) ? escape(url_percent_decode(path, arena), PATH_KEPT, arena)
                                    : path;
    return out->path.ptr ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int url_parse(struct view text, struct arena *arena, struct url *out, struct error *err) {
    struct parts p;
    int r = cut_parts(text, &p, err);

    *out = (struct url){0};
    if (r < 0)
        return r;
    if (!p.scheme.ptr || (!p.authority.ptr && (p.path.len == 0 || p.path.ptr[0] != '/')))
        return error_set(err, ERROR_INVALID, "unsupported protocol scheme \"%.*s\"",
            VIEW_ARGS(view_take(p.scheme, QUOTED_MAX)));
    out->scheme = lower(p.scheme, arena);
    out->query = p.query;
    out->fragment = p.fragment;
    if (!out->scheme.ptr)
        return error_set(err, -ENOMEM, "out of memory");
    r = take_authority(text, p.authority, arena, out, err);
    if (r == 0)
        r = take_path(text, p.path, arena, out, err);
    return r < 0 ? r : check_escapes(text, p.fragment, err);
}

/* --- references --- */

/* RFC 3986 §5.2.4, in place: `out` grows by segments, "." vanishes, ".." takes one back. */
static struct view remove_dot_segments(struct view path, struct arena *arena) {
    char *out = arena_alloc(arena, path.len + 2);
    size_t n = 0, at = 0;

    if (!out)
        return VIEW_NULL;
    while (at < path.len) {
        size_t start = path.ptr[at] == '/' ? at + 1 : at, end = start;
        while (end < path.len && path.ptr[end] != '/')
            end++;
        struct view segment = view_of(path.ptr + start, end - start);
        bool last = end == path.len;
        if (view_eq(segment, VIEW(".."))) {
            while (n > 0 && out[--n] != '/')
                ;
        } else if (!view_eq(segment, VIEW("."))) {
            out[n++] = '/';
            memcpy(out + n, segment.ptr, segment.len);
            n += segment.len;
            at = end;
            continue;
        }
        if (last)
            out[n++] = '/';
        at = end;
    }
    if (n == 0)
        out[n++] = '/';
    out[n] = 0;
    return view_of(out, n);
}

/* Everything before the last '/' of the base, then the reference (§5.2.3). */
static struct view merge_paths(struct view base, struct view reference, struct arena *arena) {
    size_t keep = base.len;

    while (keep > 0 && base.ptr[keep - 1] != '/')
        keep--;
    char *p = arena_alloc(arena, keep + reference.len + 1);
    if (!p)
        return VIEW_NULL;
    memcpy(p, base.ptr, keep);
    if (reference.len)
        memcpy(p + keep, reference.ptr, reference.len);
    p[keep + reference.len] = 0;
    return view_of(p, keep + reference.len);
}

static int take_reference_path(const struct url *base, const struct parts *p, struct view text,
    struct arena *arena, struct url *out, struct error *err) {
    struct view path = p->path;

    if (path.len == 0 && !p->authority.ptr) {
        out->path = base->path;
        out->path_absent = base->path_absent;
        if (!p->query.ptr)
            out->query = base->query;
        return 0;
    }
    int r = take_path(text, path, arena, out, err);
    if (r < 0 || out->path_absent)
        return r;
    if (out->path.ptr[0] != '/')
        out->path = merge_paths(base->path, out->path, arena);
    if (out->path.ptr)
        out->path = remove_dot_segments(out->path, arena);
    return out->path.ptr ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int url_resolve(
    const struct url *base, struct view reference, struct arena *arena, struct url *out, struct error *err) {
    struct parts p;
    int r = cut_parts(reference, &p, err);

    *out = (struct url){0};
    if (r == 0)
        r = check_escapes(reference, p.fragment, err);
    if (r < 0)
        return r;
    if (p.scheme.ptr) {
        r = url_parse(reference, arena, out, err);
        if (r < 0 || out->path_absent)
            return r;
        out->path = remove_dot_segments(out->path, arena);
        return out->path.ptr ? 0 : error_set(err, -ENOMEM, "out of memory");
    }
    out->scheme = base->scheme;
    out->query = p.query;
    out->fragment = p.fragment;
    if (p.authority.ptr) {
        r = take_authority(reference, p.authority, arena, out, err);
        if (r < 0)
            return r;
    } else {
        out->userinfo = base->userinfo;
        out->host = base->host;
        out->host_text = base->host_text;
        out->port_text = base->port_text;
        out->port = base->port;
        out->port_explicit = base->port_explicit;
    }
    return take_reference_path(base, &p, reference, arena, out, err);
}

/* --- back to text --- */

static char *put(char *at, struct view v) {
    return v.len ? (char *)mempcpy(at, v.ptr, v.len) : at;
}

bool url_host_is_v6(const struct url *u) {
    return view_find(u->host, ':') >= 0;
}

struct view url_wire_host(const struct url *u) {
    return is_ascii(u->host_text) ? u->host_text : u->host;
}

/* user[:password]; userinfo has been checked. */
static struct view format_userinfo(struct view userinfo, bool masked, struct arena *arena) {
    struct view password, user = split(userinfo, ':', &password);

    user = escape(url_percent_decode(user, arena), USERINFO_KEPT, arena);
    if (!password.ptr)
        return user;
    password = masked ? VIEW("***") : escape(url_percent_decode(password, arena), USERINFO_KEPT, arena);
    char *text = arena_alloc(arena, user.len + password.len + 2);
    if (!text || !user.ptr || !password.ptr)
        return VIEW_NULL;
    char *at = put(text, user);
    *at++ = ':';
    at = put(at, password);
    return view_of(text, (size_t)(at - text));
}

struct view url_format(const struct url *u, enum url_userinfo userinfo, struct arena *arena) {
    bool with_userinfo = userinfo != URL_NO_USERINFO && u->userinfo.ptr, v6 = url_host_is_v6(u);
    struct view who =
        with_userinfo ? format_userinfo(u->userinfo, userinfo == URL_USERINFO_MASKED, arena) : VIEW("");
    struct view host = is_ascii(u->host_text) ? u->host_text : escape(u->host_text, HOST_KEPT, arena);
    struct view fragment = must_escape(u->fragment)
                               ? escape(url_percent_decode(u->fragment, arena), FRAGMENT_KEPT, arena)
                               : u->fragment;
    size_t max = u->scheme.len + who.len + host.len + u->port_text.len + u->path.len + u->query.len +
                 fragment.len + 16;
    char *text = arena_alloc(arena, max), *at = text;

    if (!text || (with_userinfo && !who.ptr) || (u->host_text.len && !host.ptr) ||
        (u->fragment.len && !fragment.ptr))
        return VIEW_NULL;
    at = put(at, u->scheme);
    at = put(at, VIEW("://"));
    at = put(at, who);
    at = put(at, with_userinfo ? VIEW("@") : VIEW(""));
    at = put(at, v6 ? VIEW("[") : VIEW(""));
    at = put(at, host);
    at = put(at, v6 ? VIEW("]") : VIEW(""));
    at = put(at, u->port_explicit ? VIEW(":") : VIEW(""));
    at = put(at, u->port_text);
    at = put(at, u->path_absent ? VIEW("") : u->path);
    at = put(at, u->query.ptr ? VIEW("?") : VIEW(""));
    at = put(at, u->query);
    at = put(at, fragment.len ? VIEW("#") : VIEW(""));
    at = put(at, fragment);
    *at = 0;
    return view_of(text, (size_t)(at - text));
}

bool url_is_tls(const struct url *u) {
    return view_eq(u->scheme, VIEW("https")) || view_eq(u->scheme, VIEW("wss"));
}

struct view url_percent_decode(struct view v, struct arena *arena) {
    char *p;
    size_t n = 0;

    if (view_find(v, '%') < 0)
        return v;
    p = arena_alloc(arena, v.len + 1);
    if (!p)
        return VIEW_NULL;
    for (size_t i = 0; i < v.len; i++) {
        bool escape =
            v.ptr[i] == '%' && i + 2 < v.len && hex_digit(v.ptr[i + 1]) >= 0 && hex_digit(v.ptr[i + 2]) >= 0;
        int value = escape ? hex_digit(v.ptr[i + 1]) * 16 + hex_digit(v.ptr[i + 2]) : v.ptr[i];
        p[n++] = (char)value;
        i += escape ? 2 : 0;
    }
    p[n] = 0;
    return view_of(p, n);
}
