/* Two threads share the queue and the counters, under one lock; everything else belongs to the shipper's own
 * thread once it runs: a loop with our own HTTP client, so that neither a slow name server nor a server that
 * hangs ever stops it from hearing that the run is over.
 *
 * A parcel is in the queue or `current`. It leaves as sent or as lost, never silently. While the run goes on
 * a failure that may pass (network, 5xx, 429) is tried again with growing pauses. Once the run is over there
 * are few and quick tries; the first parcel given up then gives up all. */
#include "report/shipper_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/file.h"

enum {
    PEM_BYTES_MAX = 1024 * 1024,
    ARENA_MAX = 4 * 1024 * 1024,
    ANSWER_SHOWN = 200,
    ADDRESS_SHOWN_MAX = 400
};

static void parcel_free(struct parcel *p) {
    if (p)
        free(p->bytes);
    free(p);
}

/* ---- what becomes of the current parcel ---- */

void shipper_count_lost(struct shipper *s, uint64_t points, const char *why) {
    pthread_mutex_lock(&s->lock);
    s->lost += points;
    if (!s->troubled)
        error_set(&s->last, ERROR_CLOSED, "%s", why);
    if (!s->troubled)
        s->trouble = s->last;
    s->troubled = true;
    pthread_mutex_unlock(&s->lock);
}

static void drop_queue(struct shipper *s) {
    for (struct list *at; (at = list_pop(&s->queue));) {
        struct parcel *p = CONTAINER_OF(at, struct parcel, entry);
        s->lost += p->points;
        parcel_free(p);
    }
    s->queued_bytes = 0;
}

static void settle(struct shipper *s) {
    parcel_free(s->current);
    s->current = NULL;
    loop_defer(s->loop, &s->next);
}

void shipper_delivered(struct shipper *s) {
    pthread_mutex_lock(&s->lock);
    s->sent += s->current->points;
    pthread_mutex_unlock(&s->lock);
    settle(s);
}

static int64_t backoff_us(const struct shipper *s, bool closing) {
    int64_t us = SHIPPER_BACKOFF_US;
    for (int i = 1; i < s->current->tries && us < SHIPPER_BACKOFF_MAX_US && !closing; i++)
        us *= 2;
    return us < SHIPPER_BACKOFF_MAX_US ? us : SHIPPER_BACKOFF_MAX_US;
}

void shipper_failed(struct shipper *s, bool again, const char *why) {
    pthread_mutex_lock(&s->lock);
    bool closing = s->closing;
    error_set(&s->last, ERROR_CLOSED, "%s", why);
    if (!s->troubled)
        s->trouble = s->last;
    s->troubled = true;
    again = again && s->current->tries < (closing ? SHIPPER_TRIES_AT_END : SHIPPER_TRIES_MAX);
    if (!again)
        s->lost += s->current->points;
    if (!again && closing)
        drop_queue(s);
    pthread_mutex_unlock(&s->lock);
    if (!again ||
        timers_arm(loop_timers(s->loop), &s->retry, loop_now_us(s->loop) + backoff_us(s, closing)) < 0)
        settle(s);
}

/* ---- HTTP ---- */

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct shipper *s = ctx;
    char why[ERROR_TEXT_MAX / 2];
    s->fetch = NULL;
    if (s->in_prelude) {
        s->in_prelude = false;
        loop_defer(s->loop, &s->next);
    } else if (h->status >= 200 && h->status < 300 && h->fault == NET_FAULT_NONE) {
        shipper_delivered(s);
    } else if (h->status) {
        struct view said = view_trim(view_take(h->body, ANSWER_SHOWN));
        snprintf(why, sizeof why, "the server answered %d%s%.*s", h->status, said.len ? ": " : "",
            VIEW_ARGS(said));
        shipper_failed(s, h->status >= 500 || h->status == 429 || h->status == 408, why);
    } else {
        snprintf(why, sizeof why, "%.*s",
            VIEW_ARGS(h->fault_detail.len ? h->fault_detail : VIEW("the request failed")));
        shipper_failed(s, true, why);
    }
    http_fetch_free(f);
}

