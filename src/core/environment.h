/* The environment of a program that is going to be started. */
#ifndef CORE_ENVIRONMENT_H
#define CORE_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

/* Ours, and count entries "NAME=value" with it. Of one name there is one entry: theirs if they win, else ours; of theirs the last. The list
 * ends with NULL and is the caller's to free, the entries stay whose they are. NULL without memory. It is made before a fork: a child may
 * not allocate while threads of its parent could have held the allocator. */
char **environment_with(const char *const *entries, size_t count, bool they_win);

#endif
