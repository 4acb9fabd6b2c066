/* The machine's part of a fiber: see fiber_switch.c. */
#ifndef CORE_FIBER_PRIV_H
#define CORE_FIBER_PRIV_H

#include <stdint.h>

/* Pushes the callee-saved state, stores the stack pointer to *save and continues where `load` was saved. */
void fiber_switch(void **save, void *load);
/* Where a new fiber begins: calls the function in its frame with the argument in its frame; never returns. */
void fiber_begin(void);

/* The words that fiber_switch pops, lowest address first. The struct ends where the stack pointer of the
 * continuation is; it is 16-byte aligned in size. */
#if defined(__x86_64__)
struct fiber_frame {
    uint32_t mxcsr;
    uint16_t x87_control, pad;
    uint64_t r15, r14, r13, r12, rbx, rbp;
    void (*pc)(void);
};
#elif defined(__aarch64__)
struct fiber_frame {
    uint64_t x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29;
    void (*pc)(void); /* x30 */
    uint64_t d8_to_d15[8];
    uint64_t fpcr, pad;
};
#else
#error "fibers know x86-64 and aarch64 only"
#endif

/* Fills a frame so that the first switch to it runs entry(arg) with the caller's floating-point modes. */
static inline void fiber_frame_init(struct fiber_frame *f, void (*entry)(void *), void *arg) {
    *f = (struct fiber_frame){.pc = fiber_begin};
#if defined(__x86_64__)
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(f->mxcsr), "=m"(f->x87_control));
    f->r12 = (uint64_t)(uintptr_t)entry;
    f->rbx = (uint64_t)(uintptr_t)arg;
#else
    __asm__ volatile("mrs %0, fpcr" : "=r"(f->fpcr));
    f->x20 = (uint64_t)(uintptr_t)entry;
    f->x19 = (uint64_t)(uintptr_t)arg;
#endif
}

#endif
