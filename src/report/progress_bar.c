/* k6's columns: what is shown depends on the executor (users, time, iterations); numbers are padded with zeros to the width that their
 * maximum will need, so the lines do not jump. Columns are aligned over all lines; the last one is not padded. */
#include "report/progress_bar.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "core/buf.h"
#include "core/duration.h"
#include "report/humanize.h"
#include "report/paint_priv.h"

enum { NAME_WIDTH_MIN = 4 }; /* "Init" */

static int digits_of(uint64_t n) {
    int digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

static bool by_iterations(const struct plan_scenario *p) {
    return p->executor == PLAN_SHARED_ITERATIONS || p->executor == PLAN_PER_VU_ITERATIONS;
}

static uint64_t iterations_of(const struct plan_scenario *p) {
    uint64_t n = p->iterations > 0 ? (uint64_t)p->iterations : 0;
    return p->executor == PLAN_PER_VU_ITERATIONS && p->users > 0 ? n * (uint64_t)p->users : n;
}

static double per_second(const struct plan_scenario *p, double rate) {
    return p->time_unit_us > 0 ? rate * 1e6 / (double)p->time_unit_us : 0;
}

double progress_bar_rate(const struct plan_scenario *p, int64_t elapsed_us) {
    double from = (double)p->rate;
    int64_t at_us = 0;
    for (size_t i = 0; i < p->stage_count; i++) {
        const struct plan_stage *s = &p->stages[i];
        if (elapsed_us < at_us + s->duration_us) {
            double part = (double)(elapsed_us - at_us) / (double)s->duration_us;
            return per_second(p, from + ((double)s->target - from) * (part < 0 ? 0 : part));
        }
        at_us += s->duration_us;
        from = (double)s->target;
    }
    return per_second(p, from);
}

static double rate_max(const struct plan_scenario *p) {
    double max = (double)p->rate;
    for (size_t i = 0; i < p->stage_count; i++)
        max = (double)p->stages[i].target > max ? (double)p->stages[i].target : max;
    return per_second(p, max);
}

static int64_t ramp_users_max(const struct plan_scenario *p) {
    int64_t max = p->users;
    for (size_t i = 0; i < p->stage_count; i++)
        max = p->stages[i].target > max ? p->stages[i].target : max;
    return max;
}

static void column(struct progress_bar *b, const char *text) {
    snprintf(b->columns[b->column_count++], PROGRESS_BAR_COLUMN_MAX, "%.*s", PROGRESS_BAR_COLUMN_MAX - 1, text);
}

static void column_users(struct progress_bar *b, const struct plan_scenario *p, const struct run_scenario *s) {
    char text[PROGRESS_BAR_COLUMN_MAX];
    unsigned long long active = s->active_users, all = s->allocated_users;
    int width;
    switch (p->executor) {
    case PLAN_RAMPING_VUS:
        all = (unsigned long long)ramp_users_max(p);
        width = digits_of(all);
        break;
    case PLAN_CONSTANT_ARRIVAL_RATE:
    case PLAN_RAMPING_ARRIVAL_RATE:
        all = all < (unsigned long long)p->users ? (unsigned long long)p->users : all; /* those exist before any is told of */
        width = digits_of((uint64_t)plan_scenario_users_max(p));
        break;
    default:
        snprintf(text, sizeof text, "%lld VUs", (long long)p->users);
        column(b, text);
        return;
    }
    snprintf(text, sizeof text, "%0*llu/%0*llu VUs", width, active, width, all);
    column(b, text);
}

static void column_time(struct progress_bar *b, const struct plan_scenario *p, const struct run_scenario *s, bool over) {
    char text[PROGRESS_BAR_COLUMN_MAX], clock[HUMANIZE_MAX], whole[HUMANIZE_MAX], duration[DURATION_TEXT_MAX];
    int64_t duration_us = plan_scenario_duration_us(p);
    duration_format(duration_us * 1000, duration);
    if (over) {
        column(b, duration);
        return;
    }
    humanize_clock(s->elapsed_us, duration_us, clock);
    bool clocked = p->executor == PLAN_RAMPING_VUS; /* k6 writes the whole as a clock here, and as a duration elsewhere */
    snprintf(text, sizeof text, "%.40s/%.40s", clock, clocked ? humanize_clock(duration_us, duration_us, whole) : duration);
    column(b, text);
}

static void column_work(struct progress_bar *b, const struct plan_scenario *p, const struct run_scenario *s) {
    char text[PROGRESS_BAR_COLUMN_MAX];
    unsigned long long all = iterations_of(p), done = s->completed + s->interrupted;
    int width = digits_of(all);
    switch (p->executor) {
    case PLAN_SHARED_ITERATIONS: snprintf(text, sizeof text, "%0*llu/%llu shared iters", width, done, all); break;
    case PLAN_PER_VU_ITERATIONS:
        snprintf(text, sizeof text, "%0*llu/%llu iters, %lld per VU", width, done, all, (long long)p->iterations);
        break;
    case PLAN_CONSTANT_ARRIVAL_RATE: snprintf(text, sizeof text, "%.2f iters/s", per_second(p, (double)p->rate)); break;
    case PLAN_RAMPING_ARRIVAL_RATE:
        snprintf(text, sizeof text, "%0*.2f iters/s", digits_of((uint64_t)rate_max(p)) + 3, progress_bar_rate(p, s->elapsed_us));
        break;
    default: return;
    }
    column(b, text);
}

static void fill_mark(struct progress_bar *b, enum run_scenario_state state) {
    static const struct {
        const char *mark, *colour;
    } marks[] = {
        [RUN_SCENARIO_WAITING] = {"•", ""},
        [RUN_SCENARIO_RUNNING] = {" ", ""},
        [RUN_SCENARIO_STOPPING] = {"↓", ""},
        [RUN_SCENARIO_DONE] = {"✓", PAINT_GREEN},
        [RUN_SCENARIO_INTERRUPTED] = {"✗", PAINT_RED},
    };
    b->mark = marks[state].mark;
    b->mark_colour = marks[state].colour;
}

void progress_bar_fill(struct progress_bar *b, const struct plan_scenario *p, const struct run_scenario *s, bool started) {
    *b = (struct progress_bar){.name = p->name, .mark = " ", .mark_colour = ""};
    if (!started || !s)
        return;
    fill_mark(b, s->state);
    if (s->state == RUN_SCENARIO_WAITING) {
        char clock[HUMANIZE_MAX];
        column(b, "waiting");
        column(b, humanize_clock(-s->elapsed_us, p->start_us, clock));
        return;
    }
    int64_t duration_us = plan_scenario_duration_us(p);
    bool over = s->elapsed_us > duration_us || (s->state == RUN_SCENARIO_DONE && !by_iterations(p));
    if (over)
        b->fraction = 1;
    else if (by_iterations(p))
        b->fraction = iterations_of(p) ? (double)(s->completed + s->interrupted) / (double)iterations_of(p) : 1;
    else
        b->fraction = duration_us > 0 ? (double)s->elapsed_us / (double)duration_us : 1;
    b->fraction = b->fraction < 0 ? 0 : b->fraction > 1 ? 1 : b->fraction;
    column_users(b, p, s);
    column_time(b, p, s, over);
    column_work(b, p, s);
}

/* ---- layout ---- */

struct layout {
    size_t name_width, column_width[PROGRESS_BAR_COLUMNS], column_count;
    size_t bar_width; /* with its brackets */
};

static size_t name_width(struct view name) {
    size_t width = humanize_width(name);
    return width > PROGRESS_BAR_NAME_MAX ? PROGRESS_BAR_NAME_MAX : width;
}

static struct layout layout_of(const struct progress_bar *bars, size_t n, const struct progress_bar_style *style) {
    struct layout l = {.name_width = NAME_WIDTH_MIN, .bar_width = PROGRESS_BAR_WIDTH_MAX};
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        size_t width = name_width(bars[i].name);
        l.name_width = width > l.name_width ? width : l.name_width;
        l.column_count = bars[i].column_count > l.column_count ? bars[i].column_count : l.column_count;
        for (size_t k = 0; k < bars[i].column_count; k++) {
            width = humanize_width(view_of_cstr(bars[i].columns[k]));
            l.column_width[k] = width > l.column_width[k] ? width : l.column_width[k];
        }
    }
    longest = l.name_width + 3 + PROGRESS_BAR_WIDTH_MAX + 1;
    for (size_t k = 0; k < l.column_count; k++)
        longest += l.column_width[k] + 2;
    if (style->columns && longest > style->columns) {
        size_t less = longest - style->columns, spare = PROGRESS_BAR_WIDTH_MAX - PROGRESS_BAR_WIDTH_MIN;
        l.bar_width -= less > spare ? spare : less;
    }
    return l;
}

