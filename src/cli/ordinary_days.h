/* One sentence at the end of a load test: what the same script measures on ordinary days, if somebody watches
 * it. */
#ifndef CLI_ORDINARY_DAYS_H
#define CLI_ORDINARY_DAYS_H

#include "core/buf.h"

/* Appends the sentence with its line break; nothing when the script is not watched or nothing was timed.
 * `path`: of the ledger. 0 or negative: the ledger cannot be read. */
int ordinary_days_write(const char *path, int64_t run, struct buf *out) MUST_USE;

#endif
