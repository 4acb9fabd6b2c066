#include "target/shop_visitor.h"
#include "core/hex.h"
#include "target/commons.h"
#include "target/form.h"
#include <inttypes.h>
#include <stdio.h>

static void visitor_make_token(struct shop_visitor *v, const struct exchange *x) {
    static const uint64_t no_secret[2];
    const uint64_t *secret = x->app->commons ? x->app->commons->secret : no_secret;
    struct view session = view_of(v->session, SHOP_SESSION_LEN);
    snprintf(v->token, sizeof v->token, "%016" PRIx64 "%016" PRIx64, view_hash(session, secret[0]),
        view_hash(session, secret[1]));
}

void shop_visitor_renew(struct shop_visitor *v, struct exchange *x) {
    snprintf(v->session, sizeof v->session, "%016" PRIx64 "%016" PRIx64, rng_u64(&x->app->rng),
        rng_u64(&x->app->rng));
    exchange_set_header(x, "Set-Cookie", "shop_session=%s; Path=/; HttpOnly; SameSite=Lax", v->session);
    visitor_make_token(v, x);
}

static bool visitor_read_cookie(struct shop_visitor *v, const struct exchange *x) {
    struct view cookie = exchange_lookup(x, EXCHANGE_COOKIE, "shop_session");
    if (cookie.len != SHOP_SESSION_LEN)
        return false;
    for (size_t i = 0; i < cookie.len; i++)
        if (hex_digit(cookie.ptr[i]) < 0)
            return false;
    memcpy(v->session, cookie.ptr, cookie.len);
    return true;
}

static void visitor_on_user(void *ctx, const struct shop_user *u) {
    struct shop_visitor *v = ctx;
    v->user = u->id;
    snprintf(v->name, sizeof v->name, "%.*s", VIEW_ARGS(u->name));
}

int shop_visitor_fail(struct exchange *x, int rc) {
    exchange_refuse(x, 500, "The database failed: %s", shop_store_why(x->app->shop));
    return rc;
}

int shop_visitor_open(struct shop_visitor *v, struct exchange *x) {
    int64_t user = 0;
    *v = (struct shop_visitor){.fresh = true};
    if (!visitor_read_cookie(v, x)) {
        shop_visitor_renew(v, x);
        return 0;
    }
    v->fresh = false;
    visitor_make_token(v, x);
    struct view session = view_of(v->session, SHOP_SESSION_LEN);
    int rc = shop_store_session(x->app->shop, session, &user);
    if (rc == SHOP_STORE_OK && user)
        rc = shop_store_user(x->app->shop, user, visitor_on_user, v);
    if (rc >= 0)
        rc = shop_store_cart_count(x->app->shop, session, &v->cart);
    return rc < 0 ? shop_visitor_fail(x, rc) : 0;
}

bool shop_visitor_check(const struct shop_visitor *v, struct exchange *x) {
    char token[2 * SHOP_SESSION_LEN];
    struct view given = exchange_lookup(x, EXCHANGE_HEADER, "X-CSRF-Token");
    if (!given.ptr)
        given = view_of(token, form_find(x->body, "csrf_token", token, sizeof token));
    if (view_eq(given, view_of(v->token, SHOP_SESSION_LEN)) && !v->fresh)
        return true;
    exchange_refuse(x, 403,
        given.len ? "csrf_token is not the one of this session's form; load the page again"
                  : "csrf_token is missing; it is a hidden field of the form, and bound to the cookie "
                    "shop_session");
    return false;
}
