/* The JavaScript heap of one VU: runtime, context and globals. */
#ifndef SCRIPT_JS_RUNTIME_H
#define SCRIPT_JS_RUNTIME_H

#include "script/js/vu.h"

int runtime_init(struct vu *vu) MUST_USE; /* fills vu->rt, vu->ctx, vu->heap */
void runtime_deinit(struct vu *vu);
/* Tells the runtime that it runs on the present fiber's stack. */
void runtime_enter(struct vu *vu);
/* Collects garbage if the heap has grown by a quarter since the last collection. Called when a VU is about to wait. */
void runtime_collect(struct vu *vu);
/* Collects what init code left, unless the same code left nothing in an earlier VU of this host. */
void runtime_collect_init(struct vu *vu);

#endif
