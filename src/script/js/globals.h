/* The globals that k6 adds to the language: __ENV, __VU, __ITER, console, open, require, timers, and what module_globals adds. */
#ifndef SCRIPT_JS_GLOBALS_H
#define SCRIPT_JS_GLOBALS_H

#include "script/js/vu.h"

int globals_init(struct vu *vu) MUST_USE;
/* __ITER of the iteration that begins; init code and once-functions have none. */
void globals_set_iteration(struct vu *vu);

#endif
