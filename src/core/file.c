/* Whole files. A temporary file of file_replace lives in the target's own directory, since rename works only within
 * one file system; it is synced before the rename, or a crash could leave an empty file under the good name. */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_CHUNK = 64 * 1024 };

static int fail(struct error *err, int code, const char *doing, const char *path) {
    return error_set(err, code, "cannot %s %s: %s", doing, path, error_name(code));
}

static int read_all(int fd, struct buf *out) {
    struct stat st;
    size_t hint = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 0;

    for (;;) {
        size_t room = out->max - out->len, chunk = hint > READ_CHUNK ? hint : READ_CHUNK;
        char beyond;
        if (chunk > room)
            chunk = room;
        int r = buf_reserve(out, chunk);
        if (r < 0)
            return r;
        /* A full buffer still asks for one byte, to tell a file that just fits from one that does not. */
        ssize_t n = chunk ? read(fd, out->ptr + out->len, chunk) : read(fd, &beyond, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return 0;
        if (!chunk)
            return ERROR_LIMIT;
        out->len += (size_t)n;
        out->ptr[out->len] = 0;
        hint = 0;
    }
}

int file_read(const char *path, struct buf *out, struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail(err, -errno, "read", path);
    size_t old_len = out->len;
    int r = read_all(fd, out);
    close(fd);
    if (r == 0)
        return 0;
    out->len = old_len;
    if (out->ptr)
        out->ptr[old_len] = 0;
    if (r == ERROR_LIMIT)
        return error_set(err, r, "cannot read %s: it is larger than %zu bytes", path, out->max - old_len);
    return fail(err, r, "read", path);
}

static int write_all(int fd, struct view bytes) {
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes = view_drop(bytes, (size_t)n);
    }
    return 0;
}

int file_write(const char *path, struct view bytes, struct error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        return fail(err, -errno, "write", path);
    int r = write_all(fd, bytes);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r < 0 ? fail(err, r, "write", path) : 0;
}

/* An existing file keeps its mode; a new one gets what open would have given it. */
static mode_t mode_for(const char *path) {
    struct stat st;
    if (stat(path, &st) == 0)
        return st.st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0644 & ~mask;
}

static int replace(const char *path, const char *temporary, int fd, struct view bytes) {
    int r = write_all(fd, bytes);

    if (r == 0 && (fchmod(fd, mode_for(path)) < 0 || fsync(fd) < 0))
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    return r;
}

int file_replace(const char *path, struct view bytes, struct error *err) {
    char temporary[PATH_MAX];

    if (snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= (int)sizeof temporary)
        return fail(err, -ENAMETOOLONG, "write", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail(err, -errno, "write", path);
    int r = replace(path, temporary, fd, bytes);
    return r < 0 ? fail(err, r, "write", path) : 0;
}

static int make_dir(const char *path) {
    struct stat st;

    if (mkdir(path, 0755) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    if (stat(path, &st) < 0)
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_make_dirs(const char *path, struct error *err) {
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len >= sizeof part)
        return fail(err, -ENAMETOOLONG, "make directory", path);
    for (size_t i = 1; i <= len; i++) {
        if (i < len && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        int r = make_dir(part);
        if (r < 0)
            return fail(err, r, "make directory", part);
    }
    return 0;
}

const char *file_temporary_root(void) {
    const char *root = getenv("TMPDIR");
    return root && *root ? root : "/tmp";
}

static int temporary_template(char *path, size_t size, const char *name) {
    return snprintf(path, size, "%s/%s-XXXXXX", file_temporary_root(), name) < (int)size ? 0 : -ENAMETOOLONG;
}

int file_make_temporary_dir(char *path, size_t size, const char *name, struct error *err) {
    int r = temporary_template(path, size, name);
    if (r == 0 && !mkdtemp(path))
        r = -errno;
    if (r == 0)
        return 0;
    path[0] = 0;
    return fail(err, r, "make a folder in", file_temporary_root());
}

int file_make_temporary(char *path, size_t size, const char *name, struct error *err) {
    int r = temporary_template(path, size, name);
    int fd = r < 0 ? r : mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    r = r < 0 ? r : -errno;
    path[0] = 0;
    return fail(err, r, "make a file in", file_temporary_root());
}

bool file_exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}
