/* The server's inside. web.c: the thread and what others hand it; web_http.c: connections and requests;
 * web_stream.c: the live stream; web_page.c: the page's files and logging in; web_reply.c: what is sent; the
 * others: routes. Everything but `inbox` belongs to the thread. */
#ifndef WEB_WEB_PRIV_H
#define WEB_WEB_PRIV_H

#include <microhttpd.h>
#include <pthread.h>

#include "core/json_writer.h"
#include "ledger/ledger_run.h"
#include "web/web_guard.h"
#include "web/web_route.h"

struct ledger_view;
struct ledger_window;
struct ledger_series;

struct web_reply {
    int status;       /* 0 = 200 */
    const char *type; /* NULL = JSON */
    struct buf body;
    struct view fixed;    /* sent instead of the body, if not empty; lives for ever */
    const char *encoding; /* of `fixed`: "gzip", or NULL */
    const char *policy;   /* Content-Security-Policy; NULL = the strict one */
    bool keep;            /* may be cached for ever: its name has a hash */
    char attachment[256], location[WEB_URL_MAX], cookie[WEB_TOKEN_MAX + 128], allow[128], script_name[256];
};

struct web_request {
    struct web *web;
    struct ledger **ledger; /* the thread's own, opened when first asked for */
    int64_t run;            /* what "current" is */
    struct web_place place;
    struct view method;
    json_t *query, *body;
    struct web_reply reply;
    bool gzip; /* the client takes it */
};

/* A connection of a client, from accept to close. */
struct web_socket {
    struct list entry;
    int fd;
    int64_t since_us; /* a request is awaited since; 0 = one is being answered */
};

enum web_call_state { WEB_CALL_READING, WEB_CALL_ASKED, WEB_CALL_ANSWERED };
struct web_call {
    struct list entry; /* of web.asked, while ASKED */
    enum web_call_state state;
    struct MHD_Connection *connection;
    struct web_socket *socket;
    struct web_request request;
    struct web_ask *ask;
    int64_t asked_us;
    struct buf upload;
    bool too_large, refused; /* refused: reply holds the refusal, whatever still comes */
    bool started;            /* the request is answered: nothing else is done */
};

struct web_event {
    int references;
    uint64_t id;
    struct view text;
    char bytes[];
};
struct web_stream {
    struct web_event *kept[WEB_EVENTS_KEPT]; /* a ring; id n stands at n % WEB_EVENTS_KEPT */
    uint64_t next_id, oldest_id;
    size_t bytes;
    struct list viewers;
    size_t viewer_count;
};

struct web_item { /* from the owner's thread */
    struct list entry;
    char name[16];
    struct view json;
    char bytes[];
};

struct web {
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool thread_runs;
    int listen_fd, reserve_fd, wake_fd /* to the thread */, ask_fd /* to the owner */;
    unsigned sets;
    bool loopback, tls;
    int port;
    char token[WEB_TOKEN_MAX], base_path[128], url[WEB_URL_MAX], url_with_token[WEB_URL_MAX];
    char *ledger_path, *cert, *key;
    struct ledger *ledger; /* opened when first asked for */
    struct buf state;      /* JSON */
    int64_t run;           /* what "current" is */
    struct web_stream stream;
    struct list sockets, asked;
    size_t slow_count; /* guarded by lock */
    pthread_cond_t slow_done;
    size_t asked_count;
    int64_t next_tick_us, next_ping_us;
    pthread_mutex_t lock;
    struct { /* guarded by lock */
        bool stop;
        struct list items; /* of web_item: for the thread */
        size_t item_count;
        struct list answered; /* asks on their way back */
        struct list asks;     /* asks that the owner has not taken yet */
        struct buf last_state;
    } inbox;
};

/* web.c */
int web_ask_send(struct web_call *call);
/* The route's answer in a thread of its own, which comes back as an ask that was answered. */
int web_slow_start(struct web_call *call);
void web_ask_drop(struct web_ask *a); /* it is back, or was never sent */
int64_t web_now_us(void);
/* web_http.c */
int web_http_start(struct web *w, struct error *err);
void web_http_tick(struct web *w, int64_t now_us);
void web_http_answered(struct web *w, struct web_ask *a);
void web_http_stop(struct web *w);
/* web_reply.c */
int web_reply_error(struct web_reply *r, const char *code, const char *fmt, ...)
    PRINTF_LIKE(3, 4); /* returns 0 */
enum MHD_Result web_reply_send(struct web_call *call);
void web_reply_headers(const struct web *w, struct MHD_Response *response, const struct web_reply *r);
/* web_stream.c */
void web_stream_init(struct web_stream *s);
void web_stream_deinit(struct web_stream *s);
void web_stream_add(struct web *w, const char *name, struct view json);
void web_stream_ping(struct web *w);
enum MHD_Result web_stream_open(struct web_call *call);
void web_stream_close_all(struct web *w);
/* web_query.c: parameters; false: the reply tells what is wrong */
bool web_query_i64(
    struct web_request *q, const char *key, int64_t fallback, int64_t low, int64_t high, int64_t *out);
struct view web_query_text(const struct web_request *q, const char *key); /* empty = not given */
/* The ledger, and the run that the path names (current or not). NULL / 0: the reply tells why. */
struct ledger *web_query_ledger(struct web_request *q);
int64_t web_query_run(struct web_request *q);
int web_query_fail(struct web_request *q, const struct error *err); /* 500 with the sentence; returns 0 */
/* routes */
int web_page_index(struct web_request *q);
int web_page_asset(struct web_request *q);
int web_page_login(struct web_request *q);
int web_page_log_in(struct web_request *q);
int web_page_ping(struct web_request *q);
int web_state_get(struct web_request *q);
int web_runs_list(struct web_request *q);
int web_runs_get(struct web_request *q);
int web_runs_annotate(struct web_request *q);
int web_runs_remove(struct web_request *q);
void web_runs_write(struct json_writer *w, const struct ledger_run *r); /* without the closing brace */
void web_runs_write_marks(struct json_writer *w, struct ledger *l, int64_t run, int64_t from_s, int64_t to_s);
/* Of the query: false, NULL: the reply tells what is wrong. */
bool web_window_of(struct web_request *q, int64_t *from_s, int64_t *to_s);
struct ledger_view *web_window_view(struct web_request *q);
void web_window_write(struct json_writer *w, const struct ledger_window *window);
void web_window_write_series(struct json_writer *w, const struct ledger_series *s);
int web_window_series(struct web_request *q);
int web_window_table(struct web_request *q);
int web_window_histogram(struct web_request *q);
int web_probes(struct web_request *q);
int web_detail_failures(struct web_request *q);
int web_detail_exceptions(struct web_request *q);
int web_detail_checks(struct web_request *q);
int web_detail_thresholds(struct web_request *q);
int web_detail_logs(struct web_request *q);
int web_trace_list(struct web_request *q);
int web_trace_get(struct web_request *q);
int web_trace_logs(struct web_request *q);
int web_detail_workers(struct web_request *q);
int web_detail_findings(struct web_request *q);
int web_detail_script(struct web_request *q);
int web_download(struct web_request *q);
int web_report(struct web_request *q);
int web_compare(struct web_request *q);
int web_status_get(struct web_request *q);
int web_status_page(struct web_request *q);

#endif
