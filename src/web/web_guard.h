/* Who may ask what: a pure function of the request's headers.
 *
 *  - Host: a server on a loopback address is only reached under a loopback name. A page that makes its own
 * name point to 127.0.0.1 (DNS rebinding) is told apart by that.
 *  - Origin, Sec-Fetch-Site, Referer: a page of another origin may open ours, and nothing else: Locust's
 * /stop is a GET.
 *  - X-Halftime: changes below /api need a header that no form can send.
 *  - Token: where one is set, everything but the log-in page and its files needs it. */
#ifndef WEB_WEB_GUARD_H
#define WEB_WEB_GUARD_H

#include "core/view.h"

#define WEB_GUARD_COOKIE "halftime_token"
#define WEB_GUARD_HEADER "X-Halftime"

/* X(enumerator, status, code, message) */
#define WEB_GUARD_VERDICTS(X)                                                                                \
    X(PASS, 200, "", "")                                                                                     \
    X(WRONG_HOST, 421, "wrong_host", "This server answers to localhost and loopback addresses only.")        \
    X(FOREIGN, 403, "forbidden", "The request comes from a page of another origin.")                         \
    X(NO_HEADER, 403, "forbidden",                                                                           \
        "Changes need the header X-Halftime: 1, which pages of other origins cannot send.")                  \
    X(NO_TOKEN, 401, "token_required",                                                                       \
        "A token is needed: the address that was printed when the program started holds it; or send it as "  \
        "Authorization: Bearer TOKEN.")
enum web_guard_verdict {
#define WEB_GUARD_ENUM(id, status, code, message) WEB_GUARD_##id,
    WEB_GUARD_VERDICTS(WEB_GUARD_ENUM)
#undef WEB_GUARD_ENUM
};
int web_guard_status(enum web_guard_verdict v);
const char *web_guard_code(enum web_guard_verdict v);
const char *web_guard_message(enum web_guard_verdict v);

struct web_guard {
    bool loopback;     /* the server's address is one */
    bool tls;          /* pages of http are none of ours; without it those of https may be, behind a proxy */
    struct view token; /* empty = none is needed */
};
/* Absent headers are VIEW_NULL. */
struct web_guard_request {
    struct view method, host, origin, referer, sec_fetch_site, authorization, cookie,
        token /* of the query */;
    bool header; /* X-Halftime is there */
    bool open;   /* the route may be opened by links of other pages (page, its files, log-in) */
    bool free;   /* the route needs no token */
    bool strict; /* the route belongs to our own API */
};
enum web_guard_verdict web_guard_check(const struct web_guard *g, const struct web_guard_request *r);
bool web_guard_token_ok(struct view wanted, struct view given); /* takes as long whatever differs */

#endif
