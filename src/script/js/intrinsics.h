/* The objects that the language itself brings. The large ones that many scripts never touch (Date, Map and its kin, the typed
 * arrays: a quarter of a fresh heap) are made when they are first asked for. */
#ifndef SCRIPT_JS_INTRINSICS_H
#define SCRIPT_JS_INTRINSICS_H

#include "script/js/vu.h"

int intrinsics_init(struct vu *vu) MUST_USE; /* into vu->ctx, which has none yet; -ENOMEM */
/* Before C makes an ArrayBuffer or a typed array: without their prototypes they would be bare objects. */
void intrinsics_need_buffers(struct vu *vu);

#endif
