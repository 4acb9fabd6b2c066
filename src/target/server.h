/* One process of the backend: serves HTTP on all addresses until it is stopped. */
#ifndef TARGET_SERVER_H
#define TARGET_SERVER_H

#include "target/access_log.h"
#include "target/address.h"
#include "target/options.h"
#include "target/tally.h"

/* The process's part of the memory shared with its parent. */
struct server_shared {
    struct tally tally;
    struct access_log_pending log_pending;
};

struct server_config {
    const struct address *addresses; /* reserved ones, no port 0 */
    size_t address_count;
    const char *db_path; /* made by store_create */
    int log_fd;          /* -1 = none */
    struct server_shared *shared;
    const struct fault_set *faults;
    bool strict;
};

struct server;

/* Serves when it returns 0. The config's pointers must live as long as the server. */
int server_new(struct server **out, const struct server_config *config, struct error *err) MUST_USE;
/* To be called a few times per second: writes the log. */
void server_tick(struct server *s);
/* Stops accepting; requests being worked on end, queued ones are answered with 503; everything is in tally
 * and log. */
void *server_free(struct server *s);

#endif
