/* Why something on the network did not work: the kind, the errno where there is one, and the sentence in Go's words. */
#ifndef NET_FAILURE_H
#define NET_FAILURE_H

#include "core/error.h"
#include "core/view.h"
#include "net/fault.h"

enum { FAILURE_TEXT_MAX = 512 }; /* it lies on the small stacks of fibers */

struct failure {
    enum net_fault fault;
    int os_error;
    char text[FAILURE_TEXT_MAX];
};
void failure_set(struct failure *f, enum net_fault fault, int os_error, const char *fmt, ...) PRINTF_LIKE(4, 5);
/* "context: " in front of the present text. */
void failure_wrap(struct failure *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* strerror, but as Go's syscall.Errno words it ("connection refused"). */
const char *failure_errno_text(int os_error, char *out, size_t out_size);
/* Text as Go's %q: quotes, \n, \t, \x.. for what is not printable. Cut to fit. Returns out. */
char *failure_quote(struct view v, char *out, size_t out_size);

#endif
