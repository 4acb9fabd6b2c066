/* The merged state of a run in Locust's terms: one entry per (name, request type) and one for all, failures,
 * exceptions. What the tables, CSV files and JSON of a Locust run are written from.
 *
 * Counts per second (for "current" rates) are differences between two refreshes, so refresh it about once a
 * second. */
#ifndef REPORT_LOCUST_STATS_H
#define REPORT_LOCUST_STATS_H

#include "core/hashmap.h"
#include "report/sink.h"
#include "stats/request_metric.h"

enum {
    LOCUST_ENTRIES_MAX = SERIES_MAX,
    LOCUST_SECONDS_MAX = 3600, /* the latest ones of each entry that had requests */
    LOCUST_RATE_FROM_S = 12,   /* "current" rates: seconds [last − 12, last − 2) */
    LOCUST_RATE_TO_S = 2,
};

struct locust_second {
    int64_t epoch_s;
    uint64_t requests, failures;
};
struct locust_entry {
    struct view method, name;
    uint64_t requests, untimed, failures; /* requests: failed and untimed ones included */
    double bytes;
    double first_at, last_at;      /* s since the epoch; 0 = no request yet */
    const struct histogram *times; /* never NULL */
    struct locust_second *seconds; /* upwards */
    size_t second_count, second_cap;
    /* private */
    struct histogram merged;
    size_t parts;
    uint64_t known_requests, known_failures;
};
struct locust_error {
    struct view method, name, text; /* text: repr of the exception */
    uint64_t count;
    double first_at, last_at; /* 0 = unknown */
};
struct locust_exception {
    struct view key, message, frames;
    struct buf nodes; /* "local", or "host_1, host_2" */
    uint64_t count;
};

struct locust_stats {
    struct locust_entry total;     /* name "Aggregated", method "" */
    struct locust_entry **entries; /* as first seen */
    struct locust_entry **sorted;  /* by name, method */
    size_t entry_count, entry_cap;
    struct locust_error *errors; /* as first seen; views into the run's evidence */
    size_t error_count;
    struct locust_exception *exceptions;
    size_t exception_count;
    double start_at; /* s since the epoch: of the test, or of the last reset */
    uint64_t users;
    struct hashmap by_tags; /* key: the bytes of a tagset_id */
    struct hashmap by_name; /* key: method NUL name */
};
void locust_stats_init(struct locust_stats *s);
void locust_stats_deinit(struct locust_stats *s);
/* Takes the run's latest figures. now: s since the epoch. -ENOMEM or ERROR_LIMIT: what is missing stays
 * missing until the next time. */
int locust_stats_refresh(struct locust_stats *s, const struct run_state *r, double now) MUST_USE;

double locust_entry_average(const struct locust_entry *e); /* ms */
double locust_entry_average_bytes(const struct locust_entry *e);
double locust_entry_fail_share(const struct locust_entry *e); /* 0…1 */
struct locust_rates {
    double requests, failures; /* per s */
};
struct locust_rates locust_rates_current(const struct locust_stats *s, const struct locust_entry *e);
struct locust_rates locust_rates_total(const struct locust_stats *s, const struct locust_entry *e);

#endif
