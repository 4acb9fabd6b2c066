/* An id in a path is a segment of digits, or of at least ID_HEX_MIN hexadecimal digits and dashes. */
#include "report/lint_endpoint.h"

#include <ctype.h>

#include "core/utf8.h"

enum { ID_HEX_MIN = 16 };

struct view lint_clean(struct arena *a, struct view text) {
    struct view copy = arena_copy(a, text);
    char *p = (char *)(uintptr_t)copy.ptr;
    if (!p)
        return VIEW_NULL;
    for (struct view rest = copy; rest.len;) {
        char *at = p + (copy.len - rest.len);
        int32_t c = utf8_decode(&rest);
        size_t n = (size_t)(rest.ptr ? rest.ptr - at : p + copy.len - at);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            memset(at, c == '\t' ? ' ' : '?', n);
    }
    return copy;
}

struct view lint_endpoint_host(struct view endpoint) {
    ptrdiff_t scheme = view_find_view(endpoint, VIEW("://"));
    if (scheme < 0)
        return VIEW("");
    size_t begin = (size_t)scheme, end = (size_t)scheme + 3;
    while (begin > 0 && isalnum((unsigned char)endpoint.ptr[begin - 1]))
        begin--;
    while (end < endpoint.len && !strchr("/?#", endpoint.ptr[end]))
        end++;
    return view_of(endpoint.ptr + begin, end - begin);
}

static bool is_id(struct view segment) {
    size_t digits = 0, hex = 0;
    for (size_t i = 0; i < segment.len; i++) {
        digits += isdigit((unsigned char)segment.ptr[i]) != 0;
        hex += isxdigit((unsigned char)segment.ptr[i]) || segment.ptr[i] == '-';
    }
    return segment.len > 0 && (digits == segment.len || (hex == segment.len && hex >= ID_HEX_MIN && digits > 0));
}

static int append_path(struct view path, struct buf *out) {
    bool more = true, first = true;
    int r = 0;
    while (more && r >= 0) {
        struct view segment = view_cut(&path, '/', &more);
        r = first ? 0 : buf_append_byte(out, '/');
        first = false;
        r = r < 0 ? r : is_id(segment) ? buf_append(out, "{id}", 4) : buf_append_view(out, segment);
    }
    return r;
}

struct view lint_endpoint(struct arena *a, struct view endpoint, struct view host) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    ptrdiff_t at = view_find_view(endpoint, VIEW("://"));
    if (at < 0)
        return lint_clean(a, endpoint);
    struct view own = lint_endpoint_host(endpoint), method = view_of(endpoint.ptr, (size_t)(own.ptr - endpoint.ptr));
    struct view rest = view_drop(endpoint, method.len + own.len), path = rest;
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] != '?' && rest.ptr[i] != '#')
            continue;
        path = view_take(rest, i);
        break;
    }
    int r = buf_append_view(&text, method);
    if (r >= 0 && (!host.len || !view_eq(host, own)))
        r = buf_append_view(&text, own);
    r = r < 0 ? r : append_path(path.len ? path : VIEW("/"), &text);
    return r < 0 ? VIEW_NULL : lint_clean(a, buf_view(&text));
}
