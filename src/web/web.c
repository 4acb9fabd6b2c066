/* The thread, and what goes in and out of it.
 *
 *   owner ──state, events, answers──> inbox ──wake_fd──> thread
 *   owner <──asks─────────────────── inbox <──ask_fd─── thread
 *
 * An ask belongs to whoever holds it: the thread until it is sent, the owner from web_ask_next to
 * web_ask_answer, then the thread again. Its `call` is looked at by the thread only. */
#include "web/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/hex.h"
#include "target/listener.h"
#include "web/web_priv.h"

enum {
    WEB_TICK_US = 1000 * 1000,
    WEB_PING_US = 15 * 1000 * 1000,
    WEB_ITEMS_MAX = 4096,
    WEB_PEM_MAX = 1024 * 1024,
    WEB_STATE_MAX = 4 * 1024 * 1024
};

int64_t web_now_us(void) {
    return clock_now_us(&clock_real);
}

static void poke(int fd) {
    uint64_t one = 1;

    if (write(fd, &one, sizeof one) < 0)
        return; /* it is awake anyway */
}

static void drain(int fd) {
    uint64_t count;

    if (read(fd, &count, sizeof count) < 0)
        return;
}

/* ---- from the owner ---- */

static void publish(struct web *w, const char *name, struct view json) {
    struct web_item *item = json.len <= WEB_EVENT_MAX ? malloc(sizeof *item + json.len) : NULL;

    if (!item)
        return;
    snprintf(item->name, sizeof item->name, "%s", name);
    memcpy(item->bytes, json.ptr, json.len);
    item->json = view_of(item->bytes, json.len);
    pthread_mutex_lock(&w->lock);
    bool full = w->inbox.item_count >= WEB_ITEMS_MAX;
    if (!full) {
        list_push(&w->inbox.items, &item->entry);
        w->inbox.item_count++;
    }
    pthread_mutex_unlock(&w->lock);
    if (full)
        free(item);
    poke(w->wake_fd);
}

void web_publish(struct web *w, const char *name, struct view json) {
    publish(w, name, json);
}

void web_publish_state(struct web *w, struct view json, bool tell) {
    pthread_mutex_lock(&w->lock);
    bool same = view_eq(buf_view(&w->inbox.last_state), json);
    if (!same) {
        buf_clear(&w->inbox.last_state);
        if (buf_append_view(&w->inbox.last_state, json) < 0)
            buf_clear(&w->inbox.last_state);
    }
    pthread_mutex_unlock(&w->lock);
    if (!same)
        publish(w, tell ? "state" : "", json);
}

void web_publish_run(struct web *w, int64_t run, const char *state) {
    char text[96];
    int n = snprintf(text, sizeof text, "{\"run\":%lld,\"state\":\"%s\"}", (long long)run, state);

    publish(w, "run", view_of(text, (size_t)n));
}

int web_fd(const struct web *w) {
    return w->ask_fd;
}

struct web_ask *web_ask_next(struct web *w) {
    drain(w->ask_fd);
    pthread_mutex_lock(&w->lock);
    struct list *e = list_pop(&w->inbox.asks);
    bool more = !list_empty(&w->inbox.asks);
    pthread_mutex_unlock(&w->lock);
    if (more)
        poke(w->ask_fd);
    return e ? LIST_ENTRY(e, struct web_ask, entry) : NULL;
}

void web_ask_answer(struct web_ask *a) {
    struct web *w = a->web;

    pthread_mutex_lock(&w->lock);
    list_push(&w->inbox.answered, &a->entry);
    pthread_mutex_unlock(&w->lock);
    poke(w->wake_fd);
}

/* ---- in the thread ---- */

void web_ask_drop(struct web_ask *a) {
    json_decref(a->query);
    json_decref(a->body);
    buf_deinit(&a->reply);
    free(a);
}

int web_ask_send(struct web_call *call) {
    struct web_request *q = &call->request;
    struct web *w = q->web;
    size_t name_len = strlen(q->place.name);
    struct web_ask *a = calloc(1, sizeof *a + name_len + 1);

    if (!a)
        return -ENOMEM;
    char *name = memcpy((char *)(a + 1), q->place.name, name_len + 1);
    *a = (struct web_ask){.topic = q->place.route->topic,
        .run = q->place.current ? w->run : q->place.run,
        .name = name,
        .query = json_incref(q->query),
        .body = q->body ? json_incref(q->body) : json_object(),
        .reply = BUF_MAX(WEB_REPLY_MAX),
        .web = w,
        .call = call};
    call->ask = a;
    pthread_mutex_lock(&w->lock);
    list_push(&w->inbox.asks, &a->entry);
    pthread_mutex_unlock(&w->lock);
    poke(w->ask_fd);
    return 0;
}

