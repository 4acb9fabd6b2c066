/* Clients by network settings. Few differ in one test (verify, a proxy), so a list is searched; users with
 * equal settings share resolver and TLS context, and nothing else. */
#include "script/python/session_priv.h"

#include "core/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PEM_BYTES_MAX = 1024 * 1024 };

struct client_row {
    struct network settings;
    struct http_client *client;
};
struct http_clients {
    struct client_row rows[SESSION_CLIENTS_MAX];
    size_t count;
};

void network_default(struct network *n) {
    *n = (struct network){.verify = true,
        .keep_alive = true,
        .max_redirects = SESSION_REDIRECTS_DEFAULT,
        .connections = SESSION_CONNECTIONS_DEFAULT};
}

void network_deinit(struct network *n) {
    free(n->ca_file);
    free(n->cert_file);
    free(n->key_file);
    free(n->proxy_http);
    free(n->proxy_https);
    *n = (struct network){.verify = true};
}

static bool same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool network_equal(const struct network *a, const struct network *b) {
    return a->verify == b->verify && a->trust_env == b->trust_env && a->keep_alive == b->keep_alive &&
           a->connections == b->connections && same_text(a->ca_file, b->ca_file) &&
           same_text(a->cert_file, b->cert_file) && same_text(a->key_file, b->key_file) &&
           same_text(a->proxy_http, b->proxy_http) && same_text(a->proxy_https, b->proxy_https);
}

static bool copy_text(char **to, const char *from) {
    *to = from ? strdup(from) : NULL;
    return !from || *to;
}

static bool copy_settings(struct network *to, const struct network *from) {
    *to = *from;
    to->ca_file = to->cert_file = to->key_file = to->proxy_http = to->proxy_https = NULL;
    return copy_text(&to->ca_file, from->ca_file) && copy_text(&to->cert_file, from->cert_file) &&
           copy_text(&to->key_file, from->key_file) && copy_text(&to->proxy_http, from->proxy_http) &&
           copy_text(&to->proxy_https, from->proxy_https);
}

static struct http_client *make_client(struct runtime *rt, const struct network *n, struct error *err) {
    struct buf cert CLEANUP(buf_deinit) = BUF_MAX(PEM_BYTES_MAX),
                    key CLEANUP(buf_deinit) = BUF_MAX(PEM_BYTES_MAX);
    struct http_client_cert identity = {0};
    struct http_client_options o;
    struct http_client *c;
    http_client_options_default(&o);
    o.insecure_skip_verify = !n->verify;
    o.keep_alive = n->keep_alive;
    o.idle_max = o.idle_per_host_max = n->connections;
    o.tls_session_resumption = true;
    o.ca_file = view_of_cstr(n->ca_file);
    o.proxy_from_environment = n->trust_env;
    o.proxy_http = view_of_cstr(n->proxy_http);
    o.proxy_https = view_of_cstr(n->proxy_https);
    if (n->cert_file) {
        if (file_read(n->cert_file, &cert, err) < 0 ||
            file_read(n->key_file ? n->key_file : n->cert_file, &key, err) < 0)
            return NULL;
        identity.cert_pem = buf_view(&cert);
        identity.key_pem = buf_view(&key);
        o.certs = &identity;
        o.cert_count = 1;
    }
    return http_client_new(&c, rt->loop, &o, err) == 0 ? c : NULL;
}

static struct http_client *client_for(struct runtime *rt, const struct network *n) {
    struct http_clients *all = rt->clients;
    struct error err = ERROR_NULL;
    if (!all && !(all = rt->clients = calloc(1, sizeof *all))) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t i = 0; i < all->count; i++)
        if (network_equal(&all->rows[i].settings, n))
            return all->rows[i].client;
    if (all->count == SESSION_CLIENTS_MAX) {
        PyErr_Format(PyExc_ValueError,
            "more than %d different network settings (verify, cert, proxies …) in one process",
            SESSION_CLIENTS_MAX);
        return NULL;
    }
    struct client_row *row = &all->rows[all->count];
    if (!copy_settings(&row->settings, n)) {
        network_deinit(&row->settings);
        PyErr_NoMemory();
        return NULL;
    }
    row->client = make_client(rt, n, &err);
    if (!row->client) {
        network_deinit(&row->settings);
        PyErr_SetString(PyExc_ValueError, err.text[0] ? err.text : error_name(err.code));
        return NULL;
    }
    all->count++;
    return row->client;
}

struct line *network_line(struct runtime *rt, const struct network *n) {
    struct http_client *client = client_for(rt, n);
    struct line *l = client ? calloc(1, sizeof *l) : NULL;
    if (!client)
        return NULL;
    if (!l || http_session_new(&l->session, client, VIEW_NULL) < 0) {
        free(l);
        PyErr_NoMemory();
        return NULL;
    }
    l->refs = 1;
    return l;
}

void line_release(struct line *l) {
    if (!l || --l->refs > 0)
        return;
    http_session_free(l->session);
    free(l);
}
