/* Faults of the script, as far as they spoil what was measured: from the evidence that hosts keep. */
#ifndef DIAGNOSIS_LINTS_H
#define DIAGNOSIS_LINTS_H

#include "diagnosis/diagnosis.h"
#include "stats/evidence.h"

/* The most frequent first; at most max. Returns how many. */
size_t lints_of(const struct evidence_store *s, struct diagnosis_lint *out, size_t max);

#endif
