/* A URL with `undefined` in it, a property that no answer has, a check that never passes though the answers
 * it reads are good ones. Checks that fail at times are the target's matter. */
#include "diagnosis/lints.h"

#include "diagnosis/collector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHECK_FAILED_MIN = 5 };

static void shown(struct view object, char out[DIAGNOSIS_NAME_MAX]) {
    struct view rest = object, method = view_cut(&rest, ' ', NULL);
    collector_endpoint(method, rest, out);
}

static void keep(struct diagnosis_lint *out, size_t *n, size_t max, double count, const char *text) {
    for (size_t i = 0; i < *n; i++)
        if (strcmp(out[i].text, text) == 0) {
            out[i].count += count;
            return;
        }
    if (*n == max)
        return;
    out[*n].count = count;
    snprintf(out[(*n)++].text, DIAGNOSIS_TEXT_MAX, "%s", text);
}

static bool passes_somewhere(const struct evidence_store *s, struct view check) {
    for (size_t i = 0; i < evidence_store_count(s); i++) {
        struct evidence e = evidence_store_at(s, i);
        if (e.kind == EVIDENCE_CHECK_PASSED && e.count && view_eq(e.subject, check))
            return true;
    }
    return false;
}

/* What a failing check read instead, if that is a good answer. */
static struct view read_instead(const struct evidence_store *s, const struct evidence *check) {
    for (size_t i = 0; i < evidence_store_count(s); i++) {
        struct evidence e = evidence_store_at(s, i);
        if (e.kind == EVIDENCE_CHECK_READ && e.count && view_eq(e.subject, check->subject) &&
            view_eq(e.object, check->object) && view_starts_with(e.detail, VIEW("status=2")))
            return e.detail;
    }
    return VIEW_NULL;
}

static void lint_one(const struct evidence_store *s, const struct evidence *e, struct diagnosis_lint *out,
    size_t *n, size_t max) {
    char text[DIAGNOSIS_TEXT_MAX] = "", endpoint[DIAGNOSIS_NAME_MAX];
    shown(e->object, endpoint);
    if (e->kind == EVIDENCE_URL_SUSPECT)
        snprintf(text, sizeof text, "A URL contains \"%.*s\": %s was asked for (%.*s).",
            VIEW_ARGS(view_take(e->subject, 40)), endpoint, VIEW_ARGS(view_take(view_after_last(e->detail, '/'), 100)));
    else if (e->kind == EVIDENCE_CHECK_FAILED && e->count >= CHECK_FAILED_MIN &&
             !passes_somewhere(s, e->subject)) {
        struct view read = read_instead(s, e);
        if (read.len)
            snprintf(text, sizeof text,
                "The check \"%.*s\" never passes on %s though the answers are good: it read %.*s.",
                VIEW_ARGS(view_take(e->subject, 120)), endpoint, VIEW_ARGS(view_take(read, 60)));
    }
    if (text[0])
        keep(out, n, max, (double)e->count, text);
}

static int by_count(const void *a, const void *b) {
    const struct diagnosis_lint *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

size_t lints_of(const struct evidence_store *s, struct diagnosis_lint *out, size_t max) {
    size_t n = 0;
    for (size_t i = 0; i < evidence_store_count(s); i++) {
        struct evidence e = evidence_store_at(s, i);
        if (e.count)
            lint_one(s, &e, out, &n, max);
    }
    if (n)
        qsort(out, n, sizeof *out, by_count);
    return n;
}
