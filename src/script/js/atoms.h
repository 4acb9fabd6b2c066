/* Names used on hot paths, interned once per VU: atom(vu, STATUS) is a JSAtom. */
#ifndef SCRIPT_JS_ATOMS_H
#define SCRIPT_JS_ATOMS_H

#include "script/js/vu.h"

/* X(enumerator, text). The first rows are the fields of a Response, in the order in which k6 lists them. */
#define ATOMS(X)                               \
    X(REMOTE_IP, "remote_ip")                  \
    X(REMOTE_PORT, "remote_port")              \
    X(URL, "url")                              \
    X(STATUS, "status")                        \
    X(STATUS_TEXT, "status_text")              \
    X(PROTO, "proto")                          \
    X(HEADERS, "headers")                      \
    X(COOKIES, "cookies")                      \
    X(BODY, "body")                            \
    X(TIMINGS, "timings")                      \
    X(TLS_VERSION, "tls_version")              \
    X(TLS_CIPHER_SUITE, "tls_cipher_suite")    \
    X(OCSP, "ocsp")                            \
    X(ERROR, "error")                          \
    X(ERROR_CODE, "error_code")                \
    X(REQUEST, "request")                      \
    X(CLICK_LINK, "clickLink")                 \
    X(HTML, "html")                            \
    X(JSON, "json")                            \
    X(SUBMIT_FORM, "submitForm")               \
    X(TAGS, "tags")                            \
    X(TIMEOUT, "timeout")                      \
    X(JAR, "jar")                              \
    X(REDIRECTS, "redirects")                  \
    X(AUTH, "auth")                            \
    X(COMPRESSION, "compression")              \
    X(RESPONSE_TYPE, "responseType")           \
    X(RESPONSE_CALLBACK, "responseCallback")   \
    X(THROW, "throw")                          \
    X(METHOD, "method")                        \
    X(NAME, "name")                            \
    X(VALUE, "value")                          \
    X(REPLACE, "replace")                      \
    X(PARAMS, "params")                        \
    X(DEFAULT, "default")                      \
    X(ITER, "__ITER")

enum atom_name {
#define ATOM_E(id, text) ATOM_##id,
    ATOMS(ATOM_E)
#undef ATOM_E
    ATOM_COUNT
};

int atoms_init(struct vu *vu) MUST_USE;
void atoms_deinit(struct vu *vu);
static inline JSAtom atom(const struct vu *vu, enum atom_name name) { return vu->atoms[name]; }

#endif
