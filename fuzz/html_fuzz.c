/* A selector (first line) on a page (the rest): every node is walked, matched and written out.
 * links: ht_script_js */
#include "script/js/html/css_selector.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view page = view_of((const char *)data, size);
    struct view selector = view_cut(&page, '\n', NULL);
    struct html_document *d = html_document_new(page, VIEW(""));
    struct buf out = BUF_MAX(64 << 20);
    struct arena arena;

    arena_init(&arena, 1 << 20);
    const struct css_selector *s = css_selector_parse(&arena, selector);
    const GumboNode *root = html_document_root(d);
    for (const GumboNode *n = root; (n = html_next(n, root));) {
        if (html_sibling(n, 1) && html_sibling(html_sibling(n, 1), -1) != n)
            abort();
        if (!html_contains(root, n) || (css_selector_matches(s, n) && !html_is_element(n)))
            abort();
    }
    if (html_inner(root, &out) < 0 || html_text(root, &out) < 0)
        abort();
    buf_deinit(&out);
    arena_deinit(&arena);
    html_document_unref(d);
    return 0;
}
