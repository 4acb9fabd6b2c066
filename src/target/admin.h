/* The second port, for whoever breaks and watches the backend: faults and metrics. It is served by a process
 * of its own, so that it answers whatever the faults do to the others.
 *
 *   GET    /               a page to click
 *   GET    /faults         {"faults":[{"name","value","active","takes","what","sees"}]}
 *   DELETE /faults         all off
 *   GET    /faults/NAME    one of them
 *   PUT    /faults/NAME    body or ?value=: the value as in --fault; nothing for flags. 200, 400, 404, 409
 *   DELETE /faults/NAME    off
 *   GET    /metrics        Prometheus
 *   GET    /health
 */
#ifndef TARGET_ADMIN_H
#define TARGET_ADMIN_H

#include "target/commons.h"
#include "target/exchange.h"
#include "target/listener.h"

enum { ADMIN_PORT = 6401 };

struct admin;

/* The address must be loopback's: ERROR_INVALID else. */
int admin_check_address(const struct listener *a, const char *text, struct error *err) MUST_USE;
/* Takes over the listening descriptor. */
int admin_new(struct admin **out, int listen_fd, struct commons *c, struct error *err) MUST_USE;
void *admin_free(struct admin *a);

/* One request, without a server; x->path, x->method, x->body and x->lookup are set. */
void admin_handle(struct exchange *x, struct commons *c);

#endif
