/* What outputs of single points share: each sample becomes a line, and the lines go to the shipper once per
 * push interval, or as soon as there are push_bytes of them. An output has this as its first member, fills
 * what stands before the line, and puts the functions below into its table. */
#ifndef REPORT_POINT_OUTPUT_H
#define REPORT_POINT_OUTPUT_H

#include "core/buf.h"
#include "report/shipper.h"
#include "report/sink.h"

struct point_output {
    struct report_sink base;
    /* One line to the end of out; negative = the point is lost, and out is as it was. */
    int (*append)(struct point_output *o, const struct run_state *r, const struct sample *p, struct buf *out);
    struct shipper *shipper;
    int64_t push_us;
    size_t push_bytes;
    /* --- its own --- */
    struct buf lines;
    uint64_t points;
    int64_t pushed_us;
};

void point_output_init(struct point_output *o);
void point_output_deinit(struct point_output *o); /* the shipper, too */

void point_output_sample(struct report_sink *s, const struct run_state *r, const struct sample *p);
void point_output_tick(struct report_sink *s, const struct run_state *r); /* each second and redraw */
int point_output_trouble(struct report_sink *s, struct error *err);
int point_output_finish(struct report_sink *s, const struct run_state *r, struct error *err);

#endif
