/* The locustfile, fetched from a Locust master before there is a run: a short connection of its own. */
#ifndef FLEET_LOCUST_SHIPMENT_H
#define FLEET_LOCUST_SHIPMENT_H

#include <jansson.h>

#include "core/error.h"

struct locust_shipment {
    const char *host;
    int port, wait_s;
    int word_s; /* when nobody has answered for so long (and each minute from then on) waiting() is called */
    void (*waiting)(void *ctx);
    void *ctx;
};
/* Asks once a second. *files: [{"filename", "contents"} or a URL …], the caller's. Blocks; a signal ends the
 * process as usual. */
int locust_shipment_fetch(const struct locust_shipment *s, json_t **files, struct error *err) MUST_USE;

#endif
