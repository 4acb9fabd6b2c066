#include "web/web_form.h"

#include <errno.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/hex.h"

static int decode(struct view text, struct buf *out) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i] == '+' ? ' ' : text.ptr[i];
        if (c == '%') {
            bool whole = text.len - i > 2;
            int high = whole ? hex_digit(text.ptr[i + 1]) : -1, low = whole ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return ERROR_SYNTAX;
            c = (char)(high << 4 | low);
            i += 2;
        }
        int r = c == '\0' ? ERROR_SYNTAX : buf_append_byte(out, c);
        if (r < 0)
            return r;
    }
    return 0;
}

int web_form_add(json_t *into, struct view key, struct view value) {
    json_t *text = json_stringn(value.ptr ? value.ptr : "", value.len);
    json_t *name = json_stringn(key.ptr ? key.ptr : "", key.len); /* checks that it is UTF-8 */
    int r = text && name ? 0 : ERROR_SYNTAX;

    if (r == 0 && json_object_size(into) >= WEB_FORM_FIELDS_MAX)
        r = ERROR_LIMIT;
    json_t *before = r == 0 ? json_object_get(into, json_string_value(name)) : NULL;
    if (r < 0) {
        json_decref(text);
    } else if (json_is_array(before)) {
        r = json_array_size(before) >= WEB_FORM_FIELDS_MAX ? ERROR_LIMIT : 0;
        if (r < 0)
            json_decref(text);
        else
            r = json_array_append_new(before, text) < 0 ? -ENOMEM : 0;
    } else if (before) {
        json_t *list = json_array();
        r = list && json_array_append(list, before) == 0 && json_array_append(list, text) == 0 ? 0 : -ENOMEM;
        json_decref(text);
        if (r == 0)
            r = json_object_set(into, json_string_value(name), list) < 0 ? -ENOMEM : 0;
        json_decref(list);
    } else {
        r = json_object_set_new(into, json_string_value(name), text) < 0 ? -ENOMEM : 0;
    }
    json_decref(name);
    return r;
}

static int parse_field(struct view field, json_t *into) {
    struct buf key CLEANUP(buf_deinit) = BUF_MAX(WEB_FORM_TEXT_MAX),
                   value CLEANUP(buf_deinit) = BUF_MAX(WEB_FORM_TEXT_MAX);
    struct view rest = field, name = view_cut(&rest, '=', NULL);
    int r = decode(name, &key);

    r = r < 0 ? r : decode(rest, &value);
    return r < 0 ? r : web_form_add(into, buf_view(&key), buf_view(&value));
}

int web_form_parse(struct view text, json_t *into) {
    int r = 0;

    while (text.len && r == 0) {
        struct view field = view_cut(&text, '&', NULL);
        r = field.len ? parse_field(field, into) : 0;
    }
    return r;
}

const char *web_form_text(const json_t *form, const char *key) {
    const json_t *v = json_object_get(form, key);

    if (json_is_array(v))
        v = json_array_get(v, json_array_size(v) - 1);
    return json_string_value(v);
}
