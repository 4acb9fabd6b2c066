/* One run on an agent: its worker processes, each on a socketpair as on one machine, and the bridge between
 * them and the run's stream. The processes know nothing of NATS; when it or the controller is gone they go
 * on, and what they say is kept here, bounded and counted. */
#ifndef FLEET_ERRAND_H
#define FLEET_ERRAND_H

#include "core/log.h"
#include "fleet/nats_link.h"
#include "fleet/post.h"
#include "fleet/process.h"

enum {
    ERRAND_BACKLOG_MAX =
        64 * 1024 * 1024, /* of what waits for the bus; beyond it snapshots are lost, and counted */
    ERRAND_BACKLOG_HIGH =
        16 * 1024 * 1024, /* beyond it only what counts is kept: no progress, no samples, no log lines */
    ERRAND_FILES_MAX = 256 * 1024 * 1024,
    ERRAND_CLOCK_ROUNDS = 12,
    ERRAND_PATIENCE_US = 10 * 1000 * 1000, /* to stop, when nobody is left who could say so */
};

struct errand;
struct errand_options {
    struct nats_link *link;
    const char *agent;                    /* our id */
    int64_t orphan_us;                    /* without a controller for so long: the load is stopped */
    const struct process_program *python; /* who runs Locust files; NULL = nobody */
    struct log_sink *log;
    void (*over)(void *ctx, struct errand *e); /* all is said and taken; free it, but not from here */
    void *ctx;
};
/* The offer is copied. */
int errand_new(struct errand **out, const struct errand_options *o, const struct offer *offer,
    struct error *err) MUST_USE;
/* More members of the same run. */
int errand_more(struct errand *e, const struct offer *offer, struct error *err) MUST_USE;
struct errand *errand_free(struct errand *e); /* kills what lives */
void errand_release(struct errand *e);        /* the controller wants no more of it */
const char *errand_run(const struct errand *e);
size_t errand_living(const struct errand *e);
uint64_t errand_unsent(const struct errand *e);
size_t errand_backlog(const struct errand *e);
int64_t errand_clock_rtt_us(const struct errand *e); /* -1 = the run's clock is not known yet */

#endif
