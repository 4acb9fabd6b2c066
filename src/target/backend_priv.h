/* Between the server (backend.c: connections, start and stop) and the way of a request through it (ticket.c).
 */
#ifndef TARGET_BACKEND_PRIV_H
#define TARGET_BACKEND_PRIV_H

#include "target/backend.h"
#include "target/correlation.h"
#include "target/dispatcher.h"
#include "target/exchange.h"
#include "target/leak.h"
#include "target/workqueue.h"
#include <microhttpd.h>

enum {
    BACKEND_KEEP_BUFFER = 64 * 1024,
    BACKEND_EXECUTORS =
        8, /* threads that work with workers=N; nobody sleeps on them, so they fill any machine */
    BACKEND_NS_PER_US = 1000,
    BACKEND_NS_PER_MS = 1000 * 1000,
};

enum ticket_stage {
    TICKET_READING,
    TICKET_WARMING,   /* slow-start: a timer runs */
    TICKET_QUEUED,    /* waits for a gate, or for an executor */
    TICKET_READY,     /* to be worked on by its front */
    TICKET_SLEEPING,  /* worked on; the database or the model takes longer */
    TICKET_ANSWERED,  /* the answer can go out */
    TICKET_STREAMING, /* it goes out, event by event */
};

struct ticket {
    struct workqueue_job job;
    struct list waiter; /* in a gate's list */
    struct dispatcher_timer timer;
    struct exchange x;
    struct backend_front *front;
    struct MHD_Connection *connection;
    struct ticket *next_free;
    enum ticket_stage stage;
    int row;
    bool too_large, gone;
    unsigned needs, holds; /* bits of enum commons_gate */
    int64_t received_ns, read_ns, begun_ns, wait_from_ns, done_ns;
    int64_t waited_ns[COMMONS_GATES], waited_from_ns[COMMONS_GATES];
    int64_t database_from_ns, database_ns;
    unsigned queries;
    struct query_told *told; /* of `queries`; room for QUERY_METER_KEPT once it was needed */
    int64_t stream_from_ns;
    uint64_t stream_events; /* sent */
    struct buf body;
    struct spans_context trace; /* if there are spans */
    char correlation_id[CORRELATION_SIZE];
    char client[LISTENER_TEXT_MAX];
};

struct backend_front {
    struct backend *server;
    struct MHD_Daemon *daemon;
    struct exchange_app app;
    struct ticket *free_tickets;
    _Atomic int64_t in_progress;
};

struct backend {
    struct backend_config config;
    struct backend_shared *shared; /* its own part */
    struct access_log log;
    struct leak leak;
    struct dispatcher dispatcher;
    struct list waiters[COMMONS_GATES]; /* under the gates' locks */
    pthread_mutex_t executor_lock;      /* for its start, which is late */
    struct workqueue executor;
    struct exchange_app executor_apps[BACKEND_EXECUTORS];
    unsigned executor_count;
    struct page_cache *cache;
    struct spans *spans; /* NULL = none */
    uint64_t seen_changes;
    atomic_bool stopping;
    struct backend_front *fronts;
};

int backend_app_init(struct backend *s, struct exchange_app *app, struct error *err) MUST_USE;
void backend_app_deinit(struct exchange_app *app);

extern const struct dispatcher_table ticket_dispatcher_table;
extern const struct workqueue_table ticket_executor_table;

/* On the front's thread: the head has been read; the request is complete (MHD_YES with the connection
 * suspended, or ticket_ready); it may go on. NULL and false: without memory. */
struct ticket *ticket_open(
    struct backend_front *f, struct MHD_Connection *c, const char *method, const char *url);
/* All three return whether the answer can go out now; else the connection is suspended. */
bool ticket_read(struct ticket *t);
bool ticket_resumed(struct ticket *t);
/* A streamed answer: how many bytes from pos may go out now; 0 = suspended until there are some. */
size_t ticket_stream(struct ticket *t, size_t pos);
/* Leaves the gates it still holds. */
void ticket_leave(struct ticket *t);
void ticket_give_back(struct ticket *t);
void ticket_free_all(struct ticket *t);
unsigned ticket_flags(const struct ticket *t);
/* Whatever waits for a gate of this process is answered with 503. */
void ticket_drop_waiting(struct backend *s);
/* stall-every: sleeps while there is a pause. */
void backend_pause(struct backend *s);

#endif
