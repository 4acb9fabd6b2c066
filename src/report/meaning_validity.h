/* What validity (stats/validity.h) comes to in words and as JSON. */
#ifndef REPORT_MEANING_VALIDITY_H
#define REPORT_MEANING_VALIDITY_H

#include "core/json_writer.h"
#include "report/sink.h"

/* The paragraph of a run that is not valid; nothing for one that is. */
int meaning_validity_say(const struct validity *v, const struct plan *plan, struct buf *out) MUST_USE;
/* An object: state, seconds, reasons with their remedies, intervals. */
void meaning_validity_json(const struct validity *v, struct json_writer *w);

#endif
