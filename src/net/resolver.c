/* One `name` per host asked for: its addresses after the policy, when they expire, and who waits for it. While a query is
 * under way (`asking`) further lookups only join the waiting list. Failures are not kept.
 *
 * c-ares calls back from inside its own functions; what it may call back immediately (a hosts-file hit) is answered by a
 * deferred call, so that done() never runs inside resolver_lookup. Watches of c-ares' sockets are reused, not freed, while
 * the resolver lives: one may be closed from inside its own event. */
#include "net/resolver.h"

#include "core/hashmap.h"

#define CARES_NO_DEPRECATED /* newer releases deprecate what the one of Debian 12 has instead */
#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

struct name {
    struct resolver *resolver;
    struct address *addresses;
    size_t count, next; /* next: round robin */
    int64_t expires_us; /* INT64_MAX = never; 0 = nothing known */
    struct list waiting;
    bool asking;
    struct list answered_entry; /* in resolver->answered */
    struct failure *failure;    /* of the query just ended */
    size_t host_len;
    char host[];
};

struct socket_watch {
    struct loop_watch watch;
    struct resolver *resolver;
    struct list entry;
    bool used;
};

struct resolver {
    struct loop *loop;
    struct resolver_options options;
    char *servers;
    ares_channel channel; /* NULL until the first query */
    struct hashmap names;
    struct list watches;
    struct list answered; /* names whose waiting lookups are told by the deferred call */
    struct loop_defer tell;
    struct timer timer;
    struct rng rng;
};

/* --- c-ares on the loop --- */

static void arm_timer(struct resolver *r) {
    struct timeval tv;

    if (!ares_timeout(r->channel, NULL, &tv)) {
        timers_cancel(loop_timers(r->loop), &r->timer);
        return;
    }
    int64_t at_us = loop_refresh_us(r->loop) + (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
    (void)!timers_arm(loop_timers(r->loop), &r->timer, at_us);
}

static void on_timer(struct timer *t) {
    struct resolver *r = CONTAINER_OF(t, struct resolver, timer);

    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timer(r);
}

static void on_socket(struct loop_watch *w, uint32_t events) {
    struct socket_watch *s = CONTAINER_OF(w, struct socket_watch, watch);
    struct resolver *r = s->resolver;
    int fd = w->fd;

    ares_process_fd(r->channel, events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? fd : ARES_SOCKET_BAD,
                    events & EPOLLOUT ? fd : ARES_SOCKET_BAD);
    arm_timer(r);
}

static struct socket_watch *find_watch(struct resolver *r, int fd) {
    struct socket_watch *unused = NULL;

    LIST_EACH(e, &r->watches) {
        struct socket_watch *s = LIST_ENTRY(e, struct socket_watch, entry);
        if (s->used && s->watch.fd == fd)
            return s;
        if (!s->used)
            unused = s;
    }
    if (!unused) {
        unused = calloc(1, sizeof *unused);
        if (!unused)
            return NULL;
        unused->resolver = r;
        unused->watch = (struct loop_watch){.fd = -1, .ready = on_socket};
        list_push(&r->watches, &unused->entry);
    }
    return unused;
}

static void on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable) {
    struct socket_watch *s = find_watch(ctx, fd);
    uint32_t events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);

    if (!s)
        return; /* without memory the query times out */
    if (!events) {
        loop_watch_remove(s->resolver->loop, &s->watch);
        s->used = false;
    } else if (s->used) {
        (void)!loop_watch_change(s->resolver->loop, &s->watch, events);
    } else {
        s->used = loop_watch_add(s->resolver->loop, &s->watch, fd, events) == 0;
    }
}

static int open_channel(struct resolver *r) {
    int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    struct ares_options o = {.timeout = RESOLVER_TIMEOUT_MS, .tries = RESOLVER_TRIES, .sock_state_cb = on_socket_state,
                             .sock_state_cb_data = r};

#ifdef ARES_OPT_QUERY_CACHE /* c-ares 1.31 began to keep answers by itself; how long is for our ttl to say */
    o.qcache_max_ttl = 0;
    given |= ARES_OPT_QUERY_CACHE;
#endif
    if (r->channel)
        return 0;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        return -ENOMEM;
    int s = ares_init_options(&r->channel, &o, given);
    if (s != ARES_SUCCESS) {
        r->channel = NULL;
        return -ENOMEM;
    }
    if (r->servers && ares_set_servers_ports_csv(r->channel, r->servers) != ARES_SUCCESS)
        return ERROR_INVALID;
    return 0;
}

/* --- answers --- */

