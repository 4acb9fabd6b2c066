/* The web server: one thread of its own beside whoever owns it (the controller's loop, or a program that only
 * shows the ledger).
 *
 * What can be answered from the ledger, from the files of the page or from what was published is answered by
 * that thread. Everything else is an *ask*: it comes to the owner over a descriptor (web_fd), who answers it
 * when it can; meanwhile the browser's connection sleeps. The owner hands over finished JSON texts only, so
 * the two threads share nothing but a mutex and two queues. */
#ifndef WEB_WEB_H
#define WEB_WEB_H

#include <jansson.h>

#include "core/buf.h"
#include "core/list.h"

enum {
    WEB_TOKEN_MAX = 128,
    WEB_URL_MAX = 512,
    WEB_BODY_MAX = 1024 * 1024,
    WEB_CONNECTIONS_MAX = 4096,
    WEB_VIEWERS_MAX = 2048, /* of the live stream */
    WEB_IDLE_S = 30,        /* a connection without traffic is closed */
    WEB_REQUEST_S = 20,     /* nor may a request take longer to arrive */
    WEB_ASK_S = 60,         /* an ask that was not answered by then gets 503 */
    WEB_SLOW_MAX = 4,       /* slow answers at once (compare, reports); more get 503 */
    WEB_ASKS_MAX = 256,     /* waiting at once; more get 503 */
    WEB_REPLY_MAX = 256 * 1024 * 1024,
    WEB_EVENTS_KEPT = 600,
    WEB_EVENT_MAX = 256 * 1024,
    WEB_EVENTS_BYTES_MAX = 8 * 1024 * 1024,
};

/* Which routes there are (web_route.h has the table). */
enum web_set { WEB_SET_PAGE = 1, WEB_SET_LOCUST = 2, WEB_SET_K6 = 4 };

/* What the owner is asked. X(enumerator) */
#define WEB_TOPICS(X)                                                                                        \
    X(NONE)                                                                                                  \
    X(START)                                                                                                 \
    X(STOP)                                                                                                  \
    X(USERS)                                                                                                 \
    X(RATE)                                                                                                  \
    X(PAUSE)                                                                                                 \
    X(RESET)                                                                                                 \
    X(MARK)                                                                                                  \
    X(WORKERS)                                                                                               \
    X(TASKS)                                                                                                 \
    X(METRICS)                                                                                               \
    X(LOCUST_SWARM)                                                                                          \
    X(LOCUST_STOP)                                                                                           \
    X(LOCUST_RESET)                                                                                          \
    X(LOCUST_STATS)                                                                                          \
    X(LOCUST_STATS_CSV)                                                                                      \
    X(LOCUST_FAILURES_CSV)                                                                                   \
    X(LOCUST_HISTORY_CSV)                                                                                    \
    X(LOCUST_EXCEPTIONS)                                                                                     \
    X(LOCUST_EXCEPTIONS_CSV)                                                                                 \
    X(LOCUST_TASKS)                                                                                          \
    X(LOCUST_LOGS)                                                                                           \
    X(LOCUST_WORKERS)                                                                                        \
    X(LOCUST_USER)                                                                                           \
    X(K6_STATUS)                                                                                             \
    X(K6_STATUS_SET)                                                                                         \
    X(K6_METRICS)                                                                                            \
    X(K6_METRIC)                                                                                             \
    X(K6_GROUPS)                                                                                             \
    X(K6_GROUP)                                                                                              \
    X(K6_SETUP)                                                                                              \
    X(K6_SETUP_SET)                                                                                          \
    X(K6_TEARDOWN)
enum web_topic {
#define WEB_TOPIC_ENUM(id) WEB_TOPIC_##id,
    WEB_TOPICS(WEB_TOPIC_ENUM)
#undef WEB_TOPIC_ENUM
};

struct web;
struct web_options {
    const char *listen;             /* "127.0.0.1:8089", "[::1]:0"; not on loopback a token is a must */
    const char *token;              /* NULL or "" = none; at most WEB_TOKEN_MAX - 1 bytes */
    const char *tls_cert, *tls_key; /* files in PEM; both or none */
    const char *base_path;          /* "/load" = all routes are below it; NULL = none */
    const char *ledger;             /* its file, which need not exist yet; NULL = no runs are shown */
    unsigned sets;
};
/* Listens and starts the thread. Errors come with a sentence. */
int web_new(struct web **out, const struct web_options *o, struct error *err) MUST_USE;
/* All asks must have been answered. */
struct web *web_free(struct web *w);

bool web_is_loopback(const struct web *w);
int web_port(const struct web *w);
/* "http://127.0.0.1:8089/"; with_token: as a person needs it to get in. Lives as long as the server. */
const char *web_url(const struct web *w, bool with_token);
/* 32 hex digits nobody can guess. */
int web_token_make(char out[WEB_TOKEN_MAX]) MUST_USE;

/* ---- from the owner's thread ---- */

/* The JSON of GET /api/v1/state; tell: viewers of the live stream hear of it, if it is another than before.
 */
void web_publish_state(struct web *w, struct view json, bool tell);
/* An event of the live stream; name: "second", "log", … */
void web_publish(struct web *w, const char *name, struct view json);
/* What "current" means from now on; 0 = no run. */
void web_publish_run(struct web *w, int64_t run, const char *state);
struct web_ask {
    struct list entry;
    enum web_topic topic;
    int64_t run;      /* from the path; 0 = none */
    const char *name; /* the last piece of the path, where it is a name; "" = none */
    json_t *query;    /* object of texts, or arrays of texts where a key was given more than once */
    json_t *body;     /* object: the JSON that was sent, or a form like `query` */
    /* The answer. */
    int status;
    const char *type;     /* NULL = JSON */
    char attachment[256]; /* file name; "" = shown */
    struct buf reply;
    /* private */
    struct web *web;
    struct web_call *call; /* NULL: nobody waits any more */
};
int web_fd(const struct web *w); /* readable: there are asks */
struct web_ask *web_ask_next(
    struct web *w); /* NULL = none (left). From here on to be answered, by any thread */
/* With what stands in reply, status 0 meaning 200. The ask is gone. */
void web_ask_answer(struct web_ask *a);
/* {"error": {"code", "message"}}; code: "state", "invalid", "unsupported", … (docs/API.md), which decides the
 * status. */
void web_ask_refuse(struct web_ask *a, const char *code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