static bool fetch_start(struct shipper *s, struct view url, struct view body) {
    static const struct http_fetch_callbacks callbacks = {.done = on_done};
    struct http_request r = {.method = VIEW("POST"),
        .url = url,
        .headers = s->headers,
        .header_count = s->header_count,
        .body = body,
        .has_body = true,
        .timeout_us = SHIPPER_TIMEOUT_US,
        .redirects_max = -1};
    if (http_fetch_new(&s->fetch, s->session) < 0)
        return false;
    if (http_fetch_start(s->fetch, &r, &callbacks, s) == 0)
        return true;
    s->fetch = http_fetch_free(s->fetch);
    return false;
}

/* ---- the thread ---- */

static void try_current(struct shipper *s) {
    s->current->tries++;
    if (s->o.udp.len)
        shipper_udp_start(s);
    else if (!fetch_start(s, s->o.url, view_of(s->current->bytes, s->current->len)))
        shipper_failed(s, true, "no memory for a request");
}

static void on_retry(struct timer *t) {
    try_current(CONTAINER_OF(t, struct shipper, retry));
}

static void on_next(struct loop_defer *d) {
    struct shipper *s = CONTAINER_OF(d, struct shipper, next);
    if (s->current || s->in_prelude)
        return;
    if (s->o.prelude.len && !s->prelude_done) {
        s->prelude_done = true;
        s->in_prelude = fetch_start(s, s->o.prelude, VIEW(""));
        if (s->in_prelude)
            return;
    }
    pthread_mutex_lock(&s->lock);
    struct list *first = list_pop(&s->queue);
    if (first) {
        s->current = CONTAINER_OF(first, struct parcel, entry);
        s->queued_bytes -= s->current->len;
    }
    s->busy = s->current;
    if (!s->busy)
        pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->lock);
    if (s->current)
        try_current(s);
}

/* Something new in the queue, or the run is over: then nobody waits out a pause any more. */
static void on_wake(struct loop_watch *w, uint32_t events) {
    struct shipper *s = CONTAINER_OF(w, struct shipper, wake);
    uint64_t count;
    (void)events;
    if (read(w->fd, &count, sizeof count) < 0)
        return;
    pthread_mutex_lock(&s->lock);
    bool closing = s->closing;
    pthread_mutex_unlock(&s->lock);
    if (closing && timer_armed(&s->retry)) {
        timers_cancel(loop_timers(s->loop), &s->retry);
        try_current(s);
    }
    loop_defer(s->loop, &s->next);
}

static bool told_to_quit(struct shipper *s) {
    pthread_mutex_lock(&s->lock);
    bool quit = s->quit;
    pthread_mutex_unlock(&s->lock);
    return quit;
}

static void *run(void *ctx) {
    struct shipper *s = ctx;
    int r = 0;
    while (r == 0 && !told_to_quit(s))
        r = loop_turn(s->loop, -1);
    return NULL;
}

static void wake(struct shipper *s) {
    uint64_t one = 1;
    if (write(s->wake.fd, &one, sizeof one) < 0)
        return; /* it is full: the other side will wake anyway */
}

