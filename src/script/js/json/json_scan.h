/* Reading JSON text in place: is it valid, where does a value end, which members has it. Nothing is built. */
#ifndef SCRIPT_JS_JSON_SCAN_H
#define SCRIPT_JS_JSON_SCAN_H

#include "core/buf.h"
#include "core/error.h"

enum { JSON_SCAN_DEPTH_MAX = 4096 };

enum json_type { JSON_NONE, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* One JSON value as RFC 8259 has it, blanks around it. Bytes that are no UTF-8 are allowed in strings (Go allows them).
 * Nested deeper than JSON_SCAN_DEPTH_MAX counts as invalid. */
bool json_scan_valid(struct view text);
/* The same with the fault worded as Go's encoding/json does ("invalid character 'x' after top-level value"). 0, or ERROR_SYNTAX with *at =
 * index of the last byte that was read. */
int json_scan_check(struct view text, size_t *at, struct error *err) MUST_USE;

/* The following expect valid text; on anything else they return nonsense but stay inside. */
enum json_type json_scan_type(struct view value); /* by its first byte that is no blank */
/* Takes the first value off *rest, blanks before it dropped. ptr NULL when nothing is left. */
struct view json_scan_value(struct view *rest);
/* What is between the quotes of a string value. */
struct view json_scan_inside(struct view string);
/* Appends the text of a string (without its quotes) with escapes resolved; lone surrogates become U+FFFD. */
int json_scan_unescape(struct view inside, struct buf *out) MUST_USE;

struct json_members {
    struct view rest;
    bool object;
};
/* False when container is neither array nor object. */
bool json_scan_members(struct view container, struct json_members *m);
/* key: inside of its quotes, escapes unresolved; VIEW_NULL for an element of an array. */
bool json_scan_next(struct json_members *m, struct view *key, struct view *value);

#endif
