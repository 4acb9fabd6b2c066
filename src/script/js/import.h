/* How modules come into a VU's context: ES modules from bytecode, built-ins from their rows, CommonJS by running it. */
#ifndef SCRIPT_JS_IMPORT_H
#define SCRIPT_JS_IMPORT_H

#include "script/js/vu.h"

/* Callbacks of JS_SetModuleLoaderFunc; opaque is the vu. */
char *import_normalize(JSContext *ctx, const char *base, const char *name, void *opaque);
JSModuleDef *import_load(JSContext *ctx, const char *name, void *opaque);
/* Evaluates the script itself and fills vu->exports. False with an exception pending, or with vu->outcome filled (when it could not
 * even be loaded). */
bool import_entry(struct vu *vu) MUST_USE;
/* require(specifier) as called from the file `base` (VIEW_NULL: the entry). */
JSValue import_require(struct vu *vu, struct view base, struct view specifier);
void import_forget(struct vu *vu); /* before the context is freed */
/* Gets https imports; runs on the fiber of fetch_ctx, a vu. */
struct loader;
int import_fetch(struct loader *l, struct view url, struct buf *out, struct error *err);

#endif
