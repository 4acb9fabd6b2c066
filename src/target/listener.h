/* Where the backend listens. */
#ifndef TARGET_LISTENER_H
#define TARGET_LISTENER_H

#include "core/error.h"
#include <sys/socket.h>

enum { LISTENER_TEXT_MAX = 80, LISTENER_BACKLOG = 65535 };

struct listener {
    struct sockaddr_storage sa;
    socklen_t len;
};

/* "host:port", "[v6]:port", ":port" and "port" (loopback). */
int listener_parse(struct listener *a, const char *text, struct error *err) MUST_USE;
/* "127.0.0.1:6400", "[::1]:6400". Returns out. */
char *listener_format(const struct sockaddr *sa, char out[LISTENER_TEXT_MAX]);

/* Makes sure that nobody else has the port, and holds it with a socket that does not listen; port 0 becomes
 * the one that was found free. Returns the descriptor to keep open, or -errno with a sentence and a remedy.
 */
int listener_reserve(struct listener *a, struct error *err) MUST_USE;
/* One of the sockets that share the reserved port. Returns a non-blocking listening descriptor or -errno. */
int listener_open(const struct listener *a, int backlog, struct error *err) MUST_USE;

#endif
