/* What controller and workers say to each other. Bodies are packed (core/pack); readers check `failed` once at the end. */
#ifndef FLEET_MESSAGE_H
#define FLEET_MESSAGE_H

#include "engine/engine.h"

/* X(enumerator) — first down (controller → worker), then up. */
#define MESSAGES(X)                                                                      \
    X(LOAD)           /* script source, worker number, flags */                          \
    X(PLAN)           /* plan_pack */                                                    \
    X(ASSIGN)         /* shares to work, users to hold */                                \
    X(SETUP_DATA)     /* JSON */                                                         \
    X(START)          /* time zero of the load, µs of CLOCK_MONOTONIC */                 \
    X(GRANT)          /* scenario, stripe, first, count */                               \
    X(STOP)           /* at_once */                                                      \
    X(FINISH)         /* send the final snapshot and go */                               \
    X(ONCE)           /* what, timeout, input */                                         \
    X(ONCE_INTERRUPT)                                                                    \
    X(TARGET)         /* held users: n × (scenario, users from now on) */                \
    X(NOTICE)         /* script_notice, its body */                                      \
    X(DESCRIBED)      /* JSON of script_ops.describe */                                  \
    X(BUNDLE)         /* bytes */                                                        \
    X(FAILED)         /* script_failure, text */                                         \
    X(INITIALISED)    /* users so far */                                                 \
    X(READY)                                                                             \
    X(LEASE)          /* scenario, stripe */                                             \
    X(SCENARIO_DONE)  /* scenario, stripe */                                             \
    X(FINISHED)                                                                          \
    X(PROGRESS)       /* users and iterations, a few times a second */                   \
    X(SNAPSHOT)       /* snapshot_pack */                                                \
    X(SAMPLES)        /* sample_queue_pack */                                            \
    X(LOG)            /* a log record */                                                 \
    X(ABORT)          /* script_abort, text */                                           \
    X(ONCE_DONE)      /* what, failure, message, output */                               \
    X(WISH)           /* script_wish, its body */                                        \
    X(GONE)           /* from its agent: how the process ended */                        \
    X(UNSENT)         /* from its agent: snapshots and other messages that found no room */
enum message_kind {
    MESSAGE_NONE,
#define MESSAGE_ENUM(id) MESSAGE_##id,
    MESSAGES(MESSAGE_ENUM)
#undef MESSAGE_ENUM
};

struct message_load {
    struct script_source source; /* env points to memory of the reader's arena */
    uint32_t worker;
    bool conductor; /* describe and bundle the script */
    bool samples;
    uint64_t users_max;
};
void message_pack_load(struct pack_writer *w, const struct message_load *m);
int message_unpack_load(struct view body, struct arena *arena, struct message_load *m) MUST_USE;

struct message_assign {
    struct engine_share *shares;
    size_t share_count;
    uint64_t *ids;
    size_t id_count;
    uint64_t extra_first, extra_step;
    int64_t request_gap_us;
};
void message_pack_assign(struct pack_writer *w, const struct message_assign *m);
int message_unpack_assign(struct view body, struct arena *arena, struct message_assign *m) MUST_USE;

void message_pack_log(struct pack_writer *w, const struct log_record *r);
int message_unpack_log(struct view body, struct log_record *r) MUST_USE; /* views into body */

void message_pack_progress(struct pack_writer *w, const struct snapshot_head *h);
int message_unpack_progress(struct view body, struct snapshot_head *h) MUST_USE;

#endif
