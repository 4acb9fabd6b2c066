/* What to do about an error that k6 only states. k6's own words stay as they are, since people and scripts
 * look for them; the remedy is printed beside them as the field `remedy`. */
#ifndef CLI_REMEDY_H
#define CLI_REMEDY_H

#include "core/log.h"

enum { REMEDY_BYTES_MAX = 512 };

/* For a warning or an error that is not the script's own console.warn; "" = none is needed or known. */
const char *remedy_find(const struct log_record *r, char out[REMEDY_BYTES_MAX]);

#endif