static int write_name(struct view name, size_t width, struct buf *out) {
    int r, pad = (int)(width - name_width(name));
    if (humanize_width(name) <= PROGRESS_BAR_NAME_MAX)
        r = buf_append_view(out, name);
    else {
        size_t at = 0;
        for (size_t shown = 0; at < name.len; at++) {
            shown += ((unsigned char)name.ptr[at] & 0xc0) != 0x80;
            if (shown > PROGRESS_BAR_NAME_MAX - 3)
                break;
        }
        r = buf_printf(out, "%.*s...", VIEW_ARGS(view_take(name, at)));
    }
    return r < 0 ? r : buf_printf(out, "%*s ", pad, "");
}

static int write_gauge(const struct progress_bar *b, const struct layout *l, const struct progress_bar_style *style, struct buf *out) {
    if (!style->graphic)
        return buf_printf(out, "[ %3.0f%% ]", floor(b->fraction * 100));
    static const char full[] = "======================================", empty[] = "--------------------------------------";
    static_assert(sizeof full - 1 == PROGRESS_BAR_WIDTH_MAX - 2 && sizeof empty == sizeof full, "a bar of the greatest width");
    int space = (int)l->bar_width - 2, filled = (int)(space * b->fraction);
    const char *tip = filled > 0 && filled < space ? ">" : "";
    return buf_printf(out, "[%.*s%s%s%.*s%s]", filled - (*tip ? 1 : 0), full, tip, paint(style->colour, PAINT_FAINT), space - filled, empty,
        paint(style->colour, PAINT_FAINT_OFF));
}

