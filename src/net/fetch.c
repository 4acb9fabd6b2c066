/* A fetch walks through its states (fetch_priv.h), hop by hop. Where things happen:
 *
 *  - http_fetch_start, perhaps on a fiber's small stack: parses the URL, and if a plain connection waits in the pool,
 *    writes the request at once. Everything else (dialling, TLS, DNS) is left to the client's deferred call.
 *  - socket events: only read, parse, take the time; an ended hop goes to client->settling.
 *  - the deferred call, after all sockets of a turn: decodes, stores cookies, calls back, begins next hops. So the work of
 *    scripts that callbacks resume does not delay the time stamps of other answers.
 *
 * A request on a reused connection that ends before any byte of an answer came is repeated once on a new connection, if it
 * may be repeated or nothing of it was written (Go's rule). */
#include "net/fetch.h"

#include "net/fetch_priv.h"
#include "net/pool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { FETCH_OVERHEAD_MAX = 256 * 1024 * 1024 }; /* of a fetch's arena: headers of all its hops */

static struct http_client *client_of(const struct http_fetch *f) {
    return f->session->client;
}

static void wait_for_work(struct http_fetch *f, enum fetch_state state) {
    struct http_client *c = client_of(f);

    assert(!list_linked(&f->entry));
    f->state = state;
    list_push(state == FETCH_STARTING ? &c->starting : &c->settling, &f->entry);
    loop_defer(c->loop, &c->work);
}

/* The hop ends without (or before the end of) an exchange. */
static void fail(struct http_fetch *f, const struct failure *why) {
    static struct failure no_memory = {.fault = NET_FAULT_OUT_OF_MEMORY, .text = "out of memory"};

    f->failure = arena_alloc(&f->arena, sizeof *why);
    if (f->failure)
        *f->failure = *why;
    else
        f->failure = &no_memory;
    f->timing.done_us = loop_refresh_us(client_of(f)->loop);
    wait_for_work(f, FETCH_SETTLING);
}

static void fail_with(struct http_fetch *f, enum net_fault fault, const char *text) {
    struct failure why;

    failure_set(&why, fault, 0, "%s", text);
    fail(f, &why);
}

/* --- time limits --- */

static int64_t sooner(int64_t a_us, int64_t b_us) {
    return a_us && (!b_us || a_us < b_us) ? a_us : b_us;
}

/* When what the fetch waits for now is too late; 0 = never. */
static int64_t stage_deadline_us(const struct http_fetch *f) {
    const struct http_request *r = &f->request;
    const struct timing *t = &f->timing;

    switch (f->state) {
    case FETCH_STARTING:
    case FETCH_OPENING: return r->connect_timeout_us ? t->asked_us + r->connect_timeout_us : 0;
    case FETCH_BUSY: {
        int64_t from_us = f->exchange.heard_us ? f->exchange.heard_us : t->sent_us ? t->sent_us : t->got_connection_us;
        return r->read_timeout_us ? from_us + r->read_timeout_us : 0;
    }
    default: return 0;
    }
}

/* A timer that fires too early only looks again, so it is not moved when a limit moves away. */
static void watch_time(struct http_fetch *f) {
    int64_t at_us = sooner(f->deadline_us, stage_deadline_us(f));

    if (!at_us || (timer_armed(&f->timer) && f->armed_us <= at_us))
        return;
    f->armed_us = at_us;
    (void)!timers_arm(loop_timers(client_of(f)->loop), &f->timer, at_us); /* without memory for it the limit is not kept */
}

/* --- a hop on a connection --- */

static void on_came(struct exchange *x) {
    struct http_fetch *f = CONTAINER_OF(x, struct http_fetch, exchange);

    if (f->state != FETCH_BUSY || list_linked(&f->entry))
        return;
    list_push(&client_of(f)->coming, &f->entry);
    loop_defer(client_of(f)->loop, &client_of(f)->work);
}

static void on_ended(struct exchange *x) {
    struct http_fetch *f = CONTAINER_OF(x, struct http_fetch, exchange);

    list_remove(&f->entry); /* of `coming` */
    wait_for_work(f, FETCH_SETTLING);
}

