#include "fleet/file_tree.h"

#include "core/file.h"
#include "core/pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_VERSION = 1, REMOVE_DESCRIPTORS = 16 };

struct walk {
    struct pack_writer w;
    const char *root;
    size_t count, bytes;
    struct error *err;
};

static bool is_skipped(const char *path, const char *name) {
    char marker[FILE_TREE_PATH_MAX * 2];

    if (name[0] == '.' || !strcmp(name, "__pycache__") || !strcmp(name, "node_modules"))
        return true;
    snprintf(marker, sizeof marker, "%s/pyvenv.cfg", path);
    return file_exists(marker);
}

static int pack_file(struct walk *k, const char *path, const char *relative, const struct stat *st) {
    struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(FILE_TREE_BYTES_MAX);

    k->bytes += (size_t)st->st_size;
    if (k->bytes > FILE_TREE_BYTES_MAX)
        return error_set(k->err, ERROR_LIMIT,
            "the files beside the locustfile are more than %d MB (at %s): put it into a folder of its own, "
            "with only what it needs",
            FILE_TREE_BYTES_MAX / 1024 / 1024, path);
    if (++k->count > FILE_TREE_FILES_MAX)
        return error_set(k->err, ERROR_LIMIT,
            "more than %d files are beside the locustfile: put it into a folder of its own, with only what "
            "it needs",
            FILE_TREE_FILES_MAX);
    int r = file_read(path, &bytes, k->err);
    if (r < 0)
        return r;
    pack_view(&k->w, view_of_cstr(relative));
    pack_u64(&k->w, st->st_mode & 0111 ? 0700 : 0600);
    pack_view(&k->w, buf_view(&bytes));
    return k->w.error;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_folder(struct walk *k, const char *relative, int depth);

static int walk_one(struct walk *k, const char *relative, const char *name, int depth) {
    char path[FILE_TREE_PATH_MAX * 2], below[FILE_TREE_PATH_MAX];
    struct stat st;

    if ((size_t)snprintf(below, sizeof below, "%s%s%s", relative, *relative ? "/" : "", name) >= sizeof below)
        return error_set(k->err, ERROR_LIMIT, "the path %.200s… is too long", relative);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", k->root, below) >= sizeof path)
        return error_set(k->err, ERROR_LIMIT, "the path %.200s… is too long", k->root);
    if (is_skipped(path, name) || lstat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return walk_folder(k, below, depth + 1);
    return S_ISREG(st.st_mode) ? pack_file(k, path, below, &st) : 0;
}

static int walk_folder(struct walk *k, const char *relative, int depth) {
    char path[FILE_TREE_PATH_MAX * 2];
    struct dirent **list = NULL;
    int r = 0;

    if (depth > FILE_TREE_DEPTH_MAX)
        return error_set(
            k->err, ERROR_LIMIT, "the folders below %s are more than %d deep", k->root, FILE_TREE_DEPTH_MAX);
    snprintf(path, sizeof path, "%s%s%s", k->root, *relative ? "/" : "", relative);
    int n = scandir(path, &list, NULL, by_name);
    if (n < 0)
        return error_set(k->err, -errno, "the folder %s cannot be read: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (r == 0)
            r = walk_one(k, relative, list[i]->d_name, depth);
        free(list[i]);
    }
    free(list);
    return r;
}

int file_tree_pack(const char *folder, struct buf *out, struct error *err) {
    struct buf body CLEANUP(buf_deinit) = BUF_MAX((size_t)2 * FILE_TREE_BYTES_MAX);
    struct walk k = {.w = pack_writer_of(&body), .root = folder, .err = err};
    struct pack_writer head = pack_writer_of(out);
    int r = walk_folder(&k, "", 0);

    if (r < 0)
        return r;
    pack_u64(&head, TREE_VERSION);
    pack_u64(&head, k.count);
    r = head.error ? head.error : buf_append_view(out, buf_view(&body));
    return r < 0 ? error_set(err, r, "out of memory for the files of %s", folder) : 0;
}

/* ---- unpacking ---- */

bool file_tree_path_ok(struct view path) {
    struct view rest = path;

    if (path.len == 0 || path.len >= FILE_TREE_PATH_MAX || memchr(path.ptr, 0, path.len))
        return false;
    while (rest.ptr) {
        struct view part = view_cut(&rest, '/', NULL);
        if (part.len == 0 || view_eq(part, VIEW(".")) || view_eq(part, VIEW("..")))
            return false;
    }
    return true;
}

static int write_file(
    const char *folder, struct view path, unsigned mode, struct view bytes, struct error *err) {
    char full[FILE_TREE_PATH_MAX * 2];

    snprintf(full, sizeof full, "%s/%.*s", folder, VIEW_ARGS(path));
    char *slash = strrchr(full, '/');
    *slash = 0;
    int r = file_make_dirs(full, err);
    *slash = '/';
    if (r < 0)
        return r;
    int fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0700);
    if (fd < 0)
        return error_set(err, -errno, "%s: %s", full, strerror(errno));
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n < 0 && errno != EINTR) {
            r = error_set(err, -errno, "%s: %s", full, strerror(errno));
            break;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return r;
}

static int unpack_into(const char *folder, struct view packed, struct error *err) {
    struct pack_reader r = pack_reader_of(packed);
    uint64_t version = unpack_u64(&r);
    size_t count = unpack_count(&r, 3);

    if (r.failed || version != TREE_VERSION || count > FILE_TREE_FILES_MAX)
        return error_set(err, ERROR_SYNTAX, "the archive is not one of ours");
    for (size_t i = 0; i < count; i++) {
        struct view path = unpack_view(&r);
        unsigned mode = (unsigned)unpack_u64(&r);
        struct view bytes = unpack_view(&r);
        if (r.failed)
            return error_set(err, ERROR_SYNTAX, "the archive ends in file %zu of %zu", i + 1, count);
        if (!file_tree_path_ok(path))
            return error_set(err, ERROR_INVALID,
                "the archive holds the path \"%.*s\", which would lead out of its folder: nothing of it is "
                "used",
                VIEW_ARGS(view_take(path, 200)));
        int e = write_file(folder, path, mode, bytes, err);
        if (e < 0)
            return e;
    }
    return 0;
}

int file_tree_unpack_temporary(struct view packed, char *folder, size_t size, struct error *err) {
    int r = file_make_temporary_dir(folder, size, "halftime-files", err);
    if (r < 0)
        return r;
    r = unpack_into(folder, packed, err);
    if (r < 0) {
        file_tree_remove(folder);
        folder[0] = 0;
    }
    return r;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void file_tree_remove(const char *folder) {
    (void)nftw(folder, remove_one, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
