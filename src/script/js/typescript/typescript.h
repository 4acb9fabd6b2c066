/* TypeScript to JavaScript: types are replaced by blanks, so that lines and columns stay what they were.
 * Erased: annotations, generics, interfaces, aliases, `as` and `satisfies`, `!`, modifiers, overloads,
 * `declare`, imports that are only used as types (with the whole statement when nothing of it is left, as the
 * TypeScript compiler does). Transformed, on the lines where they stand: enums, parameter properties, `import
 * x = require()`. Refused with a remedy: namespaces, `export =`. Nothing is checked: what makes no sense is
 * left as it is, for the compiler of JavaScript to complain about. */
#ifndef SCRIPT_JS_TYPESCRIPT_H
#define SCRIPT_JS_TYPESCRIPT_H

#include "core/buf.h"
#include "core/error.h"

enum {
    TYPESCRIPT_BYTES_MAX = 64 * 1024 * 1024,
    TYPESCRIPT_DEPTH_MAX = 400, /* expressions, types and blocks within each other */
};

bool typescript_is(struct view url); /* by its extension */
/* ERROR_SYNTAX: err has "Line l:c what and what to do". Needs some hundred KiB of stack. */
int typescript_erase(struct view text, struct buf *out, struct error *err) MUST_USE;

#endif
