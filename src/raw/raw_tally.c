/* Packed form: a version, then the fields in the order of the struct. */
#include "raw/raw_tally.h"

#include <string.h>

void raw_tally_deinit(struct raw_tally *t) {
    histogram_deinit(&t->service_ms);
    histogram_deinit(&t->response_ms);
    histogram_deinit(&t->rates);
    *t = RAW_TALLY_NULL;
}

/* All counters, in the order in which they are packed. */
enum { COUNTERS = RAW_STATUS_CLASSES + NET_FAULT_COUNT + 7 };
static void list_counters(struct raw_tally *t, uint64_t *out[COUNTERS]) {
    uint64_t *rest[] = {
        &t->bytes_sent, &t->bytes_received, &t->connects, &t->due, &t->unsent, &t->cut, &t->late_answers};
    size_t n = 0;

    for (size_t i = 0; i < RAW_STATUS_CLASSES; i++)
        out[n++] = &t->statuses[i];
    for (size_t i = 0; i < NET_FAULT_COUNT; i++)
        out[n++] = &t->faults[i];
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        out[n++] = rest[i];
}

void raw_tally_reset(struct raw_tally *t) {
    uint64_t *counters[COUNTERS];

    list_counters(t, counters);
    for (size_t i = 0; i < COUNTERS; i++)
        *counters[i] = 0;
    histogram_reset(&t->service_ms);
    histogram_reset(&t->response_ms);
    histogram_reset(&t->rates);
}

int raw_tally_merge(struct raw_tally *into, const struct raw_tally *from) {
    uint64_t *to[COUNTERS], *more[COUNTERS];
    int r = histogram_merge(&into->service_ms, &from->service_ms);

    r = r < 0 ? r : histogram_merge(&into->response_ms, &from->response_ms);
    r = r < 0 ? r : histogram_merge(&into->rates, &from->rates);
    if (r < 0)
        return r;
    list_counters(into, to);
    list_counters((struct raw_tally *)(uintptr_t)from, more);
    for (size_t i = 0; i < COUNTERS; i++)
        *to[i] += *more[i];
    return 0;
}

void raw_tally_pack(const struct raw_tally *t, struct pack_writer *w) {
    uint64_t *counters[COUNTERS];

    pack_u64(w, RAW_TALLY_VERSION);
    list_counters((struct raw_tally *)(uintptr_t)t, counters);
    for (size_t i = 0; i < COUNTERS; i++)
        pack_u64(w, *counters[i]);
    histogram_pack(&t->service_ms, w);
    histogram_pack(&t->response_ms, w);
    histogram_pack(&t->rates, w);
}

int raw_tally_unpack_merge(struct raw_tally *into, struct pack_reader *r) {
    uint64_t *to[COUNTERS], more[COUNTERS];
    bool known = unpack_u64(r) == RAW_TALLY_VERSION;

    for (size_t i = 0; i < COUNTERS; i++)
        more[i] = unpack_u64(r);
    if (!known || r->failed)
        return ERROR_SYNTAX;
    int error = histogram_unpack_merge(&into->service_ms, r);
    error = error < 0 ? error : histogram_unpack_merge(&into->response_ms, r);
    error = error < 0 ? error : histogram_unpack_merge(&into->rates, r);
    if (error < 0)
        return error;
    list_counters(into, to);
    for (size_t i = 0; i < COUNTERS; i++)
        *to[i] += more[i];
    return 0;
}

/* --- sums --- */

uint64_t raw_tally_answers(const struct raw_tally *t) {
    uint64_t n = 0;

    for (size_t i = 0; i < RAW_STATUS_CLASSES; i++)
        n += t->statuses[i];
    return n;
}

uint64_t raw_tally_failures(const struct raw_tally *t) {
    uint64_t n = 0;

    for (size_t i = 0; i < NET_FAULT_COUNT; i++)
        n += t->faults[i];
    return n;
}

struct raw_socket_errors raw_tally_socket_errors(const struct raw_tally *t) {
    struct raw_socket_errors e = {0};

    for (size_t i = 0; i < NET_FAULT_COUNT; i++) {
        switch ((enum net_fault)i) {
        case NET_FAULT_TIMEOUT: e.timeout += t->faults[i]; break;
        case NET_FAULT_BROKEN_PIPE: e.write += t->faults[i]; break;
        case NET_FAULT_RESET:
        case NET_FAULT_TCP_ERRNO:
        case NET_FAULT_EOF_EARLY:
        case NET_FAULT_PROTOCOL:
        case NET_FAULT_PROTOCOL_HEADERS_LIMIT:
        case NET_FAULT_BODY_LIMIT: e.read += t->faults[i]; break;
        default: e.connect += t->faults[i];
        }
    }
    return e;
}

const struct histogram *raw_tally_latency(const struct raw_tally *t) {
    return t->response_ms.count > 0 ? &t->response_ms : &t->service_ms;
}