static bool wanted(enum dns_policy p, bool v6, bool have_v4, bool have_v6) {
    switch (p) {
    case DNS_PREFER_IPV4: return !v6 || !have_v4;
    case DNS_PREFER_IPV6: return v6 || !have_v6;
    case DNS_ONLY_IPV4: return !v6;
    case DNS_ONLY_IPV6: return v6;
    case DNS_ANY: break;
    }
    return true;
}

static void take_addresses(struct name *n, const struct ares_addrinfo *info) {
    bool have_v4 = false, have_v6 = false;
    size_t count = 0;

    for (const struct ares_addrinfo_node *i = info->nodes; i && count < RESOLVER_ADDRESSES_MAX; i = i->ai_next, count++) {
        have_v4 = have_v4 || i->ai_family == AF_INET;
        have_v6 = have_v6 || i->ai_family == AF_INET6;
    }
    free(n->addresses);
    n->count = 0;
    n->addresses = calloc(count ? count : 1, sizeof *n->addresses);
    if (!n->addresses)
        return;
    for (const struct ares_addrinfo_node *i = info->nodes; i && n->count < count; i = i->ai_next) {
        bool v6 = i->ai_family == AF_INET6;
        if ((!v6 && i->ai_family != AF_INET) || !wanted(n->resolver->options.policy, v6, have_v4, have_v6))
            continue;
        memcpy(&n->addresses[n->count++], i->ai_addr, (size_t)i->ai_addrlen < sizeof(struct address) ? (size_t)i->ai_addrlen : sizeof(struct address));
    }
}

static void note_failure(struct name *n, int status) {
    struct ares_addr_port_node *servers = NULL;
    char on[ADDRESS_TEXT_MAX + 8] = "", server[ADDRESS_TEXT_MAX];
    bool not_asked = status == ARES_SUCCESS || status == ARES_EBADNAME; /* a name that no server needs to be asked for */
    bool no_host = not_asked || status == ARES_ENOTFOUND || status == ARES_ENODATA;

    n->failure = calloc(1, sizeof *n->failure);
    if (!n->failure)
        return;
    if (!not_asked && ares_get_servers_ports(n->resolver->channel, &servers) == ARES_SUCCESS && servers) {
        struct address a = {0};
        if (servers->family == AF_INET6) {
            a.v6.sin6_family = AF_INET6;
            memcpy(&a.v6.sin6_addr, &servers->addr.addr6, sizeof a.v6.sin6_addr);
        } else {
            a.v4.sin_family = AF_INET;
            a.v4.sin_addr = servers->addr.addr4;
        }
        address_set_port(&a, servers->udp_port ? (uint16_t)servers->udp_port : 53);
        snprintf(on, sizeof on, " on %s", address_format(&a, server));
    }
    if (servers)
        ares_free_data(servers);
    failure_set(n->failure, no_host ? NET_FAULT_DNS_NO_HOST : NET_FAULT_DNS, 0, "lookup %.*s%s: %s", (int)n->host_len, n->host, on,
                no_host ? "no such host" : status == ARES_ETIMEOUT ? "i/o timeout" : ares_strerror(status));
}

static void on_answer(void *ctx, int status, int timeouts, struct ares_addrinfo *info) {
    struct name *n = ctx;
    struct resolver *r = n->resolver;

    (void)timeouts;
    n->asking = false;
    n->expires_us = 0;
    if (status == ARES_EDESTRUCTION) {
        if (info)
            ares_freeaddrinfo(info);
        return;
    }
    if (status == ARES_SUCCESS)
        take_addresses(n, info);
    if (status == ARES_SUCCESS && n->count > 0) {
        int64_t ttl_us = r->options.ttl_us;
        n->expires_us = ttl_us < 0 ? INT64_MAX : loop_refresh_us(r->loop) + ttl_us;
    } else {
        note_failure(n, status);
    }
    if (info)
        ares_freeaddrinfo(info);
    list_push(&r->answered, &n->answered_entry);
    loop_defer(r->loop, &r->tell);
}

static void choose(struct name *n, struct address *out) {
    size_t i = 0;

    if (n->resolver->options.select == DNS_SELECT_ROUND_ROBIN)
        i = n->next++ % n->count;
    else if (n->resolver->options.select == DNS_SELECT_RANDOM)
        i = (size_t)rng_below(&n->resolver->rng, n->count);
    *out = n->addresses[i];
}

static void tell_waiting(struct name *n) {
    static const struct failure no_memory = {.fault = NET_FAULT_OUT_OF_MEMORY, .text = "out of memory"};
    struct failure *f = n->failure;
    struct list waiting, *e;

    /* A callback may ask for the same name again; those wait for the next answer. */
    n->failure = NULL;
    list_init(&waiting);
    while ((e = list_pop(&n->waiting)))
        list_push(&waiting, e);
    while ((e = list_pop(&waiting))) {
        struct lookup *l = LIST_ENTRY(e, struct lookup, entry);
        struct address a;
        if (n->count > 0 && n->expires_us != 0) {
            choose(n, &a);
            l->done(l, &a, NULL);
        } else {
            l->done(l, NULL, f ? f : &no_memory);
        }
    }
    free(f);
}

