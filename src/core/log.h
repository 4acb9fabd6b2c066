/* A log record as a value, and the sink that takes it. Library code does not log: it returns. Those who must tell a
 * person something while running (a script's console.log, a worker's warning) hand a record to the sink they were given. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/view.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum { LOG_FIELDS_MAX = 12 };

struct log_field {
    struct view key, value;
};
struct log_record {
    enum log_level level;
    int64_t wall_ns; /* 0 = now */
    struct view message;
    struct log_field fields[LOG_FIELDS_MAX]; /* sorted by key when printed */
    size_t field_count;
};
struct log_sink {
    void (*write)(struct log_sink *sink, const struct log_record *r); /* copies what it keeps */
};

/* A process of ours has written it already to where people read: it is to be kept and shown, not printed again. Marked
 * by the field source=process. */
bool log_is_printed(const struct log_record *r);
const char *log_level_name(enum log_level l); /* "debug" "info" "warning" "error", as logrus writes them */

#endif