/* ---- slow answers ---- */

struct slow {
    struct web_request q;
    struct web_ask *ask;
    struct ledger *ledger;
};

static void *run_slow(void *arg) {
    struct slow *s = arg;
    struct web *w = s->q.web;
    struct web_ask *a = s->ask;
    int r = s->q.place.route->answer(&s->q);

    if (r < 0)
        (void)web_reply_error(&s->q.reply, "internal", "%s", error_name(r));
    a->status = s->q.reply.status;
    a->type = s->q.reply.type;
    snprintf(a->attachment, sizeof a->attachment, "%s", s->q.reply.attachment);
    buf_deinit(&a->reply);
    a->reply = s->q.reply.body;
    ledger_free(s->ledger);
    free(s);
    pthread_mutex_lock(&w->lock);
    list_push(&w->inbox.answered, &a->entry);
    w->slow_count--;
    poke(w->wake_fd);
    pthread_cond_broadcast(&w->slow_done);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static bool slow_begin(struct web *w) {
    pthread_mutex_lock(&w->lock);
    bool room = w->slow_count < WEB_SLOW_MAX;
    w->slow_count += room;
    pthread_mutex_unlock(&w->lock);
    return room;
}

static void slow_end(struct web *w) {
    pthread_mutex_lock(&w->lock);
    w->slow_count--;
    pthread_mutex_unlock(&w->lock);
}

static int slow_spawn(struct slow *s) {
    pthread_attr_t attr;
    pthread_t thread;

    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int r = -pthread_create(&thread, &attr, run_slow, s); /* inherits that all signals are blocked */
    pthread_attr_destroy(&attr);
    return r;
}

int web_slow_start(struct web_call *call) {
    struct web *w = call->request.web;
    bool room = slow_begin(w);
    struct slow *s = room ? calloc(1, sizeof *s) : NULL;
    struct web_ask *a = s ? calloc(1, sizeof *a) : NULL;

    if (!a) {
        if (room)
            slow_end(w);
        free(s);
        return room ? -ENOMEM : ERROR_LIMIT;
    }
    *a = (struct web_ask){.query = json_incref(call->request.query), .web = w, .call = call};
    *s = (struct slow){.ask = a, .q = call->request};
    s->q.ledger = &s->ledger;
    s->q.body = NULL;
    s->q.reply = (struct web_reply){.body = BUF_MAX(WEB_REPLY_MAX)};
    call->ask = a;
    int r = slow_spawn(s);
    if (r < 0) {
        call->ask = NULL;
        web_ask_drop(a);
        free(s);
        slow_end(w);
    }
    return r;
}

/* ---- what came ---- */

static void take_item(struct web *w, const struct web_item *item) {
    if (!item->name[0] || strcmp(item->name, "state") == 0) {
        buf_clear(&w->state);
        if (buf_append_view(&w->state, item->json) < 0)
            buf_clear(&w->state);
    }
    if (strcmp(item->name, "run") == 0) {
        json_t *v = json_loadb(item->json.ptr, item->json.len, 0, NULL);
        const char *state = json_string_value(json_object_get(v, "state"));
        if (state && strcmp(state, "running") == 0)
            w->run = json_integer_value(json_object_get(v, "run"));
        json_decref(v);
    }
    if (item->name[0])
        web_stream_add(w, item->name, item->json);
}

static bool take_inbox(struct web *w) {
    struct list items, answered;

    list_init(&items);
    list_init(&answered);
    drain(w->wake_fd);
    pthread_mutex_lock(&w->lock);
    bool stop = w->inbox.stop;
    for (struct list *e; (e = list_pop(&w->inbox.items));)
        list_push(&items, e);
    for (struct list *e; (e = list_pop(&w->inbox.answered));)
        list_push(&answered, e);
    w->inbox.item_count = 0;
    pthread_mutex_unlock(&w->lock);
    for (struct list *e; (e = list_pop(&items));) {
        struct web_item *item = LIST_ENTRY(e, struct web_item, entry);
        take_item(w, item);
        free(item);
    }
    for (struct list *e; (e = list_pop(&answered));)
        web_http_answered(w, LIST_ENTRY(e, struct web_ask, entry));
    return !stop;
}

static int wait_ms(struct web *w, int64_t now_us) {
    MHD_UNSIGNED_LONG_LONG ms = 0;
    int64_t until_ms = (w->next_tick_us - now_us) / 1000 + 1;

    if (MHD_get_timeout(w->daemon, &ms) == MHD_YES && (int64_t)ms < until_ms)
        return (int)ms;
    return until_ms < 0 ? 0 : (int)until_ms;
}

static void *run_thread(void *arg) {
    struct web *w = arg;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN}, {.fd = w->wake_fd, .events = POLLIN}};

    for (bool more = true; more;) {
        int64_t now_us = web_now_us();
        (void)poll(fds, 2, wait_ms(w, now_us));
        now_us = web_now_us();
        if (now_us >= w->next_tick_us) {
            w->next_tick_us = now_us + WEB_TICK_US;
            web_http_tick(w, now_us);
        }
        if (now_us >= w->next_ping_us) {
            w->next_ping_us = now_us + WEB_PING_US;
            web_stream_ping(w);
        }
        more = take_inbox(w);
        (void)MHD_run(w->daemon);
    }
    pthread_mutex_lock(&w->lock);
    while (w->slow_count)
        pthread_cond_wait(&w->slow_done, &w->lock);
    pthread_mutex_unlock(&w->lock);
    (void)take_inbox(w);
    web_http_stop(w);
    return NULL;
}

