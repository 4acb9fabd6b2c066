/* Names of log levels, spelled as logrus spells them because k6's users grep for that. */
#include "core/log.h"

bool log_is_printed(const struct log_record *r) {
    for (size_t i = 0; i < r->field_count; i++)
        if (view_eq(r->fields[i].key, VIEW("source")) && view_eq(r->fields[i].value, VIEW("process")))
            return true;
    return false;
}

const char *log_level_name(enum log_level l) {
    static const char *const names[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warning", [LOG_ERROR] = "error"};
    return (size_t)l < sizeof names / sizeof names[0] ? names[l] : "unknown";
}
