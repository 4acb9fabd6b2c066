/* Where the backend listens. */
#ifndef TARGET_ADDRESS_H
#define TARGET_ADDRESS_H

#include "core/error.h"
#include <sys/socket.h>

enum { ADDRESS_TEXT_MAX = 80, ADDRESS_BACKLOG = 65535 };

struct address {
    struct sockaddr_storage sa;
    socklen_t len;
};

/* "host:port", "[v6]:port", ":port" and "port" (loopback). */
int address_parse(struct address *a, const char *text, struct error *err) MUST_USE;
/* "127.0.0.1:6400", "[::1]:6400". Returns out. */
char *address_format(const struct sockaddr *sa, char out[ADDRESS_TEXT_MAX]);

/* Makes sure that nobody else has the port, and holds it with a socket that does not listen; port 0 becomes
 * the one that was found free. Returns the descriptor to keep open, or -errno with a sentence and a remedy.
 */
int address_reserve(struct address *a, struct error *err) MUST_USE;
/* One of the sockets that share the reserved port. Returns a non-blocking listening descriptor or -errno. */
int address_listen(const struct address *a, struct error *err) MUST_USE;

#endif
