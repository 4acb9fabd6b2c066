/* Constructors of the outputs; argument = what follows "type=" (empty = nothing). */
#ifndef REPORT_OUTPUTS_PRIV_H
#define REPORT_OUTPUTS_PRIV_H

#include "report/sink.h"

int json_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int json_output_describe(struct view argument, struct buf *out) MUST_USE;
int csv_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int csv_output_describe(struct view argument, struct buf *out) MUST_USE;
int influxdb_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int influxdb_output_describe(struct view argument, struct buf *out) MUST_USE;
int junit_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int junit_output_describe(struct view argument, struct buf *out) MUST_USE;
int markdown_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int markdown_output_describe(struct view argument, struct buf *out) MUST_USE;
int otlp_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int otlp_output_describe(struct view argument, struct buf *out) MUST_USE;
int prometheus_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int prometheus_output_describe(struct view argument, struct buf *out) MUST_USE;
int statsd_output_new(struct view argument, struct report_sink **out, struct error *err) MUST_USE;
int statsd_output_describe(struct view argument, struct buf *out) MUST_USE;

#endif
