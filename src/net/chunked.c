/* A state machine over bytes for the small parts (sizes, line ends, trailers), memcpy for the data. A size line is at most
 * HTTP_CHUNK_LINE_BYTES_MAX bytes; more than 15 hex digits would overflow and are refused. */
#include "net/chunked.h"

#include "net/http_client.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int end_of_size_line(struct chunked *c) {
    if (!c->size_digits)
        return ERROR_SYNTAX;
    c->state = c->left > 0 ? CHUNKED_DATA : CHUNKED_TRAILER;
    c->line_len = 0;
    c->size_digits = c->in_extension = false;
    return 0;
}

static int feed_size(struct chunked *c, char ch) {
    if (++c->line_len > HTTP_CHUNK_LINE_BYTES_MAX)
        return ERROR_LIMIT;
    char before = c->last;
    c->last = ch;
    if (ch == '\n')
        return end_of_size_line(c);
    if (before == '\r' && c->line_len > 1)
        return ERROR_SYNTAX; /* CR without LF */
    if (ch == '\r' || c->in_extension)
        return 0;
    if (ch == ';' || ch == ' ' || ch == '\t') {
        c->in_extension = true;
        return c->size_digits ? 0 : ERROR_SYNTAX;
    }
    int v = hex_value(ch);
    if (v < 0 || c->left >> 56)
        return ERROR_SYNTAX;
    c->left = c->left << 4 | (uint64_t)v;
    c->size_digits = true;
    return 0;
}

static int feed_trailer(struct chunked *c, char ch) {
    if (++c->trailer_len > CHUNKED_TRAILER_BYTES_MAX)
        return ERROR_LIMIT;
    if (ch == '\n') {
        if (c->line_len == 0)
            c->state = CHUNKED_DONE;
        c->line_len = 0;
    } else if (ch != '\r') {
        c->line_len++;
    }
    return 0;
}

static int feed_data(struct chunked *c, struct view in, struct buf *out, size_t *used, uint64_t *data_len) {
    size_t n = c->left < in.len ? (size_t)c->left : in.len;
    int r = out ? buf_append(out, in.ptr, n) : 0;
    if (r < 0)
        return r;
    if (data_len)
        *data_len += n;
    c->left -= n;
    *used += n;
    if (c->left == 0)
        c->state = CHUNKED_DATA_CR;
    return 0;
}

static int feed_byte(struct chunked *c, char ch) {
    switch (c->state) {
    case CHUNKED_SIZE: return feed_size(c, ch);
    case CHUNKED_TRAILER: return feed_trailer(c, ch);
    case CHUNKED_DATA_CR:
        if (ch == '\r') {
            c->state = CHUNKED_DATA_LF;
            return 0;
        } /* fall through: a bare LF is taken as the line end */
        __attribute__((fallthrough));
    case CHUNKED_DATA_LF:
        if (ch != '\n')
            return ERROR_SYNTAX;
        c->state = CHUNKED_SIZE;
        c->last = 0;
        return 0;
    default: return 0;
    }
}

int chunked_feed(struct chunked *c, struct view in, struct buf *out, size_t *used, uint64_t *data_len) {
    int r = 0;
    *used = 0;
    while (r == 0 && *used < in.len && c->state != CHUNKED_DONE) {
        if (c->state == CHUNKED_DATA)
            r = feed_data(c, view_drop(in, *used), out, used, data_len);
        else
            r = feed_byte(c, in.ptr[(*used)++]);
    }
    return r;
}
