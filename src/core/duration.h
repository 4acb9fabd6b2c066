/* Durations as Go and k6 write them: "1h30m5.5s", "100ms", "1us", "2d" (days only where allowed). */
#ifndef CORE_DURATION_H
#define CORE_DURATION_H

#include "core/error.h"
#include "core/view.h"

/* Parses into nanoseconds. allow_days: also "1d12h". allow_bare_ms: "300" or "1.5" without a unit are milliseconds.
 * Returns 0 or ERROR_SYNTAX (with the sentence in err, which may be NULL). */
int duration_parse(struct view text, bool allow_days, bool allow_bare_ms, int64_t *ns_out, struct error *err) MUST_USE;

enum { DURATION_TEXT_MAX = 40 };
/* As Go's Duration.String(): "1m30s", "1.5s", "300ms", "0s". Returns out. */
char *duration_format(int64_t ns, char out[DURATION_TEXT_MAX]);

#endif
