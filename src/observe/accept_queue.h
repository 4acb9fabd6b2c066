/* Connections that wait to be accepted, of the listening sockets of this machine. */
#ifndef OBSERVE_ACCEPT_QUEUE_H
#define OBSERVE_ACCEPT_QUEUE_H

#include <stdint.h>

#include "core/error.h"

struct accept_queue {
    uint32_t length, limit; /* limit 0: nobody listens */
    uint16_t port;
};
/* The one that is fullest against its limit. Asks the kernel for the listening sockets alone (sock_diag):
 * /proc/net/tcp would be all connections, too many while load is made. Negative: this kernel does not tell.
 */
int accept_queue_fullest(struct accept_queue *out) MUST_USE;

#endif
