/* The console while a test runs. A frame is an empty line, the head line ("running (…)" or the Init/Run bar) and one line per scenario.
 *
 * On a terminal the cursor returns to the frame's top after drawing, so that whatever is printed next (another frame, a log line after
 * progress_hide) overwrites it. `drawn` says that a frame stands below the cursor. In a pipe frames are appended.
 *
 * The last frame is printed by finish(), after the summary, and stays. */
#include "report/progress.h"

#include <stdlib.h>
#include <sys/ioctl.h>

#include "core/buf.h"
#include "core/duration.h"
#include "report/humanize.h"
#include "report/paint_priv.h"
#include "report/progress_bar.h"

enum { PROGRESS_TEXT_MAX = 4 * 1024 * 1024, PROGRESS_ROWS_DEFAULT = 24, PROGRESS_COLUMNS_DEFAULT = 80, TENTH_US = 100000 };

struct progress {
    struct report_sink base;
    struct progress_options o;
    struct buf text;
    struct progress_bar *bars; /* head and scenarios of the plan */
    size_t bar_cap;
    bool banner_done, described, drawn, ran;
    unsigned hidden;
    uint64_t initialised, initialise;
    bool framed; /* `text` holds the frame to draw again after a hide */
};

static const char banner[] = "   _           _  __ _   _                \n"
                             "  | |__   __ _| |/ _| |_(_)_ __ ___   ___ \n"
                             "  | '_ \\ / _` | | |_| __| | '_ ` _ \\ / _ \\\n"
                             "  | | | | (_| | |  _| |_| | | | | | |  __/\n"
                             "  |_| |_|\\__,_|_|_|  \\__|_|_| |_| |_|\\___|";

static void print(struct progress *p) {
    fwrite(p->text.ptr, 1, p->text.len, p->o.out);
    fflush(p->o.out);
}

void progress_banner(struct report_sink *s) {
    struct progress *p = (struct progress *)s;
    if (p->banner_done || p->o.quiet)
        return;
    p->banner_done = true;
    if (p->o.no_banner)
        return;
    fprintf(p->o.out, "\n%s%s%s\n\n", paint(p->o.colour, PAINT_YELLOW), banner, paint(p->o.colour, PAINT_OFF));
    fflush(p->o.out);
}

static int describe_line(struct progress *p, const char *label, struct view value) {
    return buf_printf(&p->text, "%14s: %s%.*s%s\n", label, paint(p->o.colour, PAINT_CYAN), VIEW_ARGS(value), paint(p->o.colour, PAINT_OFF));
}

static int describe_scenarios(struct progress *p, const struct plan *plan) {
    char end[DURATION_TEXT_MAX], text[256];
    struct view segment = p->o.segment.len ? p->o.segment : VIEW("100.00%");
    duration_format((plan_end_us(plan) + TENTH_US / 2) / TENTH_US * TENTH_US * 1000, end); /* k6 rounds this one */
    snprintf(text, sizeof text, "(%.*s) %zu scenario%s, %lld max VUs, %s max duration (incl. graceful stop):", VIEW_ARGS(segment),
        plan->scenario_count, plan->scenario_count == 1 ? "" : "s", (long long)plan_users_max(plan), end);
    int r = describe_line(p, "scenarios", view_of_cstr(text));
    for (size_t i = 0; i < plan->scenario_count && r >= 0; i++) {
        r = buf_printf(&p->text, "              * %.*s: ", VIEW_ARGS(plan->scenarios[i].name));
        r = r < 0 ? r : plan_scenario_describe(&plan->scenarios[i], &p->text);
        r = r < 0 ? r : buf_append_byte(&p->text, '\n');
    }
    return r < 0 ? r : buf_append_byte(&p->text, '\n');
}

