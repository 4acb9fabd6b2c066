/* Points as InfluxDB's line protocol: metric,tag=value field="text",value=1.5 1700000000000000000 */
#ifndef REPORT_INFLUX_LINE_H
#define REPORT_INFLUX_LINE_H

#include "report/output_tags.h"

enum { INFLUX_FIELDS_MAX = 32 };
enum influx_field_kind { INFLUX_TEXT, INFLUX_INT, INFLUX_FLOAT, INFLUX_BOOL };
struct influx_field {
    struct view tag;
    enum influx_field_kind kind;
};
struct influx_line {
    struct influx_field fields[INFLUX_FIELDS_MAX]; /* tags that become fields */
    size_t field_count;
    int64_t tick_ns; /* of the timestamps */
    struct output_tags tags;
};
void influx_line_init(struct influx_line *l);
void influx_line_deinit(struct influx_line *l);
/* "vu,iter:int,url": the tags that become fields, in place of those that were set. Views into list.
 * ERROR_INVALID. */
int influx_line_fields(struct influx_line *l, struct view list, struct error *err) MUST_USE;
/* "ns", "u", "ms", "s", "m", "h"; empty = ns. */
int influx_line_precision(struct influx_line *l, struct view name, struct error *err) MUST_USE;
/* One line. */
int influx_line_append(
    struct influx_line *l, const struct run_state *r, const struct sample *p, struct buf *out) MUST_USE;

#endif
