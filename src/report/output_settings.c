#include "report/output_settings.h"

#include <stdlib.h>

#include "core/duration.h"

struct view setting_text(const char *name, struct view fallback) {
    struct view v = view_of_cstr(getenv(name));
    return v.len ? v : fallback;
}

int setting_bool(const char *name, bool *value, struct error *err) {
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"}, *const no[] = {"0", "f", "F",
                                                                                  "false", "FALSE", "False"};
    struct view v = setting_text(name, VIEW_NULL);
    if (!v.len)
        return 0;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (!view_eq(v, view_of_cstr(yes[i])) && !view_eq(v, view_of_cstr(no[i])))
            continue;
        *value = view_eq(v, view_of_cstr(yes[i]));
        return 0;
    }
    return error_set(err, ERROR_INVALID, "%s must be true or false, not '%.*s'", name, VIEW_ARGS(v));
}

int setting_duration_parse(const char *name, struct view text, int64_t *value, struct error *err) {
    struct error why = ERROR_NULL;
    int64_t ns;
    if (duration_parse(text, true, true, &ns, &why) < 0)
        return error_set(err, ERROR_INVALID, "%s: %s", name, why.text);
    if (ns < 1000)
        return error_set(
            err, ERROR_INVALID, "%s must be longer than nothing, not '%.*s'", name, VIEW_ARGS(text));
    *value = ns / 1000;
    return 0;
}

int setting_duration_us(const char *name, int64_t *value, struct error *err) {
    struct view v = setting_text(name, VIEW_NULL);
    return v.len ? setting_duration_parse(name, v, value, err) : 0;
}

int setting_headers(const char *name, char pair, struct view text, struct http_header *headers, size_t max,
    size_t *count, struct error *err) {
    while (text.len) {
        bool found;
        struct view value = view_cut(&text, ',', NULL), key = view_trim(view_cut(&value, pair, &found));
        if (!found || !key.len)
            return error_set(
                err, ERROR_INVALID, "%s: '%.*s' is no header: write NAME%cVALUE", name, VIEW_ARGS(key), pair);
        if (*count == max)
            return error_set(err, ERROR_LIMIT, "%s: at most %zu headers", name, max);
        headers[(*count)++] = (struct http_header){key, view_trim(value)};
    }
    return 0;
}

const char *setting_prefix(const struct plan *p) {
    return p && plan_holds_users(p) ? "locust_" : "k6_";
}
