#include "report/document_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/report_errno_priv.h"

int document_file_open(struct document_file *f, struct view path, bool append, struct error *err) {
    *f = (struct document_file){.fd = -1, .append = append, .borrowed = view_eq(path, VIEW("-"))};
    if (path.len >= sizeof f->path)
        return error_set(
            err, ERROR_LIMIT, "the path of an output may have %d bytes at most", DOCUMENT_PATH_MAX - 1);
    memcpy(f->path, path.ptr, path.len);
    f->path[path.len] = 0;
    f->fd = f->borrowed ? STDOUT_FILENO
                        : open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : 0), 0666);
    return f->fd < 0 ? error_set(err, -errno, "open %s: %s", f->path, report_errno(errno)) : 0;
}

static int fail(const struct document_file *f, struct error *err) {
    return error_set(
        err, -errno, "write %s: %s", f->borrowed ? "standard output" : f->path, report_errno(errno));
}

int document_file_write(struct document_file *f, struct view bytes, struct error *err) {
    struct stat s;
    bool regular = fstat(f->fd, &s) == 0 && S_ISREG(s.st_mode);
    if (regular && !f->append && !f->borrowed && ftruncate(f->fd, 0) < 0)
        return fail(f, err);
    while (bytes.len) {
        ssize_t n = write(f->fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(f, err);
        bytes = view_drop(bytes, (size_t)n);
    }
    return 0;
}

void document_file_close(struct document_file *f) {
    if (f->fd >= 0 && !f->borrowed)
        close(f->fd);
    f->fd = -1;
}
