#include "target/html.h"
#include <stdio.h>

enum { HTML_PIECE_MAX = 4096 };

void html_add(struct html *h, const char *fmt, ...) {
    char piece[HTML_PIECE_MAX];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(piece, sizeof piece, fmt, args);
    va_end(args);
    if (h->error == 0)
        h->error = len < 0 || len >= HTML_PIECE_MAX ? ERROR_LIMIT : buf_append(h->out, piece, (size_t)len);
}

void html_add_text(struct html *h, struct view text) {
    for (size_t i = 0; h->error == 0 && i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
            html_add(h, "&#%d;", c);
        else
            h->error = buf_append_byte(h->out, c);
    }
}
