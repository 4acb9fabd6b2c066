/* The attributes of the span or record that a decoder is reading; their numbers become text in the scratch. */
#ifndef TRACE_OTLP_ATTRIBUTES_PRIV_H
#define TRACE_OTLP_ATTRIBUTES_PRIV_H

#include "trace/otlp.h"

struct otlp_attributes {
    struct otlp_attribute list[OTLP_ATTRIBUTES_MAX];
    size_t count;
    char scratch[OTLP_SCRATCH_MAX];
    size_t used;
};
/* Empty when the scratch is full. */
struct view otlp_attributes_i64(struct otlp_attributes *a, int64_t v);
struct view otlp_attributes_double(struct otlp_attributes *a, double v);

#endif