static void run_exchange(struct http_fetch *f, struct connection *c) {
    struct http_client *client = client_of(f);
    const struct http_client_options *o = &client->options;
    const struct http_request *r = &f->request;
    int64_t now_s = r->jar && cookie_jar_count(r->jar) > 0 ? clock_wall_us() / 1000000 : 0;
    struct view body = f->plan.send_body && r->has_body ? r->body : VIEW_NULL;

    f->timing.reused = c->uses > 0;
    f->previewed = false;
    f->hop.remote_ip = arena_copy(&f->arena, view_of_cstr(c->remote_ip));
    f->hop.remote_port = address_port(&c->tcp.remote);
    f->hop.tls_version = c->tls ? tls_version(c->top) : VIEW_NULL;
    f->hop.tls_cipher = c->tls ? tls_cipher(c->top) : VIEW_NULL;
    buf_clear(&client->out);
    if (request_head_build(r, &f->plan, o->user_agent, o->keep_alive, now_s, &f->arena, &f->fields, &f->field_count, &client->out) < 0) {
        connection_free(c);
        fail_with(f, NET_FAULT_OUT_OF_MEMORY, "the request's header fields are too large");
        return;
    }
    f->exchange = (struct exchange){.ended = on_ended,
                                    .came = r->came ? on_came : NULL,
                                    .arena = &f->arena,
                                    .timing = &f->timing,
                                    .head_request = view_eq(f->plan.method, VIEW("HEAD")),
                                    .discard_body = r->discard_body,
                                    .close_after = !o->keep_alive || request_wants_close(r)};
    if (body.len > 0 && body.len <= HTTP_BODY_JOINED_MAX && buf_append_view(&client->out, body) == 0)
        body = VIEW_NULL;
    f->state = FETCH_BUSY;
    f->timing.got_connection_us = loop_refresh_us(client->loop);
    exchange_start(&f->exchange, c, buf_view(&client->out), body);
    if (f->state == FETCH_BUSY)
        watch_time(f);
}

static void on_opened(struct connection *c) {
    struct http_fetch *f = c->user_data;

    f->opening = NULL;
    run_exchange(f, c);
}

static void on_open_failed(struct connection *c, const struct failure *why) {
    struct http_fetch *f = c->user_data;

    f->opening = NULL;
    fail(f, why);
    connection_free(c);
}

static const struct connection_user opening_user = {.opened = on_opened, .failed = on_open_failed};

static struct connection_target target_of(const struct http_fetch *f) {
    const struct hop_plan *p = &f->plan;

    return (struct connection_target){.tls = url_is_tls(&p->url), .absolute_form = p->absolute_form, .host = url_wire_host(&p->url), .port = p->url.port,
                                      .port_text = p->url.port_text, .proxy = p->proxy};
}

static void open_connection(struct http_fetch *f, const struct connection_target *t) {
    f->opening = connection_open(f->session, t, &opening_user, f, &f->timing);
    f->state = FETCH_OPENING;
    if (!f->opening)
        fail_with(f, NET_FAULT_OUT_OF_MEMORY, "out of memory");
    else
        watch_time(f);
}

/* From the deferred call. */
static void start(struct http_fetch *f) {
    struct connection_target t = target_of(f);
    struct connection *c = f->force_new ? NULL : pool_take(f->session, &t);

    if (c)
        run_exchange(f, c);
    else
        open_connection(f, &t);
}

/* Whether the URL can be fetched at all. */
static bool check_url(const struct url *u, struct failure *why) {
    if (!view_eq(u->scheme, VIEW("http")) && !view_eq(u->scheme, VIEW("https"))) {
        failure_set(why, NET_FAULT_UNSUPPORTED_SCHEME, 0, "unsupported protocol scheme \"%.*s\"", VIEW_ARGS(u->scheme));
        return false;
    }
    if (u->host.len == 0) {
        failure_set(why, NET_FAULT_GENERIC, 0, "http: no Host in request URL");
        return false;
    }
    return true;
}

void fetch_begin_hop(struct http_fetch *f, int64_t now_us) {
    struct http_client *client = client_of(f);
    struct hop_plan *p = &f->plan;
    struct failure why;

    f->failure = NULL;
    f->previewed = false;
    f->exchange = (struct exchange){0};
    f->hop.remote_ip = f->hop.tls_version = f->hop.tls_cipher = VIEW_NULL;
    f->timing = (struct timing){.asked_us = now_us};
    if (f->deadline_us && now_us >= f->deadline_us) {
        fail_with(f, NET_FAULT_TIMEOUT, "request timeout");
        return;
    }
    if (!check_url(&p->url, &why)) {
        fail(f, &why);
        return;
    }
    if (p->url.userinfo.ptr && f->request.auth != HTTP_AUTH_DIGEST)
        p->authorization = auth_basic(p->url.userinfo, &f->arena);
    p->proxy = proxy_for(&client->proxies, &p->url);
    p->absolute_form = p->proxy && !url_is_tls(&p->url);
    struct connection_target t = target_of(f);
    struct connection *c = t.tls || t.proxy || f->force_new ? NULL : pool_take(f->session, &t);
    if (c)
        run_exchange(f, c);
    else
        wait_for_work(f, FETCH_STARTING);
}

