#include "target/form.h"
#include "core/hex.h"

size_t form_decode(struct view v, char *out, size_t out_size) {
    size_t used = 0;
    for (size_t i = 0; i < v.len && used + 1 < out_size; i++) {
        char c = v.ptr[i] == '+' ? ' ' : v.ptr[i];
        if (c == '%' && i + 2 < v.len && hex_digit(v.ptr[i + 1]) >= 0 && hex_digit(v.ptr[i + 2]) >= 0) {
            c = (char)(hex_digit(v.ptr[i + 1]) * 16 + hex_digit(v.ptr[i + 2]));
            i += 2;
        }
        out[used++] = c;
    }
    out[used] = '\0';
    return used;
}

size_t form_find(struct view form, const char *name, char *out, size_t out_size) {
    size_t len = 0;
    out[0] = '\0';
    while (form.ptr && len == 0) {
        struct view value = view_cut(&form, '&', NULL);
        struct view key = view_cut(&value, '=', NULL);
        if (view_eq(key, view_of_cstr(name)))
            len = form_decode(value, out, out_size);
    }
    return len;
}