static void describe(struct progress *p, const struct run_state *r) {
    struct view outputs = r->outputs.len ? r->outputs : VIEW("-");
    buf_clear(&p->text);
    p->framed = false;
    if (buf_append_byte(&p->text, '\n') < 0 || describe_line(p, "execution", view_of_cstr(p->o.execution ? p->o.execution : "local")) < 0 ||
        describe_line(p, "script", r->script_path) < 0 || describe_line(p, "output", outputs) < 0 || buf_append_byte(&p->text, '\n') < 0 ||
        describe_scenarios(p, r->plan) < 0)
        buf_clear(&p->text);
    print(p);
}

/* ---- frames ---- */

static int digits_of(int64_t n) {
    int digits = 1;
    for (; n >= 10; n /= 10)
        digits++;
    return digits;
}

static bool bars_reserve(struct progress *p, size_t n) {
    if (n > p->bar_cap) {
        struct progress_bar *bars = realloc(p->bars, n * sizeof *bars);
        if (!bars)
            return false;
        p->bars = bars;
        p->bar_cap = n;
    }
    return true;
}

static size_t terminal_size(const struct progress *p, size_t *rows) {
    struct winsize w = {0};
    *rows = PROGRESS_ROWS_DEFAULT;
    bool known = ioctl(fileno(p->o.out), TIOCGWINSZ, &w) == 0;
    if (known && w.ws_row)
        *rows = w.ws_row;
    if (p->o.columns > 0)
        return (size_t)p->o.columns;
    return known && w.ws_col ? w.ws_col : PROGRESS_COLUMNS_DEFAULT;
}

static int write_running(struct progress *p, const struct run_state *r, const char *line_end) {
    char clock[HUMANIZE_MAX];
    int width = digits_of(plan_users_max(r->plan));
    return buf_printf(&p->text, "running (%s), %0*llu/%0*llu VUs, %llu complete and %llu interrupted iterations%s",
        humanize_clock(r->elapsed_us, plan_end_us(r->plan), clock), width, (unsigned long long)r->users_active, width,
        (unsigned long long)r->users_initialised, (unsigned long long)r->iterations_complete, (unsigned long long)r->iterations_interrupted,
        line_end);
}

static void fill_head(struct progress *p, const struct run_state *r, struct progress_bar *head) {
    bool setup = r && r->phase != RUN_INIT;
    *head = (struct progress_bar){.name = setup ? VIEW("Run") : VIEW("Init"), .mark = " ", .mark_colour = ""};
    if (setup) {
        head->fraction = 1;
        snprintf(head->columns[head->column_count++], PROGRESS_BAR_COLUMN_MAX, "setup()");
    } else if (p->initialise) {
        head->fraction = (double)p->initialised / (double)p->initialise;
        snprintf(head->columns[head->column_count++], PROGRESS_BAR_COLUMN_MAX, "%0*llu/%llu VUs initialized", digits_of((int64_t)p->initialise),
            (unsigned long long)p->initialised, (unsigned long long)p->initialise);
    }
}

/* Writes a frame into text; returns its lines, 0 when there is no memory for it. */
static size_t write_frame(struct progress *p, const struct run_state *r, const struct plan *plan, struct progress_bar *own_head) {
    struct progress_bar_style style = {.graphic = p->o.tty, .colour = p->o.colour, .line_end = p->o.tty ? "\x1b[K\n" : "\n"};
    size_t rows = 0, shown = plan->scenario_count;
    if (!bars_reserve(p, shown + 1))
        return 0;
    if (p->o.tty)
        style.columns = terminal_size(p, &rows);
    if (p->o.tty && rows > 6 && shown + 4 > rows)
        shown = rows - 5;
    if (own_head)
        p->bars[0] = *own_head;
    else
        fill_head(p, r, &p->bars[0]);
    for (size_t i = 0; i < shown; i++)
        progress_bar_fill(&p->bars[i + 1], &plan->scenarios[i], r && r->scenarios ? &r->scenarios[i] : NULL, p->ran);
    if (buf_printf(&p->text, "%s", style.line_end) < 0)
        return 0;
    bool headed = !p->ran;
    if (!headed && write_running(p, r, style.line_end) < 0)
        return 0;
    if (progress_bar_write(p->bars + !headed, shown + headed, &style, &p->text) < 0)
        return 0;
    if (shown == plan->scenario_count)
        return shown + 2;
    return buf_printf(&p->text, "… and %zu more scenarios%s", plan->scenario_count - shown, style.line_end) < 0 ? 0 : shown + 3;
}

