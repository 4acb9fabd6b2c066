/* libnats calls back from threads of its own. There a callback only appends to a queue under a mutex and
 * wakes the loop by an eventfd; the loop takes the whole queue at once and calls who watches. A
 * subscription's memory lives as long as the link, because a callback of a removed one may still be on its
 * way. So does libnats's part of it: until 3.6 its reader takes a message to a subscription without holding on
 * to it (nats-io/nats.c#637), so we hold on until the connection is closed.
 *
 * A connection that stands still is found out by pings within 6 s, a write that blocks within 2 s; then
 * libnats connects again. When libnats gives a connection up for another reason than refused credentials (a
 * server that dies in the middle of the handshake), a new one takes its place, with the same subscriptions.
 */
#include "fleet/nats_link.h"

#include <errno.h>
#include <nats/nats.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PING_MS = 2000,
    PINGS_OUT = 2,
    WRITE_MS = 2000,
    RECONNECT_MS = 200,
    QUEUE_TURN = 2048,
    REVIVE_US = 1000 * 1000,
    CLOSE_S = 5
};

struct nats_sub {
    struct list entry;
    struct nats_link *link;
    struct nats_watch *watch; /* NULL = removed; the loop's alone */
    natsSubscription *handle;
    char subject[NATS_SUBJECT_MAX];
};

enum news { NEWS_MESSAGE, NEWS_UP, NEWS_DOWN, NEWS_CLOSED };
struct item {
    struct item *next;
    enum news news;
    struct nats_sub *sub;
    natsMsg *msg;
};

struct nats_link {
    struct loop *loop;
    struct loop_watch wake;
    struct nats_link_ops ops;
    void *ctx;
    natsConnection *nc;
    natsOptions *options;
    natsInbox *inbox;
    struct timer revive;
    struct list subs, hooks;
    bool connected, closed;
    char url[NATS_SUBJECT_MAX];
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t closing;
    int alive; /* connections and subscriptions whose last callback is still to come */
    struct item *first, **last;
    size_t bytes;
    char why[NATS_SUBJECT_MAX];
};

/* ---- in libnats's threads ---- */

