/* Stackful fibers.
 *
 * Memory. A pool maps slabs of stacks: the first holds 64, each further one twice as many up to 4,096, so a small run
 * reserves 64 MiB of addresses and a run of 100,000 users needs some 30 mappings (a guard page per stack would
 * split each mapping thousands of times and pass vm.max_map_count). Nothing is resident until it is touched; huge
 * pages are refused, as one would make 512 pages resident for the first touch. struct fiber itself lies at the high end of its
 * stack, on the page that the outermost frames touch anyway:
 *
 *     low                                                                high
 *     | canary page | slack (12 KiB) | usable stack … <- sp … frames | struct fiber |
 *
 * Whoever limits recursion (the JavaScript engine) is told the usable part only; the slack is for the C frames that
 * run when that limit is hit. The canary page must stay all zero, which it is as long as nobody wrote to it: that is
 * checked in debug builds when a fiber is freed or trimmed. Sanitizer builds protect the page instead; there stacks
 * are large and few, so mappings do not matter.
 *
 * Freed stacks go to a list, last in, first out: the warmest stack is used first.
 *
 * Control. `current` is the fiber that runs on this thread, NULL on the scheduler's stack. A switch always goes between
 * the scheduler and one fiber. fiber_call_on_scheduler leaves the request in the fiber and switches to the scheduler;
 * fiber_resume finds it, runs it and switches back, so to everybody else the fiber never stopped running.
 *
 * Sanitizers. AddressSanitizer is told of each switch; LeakSanitizer gets the stacks of living fibers as roots;
 * valgrind learns of each stack when it is first used. */
#include "core/fiber.h"

#include "core/fiber_priv.h"
#include "core/list.h"
#include "core/sanitizer_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0U
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

enum {
    STACK_BYTES = HAS_ASAN ? FIBER_STACK_BYTES_SANITIZED : FIBER_STACK_BYTES,
    PAGE_BYTES = 4096, /* of the canary; trimming rounds to the system's own page size */
    SLACK_BYTES = 16 * 1024,
    SLAB_FIRST_STACKS = 64,
    SLAB_STACKS_MAX = 4096,
    RED_ZONE_BYTES = 128, /* x86-64's ABI lets leaf functions write this far below sp */
    STACK_ALIGN = 64,
};

enum state { FRESH, PARKED, RUNNING, ENDED, FREE };

struct slab {
    struct slab *next;
    char *memory;
    size_t stacks, carved; /* carved: stacks handed out at least once */
};

struct fiber_pool {
    struct slab *slabs; /* newest first; only the newest may have uncarved stacks */
    struct list free;   /* struct fiber.entry */
    size_t live, max;
    size_t next_slab;
    size_t page_bytes;
};

struct fiber {
    void *sp;           /* while not RUNNING */
    void *scheduler_sp; /* while RUNNING */
    void (*call_fn)(void *arg); /* wanted on the scheduler's stack, or NULL */
    void *call_arg;
    enum state state;
    unsigned valgrind_id;
    struct fiber_pool *pool;
    struct list entry;
    void (*entry_fn)(void *arg);
    void *entry_arg;
#if HAS_ASAN
    void *fake_stack, *scheduler_fake_stack;
    const void *scheduler_bottom;
    size_t scheduler_size;
#endif
};

enum { FIBER_HEADER_BYTES = (sizeof(struct fiber) + STACK_ALIGN - 1) / STACK_ALIGN * STACK_ALIGN };
static_assert(sizeof(struct fiber_frame) % 16 == 0, "the first frame keeps the stack aligned");

static __thread struct fiber *current;

static char *stack_low(const struct fiber *f) {
    return (char *)(uintptr_t)f + FIBER_HEADER_BYTES - STACK_BYTES;
}

void *fiber_stack_base(const struct fiber *f) {
    return stack_low(f) + SLACK_BYTES;
}

void fiber_prefetch(const struct fiber *f, bool near) {
    enum { LINE_BYTES = 64, FRAME_LINES = 16 };

    if (!near) {
        __builtin_prefetch(f);
        __builtin_prefetch((const char *)f + LINE_BYTES);
        return;
    }
    for (int i = 0; i < FRAME_LINES; i++)
        __builtin_prefetch((const char *)f->sp + i * LINE_BYTES, 1);
}

