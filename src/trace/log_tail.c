/* inotify would tell of writes, but not on every file system that logs live on; a look every quarter of a second costs nothing. When
 * nothing more comes, the path is compared with what is open: another file of that name is a rotation, a shorter one was truncated. */
#include "trace/log_tail.h"

#include "trace/log_store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, PIPE_BYTES = 1024 * 1024 };

struct log_tail {
    struct log_tail_sink sink;
    char *path; /* NULL = standard input */
    int fd;     /* -1 = not there (yet) */
    bool skipping; /* within a line that was too long */
    uint64_t skipped;
    size_t len;
    char bytes[LOG_LINE_MAX + READ_BYTES];
};

static int open_file(struct log_tail *t, bool from_end) {
    int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    if (from_end)
        (void)lseek(fd, 0, SEEK_END); /* a pipe has none */
    t->fd = fd;
    return 0;
}

int log_tail_new(struct log_tail **out, const char *path, const struct log_tail_sink *sink, struct error *err) {
    struct log_tail *t = calloc(1, sizeof *t);
    bool standard = strcmp(path, "-") == 0;

    *out = NULL;
    if (!t || (!standard && !(t->path = strdup(path)))) {
        free(t);
        return error_set(err, -ENOMEM, "--server-logs %s: out of memory", path);
    }
    t->sink = *sink;
    t->fd = standard ? STDIN_FILENO : -1;
    if (standard)
        (void)fcntl(STDIN_FILENO, F_SETPIPE_SZ, PIPE_BYTES); /* what is written fast is not held up */
    int rc = standard ? 0 : open_file(t, true);
    if (rc < 0 && rc != -ENOENT) {
        log_tail_free(t);
        return error_set(err, rc, "--server-logs %s: %s", path, error_name(rc));
    }
    *out = t;
    return 0;
}

struct log_tail *log_tail_free(struct log_tail *t) {
    if (!t)
        return NULL;
    if (t->fd >= 0 && t->path)
        close(t->fd);
    free(t->path);
    free(t);
    return NULL;
}

/* All whole lines; what is left is the beginning of the next. */
static void cut_lines(struct log_tail *t) {
    size_t from = 0;
    char *end;

    while ((end = memchr(t->bytes + from, '\n', t->len - from)) != NULL) {
        size_t to = (size_t)(end - t->bytes);
        if (t->skipping) {
            t->sink.cut(t->sink.ctx, t->skipped + to - from);
            t->skipping = false;
            t->skipped = 0;
        } else if (to - from > LOG_LINE_MAX) {
            t->sink.cut(t->sink.ctx, to - from);
        } else {
            t->sink.line(t->sink.ctx, view_of(t->bytes + from, to - from));
        }
        from = to + 1;
    }
    if (t->len - from > LOG_LINE_MAX || t->skipping) {
        t->skipping = true;
        t->skipped += t->len - from;
        from = t->len;
    }
    memmove(t->bytes, t->bytes + from, t->len - from);
    t->len -= from;
}

/* Another file has its name, or it is shorter than it was: reads from the beginning. */
static bool was_replaced(struct log_tail *t) {
    struct stat now, mine;

    if (!t->path || fstat(t->fd, &mine) < 0 || stat(t->path, &now) < 0)
        return false;
    if (now.st_ino == mine.st_ino && now.st_dev == mine.st_dev) {
        if (S_ISREG(mine.st_mode) && lseek(t->fd, 0, SEEK_CUR) > mine.st_size)
            return lseek(t->fd, 0, SEEK_SET) == 0;
        return false;
    }
    close(t->fd);
    t->fd = -1;
    t->len = 0;
    t->skipping = false;
    return open_file(t, false) == 0;
}

static bool is_readable(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP));
}

int64_t log_tail_turn(struct log_tail *t) {
    int64_t total = 0;

    if (t->fd < 0 && (!t->path || open_file(t, false) < 0))
        return 0;
    while (total < LOG_TAIL_TURN_BYTES) {
        if (!t->path && !is_readable(t->fd))
            break;
        ssize_t n = read(t->fd, t->bytes + t->len, READ_BYTES);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (n < 0)
            return -errno;
        if (n == 0 && !t->path) { /* the end of standard input */
            t->fd = -1;
            break;
        }
        if (n == 0 && !was_replaced(t))
            break;
        total += n;
        t->len += (size_t)n;
        cut_lines(t);
    }
    return total;
}

void log_tail_wait(const struct log_tail *t, int timeout_ms) {
    struct pollfd p = {.fd = t->path ? -1 : t->fd, .events = POLLIN};

    (void)poll(&p, 1, timeout_ms); /* a file is always readable: for it this is a pause */
}
