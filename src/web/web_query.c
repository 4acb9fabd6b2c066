#include "web/web_form.h"
#include "web/web_priv.h"

#include <errno.h>

struct view web_query_text(const struct web_request *q, const char *key) {
    const char *text = web_form_text(q->query, key);

    return text ? view_of_cstr(text) : VIEW_NULL;
}

bool web_query_i64(
    struct web_request *q, const char *key, int64_t fallback, int64_t low, int64_t high, int64_t *out) {
    struct view text = web_query_text(q, key);
    double number;

    *out = fallback;
    if (!text.len)
        return true;
    /* A chart's edges are no whole seconds. */
    if (!view_to_i64(text, out) && view_to_double(text, &number) && number >= (double)low &&
        number <= (double)high)
        *out = (int64_t)number;
    else if (!view_to_i64(text, out) || *out < low || *out > high) {
        (void)web_reply_error(&q->reply, "invalid", "%s=%.40s: a number from %lld to %lld is wanted", key,
            text.ptr, (long long)low, (long long)high);
        return false;
    }
    return true;
}

int web_query_fail(struct web_request *q, const struct error *err) {
    return web_reply_error(&q->reply, "internal", "%s", err->text[0] ? err->text : error_name(err->code));
}

struct ledger *web_query_ledger(struct web_request *q) {
    struct web *w = q->web;
    struct error err = ERROR_NULL;

    if (*q->ledger)
        return *q->ledger;
    if (!w->ledger_path)
        (void)web_reply_error(&q->reply, "not_found", "No runs are kept here: the ledger is switched off.");
    else if (ledger_open(q->ledger, w->ledger_path, LEDGER_READ, &err) == -ENOENT)
        (void)web_reply_error(&q->reply, "no_run", "No run was kept yet.");
    else if (err.code)
        (void)web_query_fail(q, &err);
    return *q->ledger;
}

int64_t web_query_run(struct web_request *q) {
    int64_t run = q->place.current ? q->run : q->place.run;

    if (run == 0)
        (void)web_reply_error(&q->reply, "no_run", "There was no run yet since this program was started.");
    return run;
}
