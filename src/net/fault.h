/* What can go wrong between us and a server. Neutral names; script hosts translate them (k6: error_code 1000…1701). */
#ifndef NET_FAULT_H
#define NET_FAULT_H

/* X(enumerator, text) */
#define NET_FAULTS(X)                                         \
    X(NONE, "")                                               \
    X(GENERIC, "request failed")                              \
    X(INVALID_URL, "invalid URL")                             \
    X(UNSUPPORTED_SCHEME, "unsupported protocol scheme")      \
    X(TIMEOUT, "request timeout")                             \
    X(CANCELLED, "cancelled")                                 \
    X(DNS, "lookup failed")                                   \
    X(DNS_NO_HOST, "no such host")                            \
    X(BLACKLISTED_IP, "ip is blacklisted")                    \
    X(BLOCKED_HOSTNAME, "hostname is blocked")                \
    X(DIAL, "dial failed")                                    \
    X(DIAL_TIMEOUT, "dial timeout")                           \
    X(DIAL_REFUSED, "connection refused")                     \
    X(DIAL_ERRNO, "dial failed (errno)")                      \
    X(NO_PORTS, "no free local port")                         \
    X(NO_DESCRIPTORS, "too many open files")                  \
    X(RESET, "connection reset by peer")                      \
    X(BROKEN_PIPE, "broken pipe")                             \
    X(TCP_ERRNO, "read or write failed (errno)")              \
    X(EOF_EARLY, "unexpected EOF")                            \
    X(TLS, "TLS failure")                                     \
    X(TLS_NOT_TLS, "first record does not look like a TLS handshake") \
    X(TLS_UNKNOWN_CA, "certificate signed by unknown authority") \
    X(TLS_HOST_MISMATCH, "certificate is not valid for this name") \
    X(TLS_CERT, "certificate invalid (expired, wrong usage …)") \
    X(PROTOCOL, "malformed HTTP response")                    \
    X(PROTOCOL_HEADERS_LIMIT, "response headers beyond the limit") \
    X(BODY_LIMIT, "response body beyond the limit")           \
    X(DECOMPRESS, "response decompression failed")            \
    X(PROXY, "proxy refused")                                 \
    X(OUT_OF_MEMORY, "out of memory")

enum net_fault {
#define NET_FAULT_ENUM(id, text) NET_FAULT_##id,
    NET_FAULTS(NET_FAULT_ENUM)
#undef NET_FAULT_ENUM
    NET_FAULT_COUNT
};
const char *net_fault_text(enum net_fault f);

#endif
