/* A fetch: one logical request with its redirects and auth challenges; each round trip is a hop, and each hop is told.
 *
 * Asynchronous: http_fetch_start returns at once; hop() and done() are called from the loop (never from inside start). Everything a
 * response points to lives in the fetch's arena until http_fetch_free. Cancelling calls done() never. */
#ifndef NET_FETCH_H
#define NET_FETCH_H

#include "net/cookie.h"
#include "net/fault.h"
#include "net/header.h"
#include "net/http_client.h"
#include "net/timing.h"

enum http_auth { HTTP_AUTH_NONE, HTTP_AUTH_BASIC, HTTP_AUTH_DIGEST };
/* Whose rules about method, body and Referer after a 3xx: those of Go, Python's requests, geventhttpclient. */
enum http_redirects { HTTP_REDIRECTS_GO, HTTP_REDIRECTS_REQUESTS, HTTP_REDIRECTS_GEVENTHTTP };

struct http_fetch;
struct http_hop;
/* All views must stay valid until done() (the caller usually allocates them in the fetch's arena, see http_fetch_new). */
struct http_request {
    struct view method;
    struct view url;
    const struct http_header *headers; size_t header_count; /* sent as given, in this order; "Host" overrides the Host line;
                                                             * Content-Length and Transfer-Encoding are ours */
    const struct http_header *cookies; size_t cookie_count; /* sent besides the jar's */
    const bool *cookie_replaces;                            /* per cookie (NULL = none): hides the jar's of the same name */
    struct view body; bool has_body;
    struct cookie_jar *jar;      /* may be NULL; Set-Cookie of every hop is stored into it */
    int64_t timeout_us;          /* over all hops, body included; 0 = none */
    int64_t connect_timeout_us;  /* until a connection is there (DIAL_TIMEOUT); 0 = HTTP_DIAL_TIMEOUT_US */
    int64_t read_timeout_us;     /* between two pieces of the answer, and before the first (TIMEOUT); 0 = none */
    enum http_redirects redirects;
    int redirects_max;           /* −1 = do not follow (0 too): the 3xx itself is the response */
    enum http_auth auth;         /* BASIC: from the URL's userinfo (also when NONE and userinfo is there: k6); DIGEST likewise */
    bool discard_body;           /* read and count, do not keep */
    bool no_decompress;
    /* NULL, or called from the loop when the head of an answer that is not followed is there, and when more of its body has come. The
     * hop is as told at the end, but without body and end. */
    void (*came)(void *ctx, struct http_fetch *f, const struct http_hop *hop);
};

/* One round trip as it ended. `final` is false for redirects that are followed and for auth challenges. */
struct http_hop {
    struct view method, url;     /* url without userinfo; userinfo_present tells that it had one */
    bool userinfo_present;
    const struct http_header *request_headers; size_t request_header_count; /* as sent, incl. Host, User-Agent, Cookie */
    struct view request_body;
    int status;                  /* 0 = no answer */
    struct view reason;          /* "OK" */
    struct view proto;           /* "HTTP/1.1" */
    const struct http_header *headers; size_t header_count; /* as on the wire (names unchanged), trailers not included */
    struct view body;            /* decoded; empty when discarded; ptr NULL: no body was there or failed */
    uint64_t body_wire_bytes;
    struct view remote_ip; uint16_t remote_port;
    struct view tls_version;     /* "tls1.3", empty without TLS */
    struct view tls_cipher;      /* "TLS_AES_128_GCM_SHA256" (IANA name) */
    struct timing timing;
    enum net_fault fault;
    int fault_errno;             /* for *_ERRNO */
    struct view fault_detail;    /* a sentence for people: `dial tcp 127.0.0.1:1: connection refused`, may be empty */
    bool challenge;              /* a 401 that digest auth answers next: expected */
    bool final;
    bool redirects_exhausted;    /* final is a 3xx because redirects_max was reached */
    int redirects_followed;
};

struct http_fetch;
struct http_fetch_callbacks {
    void (*hop)(void *ctx, struct http_fetch *f, const struct http_hop *hop);  /* may be NULL */
    void (*done)(void *ctx, struct http_fetch *f, const struct http_hop *last); /* after hop() of the last; may free f */
};
/* An empty fetch with an arena to build the request in. */
int http_fetch_new(struct http_fetch **out, struct http_session *s) MUST_USE;
struct arena *http_fetch_arena(struct http_fetch *f);
int http_fetch_start(struct http_fetch *f, const struct http_request *r, const struct http_fetch_callbacks *cb, void *ctx) MUST_USE;
/* Of a streamed answer that has not ended: what has come of its body (not decompressed) and was not dropped. Good until the loop runs. */
struct view http_fetch_body(const struct http_fetch *f);
void http_fetch_body_drop(struct http_fetch *f); /* all of it was taken: done() will bring only what comes later */
/* Stops a running fetch: the connection is closed, no callback follows. True if bytes of a request
 * had been sent whose hop() was not told: the server may have counted it, we have not. */
bool http_fetch_cancel(struct http_fetch *f);
struct http_fetch *http_fetch_free(struct http_fetch *f); /* cancels when still running */

#endif
