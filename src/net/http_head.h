/* The head of an HTTP/1.x response: status line and header fields. A pure function on bytes. */
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include "core/arena.h"
#include "net/header.h"

struct http_head {
    int status;         /* 100 … 999 */
    int minor;          /* HTTP/1.minor */
    struct view proto;  /* "HTTP/1.1" */
    struct view reason; /* may be empty */
    struct http_header *headers;
    size_t header_count;
    int64_t content_length; /* −1 = not given */
    bool chunked;
    bool close;         /* the server will close after this response */
};

/* Where the head ends in `bytes`: its length with the empty line, or 0 when it is not complete yet. `*scanned` remembers how far earlier
 * calls looked (start with 0), so that a head that comes in drips is not scanned again and again. */
size_t http_head_length(struct view bytes, size_t *scanned);

/* Parses a complete head; fields are views into `head`, the array comes from the arena. 0, ERROR_SYNTAX, ERROR_LIMIT or -ENOMEM, with a
 * sentence in err as Go words it. Tolerated, as Go does: bare LF, missing reason, blanks around values. Refused: no version, a status that is
 * not three digits, a field without colon, blanks in a name, contradicting lengths, an unknown transfer coding. */
int http_head_parse(struct view head, struct arena *arena, struct http_head *out, struct error *err) MUST_USE;

#endif
