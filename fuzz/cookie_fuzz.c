/* Lines of Set-Cookie values from one host, stored, sent to others, deleted. */
#include "net/cookie.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void see(void *ctx, const struct cookie *c) {
    size_t *n = ctx;

    if (c->name.len == 0 || c->domain.len == 0 || c->path.len == 0 || c->path.ptr[0] != '/')
        abort();
    ++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct view urls[] = {{"http://www.e.test/a/b", 21}, {"https://e.test/", 15}, {"http://127.0.0.1/x", 18}};
    struct view rest = view_of((const char *)data, size);
    struct arena arena;
    struct cookie_jar *jar;
    struct url url[3];
    struct error err;
    struct cookie c;

    arena_init(&arena, 1 << 20);
    if (cookie_jar_new(&jar) < 0)
        abort();
    for (size_t i = 0; i < 3; i++)
        if (url_parse(urls[i], &arena, &url[i], &err) < 0)
            abort();
    for (size_t i = 0; rest.ptr; i++)
        if (cookie_parse(view_cut(&rest, '\n', NULL), &c) == 0 && cookie_jar_store(jar, &url[i % 3], &c, 1000) < 0)
            abort();
    for (size_t i = 0; i < 3; i++) {
        size_t n = 0;
        cookie_jar_each(jar, &url[i], 1000, see, &n);
        if (n > cookie_jar_count(jar))
            abort();
        cookie_jar_delete(jar, &url[i], VIEW_NULL);
    }
    cookie_jar_free(jar);
    arena_deinit(&arena);
    return 0;
}
