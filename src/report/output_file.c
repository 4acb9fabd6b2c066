/* Lines gather in `pending` and go out in large writes. gzip compresses them on the way; its stream is finished once, at the end. */
#include "report/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "report/report_errno_priv.h"

enum { GZIP_WINDOW = 15 + 16, CHUNK = 64 * 1024 };

int output_file_open(struct output_file *f, struct view path, struct error *err) {
    *f = OUTPUT_FILE_NULL;
    if (path.len >= sizeof f->path)
        return error_set(err, ERROR_LIMIT, "the path of an output may have %d bytes at most", OUTPUT_FILE_PATH_MAX - 1);
    memcpy(f->path, path.len ? path.ptr : "", path.len);
    f->path[path.len] = 0;
    f->borrowed = path.len == 0 || view_eq(path, VIEW("-"));
    f->gzip = view_ends_with(path, VIEW(".gz"));
    f->fd = f->borrowed ? STDOUT_FILENO : open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (f->fd < 0)
        return error_set(err, -errno, "open %s: %s", f->path, report_errno(errno));
    if (f->gzip && deflateInit2(&f->deflate, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        close(f->fd);
        return error_set(err, -ENOMEM, "open %s: no memory for compression", f->path);
    }
    buf_init(&f->pending, OUTPUT_FILE_PENDING_MAX);
    f->open = true;
    return 0;
}

static void fail(struct output_file *f, int error) {
    struct stat s;
    f->failed = error;
    if (!f->gzip && !f->borrowed && fstat(f->fd, &s) == 0 && S_ISREG(s.st_mode) && ftruncate(f->fd, f->written) < 0)
        f->failed = error; /* a torn last line stays */
}

static bool write_all(struct output_file *f, const void *bytes, size_t len) {
    const char *at = bytes;
    while (len) {
        ssize_t n = write(f->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fail(f, n < 0 ? errno : EIO);
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool compress_all(struct output_file *f, struct view lines, int flush) {
    unsigned char chunk[CHUNK];
    f->deflate.next_in = (Bytef *)(uintptr_t)lines.ptr;
    f->deflate.avail_in = (uInt)lines.len;
    do {
        f->deflate.next_out = chunk;
        f->deflate.avail_out = sizeof chunk;
        int r = deflate(&f->deflate, flush);
        if (r == Z_STREAM_ERROR) {
            fail(f, EIO);
            return false;
        }
        if (!write_all(f, chunk, sizeof chunk - f->deflate.avail_out))
            return false;
    } while (f->deflate.avail_out == 0);
    return true;
}

static void write_pending(struct output_file *f, bool last) {
    struct view lines = buf_view(&f->pending);
    if (f->failed)
        return;
    bool ok = f->gzip ? compress_all(f, lines, last ? Z_FINISH : Z_NO_FLUSH) : lines.len == 0 || write_all(f, lines.ptr, lines.len);
    if (ok)
        f->written += (int64_t)lines.len;
    else
        f->dropped += f->pending_points;
    f->pending_points = 0;
    buf_clear(&f->pending);
    f->flushed_us = clock_now_us(&clock_real);
}

struct buf *output_file_room(struct output_file *f) {
    if (!f->failed)
        return &f->pending;
    f->dropped++;
    return NULL;
}

void output_file_line(struct output_file *f, size_t from, int r, bool is_point) {
    if (r < 0) {
        f->pending.len = from;
        f->dropped += is_point;
        return;
    }
    f->pending_points += is_point;
    if (f->pending.len >= OUTPUT_FILE_WRITE_AT)
        write_pending(f, false);
}

void output_file_flush(struct output_file *f) {
    if (f->pending.len)
        write_pending(f, false);
}

int output_file_finish(struct output_file *f, struct error *err) {
    const char *path = f->borrowed ? "standard output" : f->path;
    if (f->open)
        write_pending(f, true);
    output_file_deinit(f);
    if (f->failed)
        return error_set(err, -f->failed, "write %s: %s; %llu points are missing in it (the summary is complete)", path, report_errno(f->failed),
            (unsigned long long)f->dropped);
    if (f->dropped)
        return error_set(err, ERROR_LIMIT, "%llu points did not fit into the memory for %s and are missing in it (the summary is complete)",
            (unsigned long long)f->dropped, path);
    return 0;
}

void output_file_deinit(struct output_file *f) {
    if (!f->open)
        return;
    f->open = false;
    if (f->gzip)
        deflateEnd(&f->deflate);
    if (!f->borrowed && close(f->fd) < 0 && !f->failed)
        f->failed = errno;
    f->fd = -1;
    buf_deinit(&f->pending);
}
