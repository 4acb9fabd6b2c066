/* One row per module that we carry; the version in the URL is ignored. */
#include "script/js/jslib.h"

/* Embedded files of jslib/. */
#define JSLIB(X)                       \
    X("formdata", jslib_formdata_js)   \
    X("httpx", jslib_httpx_js)         \
    X("k6-summary", jslib_k6_summary_js) \
    X("k6-utils", jslib_k6_utils_js)   \
    X("papaparse", jslib_papaparse_js) \
    X("url", jslib_url_js)

#define JSLIB_EXTERN(name, symbol) extern const char symbol[]; extern const size_t symbol##_size;
JSLIB(JSLIB_EXTERN)
#undef JSLIB_EXTERN

struct jslib_row {
    const char *name;
    const char *text;
    const size_t *size;
};

static const struct jslib_row rows[] = {
#define JSLIB_ROW(name, symbol) {name, symbol, &symbol##_size},
    JSLIB(JSLIB_ROW)
#undef JSLIB_ROW
};

/* https://jslib.k6.io/NAME/VERSION/index.js */
bool jslib_find(struct view url, struct view *source) {
    struct view host = VIEW("https://jslib.k6.io/"), rest;
    bool version, file;

    if (!view_starts_with(url, host))
        return false;
    rest = view_drop(url, host.len);
    struct view name = view_cut(&rest, '/', &version);
    view_cut(&rest, '/', &file);
    rest = view_cut(&rest, '?', NULL);
    if (!version || !file || !view_eq(rest, VIEW("index.js")))
        return false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (view_eq(name, view_of_cstr(rows[i].name))) {
            *source = view_of(rows[i].text, *rows[i].size);
            return true;
        }
    return false;
}