static void push(struct nats_link *l, enum news news, struct nats_sub *sub, natsMsg *msg) {
    struct item *i = calloc(1, sizeof *i);
    size_t len = msg ? (size_t)natsMsg_GetDataLength(msg) + sizeof *i : 0;

    pthread_mutex_lock(&l->lock);
    if (!i || (msg && l->bytes + len > NATS_INBOX_BYTES_MAX)) {
        pthread_mutex_unlock(&l->lock);
        natsMsg_Destroy(msg);
        free(i);
        return;
    }
    *i = (struct item){.news = news, .sub = sub, .msg = msg};
    bool was_empty = !l->first;
    *l->last = i;
    l->last = &i->next;
    l->bytes += len;
    pthread_mutex_unlock(&l->lock);
    if (was_empty)
        (void)!write(l->wake.fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void add_alive(struct nats_link *l, int n) {
    pthread_mutex_lock(&l->lock);
    l->alive += n;
    pthread_cond_signal(&l->closing);
    pthread_mutex_unlock(&l->lock);
}

static void on_nats_message(natsConnection *nc, natsSubscription *handle, natsMsg *msg, void *closure) {
    struct nats_sub *s = closure;
    (void)nc, (void)handle;
    push(s->link, NEWS_MESSAGE, s, msg);
}

static void on_nats_down(natsConnection *nc, void *closure) {
    (void)nc;
    push(closure, NEWS_DOWN, NULL, NULL);
}

static void on_nats_up(natsConnection *nc, void *closure) {
    (void)nc;
    push(closure, NEWS_UP, NULL, NULL);
}

static void on_nats_closed(natsConnection *nc, void *closure) {
    struct nats_link *l = closure;
    const char *why = NULL;

    natsConnection_GetLastError(nc, &why);
    pthread_mutex_lock(&l->lock);
    snprintf(l->why, sizeof l->why, "%s", why && *why ? why : "the connection was closed");
    pthread_mutex_unlock(&l->lock);
    push(l, NEWS_CLOSED, NULL, NULL);
    add_alive(l, -1);
}

static void on_nats_unsubscribed(void *closure) {
    add_alive(closure, -1);
}

/* A slow reader loses messages: who needs every one reads a stream, and notices the gap there. (Without a
 * handler libnats prints it.) */
static void on_nats_error(natsConnection *nc, natsSubscription *sub, natsStatus s, void *closure) {
    (void)nc, (void)sub, (void)s, (void)closure;
}

/* ---- in the loop ---- */

static void tell_change(struct nats_link *l, bool connected) {
    if (l->connected == connected)
        return;
    l->connected = connected;
    LIST_EACH(e, &l->hooks) {
        struct nats_hook *h = LIST_ENTRY(e, struct nats_hook, entry);
        h->changed(h, connected);
    }
}

static bool is_refusal(const char *why) {
    return strcasestr(why, "authorization") || strcasestr(why, "authentication") ||
           strcasestr(why, "permission") || strcasestr(why, "revoked");
}

static void on_gone(struct nats_link *l) {
    char why[NATS_SUBJECT_MAX];

    pthread_mutex_lock(&l->lock);
    snprintf(why, sizeof why, "%s", l->why);
    pthread_mutex_unlock(&l->lock);
    tell_change(l, false);
    l->closed = is_refusal(why);
    if (!l->closed)
        (void)!timers_arm(loop_timers(l->loop), &l->revive, loop_now_us(l->loop) + REVIVE_US);
    else if (l->ops.closed)
        l->ops.closed(l->ctx, why);
}

/* A connection that came to be has one last callback, and that may come before the call is back. */
static natsStatus open_connection(struct nats_link *l, natsConnection **nc) {
    add_alive(l, 1);
    natsStatus s = natsConnection_Connect(nc, l->options);
    if (s != NATS_OK && s != NATS_NOT_YET_CONNECTED)
        add_alive(l, -1);
    return s;
}

static natsStatus open_subscription(struct nats_sub *s, natsConnection *nc) {
    natsStatus status = natsConnection_Subscribe(&s->handle, nc, s->subject, on_nats_message, s);

    if (status != NATS_OK)
        return status;
    add_alive(s->link, 1);
    if (natsSubscription_SetOnCompleteCB(s->handle, on_nats_unsubscribed, s->link) != NATS_OK)
        add_alive(s->link, -1);
    return NATS_OK;
}

static void on_revive(struct timer *t) {
    struct nats_link *l = CONTAINER_OF(t, struct nats_link, revive);
    natsConnection *nc = NULL;
    natsStatus s = open_connection(l, &nc);

    if (s != NATS_OK && s != NATS_NOT_YET_CONNECTED) {
        (void)!timers_arm(loop_timers(l->loop), t, loop_now_us(l->loop) + REVIVE_US);
        return;
    }
    natsConnection *old = l->nc;
    l->nc = nc;
    LIST_EACH(e, &l->subs) {
        struct nats_sub *sub = LIST_ENTRY(e, struct nats_sub, entry);
        natsSubscription_Destroy(sub->handle);
        sub->handle = NULL;
        if (sub->watch)
            (void)open_subscription(sub, nc);
    }
    natsConnection_Destroy(old);
    if (s == NATS_OK)
        tell_change(l, true);
}

static void hand_on(struct nats_link *l, struct item *i) {
    struct nats_watch *w = i->sub ? i->sub->watch : NULL;
    const char *reply = i->msg ? natsMsg_GetReply(i->msg) : NULL;

    switch (i->news) {
    case NEWS_UP: tell_change(l, true); break;
    case NEWS_DOWN: tell_change(l, false); break;
    case NEWS_CLOSED: on_gone(l); break;
    case NEWS_MESSAGE:
        if (w)
            w->message(w, &(struct nats_message){.subject = view_of_cstr(natsMsg_GetSubject(i->msg)),
                              .reply = reply ? view_of_cstr(reply) : VIEW_NULL,
                              .data = view_of(natsMsg_GetData(i->msg), (size_t)natsMsg_GetDataLength(i->msg)),
                              .no_responders = natsMsg_IsNoResponders(i->msg),
                              .raw = i->msg});
        break;
    }
}

static void on_wake(struct loop_watch *w, uint32_t events) {
    struct nats_link *l = CONTAINER_OF(w, struct nats_link, wake);
    uint64_t count;

    (void)events;
    (void)!read(w->fd, &count, sizeof count);
    for (int n = 0; n < QUEUE_TURN; n++) {
        pthread_mutex_lock(&l->lock);
        struct item *i = l->first;
        if (i && !(l->first = i->next))
            l->last = &l->first;
        if (i && i->msg)
            l->bytes -= (size_t)natsMsg_GetDataLength(i->msg) + sizeof *i;
        pthread_mutex_unlock(&l->lock);
        if (!i)
            return;
        hand_on(l, i);
        natsMsg_Destroy(i->msg);
        free(i);
    }
    (void)!write(w->fd, &(uint64_t){1}, sizeof(uint64_t)); /* the other descriptors have their turn, too */
}

const char *nats_message_header(const struct nats_message *m, const char *key) {
    const char *value = NULL;
    return natsMsgHeader_Get((natsMsg *)(uintptr_t)m->raw, key, &value) == NATS_OK ? value : NULL;
}

/* ---- connecting ---- */

/* Error texts and logs must not give secrets away. */
static void without_secrets(const char *url, char out[NATS_SUBJECT_MAX]) {
    struct view rest = view_of_cstr(url);
    size_t n = 0;

    out[0] = 0;
    while (rest.ptr && n < NATS_SUBJECT_MAX) {
        struct view one = view_cut(&rest, ',', NULL);
        ptrdiff_t scheme = view_find_view(one, VIEW("://")), at = view_find(one, '@');
        size_t skip = scheme < 0 ? 0 : (size_t)scheme + 3;
        struct view host = view_drop(one, at < 0 ? skip : (size_t)at + 1);
        n += (size_t)snprintf(
            out + n, NATS_SUBJECT_MAX - n, "%s%.*s%.*s", n ? "," : "", (int)skip, one.ptr, VIEW_ARGS(host));
    }
}

static natsStatus set_servers(natsOptions *opts, const char *url) {
    char text[NATS_SERVERS_MAX][NATS_SUBJECT_MAX];
    const char *servers[NATS_SERVERS_MAX];
    struct view rest = view_of_cstr(url);
    int n = 0;

    while (rest.ptr && n < NATS_SERVERS_MAX) {
        struct view one = view_trim(view_cut(&rest, ',', NULL));
        if (one.len == 0 || one.len >= NATS_SUBJECT_MAX)
            return NATS_INVALID_ARG;
        snprintf(text[n], sizeof text[n], "%.*s", VIEW_ARGS(one));
        servers[n] = text[n];
        n++;
    }
    return natsOptions_SetServers(opts, servers, n);
}

static natsStatus set_secrets(natsOptions *opts, const struct nats_options *o) {
    natsStatus s = NATS_OK;
    bool tls = o->tls_ca || o->tls_cert || strstr(o->url, "tls://");

    if (o->user)
        s = natsOptions_SetUserInfo(opts, o->user, o->password ? o->password : "");
    if (s == NATS_OK && o->token)
        s = natsOptions_SetToken(opts, o->token);
    if (s == NATS_OK && o->credentials)
        s = natsOptions_SetUserCredentialsFromFiles(opts, o->credentials, NULL);
    if (s == NATS_OK && tls)
        s = natsOptions_SetSecure(opts, true);
    if (s == NATS_OK && o->tls_ca)
        s = natsOptions_LoadCATrustedCertificates(opts, o->tls_ca);
    if (s == NATS_OK && o->tls_cert)
        s = natsOptions_LoadCertificatesChain(opts, o->tls_cert, o->tls_key ? o->tls_key : o->tls_cert);
    return s;
}

static natsStatus set_options(natsOptions *opts, const struct nats_options *o, struct nats_link *l) {
    natsStatus s = set_servers(opts, o->url);
    const struct {
        natsStatus status;
    } steps[] = {
        {natsOptions_SetName(opts, o->name ? o->name : "halftime")},
        {natsOptions_SetTimeout(opts, NATS_SYNC_MS)},
        {natsOptions_SetMaxReconnect(opts, -1)},
        {natsOptions_SetReconnectWait(opts, RECONNECT_MS)},
        {natsOptions_SetReconnectJitter(opts, RECONNECT_MS / 2, RECONNECT_MS)},
        {natsOptions_SetPingInterval(opts, PING_MS)},
        {natsOptions_SetMaxPingsOut(opts, PINGS_OUT)},
        {natsOptions_SetWriteDeadline(opts, WRITE_MS)},
        {natsOptions_SetDisconnectedCB(opts, on_nats_down, l)},
        {natsOptions_SetReconnectedCB(opts, on_nats_up, l)},
        {natsOptions_SetClosedCB(opts, on_nats_closed, l)},
        {natsOptions_SetErrorHandler(opts, on_nats_error, l)},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && s == NATS_OK; i++)
        s = steps[i].status;
    return s == NATS_OK ? set_secrets(opts, o) : s;
}

static int explain(const struct nats_link *l, natsStatus s, struct error *err) {
    const char *why = nats_GetLastError(NULL);

    switch (s) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
        return error_set(err, ERROR_INVALID,
            "the bus at %s refuses us: the user and password, the token or the credentials file is not what "
            "it expects (--bus-user, --bus-password, "
            "--bus-token, --bus-creds)",
            l->url);
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_REQUIRED:
    case NATS_SECURE_CONNECTION_WANTED:
        return error_set(err, ERROR_INVALID,
            "TLS with the bus at %s failed: %s (--bus-ca names the authority that signed its certificate)",
            l->url, why && *why ? why : natsStatus_GetText(s));
    case NATS_NO_SERVER:
    case NATS_TIMEOUT:
        return error_set(err, ERROR_CLOSED,
            "nobody answers at %s: is nats-server running there (halftime fleet up starts one), and does the "
            "firewall let us?",
            l->url);
    default:
        return error_set(
            err, ERROR_INVALID, "the bus at %s: %s", l->url, why && *why ? why : natsStatus_GetText(s));
    }
}

static int connect_link(struct nats_link *l, const struct nats_options *o, struct error *err) {
    natsStatus s = natsOptions_Create(&l->options);

    if (s == NATS_OK)
        s = set_options(l->options, o, l);
    /* First without patience, which would try refused credentials for ever, too. */
    if (s == NATS_OK)
        s = open_connection(l, &l->nc);
    if (o->patient && (s == NATS_NO_SERVER || s == NATS_TIMEOUT)) {
        (void)natsOptions_SetRetryOnFailedConnect(l->options, true, on_nats_up, l);
        s = open_connection(l, &l->nc);
    }
    (void)natsOptions_SetRetryOnFailedConnect(l->options, true, on_nats_up, l); /* for the next one */
    l->connected = s == NATS_OK;
    if (s == NATS_NOT_YET_CONNECTED && o->patient)
        s = NATS_OK;
    if (s == NATS_OK)
        s = natsInbox_Create(&l->inbox);
    return s == NATS_OK ? 0 : explain(l, s, err);
}

int nats_link_new(struct nats_link **out, struct loop *loop, const struct nats_options *o,
    const struct nats_link_ops *ops, void *ctx, struct error *err) {
    struct nats_link *l = calloc(1, sizeof *l);
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    *out = NULL;
    if (!l || fd < 0) {
        free(l);
        return error_set(err, -errno, "out of memory or descriptors");
    }
    l->loop = loop;
    l->last = &l->first;
    if (ops)
        l->ops = *ops;
    l->ctx = ctx;
    list_init(&l->subs);
    list_init(&l->hooks);
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->closing, NULL);
    without_secrets(o->url, l->url);
    l->wake = LOOP_WATCH_NULL;
    l->wake.ready = on_wake;
    l->revive.fire = on_revive;
    int r = loop_watch_add(loop, &l->wake, fd, EPOLLIN);
    if (r < 0)
        error_set(err, r, "the event loop takes no more descriptors");
    else
        r = connect_link(l, o, err);
    if (r < 0)
        nats_link_free(l);
    else
        *out = l;
    return r;
}

