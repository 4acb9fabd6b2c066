/* The shape of what was observed of the system under test: named series, one value a second.
 *
 * A series is told by who was asked and what of it; its index never changes within a run. Counters of the
 * source are rates per second already. NAN is never sent: a series that was not heard for a second has no
 * value in it. The names are those of docs/OBSERVE.md; texts hold no secrets. */
#ifndef STATS_PROBE_SERIES_H
#define STATS_PROBE_SERIES_H

#include "core/pack.h"

enum {
    PROBE_NAME_MAX = 96,
    PROBE_SOURCE_MAX = 96,
    PROBE_TEXT_MAX = 512,
    PROBE_SERIES_MAX = 4096,
    PROBE_NOTES_MAX = 64
};

/* X(enumerator, name in JSON and in the ledger) */
#define PROBE_UNITS(X)                                                                                       \
    X(PROBE_COUNT, "count")                                                                                  \
    X(PROBE_PER_SECOND, "per_second")                                                                        \
    X(PROBE_SHARE, "share") /* 0…1 */                                                                      \
    X(PROBE_BYTES, "bytes")                                                                                  \
    X(PROBE_BYTES_PER_SECOND, "bytes_per_second")                                                            \
    X(PROBE_SECONDS, "seconds")
enum probe_unit {
#define PROBE_UNIT_ENUM(id, name) id,
    PROBE_UNITS(PROBE_UNIT_ENUM)
#undef PROBE_UNIT_ENUM
        PROBE_UNIT_COUNT
};
const char *probe_unit_name(enum probe_unit u);
bool probe_unit_of(struct view name, enum probe_unit *out);

struct probe_key { /* identity of a series */
    char
        source[PROBE_SOURCE_MAX]; /* who was asked: "host", "proc gunicorn", "postgres shop@127.0.0.1:5432" */
    char name[PROBE_NAME_MAX]; /* what: "postgres.connections.active"; foreign Prometheus series: name{labels}
                                */
    enum probe_unit unit;
};
struct probe_value {
    uint32_t series; /* index of its key */
    double value;
};
/* A text with a value, e.g. the slowest statement; a later one of the same source and matter replaces it. */
struct probe_note {
    char source[PROBE_SOURCE_MAX], about[PROBE_NAME_MAX], text[PROBE_TEXT_MAX];
    double value;
};
struct probe_second {
    const struct probe_key *keys; /* all so far */
    size_t key_count;
    const struct probe_value *values; /* what was heard for this second */
    size_t value_count;
    const struct probe_note *notes; /* all, as they are now */
    size_t note_count;
    uint64_t notes_version; /* another number: they changed */
};
#define PROBE_SECOND_NULL ((struct probe_second){0})
/* The index of the series, or -1. source "" = the first of any source. */
int64_t probe_second_find(const struct probe_second *s, struct view source, struct view name);
/* Its value, or NAN when it was not heard. */
double probe_second_value(const struct probe_second *s, uint32_t series);

struct hashindex;
/* All keys of a run, in the order they came. */
struct probe_keys {
    struct probe_key *list;
    size_t count, cap;
    struct hashindex *index;
};
#define PROBE_KEYS_NULL ((struct probe_keys){0})
void probe_keys_deinit(struct probe_keys *k);
/* The index of this key, which is added when it is new (texts are cut at their limits). Negative: -ENOMEM, or
 * ERROR_LIMIT: PROBE_SERIES_MAX are there. */
int64_t probe_keys_add(
    struct probe_keys *k, struct view source, struct view name, enum probe_unit unit) MUST_USE;
int64_t probe_keys_find(const struct probe_keys *k, struct view source, struct view name); /* or -1 */

/* Several seconds as one: per series the mean and the most of what was heard. */
struct probe_mean {
    double sum, max;
    uint32_t heard; /* 0 = not in it */
};
struct probe_fold {
    struct probe_mean *means; /* by series */
    size_t count, cap;
};
#define PROBE_FOLD_NULL ((struct probe_fold){0})
void probe_fold_deinit(struct probe_fold *f);
void probe_fold_clear(struct probe_fold *f);
int probe_fold_add(struct probe_fold *f, const struct probe_value *values, size_t n) MUST_USE;
void probe_fold_pack(const struct probe_fold *f, struct pack_writer *w);
/* Adds what was packed. ERROR_SYNTAX, ERROR_LIMIT (a series beyond PROBE_SERIES_MAX): f has part of it. */
int probe_fold_unpack_merge(struct probe_fold *f, struct pack_reader *r) MUST_USE;

#endif
