/* Stackful fibers: a call stack that can be parked and resumed by the scheduler (the loop's own stack).
 *
 * Stacks are carved out of one MAP_NORESERVE mapping, FIBER_STACK_BYTES each; a resident page costs memory only
 * after it was touched. Switching saves callee-saved registers only (x86-64 and aarch64 assembly); the sanitizers are told. */
#ifndef CORE_FIBER_H
#define CORE_FIBER_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FIBER_STACK_BYTES = 1024 * 1024, /* some 1,500 frames of JavaScript; 2 KiB of page tables each */
    FIBER_STACK_BYTES_SANITIZED = 1024 * 1024,
    FIBER_STACKS_MAX = 1024 * 1024,
};

struct fiber;
struct fiber_pool; /* stacks of one worker; one per thread */

int fiber_pool_new(struct fiber_pool **out, size_t max_fibers) MUST_USE;
struct fiber_pool *fiber_pool_free(struct fiber_pool *p); /* all its fibers must have ended */

/* A parked fiber that will call entry(arg) on its own stack at the first resume. */
int fiber_new(struct fiber **out, struct fiber_pool *p, void (*entry)(void *arg), void *arg) MUST_USE;
/* Frees a fiber that never ran or has returned from entry. Freeing a parked one is a programmer's error (assert). */
struct fiber *fiber_free(struct fiber *f);

void fiber_resume(struct fiber *f);   /* scheduler → fiber; returns when it parks or ends. Never call from a fiber. */
void fiber_park(void);                /* fiber → scheduler; returns at the next resume. Only on a fiber. */
struct fiber *fiber_current(void);    /* NULL on the scheduler's stack */
int fiber_ended(const struct fiber *f);
/* Runs fn(arg) on the scheduler's (big) stack and comes back; when called there already, just calls it.
 * For C work that needs deep stacks (TLS, DNS, regex …). fn must not park. */
void fiber_call_on_scheduler(void (*fn)(void *arg), void *arg);
/* Lowest usable address and size of f's stack, for JS_SetMaxStackSize and friends. */
/* Prefetches what resuming f will touch; `near`: its control block is in the cache already, so the frames are next. */
void fiber_prefetch(const struct fiber *f, bool near);
void *fiber_stack_base(const struct fiber *f);
size_t fiber_stack_size(const struct fiber *f);
/* Gives back resident pages below the stack pointer of a parked fiber, beyond keep_bytes. */
void fiber_trim(struct fiber *f, size_t keep_bytes);

#endif
