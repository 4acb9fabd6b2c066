/* Response: the object that http.get and its siblings give. Its fields are made when they are read. */
#ifndef SCRIPT_JS_HTTP_RESPONSE_H
#define SCRIPT_JS_HTTP_RESPONSE_H

#include "script/js/atoms.h"
#include "script/js/http/http_op.h"

enum { RESPONSE_FIELDS = ATOM_SUBMIT_FORM + 1 };

struct response {
    struct http_op *op;
    struct vu *vu;
    uint32_t made;                   /* bit i: fields[i] is set; the others are never touched, so they cost no cache line */
    JSValue json;                    /* cache of json() */
    JSValue fields[RESPONSE_FIELDS]; /* indexed by atom_name */
};

JSValue response_new(struct http_op *op); /* takes op */
struct response *response_of(JSValueConst v); /* NULL when v is no Response */
/* "METHOD name" of the endpoint a response came from; into out, cut to its size. */
struct view response_endpoint(const struct response *r, char *out, size_t size);
/* One request and answer as text, bodies cut, for people. */
void response_describe(const struct response *r, struct buf *out);
/* The same of one round trip, a redirect's for example. error: what went wrong when there is no answer. */
void response_describe_hop(const struct http_hop *hop, struct view method, struct view url, struct view error, struct buf *out);

#endif
