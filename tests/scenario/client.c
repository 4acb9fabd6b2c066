/* The client's side: fetches one after the other, and checks what came. The first failed check ends the scenario. */
#include "scenario_priv.h"

#include "net/fetch.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOPS_KEPT = 32, WITH_MAX = 16 };

struct run {
    struct script *script;
    struct http_client_options options;
    struct loop *loop;
    struct http_client *client;
    struct http_session *session;
    struct cookie_jar *jar;
    struct http_fetch *fetch; /* the last one */
    const struct http_hop *last;
    int statuses[HOPS_KEPT], hops;
    bool finished, written;
    struct http_header headers[WITH_MAX], cookies[WITH_MAX];
    bool replaces[WITH_MAX];
    size_t header_count, cookie_count;
    struct view body;
    struct http_host_override hosts[WITH_MAX];
    struct view blocked[WITH_MAX], blacklist[WITH_MAX];
    struct buf cert, key;
    struct http_client_cert identity;
    struct view texts[STEPS_MAX]; /* to be freed */
    size_t text_count;
};

static bool fail(const struct run *r, const struct step *s, const char *what, struct view got) {
    fprintf(stderr, "%s:%d: %.*s %.*s: %s%.*s\n", r->script->path, s->line, VIEW_ARGS(s->verb), VIEW_ARGS(s->rest), what,
            (int)(got.len < 500 ? got.len : 500), got.ptr ? got.ptr : "(nothing)");
    if (r->last && r->last->fault)
        fprintf(stderr, "  fault %s: %.*s\n", net_fault_text(r->last->fault), VIEW_ARGS(r->last->fault_detail));
    return false;
}

static bool fail_number(const struct run *r, const struct step *s, long long got) {
    char text[32];
    int n = snprintf(text, sizeof text, "%lld", got);

    return fail(r, s, "it is ", view_of(text, (size_t)n));
}

static struct view keep(struct run *r, struct view raw) {
    struct view v = script_text(r->script, raw);

    r->texts[r->text_count++] = v;
    return v;
}

/* --- options --- */

static bool set_option(struct run *r, const struct step *s, struct view key, struct view value) {
    struct http_client_options *o = &r->options;
    struct view rest = value;
    uint64_t n = 0;

    (void)view_to_u64(value, &n);
    if (view_eq(key, VIEW("insecure")))
        o->insecure_skip_verify = true;
    else if (view_eq(key, VIEW("untrusted")))
        o->ca_file = VIEW("");
    else if (view_eq(key, VIEW("resume")))
        o->tls_session_resumption = true;
    else if (view_eq(key, VIEW("agent")))
        o->user_agent = value;
    else if (view_eq(key, VIEW("no-keep-alive")))
        o->keep_alive = false;
    else if (view_eq(key, VIEW("tls-max")))
        o->tls_max = n == 2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    else if (view_eq(key, VIEW("body-max")))
        o->body_bytes_max = n;
    else if (view_eq(key, VIEW("dns")))
        o->dns_servers = value;
    else if (view_eq(key, VIEW("policy")))
        o->dns_policy = view_eq(value, VIEW("onlyIPv6")) ? DNS_ONLY_IPV6 : DNS_ONLY_IPV4;
    else if (view_eq(key, VIEW("ttl")))
        o->dns_ttl_us = (int64_t)n;
    else if (view_eq(key, VIEW("host"))) {
        struct view to = view_cut(&rest, '=', NULL);
        r->hosts[o->host_count++] = (struct http_host_override){to, rest};
    } else if (view_eq(key, VIEW("block")))
        r->blocked[o->blocked_count++] = value;
    else if (view_eq(key, VIEW("blacklist")))
        r->blacklist[o->blacklist_count++] = value;
    else if (view_eq(key, VIEW("proxy")))
        setenv("HTTP_PROXY", value.ptr, 1), setenv("HTTPS_PROXY", value.ptr, 1);
    else if (view_eq(key, VIEW("no-proxy")))
        setenv("NO_PROXY", value.ptr, 1);
    else if (view_eq(key, VIEW("client-cert")))
        o->cert_count = 1;
    else
        return fail(r, s, "unknown option", VIEW(""));
    return true;
}