size_t fiber_stack_size(const struct fiber *f) {
    (void)f;
    return STACK_BYTES - SLACK_BYTES - FIBER_HEADER_BYTES;
}

/* --- pools and slabs --- */

int fiber_pool_new(struct fiber_pool **out, size_t max_fibers) {
    *out = NULL;
    if (!max_fibers || max_fibers > FIBER_STACKS_MAX)
        return ERROR_LIMIT;
    struct fiber_pool *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    list_init(&p->free);
    p->max = max_fibers;
    p->next_slab = SLAB_FIRST_STACKS;
    p->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    *out = p;
    return 0;
}

struct fiber_pool *fiber_pool_free(struct fiber_pool *p) {
    if (!p)
        return NULL;
    assert(!p->live);
    for (struct list *e; (e = list_pop(&p->free));)
        VALGRIND_STACK_DEREGISTER(LIST_ENTRY(e, struct fiber, entry)->valgrind_id);
    for (struct slab *s = p->slabs, *next; s; s = next) {
        next = s->next;
        ASAN_UNPOISON_MEMORY_REGION(s->memory, s->stacks * STACK_BYTES);
        munmap(s->memory, s->stacks * STACK_BYTES);
        free(s);
    }
    free(p);
    return NULL;
}

/* Where addresses are scarce (ulimit -v, strict overcommit) ever smaller slabs are tried. */
static int map_slab(struct fiber_pool *p, struct slab *s) {
    size_t stacks = p->next_slab;

    for (;; stacks /= 2) {
        void *memory = mmap(NULL, stacks * STACK_BYTES, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
        if (memory != MAP_FAILED) {
            *s = (struct slab){.next = p->slabs, .memory = memory, .stacks = stacks};
            (void)madvise(memory, stacks * STACK_BYTES, MADV_NOHUGEPAGE);
            return 0;
        }
        if (stacks == 1)
            return -errno;
    }
}

static int add_slab(struct fiber_pool *p) {
    struct slab *s = malloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    int r = map_slab(p, s);
    if (r < 0) {
        free(s);
        return r;
    }
    p->slabs = s;
    if (p->next_slab < SLAB_STACKS_MAX)
        p->next_slab *= 2;
    return 0;
}

static int carve(struct fiber_pool *p, struct fiber **out) {
    if (!p->slabs || p->slabs->carved == p->slabs->stacks) {
        int r = add_slab(p);
        if (r < 0)
            return r;
    }
    char *low = p->slabs->memory + p->slabs->carved * STACK_BYTES;
    if (HAS_ASAN && mprotect(low, PAGE_BYTES, PROT_NONE) < 0)
        return -errno;
    p->slabs->carved++;
    struct fiber *f = (void *)(low + STACK_BYTES - FIBER_HEADER_BYTES);
    f->valgrind_id = VALGRIND_STACK_REGISTER(low, f);
    *out = f;
    return 0;
}

/* --- the sanitizers' view of a switch --- */

static void announce_enter(struct fiber *f) {
#if HAS_ASAN
    __sanitizer_start_switch_fiber(&f->scheduler_fake_stack, stack_low(f), STACK_BYTES - FIBER_HEADER_BYTES);
#endif
    (void)f;
}

static void finish_enter(struct fiber *f) {
#if HAS_ASAN
    __sanitizer_finish_switch_fiber(f->fake_stack, &f->scheduler_bottom, &f->scheduler_size);
#endif
    (void)f;
}

static void announce_leave(struct fiber *f, int for_ever) {
#if HAS_ASAN
    __sanitizer_start_switch_fiber(for_ever ? NULL : &f->fake_stack, f->scheduler_bottom, f->scheduler_size);
#endif
    (void)f, (void)for_ever;
}

static void finish_leave(struct fiber *f) {
#if HAS_ASAN
    __sanitizer_finish_switch_fiber(f->scheduler_fake_stack, NULL, NULL);
#endif
    (void)f;
}

static void open_stack(struct fiber *f) {
#if HAS_ASAN
    /* Frames of the fiber that ended here last never returned, so their red zones are still poisoned. */
    __asan_unpoison_memory_region(stack_low(f) + PAGE_BYTES, STACK_BYTES - PAGE_BYTES - FIBER_HEADER_BYTES);
    __lsan_register_root_region(stack_low(f) + PAGE_BYTES, STACK_BYTES - PAGE_BYTES);
    f->fake_stack = NULL;
#endif
    (void)f;
}

static void close_stack(struct fiber *f) {
#if HAS_ASAN
    __lsan_unregister_root_region(stack_low(f) + PAGE_BYTES, STACK_BYTES - PAGE_BYTES);
#endif
    (void)f;
}

/* --- fibers --- */

static void leave(struct fiber *f, int for_ever) {
    announce_leave(f, for_ever);
    fiber_switch(&f->sp, f->scheduler_sp);
    finish_enter(f);
}

static void enter(struct fiber *f) {
    current = f;
    f->state = RUNNING;
    announce_enter(f);
    fiber_switch(&f->scheduler_sp, f->sp);
    finish_leave(f);
    current = NULL;
}

static void run(void *arg) {
    struct fiber *f = arg;

    finish_enter(f);
    f->entry_fn(f->entry_arg);
    f->state = ENDED;
    leave(f, 1);
    abort(); /* an ended fiber is never resumed */
}

int fiber_new(struct fiber **out, struct fiber_pool *p, void (*entry)(void *arg), void *arg) {
    struct fiber *f;

    *out = NULL;
    if (p->live >= p->max)
        return ERROR_LIMIT;
    struct list *e = list_pop(&p->free);
    if (e) {
        f = LIST_ENTRY(e, struct fiber, entry);
    } else {
        int r = carve(p, &f);
        if (r < 0)
            return r;
    }
    unsigned valgrind_id = f->valgrind_id;
    *f = (struct fiber){
        .state = FRESH, .valgrind_id = valgrind_id, .pool = p, .entry_fn = entry, .entry_arg = arg};
    open_stack(f);
    struct fiber_frame *frame = (void *)((char *)f - sizeof *frame);
    fiber_frame_init(frame, run, f);
    f->sp = frame;
    p->live++;
    *out = f;
    return 0;
}

/* The canary page must never have been written to. Reading it maps the shared page of zeros: no memory. */
static void check_canary(const struct fiber *f) {
#if !defined(NDEBUG) && !HAS_ASAN
    const uint64_t *word = (const void *)stack_low(f);
    for (size_t i = 0; i < PAGE_BYTES / sizeof *word; i++)
        assert(word[i] == 0 && "a fiber has run over the end of its stack");
#endif
    (void)f;
}

struct fiber *fiber_free(struct fiber *f) {
    if (!f)
        return NULL;
    assert(f->state == FRESH || f->state == ENDED);
    assert(f != current);
    check_canary(f);
    close_stack(f);
    f->state = FREE;
    f->pool->live--;
    list_push_front(&f->pool->free, &f->entry);
    return NULL;
}

void fiber_resume(struct fiber *f) {
    assert(!current);
    assert(f->state == FRESH || f->state == PARKED);
    enter(f);
    while (f->call_fn) {
        void (*fn)(void *) = f->call_fn;
        f->call_fn = NULL;
        fn(f->call_arg);
        enter(f);
    }
}

void fiber_park(void) {
    struct fiber *f = current;

    assert(f);
    f->state = PARKED;
    leave(f, 0);
}

struct fiber *fiber_current(void) {
    return current;
}

int fiber_ended(const struct fiber *f) {
    return f->state == ENDED;
}

void fiber_call_on_scheduler(void (*fn)(void *arg), void *arg) {
    struct fiber *f = current;

    if (!f) {
        fn(arg);
        return;
    }
    f->call_fn = fn;
    f->call_arg = arg;
    leave(f, 0);
}

void fiber_trim(struct fiber *f, size_t keep_bytes) {
    assert(f->state == PARKED);
    check_canary(f);
    uintptr_t page_mask = ~(uintptr_t)(f->pool->page_bytes - 1);
    uintptr_t low = ((uintptr_t)stack_low(f) + PAGE_BYTES + f->pool->page_bytes - 1) & page_mask;
    uintptr_t sp = (uintptr_t)f->sp - RED_ZONE_BYTES;
    if (keep_bytes >= sp - low)
        return;
    uintptr_t high = (sp - keep_bytes) & page_mask;
    if (high > low)
        (void)madvise((void *)low, high - low, MADV_DONTNEED);
}
