/* The sentence of an error. Text that does not fit is cut at ERROR_TEXT_MAX - 1 bytes; a cut sentence is still better
 * than none, so that is not an error of its own. */
#include "core/error.h"

#include <stdio.h>
#include <string.h>

int error_set(struct error *err, int code, const char *fmt, ...) {
    va_list args;

    if (!err)
        return code;
    err->code = code;
    va_start(args, fmt);
    vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    return code;
}

int error_wrap(struct error *err, const char *fmt, ...) {
    char old[ERROR_TEXT_MAX];
    va_list args;
    int n;

    if (!err)
        return 0;
    memcpy(old, err->text, sizeof old);
    old[sizeof old - 1] = 0;
    va_start(args, fmt);
    n = vsnprintf(err->text, sizeof err->text, fmt, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->text)
        snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", old);
    return err->code;
}

const char *error_name(int code) {
    switch (code) {
    case ERROR_LIMIT:
        return "limit reached";
    case ERROR_SYNTAX:
        return "syntax error";
    case ERROR_CLOSED:
        return "connection closed";
    case ERROR_INVALID:
        return "invalid value";
    default:
        break;
    }
    const char *text = code < 0 && code > -4096 ? strerrordesc_np(-code) : NULL;
    return text ? text : code ? "unknown error" : "no error";
}
