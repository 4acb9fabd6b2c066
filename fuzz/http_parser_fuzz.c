/* Response heads: the head is found at the same place in one piece and byte by byte; parsing never reads beyond it. */
#include "net/body.h"
#include "net/http_head.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_length(struct view all, size_t length) {
    size_t scanned = 0, found = 0;

    for (size_t n = 0; n <= all.len && !found && all.len < 2000; n++)
        found = http_head_length(view_take(all, n), &scanned);
    if (all.len < 2000 && found != length)
        abort();
}

static void check_parts(const struct http_head *h, struct view head) {
    for (size_t i = 0; i < h->header_count; i++) {
        struct http_header f = h->headers[i];
        if (f.name.len == 0 || f.name.ptr < head.ptr || f.value.ptr + f.value.len > head.ptr + head.len)
            abort();
    }
    if (h->status < 0 || h->status > 999)
        abort();
}

static void feed_body(const struct http_head *h, struct view rest, struct arena *arena) {
    struct body b;
    struct error err;
    size_t used;

    if (body_init(&b, h, false, false, 1 << 20, arena) == 0 && body_feed(&b, rest, &used, &err) == 0) {
        if (used > rest.len || (!b.done && used != rest.len))
            abort();
        if (body_end(&b) == 0 && body_view(&b).len > rest.len)
            abort();
    }
    body_deinit(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view all = view_of((const char *)data, size);
    struct arena arena;
    struct http_head h;
    struct error err;
    size_t scanned = 0, length = http_head_length(all, &scanned);

    check_length(all, length);
    arena_init(&arena, 64 << 20);
    struct view head = arena_copy(&arena, view_take(all, length ? length : size));
    if (http_head_parse(head, &arena, &h, &err) == 0) {
        check_parts(&h, head);
        feed_body(&h, view_drop(all, head.len), &arena);
    }
    arena_deinit(&arena);
    return 0;
}
