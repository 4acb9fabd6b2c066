/* The file under an output of single points: buffered, plain or gzip by its name, or standard output. A failure (disk full, closed pipe)
 * ends the writing, not the run: what comes after is counted as dropped, the file is cut back to its last whole line. */
#ifndef REPORT_OUTPUT_FILE_H
#define REPORT_OUTPUT_FILE_H

#include <zlib.h>

#include "core/buf.h"

enum {
    OUTPUT_FILE_PENDING_MAX = 4 * 1024 * 1024, /* hard cap of what waits in memory */
    OUTPUT_FILE_WRITE_AT = 256 * 1024,         /* written at once beyond this */
    OUTPUT_FILE_PATH_MAX = 4096,
};

struct output_file {
    int fd;
    bool gzip, open, borrowed; /* borrowed: standard output */
    char path[OUTPUT_FILE_PATH_MAX];
    struct buf pending;        /* whole lines */
    uint64_t pending_points, dropped;
    int64_t written;           /* bytes of whole lines in the file */
    int failed;                /* errno of the first failure */
    z_stream deflate;
    int64_t flushed_us;
};
#define OUTPUT_FILE_NULL ((struct output_file){.fd = -1})

/* "-" or "" = standard output; *.gz is compressed. The sentence is k6's: "open /x: no such file or directory". */
int output_file_open(struct output_file *f, struct view path, struct error *err) MUST_USE;
/* Room for the next line: append to it, then call output_file_line(). NULL when the file has failed (the point is counted). */
struct buf *output_file_room(struct output_file *f);
/* A line was appended (r = what the appends returned; on error the line from `from` on is taken back and the point counted). */
void output_file_line(struct output_file *f, size_t from, int r, bool is_point);
void output_file_flush(struct output_file *f);
/* Writes the rest. Negative with a sentence when anything was lost. */
int output_file_finish(struct output_file *f, struct error *err) MUST_USE;
void output_file_deinit(struct output_file *f);

#endif