/* --- the end of a hop --- */

static bool is_replayable(const struct http_request *r, struct view method) {
    static const struct view safe[] = {{"GET", 3}, {"HEAD", 4}, {"OPTIONS", 7}, {"TRACE", 5}};

    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        if (view_eq(method, safe[i]))
            return true;
    return header_find(r->headers, r->header_count, VIEW("Idempotency-Key")).ptr ||
           header_find(r->headers, r->header_count, VIEW("X-Idempotency-Key")).ptr;
}

static bool must_repeat(const struct http_fetch *f) {
    const struct exchange *x = &f->exchange;

    if (!x->failure || f->failure || f->retried || !f->timing.reused || x->answered)
        return false;
    switch (x->failure->fault) {
    case NET_FAULT_RESET:
    case NET_FAULT_BROKEN_PIPE:
    case NET_FAULT_EOF_EARLY: return !x->written || is_replayable(&f->request, f->plan.method);
    default: return false;
    }
}

static void settle(struct http_fetch *f) {
    if (must_repeat(f)) {
        int64_t asked_us = f->timing.asked_us;
        f->retried = f->force_new = true;
        exchange_deinit(&f->exchange);
        fetch_begin_hop(f, loop_refresh_us(client_of(f)->loop));
        f->timing.asked_us = asked_us;
        return;
    }
    bool more = hop_settle(f);
    if (!more)
        timers_cancel(loop_timers(client_of(f)->loop), &f->timer);
    if (f->callbacks.hop)
        f->callbacks.hop(f->ctx, f, &f->hop);
    if (f->state != FETCH_SETTLING)
        return; /* cancelled by the callback */
    if (more) {
        f->retried = f->force_new = false;
        fetch_begin_hop(f, loop_refresh_us(client_of(f)->loop));
        return;
    }
    f->state = FETCH_IDLE;
    f->callbacks.done(f->ctx, f, &f->hop);
}

static void take_all(struct list *from, struct list *to) {
    struct list *e;

    list_init(to);
    while ((e = list_pop(from)))
        list_push(to, e);
}

void fetch_work(struct loop_defer *d) {
    struct http_client *c = CONTAINER_OF(d, struct http_client, work);
    struct list batch, *e;

    take_all(&c->coming, &batch);
    while ((e = list_pop(&batch))) {
        struct http_fetch *f = LIST_ENTRY(e, struct http_fetch, entry);
        if (hop_preview(f))
            f->request.came(f->ctx, f, &f->hop);
    }
    /* Ended hops first: the callbacks start new fetches, whose turn comes in the same call. What those end at once waits for the next turn. */
    take_all(&c->settling, &batch);
    while ((e = list_pop(&batch)))
        settle(LIST_ENTRY(e, struct http_fetch, entry));
    take_all(&c->starting, &batch);
    while ((e = list_pop(&batch)))
        start(LIST_ENTRY(e, struct http_fetch, entry));
}

static void on_timeout(struct timer *t) {
    struct http_fetch *f = CONTAINER_OF(t, struct http_fetch, timer);
    struct failure why;

    int64_t now_us = loop_refresh_us(client_of(f)->loop);
    bool whole = f->deadline_us && now_us >= f->deadline_us;
    int64_t stage_us = stage_deadline_us(f);
    if (!whole && (!stage_us || now_us < stage_us)) {
        watch_time(f);
        return;
    }
    bool dialling = f->state == FETCH_OPENING || f->state == FETCH_STARTING;
    if (whole || !dialling)
        failure_set(&why, NET_FAULT_TIMEOUT, 0, "request timeout");
    else
        failure_set(&why, NET_FAULT_DIAL_TIMEOUT, 0, "dial: i/o timeout");
    switch (f->state) {
    case FETCH_BUSY: exchange_fail(&f->exchange, &why); break;
    case FETCH_OPENING:
        f->opening = connection_free(f->opening);
        fail(f, &why);
        break;
    case FETCH_STARTING:
        list_remove(&f->entry);
        fail(f, &why);
        break;
    case FETCH_SETTLING: /* the hop has just ended; the next one will see the deadline */
    case FETCH_IDLE: break;
    }
}

