/* A file that is written once, at the end of a run, and opened at its beginning: a path that cannot be
 * written is known before the load. */
#ifndef REPORT_DOCUMENT_FILE_H
#define REPORT_DOCUMENT_FILE_H

#include "core/error.h"
#include "core/view.h"

enum { DOCUMENT_PATH_MAX = 4096 };
struct document_file {
    int fd; /* -1 = none */
    bool append, borrowed;
    char path[DOCUMENT_PATH_MAX];
};
/* "-" = standard output. append: behind what is there; else it replaces what is there, once it is written. */
int document_file_open(struct document_file *f, struct view path, bool append, struct error *err) MUST_USE;
int document_file_write(struct document_file *f, struct view bytes, struct error *err) MUST_USE;
void document_file_close(struct document_file *f); /* twice is fine */

#endif
