/* What is observed while a command makes load: the flags that all of them share, and the observer they start.
 */
#ifndef CLI_OBSERVE_FLAGS_H
#define CLI_OBSERVE_FLAGS_H

#include "cli/flags.h"
#include "core/log.h"
#include "observe/observer.h"

extern const struct flag observe_flags[]; /* --observe, --observe-file */

struct observing {
    struct observer *observer; /* NULL = nothing is observed */
    struct probe_second second;
    struct log_sink *log; /* may be set later than init; NULL: troubles wait */
};
#define OBSERVING_NULL ((struct observing){0})
/* The probes that the flags ask for, or HALFTIME_OBSERVE (separated by blanks) when there are none; they are
 * not started yet. ERROR_INVALID with a sentence. */
int observing_read(
    struct observing *o, const struct flag_result *r, struct log_sink *log, struct error *err) MUST_USE;
int observing_start(struct observing *o, struct error *err) MUST_USE;
/* Both. */
int observing_init(
    struct observing *o, const struct flag_result *r, struct log_sink *log, struct error *err) MUST_USE;
void observing_deinit(struct observing *o);
/* Once a second; says what went wrong. ctx: a struct observing. NULL: nothing is observed. */
const struct probe_second *observing_second(void *ctx);
/* "  host   this machine: …" for help texts: appends a paragraph on the kinds. */
int observe_kinds_describe(struct buf *out) MUST_USE;
/* A command line of NUL-terminated words without the passwords of the addresses in it; in place, it never
 * grows. */
void observe_mask_words(struct buf *words);

#endif
