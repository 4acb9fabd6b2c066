/* What can be wrong with the practice backend, on purpose: one row each.
 *
 * A fault is a name and a number ("cpu-ms=600"). Whoever plays the fault reads its value with fault_value();
 * 0 always means that the fault is off. Durations are given in milliseconds or as Go writes them ("1.5s"). */
#ifndef TARGET_FAULT_H
#define TARGET_FAULT_H

#include "core/error.h"
#include "core/view.h"
#include <stdint.h>
#include <stdio.h>

enum fault_unit { FAULT_COUNT, FAULT_MS };

enum {
    FAULT_WORKERS_MAX = 4096,
    FAULT_MS_MAX = 600 * 1000,
};

/*    id           name          unit         least  most               what it does */
#define FAULT_TABLE(X)                                                                                       \
    X(FAULT_WORKERS, "workers", FAULT_COUNT, 1, FAULT_WORKERS_MAX,                                           \
        "only N requests are worked on at a time, the others queue (gunicorn -w N)")                         \
    X(FAULT_CPU_MS, "cpu-ms", FAULT_MS, 0, FAULT_MS_MAX,                                                     \
        "every request but health burns N ms of processor time")                                             \
    X(FAULT_DB_LATENCY, "db-latency", FAULT_MS, 0, FAULT_MS_MAX,                                             \
        "every call of the database takes N ms longer, without processor time")

enum fault_id {
#define FAULT_ENUM(id, name, unit, least, most, what) id,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_IDS
};

struct fault_set {
    int64_t value[FAULT_IDS];
};
#define FAULT_SET_NULL ((struct fault_set){{0}})

static inline int64_t fault_value(const struct fault_set *s, enum fault_id id) {
    return s->value[id];
}

/* Reads "name=value" into the set; the last one wins. Returns 0, ERROR_SYNTAX or ERROR_INVALID with a
 * sentence that names the known faults or the permitted range. */
int fault_parse(struct fault_set *s, struct view text, struct error *err) MUST_USE;
const char *fault_name(enum fault_id id);
/* "workers=1 cpu-ms=600"; empty without faults. Returns out. */
char *fault_format(const struct fault_set *s, char *out, size_t out_size);
/* One line per fault, for --help. */
void fault_print_table(FILE *out);

#endif
