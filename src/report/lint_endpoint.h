/* Endpoints as people call them: "POST /api/v1/todos", "GET /users/{id}". */
#ifndef REPORT_LINT_ENDPOINT_H
#define REPORT_LINT_ENDPOINT_H

#include "core/arena.h"
#include "core/buf.h"

/* "GET http://h:1/a/17?x=1" → "GET /a/{id}": without query, ids in the path replaced, and without `host` ("http://h:1") when it begins
 * with that. Control characters become "?". ptr NULL without memory. */
struct view lint_endpoint(struct arena *a, struct view endpoint, struct view host);
/* The "http://h:1" of an endpoint or URL, empty when it has none. */
struct view lint_endpoint_host(struct view endpoint);
/* A copy without control characters (a server's bytes must not drive the terminal) and malformed UTF-8. */
struct view lint_clean(struct arena *a, struct view text);

#endif
