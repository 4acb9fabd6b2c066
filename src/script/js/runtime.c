/* Memory policy. QuickJS counts references; only cycles wait for a collection. Its own threshold (256 KiB) would let 100,000 VUs
 * hold 25 GiB, and it would rise by half after each collection; so a VU collects when it is about to sleep and its heap has grown
 * by a quarter since the last time, and the threshold in between follows the live size. */
#include "script/js/runtime.h"

#include "script/js/atoms.h"
#include "script/js/globals.h"
#include "script/js/host_priv.h"
#include "script/js/import.h"
#include "script/js/intrinsics.h"
#include "script/js/module.h"
#include "script/js/slab.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum {
    INIT_GARBAGE_SHARE = 32,      /* init code that leaves less than one part in so many is not worth a collection */
    HEAP_SLACK_BYTES = 64 * 1024, /* growth below this never asks for a collection between waits */
};

/* --- the allocator --- */

static void *heap_malloc(JSMallocState *s, size_t size) {
    assert(size);
    if (s->malloc_size + size > s->malloc_limit)
        return NULL;
    void *p = slab_alloc(size);
    if (!p)
        return NULL;
    s->malloc_count++;
    s->malloc_size += slab_usable_size(p);
    *(const JSMallocState **)s->opaque = s;
    return p;
}

static void heap_free(JSMallocState *s, void *p) {
    if (!p)
        return;
    s->malloc_count--;
    s->malloc_size -= slab_usable_size(p);
    slab_free(p);
}

static void *heap_realloc(JSMallocState *s, void *p, size_t size) {
    if (!p)
        return size ? heap_malloc(s, size) : NULL;
    if (!size) {
        heap_free(s, p);
        return NULL;
    }
    size_t had = slab_usable_size(p);
    if (size > had && s->malloc_size + size - had > s->malloc_limit)
        return NULL;
    void *moved = slab_realloc(p, size);
    if (moved)
        s->malloc_size += slab_usable_size(moved) - had;
    return moved;
}

static const JSMallocFunctions heap_functions = {heap_malloc, heap_free, heap_realloc, slab_usable_size};

/* --- interruption --- */

/* Called by QuickJS every some ten thousand steps. */
static int on_interrupt(JSRuntime *rt, void *opaque) {
    struct vu *vu = opaque;
    (void)rt;

    if (vu->stop)
        return 1;
    struct loop *loop = vu_services(vu)->loop;
    if (!fiber_current() || clock_now_us(loop_clock(loop)) - vu->running_since_us < VU_SLICE_US)
        return 0;
    vu_wake(vu);
    return !vu_park(vu);
}

static void on_rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL is_handled, void *opaque) {
    vu_loop_rejection(opaque, ctx, promise, reason, is_handled);
}

/* --- making and ending --- */

int runtime_init(struct vu *vu) {
    vu->rt = JS_NewRuntime2(&heap_functions, &vu->heap);
    if (!vu->rt)
        return -ENOMEM;
    JS_SetRuntimeOpaque(vu->rt, vu);
    JS_SetMemoryLimit(vu->rt, VU_HEAP_BYTES_MAX);
    JS_SetInterruptHandler(vu->rt, on_interrupt, vu);
    JS_SetHostPromiseRejectionTracker(vu->rt, on_rejection, vu);
    JS_SetModuleLoaderFunc(vu->rt, import_normalize, import_load, vu);
    runtime_enter(vu);
    vu->ctx = JS_NewContextRaw(vu->rt);
    if (!vu->ctx)
        return -ENOMEM;
    JS_SetContextOpaque(vu->ctx, vu);
    int r = intrinsics_init(vu);
    if (r == 0)
        r = atoms_init(vu);
    return r < 0 ? r : globals_init(vu);
}

void runtime_deinit(struct vu *vu) {
    if (vu->ctx) {
        atoms_deinit(vu);
        JS_FreeContext(vu->ctx);
    }
    if (vu->rt)
        JS_FreeRuntime(vu->rt);
    vu->ctx = NULL;
    vu->rt = NULL;
}

void runtime_enter(struct vu *vu) {
    struct fiber *f = fiber_current();
    if (!f)
        return;
    char *here = __builtin_frame_address(0);
    size_t below = (size_t)(here - (char *)fiber_stack_base(f));
    JS_SetMaxStackSize(vu->rt, below);
    JS_UpdateStackTop(vu->rt);
}

static void set_live(struct vu *vu) {
    vu->heap_after_gc = vu->heap->malloc_size;
    JS_SetGCThreshold(vu->rt, vu->heap_after_gc + vu->heap_after_gc / 4 + HEAP_SLACK_BYTES);
}

void runtime_collect(struct vu *vu) {
    if (vu->heap->malloc_size <= vu->heap_after_gc + vu->heap_after_gc / 4)
        return;
    JS_RunGC(vu->rt);
    set_live(vu);
}

void runtime_collect_init(struct vu *vu) {
    struct script_host *h = vu->host;

    if (!h->init_is_clean) {
        size_t before = vu->heap->malloc_size;
        JS_RunGC(vu->rt);
        h->init_is_clean = vu->heap->malloc_size >= before - before / INIT_GARBAGE_SHARE;
    }
    set_live(vu);
}