static bool do_option(struct run *r, const struct step *s, struct view text) {
    struct view rest = text, key = script_word(&rest);

    return set_option(r, s, key, rest);
}

static bool make_client(struct run *r, const struct step *s) {
    struct error err;

    r->options.hosts = r->hosts;
    r->options.blocked_hostnames = r->blocked;
    r->options.blacklist_cidrs = r->blacklist;
    if (r->options.cert_count) {
        r->cert = BUF_MAX(65536);
        r->key = BUF_MAX(65536);
        certificate_identity(&r->cert, &r->key);
        r->identity = (struct http_client_cert){.cert_pem = buf_view(&r->cert), .key_pem = buf_view(&r->key)};
        r->options.certs = &r->identity;
    }
    if (http_client_new(&r->client, r->loop, &r->options, &err) < 0)
        return fail(r, s, "http_client_new: ", view_of_cstr(err.text));
    return http_session_new(&r->session, r->client, VIEW("")) == 0 && cookie_jar_new(&r->jar) == 0;
}

/* --- fetches --- */

static void on_hop(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct run *r = ctx;

    (void)f;
    if (r->hops < HOPS_KEPT)
        r->statuses[r->hops] = h->status;
    r->hops++;
}

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *last) {
    struct run *r = ctx;

    (void)f;
    r->last = last;
    r->finished = true;
}

static bool do_with(struct run *r, const struct step *s, struct view text) {
    struct view rest = text, kind = script_word(&rest), value = rest;

    if (r->header_count == WITH_MAX || r->cookie_count == WITH_MAX)
        return fail(r, s, "too many", VIEW(""));
    if (view_eq(kind, VIEW("header"))) {
        struct view name = view_cut(&value, ':', NULL);
        r->headers[r->header_count++] = (struct http_header){name, view_trim(value)};
    } else if (view_eq(kind, VIEW("body"))) {
        r->body = rest.ptr ? rest : VIEW("");
    } else if (view_eq(kind, VIEW("bytes"))) { /* a large body */
        uint64_t n = 0;
        (void)view_to_u64(rest, &n);
        char *p = malloc(n + 1);
        memset(p, 'b', n);
        r->body = view_of(p, n);
        r->texts[r->text_count++] = r->body;
    } else {
        r->replaces[r->cookie_count] = view_eq(kind, VIEW("replace"));
        struct view name = view_cut(&value, '=', NULL);
        r->cookies[r->cookie_count++] = (struct http_header){name, value};
    }
    return true;
}

static void fetch_argument(struct run *r, struct http_request *q, struct view word) {
    struct view value = word, key = view_cut(&value, '=', NULL);
    int64_t n = 0;

    (void)view_to_i64(value, &n);
    if (view_eq(key, VIEW("redirects")))
        q->redirects_max = (int)n;
    else if (view_eq(key, VIEW("timeout")))
        q->timeout_us = n * 1000;
    else if (view_eq(key, VIEW("auth")))
        q->auth = HTTP_AUTH_DIGEST;
    else if (view_eq(key, VIEW("jar")))
        q->jar = r->jar;
    else if (view_eq(key, VIEW("discard")))
        q->discard_body = true;
}

