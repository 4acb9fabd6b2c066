#include "report/point_output.h"

#include <math.h>

#include "core/clock.h"
#include "core/list.h"

enum { LINES_MAX = 16 * 1024 * 1024 };

static struct point_output *output_of(struct report_sink *s) {
    return CONTAINER_OF(s, struct point_output, base);
}

static void push(struct point_output *o) {
    shipper_send(o->shipper, &o->lines, o->points);
    o->points = 0;
    o->pushed_us = clock_now_us(&clock_real);
}

void point_output_init(struct point_output *o) {
    buf_init(&o->lines, LINES_MAX);
}

void point_output_deinit(struct point_output *o) {
    shipper_free(o->shipper);
    buf_deinit(&o->lines);
}

/* Metrics of the engine itself are nobody's who takes the points of a script. */
void point_output_sample(struct report_sink *s, const struct run_state *r, const struct sample *p) {
    struct point_output *o = output_of(s);

    if (view_starts_with(metrics_name(r->total->metrics, p->metric), VIEW("halftime_")) ||
        !isfinite(p->value))
        return;
    if (o->append(o, r, p, &o->lines) < 0)
        shipper_lose(o->shipper, 1);
    else
        o->points++;
    if (o->lines.len >= o->push_bytes)
        push(o);
}

void point_output_tick(struct report_sink *s, const struct run_state *r) {
    struct point_output *o = output_of(s);

    (void)r;
    if (clock_now_us(&clock_real) - o->pushed_us >= o->push_us)
        push(o);
}

int point_output_trouble(struct report_sink *s, struct error *err) {
    return shipper_trouble(output_of(s)->shipper, err);
}

int point_output_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)r;
    push(output_of(s));
    return shipper_finish(output_of(s)->shipper, err);
}
