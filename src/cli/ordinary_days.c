#include "cli/ordinary_days.h"

#include <math.h>
#include <stdlib.h>

#include "core/clock.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_status.h"
#include "report/humanize.h"

enum { ROUNDS_MIN = 20 }; /* fewer are no ordinary days */

static int see_p95(void *ctx, const struct ledger_run *r) {
    *(double *)ctx = r->p95_ms;
    return 0;
}

static const char *const lengths[LEDGER_STATUS_WINDOWS] = {"an hour", "24 hours", "7 days", "30 days"};

static uint64_t rounds_of(const struct ledger_stretch *w) {
    return w->good + w->slow + w->bad;
}

/* A week if it has enough, else a month. */
static size_t window_of(const struct ledger_status *s) {
    return rounds_of(&s->windows[2]) >= ROUNDS_MIN ? 2 : 3;
}

static int compare(struct ledger *l, int64_t run, struct ledger_status *s, struct buf *out) {
    struct buf label CLEANUP(buf_deinit) = BUF_MAX(LEDGER_STATUS_TEXT_MAX);
    struct error err = ERROR_NULL;
    double p95_ms = NAN;
    char usual[HUMANIZE_MAX], here[HUMANIZE_MAX], count[HUMANIZE_MAX];
    int r = ledger_watch_of_run(l, run, &label, &err);

    r = r != LEDGER_OK ? r : ledger_run_get(l, run, see_p95, &p95_ms, &err);
    r = r != LEDGER_OK ? r : ledger_status_of(l, buf_view(&label), clock_wall_us() / 1000, s, &err);
    const struct ledger_stretch *w = &s->windows[window_of(s)];
    if (r != LEDGER_OK || rounds_of(w) < ROUNDS_MIN || isnan(w->p95_ms) || isnan(p95_ms))
        return r < 0 ? r : 0;
    return buf_printf(out, "  On ordinary days p95 is %s (watch \"%s\", %s, %s rounds); here it was %s.\n",
        humanize_duration(w->p95_ms, HUMANIZE_AUTO, usual), label.ptr, lengths[window_of(s)],
        humanize_count(rounds_of(w), count), humanize_duration(p95_ms, HUMANIZE_AUTO, here));
}

int ordinary_days_write(const char *path, int64_t run, struct buf *out) {
    struct ledger_status *s = calloc(1, sizeof *s);
    struct ledger *l = NULL;
    struct error err = ERROR_NULL;
    int r = s ? ledger_open(&l, path, LEDGER_READ, &err) : 0;

    r = r < 0 || !s ? r : compare(l, run, s, out);
    ledger_free(l);
    free(s);
    return r;
}
