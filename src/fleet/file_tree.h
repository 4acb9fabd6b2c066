/* A folder as one text, to be carried to other machines: a Locust file with the packages and data beside it.
 * Packed: version, count, then path, mode, bytes of each. What is unpacked comes from strangers: only plain
 * files at relative paths without "..", into a folder that nobody else may enter. */
#ifndef FLEET_FILE_TREE_H
#define FLEET_FILE_TREE_H

#include "core/buf.h"

enum {
    FILE_TREE_FILES_MAX = 10000,
    FILE_TREE_BYTES_MAX = 128 * 1024 * 1024,
    FILE_TREE_PATH_MAX = 1024,
    FILE_TREE_DEPTH_MAX = 32,
};

/* Everything below `folder` but hidden files, __pycache__, node_modules, virtual environments and links.
 * ERROR_LIMIT tells what was too much. */
int file_tree_pack(const char *folder, struct buf *out, struct error *err) MUST_USE;
/* Into a new folder below $TMPDIR (or /tmp), mode 0700, whose path is written to `folder`. On error nothing
 * is left. */
int file_tree_unpack_temporary(struct view packed, char *folder, size_t size, struct error *err) MUST_USE;
void file_tree_remove(const char *folder);
/* Pure: whether an archive's path may be written. */
bool file_tree_path_ok(struct view path);

#endif