static int write_columns(const struct progress_bar *b, const struct layout *l, struct buf *out) {
    int r = 0;
    for (size_t k = 0; k < b->column_count && r >= 0; k++) {
        struct view text = view_of_cstr(b->columns[k]);
        size_t pad = k + 1 < l->column_count ? l->column_width[k] + 1 - humanize_width(text) : 0;
        r = buf_printf(out, " %.*s%*s", VIEW_ARGS(text), (int)pad, "");
    }
    return r;
}

/* The tail of a line that would wrap would break the cursor's way back. */
static void cut_columns(struct buf *out, size_t from, size_t room) {
    size_t width = humanize_width(view_of(out->ptr + from, out->len - from));
    while (width > room && out->len > from) {
        unsigned char last = (unsigned char)out->ptr[--out->len];
        width -= (last & 0xc0) != 0x80;
    }
    out->ptr[out->len] = 0;
}

int progress_bar_write(const struct progress_bar *bars, size_t n, const struct progress_bar_style *style, struct buf *out) {
    struct layout l = layout_of(bars, n, style);
    int r = 0;
    for (size_t i = 0; i < n && r >= 0; i++) {
        const struct progress_bar *b = &bars[i];
        bool coloured = style->colour && *b->mark_colour;
        if ((r = write_name(b->name, l.name_width, out)) < 0 ||
            (r = buf_printf(out, "%s%s%s ", paint(coloured, b->mark_colour), b->mark, paint(coloured, PAINT_OFF))) < 0 ||
            (r = write_gauge(b, &l, style, out)) < 0)
            break;
        size_t from = out->len, used = l.name_width + 3 + (style->graphic ? l.bar_width : 8);
        if ((r = write_columns(b, &l, out)) < 0)
            break;
        if (style->columns)
            cut_columns(out, from, style->columns > used ? style->columns - used : 0);
        r = buf_printf(out, "%s", style->line_end);
    }
    return r < 0 ? r : 0;
}
