/* Whole files: read with a cap, written at once or replaced atomically. Errors come with a sentence that names the path. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "core/buf.h"

/* Appends the file's bytes to `out`, whose cap counts (ERROR_LIMIT). "-" is not special. */
int file_read(const char *path, struct buf *out, struct error *err) MUST_USE;
/* Creates or truncates, mode 0644 before the umask. */
int file_write(const char *path, struct view bytes, struct error *err) MUST_USE;
/* Writes a temporary file beside it and renames: readers see the old or the new content, never half of it. */
int file_replace(const char *path, struct view bytes, struct error *err) MUST_USE;
/* mkdir -p: all missing directories of the path, mode 0755. */
int file_make_dirs(const char *path, struct error *err) MUST_USE;
/* $TMPDIR if that is set and not empty, or /tmp. */
const char *file_temporary_root(void);
/* A new folder there, mode 0700, or a new empty file, mode 0600, whose name begins with `name`. On error `path` is "" and nothing is left. */
int file_make_temporary_dir(char *path, size_t size, const char *name, struct error *err) MUST_USE;
int file_make_temporary(char *path, size_t size, const char *name, struct error *err) MUST_USE;
bool file_exists(const char *path); /* anything of that name, as far as one may look */

#endif
