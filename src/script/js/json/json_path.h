/* GJSON paths over JSON text, for Response.json(selector). */
#ifndef SCRIPT_JS_JSON_PATH_H
#define SCRIPT_JS_JSON_PATH_H

#include <quickjs/quickjs.h>

#include "core/arena.h"
#include "core/view.h"

/* The value at path, as JavaScript value; undefined when the text is no JSON or nothing matches. */
JSValue json_path_get(JSContext *ctx, struct view json, struct view path);
/* The same as JSON text, a slice of json or in arena. False when the text is no JSON or nothing matches. */
bool json_path_find(struct arena *arena, struct view json, struct view path, struct view *out);

#endif
