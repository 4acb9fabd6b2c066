/* Text that says it is TypeScript. Whatever it is: an answer comes soon, errors say where, and every line
 * stays a line. What comes out is plain JavaScript, so it can be erased once more, or fails with an error of
 * the same kind.
 *
 * links: ht_script_js */
#include "script/js/import_names.h"
#include "script/js/typescript/typescript.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t lines(struct view text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

static void check_error(int r, const struct error *err) {
    if (r != ERROR_SYNTAX || !view_starts_with(view_of_cstr(err->text), VIEW("Line ")))
        abort();
}

static void check_imports(struct view text) {
    struct loader l;
    struct source *s;

    loader_init(&l);
    if (loader_add(&l, VIEW("file:///fuzz.ts"), text, SOURCE_MODULE, &s) == 0 &&
        import_names_read(s, s->text) < 0 && text.len < IMPORT_NAMES_BYTES_MAX)
        abort();
    (void)loader_is_module(text);
    loader_deinit(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view text = view_of((const char *)data, size);
    struct buf once CLEANUP(buf_deinit) = BUF_MAX((size_t)1 << 28),
                    twice CLEANUP(buf_deinit) = BUF_MAX((size_t)1 << 28);
    struct error err = ERROR_NULL;

    int r = typescript_erase(text, &once, &err);
    if (r < 0) {
        check_error(r, &err);
        return 0;
    }
    if (lines(buf_view(&once)) != lines(text))
        abort();
    err = ERROR_NULL;
    r = typescript_erase(buf_view(&once), &twice, &err);
    if (r < 0)
        check_error(r, &err);
    check_imports(text);
    return 0;
}
