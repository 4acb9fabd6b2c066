/* One process of the backend: serves HTTP on all addresses until it is stopped. */
#ifndef TARGET_BACKEND_H
#define TARGET_BACKEND_H

#include "target/commons.h"
#include "target/listener.h"
#include "target/options.h"
#include "target/spans.h"

struct backend_config {
    const struct listener *addresses; /* reserved ones, no port 0 */
    size_t address_count;
    const char *db_path; /* made by todo_store_create and shop_seed */
    int log_fd;          /* -1 = none */
    struct commons *commons;
    unsigned process; /* which part of the commons is its own */
    bool strict;
    const struct spans_sink *spans; /* NULL = none */
};

struct backend;

/* Serves when it returns 0. The config's pointers must live as long as the server. */
int backend_new(struct backend **out, const struct backend_config *config, struct error *err) MUST_USE;
/* To be called a few times per second: writes the log. */
void backend_tick(struct backend *s);
/* Stops accepting; requests being worked on end, queued ones are answered with 503; everything is in served
 * and log. */
void *backend_free(struct backend *s);

#endif
