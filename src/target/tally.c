#include "target/tally.h"
#include "target/router.h"
#include <assert.h>
#include <inttypes.h>

enum { TALLY_NO_ROUTE = TALLY_ROUTES_MAX - 1 };

void tally_count(struct tally *t, int row, int status) {
    int at = status - TALLY_STATUS_LEAST;
    assert(row < TALLY_NO_ROUTE && at >= 0 && at < TALLY_STATUSES);
    atomic_fetch_add_explicit(&t->finished[row < 0 ? TALLY_NO_ROUTE : row][at], 1, memory_order_relaxed);
}

uint64_t tally_finished(const struct tally *t) {
    uint64_t sum = 0;
    for (size_t r = 0; r < TALLY_ROUTES_MAX; r++)
        for (size_t s = 0; s < TALLY_STATUSES; s++)
            sum += atomic_load_explicit(&t->finished[r][s], memory_order_relaxed);
    return sum;
}

void tally_merge(struct tally *into, const struct tally *from) {
    for (size_t r = 0; r < TALLY_ROUTES_MAX; r++)
        for (size_t s = 0; s < TALLY_STATUSES; s++)
            into->finished[r][s] += from->finished[r][s];
    into->received += from->received;
    into->aborted += from->aborted;
    into->log_dropped += from->log_dropped;
    into->queued += from->queued;
}

static void tally_print_row(
    const struct tally *t, size_t row, const char *method, const char *pattern, FILE *out) {
    for (size_t s = 0; s < TALLY_STATUSES; s++)
        if (t->finished[row][s])
            fprintf(out, "  %-6s %-20s %3zu %10" PRIu64 "\n", method, pattern, s + TALLY_STATUS_LEAST,
                (uint64_t)t->finished[row][s]);
}

void tally_print(const struct tally *t, FILE *out) {
    fprintf(out, "halftime target: %" PRIu64 " requests served", tally_finished(t));
    if (t->aborted)
        fprintf(out, ", %" PRIu64 " of them after the client had gone", (uint64_t)t->aborted);
    fputc('\n', out);
    for (int r = 0; r < router_count(); r++)
        tally_print_row(
            t, (size_t)r, exchange_method_name(router_row(r)->method), router_row(r)->pattern, out);
    tally_print_row(t, TALLY_NO_ROUTE, "-", "(no such route)", out);
    if (t->log_dropped)
        fprintf(out, "  %" PRIu64 " log lines could not be written\n", (uint64_t)t->log_dropped);
}
