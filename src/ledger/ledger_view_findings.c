/* Checks, failures and exceptions of one run.
 *
 * Failures of k6's requests are counted from their series, by status and error text, so they are exact for
 * any window; the exemplar comes from the evidence of the same endpoint. Locust's texts are evidence alone.
 */
#include "ledger/ledger_view.h"

#include "ledger/ledger_priv.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_view_priv.h"

#include <errno.h>
#include <stdlib.h>

/* Headers in which people send the id that finds a request in everybody's logs. */
static const struct view correlation_headers[] = {VIEW("x-request-id"), VIEW("x-correlation-id"),
    VIEW("request-id"), VIEW("correlation-id"), VIEW("x-trace-id"), VIEW("x-amzn-trace-id"),
    VIEW("traceparent"), VIEW("x-cloud-trace-context"), VIEW("cf-ray")};

/* --- checks --- */

static int by_check(const void *a, const void *b) {
    const struct ledger_check *x = a, *y = b;
    int c = view_cmp(x->group, y->group);
    return c ? c : view_cmp(x->name, y->name);
}

static size_t merge_checks(struct ledger_check *rows, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && by_check(&rows[kept - 1], &rows[i]) == 0) {
            rows[kept - 1].passes += rows[i].passes;
            rows[kept - 1].fails += rows[i].fails;
        } else {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

int ledger_view_checks(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_checks *out, struct error *err) {
    size_t n = 0;

    *out = (struct ledger_checks){0};
    int r = ledger_view_window(v, from_s, to_s, &out->window, err);
    r = r < 0 ? r : ledger_view_collect(v, &out->window, v->store, err);
    if (r < 0)
        return r;
    for (const struct series *s = series_store_first(v->store, METRIC_CHECKS); s; s = s->next_alike)
        n++;
    free(v->checks);
    v->checks = calloc(n + 1, sizeof *v->checks);
    if (!v->checks)
        return ledger_view_no_memory(err);
    n = 0;
    for (const struct series *s = series_store_first(v->store, METRIC_CHECKS); s; s = s->next_alike)
        if (!sink_empty(&s->sink))
            v->checks[n++] = (struct ledger_check){.name = tags_get(v->tags, s->tags, VIEW("check")),
                .group = tags_get(v->tags, s->tags, VIEW("group")),
                .passes = s->sink.rate.hits,
                .fails = s->sink.rate.total - s->sink.rate.hits};
    if (n)
        qsort(v->checks, n, sizeof *v->checks, by_check);
    out->rows = v->checks;
    out->count = merge_checks(v->checks, n);
    return 0;
}

/* --- evidence --- */

static int load_evidence(struct ledger_view *v, struct evidence_store **into, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);

    *into = evidence_store_free(*into);
    if (evidence_store_new(into) < 0)
        return ledger_view_no_memory(err);
    int r = ledger_run_evidence(v->ledger, v->run, &packed, err);
    if (r != LEDGER_OK)
        return r < 0 ? r : 0;
    struct pack_reader reader = pack_reader_of(buf_view(&packed));
    r = evidence_store_unpack_merge(*into, &reader);
    return r < 0 ? error_set(err, r, "ledger: run %lld: its evidence: %s", (long long)v->run, error_name(r))
                 : 0;
}

static struct view header_of(struct view exemplar, struct view name) {
    while (exemplar.len) {
        struct view line = view_cut(&exemplar, '\n', NULL);
        bool colon;
        if (view_eq_nocase(view_trim(view_cut(&line, ':', &colon)), name) && colon)
            return view_trim(line);
    }
    return VIEW_NULL;
}

static struct view correlation_of(struct view exemplar) {
    struct view found = VIEW_NULL;

    for (size_t i = 0; !found.len && i < sizeof correlation_headers / sizeof *correlation_headers; i++)
        found = header_of(exemplar, correlation_headers[i]);
    return found;
}

/* --- failures --- */

