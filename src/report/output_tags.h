/* What the outputs of single points share: which system tags are on, and the text of a tag set, rendered once. */
#ifndef REPORT_OUTPUT_TAGS_H
#define REPORT_OUTPUT_TAGS_H

#include "core/arena.h"
#include "core/buf.h"
#include "report/sink.h"

enum { OUTPUT_TAGS_SYSTEM_MAX = 32, OUTPUT_METADATA_MAX = 64, OUTPUT_TAGS_CACHE_BYTES_MAX = 32 * 1024 * 1024 };

struct output_system_tags {
    char names[OUTPUT_TAGS_SYSTEM_MAX][32]; /* sorted, without vu and iter, which are metadata */
    size_t count;
    bool vu, iter;
};
/* systemTags of plan->host_options: a list, null = none; k6's defaults when the key is missing. */
void output_system_tags_init(struct output_system_tags *t, const struct plan *plan);
bool output_system_tags_has(const struct output_system_tags *t, struct view name);

/* What goes with a point beside its tags: iter and vu when they are on, and the script's own metadata, which wins. Sorted by key. */
struct output_metadata {
    struct tag pairs[OUTPUT_METADATA_MAX];
    size_t count;
    char iter[24], vu[24];
};
void output_metadata_of(const struct output_system_tags *t, const struct sample *p, struct output_metadata *out);

/* Renders a tag set; appends to out. */
typedef int (*output_tags_render)(void *ctx, const struct tags *tags, tagset_id set, struct buf *out);
struct output_tags {
    struct arena arena;
    struct view *texts; /* by tagset_id */
    size_t cap;
    struct buf scratch;
};
void output_tags_init(struct output_tags *c);
void output_tags_deinit(struct output_tags *c);
/* Appends the text of the set to out, from the cache when it is there. */
int output_tags_append(struct output_tags *c, const struct tags *tags, tagset_id set, output_tags_render render, void *ctx, struct buf *out) MUST_USE;

#endif
