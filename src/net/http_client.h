/* The HTTP client: what the users of one worker share (resolver, TLS contexts, options, buffers). */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "core/loop.h"
#include "net/url.h"

/* Every limit has a name. */
enum {
    HTTP_HEADER_BYTES_MAX = 10 * 1024 * 1024, /* of a response; Go's default */
    HTTP_HEADERS_MAX = 10000,
    HTTP_CHUNK_LINE_BYTES_MAX = 4096,
    HTTP_INFORMATIONAL_MAX = 5,          /* 1xx answers before the final one */
    HTTP_REDIRECTS_MAX = 1000,
    HTTP_IDLE_PER_HOST_DEFAULT = 6,
    HTTP_IDLE_DEFAULT = 20,
    HTTP_DIAL_TIMEOUT_US = 30 * 1000 * 1000,
};
#define HTTP_BODY_BYTES_MAX ((size_t)1 << 30)

enum dns_select { DNS_SELECT_RANDOM, DNS_SELECT_FIRST, DNS_SELECT_ROUND_ROBIN };
enum dns_policy { DNS_PREFER_IPV4, DNS_PREFER_IPV6, DNS_ONLY_IPV4, DNS_ONLY_IPV6, DNS_ANY };

struct http_host_override { struct view pattern, to; };              /* "host", "host:port" or "*.suffix" → "ip" or "ip:port" / "[v6]:port" */
struct http_client_cert { struct view cert_pem, key_pem, password; struct view *domains; size_t domain_count; };

struct http_client_options {
    struct view user_agent;      /* empty = no header is added */
    bool insecure_skip_verify;
    bool tls_session_resumption;
    bool keep_alive;             /* false: a connection per request (Connection: close) */
    int tls_min, tls_max;        /* 0 or TLS1_VERSION … TLS1_3_VERSION */
    struct view tls_ciphers;     /* OpenSSL list for TLS ≤ 1.2, empty = default */
    struct view ca_file;         /* extra trusted CAs (PEM file); SSL_CERT_FILE/SSL_CERT_DIR are honoured by OpenSSL's defaults */
    const struct http_client_cert *certs; size_t cert_count;
    const struct http_host_override *hosts; size_t host_count;
    const struct view *blacklist_cidrs; size_t blacklist_count;
    const struct view *blocked_hostnames; size_t blocked_count;
    struct view dns_servers;     /* "ip:port,…"; empty = the system's */
    int64_t dns_ttl_us;          /* −1 = for ever, 0 = never cache */
    enum dns_select dns_select;
    enum dns_policy dns_policy;
    int idle_max, idle_per_host_max;
    size_t body_bytes_max;       /* 0 = HTTP_BODY_BYTES_MAX */
    bool proxy_from_environment; /* HTTP_PROXY, HTTPS_PROXY, NO_PROXY and lower case; never for localhost/loopback, as Go */
    struct view proxy_http, proxy_https; /* addresses for plain and TLS targets; given, they serve all hosts, loopback too, and the environment is not asked */
    struct view key_log_file;    /* SSLKEYLOGFILE */
};
void http_client_options_default(struct http_client_options *o);

struct http_client;
/* Copies the options. ERROR_INVALID with a sentence (bad CIDR, bad PEM, unknown cipher, bad override …). */
int http_client_new(struct http_client **out, struct loop *loop, const struct http_client_options *o, struct error *err) MUST_USE;
struct http_client *http_client_free(struct http_client *c);

struct http_client_counters { uint64_t connects, ports_exhausted, descriptors_exhausted, bytes_sent, bytes_received; };
struct http_client_counters http_client_counters(const struct http_client *c);

/* What one user owns: its pool of connections. Nothing is shared between sessions but the client's resolver and contexts. */
struct http_session;
/* local_address: "" or an address to bind. */
int http_session_new(struct http_session **out, struct http_client *c, struct view local_address) MUST_USE;
struct http_session *http_session_free(struct http_session *s); /* cancels nothing: no fetch may be under way */
void http_session_close_idle(struct http_session *s);
/* Socket-level bytes (TLS and headers included) since the last call. */
void http_session_take_bytes(struct http_session *s, uint64_t *sent, uint64_t *received);

#endif
