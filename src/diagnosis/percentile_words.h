/* Which percentile matters here, in words; how many people feel it; Apdex; cost. */
#ifndef DIAGNOSIS_PERCENTILE_WORDS_H
#define DIAGNOSIS_PERCENTILE_WORDS_H

#include "core/buf.h"
#include "diagnosis/diagnosis.h"

#define PERCENTILE_WORDS_APDEX_MS 500.0
enum { PERCENTILE_WORDS_VISIT = 20 /* requests of a visit, where nobody knows */ };

struct percentile_words {
    double requests_per_visit; /* 0 = not known */
    double rate;               /* requests per second */
    double quantile, ms;       /* the percentile that every second visit meets */
    double feel_per_hour;      /* requests an hour that take longer than that */
    double apdex, apdex_ms;
    double cost_per_million; /* NAN = no cost was given */
};
/* False: too little was measured. */
bool percentile_words_of(const struct histogram *times, double rate, double requests_per_visit,
    const struct diagnosis_options *o, struct percentile_words *out);
/* Two or three sentences. */
int percentile_words_write(const struct percentile_words *p, struct buf *out) MUST_USE;

#endif
