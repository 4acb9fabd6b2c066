/* One HTTP request and the answer to it, independent of the server that carries them.
 *
 * The server fills the request half, a route's handler fills the answer half, on whatever thread works on it;
 * at any time exactly one thread holds the exchange. Views of the request live until the exchange is
 * finished. */
#ifndef TARGET_EXCHANGE_H
#define TARGET_EXCHANGE_H

#include "core/buf.h"
#include "core/rng.h"
#include "target/query_meter.h"

struct todo_store;
struct shop_store;
struct page_cache;
struct commons;

#define EXCHANGE_METHODS(X)                                                                                  \
    X(METHOD_GET, "GET")                                                                                     \
    X(METHOD_HEAD, "HEAD")                                                                                   \
    X(METHOD_POST, "POST")                                                                                   \
    X(METHOD_PUT, "PUT")                                                                                     \
    X(METHOD_DELETE, "DELETE")                                                                               \
    X(METHOD_OPTIONS, "OPTIONS")

enum exchange_method {
#define EXCHANGE_METHOD_ENUM(id, name) id,
    EXCHANGE_METHODS(EXCHANGE_METHOD_ENUM)
#undef EXCHANGE_METHOD_ENUM
        METHOD_OTHER
};

/* EXCHANGE_CLIENT: its address, whatever the name. */
enum exchange_source { EXCHANGE_HEADER, EXCHANGE_QUERY, EXCHANGE_COOKIE, EXCHANGE_CLIENT };

enum {
    EXCHANGE_HEADERS_MAX = 10,
    EXCHANGE_HEADER_VALUE_MAX = 192,
    EXCHANGE_BODY_MAX = 1024 * 1024, /* more is answered with 413 */
    EXCHANGE_REPLY_MAX = 64 * 1024 * 1024,
    EXCHANGE_CLIENT_CLOSED = 499, /* the log's status of a request whose client left before we had one */
};

/* What a handler may use besides the request: one per thread. */
struct exchange_app {
    struct todo_store *store;
    struct shop_store *shop;
    struct page_cache *cache; /* the process's */
    struct commons *commons;  /* NULL in tests that share nothing */
    struct query_meter meter; /* what the stores above used */
    struct rng rng;
    bool strict;
};

struct exchange_header {
    const char *name; /* static text */
    char value[EXCHANGE_HEADER_VALUE_MAX];
};

struct exchange {
    /* the request */
    enum exchange_method method;
    struct view path;  /* percent-decoded, without the query */
    struct view param; /* what {id} or * stood for in the route's pattern */
    struct view body;
    const char *(*lookup)(
        void *ctx, enum exchange_source source, const char *name); /* NULL if there is none */
    void *lookup_ctx;
    struct exchange_app *app;
    /* the answer */
    int status; /* 0 = none yet */
    const char *content_type;
    struct view fixed; /* a body that outlives the exchange; else `reply` holds it */
    struct buf reply;
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    int64_t delay_ns;       /* the work took so long besides, without processor time */
    int64_t stream_step_ns; /* else 0: the reply goes out event by event ("\n\n" ends one), one each step */
};

enum exchange_method exchange_method_parse(struct view name);
const char *exchange_method_name(enum exchange_method m);

/* VIEW_NULL when absent. */
struct view exchange_lookup(const struct exchange *x, enum exchange_source source, const char *name);

/* Forgets the answer, keeps the reply's memory. */
void exchange_clear(struct exchange *x);
struct view exchange_reply(const struct exchange *x);
void exchange_set_header(struct exchange *x, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void exchange_fixed(struct exchange *x, int status, const char *content_type, struct view body);
/* {"error": "…"}; fmt makes the plain text. */
void exchange_refuse(struct exchange *x, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Turns whatever was begun into a 500 when rc is an error of an append; returns rc. */
int exchange_guard(struct exchange *x, int rc);

#endif
