#include "cli/locust_stdin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"

/* "-f -" and "--locustfile -". */
size_t locust_stdin_find(const struct view *args, size_t count) {
    for (size_t i = 1; i < count; i++)
        if (view_eq(args[i], VIEW("-")) &&
            (view_eq(args[i - 1], VIEW("-f")) || view_eq(args[i - 1], VIEW("--locustfile"))))
            return i;
    return count;
}

int locust_stdin_folder(char folder[LOCUST_STDIN_FOLDER_MAX], struct error *err) {
    int r = file_make_temporary_dir(folder, LOCUST_STDIN_FOLDER_MAX, "locustfile", err);
    return r < 0 ? error_wrap(err, "-f -") : 0;
}

static int read_all(int fd, struct buf *out, struct error *err) {
    char piece[16384];

    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(err, -errno, "-f -: standard input cannot be read: %s", strerror(errno));
        if (n == 0)
            return 0;
        if (buf_append(out, piece, (size_t)n) < 0)
            return error_set(err, ERROR_LIMIT,
                "-f -: a locustfile of more than %d bytes, or no memory for it", LOCUST_STDIN_BYTES_MAX);
    }
}

int locust_stdin_take(struct locust_stdin *s, int fd, struct view *args, size_t count, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOCUST_STDIN_BYTES_MAX);
    size_t at = locust_stdin_find(args, count);

    *s = LOCUST_STDIN_NULL;
    if (at == count)
        return 0;
    int r = read_all(fd, &text, err);
    r = r < 0 ? r : locust_stdin_folder(s->folder, err);
    if (r < 0)
        return r;
    snprintf(s->path, sizeof s->path, "%s/locustfile.py", s->folder);
    args[at] = view_of_cstr(s->path);
    return file_write(s->path, buf_view(&text), err);
}

void locust_stdin_deinit(struct locust_stdin *s) {
    if (s->path[0])
        (void)unlink(s->path);
    if (s->folder[0])
        (void)rmdir(s->folder);
    *s = LOCUST_STDIN_NULL;
}
