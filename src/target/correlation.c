#include "target/correlation.h"
#include <inttypes.h>
#include <stdio.h>

enum { CORRELATION_TRACE_ID_AT = 3, CORRELATION_TRACE_ID_LEN = 32, CORRELATION_TRACEPARENT_LEAST = 55 };

static void correlation_copy(char out[CORRELATION_SIZE], struct view v) {
    memcpy(out, v.ptr, v.len);
    out[v.len] = '\0';
}

static bool correlation_id_ok(struct view v) {
    if (v.len == 0 || v.len >= CORRELATION_SIZE)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] <= ' ' || v.ptr[i] > '~' || v.ptr[i] == '"' || v.ptr[i] == '\\')
            return false;
    return true;
}

/* 00-<32 hex digits>-<16>-<2>; all zeros is no trace (W3C Trace Context §3.2.2). */
static bool correlation_trace_ok(struct view v) {
    bool all_zero = true;
    if (v.len < CORRELATION_TRACEPARENT_LEAST || v.ptr[2] != '-' || v.ptr[35] != '-')
        return false;
    for (size_t i = CORRELATION_TRACE_ID_AT; i < CORRELATION_TRACE_ID_AT + CORRELATION_TRACE_ID_LEN; i++) {
        char c = v.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        all_zero = all_zero && c == '0';
    }
    return !all_zero;
}

void correlation_pick(
    char out[CORRELATION_SIZE], struct view request_id, struct view traceparent, struct rng *rng) {
    if (correlation_id_ok(request_id)) {
        correlation_copy(out, request_id);
        return;
    }
    if (correlation_trace_ok(traceparent)) {
        correlation_copy(out, view_of(traceparent.ptr + CORRELATION_TRACE_ID_AT, CORRELATION_TRACE_ID_LEN));
        return;
    }
    uint64_t a = rng_u64(rng), b = rng_u64(rng);
    snprintf(out, CORRELATION_SIZE, "%08" PRIx64 "-%04" PRIx64 "-4%03" PRIx64 "-%04" PRIx64 "-%012" PRIx64,
        a >> 32, (a >> 16) & 0xffff, a & 0xfff, 0x8000 | ((b >> 48) & 0x3fff), b & 0xffffffffffff);
}