static void on_tell(struct loop_defer *d) {
    struct resolver *r = CONTAINER_OF(d, struct resolver, tell);
    struct list *e;

    while ((e = list_pop(&r->answered)))
        tell_waiting(LIST_ENTRY(e, struct name, answered_entry));
}

/* --- questions --- */

static struct name *free_name(struct name *n) {
    struct list *e;

    while ((e = list_pop(&n->waiting)))
        ;
    list_remove(&n->answered_entry);
    free(n->addresses);
    free(n->failure);
    free(n);
    return NULL;
}

static void forget_names(struct resolver *r) {
    for (struct hashmap_entry *e = hashmap_next(&r->names, NULL); e; e = hashmap_next(&r->names, NULL)) {
        struct name *n = e->value;
        if (n->asking || !list_empty(&n->waiting))
            return; /* rare: a worker that asks for more names at once than it may keep */
        hashmap_remove(&r->names, e->key);
        free_name(n);
    }
}

static struct name *name_of(struct resolver *r, struct view host) {
    struct name *n = hashmap_get(&r->names, host);

    if (n)
        return n;
    if (r->names.len == RESOLVER_NAMES_MAX)
        forget_names(r);
    n = calloc(1, sizeof *n + host.len + 1);
    if (!n)
        return NULL;
    n->resolver = r;
    n->host_len = host.len;
    memcpy(n->host, host.ptr, host.len);
    list_init(&n->waiting);
    if (hashmap_put(&r->names, view_of(n->host, n->host_len), n) < 0)
        return free_name(n);
    return n;
}

static int family_of(enum dns_policy p) {
    return p == DNS_ONLY_IPV4 ? AF_INET : p == DNS_ONLY_IPV6 ? AF_INET6 : AF_UNSPEC;
}

static void ask(struct resolver *r, struct name *n) {
    struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_NOSORT, .ai_family = family_of(r->options.policy), .ai_socktype = SOCK_STREAM};

    n->asking = true;
    ares_getaddrinfo(r->channel, n->host, NULL, &hints, on_answer, n);
    arm_timer(r);
}

int resolver_lookup(struct resolver *r, struct view host, struct lookup *l, struct address *out, struct failure *f) {
    if (address_parse(host, 0, out))
        return RESOLVER_FOUND;
    struct name *n = name_of(r, host);
    if (!n || open_channel(r) < 0) {
        failure_set(f, NET_FAULT_DNS, 0, "lookup %.*s: the resolver could not be started", VIEW_ARGS(host));
        return RESOLVER_FAILED;
    }
    if (n->expires_us != 0 && n->count > 0 && !n->asking && (n->expires_us == INT64_MAX || loop_now_us(r->loop) < n->expires_us)) {
        choose(n, out);
        return RESOLVER_FOUND;
    }
    list_push(&n->waiting, &l->entry);
    if (!n->asking && !list_linked(&n->answered_entry))
        ask(r, n);
    return RESOLVER_WAIT;
}

void resolver_cancel(struct lookup *l) {
    list_remove(&l->entry);
}

int resolver_new(struct resolver **out, struct loop *loop, const struct resolver_options *o) {
    struct resolver *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return -ENOMEM;
    r->loop = loop;
    r->options = *o;
    r->timer.fire = on_timer;
    r->tell.run = on_tell;
    list_init(&r->watches);
    list_init(&r->answered);
    hashmap_init(&r->names, RESOLVER_NAMES_MAX);
    rng_init(&r->rng, rng_seed_random());
    if (o->servers.len) {
        r->servers = view_dup_cstr(o->servers);
        if (!r->servers) {
            resolver_free(r);
            return -ENOMEM;
        }
    }
    *out = r;
    return 0;
}

struct resolver *resolver_free(struct resolver *r) {
    struct list *e;

    if (!r)
        return NULL;
    if (r->channel)
        ares_destroy(r->channel);
    timers_cancel(loop_timers(r->loop), &r->timer);
    loop_defer_cancel(&r->tell);
    while ((e = list_pop(&r->watches))) {
        struct socket_watch *s = LIST_ENTRY(e, struct socket_watch, entry);
        loop_watch_remove(r->loop, &s->watch);
        free(s);
    }
    for (struct hashmap_entry *h = hashmap_next(&r->names, NULL); h; h = hashmap_next(&r->names, h))
        free_name(h->value);
    hashmap_deinit(&r->names);
    free(r->servers);
    free(r);
    return NULL;
}
