/* What is measured: names, types, units. Built-in metrics are rows of one table; scripts add their own. */
#ifndef STATS_METRIC_H
#define STATS_METRIC_H

#include "core/view.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_RATE, METRIC_TREND };
enum metric_contains { METRIC_DEFAULT, METRIC_TIME, METRIC_DATA }; /* time = milliseconds, data = bytes */

/* X(enumerator, name, type, contains). Hidden ones (name starts with "halftime_") never reach k6-shaped outputs. */
#define METRIC_BUILTINS(X)                                                                         \
    X(VUS, "vus", GAUGE, DEFAULT)                                                                  \
    X(VUS_MAX, "vus_max", GAUGE, DEFAULT)                                                          \
    X(ITERATIONS, "iterations", COUNTER, DEFAULT)                                                  \
    X(ITERATION_DURATION, "iteration_duration", TREND, TIME)                                       \
    X(DROPPED_ITERATIONS, "dropped_iterations", COUNTER, DEFAULT)                                  \
    X(CHECKS, "checks", RATE, DEFAULT)                                                             \
    X(GROUP_DURATION, "group_duration", TREND, TIME)                                               \
    X(HTTP_REQS, "http_reqs", COUNTER, DEFAULT)                                                    \
    X(HTTP_REQ_FAILED, "http_req_failed", RATE, DEFAULT)                                           \
    X(HTTP_REQ_DURATION, "http_req_duration", TREND, TIME)                                         \
    X(HTTP_REQ_BLOCKED, "http_req_blocked", TREND, TIME)                                           \
    X(HTTP_REQ_CONNECTING, "http_req_connecting", TREND, TIME)                                     \
    X(HTTP_REQ_TLS_HANDSHAKING, "http_req_tls_handshaking", TREND, TIME)                           \
    X(HTTP_REQ_SENDING, "http_req_sending", TREND, TIME)                                           \
    X(HTTP_REQ_WAITING, "http_req_waiting", TREND, TIME)                                           \
    X(HTTP_REQ_RECEIVING, "http_req_receiving", TREND, TIME)                                       \
    X(WS_SESSIONS, "ws_sessions", COUNTER, DEFAULT)                                                \
    X(WS_CONNECTING, "ws_connecting", TREND, TIME)                                                 \
    X(WS_SESSION_DURATION, "ws_session_duration", TREND, TIME)                                     \
    X(WS_MSGS_SENT, "ws_msgs_sent", COUNTER, DEFAULT)                                              \
    X(WS_MSGS_RECEIVED, "ws_msgs_received", COUNTER, DEFAULT)                                      \
    X(WS_PING, "ws_ping", TREND, TIME)                                                             \
    X(DATA_SENT, "data_sent", COUNTER, DATA)                                                       \
    X(DATA_RECEIVED, "data_received", COUNTER, DATA)                                               \
    X(ITERATION_LATENESS, "halftime_iteration_lateness", TREND, TIME) /* actual − intended start */ \
    X(ITERATION_RESPONSE, "halftime_iteration_response", TREND, TIME) /* end − intended start */

enum metric_builtin {
#define METRIC_ENUM(id, name, type, contains) METRIC_##id,
    METRIC_BUILTINS(METRIC_ENUM)
#undef METRIC_ENUM
    METRIC_BUILTIN_COUNT
};

enum { METRIC_NAME_MAX = 128, METRICS_MAX = 4096 };
typedef uint32_t metric_id; /* builtins keep their enum value in every process */

/* A registry is per process; ids of custom metrics differ between processes, so names travel. */
struct metrics;
int metrics_new(struct metrics **out); /* holds the builtins */
struct metrics *metrics_free(struct metrics *m);

/* Expected outcomes of metrics_register. */
enum metric_registered { METRIC_OK = 0, METRIC_BAD_NAME = 1, METRIC_OTHER_TYPE = 2 };
bool metric_name_ok(struct view name); /* k6's rule: ^[a-zA-Z_][a-zA-Z0-9_]{1,128}$ */
/* Finds or adds. Negative: -ENOMEM, ERROR_LIMIT. */
int metrics_register(struct metrics *m, struct view name, enum metric_type type, enum metric_contains contains,
                     metric_id *out) __attribute__((warn_unused_result));
bool metrics_find(const struct metrics *m, struct view name, metric_id *out);
size_t metrics_count(const struct metrics *m);
struct view metrics_name(const struct metrics *m, metric_id id);
enum metric_type metrics_type(const struct metrics *m, metric_id id);
enum metric_contains metrics_contains(const struct metrics *m, metric_id id);
const char *metric_type_name(enum metric_type t);         /* "counter" "gauge" "rate" "trend" */
const char *metric_contains_name(enum metric_contains c); /* "default" "time" "data" */

#endif
