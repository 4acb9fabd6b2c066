/* Chunked bodies: in one piece and in pieces (the first byte says how large) the result is the same. */
#include "net/chunked.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(struct view in, size_t step, struct buf *out, size_t *taken) {
    struct chunked c = CHUNKED_NULL;
    uint64_t data = 0;
    int r = 0;

    *taken = 0;
    while (r == 0 && *taken < in.len && !chunked_done(&c)) {
        size_t used;
        struct view piece = view_take(view_drop(in, *taken), step);
        r = chunked_feed(&c, piece, out, &used, &data);
        if (used > piece.len || (r == 0 && !chunked_done(&c) && used != piece.len))
            abort();
        *taken += used;
    }
    if (r == 0 && data != out->len)
        abort();
    return r ? r : chunked_done(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    struct view in = view_of((const char *)data + 1, size - 1);
    struct buf whole = BUF_MAX(1 << 20), pieces = BUF_MAX(1 << 20);
    size_t taken_whole, taken_pieces;
    int r = decode(in, SIZE_MAX, &whole, &taken_whole), q = decode(in, (size_t)data[0] + 1, &pieces, &taken_pieces);

    if (r != q || whole.len != pieces.len || (whole.len && memcmp(whole.ptr, pieces.ptr, whole.len)) || taken_whole != taken_pieces)
        abort();
    buf_deinit(&whole);
    buf_deinit(&pieces);
    return 0;
}
