/* The layout of k6 before its version 1: the tree of groups and checks, then one sorted list of all metrics, marked with the state of
 * their thresholds. */
#include "report/summary_table_priv.h"

#include <stdio.h>

#include "report/paint_priv.h"

enum { DEPTH_MAX = 64 };

static int write_check(const struct summary_check *c, const char *indent, bool colour, struct buf *out) {
    const char *off = paint(colour, PAINT_OFF);
    if (c->fails == 0)
        return buf_printf(out, "%s%s✓ %.*s%s\n", paint(colour, PAINT_GREEN), indent, VIEW_ARGS(c->name), off);
    return buf_printf(out, "%s%s✗ %.*s\n%s ↳  %llu%% — ✓ %llu / ✗ %llu%s\n", paint(colour, PAINT_RED), indent, VIEW_ARGS(c->name), indent,
        (unsigned long long)(100 * c->passes / (c->passes + c->fails)), (unsigned long long)c->passes, (unsigned long long)c->fails, off);
}

static int write_group(const struct summary_group *g, size_t depth, bool colour, struct buf *out) {
    char indent[2 * DEPTH_MAX + 8];
    int r = 0;
    snprintf(indent, sizeof indent, "%*s", (int)(5 + 2 * (depth > 0 ? depth - 1 : 0)), "");
    if (g->name.len)
        r = buf_printf(out, "%s█ %.*s\n\n", indent, VIEW_ARGS(g->name));
    snprintf(indent, sizeof indent, "%*s", (int)(5 + 2 * depth), "");
    for (const struct summary_check *c = g->checks; c && r >= 0; c = c->next)
        r = write_check(c, indent, colour, out);
    if (g->checks && r >= 0)
        r = buf_append_byte(out, '\n');
    for (const struct summary_group *child = depth < DEPTH_MAX ? g->groups : NULL; child && r >= 0; child = child->next)
        r = write_group(child, depth + 1, colour, out);
    return r;
}

static int write_metric(const struct summary_table *t, const struct summary_metric *m, struct buf *out) {
    char mark[64];
    bool ok, judged = summary_metric_judged(t->data, m, &ok), colour = t->options->colour && judged;
    snprintf(mark, sizeof mark, "%s%s%s ", paint(colour, ok ? PAINT_GREEN : PAINT_RED), !judged ? " " : ok ? "✓" : "✗", paint(colour, PAINT_OFF));
    return summary_table_row(t, "   ", mark, m, out);
}

int summary_write_legacy(const struct summary_data *d, const struct summary_options *o, struct buf *out) {
    struct summary_table t = {.data = d, .options = o, .rate_form = SUMMARY_RATE_MARKS};
    int r = buf_append_byte(out, '\n');
    if (r >= 0)
        r = write_group(&d->root, 0, o->colour, out);
    for (size_t i = 0; i < d->total.metric_count; i++)
        summary_table_measure(&t, &d->total.metrics[i]);
    for (size_t i = 0; i < d->total.metric_count && r >= 0; i++)
        r = write_metric(&t, &d->total.metrics[i], out);
    return r < 0 ? r : buf_append(out, "\n\n", 2);
}