/* libnats's threads may be in a last callback; false = they are after CLOSE_S, too. */
static bool wait_for_threads(struct nats_link *l) {
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_S;
    pthread_mutex_lock(&l->lock);
    while (l->alive > 0 && pthread_cond_timedwait(&l->closing, &l->lock, &until) == 0)
        ;
    bool done = l->alive <= 0;
    pthread_mutex_unlock(&l->lock);
    return done;
}

struct nats_link *nats_link_free(struct nats_link *l) {
    if (!l)
        return NULL;
    if (l->nc)
        natsConnection_Close(l->nc);
    LIST_EACH(e, &l->subs) natsSubscription_Destroy(LIST_ENTRY(e, struct nats_sub, entry)->handle);
    natsConnection_Destroy(l->nc);
    natsOptions_Destroy(l->options);
    natsInbox_Destroy(l->inbox);
    timers_cancel(loop_timers(l->loop), &l->revive);
    if (!wait_for_threads(l))
        return NULL; /* memory lost is better than memory that a thread still writes to */
    for (struct item *i = l->first, *next; i; i = next) {
        next = i->next;
        natsMsg_Destroy(i->msg);
        free(i);
    }
    LIST_EACH(e, &l->subs) free(LIST_ENTRY(e, struct nats_sub, entry));
    int fd = l->wake.fd;
    loop_watch_remove(l->loop, &l->wake);
    if (fd >= 0)
        close(fd);
    pthread_cond_destroy(&l->closing);
    pthread_mutex_destroy(&l->lock);
    free(l);
    return NULL;
}

