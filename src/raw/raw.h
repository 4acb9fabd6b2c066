/* Raw HTTP load: one request, over and over, on N connections, without a script. A run is this process, which forks one process per
 * thread of load, hears from each every second and merges what it hears.
 *
 * Closed model (rate 0): a connection asks again as soon as it was answered. Open model: requests have intended instants, spread evenly
 * over all processes; the response time counts from that instant, the service time from the sending. What could not be sent
 * before the end is counted as unsent. */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "core/error.h"
#include "net/header.h"
#include "raw/raw_tally.h"
#include "stats/validity.h"

#include <stdio.h>

enum {
    RAW_CONNECTIONS_MAX = 1000000,
    RAW_PROCESSES_MAX = 256,
    RAW_HEADERS_MAX = 256,
    RAW_BODY_BYTES_MAX = 64 * 1024 * 1024,
};

struct loop;

struct raw_options {
    struct view url, method;
    const struct http_header *headers; size_t header_count;
    struct view body; bool has_body;
    size_t connections, processes; /* processes <= connections */
    int64_t duration_us, timeout_us;
    double rate; /* requests per second over all; 0 = closed model */
    bool insecure, keep_alive, http1_only;
};

struct raw_result {
    struct raw_tally total;
    struct validity validity;
    int64_t elapsed_us;     /* from the first instant to the end of sending */
    uint64_t answered_in_time; /* before the end of sending: what the rate is made of */
    size_t lost_processes;
    bool interrupted;
    bool unreachable;       /* no answer at all: `why` tells what stood in the way */
    char why[ERROR_TEXT_MAX];
};

/* Each second, and at the end. `second` is what the last second brought. */
struct raw_progress {
    void (*second)(void *ctx, int64_t elapsed_us, const struct raw_tally *second, const struct raw_tally *total);
    void (*opened)(void *ctx, struct loop *loop); /* the loop runs until closed: watches may hang on it. May be NULL */
    void (*closed)(void *ctx, struct loop *loop);
    void *ctx;
};

/* Blocks until the run is over. SIGINT and SIGTERM end it early, in order; a second one at once. Checks the URL first: ERROR_INVALID or
 * ERROR_SYNTAX with a sentence. */
int raw_run(const struct raw_options *o, const struct raw_progress *progress, struct raw_result *out, struct error *err) MUST_USE;
void raw_result_deinit(struct raw_result *r);

/* True when this machine, not the server, was the limit. */
bool raw_is_invalid(const struct raw_result *r);

#endif
