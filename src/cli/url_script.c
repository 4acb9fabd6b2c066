#include "cli/url_script.h"

#include <string.h>

#include "core/json_writer.h"

int url_script_take(struct k6_script *s, struct buf *text, struct error *err) {
    const char *url = s->call->flags.args[0];

    if (!strstr(url, "://"))
        return 0;
    int r =
        buf_append_view(text, VIEW("import http from 'k6/http';\nexport default function () { http.get("));
    r = r < 0 ? r : json_append_string(text, view_of_cstr(url), false);
    r = r < 0 ? r : buf_append_view(text, VIEW("); }\n"));
    s->source.path = view_of_cstr(url);
    s->source.text = buf_view(text);
    return r < 0 ? error_set(err, r, "the URL is too long") : 0;
}
