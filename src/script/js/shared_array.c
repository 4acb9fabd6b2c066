/* One text and one table of ends per array: 8 bytes and a NUL per element beside its JSON. */
#include "script/js/shared_array.h"

#include <errno.h>
#include <stdlib.h>

struct shared_array *shared_array_new(struct view name) {
    struct shared_array *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    buf_init(&a->text, SHARED_ARRAY_BYTES_MAX);
    a->name = view_dup_cstr(name);
    return a->name ? a : shared_array_free(a);
}

struct shared_array *shared_array_free(struct shared_array *a) {
    if (a) {
        buf_deinit(&a->text);
        free(a->ends);
        free(a->name);
        free(a);
    }
    return NULL;
}

int shared_array_add(struct shared_array *a, struct view json) {
    if (a->count == a->cap) {
        size_t cap = a->cap ? a->cap * 2 : 64;
        size_t *ends = reallocarray(a->ends, cap, sizeof *ends);
        if (!ends)
            return -ENOMEM;
        a->ends = ends;
        a->cap = cap;
    }
    int r = buf_append_view(&a->text, json);
    size_t end = a->text.len;
    if (r == 0)
        r = buf_append_byte(&a->text, '\0');
    if (r == 0)
        a->ends[a->count++] = end;
    return r;
}

struct view shared_array_at(const struct shared_array *a, size_t i) {
    size_t from = i ? a->ends[i - 1] + 1 : 0;
    return view_of(a->text.ptr + from, a->ends[i] - from);
}

struct shared_arrays *shared_arrays_new(void) {
    struct shared_arrays *all = calloc(1, sizeof *all);

    if (all)
        hashmap_init(&all->by_name, SHARED_ARRAYS_MAX);
    return all;
}

void shared_arrays_free(void *opaque) {
    struct shared_arrays *all = opaque;

    if (!all)
        return;
    for (struct hashmap_entry *e = NULL; (e = hashmap_next(&all->by_name, e));)
        shared_array_free(e->value);
    hashmap_deinit(&all->by_name);
    free(all);
}

struct shared_array *shared_arrays_find(const struct shared_arrays *all, struct view name) {
    return hashmap_get(&all->by_name, name);
}

int shared_arrays_put(struct shared_arrays *all, struct shared_array *a) {
    return hashmap_put(&all->by_name, view_of_cstr(a->name), a);
}
