#include "net/auth.h"

#include "core/base64.h"
#include "net/url.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { DIGEST_TEXT_MAX = 2 * EVP_MAX_MD_SIZE + 1, AUTH_BYTES_MAX = 64 * 1024 };

static void split_userinfo(struct view userinfo, struct arena *arena, struct view *user, struct view *password) {
    struct view rest = userinfo;

    *user = url_percent_decode(view_cut(&rest, ':', NULL), arena);
    *password = rest.ptr ? url_percent_decode(rest, arena) : VIEW("");
}

struct view auth_basic(struct view userinfo, struct arena *arena) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(AUTH_BYTES_MAX);
    struct view user, password;

    split_userinfo(userinfo, arena, &user, &password);
    char *plain = arena_printf(arena, "%.*s:%.*s", VIEW_ARGS(user), VIEW_ARGS(password));
    if (!plain || buf_append_view(&out, VIEW("Basic ")) < 0 || base64_encode(&out, view_of_cstr(plain), BASE64_STD) < 0)
        return VIEW_NULL;
    return arena_copy(arena, buf_view(&out));
}

/* --- challenges --- */

static const EVP_MD *digest_of(struct view algorithm, bool *sess) {
    *sess = algorithm.len > 5 && view_eq_nocase(view_drop(algorithm, algorithm.len - 5), VIEW("-sess"));
    if (*sess)
        algorithm.len -= 5;
    if (!algorithm.ptr || view_eq_nocase(algorithm, VIEW("MD5")))
        return EVP_md5();
    return view_eq_nocase(algorithm, VIEW("SHA-256")) ? EVP_sha256() : NULL;
}

/* name=value or name="value" at the front of *rest; false at its end. */
static bool next_parameter(struct view *rest, struct view *name, struct view *value) {
    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == ',' || rest->ptr[0] == '\t'))
        *rest = view_drop(*rest, 1);
    ptrdiff_t eq = view_find(*rest, '=');
    if (eq < 0)
        return false;
    *name = view_trim(view_take(*rest, (size_t)eq));
    *rest = view_trim(view_drop(*rest, (size_t)eq + 1));
    size_t n = 0;
    if (rest->len && rest->ptr[0] == '"') {
        n = 1;
        while (n < rest->len && rest->ptr[n] != '"')
            n += rest->ptr[n] == '\\' && n + 1 < rest->len ? 2 : 1;
        *value = view_of(rest->ptr + 1, n - 1);
        n = n < rest->len ? n + 1 : n;
    } else {
        while (n < rest->len && rest->ptr[n] != ',')
            n++;
        *value = view_trim(view_take(*rest, n));
    }
    *rest = view_drop(*rest, n);
    return true;
}

static void take_qop(struct view list, struct auth_challenge *out) {
    out->qop_given = true;
    while (list.ptr)
        out->qop_auth = view_eq_nocase(view_trim(view_cut(&list, ',', NULL)), VIEW("auth")) || out->qop_auth;
}

static bool parse_challenge(struct view v, struct auth_challenge *out) {
    struct view name, value;
    bool sess;

    *out = (struct auth_challenge){0};
    v = view_trim(v);
    if (v.len < 7 || !view_eq_nocase(view_take(v, 7), VIEW("Digest ")))
        return false;
    v = view_drop(v, 7);
    while (next_parameter(&v, &name, &value)) {
        if (view_eq_nocase(name, VIEW("realm")))
            out->realm = value;
        else if (view_eq_nocase(name, VIEW("nonce")))
            out->nonce = value;
        else if (view_eq_nocase(name, VIEW("opaque")))
            out->opaque = value;
        else if (view_eq_nocase(name, VIEW("algorithm")))
            out->algorithm = value;
        else if (view_eq_nocase(name, VIEW("qop")))
            take_qop(value, out);
    }
    return out->nonce.ptr && digest_of(out->algorithm, &sess) && (!out->qop_given || out->qop_auth);
}

bool auth_challenge_find(const struct http_header *headers, size_t count, struct auth_challenge *out) {
    for (size_t i = 0; i < count; i++)
        if (view_eq_nocase(headers[i].name, VIEW("www-authenticate")) && parse_challenge(headers[i].value, out))
            return true;
    return false;
}

/* --- the answer --- */

/* Hash of the texts joined by ':', as hexadecimal digits. */
static bool hash(const EVP_MD *md, const struct view *parts, size_t n, char out[DIGEST_TEXT_MAX]) {
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestInit_ex(ctx, md, NULL) == 1;

    for (size_t i = 0; ok && i < n; i++)
        ok = (i == 0 || EVP_DigestUpdate(ctx, ":", 1) == 1) && EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1;
    ok = ok && EVP_DigestFinal_ex(ctx, bytes, &len) == 1;
    EVP_MD_CTX_free(ctx);
    for (unsigned i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = 0;
    return ok;
}

struct view auth_digest(const struct auth_challenge *c, struct view userinfo, struct view method, struct view uri, unsigned nonce_count,
                        struct view cnonce, struct arena *arena) {
    char ha1[DIGEST_TEXT_MAX], ha2[DIGEST_TEXT_MAX], response[DIGEST_TEXT_MAX], nc[16];
    struct view user, password;
    bool sess;
    const EVP_MD *md = digest_of(c->algorithm, &sess);

    split_userinfo(userinfo, arena, &user, &password);
    snprintf(nc, sizeof nc, "%08x", nonce_count);
    bool ok = hash(md, (struct view[]){user, c->realm, password}, 3, ha1);
    if (ok && sess) {
        char plain[DIGEST_TEXT_MAX];
        memcpy(plain, ha1, sizeof plain);
        ok = hash(md, (struct view[]){view_of_cstr(plain), c->nonce, cnonce}, 3, ha1);
    }
    ok = ok && hash(md, (struct view[]){method, uri}, 2, ha2);
    if (c->qop_auth)
        ok = ok && hash(md, (struct view[]){view_of_cstr(ha1), c->nonce, view_of_cstr(nc), cnonce, VIEW("auth"), view_of_cstr(ha2)}, 6, response);
    else
        ok = ok && hash(md, (struct view[]){view_of_cstr(ha1), c->nonce, view_of_cstr(ha2)}, 3, response);
    if (!ok)
        return VIEW_NULL;
    const char *text = arena_printf(
        arena, "Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"%.*s\", uri=\"%.*s\", response=\"%s\"%s%.*s%s%.*s%s%s%s%s%.*s%s",
        VIEW_ARGS(user), VIEW_ARGS(c->realm), VIEW_ARGS(c->nonce), VIEW_ARGS(uri), response, c->algorithm.ptr ? ", algorithm=" : "",
        VIEW_ARGS(c->algorithm), c->opaque.ptr ? ", opaque=\"" : "", VIEW_ARGS(c->opaque), c->opaque.ptr ? "\"" : "",
        c->qop_auth ? ", qop=auth, nc=" : "", c->qop_auth ? nc : "", c->qop_auth ? ", cnonce=\"" : "",
        c->qop_auth ? (int)cnonce.len : 0, cnonce.ptr, c->qop_auth ? "\"" : "");
    return view_of_cstr(text);
}
