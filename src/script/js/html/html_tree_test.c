/* Trees: what is written back, and pages that nest without end. */
#include "script/js/html/html_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *page, *html, *text;
} rows[] = {
    {"<p>a</p><p>b</p>", "<html><head></head><body><p>a</p><p>b</p></body></html>", "ab"},
    {"", "<html><head></head><body></body></html>", ""},
    {"<!DOCTYPE html><p>x", "<!DOCTYPE html><html><head></head><body><p>x</p></body></html>", "x"},
    {"<p title=\"a&quot;'&lt;\">&lt;&amp;'\"&eacute;", "<html><head></head><body><p title=\"a&#34;&#39;&lt;\">&lt;&amp;&#39;&#34;é</p></body></html>", "<&'\"é"},
    {"<script>a<b && \"c\"</script>", "<html><head><script>a<b && \"c\"</script></head><body></body></html>", "a<b && \"c\""},
    {"<br><img src=x>t", "<html><head></head><body><br/><img src=\"x\"/>t</body></html>", "t"},
    {"<!--c--><x-y>1</x-y>", "<!--c--><html><head></head><body><x-y>1</x-y></body></html>", "1"},
    {"<b>1<p>2</b>3</p>", "<html><head></head><body><b>1</b><p><b>2</b>3</p></body></html>", "123"},
    {"<table><tr><td>1</td>x</table>", "<html><head></head><body>x<table><tbody><tr><td>1</td></tr></tbody></table></body></html>", "x1"},
};

static void trees_are_written_as_go_does(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf html = BUF_MAX(1 << 20), text = BUF_MAX(1 << 20);
        struct html_document *d = html_document_new(view_of_cstr(rows[i].page), VIEW(""));
        assert_int_equal(html_inner(html_document_root(d), &html), 0);
        assert_int_equal(html_text(html_document_root(d), &text), 0);
        if (!view_eq(buf_view(&html), view_of_cstr(rows[i].html)))
            fail_msg("%s: %s", rows[i].page, html.ptr);
        if (!view_eq(buf_view(&text), view_of_cstr(rows[i].text)))
            fail_msg("%s: %s", rows[i].page, text.ptr);
        html_document_unref(d);
        buf_deinit(&html);
        buf_deinit(&text);
    }
}

static void deep_pages_need_no_stack(void **state) {
    enum { DEPTH = 20000 };
    struct buf page = BUF_MAX(1 << 20), html = BUF_MAX(1 << 20);
    (void)state;

    for (int i = 0; i < DEPTH; i++)
        assert_int_equal(buf_append_view(&page, VIEW("<i>")), 0);
    struct html_document *d = html_document_new(buf_view(&page), VIEW("")), *other = html_document_ref(d);
    html_document_unref(d);
    size_t count = 0;
    for (const GumboNode *n = html_document_root(other); (n = html_next(n, html_document_root(other)));)
        count += html_is(n, "i");
    assert_int_equal(count, DEPTH);
    assert_int_equal(html_inner(html_document_root(other), &html), 0);
    assert_true(html.len > 7 * (size_t)DEPTH);
    html_document_unref(other);
    buf_deinit(&page);
    buf_deinit(&html);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees_are_written_as_go_does),
        cmocka_unit_test(deep_pages_need_no_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