/* ---- life ---- */

int web_token_make(char out[WEB_TOKEN_MAX]) {
    unsigned char bytes[16];
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(WEB_TOKEN_MAX);

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -errno;
    int r = hex_encode(&text, view_of((const char *)bytes, sizeof bytes));
    if (r == 0)
        snprintf(out, WEB_TOKEN_MAX, "%s", text.ptr);
    return r;
}

static bool loopback_address(const struct listener *at) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at->sa;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&at->sa;

    if (at->sa.ss_family == AF_INET)
        return ntohl(v4->sin_addr.s_addr) == INADDR_LOOPBACK;
    return at->sa.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static void make_urls(struct web *w, const struct listener *at) {
    char text[LISTENER_TEXT_MAX];
    const char *scheme = w->tls ? "https" : "http";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at->sa;

    listener_format((const struct sockaddr *)&at->sa, text);
    w->port = ntohs(
        at->sa.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&at->sa)->sin6_port : v4->sin_port);
    if (at->sa.ss_family == AF_INET && v4->sin_addr.s_addr == 0) {
        char host[200] = "";
        gethostname(host, sizeof host - 1);
        snprintf(text, sizeof text, "%.60s:%d", host[0] ? host : "localhost", w->port);
    }
    snprintf(w->url, sizeof w->url, "%s://%s%s/", scheme, text, w->base_path);
    if (w->token[0])
        snprintf(w->url_with_token, sizeof w->url_with_token, "%.300s?token=%s", w->url, w->token);
    else
        snprintf(w->url_with_token, sizeof w->url_with_token, "%s", w->url);
}

static int listen_at(struct web *w, const struct web_options *o, struct error *err) {
    struct listener at;
    int r = listener_parse(&at, o->listen, err);

    if (r < 0)
        return r;
    w->loopback = loopback_address(&at);
    if (!w->loopback && !w->token[0])
        return error_set(err, ERROR_INVALID,
            "%s is no loopback address: whoever reaches it could steer the test; set a token", o->listen);
    w->reserve_fd = listener_reserve(&at, err);
    if (w->reserve_fd < 0)
        return w->reserve_fd;
    w->listen_fd = listener_open(&at, WEB_CONNECTIONS_MAX, err);
    if (w->listen_fd < 0)
        return w->listen_fd;
    make_urls(w, &at);
    return 0;
}

static int read_pem(const char *path, char **out, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(WEB_PEM_MAX);
    int r = file_read(path, &text, err);

    if (r == 0 && !(*out = buf_steal(&text, NULL)))
        r = error_set(err, -ENOMEM, "out of memory");
    return r;
}

