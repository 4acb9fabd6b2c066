#include "target/served.h"
#include "target/routes.h"
#include <assert.h>
#include <inttypes.h>

enum { SERVED_NO_ROUTE = SERVED_ROUTES_MAX - 1 };

void served_count(struct served *t, int row, int status) {
    int at = status - SERVED_STATUS_LEAST;
    assert(row < SERVED_NO_ROUTE && at >= 0 && at < SERVED_STATUSES);
    atomic_fetch_add_explicit(&t->finished[row < 0 ? SERVED_NO_ROUTE : row][at], 1, memory_order_relaxed);
}

uint64_t served_finished(const struct served *t) {
    uint64_t sum = 0;
    for (size_t r = 0; r < SERVED_ROUTES_MAX; r++)
        for (size_t s = 0; s < SERVED_STATUSES; s++)
            sum += atomic_load_explicit(&t->finished[r][s], memory_order_relaxed);
    return sum;
}

void served_merge(struct served *into, const struct served *from) {
    for (size_t r = 0; r < SERVED_ROUTES_MAX; r++)
        for (size_t s = 0; s < SERVED_STATUSES; s++)
            into->finished[r][s] += from->finished[r][s];
    into->received += from->received;
    into->aborted += from->aborted;
    into->log_dropped += from->log_dropped;
    into->queued += from->queued;
}

static void served_print_row(
    const struct served *t, size_t row, const char *method, const char *pattern, FILE *out) {
    for (size_t s = 0; s < SERVED_STATUSES; s++)
        if (t->finished[row][s])
            fprintf(out, "  %-6s %-20s %3zu %10" PRIu64 "\n", method, pattern, s + SERVED_STATUS_LEAST,
                (uint64_t)t->finished[row][s]);
}

void served_print(const struct served *t, FILE *out) {
    fprintf(out, "halftime target: %" PRIu64 " requests served", served_finished(t));
    if (t->aborted)
        fprintf(out, ", %" PRIu64 " of them after the client had gone", (uint64_t)t->aborted);
    fputc('\n', out);
    for (int r = 0; r < routes_count(); r++)
        served_print_row(
            t, (size_t)r, exchange_method_name(routes_row(r)->method), routes_row(r)->pattern, out);
    served_print_row(t, SERVED_NO_ROUTE, "-", "(no such route)", out);
    if (t->log_dropped)
        fprintf(out, "  %" PRIu64 " log lines could not be written\n", (uint64_t)t->log_dropped);
}
