#include "stats/trace_mark.h"

enum { TRACE_MARK_ENDPOINT_SEED = 7 };

/* Steele's and Vigna's splitmix64: a bijection, so different counts give different numbers. */
static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

void trace_marker_init(struct trace_marker *m, uint64_t run, uint64_t seed) {
    *m = (struct trace_marker){.run = run, .next_iteration = mix(seed), .next_span = (uint32_t)mix(seed + 1)};
}

uint64_t trace_marker_iteration(struct trace_marker *m) {
    uint64_t made = mix(m->next_iteration++);

    return made ? made : mix(m->next_iteration++);
}

uint32_t trace_mark_endpoint_of(struct view method, struct view name) {
    uint64_t h = view_hash(name, view_hash(method, TRACE_MARK_ENDPOINT_SEED));
    uint32_t folded = (uint32_t)(h ^ (h >> 32));

    return folded ? folded : 1;
}

struct trace_mark trace_marker_request(
    struct trace_marker *m, uint64_t iteration, struct view method, struct view name) {
    uint32_t count = m->next_span++ * 0x9e3779b1u; /* odd: a bijection, too */

    return (struct trace_mark){.run = m->run,
        .iteration = iteration,
        .span = (uint64_t)trace_mark_endpoint_of(method, name) << 32 | count};
}

/* --- text --- */

void trace_mark_write_hex(uint64_t v, char out[16]) {
    for (int i = 15; i >= 0; i--, v >>= 4)
        out[i] = "0123456789abcdef"[v & 15];
}

void trace_mark_write_request_id(const struct trace_mark *m, char out[TRACE_MARK_REQUEST_ID_TEXT]) {
    trace_mark_write_hex(m->run, out);
    trace_mark_write_hex(m->iteration, out + 16);
    out[TRACE_MARK_TRACE_TEXT] = '-';
    trace_mark_write_hex(m->span, out + TRACE_MARK_TRACE_TEXT + 1);
}

void trace_mark_write_traceparent(const struct trace_mark *m, char out[TRACE_MARK_TRACEPARENT_TEXT]) {
    memcpy(out, "00-", 3);
    trace_mark_write_request_id(m, out + 3);
    memcpy(out + 3 + TRACE_MARK_REQUEST_ID_TEXT, "-01", 3);
}

static int digit_of(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool trace_mark_read_hex(struct view text, uint64_t *out) {
    uint64_t v = 0;

    if (text.len != TRACE_MARK_SPAN_TEXT)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int d = digit_of(text.ptr[i]);
        if (d < 0)
            return false;
        v = v << 4 | (unsigned)d;
    }
    *out = v;
    return true;
}

bool trace_mark_read(struct view text, struct trace_mark *out) {
    struct trace_mark m = {0};

    if (text.len == TRACE_MARK_TRACEPARENT_TEXT && text.ptr[2] == '-' &&
        text.ptr[TRACE_MARK_TRACEPARENT_TEXT - 3] == '-')
        text = view_take(view_drop(text, 3), TRACE_MARK_REQUEST_ID_TEXT);
    if (text.len != TRACE_MARK_TRACE_TEXT && text.len != TRACE_MARK_REQUEST_ID_TEXT)
        return false;
    if (!trace_mark_read_hex(view_take(text, 16), &m.run) ||
        !trace_mark_read_hex(view_take(view_drop(text, 16), 16), &m.iteration) || !(m.run | m.iteration))
        return false;
    if (text.len == TRACE_MARK_REQUEST_ID_TEXT &&
        (text.ptr[TRACE_MARK_TRACE_TEXT] != '-' ||
            !trace_mark_read_hex(view_drop(text, TRACE_MARK_TRACE_TEXT + 1), &m.span)))
        return false;
    *out = m;
    return true;
}
