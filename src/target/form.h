/* Bodies of HTML forms (application/x-www-form-urlencoded). */
#ifndef TARGET_FORM_H
#define TARGET_FORM_H

#include "core/view.h"

/* Decodes '+' and %XX into out, NUL-terminated and cut to its size; wrong escapes stay. Returns the length.
 */
size_t form_decode(struct view v, char *out, size_t out_size);
/* The first non-empty field of that name, decoded; 0 and "" when there is none. */
size_t form_find(struct view form, const char *name, char *out, size_t out_size);

#endif
