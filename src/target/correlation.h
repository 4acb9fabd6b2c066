/* The id by which one request is found in everybody's logs. */
#ifndef TARGET_CORRELATION_H
#define TARGET_CORRELATION_H

#include "core/rng.h"
#include "core/view.h"

enum { CORRELATION_SIZE = 72 }; /* with NUL; longer ids are not taken over */

/* The id of X-Request-ID if it is one (visible ASCII without quotes and backslash), else the trace-id of a
 * W3C `traceparent`, else a new UUID (version 4). Absent headers are VIEW_NULL. Never empty, safe in a header
 * and in JSON. */
void correlation_pick(
    char out[CORRELATION_SIZE], struct view request_id, struct view traceparent, struct rng *rng);

#endif