/* Signals are the controller's: a thread that took one would keep it from the loop that waits for it. */
static bool start_thread(struct shipper *s) {
    sigset_t all, before;
    if (s->started)
        return true;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->started = pthread_create(&s->thread, NULL, run, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s->started;
}

static void stop_thread(struct shipper *s) {
    if (!s->started)
        return;
    pthread_mutex_lock(&s->lock);
    s->quit = true;
    pthread_mutex_unlock(&s->lock);
    wake(s);
    pthread_join(s->thread, NULL);
    s->started = false;
}

/* ---- making one ---- */

static struct view copy(struct shipper *s, struct view v) {
    return v.len ? arena_copy(&s->arena, v) : VIEW_NULL;
}

static int copy_options(struct shipper *s, const struct shipper_options *o, struct error *err) {
    struct buf basic CLEANUP(buf_deinit) = BUF_MAX(16 * 1024);
    struct buf pair CLEANUP(buf_deinit) = BUF_MAX(8 * 1024);
    s->o = (struct shipper_options){
        .udp = copy(s, o->udp), .url = copy(s, o->url), .prelude = copy(s, o->prelude)};
    for (size_t i = 0; i < o->header_count && s->header_count < SHIPPER_HEADERS_MAX - 1; i++)
        s->headers[s->header_count++] =
            (struct http_header){copy(s, o->headers[i].name), copy(s, o->headers[i].value)};
    if (o->username.len) {
        int r = buf_printf(&pair, "%.*s:%.*s", VIEW_ARGS(o->username), VIEW_ARGS(o->password));
        r = r < 0 ? r : buf_append(&basic, "Basic ", 6);
        r = r < 0 ? r : base64_encode(&basic, buf_view(&pair), BASE64_STD);
        if (r < 0)
            return error_set(err, r, "user name and password are too long");
        s->headers[s->header_count++] =
            (struct http_header){VIEW("Authorization"), copy(s, buf_view(&basic))};
    }
    struct view shown = o->udp.len ? o->udp : o->url, rest = shown;
    ptrdiff_t scheme = view_find_view(shown, VIEW("://"));
    if (scheme >= 0)
        rest = view_drop(shown, (size_t)scheme + 3);
    ptrdiff_t slash = view_find(rest, '/'),
              at = view_find(slash >= 0 ? view_take(rest, (size_t)slash) : rest, '@');
    char *text = arena_alloc(&s->arena, ADDRESS_SHOWN_MAX);
    if (!text)
        return error_set(err, -ENOMEM, "out of memory");
    snprintf(text, ADDRESS_SHOWN_MAX, "%.*s%.*s", (int)(rest.ptr - shown.ptr), shown.ptr,
        VIEW_ARGS(at >= 0 ? view_drop(rest, (size_t)at + 1) : rest));
    s->shown = text;
    return 0;
}

static int client_init(struct shipper *s, const struct shipper_options *o, struct error *err) {
    struct buf cert CLEANUP(buf_deinit) = BUF_MAX(PEM_BYTES_MAX);
    struct buf key CLEANUP(buf_deinit) = BUF_MAX(PEM_BYTES_MAX);
    struct http_client_options c;
    struct http_client_cert pair;
    struct url url;
    char path[4096];
    int r = url_parse(s->o.url, &s->arena, &url, err);
    if (r < 0)
        return r;
    if (!view_eq(url.scheme, VIEW("http")) && !view_eq(url.scheme, VIEW("https")))
        return error_set(err, ERROR_INVALID, "the address %s must begin with http:// or https://", s->shown);
    http_client_options_default(&c);
    c.user_agent = VIEW("halftime/" HT_VERSION);
    c.insecure_skip_verify = o->insecure;
    c.tls_min = o->tls_min;
    c.ca_file = o->ca_file;
    c.proxy_from_environment = true;
    c.proxy_http = c.proxy_https = o->proxy;
    c.body_bytes_max = SHIPPER_ANSWER_MAX;
    if (o->cert_file.len && o->key_file.len) {
        snprintf(path, sizeof path, "%.*s", VIEW_ARGS(o->cert_file));
        r = file_read(path, &cert, err);
        snprintf(path, sizeof path, "%.*s", VIEW_ARGS(o->key_file));
        r = r < 0 ? r : file_read(path, &key, err);
        if (r < 0)
            return r;
        pair = (struct http_client_cert){.cert_pem = buf_view(&cert), .key_pem = buf_view(&key)};
        c.certs = &pair;
        c.cert_count = 1;
    }
    r = http_client_new(&s->client, s->loop, &c, err);
    return r < 0 ? r : http_session_new(&s->session, s->client, VIEW(""));
}

static void on_lock_init(struct shipper *s) {
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->idle, &attr);
    pthread_condattr_destroy(&attr);
}

int shipper_new(struct shipper **out, const struct shipper_options *o, struct error *err) {
    struct shipper *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    arena_init(&s->arena, ARENA_MAX);
    list_init(&s->queue);
    on_lock_init(s);
    s->udp_fd = -1;
    s->wake = (struct loop_watch){.fd = -1, .ready = on_wake};
    s->next.run = on_next;
    s->retry.fire = on_retry;
    int r = copy_options(s, o, err);
    r = r < 0 ? r : loop_new(&s->loop, NULL);
    int fd = r < 0 ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (r == 0 && (fd < 0 || (r = loop_watch_add(s->loop, &s->wake, fd, EPOLLIN)) < 0))
        r = r < 0 ? r : -errno;
    s->wake.fd = fd;
    if (r == 0)
        r = s->o.udp.len ? shipper_udp_init(s, err) : client_init(s, o, err);
    if (r < 0) {
        if (err && !err->code)
            error_set(err, r, "%s", error_name(r));
        shipper_free(s);
        return r;
    }
    *out = s;
    return 0;
}