static int by_kind(const void *a, const void *b) {
    const struct ledger_failure *x = a, *y = b;
    int c = view_cmp(x->name, y->name);
    c = c ? c : view_cmp(x->method, y->method);
    return c ? c : view_cmp(x->error, y->error);
}

static int by_count(const void *a, const void *b) {
    const struct ledger_failure *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : by_kind(a, b);
}

static struct view text_of(struct ledger_view *v, const struct series *s) {
    struct view error = tags_get(v->tags, s->tags, VIEW("error")),
                status = tags_get(v->tags, s->tags, VIEW("status")),
                code = tags_get(v->tags, s->tags, VIEW("error_code"));
    const char *text = NULL;
    if (error.len)
        return error;
    if (status.len && !view_eq(status, VIEW("0")))
        text = arena_printf(&v->failure_texts, "HTTP %.*s", VIEW_ARGS(status));
    else if (code.len)
        text = arena_printf(&v->failure_texts, "error %.*s", VIEW_ARGS(code));
    return text ? view_of_cstr(text) : VIEW("failed");
}

static size_t counted_failures(struct ledger_view *v, struct ledger_failure *rows, size_t max) {
    metric_id id;
    size_t n = 0;
    if (v->locust || !ledger_view_metric(v, LEDGER_PART_FAILURES, &id))
        return 0;
    for (const struct series *s = series_store_first(v->store, id); s && n < max; s = s->next_alike) {
        uint64_t count = ledger_view_count(v, LEDGER_PART_FAILURES, &s->sink);
        if (count)
            rows[n++] = (struct ledger_failure){.method = tags_get(v->tags, s->tags, VIEW("method")),
                .name = tags_get(v->tags, s->tags, VIEW("name")),
                .error = text_of(v, s),
                .count = count,
                .exact = true};
    }
    return n;
}

static size_t told_failures(struct ledger_view *v, struct ledger_failure *rows, size_t max) {
    const struct evidence_store *s = v->failure_evidence;
    size_t n = 0;
    for (size_t i = 0; i < evidence_store_count(s) && n < max; i++) {
        struct evidence e = evidence_store_at(s, i);
        if (e.kind == EVIDENCE_LOCUST_FAILURE && e.count)
            rows[n++] = (struct ledger_failure){.method = e.subject,
                .name = e.object,
                .error = e.exemplar.len ? e.exemplar : e.detail,
                .count = e.count,
                .first_ms = e.first_wall_us / 1000,
                .last_ms = e.last_wall_us / 1000};
    }
    return n;
}

static size_t merge_failures(struct ledger_failure *rows, size_t n) {
    size_t kept = 0;
    if (n)
        qsort(rows, n, sizeof *rows, by_kind);
    for (size_t i = 0; i < n; i++) {
        if (kept && by_kind(&rows[kept - 1], &rows[i]) == 0)
            rows[kept - 1].count += rows[i].count;
        else
            rows[kept++] = rows[i];
    }
    if (kept)
        qsort(rows, kept, sizeof *rows, by_count);
    return kept;
}

/* "… 503 …" as the answer's first line has it. */
static bool tells_of(struct view exemplar, struct view error) {
    if (!view_starts_with(error, VIEW("HTTP ")))
        return view_find_view(exemplar, error) >= 0;
    ptrdiff_t at = view_find_view(exemplar, VIEW("\nHTTP/"));
    if (at < 0)
        return false;
    struct view rest = view_drop(exemplar, (size_t)at + 1);
    struct view line = view_cut(&rest, '\n', NULL);
    view_cut(&line, ' ', NULL);
    return view_starts_with(line, view_drop(error, 5));
}

