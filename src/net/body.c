/* Small bodies of known length go straight to the arena (one copy, no malloc); larger and chunked ones into a buffer that grows
 * with what really came, so that a lying Content-Length costs nothing. */
#include "net/body.h"

#include <errno.h>

static bool has_no_body(int status) {
    return status < 200 || status == 204 || status == 304;
}

int body_init(struct body *b, const struct http_head *head, bool head_request, bool discard, size_t max_bytes, struct arena *arena) {
    *b = (struct body){.discard = discard, .max = discard ? SIZE_MAX : max_bytes, .buf = BUF_MAX(max_bytes)};
    if (head_request || has_no_body(head->status)) {
        b->done = true;
        return 0;
    }
    if (head->chunked) {
        b->kind = BODY_CHUNKED;
        return 0;
    }
    if (head->content_length < 0) {
        b->kind = BODY_UNTIL_CLOSE;
        return 0;
    }
    b->kind = BODY_LENGTH;
    b->left = (uint64_t)head->content_length;
    b->done = b->left == 0;
    if (discard || b->left > BODY_IN_ARENA_MAX)
        return 0;
    b->fixed = arena_alloc(arena, (size_t)b->left + 1);
    if (!b->fixed)
        return -ENOMEM;
    b->fixed[0] = 0;
    return 0;
}

void body_deinit(struct body *b) {
    buf_deinit(&b->buf);
}

static int store(struct body *b, struct view in) {
    if (b->wire_bytes + in.len > b->max)
        return ERROR_LIMIT;
    b->wire_bytes += in.len;
    if (b->discard)
        return 0;
    if (!b->fixed)
        return buf_append_view(&b->buf, in);
    memcpy(b->fixed + b->fixed_len, in.ptr, in.len);
    b->fixed_len += in.len;
    b->fixed[b->fixed_len] = 0;
    return 0;
}

static int feed_chunked(struct body *b, struct view in, size_t *used, struct error *err) {
    int r = chunked_feed(&b->chunked, in, b->discard ? NULL : &b->buf, used, &b->wire_bytes);

    if (r == 0 && b->wire_bytes > b->max) {
        b->chunked.state = CHUNKED_DATA; /* whose limit it was */
        r = ERROR_LIMIT;
    }
    if (r == ERROR_SYNTAX)
        error_set(err, r, "%s", b->chunked.state == CHUNKED_SIZE ? "invalid byte in chunk length" : "malformed chunked encoding");
    b->done = chunked_done(&b->chunked);
    return r;
}

int body_feed(struct body *b, struct view in, size_t *used, struct error *err) {
    size_t n = in.len;

    *used = 0;
    if (b->done)
        return 0;
    if (b->kind == BODY_CHUNKED)
        return feed_chunked(b, in, used, err);
    if (b->kind == BODY_LENGTH && n > b->left)
        n = (size_t)b->left;
    int r = store(b, view_take(in, n));
    if (r < 0)
        return r;
    *used = n;
    if (b->kind == BODY_LENGTH) {
        b->left -= n;
        b->done = b->left == 0;
    }
    return 0;
}

int body_end(struct body *b) {
    if (b->kind == BODY_UNTIL_CLOSE)
        b->done = true;
    return b->done ? 0 : ERROR_CLOSED;
}

void body_drop(struct body *b) {
    buf_clear(&b->buf);
    b->fixed_len = 0;
}

struct view body_view(const struct body *b) {
    if (b->kind == BODY_NONE || b->discard)
        return VIEW_NULL;
    if (b->fixed)
        return view_of(b->fixed, b->fixed_len);
    return b->buf.ptr ? buf_view(&b->buf) : VIEW("");
}
