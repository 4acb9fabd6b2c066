/* Settings of outputs that come from environment variables. An empty variable counts as not set. Errors name
 * the variable. */
#ifndef REPORT_OUTPUT_SETTINGS_H
#define REPORT_OUTPUT_SETTINGS_H

#include "core/error.h"
#include "core/view.h"
#include "load/plan.h"
#include "net/header.h"

struct view setting_text(const char *name, struct view fallback);
int setting_bool(const char *name, bool *value, struct error *err) MUST_USE; /* unchanged when not set */
int setting_duration_us(
    const char *name, int64_t *value, struct error *err) MUST_USE; /* "1s"; bare numbers are ms */
int setting_duration_parse(const char *name, struct view text, int64_t *value, struct error *err) MUST_USE;
/* "a<pair>b<list>c<pair>d" appended to headers. */
int setting_headers(const char *name, char pair, struct view text, struct http_header *headers, size_t max,
    size_t *count, struct error *err) MUST_USE;

/* What stands before the names of a run's metrics: "k6_", "locust_". */
const char *setting_prefix(const struct plan *p);

#endif
