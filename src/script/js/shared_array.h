/* The store behind SharedArray: the elements of one array as JSON, once per process. */
#ifndef SCRIPT_JS_SHARED_ARRAY_H
#define SCRIPT_JS_SHARED_ARRAY_H

#include "core/buf.h"
#include "core/hashmap.h"

enum { SHARED_ARRAYS_MAX = 10000 };
#define SHARED_ARRAY_BYTES_MAX ((size_t)8 << 30)

struct shared_array {
    struct buf text;  /* every element with a NUL behind it (QuickJS wants it) */
    size_t *ends;     /* where element i ends in text, its NUL not counted */
    size_t count, cap;
    char *name;
};

struct shared_array *shared_array_new(struct view name);
struct shared_array *shared_array_free(struct shared_array *a);
int shared_array_add(struct shared_array *a, struct view json) MUST_USE;
struct view shared_array_at(const struct shared_array *a, size_t i); /* i < count; NUL behind it */

/* All arrays of a process by name. */
struct shared_arrays {
    struct hashmap by_name;
};
struct shared_arrays *shared_arrays_new(void);
void shared_arrays_free(void *all); /* with the arrays */
struct shared_array *shared_arrays_find(const struct shared_arrays *all, struct view name);
int shared_arrays_put(struct shared_arrays *all, struct shared_array *a) MUST_USE; /* takes a */

#endif
