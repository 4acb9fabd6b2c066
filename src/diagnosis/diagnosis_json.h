/* Findings for programs: the API, the documents of runs, `halftime diagnose --json`. */
#ifndef DIAGNOSIS_DIAGNOSIS_JSON_H
#define DIAGNOSIS_DIAGNOSIS_JSON_H

#include "core/json_writer.h"
#include "diagnosis/diagnosis.h"

/* A value: an array of objects as in docs/API.md. */
void diagnosis_json(struct json_writer *w, const struct diagnosis_finding *list, size_t n);
/* "error" (nearly certain), "warning" or "note". */
const char *diagnosis_level(const struct diagnosis_finding *d);
/* "nearly certain", "likely", "perhaps". */
const char *diagnosis_confidence_word(const struct diagnosis_finding *d);

#endif
