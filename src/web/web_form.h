/* application/x-www-form-urlencoded, of queries and bodies. */
#ifndef WEB_WEB_FORM_H
#define WEB_WEB_FORM_H

#include <jansson.h>

#include "core/error.h"
#include "core/view.h"

enum { WEB_FORM_FIELDS_MAX = 1000, WEB_FORM_TEXT_MAX = 64 * 1024 };

/* Adds each field to the object: key → text; a key that comes again makes an array of its texts.
 * ERROR_SYNTAX: a % without two digits, text that is not UTF-8, or NUL. ERROR_LIMIT. */
int web_form_parse(struct view text, json_t *into) MUST_USE;
/* One field that is already decoded. */
int web_form_add(json_t *into, struct view key, struct view value) MUST_USE;
/* The (last) text of a key, or NULL. */
const char *web_form_text(const json_t *form, const char *key);

#endif
