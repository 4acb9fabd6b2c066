/* A visit of k requests meets one beyond the quantile q with a chance of 1 − q^k. The percentile that matters
 * is the highest of those people know that at least every second visit meets: for one request the median, for
 * a page of a hundred the 99th. */
#include "diagnosis/percentile_words.h"

#include "diagnosis/diagnosis_priv.h"

#include <stdio.h>

enum { REQUESTS_MIN = 100, S_PER_HOUR = 3600 };
#define EVERY_SECOND 0.5
#define TOLERATED    4.0 /* Apdex: up to four times the target is tolerated and counts half */

static double apdex(const struct histogram *h, double ms) {
    double satisfied = (double)histogram_count_at_most(h, ms),
           tolerated = (double)histogram_count_at_most(h, TOLERATED * ms);
    return (satisfied + (tolerated - satisfied) / 2) / (double)h->count;
}

bool percentile_words_of(const struct histogram *times, double rate, double requests_per_visit,
    const struct diagnosis_options *o, struct percentile_words *out) {
    static const double known[] = {0.5, 0.9, 0.95, 0.99, 0.999};
    double visit = requests_per_visit >= 1 ? requests_per_visit : PERCENTILE_WORDS_VISIT;

    *out = (struct percentile_words){.requests_per_visit = requests_per_visit,
        .rate = rate,
        .quantile = known[0],
        .cost_per_million = (double)NAN};
    if (!times || times->count < REQUESTS_MIN)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (1 - pow(known[i], visit) >= EVERY_SECOND && (1 - known[i]) * (double)times->count >= 10)
            out->quantile = known[i];
    out->ms = histogram_percentile(times, out->quantile);
    out->feel_per_hour = rate * (1 - out->quantile) * S_PER_HOUR;
    out->apdex_ms = o->apdex_ms > 0 ? o->apdex_ms : PERCENTILE_WORDS_APDEX_MS;
    out->apdex = apdex(times, out->apdex_ms);
    if (o->cost_per_hour > 0 && rate > 0)
        out->cost_per_million = o->cost_per_hour / (rate * S_PER_HOUR) * 1e6;
    return true;
}

int percentile_words_write(const struct percentile_words *p, struct buf *out) {
    double visit = p->requests_per_visit >= 1 ? p->requests_per_visit : PERCENTILE_WORDS_VISIT;
    char name[16];
    snprintf(name, sizeof name, "p%.4g", 100 * p->quantile);
    int r = buf_printf(out,
        "A visit is %s%s request%s, so %s of all visits meet one slower than %s (%s): that is the percentile "
        "to judge by; at this rate "
        "%s requests an hour take longer.",
        p->requests_per_visit >= 1 ? "" : "perhaps ", figure_count(visit).text, visit == 1 ? "" : "s",
        figure_share(1 - pow(p->quantile, visit)).text, name, figure_ms(p->ms).text,
        figure_count(p->feel_per_hour).text);
    r = r < 0 ? r : buf_printf(out, " Apdex (%s): %.2f.", figure_ms(p->apdex_ms).text, p->apdex);
    if (r == 0 && !isnan(p->cost_per_million))
        r = buf_printf(out, " A million requests cost %.2f at %s requests/s.", p->cost_per_million,
            figure_count(p->rate).text);
    return r;
}
