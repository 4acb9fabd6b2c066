/* __ENV: k6's environment of a script. */
#ifndef SCRIPT_JS_ENVIRONMENT_H
#define SCRIPT_JS_ENVIRONMENT_H

#include "script/js/vu.h"

JSValue environment_new(struct vu *vu);
/* The VU changed its scenario: that scenario's own variables show from now on. */
void environment_activate(struct vu *vu, JSValueConst env);

#endif
