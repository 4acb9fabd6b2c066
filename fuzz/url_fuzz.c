/* A URL and, after a line feed, a reference: what parses can be formatted, and parses again to the same text. */
#include "net/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct url *u, struct arena *arena) {
    struct url again;
    struct error err;
    struct view text = url_format(u, URL_USERINFO, arena);

    if (!text.ptr || u->path.len == 0 || u->path.ptr[0] != '/')
        abort();
    if (text.len > URL_BYTES_MAX)
        return; /* encoding made it longer */
    if (url_parse(text, arena, &again, &err) < 0 || !view_eq(url_format(&again, URL_USERINFO, arena), text) || again.port != u->port)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view rest = view_of((const char *)data, size), text = view_cut(&rest, '\n', NULL);
    struct arena arena;
    struct url u, other;
    struct error err;

    arena_init(&arena, 16 << 20);
    if (url_parse(text, &arena, &u, &err) == 0) {
        check_round_trip(&u, &arena);
        if (rest.ptr && url_resolve(&u, rest, &arena, &other, &err) == 0)
            check_round_trip(&other, &arena);
    }
    (void)url_percent_decode(text, &arena);
    arena_deinit(&arena);
    return 0;
}
