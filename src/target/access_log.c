/* Lines gather in `pending` and go out in one write each ACCESS_LOG_BUFFER or whenever the owner calls flush.
 * The descriptor is O_APPEND, and a write to a regular file is atomic against other appenders; towards a pipe
 * only PIPE_BUF bytes are, so there a flush cuts at line ends. */
#include "target/access_log.h"
#include "core/clock.h"
#include "core/json_writer.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACCESS_LOG_NS_PER_MS = 1000 * 1000, ACCESS_LOG_RETRIES = 1000, ACCESS_LOG_RETRY_US = 1000 };

int access_log_open(const char *path) {
    if (strcmp(path, "-") == 0)
        return STDOUT_FILENO;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return fd < 0 ? -errno : fd;
}

void access_log_init(
    struct access_log *l, int fd, struct access_log_pending *pending, struct served *served) {
    *l = (struct access_log){.fd = fd, .pending = pending, .served = served};
    pthread_mutex_init(&l->lock, NULL);
    buf_init(&l->line, ACCESS_LOG_LINE_MAX);
}

void access_log_deinit(struct access_log *l) {
    if (!l->pending)
        return;
    pthread_mutex_destroy(&l->lock);
    buf_deinit(&l->line);
    l->pending = NULL;
}

static void access_log_drop(struct access_log *l, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        l->served->log_dropped += bytes[i] == '\n';
}

/* The longest run of whole lines within max bytes; the whole of it if the first line is longer. */
static size_t access_log_lines(const char *bytes, size_t len, size_t max) {
    if (len <= max)
        return len;
    const char *end = memrchr(bytes, '\n', max);
    return end ? (size_t)(end - bytes) + 1 : len;
}

static void access_log_put(struct access_log *l, const char *bytes, size_t len) {
    int retries = 0;
    while (len > 0) {
        ssize_t n = write(l->fd, bytes, len);
        if (n < 0 && errno == EAGAIN && retries++ < ACCESS_LOG_RETRIES)
            usleep(ACCESS_LOG_RETRY_US);
        else if (n < 0 && errno != EINTR) {
            access_log_drop(l, bytes, len);
            return;
        }
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
}

static void access_log_flush_locked(struct access_log *l) {
    struct access_log_pending *p = l->pending;
    struct stat st;
    bool whole = p->len > 0 && fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode);

    for (size_t at = 0, step; at < p->len; at += step) {
        step = access_log_lines(p->bytes + at, p->len - at, whole ? p->len : PIPE_BUF);
        access_log_put(l, p->bytes + at, step);
    }
    p->len = 0;
}

void access_log_flush(struct access_log *l) {
    if (l->fd < 0)
        return;
    pthread_mutex_lock(&l->lock);
    access_log_flush_locked(l);
    pthread_mutex_unlock(&l->lock);
}

static const char *access_log_level(int status) {
    return status >= 500 ? "error" : status >= 400 ? "warn" : "info";
}

static int access_log_format(struct buf *out, const struct access_log_entry *e) {
    char ts[40];
    int rc;

    buf_clear(out);
    clock_format_rfc3339(e->wall_ns, 3, ts, sizeof ts);
    rc = buf_printf(out,
        "{\"ts\":\"%s\",\"level\":\"%s\",\"correlation_id\":\"%s\",\"method\":\"%s\",\"path\":", ts,
        access_log_level(e->status), e->correlation_id, exchange_method_name(e->method));
    if (rc == 0)
        rc = json_append_string(out, view_take(e->path, ACCESS_LOG_PATH_MAX), false);
    if (rc == 0)
        rc = buf_printf(out,
            ",\"status\":%d,\"duration_ms\":%.3f,\"queue_ms\":%.3f,\"bytes\":%zu,\"client\":\"%s\"%s}\n",
            e->status, (double)e->duration_ns / ACCESS_LOG_NS_PER_MS,
            (double)e->queue_ns / ACCESS_LOG_NS_PER_MS, e->bytes, e->client,
            e->aborted ? ",\"aborted\":true" : "");
    return rc;
}

void access_log_write(struct access_log *l, const struct access_log_entry *e) {
    if (l->fd < 0)
        return;
    pthread_mutex_lock(&l->lock);
    if (access_log_format(&l->line, e) == 0) {
        if (l->pending->len + l->line.len > ACCESS_LOG_BUFFER)
            access_log_flush_locked(l);
        memcpy(l->pending->bytes + l->pending->len, l->line.ptr, l->line.len);
        l->pending->len += l->line.len;
    } else {
        l->served->log_dropped++;
    }
    pthread_mutex_unlock(&l->lock);
}
