/* A table of decoders, each a function from bytes to a buffer with a cap. Bodies are decoded when they are complete. */
#include "net/encoding.h"

#include <brotli/decode.h>
#include <errno.h>
#include <zlib.h>
#include <zstd.h>

enum { ENCODING_STEP = 32 * 1024 };

typedef int decode_fn(struct view in, struct buf *out, struct error *err);

/* Room for the next step: as much as fits under the cap. */
static int step_room(struct buf *out, size_t *room) {
    size_t left = out->max - out->len;

    *room = left < ENCODING_STEP ? left : ENCODING_STEP;
    return *room == 0 ? ERROR_LIMIT : buf_reserve(out, *room);
}

static int inflate_all(z_stream *z, struct buf *out, struct error *err, const char *name) {
    for (;;) {
        size_t room;
        int r = step_room(out, &room);
        if (r < 0)
            return r;
        z->next_out = (unsigned char *)out->ptr + out->len;
        z->avail_out = (unsigned)room;
        int s = inflate(z, Z_NO_FLUSH);
        out->len += room - z->avail_out;
        if (s == Z_STREAM_END)
            return 0;
        if (s == Z_BUF_ERROR && z->avail_in == 0)
            return error_set(err, ERROR_SYNTAX, "unexpected EOF");
        if (s != Z_OK && s != Z_BUF_ERROR)
            return error_set(err, ERROR_SYNTAX, "%s: %s", name, z->total_out > 0 ? "corrupt input" : "invalid header");
    }
}

static int inflate_with(struct view in, struct buf *out, struct error *err, int window_bits, const char *name) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)in.ptr, .avail_in = (unsigned)in.len};

    if (in.len == 0)
        return error_set(err, ERROR_SYNTAX, "EOF");
    if (in.len > UINT32_MAX || inflateInit2(&z, window_bits) != Z_OK)
        return -ENOMEM;
    int r = inflate_all(&z, out, err, name);
    /* gzip members may follow one another */
    while (r == 0 && window_bits > 15 && z.avail_in >= 2 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b && inflateReset(&z) == Z_OK)
        r = inflate_all(&z, out, err, name);
    inflateEnd(&z);
    if (out->ptr)
        out->ptr[out->len] = 0;
    return r;
}

static int decode_gzip(struct view in, struct buf *out, struct error *err) {
    return inflate_with(in, out, err, 15 + 16, "gzip");
}

static int decode_deflate(struct view in, struct buf *out, struct error *err) {
    bool zlib = in.len >= 2 && (in.ptr[0] & 15) == 8 && (((unsigned char)in.ptr[0] << 8) + (unsigned char)in.ptr[1]) % 31 == 0;

    return inflate_with(in, out, err, zlib ? 15 : -15, "zlib");
}

static int decode_br(struct view in, struct buf *out, struct error *err) {
    BrotliDecoderState *s = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    const uint8_t *next_in = (const uint8_t *)in.ptr;
    size_t left = in.len, room;
    BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    int r = s ? 0 : -ENOMEM;

    while (r == 0 && result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
        r = step_room(out, &room);
        if (r < 0)
            break;
        uint8_t *next_out = (uint8_t *)out->ptr + out->len;
        size_t out_left = room;
        result = BrotliDecoderDecompressStream(s, &left, &next_in, &out_left, &next_out, NULL);
        out->len += room - out_left;
        out->ptr[out->len] = 0;
    }
    if (s)
        BrotliDecoderDestroyInstance(s);
    if (r == 0 && result != BROTLI_DECODER_RESULT_SUCCESS)
        r = error_set(err, ERROR_SYNTAX, "brotli: %s", result == BROTLI_DECODER_RESULT_ERROR ? "corrupt input" : "unexpected EOF");
    return r;
}

static int decode_zstd(struct view in, struct buf *out, struct error *err) {
    ZSTD_DStream *s = ZSTD_createDStream();
    ZSTD_inBuffer from = {in.ptr, in.len, 0};
    size_t status = 1, room;
    int r = s ? 0 : -ENOMEM;

    while (r == 0 && (from.pos < from.size || status != 0)) {
        r = step_room(out, &room);
        if (r < 0)
            break;
        ZSTD_outBuffer to = {out->ptr + out->len, room, 0};
        status = ZSTD_decompressStream(s, &to, &from);
        if (ZSTD_isError(status))
            r = error_set(err, ERROR_SYNTAX, "invalid input: %s", from.pos <= 4 ? "magic number mismatch" : ZSTD_getErrorName(status));
        else if (status != 0 && from.pos == from.size && to.pos < to.size)
            r = error_set(err, ERROR_SYNTAX, "unexpected EOF");
        out->len += to.pos;
        out->ptr[out->len] = 0;
    }
    ZSTD_freeDStream(s);
    return r;
}

static const struct {
    struct view name;
    decode_fn *decode;
} encodings[] = {
    {{"gzip", 4}, decode_gzip},
    {{"deflate", 7}, decode_deflate},
    {{"br", 2}, decode_br},
    {{"zstd", 4}, decode_zstd},
};

static decode_fn *find(struct view name) {
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (view_eq_nocase(view_trim(name), encodings[i].name))
            return encodings[i].decode;
    return NULL;
}

/* The decoders in the order in which they were applied. */
static size_t list(struct view content_encoding, decode_fn *out[ENCODINGS_MAX]) {
    size_t n = 0;

    while (content_encoding.ptr && n < ENCODINGS_MAX) {
        decode_fn *d = find(view_cut(&content_encoding, ',', NULL));
        if (d)
            out[n++] = d;
    }
    return n;
}

bool encoding_is_known(struct view content_encoding) {
    decode_fn *decoders[ENCODINGS_MAX];

    return list(content_encoding, decoders) > 0;
}

int encoding_decode(struct view content_encoding, struct view in, struct buf *out, struct error *err) {
    struct buf between CLEANUP(buf_deinit) = BUF_MAX(out->max);
    decode_fn *decoders[ENCODINGS_MAX];
    size_t n = list(content_encoding, decoders);

    for (size_t i = n; i > 0; i--) {
        buf_clear(out);
        int r = decoders[i - 1](in, out, err);
        if (r < 0)
            return r;
        if (i == 1)
            break;
        /* The next one reads what this one wrote. */
        struct buf swap = between;
        between = *out;
        *out = swap;
        in = buf_view(&between);
    }
    return 0;
}
