/* A fetch from inside: fetch.c runs its states, hop.c ends its hops. */
#ifndef NET_FETCH_PRIV_H
#define NET_FETCH_PRIV_H

#include "net/auth.h"
#include "net/exchange.h"
#include "net/request_head.h"

enum fetch_state {
    FETCH_IDLE,     /* not started, ended or cancelled */
    FETCH_STARTING, /* in client->starting: wants a connection, on the scheduler's stack */
    FETCH_OPENING,  /* a connection is being dialled */
    FETCH_BUSY,     /* an exchange is under way */
    FETCH_SETTLING, /* in client->settling: the hop has ended, nobody was told yet */
};

struct kept_bytes { /* malloc'ed bytes that live as long as the fetch */
    struct kept_bytes *next;
    char *ptr;
};

struct http_fetch {
    struct list entry; /* client->starting, ->coming, ->settling or ->free_fetches */
    enum fetch_state state;
    struct arena arena;
    struct http_session *session;
    struct http_request request;
    struct http_fetch_callbacks callbacks;
    void *ctx;
    struct url first_url; /* set by the first redirect */
    struct hop_plan plan;
    struct http_header *fields; /* as sent */
    size_t field_count;
    struct exchange exchange;
    struct connection *opening;
    struct timing timing;
    struct timer timer;
    int64_t deadline_us; /* of the whole; 0 = none */
    int64_t armed_us;    /* when timer fires, while it is armed */
    struct failure *failure; /* of a hop that never reached an exchange; in the arena */
    struct http_hop hop;
    struct kept_bytes *kept;
    int redirects;
    bool retried, force_new, challenged;
    bool previewed; /* the hop was told of while its body came */
};

/* Begins the hop that f->plan describes. Nothing is called back from inside. */
void fetch_begin_hop(struct http_fetch *f, int64_t now_us);
void fetch_work(struct loop_defer *d); /* client->work */
void fetch_discard(struct http_fetch *f); /* memory of one that lay in the free list */
/* Fills f->hop from what the exchange left, stores cookies, and plans the next hop. True: f->plan is the next one. */
bool hop_settle(struct http_fetch *f);
/* The head is there: whether it is the last answer, going by what can be known without the body. Then f->hop is filled, but for the body. */
bool hop_preview(struct http_fetch *f);
bool fetch_keep(struct http_fetch *f, char *ptr); /* takes a malloc'ed pointer; false: out of memory, then it is freed */

#endif
