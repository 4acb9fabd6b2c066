/* What a file asks of built-in modules. In k6 a name that a built-in does not have is undefined, and the
 * namespace of one (`import * as x`) has no default; QuickJS wants all names of a module to be known
 * beforehand. So a file that asks for more or less gets a variant of the module: "k6/http?nope,other" has the
 * names behind the question mark too, "k6/http*" has no default. QuickJS asks for a module once per file:
 * where a file imports both the default and the namespace of one, the default is in both. */
#ifndef SCRIPT_JS_IMPORT_NAMES_H
#define SCRIPT_JS_IMPORT_NAMES_H

#include "script/js/loader.h"

enum { IMPORT_NAMES_BYTES_MAX = 64 * 1024 }; /* of the names that a module lacks */

/* Fills s->imports from the text that is compiled. 0 or -ENOMEM. */
int import_names_read(struct source *s, struct view text) MUST_USE;
/* The variant that the file gets of the module; VIEW_NULL when the module itself will do. */
struct view import_names_variant(const struct source *s, struct view specifier);
/* Cuts a name as above: the module's name; what is behind (VIEW_NULL: nothing), and whether it has a default.
 */
struct view import_names_split(struct view name, struct view *more, bool *has_default);

#endif
