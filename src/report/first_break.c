/* The collector of src/diagnosis, fed by a sink of the run. */
#include "report/first_break.h"

#include "diagnosis/collector.h"
#include "diagnosis/diagnosis_json.h"
#include "diagnosis/percentile_words.h"
#include "report/paint_priv.h"
#include "report/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { SECOND_US = 1000 * 1000, PARAGRAPH_MAX = 4096 };

struct first_break {
    struct collector *collector;
    struct diagnosis_options options;
};

struct first_break *first_break_new(const struct diagnosis_options *o) {
    struct first_break *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->options = *o;
    return collector_new(&b->collector) < 0 ? first_break_free(b) : b;
}

struct first_break *first_break_free(struct first_break *b) {
    if (b)
        collector_free(b->collector);
    free(b);
    return NULL;
}

void first_break_delta(struct first_break *b, int64_t second, const struct series_store *delta) {
    if (collector_measured(b->collector, second, 1, delta) < 0)
        return; /* a second less to judge by */
}

void first_break_second(struct first_break *b, const struct run_state *r) {
    int64_t second = (r->load_elapsed_us - SECOND_US / 2) / SECOND_US;
    if (r->phase == RUN_RUNNING && r->load_elapsed_us > 0)
        collector_users(b->collector, second, (double)r->users_active);
    if (r->observed && r->load_elapsed_us > 0 && second >= 0)
        collector_observed(b->collector, second, r->observed);
}

size_t first_break_diagnose(
    struct first_break *b, const struct run_state *r, struct diagnosis_finding *out, size_t max) {
    struct collector_rest rest = {
        .validity = r->validity, .evidence = r->total->evidence, .traces = r->traces, .options = b->options};
    return collector_diagnose(b->collector, &rest, out, max);
}

int first_break_percentiles(struct first_break *b, const struct run_state *r, struct buf *out) {
    const struct histogram *times = collector_times(b->collector);
    double visit = r->iterations_complete ? (double)times->count / (double)r->iterations_complete : 0;
    struct percentile_words p;
    if (!percentile_words_of(times, collector_rate(b->collector), visit, &b->options, &p))
        return 0;
    return percentile_words_write(&p, out);
}

/* --- words --- */

static int write_one(
    const struct diagnosis_finding *d, size_t number, bool colour, struct buf *text, struct buf *out) {
    char first[16];
    bool note = diagnosis_kind_note(d->kind);
    snprintf(first, sizeof first, "    %zu. ", number);
    int e = buf_printf(out, "%s%s%s%s (%s)\n", first, paint(colour, note ? PAINT_CYAN : PAINT_RED),
        diagnosis_kind_title(d->kind), paint(colour, PAINT_OFF), diagnosis_confidence_word(d));
    e = e < 0 ? e : words_wrap(view_of_cstr(d->sentence), "       ", "       ", out);
    buf_clear(text);
    for (size_t i = 0; i < d->evidence_count && e >= 0; i++)
        if (d->evidence[i].series[0])
            e = buf_printf(text, "%s%s: %s",
                text->len ? "; " : "Seen from the server: ", d->evidence[i].series, d->evidence[i].text);
    if (text->len && e >= 0)
        e = words_wrap(buf_view(text), "       ", "       ", out);
    return e < 0 ? e : words_wrap(view_of_cstr(d->remedy), "       → ", "         ", out);
}

int first_break_write(
    const struct diagnosis_finding *list, size_t n, bool all, bool colour, struct buf *out) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(PARAGRAPH_MAX);
    size_t shown = 0;
    int e = 0;
    for (size_t i = 0; i < n && e >= 0; i++) {
        if (!all && (diagnosis_kind_note(list[i].kind) || shown == FIRST_BREAK_SHOWN))
            continue;
        if (!shown++)
            e = buf_printf(
                out, "\n  █ %sWHAT BROKE FIRST%s \n\n", paint(colour, PAINT_BOLD), paint(colour, PAINT_OFF));
        e = e < 0 ? e : write_one(&list[i], shown, colour, &text, out);
    }
    return e < 0 ? e : 0;
}

int first_break_markdown(const struct diagnosis_finding *list, size_t n,
    int (*append_text)(struct buf *out, struct view v), struct buf *out) {
    size_t shown = 0;
    int e = 0;
    for (size_t i = 0; i < n && e >= 0 && shown < FIRST_BREAK_SHOWN; i++) {
        const struct diagnosis_finding *d = &list[i];
        if (diagnosis_kind_note(d->kind))
            continue;
        e = shown++ ? 0 : buf_printf(out, "\n### What broke first\n\n");
        e = e < 0 ? e
                  : buf_printf(out, "%zu. **%s** (%s): ", shown, diagnosis_kind_title(d->kind),
                        diagnosis_confidence_word(d));
        e = e < 0 ? e : append_text(out, view_of_cstr(d->sentence));
        e = e < 0 ? e : buf_printf(out, " → ");
        e = e < 0 ? e : append_text(out, view_of_cstr(d->remedy));
        e = e < 0 ? e : buf_append_byte(out, '\n');
    }
    return e < 0 ? e : 0;
}
