/* params.compression: the body is compressed with each named algorithm in turn, and Content-Encoding says so. */
#include "script/js/http/http_op.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

enum { LEVEL = 6, GZIP_WINDOW = 15 + 16, ZLIB_WINDOW = 15, BROTLI_QUALITY = 6 };

static int with_zlib(struct view in, struct buf *out, int window) {
    z_stream z = {0};
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return -1;
    size_t bound = deflateBound(&z, in.len);
    int r = buf_reserve(out, bound);
    if (r == 0) {
        z.next_in = (Bytef *)(uintptr_t)in.ptr;
        z.avail_in = (uInt)in.len;
        z.next_out = (Bytef *)out->ptr;
        z.avail_out = (uInt)bound;
        r = deflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : -1;
        out->len = bound - z.avail_out;
    }
    deflateEnd(&z);
    return r;
}

static int with_gzip(struct view in, struct buf *out) { return with_zlib(in, out, GZIP_WINDOW); }
static int with_deflate(struct view in, struct buf *out) { return with_zlib(in, out, ZLIB_WINDOW); }

static int with_zstd(struct view in, struct buf *out) {
    size_t bound = ZSTD_compressBound(in.len);
    int r = buf_reserve(out, bound);
    if (r < 0)
        return r;
    size_t n = ZSTD_compress(out->ptr, bound, in.ptr, in.len, ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(n))
        return -1;
    out->len = n;
    return 0;
}

static int with_brotli(struct view in, struct buf *out) {
    size_t bound = BrotliEncoderMaxCompressedSize(in.len);
    int r = buf_reserve(out, bound);
    if (r < 0)
        return r;
    if (!BrotliEncoderCompress(BROTLI_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, in.len, (const uint8_t *)in.ptr, &bound,
                               (uint8_t *)out->ptr))
        return -1;
    out->len = bound;
    return 0;
}

static const struct {
    struct view name;
    int (*compress)(struct view in, struct buf *out);
} algorithms[] = {{{"gzip", 4}, with_gzip}, {{"deflate", 7}, with_deflate}, {{"zstd", 4}, with_zstd}, {{"br", 2}, with_brotli}};

static bool apply(struct http_op *op, struct view name) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(HTTP_REQUEST_BODY_BYTES_MAX);

    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        if (!view_eq(algorithms[i].name, name))
            continue;
        if (algorithms[i].compress(op->request.body, &out) < 0) {
            http_op_fail(op, 0, "the body cannot be compressed");
            return false;
        }
        op->request.body = arena_copy(http_fetch_arena(op->fetch), buf_view(&out));
        return true;
    }
    http_op_fail(op, 0, "unknown compression algorithm %.*s, supported algorithms are [gzip deflate zstd br]", VIEW_ARGS(name));
    return false;
}

void http_compress(struct http_op *op, JSValueConst v) {
    struct arena *a = http_fetch_arena(op->fetch);
    struct view text;
    bool ok = true;

    if (!JS_IsString(v) || !js_text(op->vu->ctx, v, &text))
        return;
    struct view named = arena_copy(a, text);
    js_text_free(op->vu->ctx, text);
    if (!named.len)
        return;
    for (struct view rest = named; ok && rest.ptr;)
        ok = apply(op, view_trim(view_cut(&rest, ',', NULL)));
    if (!ok || !op->request.has_body)
        return;
    /* One more header: a copy of the list, with room. */
    struct http_header *list = arena_calloc(a, op->request.header_count + 1, sizeof *list);
    if (!list)
        return;
    if (op->request.header_count)
        memcpy(list, op->request.headers, op->request.header_count * sizeof *list);
    list[op->request.header_count++] = (struct http_header){VIEW("Content-Encoding"), named};
    op->request.headers = list;
}
