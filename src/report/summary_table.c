/* Widths first, rows second: every row that will be printed is measured, then each is padded to the widest. A counter's single remark is
 * not padded, a gauge's two are: k6 does so. */
#include "report/summary_table_priv.h"

#include <stdio.h>

#include "core/json_writer.h"
#include "report/paint_priv.h"

static void set(struct summary_cells *c, const char *prefix, const char *text) {
    snprintf(c->text[c->count++], HUMANIZE_MAX, "%s%.*s", prefix, HUMANIZE_MAX - 32, text);
}

static void cells_trend(const struct summary_table *t, const struct summary_metric *m, struct summary_cells *c) {
    c->trend = true;
    for (size_t i = 0; i < t->options->stat_count; i++) {
        char text[HUMANIZE_MAX];
        double v = trend_stat_value(t->options->stats[i], &m->sink.trend);
        bool count = t->options->stats[i].kind == TREND_STAT_COUNT;
        set(c, "", count ? humanize_number(v, 0, text) : humanize_value(v, m->type, m->contains, t->options->time_unit, text));
    }
}

static void cells_of(const struct summary_table *t, const struct summary_metric *m, struct summary_cells *c) {
    const struct sink *s = &m->sink;
    enum humanize_unit unit = t->options->time_unit;
    char text[HUMANIZE_MAX], remark[HUMANIZE_MAX + 8];
    c->trend = false;
    c->count = 0;
    switch (m->type) {
    case METRIC_TREND: cells_trend(t, m, c); break;
    case METRIC_COUNTER:
        set(c, "", humanize_value(s->counter.sum, m->type, m->contains, unit, text));
        snprintf(remark, sizeof remark, "%s/s", humanize_value(summary_rate(t->data, s->counter.sum), m->type, m->contains, unit, text));
        set(c, "", remark);
        break;
    case METRIC_GAUGE:
        set(c, "", humanize_value(s->gauge.last, m->type, m->contains, unit, text));
        set(c, "min=", humanize_value(s->gauge.count ? s->gauge.min : 0, m->type, m->contains, unit, text));
        set(c, "max=", humanize_value(s->gauge.count ? s->gauge.max : 0, m->type, m->contains, unit, text));
        break;
    case METRIC_RATE: {
        unsigned long long hits = s->rate.hits, total = s->rate.total;
        set(c, "", humanize_share(total ? (double)hits / (double)total : 0, text));
        if (t->rate_form == SUMMARY_RATE_OUT_OF)
            snprintf(remark, sizeof remark, "%llu out of %llu", hits, total);
        else
            snprintf(remark, sizeof remark, "✓ %llu", hits);
        set(c, "", remark);
        snprintf(remark, sizeof remark, "✗ %llu", total - hits);
        if (t->rate_form == SUMMARY_RATE_MARKS)
            set(c, "", remark);
        break;
    }
    }
}

static size_t display_width(const struct summary_metric *m) {
    return m->sub.ptr ? 2 + humanize_width(m->sub) + 4 : humanize_width(m->name); /* "  { a:b }" */
}

static void widen(size_t *width, const char *text) {
    size_t w = humanize_width(view_of_cstr(text));
    *width = w > *width ? w : *width;
}

static void measure_cells(struct summary_table *t, const struct summary_cells *c) {
    for (size_t i = 0; i < c->count; i++)
        widen(c->trend ? &t->trend_width[i] : i == 0 ? &t->value_width : &t->remark_width[i - 1], c->text[i]);
}

void summary_table_measure(struct summary_table *t, const struct summary_metric *m) {
    struct summary_cells c;
    size_t name = display_width(m);
    t->name_width = name > t->name_width ? name : t->name_width;
    cells_of(t, m, &c);
    measure_cells(t, &c);
}

void summary_table_measure_plain(struct summary_table *t, struct view name, const char *value, const char *remark) {
    t->name_width = humanize_width(name) > t->name_width ? humanize_width(name) : t->name_width;
    widen(&t->value_width, value);
    widen(&t->remark_width[0], remark);
}

static int write_name(const struct summary_table *t, const char *indent, const char *mark, struct view name, bool sub, struct buf *out) {
    bool colour = t->options->colour;
    int r = buf_printf(out, "%s%s%s%s%.*s%s%s", indent, sub ? "  " : "", mark, sub ? "{ " : "", VIEW_ARGS(name), sub ? " }" : "", paint(colour, PAINT_WHITE_FAINT));
    for (size_t i = humanize_width(name) + (sub ? 6 : 0); i < t->name_width + 3 && r >= 0; i++)
        r = buf_append_byte(out, '.');
    return r < 0 ? r : buf_printf(out, ":%s", paint(colour, PAINT_OFF));
}

static int write_padded(const char *text, size_t width, const char *colour, const char *off, struct buf *out) {
    size_t w = humanize_width(view_of_cstr(text));
    return buf_printf(out, "%s%s%s%*s", colour, text, off, width > w ? (int)(width - w) : 0, "");
}

static int write_trend(const struct summary_table *t, const struct summary_cells *c, struct buf *out) {
    bool colour = t->options->colour;
    int r = 0;
    for (size_t i = 0; i < c->count && r >= 0; i++) {
        r = buf_printf(out, " %.*s=", VIEW_ARGS(t->options->stat_names[i]));
        r = r < 0 ? r : write_padded(c->text[i], t->trend_width[i], paint(colour, PAINT_CYAN), paint(colour, PAINT_OFF), out);
    }
    return r < 0 ? r : buf_append_byte(out, '\n');
}

static int write_cells(const struct summary_table *t, const struct summary_cells *c, struct buf *out) {
    bool colour = t->options->colour;
    if (c->trend)
        return write_trend(t, c, out);
    int r = buf_append_byte(out, ' ');
    r = r < 0 ? r : write_padded(c->text[0], t->value_width, paint(colour, PAINT_CYAN), paint(colour, PAINT_OFF), out);
    for (size_t i = 1; i < c->count && r >= 0; i++) {
        size_t width = c->count > 2 ? t->remark_width[i - 1] : 0;
        r = buf_append_byte(out, ' ');
        r = r < 0 ? r : write_padded(c->text[i], width, paint(colour, PAINT_CYAN_FAINT), paint(colour, PAINT_OFF), out);
    }
    return r < 0 ? r : buf_append_byte(out, '\n');
}

int summary_table_row(const struct summary_table *t, const char *indent, const char *mark, const struct summary_metric *m, struct buf *out) {
    struct summary_cells c;
    cells_of(t, m, &c);
    int r = write_name(t, indent, mark, m->sub.ptr ? m->sub : m->name, m->sub.ptr != NULL, out);
    return r < 0 ? r : write_cells(t, &c, out);
}

int summary_table_row_plain(const struct summary_table *t, const char *indent, struct view name, const char *value, const char *remark,
    struct buf *out) {
    struct summary_cells c = {.count = 0};
    set(&c, "", value);
    set(&c, "", remark);
    int r = write_name(t, indent, "", name, false, out);
    return r < 0 ? r : write_cells(t, &c, out);
}

bool summary_metric_judged(const struct summary_data *d, const struct summary_metric *m, bool *ok) {
    bool judged = false;
    *ok = true;
    for (size_t i = 0; i < d->threshold_count; i++) {
        if (!view_eq(d->thresholds[i].target, m->name))
            continue;
        judged = true;
        *ok = *ok && d->thresholds[i].ok;
    }
    return judged;
}
