#include "report/html_report.h"

extern const char embed_report_html[];
extern const size_t embed_report_html_size;

/* Where the template holds the data. */
#define DATA_MARK "@RUN@"

int html_report_write(struct view document, struct buf *out) {
    struct view page = view_of(embed_report_html, embed_report_html_size);
    ptrdiff_t at = view_find_view(page, VIEW(DATA_MARK));

    if (at < 0)
        return ERROR_SYNTAX;
    int r = buf_append_view(out, view_take(page, (size_t)at));
    r = r < 0 ? r : buf_append_view(out, document);
    return r < 0 ? r : buf_append_view(out, view_drop(page, (size_t)at + sizeof DATA_MARK - 1));
}
