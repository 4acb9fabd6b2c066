/* What broke first in a run that was kept, or goes on: the diagnosis of src/diagnosis, fed from what is in
 * the ledger. */
#ifndef LEDGER_LEDGER_DIAGNOSIS_H
#define LEDGER_LEDGER_DIAGNOSIS_H

#include "diagnosis/diagnosis.h"
#include "diagnosis/percentile_words.h"
#include "ledger/ledger.h"

struct ledger_diagnosis {
    struct diagnosis_finding *findings; /* ranked; owned */
    size_t count;
    bool measured; /* enough for words about percentiles */
    struct percentile_words percentiles;
};
/* LEDGER_OK, LEDGER_NOT_FOUND (no such run) or negative. */
int ledger_diagnose(struct ledger *l, int64_t run, const struct diagnosis_options *o,
    struct ledger_diagnosis *out, struct error *err) MUST_USE;
void ledger_diagnosis_deinit(struct ledger_diagnosis *d);

#endif