static int read_options(struct web *w, const struct web_options *o, struct error *err) {
    w->sets = o->sets;
    if (o->token && strlen(o->token) >= WEB_TOKEN_MAX)
        return error_set(err, ERROR_LIMIT, "the token is longer than %d bytes", WEB_TOKEN_MAX - 1);
    for (const char *c = o->token; c && *c; c++)
        if (*c <= ' ' || *c > '~' || strchr(";,\"\\%&+#=", *c))
            return error_set(err, ERROR_INVALID, "the token may hold letters, digits and -._~ only");
    if (o->base_path && o->base_path[0] &&
        (o->base_path[0] != '/' || strlen(o->base_path) >= sizeof w->base_path))
        return error_set(err, ERROR_INVALID,
            "the base path \"%.40s\" must start with / and be shorter than %zu bytes", o->base_path,
            sizeof w->base_path);
    snprintf(w->token, sizeof w->token, "%s", o->token ? o->token : "");
    snprintf(w->base_path, sizeof w->base_path, "%s", o->base_path ? o->base_path : "");
    size_t n = strlen(w->base_path);
    if (n && w->base_path[n - 1] == '/')
        w->base_path[n - 1] = '\0';
    if (o->ledger && !(w->ledger_path = strdup(o->ledger)))
        return error_set(err, -ENOMEM, "out of memory");
    w->tls = o->tls_cert && o->tls_cert[0];
    if (w->tls != (o->tls_key && o->tls_key[0]))
        return error_set(err, ERROR_INVALID, "TLS needs both a certificate and its key");
    int r = w->tls ? read_pem(o->tls_cert, &w->cert, err) : 0;
    return r == 0 && w->tls ? read_pem(o->tls_key, &w->key, err) : r;
}

static int start_thread(struct web *w, struct error *err) {
    sigset_t all, before;

    sigfillset(&all); /* signals are the owner's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = -pthread_create(&w->thread, NULL, run_thread, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    w->thread_runs = r == 0;
    return r < 0 ? error_set(err, r, "no thread for the web server: %s", error_name(r)) : 0;
}

static void init(struct web *w) {
    w->listen_fd = w->reserve_fd = -1;
    w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->ask_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->slow_done, NULL);
    list_init(&w->inbox.items);
    list_init(&w->inbox.answered);
    list_init(&w->inbox.asks);
    list_init(&w->sockets);
    list_init(&w->asked);
    w->state = w->inbox.last_state = BUF_MAX(WEB_STATE_MAX);
    web_stream_init(&w->stream);
    w->next_ping_us = web_now_us() + WEB_PING_US;
}

int web_new(struct web **out, const struct web_options *o, struct error *err) {
    struct web *w = calloc(1, sizeof *w);

    *out = NULL;
    if (!w)
        return error_set(err, -ENOMEM, "out of memory");
    init(w);
    int r = w->wake_fd < 0 || w->ask_fd < 0
                ? error_set(err, -EMFILE, "no descriptor is left for the web server")
                : 0;
    r = r < 0 ? r : read_options(w, o, err);
    r = r < 0 ? r : listen_at(w, o, err);
    r = r < 0 ? r : web_http_start(w, err);
    r = r < 0 ? r : start_thread(w, err);
    if (r < 0) {
        web_free(w);
        return r;
    }
    *out = w;
    return 0;
}

static void drop_inbox(struct web *w) {
    for (struct list *e; (e = list_pop(&w->inbox.items));)
        free(LIST_ENTRY(e, struct web_item, entry));
    for (struct list *e; (e = list_pop(&w->inbox.answered));)
        web_ask_drop(LIST_ENTRY(e, struct web_ask, entry));
    for (struct list *e; (e = list_pop(&w->inbox.asks));)
        web_ask_drop(LIST_ENTRY(e, struct web_ask, entry));
}

struct web *web_free(struct web *w) {
    if (!w)
        return NULL;
    if (w->thread_runs) {
        pthread_mutex_lock(&w->lock);
        w->inbox.stop = true;
        pthread_mutex_unlock(&w->lock);
        poke(w->wake_fd);
        pthread_join(w->thread, NULL);
    } else if (w->daemon) {
        MHD_stop_daemon(w->daemon);
    }
    drop_inbox(w);
    web_stream_deinit(&w->stream);
    ledger_free(w->ledger);
    int fds[] = {w->wake_fd, w->ask_fd, w->reserve_fd, w->daemon ? -1 : w->listen_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    buf_deinit(&w->state);
    buf_deinit(&w->inbox.last_state);
    pthread_cond_destroy(&w->slow_done);
    pthread_mutex_destroy(&w->lock);
    free(w->ledger_path);
    free(w->cert);
    free(w->key);
    free(w);
    return NULL;
}

bool web_is_loopback(const struct web *w) {
    return w->loopback;
}

int web_port(const struct web *w) {
    return w->port;
}

const char *web_url(const struct web *w, bool with_token) {
    return with_token ? w->url_with_token : w->url;
}
