/* Metric names and tag sets inside a packed message: spelled out at first use, a small number from then on. Numbers are those of the
 * message, so processes with different registries understand each other. */
#ifndef STATS_DICTIONARY_PRIV_H
#define STATS_DICTIONARY_PRIV_H

#include "core/pack.h"
#include "stats/metric.h"
#include "stats/tags.h"

/* Local numbers by process-wide number; an entry counts only when it is of the present epoch, so a new message costs nothing. */
struct dictionary_map {
    struct dictionary_local {
        uint32_t epoch, number;
    } *locals;
    size_t cap;
    uint32_t next;
};
struct dictionary_writer {
    const struct metrics *metrics;
    const struct tags *tags;
    uint32_t epoch;
    struct dictionary_map strings, sets, names;
};
void dictionary_writer_init(struct dictionary_writer *d, const struct metrics *m, const struct tags *t);
void dictionary_writer_deinit(struct dictionary_writer *d);
void dictionary_writer_restart(struct dictionary_writer *d); /* a new message */
void dictionary_write_metric(struct dictionary_writer *d, struct pack_writer *w, metric_id metric);
void dictionary_write_tags(struct dictionary_writer *d, struct pack_writer *w, tagset_id set);

/* Reads with m and t, which learn what is new; or without both (NULL), then only checks. */
struct dictionary_metric {
    metric_id id; /* meaningless without a registry */
    enum metric_type type;
    bool known; /* false: the registry refused it */
};
struct dictionary_reader {
    struct metrics *metrics;
    struct tags *tags;
    const struct metrics *check; /* would this registry take the metrics? may be NULL */
    size_t new_names;            /* metrics that `check` does not know */
    struct view *strings;
    tagset_id *sets;
    struct dictionary_metric *names;
    size_t string_count, string_cap, set_count, set_cap, name_count, name_cap;
    int error; /* -ENOMEM, ERROR_SYNTAX, ERROR_LIMIT; sticks */
};
void dictionary_reader_deinit(struct dictionary_reader *d);
struct dictionary_metric dictionary_read_metric(struct dictionary_reader *d, struct pack_reader *r);
tagset_id dictionary_read_tags(struct dictionary_reader *d, struct pack_reader *r);

#endif
