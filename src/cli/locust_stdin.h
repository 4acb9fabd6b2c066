/* `-f -`: a locustfile from standard input. All processes of a run must read it, so it is put into a file. */
#ifndef CLI_LOCUST_STDIN_H
#define CLI_LOCUST_STDIN_H

#include "core/error.h"
#include "core/view.h"

enum { LOCUST_STDIN_BYTES_MAX = 16 * 1024 * 1024, LOCUST_STDIN_FOLDER_MAX = 1024 };

struct locust_stdin {
    char folder[LOCUST_STDIN_FOLDER_MAX], path[LOCUST_STDIN_FOLDER_MAX + 32]; /* path "": standard input was not asked for */
};
#define LOCUST_STDIN_NULL ((struct locust_stdin){.folder = ""})

/* Reads fd to its end if one of the arguments asks for it, and puts the file's path in the place of "-".
 * ERROR_LIMIT or negative errno with a sentence. */
int locust_stdin_take(
    struct locust_stdin *s, int fd, struct view *args, size_t count, struct error *err) MUST_USE;
void locust_stdin_deinit(struct locust_stdin *s); /* removes the file; twice is fine */

/* For whoever else takes the place of "-": which of the arguments it is, or count; and a new folder for what comes instead ("" on failure). */
size_t locust_stdin_find(const struct view *args, size_t count);
int locust_stdin_folder(char folder[LOCUST_STDIN_FOLDER_MAX], struct error *err) MUST_USE;

#endif