bool nats_link_connected(const struct nats_link *l) {
    return l->connected;
}
const char *nats_link_url(const struct nats_link *l) {
    return l->url;
}
const char *nats_link_inbox(const struct nats_link *l) {
    return l->inbox;
}
struct loop *nats_link_loop(const struct nats_link *l) {
    return l->loop;
}
void *nats_link_connection(struct nats_link *l) {
    return l->nc;
}

/* ---- talking ---- */

static struct nats_sub *new_sub(struct nats_link *l, struct nats_watch *w) {
    struct nats_sub *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->link = l;
    s->watch = w;
    return s;
}

int nats_link_watch(struct nats_link *l, struct nats_watch *w, const char *subject) {
    struct nats_sub *s = new_sub(l, w);

    if (!s)
        return -ENOMEM;
    snprintf(s->subject, sizeof s->subject, "%s", subject);
    if (open_subscription(s, l->nc) != NATS_OK) {
        free(s);
        return ERROR_CLOSED;
    }
    list_push(&l->subs, &s->entry);
    w->sub = s;
    return 0;
}

void nats_link_unwatch(struct nats_link *l, struct nats_watch *w) {
    (void)l;
    if (!w->sub)
        return;
    w->sub->watch = NULL;
    natsSubscription_Unsubscribe(w->sub->handle);
    w->sub = NULL;
}

