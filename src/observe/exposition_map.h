/* Metrics of exporters that are widely used, as the series that the rest of halftime knows (docs/OBSERVE.md).
 *
 * Many samples make one series: those of all labels are added up (or the largest is taken), counters become
 * rates, two counters a share. */
#ifndef OBSERVE_EXPOSITION_MAP_H
#define OBSERVE_EXPOSITION_MAP_H

#include "core/hashmap.h"
#include "observe/exposition.h"
#include "observe/probe_priv.h"

enum exposition_op {
    MAP_SUM,     /* a level: the sum over all labels */
    MAP_MINUS,   /* … less this */
    MAP_LIMIT,   /* a level of which 0 means that there is none */
    MAP_MAX,     /* a level: the largest */
    MAP_RATE,    /* counters, added up */
    MAP_PART,    /* a share: this counter … */
    MAP_REST,    /* … against this one */
    MAP_BUSIEST, /* counters: the largest of their rates */
};
struct exposition_row {
    const char *metric;
    const char *label, *value; /* only samples with it; NULL = all. A value that ends in '*' begins with what
                                  stands before */
    const char *to;
    enum probe_unit unit;
    enum exposition_op op;
    double scale;
};
extern const struct exposition_row
    exposition_rows[]; /* ends with metric NULL; rows of one metric stand together */
enum { EXPOSITION_ROWS_MAX = 256 };

struct exposition_map {
    struct hashmap rows; /* metric → its first row */
    double sums[EXPOSITION_ROWS_MAX];
    bool seen[EXPOSITION_ROWS_MAX];
};
int exposition_map_init(struct exposition_map *m) MUST_USE;
void exposition_map_deinit(struct exposition_map *m);
void exposition_map_begin(struct exposition_map *m);
/* Whether the sample is in the table. */
bool exposition_map_add(struct exposition_map *m, struct probe *p, const struct exposition_sample *s);
void exposition_map_tell(struct exposition_map *m, struct probe *p);

#endif