struct shipper *shipper_free(struct shipper *s) {
    if (!s)
        return NULL;
    stop_thread(s);
    http_fetch_free(s->fetch);
    parcel_free(s->current);
    drop_queue(s);
    shipper_udp_deinit(s);
    if (s->session)
        http_session_free(s->session);
    if (s->client)
        http_client_free(s->client);
    if (s->loop) {
        loop_defer_cancel(&s->next);
        timers_cancel(loop_timers(s->loop), &s->retry);
        loop_watch_remove(s->loop, &s->wake);
        loop_free(s->loop);
    }
    if (s->wake.fd >= 0)
        close(s->wake.fd);
    pthread_cond_destroy(&s->idle);
    pthread_mutex_destroy(&s->lock);
    arena_deinit(&s->arena);
    free(s);
    return NULL;
}

/* ---- the other side ---- */

void shipper_lose(struct shipper *s, uint64_t points) {
    shipper_count_lost(s, points, "there was no memory for them");
}

uint64_t shipper_lost(struct shipper *s) {
    pthread_mutex_lock(&s->lock);
    uint64_t lost = s->lost;
    pthread_mutex_unlock(&s->lock);
    return lost;
}

void shipper_send(struct shipper *s, struct buf *payload, uint64_t points) {
    struct parcel *p = payload->len ? calloc(1, sizeof *p) : NULL;
    if (!payload->len)
        return;
    if (p)
        p->bytes = buf_steal(payload, &p->len);
    bool room = p && p->bytes && start_thread(s);
    if (room) {
        p->points = points;
        pthread_mutex_lock(&s->lock);
        room = p->len <= SHIPPER_QUEUE_BYTES_MAX - s->queued_bytes;
        if (room) {
            list_push(&s->queue, &p->entry);
            s->queued_bytes += p->len;
            s->busy = true;
        }
        pthread_mutex_unlock(&s->lock);
    }
    if (room) {
        wake(s);
        return;
    }
    parcel_free(p);
    buf_clear(payload);
    shipper_count_lost(s, points, p ? "it takes the data too slowly: the queue was full" : "out of memory");
}

int shipper_trouble(struct shipper *s, struct error *err) {
    int r = 0;
    pthread_mutex_lock(&s->lock);
    if (s->troubled && !s->told) {
        s->told = true;
        r = error_set(err, s->trouble.code,
            "%s: %s; it is tried again, and the end says what is missing there (the run is not affected)",
            s->shown, s->trouble.text);
    }
    pthread_mutex_unlock(&s->lock);
    return r;
}

static void wait_until_idle(struct shipper *s) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += SHIPPER_FINISH_US / 1000000;
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    pthread_mutex_unlock(&s->lock);
    wake(s);
    pthread_mutex_lock(&s->lock);
    while (s->busy && pthread_cond_timedwait(&s->idle, &s->lock, &until) == 0)
        ;
    pthread_mutex_unlock(&s->lock);
}

int shipper_finish(struct shipper *s, struct error *err) {
    if (s->started)
        wait_until_idle(s);
    stop_thread(s);
    if (s->current || !list_empty(&s->queue)) { /* the time is over; the thread is gone */
        s->lost += s->current ? s->current->points : 0;
        http_fetch_free(s->fetch);
        s->fetch = NULL;
        parcel_free(s->current);
        s->current = NULL;
        drop_queue(s);
        if (!s->last.code)
            error_set(&s->last, -ETIMEDOUT, "no answer within %d s after the end of the run",
                SHIPPER_FINISH_US / 1000000);
    }
    if (!s->lost)
        return 0;
    return error_set(err, s->last.code ? s->last.code : ERROR_CLOSED,
        "%s: %s; %llu of %llu points are missing there (the summary is complete)", s->shown, s->last.text,
        (unsigned long long)s->lost, (unsigned long long)(s->lost + s->sent));
}