static bool begin_fetch(struct run *r, const struct step *s, struct view text) {
    static const struct http_fetch_callbacks callbacks = {on_hop, on_done};
    struct http_request q = {.headers = r->headers, .header_count = r->header_count, .cookies = r->cookies, .cookie_count = r->cookie_count,
                             .cookie_replaces = r->replaces, .body = r->body, .has_body = r->body.ptr != NULL, .redirects_max = 10,
                             .timeout_us = PATIENCE_MS * 1000};
    struct view rest = text;

    if (!r->client && !make_client(r, s))
        return false;
    q.method = script_word(&rest);
    q.url = script_word(&rest);
    while (rest.len > 0)
        fetch_argument(r, &q, script_word(&rest));
    r->fetch = http_fetch_free(r->fetch);
    r->last = NULL;
    r->hops = 0;
    r->finished = false;
    if (http_fetch_new(&r->fetch, r->session) < 0 || http_fetch_start(r->fetch, &q, &callbacks, r) < 0)
        return fail(r, s, "cannot start", VIEW(""));
    return !r->finished || fail(r, s, "done() came from inside start", VIEW(""));
}

static bool do_fetch(struct run *r, const struct step *s, struct view text) {
    if (!begin_fetch(r, s, text))
        return false;
    while (!r->finished)
        if (loop_turn(r->loop, 1000000) < 0)
            return fail(r, s, "loop_turn failed", VIEW(""));
    r->header_count = r->cookie_count = 0;
    r->body = VIEW_NULL;
    return true;
}

static void turn_for(struct run *r, int64_t ms) {
    int64_t end_us = clock_now_us(&clock_real) + ms * 1000;

    for (int64_t now_us = clock_now_us(&clock_real); now_us < end_us; now_us = clock_now_us(&clock_real))
        if (loop_turn(r->loop, end_us - now_us) < 0)
            return;
}

static bool do_cancel(struct run *r, const struct step *s, struct view text) {
    uint64_t ms = 100;
    struct view rest = text;

    (void)script_word(&rest);
    (void)script_word(&rest);
    (void)view_to_u64(rest, &ms);
    if (!begin_fetch(r, s, text))
        return false;
    turn_for(r, (int64_t)ms);
    r->written = http_fetch_cancel(r->fetch);
    return true;
}

static bool do_idle(struct run *r, const struct step *s, struct view text) {
    uint64_t ms = 0;

    (void)s;
    (void)view_to_u64(text, &ms);
    turn_for(r, (int64_t)ms);
    return true;
}

/* --- checks --- */

static bool number_is(struct run *r, const struct step *s, struct view text, long long got) {
    int64_t n;

    return (view_to_i64(text, &n) && n == got) || fail_number(r, s, got);
}

static bool text_is(struct run *r, const struct step *s, struct view text, struct view got) {
    return view_eq(text, got) || fail(r, s, "it is ", got);
}

static bool do_status(struct run *r, const struct step *s, struct view text) { return number_is(r, s, text, r->last->status); }
static bool do_reason(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->last->reason); }
static bool do_body(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->last->body); }
static bool do_length(struct run *r, const struct step *s, struct view text) { return number_is(r, s, text, (long long)r->last->body.len); }
static bool do_wire(struct run *r, const struct step *s, struct view text) { return number_is(r, s, text, (long long)r->last->body_wire_bytes); }
static bool do_hops(struct run *r, const struct step *s, struct view text) { return number_is(r, s, text, r->hops); }
static bool do_url(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->last->url); }
static bool do_tls(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->last->tls_version); }
static bool do_cookies(struct run *r, const struct step *s, struct view text) { return number_is(r, s, text, (long long)cookie_jar_count(r->jar)); }
static bool do_connects(struct run *r, const struct step *s, struct view text) {
    return number_is(r, s, text, (long long)http_client_counters(r->client).connects);
}
static bool do_reused(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->last->timing.reused ? VIEW("yes") : VIEW("no")); }
static bool do_written(struct run *r, const struct step *s, struct view text) { return text_is(r, s, text, r->written ? VIEW("yes") : VIEW("no")); }

static bool do_nobody(struct run *r, const struct step *s, struct view text) {
    (void)text;
    return !r->last->body.ptr || fail(r, s, "it is ", r->last->body);
}

static bool do_is(struct run *r, const struct step *s, struct view text) {
    struct view value = text, name = view_cut(&value, ':', NULL);

    return text_is(r, s, view_trim(value), header_find(r->last->headers, r->last->header_count, name));
}

