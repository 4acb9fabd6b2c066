/* Our own equivalents of jslib modules that scripts import by https, for runs without a network (and faster ones with it). */
#ifndef SCRIPT_JS_JSLIB_H
#define SCRIPT_JS_JSLIB_H

#include "core/view.h"

/* True with the JavaScript source (static) when url names a module that we have an equivalent of, in any version. */
bool jslib_find(struct view url, struct view *source);

#endif
