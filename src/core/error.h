/* The two kinds of error of the house.
 *
 *  - A negative int is fatal for the operation: -errno values or one of ERROR_*; it is forwarded.
 *  - A positive enum is an expected outcome that the caller handles (each module declares its own).
 *
 * Where a person must read what went wrong, a `struct error` collects the sentence: what, where
 * (file, line, key) and the remedy. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define PRINTF_LIKE(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

/* Returns of library code beyond errno; all below -4095 so that they never meet an errno. */
enum {
    ERROR_LIMIT = -5001,    /* a named limit was reached */
    ERROR_SYNTAX = -5002,   /* input does not follow its grammar; a struct error tells where */
    ERROR_CLOSED = -5003,   /* the other side is gone */
    ERROR_INVALID = -5004,  /* a value is out of its range; a struct error tells which */
};

enum { ERROR_TEXT_MAX = 1024 };

struct error {
    int code;                  /* 0 = none, else negative as returned */
    char text[ERROR_TEXT_MAX]; /* one sentence or two, no trailing newline */
};
#define ERROR_NULL ((struct error){0})

/* Sets code and text (a NULL err is fine) and returns code, so that `return error_set(err, …)` reads well. */
int error_set(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Puts "context: " in front of the present text. Returns err->code. */
int error_wrap(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* strerror for errno values and the ERROR_* above. */
const char *error_name(int code);

#endif
