#include "trace/span_text.h"

#include <ctype.h>
#include <math.h>

static struct view attribute(const struct otlp_span *s, struct view key) {
    return otlp_find(s->attributes, s->attribute_count, key);
}

static struct view first_of(const struct otlp_span *s, const struct view *keys, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct view v = attribute(s, keys[i]);
        if (v.len)
            return v;
    }
    return VIEW_NULL;
}

static const struct view systems[] = {{"db.system.name", 14}, {"db.system", 9}};
static const struct view statements[] = {{"db.query.text", 13}, {"db.statement", 12}, {"db.query.summary", 16}};
static const struct view calls[] = {{"http.request.method", 19}, {"http.method", 11}, {"rpc.system", 10}, {"url.full", 8}, {"http.url", 8}};
static const struct view sizes[] = {{"http.response.body.size", 23}, {"http.response_content_length", 28}, {"http.response.size", 18}};

static bool is_cache(struct view system) {
    static const struct view caches[] = {{"redis", 5}, {"memcached", 9}, {"valkey", 6}, {"dragonfly", 9}, {"keydb", 5}};

    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
        if (view_eq_nocase(system, caches[i]))
            return true;
    return false;
}

enum trace_kind span_text_kind(const struct otlp_span *s) {
    struct view system = first_of(s, systems, sizeof systems / sizeof *systems);

    if (system.len)
        return is_cache(system) ? TRACE_CACHE : TRACE_DATABASE;
    if (s->kind == OTLP_KIND_SERVER || s->kind == OTLP_KIND_CONSUMER)
        return TRACE_SERVER;
    if (s->kind == OTLP_KIND_CLIENT && first_of(s, calls, sizeof calls / sizeof *calls).len)
        return TRACE_HTTP_CLIENT;
    return TRACE_OTHER;
}

struct view span_text_statement(const struct otlp_span *s) {
    struct view text = first_of(s, statements, sizeof statements / sizeof *statements);

    return text.len ? text : s->name;
}

double span_text_response_bytes(const struct otlp_span *s) {
    double bytes;

    return view_to_double(first_of(s, sizes, sizeof sizes / sizeof *sizes), &bytes) && bytes >= 0 ? bytes : NAN;
}

/* --- statements --- */

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* Behind a quoted text that begins at i; doubled quotes and backslashes belong to it. */
static size_t skip_quoted(struct view v, size_t i) {
    char quote = v.ptr[i++];

    for (; i < v.len; i++) {
        if (v.ptr[i] == '\\')
            i++;
        else if (v.ptr[i] == quote && !(i + 1 < v.len && v.ptr[i + 1] == quote))
            return i + 1;
        else if (v.ptr[i] == quote)
            i++;
    }
    return v.len;
}

/* Behind a literal or placeholder that begins at i; i when there is none: 'text', 12.5, ?1, $1, %s, %(name)s. (:name stays: it is the
 * same in every request.) */
static size_t skip_literal(struct view v, size_t i) {
    char c = v.ptr[i], next = i + 1 < v.len ? v.ptr[i + 1] : 0;
    bool inside = i > 0 && is_word(v.ptr[i - 1]);

    if (c == '\'')
        return skip_quoted(v, i);
    if (c == '%' && next == 's')
        return i + 2;
    if (c == '%' && next == '(') {
        ptrdiff_t end = view_find(view_drop(v, i), ')');
        return end > 0 && i + (size_t)end + 1 < v.len ? i + (size_t)end + 2 : i;
    }
    bool number = isdigit((unsigned char)c) && !inside;
    if (!number && c != '?' && !(c == '$' && isdigit((unsigned char)next)))
        return i;
    for (i++; i < v.len && (is_word(v.ptr[i]) || (number && v.ptr[i] == '.')); i++)
        continue;
    return i;
}

static char last_of(const struct buf *b) {
    return b->len ? b->ptr[b->len - 1] : 0;
}

/* "?, ?" is "?": lists differ in length from request to request. */
static int append_mark(struct buf *out) {
    size_t n = out->len;

    while (n && (out->ptr[n - 1] == ' ' || out->ptr[n - 1] == ','))
        n--;
    if (n < out->len && n && out->ptr[n - 1] == '?' && memchr(out->ptr + n, ',', out->len - n)) {
        out->len = n;
        out->ptr[n] = 0;
        return 0;
    }
    return buf_append_byte(out, '?');
}

int span_text_normalise(struct view v, size_t max, struct buf *out) {
    int rc = 0;

    v = view_trim(v);
    for (size_t i = 0; i < v.len && rc == 0 && out->len < max;) {
        size_t end = skip_literal(v, i);
        char c = v.ptr[i];
        if (end > i) {
            rc = append_mark(out);
            i = end;
        } else if (isspace((unsigned char)c)) {
            rc = last_of(out) == ' ' ? 0 : buf_append_byte(out, ' ');
            i++;
        } else {
            rc = buf_append_byte(out, c);
            i++;
        }
    }
    while (rc == 0 && last_of(out) == ' ')
        out->ptr[--out->len] = 0;
    return rc == ERROR_LIMIT ? 0 : rc;
}
