/* Workers of Locust as guests of our runs (`halftime locust --master`): who is connected, by Locust's wire
 * protocol. One for the program's life; in a run each guest is a member beside the workers of ours
 * (locust_guest.c).
 *
 *   new → (opened → expect → … the run … → closed) per run; between two runs look and tick
 */
#ifndef FLEET_LOCUST_MASTER_H
#define FLEET_LOCUST_MASTER_H

#include <jansson.h>

#include "core/error.h"
#include "core/log.h"

enum {
    LOCUST_GUESTS_MAX = 1000, /* known at once; names that are long gone are forgotten for new ones */
    LOCUST_GUEST_LIVES = 3,   /* seconds without a heartbeat: Locust's HEARTBEAT_LIVENESS … */
    LOCUST_GUEST_DEAD = -60,  /* … and HEARTBEAT_DEAD_INTERNAL */
    LOCUST_SHIPPED_BYTES_MAX = 8 * 1024 * 1024, /* locustfiles on their way to workers */
    LOCUST_REFUSALS_LOGGED = 20, /* messages that are none: the first so many are logged one by one */
};

struct controller;
struct locust_master;
struct locust_master_options {
    const char *host; /* to listen on; "*" = all addresses */
    int port;
    void *ctx;
    void (*say)(void *ctx, enum log_level level, const char *text); /* lines as Locust's runners log them */
};
int locust_master_new(
    struct locust_master **out, const struct locust_master_options *o, struct error *err) MUST_USE;
struct locust_master *locust_master_free(
    struct locust_master *m); /* whoever is still there is told to quit */
int locust_master_port(const struct locust_master *m);
size_t locust_master_ready(const struct locust_master *m); /* guests that can be given users */

/* What the locustfile's process described: options for the workers, files to ship. Copied. */
int locust_master_describe(struct locust_master *m, const json_t *description) MUST_USE;
/* After a run the guests are to quit (headless), or only to stop. */
void locust_master_quits(struct locust_master *m, bool quits);

int locust_master_opened(struct locust_master *m, struct controller *c) MUST_USE;
void locust_master_closed(struct locust_master *m);
/* Calls enough(ctx, true) once so many guests are ready, or (ctx, false) when max_wait_s (0 = for ever) is
 * over. Not from within. */
void locust_master_expect(
    struct locust_master *m, size_t guests, int max_wait_s, void (*enough)(void *ctx, bool there), void *ctx);

/* Between two runs: what to wait for, what to do then, and what to do once a second. */
int locust_master_fd(const struct locust_master *m);
void locust_master_look(struct locust_master *m);
void locust_master_tick(struct locust_master *m);

#endif
