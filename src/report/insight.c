/* Watches every second, speaks once. */
#include "report/insight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "report/lint.h"
#include "report/meaning.h"

enum { INSIGHT_TEXT_MAX = 1024 * 1024 };

struct insight {
    struct report_sink base;
    struct insight_options o;
    struct meaning meaning;
};

static void second(struct report_sink *s, const struct run_state *r) {
    meaning_second(&((struct insight *)s)->meaning, r);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct insight *i = (struct insight *)s;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(INSIGHT_TEXT_MAX);
    meaning_second(&i->meaning, r); /* what the last snapshots brought */
    if (i->o.silent)
        return 0;
    int e = meaning_write(&i->meaning, r, i->o.colour, &text);
    e = e < 0 ? e : lint_write(r, i->o.colour, &text);
    if (e < 0)
        return error_set(err, e, "what the run means could not be written: %s", error_name(e));
    fwrite(text.ptr, 1, text.len, i->o.out);
    fputc('\n', i->o.out);
    if (fflush(i->o.out) != 0)
        return error_set(err, -errno, "what the run means could not be written: %s", strerror(errno));
    return 0;
}

static void insight_free(struct report_sink *s) { free(s); }

static const struct report_sink_ops ops = {.name = "insight", .second = second, .finish = finish, .free = insight_free};

struct report_sink *insight_new(const struct insight_options *o) {
    struct insight *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->base.ops = &ops;
    i->o = *o;
    meaning_init(&i->meaning);
    return &i->base;
}

void insight_refresh(struct report_sink *s, const struct run_state *r) { meaning_second(&((struct insight *)s)->meaning, r); }

bool insight_invalid(const struct report_sink *s) {
    return s && s->ops == &ops && meaning_invalid(&((const struct insight *)s)->meaning);
}
