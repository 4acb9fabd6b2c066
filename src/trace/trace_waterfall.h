/* The server-side trace of one of our requests, as JSON that can be drawn as it is (docs/API.md has its shape). */
#ifndef TRACE_TRACE_WATERFALL_H
#define TRACE_TRACE_WATERFALL_H

#include "trace/trace_store.h"

/* Of the spans that are in the store now. Also without any: then "spans" is empty. *shown: how many there are. */
int trace_waterfall_write(const struct trace_store *s, const struct exemplar *x, struct view endpoint, struct buf *out, size_t *shown) MUST_USE;

#endif
