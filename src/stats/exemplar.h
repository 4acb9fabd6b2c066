/* Exemplars: for each endpoint, the slowest of its requests and the first of each way in which they failed, with the marks by which
 * they are found in traces and logs of the system under test (stats/trace_mark.h). Mergeable, packable, bounded. Kept only while
 * requests are marked. */
#ifndef STATS_EXEMPLAR_H
#define STATS_EXEMPLAR_H

#include "core/pack.h"
#include "stats/trace_mark.h"

enum {
    EXEMPLAR_ENDPOINTS_MAX = 1000, /* later ones are counted as dropped */
    EXEMPLAR_SLOWEST = 5,          /* of each endpoint */
    EXEMPLAR_FAILED = 8,           /* of each endpoint … */
    EXEMPLAR_FAILED_ALIKE = 2,     /* … and with the same status and error */
    EXEMPLAR_ENDPOINT_MAX = 512,   /* bytes; longer ones are cut */
    EXEMPLAR_ERROR_MAX = 96,
};

struct exemplar {
    struct trace_mark mark;
    int64_t wall_us;     /* when it began, since the Unix epoch */
    int64_t duration_us;
    uint64_t bytes;      /* of the response's body */
    int32_t status;      /* 0 = no answer */
    bool failed;
    char error[EXEMPLAR_ERROR_MAX]; /* "" = none; cut */
};
struct exemplar_endpoint {
    uint32_t hash;         /* trace_mark_endpoint of all its marks */
    struct view endpoint;  /* "METHOD name" */
    const struct exemplar *slowest, *failed; /* slowest first; the failed ones as they came */
    size_t slowest_count, failed_count;
};

struct exemplar_store;
int exemplar_store_new(struct exemplar_store **out) MUST_USE;
struct exemplar_store *exemplar_store_free(struct exemplar_store *s);
/* Called for every request: cheap unless it is one of the slowest or a new failure. The endpoint is that of the mark. */
void exemplar_store_offer(struct exemplar_store *s, const struct exemplar *e, struct view method, struct view name);
/* "METHOD name" of an endpoint's hash, VIEW_NULL when it is not known. */
struct view exemplar_store_endpoint(const struct exemplar_store *s, uint32_t hash);
/* False when it is not known. */
bool exemplar_store_find(const struct exemplar_store *s, uint32_t hash, struct exemplar_endpoint *out);
size_t exemplar_store_count(const struct exemplar_store *s);
struct exemplar_endpoint exemplar_store_at(const struct exemplar_store *s, size_t i);
uint64_t exemplar_store_dropped(const struct exemplar_store *s); /* requests whose endpoint had no place */
void exemplar_store_clear(struct exemplar_store *s);

/* What is new since the last reset. */
void exemplar_store_pack(const struct exemplar_store *s, struct pack_writer *w);
void exemplar_store_reset(struct exemplar_store *s);
/* s = NULL only checks. ERROR_SYNTAX leaves s unchanged. */
int exemplar_store_unpack_merge(struct exemplar_store *s, struct pack_reader *r) MUST_USE;

#endif
