/* Escaping runs over spans: bytes that may stand as they are get copied in one go, the rest is replaced. */
#include "target/json_text.h"
#include <stdio.h>

enum { JSON_TEXT_ESCAPE_MAX = 8 };

/* Length of the well-formed UTF-8 sequence at p, 0 if there is none (RFC 3629: no surrogates, no overlong
 * forms). */
static size_t json_text_utf8_len(const unsigned char *p, size_t left) {
    size_t need = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : 4;
    if (need == 1)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < need)
        return 0;
    for (size_t i = 1; i < need; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
               (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : need;
}

static const char *json_text_escape(unsigned char c, char scratch[JSON_TEXT_ESCAPE_MAX]) {
    switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: snprintf(scratch, JSON_TEXT_ESCAPE_MAX, "\\u%04x", c); return scratch;
    }
}

int json_text_append(struct buf *out, struct view text) {
    const unsigned char *p = (const unsigned char *)text.ptr;
    char scratch[JSON_TEXT_ESCAPE_MAX];
    size_t start = 0, at = 0;
    int rc = buf_append_byte(out, '"');

    while (rc == 0 && at < text.len) {
        const char *instead = NULL;
        size_t step = 1;
        if (p[at] < 0x20 || p[at] == '"' || p[at] == '\\')
            instead = json_text_escape(p[at], scratch);
        else if (p[at] >= 0x80 && (step = json_text_utf8_len(p + at, text.len - at)) == 0) {
            instead = "\xef\xbf\xbd";
            step = 1;
        }
        if (instead) {
            rc = at > start ? buf_append(out, text.ptr + start, at - start) : 0;
            if (rc == 0)
                rc = buf_append(out, instead, strlen(instead));
            start = at + step;
        }
        at += step;
    }
    if (rc == 0 && at > start)
        rc = buf_append(out, text.ptr + start, at - start);
    return rc ? rc : buf_append_byte(out, '"');
}
