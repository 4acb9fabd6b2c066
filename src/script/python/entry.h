/* Entries of Locust's statistics: one per (method, name). Recording a request costs one lookup. */
#ifndef SCRIPT_PYTHON_ENTRY_H
#define SCRIPT_PYTHON_ENTRY_H

#include "core/hashmap.h"
#include "net/timing.h"
#include "stats/recorder.h"
#include "stats/request_metric.h"

enum {
    ENTRIES_MAX = 20000, /* beyond it requests are recorded without the cache; the tag table folds them into
                            "(other)" */
    ENTRY_HTTP_TAGS = 4, /* tag sets of http_* metrics kept per entry */
};

struct entry_http_tags {
    int status;
    tagset_id base, tags;
    bool known;
};
struct entry {
    struct view method, name;
    struct series *series[REQUEST_METRIC_COUNT];
    tagset_id tags;
    struct entry_http_tags http[ENTRY_HTTP_TAGS];
    unsigned http_next;
};
struct entries {
    struct recorder *recorder;
    metric_id metrics[REQUEST_METRIC_COUNT];
    struct hashmap by_key; /* "method\0name" */
    struct entry spare;    /* for what does not fit */
};

int entries_init(struct entries *e, struct recorder *r) MUST_USE;
void entries_deinit(struct entries *e);
struct entry *entries_get(struct entries *e, struct view method, struct view name);

struct entry_request {
    double ms; /* of the whole request */
    bool timed;
    uint64_t length;     /* of the content */
    struct view failure; /* ptr NULL = fine */
    int64_t wall_ns;
};
void entry_record(struct entries *e, struct entry *to, const struct entry_request *r);
/* One HTTP round trip: http_reqs and its times. base: tags of the user. */
void entry_record_http(struct entries *e, struct entry *to, tagset_id base, int status, bool expected,
    const struct timing *t, int64_t wall_ns);
/* An exception of a task. */
void entries_exception(struct entries *e, struct view message, struct view trace, struct view node);

#endif
