/* The outputs of `-o type[=argument]`: one table from names to sinks. */
#ifndef REPORT_OUTPUTS_H
#define REPORT_OUTPUTS_H

#include "report/sink.h"

enum { OUTPUTS_MAX = 16 };

/* Makes one sink per specification ("json=x.json", "csv", "json=-"), opening its file. On error none is left; the sentence is k6's
 * where k6 has one ("invalid output type 'x', available types are: …", "open /x/y: no such file or directory"). */
int outputs_new(const struct view *specs, size_t n, struct report_sink **sinks, struct error *err) MUST_USE;
/* For the start description: "-" or "json (x.json), csv (file.csv)". */
int outputs_describe(const struct view *specs, size_t n, struct buf *out) MUST_USE;
/* ops->free of any sink; takes NULL, returns NULL. */
struct report_sink *report_sink_free(struct report_sink *s);

#endif
