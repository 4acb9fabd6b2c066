/* The report of one run as one HTML page that needs nothing else: charts are drawn by its own script from the
 * data inside it. Light and dark by the reader's setting; readable offline and on paper. */
#ifndef REPORT_HTML_REPORT_H
#define REPORT_HTML_REPORT_H

#include "core/buf.h"

/* document: a run as JSON (the ledger's document), with <, > and & escaped. Appends. */
int html_report_write(struct view document, struct buf *out) MUST_USE;

#endif
