/* GET /metrics: what all processes counted, as Prometheus reads it (text format 0.0.4). */
#ifndef TARGET_METRICS_PAGE_H
#define TARGET_METRICS_PAGE_H

#include "core/buf.h"
#include "target/commons.h"

enum { METRICS_PAGE_MAX = 4 * 1024 * 1024 };

int metrics_page_write(struct commons *c, struct buf *out) MUST_USE;

#endif
