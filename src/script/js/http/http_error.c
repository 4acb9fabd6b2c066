/* net's faults as k6's error codes and texts: one row each. A text of NULL means: as net says it. */
#include "script/js/http/http_op.h"

#include <string.h>

static const struct {
    int code;
    const char *text;
} faults[NET_FAULT_COUNT] = {
    [NET_FAULT_GENERIC] = {1000, NULL},
    [NET_FAULT_INVALID_URL] = {1020, NULL},
    [NET_FAULT_UNSUPPORTED_SCHEME] = {1000, NULL},
    [NET_FAULT_TIMEOUT] = {1050, "request timeout"},
    [NET_FAULT_CANCELLED] = {1000, "context canceled"},
    [NET_FAULT_DNS] = {1100, NULL},
    [NET_FAULT_DNS_NO_HOST] = {1101, "lookup: no such host"},
    [NET_FAULT_BLACKLISTED_IP] = {1110, "ip is blacklisted"},
    [NET_FAULT_BLOCKED_HOSTNAME] = {1111, "hostname is blocked"},
    [NET_FAULT_DIAL] = {1210, NULL},
    [NET_FAULT_DIAL_TIMEOUT] = {1211, "dial: i/o timeout"},
    [NET_FAULT_DIAL_REFUSED] = {1212, "dial: connection refused"},
    [NET_FAULT_DIAL_ERRNO] = {1213, NULL},
    [NET_FAULT_NO_PORTS] = {1213, NULL},
    [NET_FAULT_NO_DESCRIPTORS] = {1213, NULL},
    [NET_FAULT_RESET] = {1220, "read: connection reset by peer"},
    [NET_FAULT_BROKEN_PIPE] = {1201, "write: broken pipe"},
    [NET_FAULT_TCP_ERRNO] = {1202, NULL},
    [NET_FAULT_EOF_EARLY] = {1000, NULL},
    [NET_FAULT_TLS] = {1000, NULL},
    [NET_FAULT_TLS_NOT_TLS] = {1301, NULL},
    [NET_FAULT_TLS_UNKNOWN_CA] = {1310, "x509: unknown authority"},
    [NET_FAULT_TLS_HOST_MISMATCH] = {1311, "x509: certificate doesn't match hostname"},
    [NET_FAULT_TLS_CERT] = {1000, NULL},
    [NET_FAULT_PROTOCOL] = {1000, NULL},
    [NET_FAULT_PROTOCOL_HEADERS_LIMIT] = {1000, NULL},
    [NET_FAULT_BODY_LIMIT] = {1000, NULL},
    [NET_FAULT_DECOMPRESS] = {1701, NULL},
    [NET_FAULT_PROXY] = {1000, NULL},
    [NET_FAULT_OUT_OF_MEMORY] = {1000, NULL},
};

int http_error_of(const struct http_hop *hop, struct arena *a, struct view *text) {
    static const struct view broken = {"net/http: HTTP/1.x transport connection broken: ", 48};
    (void)a;

    *text = VIEW_NULL;
    if (!hop->fault)
        return hop->status >= 400 ? 1000 + hop->status : 0;
    *text = view_of_cstr(faults[hop->fault].text);
    if (!text->ptr) {
        *text = hop->fault_detail.len ? hop->fault_detail : view_of_cstr(net_fault_text(hop->fault));
        /* k6 unwraps Go's outermost words. */
        if (view_starts_with(*text, broken))
            *text = view_drop(*text, broken.len);
    }
    return faults[hop->fault].code;
}
