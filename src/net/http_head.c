/* Two passes: find the empty line (memchr, remembered), then cut lines and fields. Headers are counted first, so that the array is
 * allocated once. Folded lines (a line that begins with a blank) are joined to the value before by taking the fold into the view; the
 * line break inside is turned into blanks, which the head's owner allows: it is a private copy. */
#include "net/http_head.h"

#include "net/failure.h"
#include "net/http_client.h"

#include <errno.h>

size_t http_head_length(struct view bytes, size_t *scanned) {
    size_t at = *scanned;
    while (at < bytes.len) {
        const char *lf = memchr(bytes.ptr + at, '\n', bytes.len - at);
        if (!lf)
            break;
        size_t next = (size_t)(lf - bytes.ptr) + 1;
        if (next < bytes.len && bytes.ptr[next] == '\n')
            return next + 1;
        if (next + 1 < bytes.len && bytes.ptr[next] == '\r' && bytes.ptr[next + 1] == '\n')
            return next + 2;
        if (next + 1 >= bytes.len) { /* the line end may be the first half of the empty line */
            *scanned = next - 1;
            return 0;
        }
        at = next;
    }
    *scanned = bytes.len;
    return 0;
}

enum { HTTP_HEAD_QUOTED_MAX = 300 };

static int refuse(struct error *err, const char *what, struct view culprit) {
    char quoted[HTTP_HEAD_QUOTED_MAX];

    return error_set(err, ERROR_SYNTAX, "%s %s", what, failure_quote(culprit, quoted, sizeof quoted));
}

static struct view cut_line(struct view *rest) {
    struct view line = view_cut(rest, '\n', NULL);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int parse_status_line(struct view line, struct http_head *out, struct error *err) {
    struct view rest = line;
    struct view proto = view_cut(&rest, ' ', NULL);
    bool known = proto.len == 8 && view_starts_with(proto, VIEW("HTTP/1.")) && is_digit(proto.ptr[7]);
    if (!known && proto.len >= 7 && view_starts_with(proto, VIEW("HTTP/")))
        return refuse(err, "malformed HTTP version", proto);
    if (!known || !rest.ptr)
        return refuse(err, "malformed HTTP response", line);
    rest = view_trim(rest);
    struct view code = view_cut(&rest, ' ', NULL);
    if (code.len != 3 || !is_digit(code.ptr[0]) || !is_digit(code.ptr[1]) || !is_digit(code.ptr[2]))
        return refuse(err, "malformed HTTP status code", code);
    out->proto = proto;
    out->minor = proto.ptr[7] - '0';
    out->status = (code.ptr[0] - '0') * 100 + (code.ptr[1] - '0') * 10 + (code.ptr[2] - '0');
    out->reason = rest.ptr ? view_trim(rest) : view_of(code.ptr + 3, 0);
    return 0;
}

static const bool name_bytes[256] = {['!' ... '9'] = 1, [';' ... '~'] = 1};

static size_t name_length(struct view line) {
    size_t i = 0;
    while (i < line.len && name_bytes[(unsigned char)line.ptr[i]])
        i++;
    return i;
}

static int note_length(struct view value, struct http_head *out, struct error *err) {
    uint64_t n;
    if (!view_to_u64(value, &n) || n > INT64_MAX)
        return refuse(err, "bad Content-Length", value);
    if (out->content_length >= 0 && out->content_length != (int64_t)n)
        return error_set(err, ERROR_SYNTAX, "http: message cannot contain multiple Content-Length headers");
    out->content_length = (int64_t)n;
    return 0;
}

static void note_connection(struct view value, bool *close, bool *keep) {
    while (value.ptr) {
        struct view token = view_trim(view_cut(&value, ',', NULL));
        *close = *close || view_eq_nocase(token, VIEW("close"));
        *keep = *keep || view_eq_nocase(token, VIEW("keep-alive"));
    }
}

/* What framing and connection handling need from the fields. */
static int note_framing(struct http_head *out, struct error *err) {
    bool close = false, keep = false;
    for (size_t i = 0; i < out->header_count; i++) {
        struct http_header h = out->headers[i];
        int r = 0;
        if (h.name.len == 14 && view_eq_nocase(h.name, VIEW("content-length")))
            r = note_length(h.value, out, err);
        else if (h.name.len == 10 && view_eq_nocase(h.name, VIEW("connection")))
            note_connection(h.value, &close, &keep);
        else if (h.name.len == 17 && view_eq_nocase(h.name, VIEW("transfer-encoding"))) {
            if (!view_eq_nocase(h.value, VIEW("chunked")) || out->chunked)
                return refuse(err, "unsupported transfer encoding:", h.value);
            out->chunked = true;
        }
        if (r < 0)
            return r;
    }
    if (out->chunked)
        out->content_length = -1;
    out->close = close || (out->minor == 0 && !keep);
    return 0;
}

static int parse_field(struct view line, struct http_header *h, struct error *err) {
    size_t n = name_length(line);
    if (n == line.len || line.ptr[n] != ':' || n == 0)
        return refuse(err, view_find(line, ':') < 0 ? "malformed MIME header: missing colon:" : "malformed MIME header line:", line);
    h->name = view_take(line, n);
    h->value = view_trim(view_drop(line, n + 1));
    return 0;
}

static void join_fold(struct http_header *h, struct view line) {
    char *end = (char *)(uintptr_t)(h->value.ptr + h->value.len);
    const char *line_end = line.ptr + line.len;
    for (; end < line.ptr; end++)
        *end = ' ';
    h->value = view_trim(view_of(h->value.ptr, (size_t)(line_end - h->value.ptr)));
}

static size_t count_lines(struct view v) {
    size_t n = 0;
    for (const char *p = v.ptr, *end = v.ptr + v.len; p < end; n++) {
        const char *lf = memchr(p, '\n', (size_t)(end - p));
        if (!lf)
            break;
        p = lf + 1;
    }
    return n;
}

int http_head_parse(struct view head, struct arena *arena, struct http_head *out, struct error *err) {
    *out = (struct http_head){.content_length = -1};
    struct view rest = head;
    int r = parse_status_line(cut_line(&rest), out, err);
    if (r < 0)
        return r;
    size_t lines = rest.ptr ? count_lines(rest) : 0;
    if (lines > HTTP_HEADERS_MAX + 1)
        return error_set(err, ERROR_LIMIT, "the response has more than %d header fields", HTTP_HEADERS_MAX);
    out->headers = arena_alloc(arena, (lines + 1) * sizeof *out->headers);
    if (!out->headers)
        return error_set(err, -ENOMEM, "out of memory");
    while (rest.ptr && rest.len > 0) {
        struct view line = cut_line(&rest);
        if (line.len == 0)
            break;
        if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
            if (out->header_count == 0)
                return refuse(err, "malformed MIME header initial line:", line);
            join_fold(&out->headers[out->header_count - 1], line);
            continue;
        }
        r = parse_field(line, &out->headers[out->header_count], err);
        if (r < 0)
            return r;
        out->header_count++;
    }
    return note_framing(out, err);
}