/* A request of that endpoint that failed that way; in the checks' evidence, too. */
static void find_exemplar(struct ledger_view *v, struct ledger_failure *f) {
    const struct evidence_store *s = v->failure_evidence;
    const char *text = arena_printf(&v->failure_texts, "%.*s %.*s", VIEW_ARGS(f->method), VIEW_ARGS(f->name));
    struct view object = text ? view_take(view_of_cstr(text), EVIDENCE_TEXT_MAX) : VIEW_NULL;

    for (size_t i = 0; i < evidence_store_count(s); i++) {
        struct evidence e = evidence_store_at(s, i);
        bool failed = e.kind == EVIDENCE_REQUEST_FAILED, checked = e.kind == EVIDENCE_CHECK_FAILED;
        if ((!failed && !checked) || !view_eq(e.object, object))
            continue;
        if (failed && !view_eq(e.subject, view_take(f->error, EVIDENCE_TEXT_MAX)))
            continue;
        if (failed) {
            f->first_ms = e.first_wall_us / 1000;
            f->last_ms = e.last_wall_us / 1000;
        }
        if (e.exemplar.len && (failed || (!f->exemplar.len && tells_of(e.exemplar, f->error))))
            f->exemplar = e.exemplar;
    }
    f->correlation = correlation_of(f->exemplar);
}

int ledger_view_failures(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_failures *out, struct error *err) {
    *out = (struct ledger_failures){0};
    arena_reset(&v->failure_texts);
    int r = ledger_view_window(v, from_s, to_s, &out->window, err);
    r = r < 0 ? r : ledger_view_collect(v, &out->window, v->store, err);
    r = r < 0 ? r : load_evidence(v, &v->failure_evidence, err);
    if (r < 0)
        return r;
    size_t max = series_store_written_count(v->store) + evidence_store_count(v->failure_evidence);
    free(v->failures);
    v->failures = calloc(max + 1, sizeof *v->failures);
    if (!v->failures)
        return ledger_view_no_memory(err);
    size_t n = v->locust ? told_failures(v, v->failures, max) : counted_failures(v, v->failures, max);
    n = merge_failures(v->failures, n);
    for (size_t i = 0; i < n; i++)
        find_exemplar(v, &v->failures[i]);
    out->rows = v->failures;
    out->count = n;
    return 0;
}

/* --- exceptions --- */

static int by_exception_count(const void *a, const void *b) {
    const struct ledger_exception *x = a, *y = b;
    return x->count != y->count ? (x->count < y->count ? 1 : -1) : view_cmp(x->text, y->text);
}

static bool exception_of(const struct evidence *e, struct ledger_exception *out) {
    ptrdiff_t cut = view_find(e->exemplar, '\0');
    if (e->kind == EVIDENCE_SCRIPT_ERROR)
        *out = (struct ledger_exception){
            .text = e->subject, .trace = e->detail, .where = e->object, .count = e->count};
    else if (e->kind == EVIDENCE_LOCUST_EXCEPTION)
        *out = (struct ledger_exception){.text = cut < 0 ? e->exemplar : view_take(e->exemplar, (size_t)cut),
            .trace = cut < 0 ? VIEW_NULL : view_drop(e->exemplar, (size_t)cut + 1),
            .where = e->object,
            .count = e->count};
    else
        return false;
    return e->count > 0;
}

int ledger_view_exceptions(struct ledger_view *v, struct ledger_exceptions *out, struct error *err) {
    size_t n = 0;

    *out = (struct ledger_exceptions){0};
    int r = load_evidence(v, &v->exception_evidence, err);
    if (r < 0)
        return r;
    size_t max = evidence_store_count(v->exception_evidence);
    free(v->exceptions);
    v->exceptions = calloc(max + 1, sizeof *v->exceptions);
    if (!v->exceptions)
        return ledger_view_no_memory(err);
    for (size_t i = 0; i < max; i++) {
        struct evidence e = evidence_store_at(v->exception_evidence, i);
        n += exception_of(&e, &v->exceptions[n]);
    }
    if (n)
        qsort(v->exceptions, n, sizeof *v->exceptions, by_exception_count);
    out->rows = v->exceptions;
    out->count = n;
    return 0;
}