void nats_link_hook(struct nats_link *l, struct nats_hook *h) {
    list_push(&l->hooks, &h->entry);
}
void nats_link_unhook(struct nats_hook *h) {
    list_remove(&h->entry);
}

int nats_link_publish(struct nats_link *l, const char *subject, const char *reply, struct view data) {
    natsStatus s;

    if (!l->connected)
        return ERROR_CLOSED;
    if (reply)
        s = natsConnection_PublishRequest(l->nc, subject, reply, data.ptr, (int)data.len);
    else
        s = natsConnection_Publish(l->nc, subject, data.ptr, (int)data.len);
    if (s == NATS_MAX_PAYLOAD)
        return ERROR_LIMIT;
    return s == NATS_OK ? 0 : ERROR_CLOSED;
}

void nats_link_flush(struct nats_link *l, int timeout_ms) {
    if (l->connected)
        (void)natsConnection_FlushTimeout(l->nc, timeout_ms);
}

int nats_link_ask(
    struct nats_link *l, const char *subject, struct view data, int timeout_ms, struct buf *answer) {
    natsMsg *msg = NULL;

    if (natsConnection_Request(&msg, l->nc, subject, data.ptr, (int)data.len, timeout_ms) != NATS_OK)
        return ERROR_CLOSED;
    int r = buf_append(answer, natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
    natsMsg_Destroy(msg);
    return r;
}

int nats_link_gather(struct nats_link *l, const char *subject, const char *ask, int timeout_ms,
    bool (*each)(void *ctx, struct view data), void *ctx) {
    struct nats_sub *s = new_sub(l, NULL);
    bool enough = false;
    int64_t until_ms = nats_Now() + timeout_ms;

    if (!s)
        return -ENOMEM;
    list_push(&l->subs, &s->entry);
    if (natsConnection_SubscribeSync(&s->handle, l->nc, subject) != NATS_OK)
        return ERROR_CLOSED;
    int r = natsConnection_PublishString(l->nc, ask, "") == NATS_OK ? 0 : ERROR_CLOSED;
    for (int64_t left_ms = timeout_ms; r == 0 && !enough && left_ms > 0; left_ms = until_ms - nats_Now()) {
        natsMsg *msg = NULL;
        if (natsSubscription_NextMsg(&msg, s->handle, left_ms) != NATS_OK)
            break;
        enough = each(ctx, view_of(natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg)));
        natsMsg_Destroy(msg);
    }
    natsSubscription_Unsubscribe(s->handle);
    return r;
}
