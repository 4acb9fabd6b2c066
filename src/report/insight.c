/* Watches every second, speaks once. */
#include "report/insight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "report/first_break.h"
#include "report/lint.h"
#include "report/meaning.h"
#include "report/words.h"

enum { INSIGHT_TEXT_MAX = 1024 * 1024 };

struct insight {
    struct report_sink base;
    struct insight_options o;
    struct meaning meaning;
    struct first_break *first_break;
};

static void second(struct report_sink *s, const struct run_state *r) {
    struct insight *i = (struct insight *)s;
    meaning_second(&i->meaning, r);
    first_break_second(i->first_break, r);
}

static void delta(struct report_sink *s, const struct run_state *r, int64_t at, const struct series_store *d) {
    (void)r;
    first_break_delta(((struct insight *)s)->first_break, at, d);
}

/* Percentiles in words only where somebody asked for figures beyond the usual ones. */
static int write_break(struct insight *i, const struct run_state *r, struct buf *out) {
    struct diagnosis_finding *found = calloc(DIAGNOSIS_FINDINGS_MAX, sizeof *found);
    struct buf words CLEANUP(buf_deinit) = BUF_MAX(INSIGHT_TEXT_MAX);
    if (!found)
        return -ENOMEM;
    size_t n = first_break_diagnose(i->first_break, r, found, DIAGNOSIS_FINDINGS_MAX);
    int e = first_break_write(found, n, false, i->o.colour, out);
    free(found);
    if (e >= 0 && (i->o.diagnosis.cost_per_hour > 0 || i->o.diagnosis.apdex_ms > 0))
        e = first_break_percentiles(i->first_break, r, &words);
    if (e >= 0 && words.len)
        e = buf_append_byte(out, '\n');
    return e < 0 || !words.len ? e : words_wrap(buf_view(&words), "    ", "    ", out);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct insight *i = (struct insight *)s;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(INSIGHT_TEXT_MAX);
    meaning_second(&i->meaning, r); /* what the last snapshots brought */
    if (i->o.silent)
        return 0;
    int e = meaning_write(&i->meaning, r, i->o.colour, &text);
    e = e < 0 ? e : write_break(i, r, &text);
    e = e < 0 ? e : lint_write(r, i->o.colour, &text);
    if (e < 0)
        return error_set(err, e, "what the run means could not be written: %s", error_name(e));
    fwrite(text.ptr, 1, text.len, i->o.out);
    fputc('\n', i->o.out);
    if (fflush(i->o.out) != 0)
        return error_set(err, -errno, "what the run means could not be written: %s", strerror(errno));
    return 0;
}

static void insight_free(struct report_sink *s) {
    first_break_free(((struct insight *)s)->first_break);
    free(s);
}

static const struct report_sink_ops ops = {.name = "insight", .second = second, .delta = delta, .wants_deltas = true, .finish = finish, .free = insight_free};

struct report_sink *insight_new(const struct insight_options *o) {
    struct insight *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->base.ops = &ops;
    i->o = *o;
    meaning_init(&i->meaning);
    i->first_break = first_break_new(&o->diagnosis);
    if (!i->first_break) {
        free(i);
        return NULL;
    }
    return &i->base;
}

void insight_refresh(struct report_sink *s, const struct run_state *r) { meaning_second(&((struct insight *)s)->meaning, r); }

bool insight_invalid(const struct report_sink *s) {
    return s && s->ops == &ops && meaning_invalid(&((const struct insight *)s)->meaning);
}
