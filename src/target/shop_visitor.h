/* Who asks: the session cookie, whose it is, and the token that a form must bring back.
 *
 * A session is 32 hexadecimal digits; whoever has none gets one. The token is made from the session and a
 * secret of this backend, so it needs no table: a form is good as long as its session's cookie comes with it.
 */
#ifndef TARGET_SHOP_VISITOR_H
#define TARGET_SHOP_VISITOR_H

#include "target/exchange.h"
#include "target/shop_store.h"

enum { SHOP_NAME_MAX = 96 };

struct shop_visitor {
    char session[SHOP_SESSION_LEN + 1];
    char token[SHOP_SESSION_LEN + 1];
    bool fresh;   /* the session has just been made */
    int64_t user; /* 0 = not logged in */
    int64_t cart; /* pieces in the cart */
    char name[SHOP_NAME_MAX];
};

/* Reads the cookie and the session's rows, or begins a session (and sets the cookie). Returns 0, or negative:
 * the exchange is answered with 500. */
int shop_visitor_open(struct shop_visitor *v, struct exchange *x) MUST_USE;
/* Another session id, as after a login; sets the cookie. */
void shop_visitor_renew(struct shop_visitor *v, struct exchange *x);
/* The form's csrf_token, or the header X-CSRF-Token. False: answered with 403. */
bool shop_visitor_check(const struct shop_visitor *v, struct exchange *x);
/* Answers with 500 and what the database says; returns rc. */
int shop_visitor_fail(struct exchange *x, int rc);

#endif
