/* The kernel's small text files: /proc, /sys/fs/cgroup. */
#ifndef OBSERVE_PROC_FILE_H
#define OBSERVE_PROC_FILE_H

#include "core/buf.h"
#include "observe/probe_priv.h"

/* The whole of probe.root + path, which replaces what is in `out`. 0 or -errno. */
int proc_file_read(const struct probe *p, const char *path, struct buf *out) MUST_USE;
/* The first number behind a word at the beginning of a line: "MemTotal:  123 kB", "procs_running 2". NAN:
 * there is none. */
double proc_file_number(struct view text, const char *word);
/* The same of a line with several: number n (from 0) of "cpu  1 2 3". */
double proc_file_number_at(struct view text, const char *word, size_t n);
/* Of /proc/net/netstat and snmp, whose names stand a line above their numbers: "Tcp:", "RetransSegs". */
double proc_file_column(struct view text, const char *group, const char *column);
/* Words between blanks and tabs, one after another; an empty view at the end. */
struct view proc_file_word(struct view *rest);
/* Of the whole file; "max" is INFINITY, anything else NAN. */
double proc_file_value(struct view text);

#endif
