/* What a span is, read from its attributes by OpenTelemetry's conventions (the older names, too), and statements made comparable. */
#ifndef TRACE_SPAN_TEXT_H
#define TRACE_SPAN_TEXT_H

#include "core/buf.h"
#include "stats/trace_summary.h"
#include "trace/otlp.h"

enum trace_kind span_text_kind(const struct otlp_span *s);
/* The statement of a database or cache span as it was sent; the span's name when it has none. */
struct view span_text_statement(const struct otlp_span *s);
/* Literals and placeholders become ?, lists of them one ?, blanks one blank; at most max bytes. 0 or -ENOMEM. */
int span_text_normalise(struct view statement, size_t max, struct buf *out) MUST_USE;
/* Bytes of the response's body, NAN when not told. */
double span_text_response_bytes(const struct otlp_span *s);

#endif
