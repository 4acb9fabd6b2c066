#include "fleet/strand.h"

struct view strand_head(struct strand_out *s, char head[STRAND_HEAD_MAX]) {
    /* Written by hand: core/pack writes into buffers on the heap. */
    size_t at = 0;
    uint64_t numbers[] = {STRAND_VERSION, s->key, s->epoch, ++s->n};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        uint64_t v = numbers[i];
        for (; v >= 0x80; v >>= 7)
            head[at++] = (char)(v | 0x80);
        head[at++] = (char)v;
    }
    return view_of(head, at);
}

int strand_take(struct strand_in *s, struct view segment, struct view *bytes) {
    struct pack_reader r = pack_reader_of(segment);
    uint64_t version = unpack_u64(&r), key = unpack_u64(&r), epoch = unpack_u64(&r), n = unpack_u64(&r);
    bool newer = epoch > s->epoch;

    *bytes = VIEW_NULL;
    if (r.failed || version != STRAND_VERSION || key != s->key || n == 0)
        return ERROR_SYNTAX;
    if (epoch < s->epoch || (!newer && n <= s->n)) {
        s->repeated++;
        return STRAND_SKIPPED;
    }
    if (n != (newer ? 1 : s->n + 1)) {
        s->early++;
        return STRAND_SKIPPED;
    }
    s->epoch = epoch;
    s->n = n;
    *bytes = r.rest;
    return newer ? STRAND_NEW_EPOCH : STRAND_TAKEN;
}
