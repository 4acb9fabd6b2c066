/* What the two ways of a shipper share. */
#ifndef REPORT_SHIPPER_PRIV_H
#define REPORT_SHIPPER_PRIV_H

#include <pthread.h>

#include "core/arena.h"
#include "core/list.h"
#include "core/loop.h"
#include "net/fetch.h"
#include "net/resolver.h"
#include "report/shipper.h"

struct parcel {
    struct list entry;
    char *bytes;
    size_t len;
    uint64_t points;
    int tries;
};

struct shipper {
    struct arena arena;
    struct shipper_options o; /* texts in the arena */
    struct http_header headers[SHIPPER_HEADERS_MAX];
    size_t header_count;
    const char *shown; /* the address without credentials */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t idle;
    /* under the lock */
    struct list queue;
    size_t queued_bytes;
    uint64_t sent, lost; /* points */
    bool busy, closing, quit, troubled, told;
    struct error trouble; /* the first */
    struct error last;    /* the latest */

    /* the thread's own */
    struct loop *loop;
    struct loop_watch wake;
    struct loop_defer next;
    struct timer retry;
    struct parcel *current;
    struct http_client *client;
    struct http_session *session;
    struct http_fetch *fetch;
    bool prelude_done, in_prelude;
    struct resolver *resolver;
    struct lookup lookup;
    bool looking;
    int udp_fd; /* -1 = not connected */
};

/* Of the thread: the current parcel arrived; or it did not, and may be tried again. */
void shipper_delivered(struct shipper *s);
void shipper_failed(struct shipper *s, bool again, const char *why);
void shipper_count_lost(struct shipper *s, uint64_t points, const char *why);

int shipper_udp_init(struct shipper *s, struct error *err) MUST_USE;
void shipper_udp_deinit(struct shipper *s);
void shipper_udp_start(struct shipper *s); /* the current parcel */

#endif
