/* Bump allocation for things that die together: one arena per iteration or request.
 * No free per field; arena_reset keeps the first block. Freed memory is poisoned under ASan. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/error.h"
#include "core/view.h"

struct arena_block;
struct arena {
    struct arena_block *first, *current;
    char *next, *end;
    size_t total, max; /* bytes taken from malloc; cap (ERROR: NULL returns beyond) */
};

#define ARENA_NULL ((struct arena){0})

void arena_init(struct arena *a, size_t max_bytes);
void arena_deinit(struct arena *a);
void arena_reset(struct arena *a);
void *arena_alloc(struct arena *a, size_t size) MUST_USE;  /* 16-byte aligned, not cleared; NULL at cap/ENOMEM */
void *arena_calloc(struct arena *a, size_t n, size_t size) MUST_USE;
struct view arena_copy(struct arena *a, struct view v);    /* NUL behind it; ptr NULL on failure */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
