/* The owner is known by a lock and not by its process number, which may belong to somebody else by now, or to
 * another container that shares the memory. The lock file gets its name only once it is locked, so that
 * nobody takes a folder for dead that is just being made. */
#include "target/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SCRATCH_PREFIX "halftime-target-"

enum { SCRATCH_FILE_MAX = SCRATCH_PATH_MAX + 300 };

static void scratch_remove(const char *path) {
    char file[SCRATCH_FILE_MAX];
    DIR *dir = opendir(path);

    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        (void)unlink(file); /* "." and ".." refuse */
    }
    closedir(dir);
    (void)rmdir(path);
}

static void scratch_remove_if_dead(const char *path) {
    char file[SCRATCH_FILE_MAX];

    snprintf(file, sizeof file, "%s/lock", path);
    int fd = open(file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        scratch_remove(path);
    close(fd);
}

static void scratch_sweep(const char *root) {
    char path[SCRATCH_PATH_MAX];
    DIR *dir = opendir(root);

    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (strncmp(e->d_name, SCRATCH_PREFIX, strlen(SCRATCH_PREFIX)) != 0)
            continue;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", root, e->d_name) < sizeof path)
            scratch_remove_if_dead(path);
    }
    closedir(dir);
}

static int scratch_lock(struct scratch *s) {
    char making[SCRATCH_FILE_MAX], lock[SCRATCH_FILE_MAX];

    snprintf(making, sizeof making, "%s/making", s->path);
    snprintf(lock, sizeof lock, "%s/lock", s->path);
    s->lock_fd = open(making, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (s->lock_fd >= 0 && flock(s->lock_fd, LOCK_EX) == 0 && rename(making, lock) == 0)
        return 0;
    return -errno;
}

int scratch_init(struct scratch *s, const char *const *roots, size_t root_count, struct error *err) {
    int rc = -ENOENT;

    *s = SCRATCH_NULL;
    for (size_t i = 0; i < root_count; i++) {
        int len = snprintf(s->path, sizeof s->path, "%s/" SCRATCH_PREFIX "XXXXXX", roots[i]);
        if (len < 0 || (size_t)len >= sizeof s->path || !mkdtemp(s->path)) {
            rc = -errno;
            s->path[0] = '\0';
            continue;
        }
        rc = scratch_lock(s);
        if (rc == 0) {
            scratch_sweep(roots[i]);
            return 0;
        }
        scratch_deinit(s);
    }
    return error_set(err, rc, "no directory for the temporary database; name a file with --db");
}

void scratch_deinit(struct scratch *s) {
    if (s->path[0])
        scratch_remove(s->path);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    *s = SCRATCH_NULL;
}
