#include "report/locust_console.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "report/locust_table.h"
#include "report/report_errno_priv.h"

struct locust_console {
    struct report_sink base;
    struct locust_console_options o;
    struct locust_stats stats;
    int64_t next_us; /* load time of the next periodic table */
};

static struct locust_console *console_of(struct report_sink *s) {
    return (struct locust_console *)s;
}

/* Of standard output, though the tables go to standard error: so does Locust. */
static int terminal_columns(void) {
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static struct locust_table table_of(const struct locust_console *c) {
    return (struct locust_table){.name_width = locust_name_width(terminal_columns()), .coarse = c->o.coarse};
}

static int put(struct locust_console *c, const struct buf *text) {
    if (fwrite(text->ptr ? text->ptr : "", 1, text->len, c->o.out) != text->len || fflush(c->o.out) != 0)
        return -errno;
    return 0;
}

static void print_periodic(struct locust_console *c) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    struct locust_table t = table_of(c);

    /* A terminal that is gone shows nothing; what counts comes at the end, where it is told. */
    if (locust_table_stats(&t, &c->stats, true, &text) == 0)
        (void)!put(c, &text);
}

int locust_console_refresh(struct report_sink *s, const struct run_state *r) {
    return locust_stats_refresh(&console_of(s)->stats, r, (double)clock_wall_us() / 1e6);
}

static int64_t every_us(const struct locust_console *c) {
    return c->o.every_us > 0 ? c->o.every_us : LOCUST_CONSOLE_EVERY_US;
}

static void console_second(struct report_sink *s, const struct run_state *r) {
    struct locust_console *c = console_of(s);

    (void)!locust_console_refresh(s, r); /* without memory the figures stay old; the end tells */
    if (!c->o.periodic || r->load_elapsed_us < c->next_us || r->phase != RUN_RUNNING)
        return;
    print_periodic(c);
    while (c->next_us <= r->load_elapsed_us)
        c->next_us += every_us(c);
}

void locust_console_begin(struct report_sink *s) {
    struct locust_console *c = console_of(s);

    if (c->o.periodic)
        print_periodic(c);
    /* A table is due with the second that is nearest. */
    c->next_us = every_us(c) - LOCUST_CONSOLE_EARLY_US;
}

/* ---- the end ---- */

static int thresholds(const struct run_state *r, struct buf *out) {
    size_t n = r->plan ? r->plan->threshold_count : 0;
    int e = n ? buf_append_view(out, VIEW("Thresholds\n")) : 0;

    for (size_t i = 0; i < n && e == 0; i++) {
        const struct run_threshold *t = &r->thresholds[i];
        e = buf_printf(out, "%-8s %.*s: %.*s (%.6g)\n", t->ok ? "met" : "CROSSED", VIEW_ARGS(t->target),
            VIEW_ARGS(t->expression), t->observed);
    }
    return e < 0 || !n ? e : buf_append_byte(out, '\n');
}

int locust_console_end(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct locust_console *c = console_of(s);
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    struct locust_table t = table_of(c);
    int e = locust_table_stats(&t, &c->stats, false, &text);

    e = e < 0 ? e : locust_table_percentiles(&t, &c->stats, &text);
    e = e < 0 ? e : locust_table_errors(&t, &c->stats, &text);
    e = e < 0 ? e : thresholds(r, &text);
    e = e < 0 ? e : put(c, &text);
    return e < 0 ? error_set(err, e, "the final tables could not be printed: %s",
                       e < -4095 ? error_name(e) : report_errno(-e))
                 : 0;
}

static void console_free(struct report_sink *s) {
    locust_stats_deinit(&console_of(s)->stats);
    free(s);
}

static int console_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    int e = locust_console_refresh(s, r);

    return e < 0 ? error_set(err, e, "the figures are not complete: %s", error_name(e)) : 0;
}

static const struct report_sink_ops ops = {
    .name = "tables", .second = console_second, .finish = console_finish, .free = console_free};

struct report_sink *locust_console_new(const struct locust_console_options *o) {
    struct locust_console *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->base.ops = &ops;
    c->o = *o;
    locust_stats_init(&c->stats);
    return &c->base;
}

void locust_console_set(struct report_sink *s, const struct locust_console_options *o) {
    console_of(s)->o = *o;
}

const struct locust_stats *locust_console_stats(const struct report_sink *s) {
    return &((const struct locust_console *)s)->stats;
}