static bool do_fault(struct run *r, const struct step *s, struct view text) {
    static const char *const names[] = {
#define NAME(id, unused) #id,
        NET_FAULTS(NAME)
#undef NAME
    };
    return text_is(r, s, text, view_of_cstr(names[r->last->fault]));
}

static bool do_detail(struct run *r, const struct step *s, struct view text) {
    return view_find_view(r->last->fault_detail, text) >= 0 || fail(r, s, "it is ", r->last->fault_detail);
}

static bool do_exhausted(struct run *r, const struct step *s, struct view text) {
    (void)text;
    return r->last->redirects_exhausted || fail(r, s, "it is not", VIEW(""));
}

static bool do_timings(struct run *r, const struct step *s, struct view text) {
    const struct timing *t = &r->last->timing;
    bool dialled = t->reused ? t->connected_us == 0 && t->tls_done_us == 0 : t->connect_started_us >= t->asked_us && t->connected_us >= t->connect_started_us;

    (void)text;
    if (dialled && t->got_connection_us >= t->asked_us && t->sent_us >= t->got_connection_us && t->first_byte_us >= t->sent_us &&
        t->done_us >= t->first_byte_us)
        return true;
    fprintf(stderr, "asked %ld connect %ld connected %ld tls %ld got %ld sent %ld first %ld done %ld\n", (long)t->asked_us, (long)t->connect_started_us,
            (long)t->connected_us, (long)t->tls_done_us, (long)t->got_connection_us, (long)t->sent_us, (long)t->first_byte_us, (long)t->done_us);
    return fail(r, s, "not in order", VIEW(""));
}

static const struct {
    const char *verb;
    bool (*run)(struct run *r, const struct step *s, struct view text);
    bool needs_answer;
} verbs[] = {
    {"option", do_option, 0},  {"with", do_with, 0},       {"fetch", do_fetch, 0},         {"cancel", do_cancel, 0},   {"idle", do_idle, 0},
    {"written", do_written, 0}, {"connects", do_connects, 0}, {"cookies", do_cookies, 0},   {"status", do_status, 1},   {"reason", do_reason, 1},
    {"body", do_body, 1},      {"nobody", do_nobody, 1},   {"length", do_length, 1},       {"wire", do_wire, 1},       {"hops", do_hops, 1},
    {"url", do_url, 1},        {"tls", do_tls, 1},         {"reused", do_reused, 1},       {"is", do_is, 1},           {"fault", do_fault, 1},
    {"detail", do_detail, 1},  {"exhausted", do_exhausted, 1}, {"timings", do_timings, 1},
};

static bool run_step(struct run *r, const struct step *s) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!view_eq(s->verb, view_of_cstr(verbs[i].verb)))
            continue;
        if (verbs[i].needs_answer && !r->last)
            return fail(r, s, "nothing was fetched", VIEW(""));
        return verbs[i].run(r, s, keep(r, s->rest));
    }
    return fail(r, s, "unknown step", VIEW(""));
}

int client_run(struct script *script, const char *ca_path) {
    struct run *r = calloc(1, sizeof *r);
    bool fine = r && loop_new(&r->loop, NULL) == 0;

    if (!fine)
        return -1;
    r->script = script;
    http_client_options_default(&r->options);
    r->options.ca_file = view_of_cstr(ca_path);
    for (size_t i = 0; fine && i < script->step_count; i++)
        fine = run_step(r, &script->steps[i]);
    http_fetch_free(r->fetch);
    http_session_free(r->session);
    cookie_jar_free(r->jar);
    http_client_free(r->client);
    loop_free(r->loop);
    for (size_t i = 0; i < r->text_count; i++)
        free((void *)(uintptr_t)r->texts[i].ptr);
    buf_deinit(&r->cert);
    buf_deinit(&r->key);
    free(r);
    return fine ? 0 : 1;
}