/* --- life --- */

int http_fetch_new(struct http_fetch **out, struct http_session *s) {
    struct http_client *c = s->client;
    struct list *e = list_pop(&c->free_fetches);
    struct http_fetch *f;

    *out = NULL;
    if (e) {
        f = LIST_ENTRY(e, struct http_fetch, entry);
        c->free_fetch_count--;
    } else {
        f = calloc(1, sizeof *f);
        if (!f)
            return -ENOMEM;
        arena_init(&f->arena, FETCH_OVERHEAD_MAX);
        f->timer.fire = on_timeout;
    }
    f->session = s;
    *out = f;
    return 0;
}

struct arena *http_fetch_arena(struct http_fetch *f) {
    return &f->arena;
}

int http_fetch_start(struct http_fetch *f, const struct http_request *r, const struct http_fetch_callbacks *cb, void *ctx) {
    struct http_client *c = client_of(f);
    int64_t now_us = loop_refresh_us(c->loop);
    struct failure why;
    struct error err;
    bool fine;

    assert(f->state == FETCH_IDLE && cb->done);
    f->request = *r;
    f->callbacks = *cb;
    f->ctx = ctx;
    f->redirects = 0;
    f->retried = f->force_new = f->challenged = false;
    f->hop = (struct http_hop){0};
    f->fields = NULL;
    f->field_count = 0;
    f->deadline_us = r->timeout_us > 0 ? now_us + r->timeout_us : 0;
    f->timing = (struct timing){.asked_us = now_us};
    f->plan = (struct hop_plan){.method = r->method, .send_body = r->has_body, .first = true};
    f->armed_us = f->deadline_us;
    if (f->deadline_us && timers_arm(loop_timers(c->loop), &f->timer, f->deadline_us) < 0)
        return -ENOMEM;
    int parsed = url_parse(r->url, &f->arena, &f->plan.url, &err);
    fine = parsed == 0;
    if (!fine)
        failure_set(&why, parsed == ERROR_INVALID ? NET_FAULT_UNSUPPORTED_SCHEME : NET_FAULT_INVALID_URL, 0, "%s", err.text);
    fine = fine && request_check(r, &why) == 0;
    if (fine)
        fetch_begin_hop(f, now_us);
    else
        fail(f, &why);
    return 0;
}

bool fetch_keep(struct http_fetch *f, char *ptr) {
    struct kept_bytes *k = arena_alloc(&f->arena, sizeof *k);

    if (!k) {
        free(ptr);
        return false;
    }
    *k = (struct kept_bytes){f->kept, ptr};
    f->kept = k;
    return true;
}

struct view http_fetch_body(const struct http_fetch *f) {
    return f->state == FETCH_BUSY && f->exchange.head_done ? body_view(&f->exchange.body) : VIEW_NULL;
}

void http_fetch_body_drop(struct http_fetch *f) {
    if (f->state == FETCH_BUSY && f->exchange.head_done)
        body_drop(&f->exchange.body);
}

bool http_fetch_cancel(struct http_fetch *f) {
    bool written = f->state == FETCH_SETTLING ? f->exchange.written : f->state == FETCH_BUSY && f->exchange.written;

    list_remove(&f->entry);
    timers_cancel(loop_timers(client_of(f)->loop), &f->timer);
    f->opening = connection_free(f->opening);
    exchange_deinit(&f->exchange);
    f->state = FETCH_IDLE;
    return written;
}

void fetch_discard(struct http_fetch *f) {
    arena_deinit(&f->arena);
    free(f);
}

struct http_fetch *http_fetch_free(struct http_fetch *f) {
    if (!f)
        return NULL;
    struct http_client *c = client_of(f);

    (void)http_fetch_cancel(f);
    for (; f->kept; f->kept = f->kept->next)
        free(f->kept->ptr);
    if (c->free_fetch_count >= HTTP_FREE_FETCHES_MAX) {
        fetch_discard(f);
        return NULL;
    }
    arena_reset(&f->arena);
    f->exchange = (struct exchange){0}; /* its views went with the arena; a fetch that fails before its first hop would show them */
    f->hop = (struct http_hop){0};
    f->fields = NULL;
    f->field_count = 0;
    c->free_fetch_count++;
    list_push_front(&c->free_fetches, &f->entry);
    return NULL;
}
