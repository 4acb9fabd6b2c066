/* What `halftime agent` serves: the latest second of its probes at /probes, in the text form of Prometheus,
 * to whoever has the token. */
#ifndef OBSERVE_AGENT_SERVER_H
#define OBSERVE_AGENT_SERVER_H

#include "stats/probe_series.h"

enum {
    AGENT_SERVER_PORT = 7410,
    AGENT_SERVER_CONNECTIONS_MAX = 64,
    AGENT_SERVER_IDLE_S = 30,
    AGENT_SERVER_TOKEN_MAX = 256,
    AGENT_SERVER_URL_MAX = 80,
};
#define AGENT_SERVER_TEXT_MAX ((size_t)4 * 1024 * 1024)

struct agent_server;
/* address: "127.0.0.1:7410", "[::]:7410", "localhost:0", ":7410" (loopback). token: NULL or "" = none, which
 * only loopback is allowed. ERROR_INVALID, -errno, with a sentence. */
int agent_server_new(
    struct agent_server **out, const char *address, const char *token, struct error *err) MUST_USE;
struct agent_server *agent_server_free(struct agent_server *s);
const char *agent_server_url(const struct agent_server *s); /* "http://127.0.0.1:7410" */
/* What is served from now on. */
int agent_server_show(struct agent_server *s, const struct probe_second *second) MUST_USE;
/* The text of it, appended. */
int agent_server_render(const struct probe_second *second, struct buf *out) MUST_USE;

#endif