static void draw(struct progress *p, const struct run_state *r, bool last) {
    if (p->o.quiet || !r->plan)
        return;
    p->ran = p->ran || r->phase == RUN_RUNNING || r->phase == RUN_TEARDOWN || r->load_elapsed_us > 0;
    buf_clear(&p->text);
    size_t lines = write_frame(p, r, r->plan, NULL);
    if (lines == 0 || (p->o.tty && !last && buf_printf(&p->text, "\r\x1b[J\x1b[%zuA", lines) < 0)) {
        buf_clear(&p->text);
        p->framed = false;
        return;
    }
    p->framed = p->o.tty && !last;
    if (p->hidden && !last)
        return;
    p->drawn = p->framed;
    print(p);
}

static void erase(struct progress *p) {
    if (!p->drawn)
        return;
    fputs("\r\x1b[J", p->o.out);
    fflush(p->o.out);
    p->drawn = false;
}

static void start(struct report_sink *s, const struct run_state *r) {
    struct progress *p = (struct progress *)s;
    if (p->o.quiet || p->described)
        return;
    erase(p);
    progress_banner(s);
    p->described = true;
    describe(p, r);
}

static void second(struct report_sink *s, const struct run_state *r) {
    struct progress *p = (struct progress *)s;
    if (!p->o.tty)
        draw(p, r, false);
}

static void redraw(struct report_sink *s, const struct run_state *r) {
    struct progress *p = (struct progress *)s;
    if (p->o.tty)
        draw(p, r, false);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)err;
    erase((struct progress *)s);
    draw((struct progress *)s, r, true);
    return 0;
}

static void progress_free(struct report_sink *s) {
    struct progress *p = (struct progress *)s;
    buf_deinit(&p->text);
    free(p->bars);
    free(p);
}

static const struct report_sink_ops progress_ops = {
    .name = "progress", .start = start, .second = second, .redraw = redraw, .finish = finish, .free = progress_free};

struct report_sink *progress_new(const struct progress_options *o) {
    struct progress *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->base.ops = &progress_ops;
    p->o = *o;
    buf_init(&p->text, PROGRESS_TEXT_MAX);
    return &p->base;
}

static struct progress *own(struct report_sink *s) {
    return s && s->ops == &progress_ops ? (struct progress *)s : NULL;
}

void progress_initialised(struct report_sink *s, uint64_t users, uint64_t of) {
    struct progress *p = own(s);
    if (!p)
        return;
    p->initialised = users;
    p->initialise = of;
}

void progress_failed_start(struct report_sink *s, const struct plan *plan, const char *doing) {
    struct progress *p = own(s);
    struct progress_bar head = {.name = VIEW("Init"), .mark = " ", .mark_colour = ""};
    if (!p || p->o.quiet)
        return;
    progress_banner(s);
    erase(p);
    if (*doing)
        snprintf(head.columns[head.column_count++], PROGRESS_BAR_COLUMN_MAX, "%s", doing);
    buf_clear(&p->text);
    if (write_frame(p, NULL, plan, &head) == 0)
        buf_clear(&p->text);
    print(p);
}

void progress_hide(struct report_sink *s) {
    struct progress *p = own(s);
    if (p && p->o.tty && p->hidden++ == 0)
        erase(p);
}

void progress_show(struct report_sink *s) {
    struct progress *p = own(s);
    if (!p || !p->hidden || --p->hidden || !p->framed)
        return;
    p->drawn = true;
    print(p);
}
