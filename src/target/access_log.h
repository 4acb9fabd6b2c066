/* The backend's log: one JSON object per line and finished request.
 *
 *   {"ts":"2026-01-02T03:04:05.678Z","level":"info","correlation_id":"…","method":"GET","path":"/","status":200,
 *    "duration_ms":0.123,"queue_ms":0.000,"bytes":631,"client":"127.0.0.1:40312"}
 *
 * level: info, warn (4xx), error (5xx). "aborted":true is added when the client had gone before it had the
 * answer; status 499 with it: it left before there was an answer at all. */
#ifndef TARGET_ACCESS_LOG_H
#define TARGET_ACCESS_LOG_H

#include "target/exchange.h"
#include "target/served.h"
#include <pthread.h>

enum {
    ACCESS_LOG_BUFFER = 256 * 1024,
    ACCESS_LOG_PATH_MAX =
        512, /* bytes of the path that are logged: a line stays below PIPE_BUF, so it is never torn */
    ACCESS_LOG_LINE_MAX = 4096,
    ACCESS_LOG_CLIENT_MAX = 64,
};

/* Lines not yet written; lives in memory shared with the parent, who writes them should this process die. */
struct access_log_pending {
    size_t len;
    char bytes[ACCESS_LOG_BUFFER];
};

struct access_log {
    int fd; /* -1 = no log */
    pthread_mutex_t lock;
    struct access_log_pending *pending;
    struct served *served; /* counts what could not be written */
    struct buf line;
};

struct access_log_entry {
    int64_t wall_ns;
    const char *correlation_id; /* needs no escaping */
    enum exchange_method method;
    struct view path;
    int status;
    int64_t duration_ns, queue_ns;
    size_t bytes; /* of the answer's body */
    const char *client;
    bool aborted;
};

/* Opens for appending: path or "-". Returns a descriptor or -errno. */
int access_log_open(const char *path) MUST_USE;

/* Takes no ownership of fd. */
void access_log_init(struct access_log *l, int fd, struct access_log_pending *pending, struct served *served);
void access_log_deinit(struct access_log *l); /* does not flush */
void access_log_write(struct access_log *l, const struct access_log_entry *e);
/* Writes whole lines only; what a full disk refuses is counted and dropped. */
void access_log_flush(struct access_log *l);

#endif
