/* A folder for files that are worth nothing after the run: in memory where there is some. It goes when it is
 * removed; the leftovers of owners that were killed go when the next one is made. */
#ifndef TARGET_SCRATCH_H
#define TARGET_SCRATCH_H

#include "core/error.h"

#include <stddef.h>

enum { SCRATCH_PATH_MAX = 512 };

struct scratch {
    char path[SCRATCH_PATH_MAX]; /* "" = none */
    int lock_fd; /* held as long as a process lives that has it: whose lock can be had is dead */
};
#define SCRATCH_NULL ((struct scratch){.lock_fd = -1})

/* Makes the folder in the first of the roots that takes it, and removes the dead ones there. Children that
 * are forked later share it. */
int scratch_init(struct scratch *s, const char *const *roots, size_t root_count, struct error *err) MUST_USE;
/* Removes the folder with its files; fine when there is none. */
void scratch_deinit(struct scratch *s);

#endif
