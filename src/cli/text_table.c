#include "cli/text_table.h"

#include "report/humanize.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP       "  "
#define BOLD      "\x1b[1m"
#define COLOR_OFF "\x1b[0m"
#define ELLIPSIS  "…"

void text_table_init(struct text_table *t, const struct text_column *columns, size_t count) {
    *t = (struct text_table){
        .columns = columns, .column_count = count, .bytes = BUF_MAX(TEXT_TABLE_BYTES_MAX)};
}

void text_table_deinit(struct text_table *t) {
    buf_deinit(&t->bytes);
    free(t->colours);
}

static int remember_colour(struct text_table *t, const char *colour) {
    if (t->cells == t->colours_cap) {
        size_t cap = t->colours_cap ? 2 * t->colours_cap : 256;
        const char **more = realloc(t->colours, cap * sizeof *more);
        if (!more)
            return -ENOMEM;
        t->colours = more;
        t->colours_cap = cap;
    }
    t->colours[t->cells] = colour;
    return 0;
}

int text_table_cell(struct text_table *t, const char *colour, const char *fmt, ...) {
    char *text = NULL;
    va_list args;

    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return -ENOMEM;
    for (int i = 0; i < n; i++)
        text[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
    int r = remember_colour(t, colour);
    r = r < 0 ? r : buf_append(&t->bytes, text, (size_t)n + 1);
    t->cells += r == 0;
    free(text);
    return r;
}

size_t text_table_terminal(FILE *out) {
    struct winsize size;
    if (!isatty(fileno(out)))
        return 0;
    return ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static void measure(const struct text_table *t, size_t *widths) {
    const char *cell = t->bytes.ptr;
    for (size_t c = 0; c < t->column_count; c++)
        widths[c] = humanize_width(view_of_cstr(t->columns[c].title));
    for (size_t i = 0; i < t->cells; i++) {
        size_t width = humanize_width(view_of_cstr(cell)), c = i % t->column_count;
        widths[c] = width > widths[c] ? width : widths[c];
        cell += strlen(cell) + 1;
    }
}

static void shrink(const struct text_table *t, size_t *widths, size_t terminal) {
    size_t all = 0;
    for (size_t c = 0; c < t->column_count; c++)
        all += widths[c] + (c ? strlen(GAP) : 0);
    for (size_t c = 0; c < t->column_count && all > terminal; c++) {
        size_t over = all - terminal, room;
        if (!t->columns[c].shrinks || widths[c] <= TEXT_TABLE_COLUMN_LEAST)
            continue;
        room = widths[c] - TEXT_TABLE_COLUMN_LEAST;
        over = over < room ? over : room;
        widths[c] -= over;
        all -= over;
    }
}

/* The first `width` characters; the last of them is an ellipsis when there were more. */
static struct view cut(struct view text, size_t width, bool *more) {
    size_t seen = 0, at = 0;
    *more = humanize_width(text) > width;
    size_t wanted = *more ? width - 1 : width;
    while (at < text.len && seen < wanted) {
        at++;
        while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80)
            at++;
        seen++;
    }
    return *more ? view_take(text, at) : text;
}

static void print_cell(
    const struct text_table *t, size_t c, const char *cell, size_t width, const char *colour, FILE *out) {
    bool more;
    struct view text = cut(view_of_cstr(cell), width, &more);
    size_t used = humanize_width(text) + more, pad = width > used ? width - used : 0;
    bool last = c + 1 == t->column_count;

    fprintf(out, "%s", c ? GAP : "");
    if (t->columns[c].align == TEXT_RIGHT)
        fprintf(out, "%*s", (int)pad, "");
    fprintf(out, "%s%.*s%s%s", colour ? colour : "", VIEW_ARGS(text), more ? ELLIPSIS : "",
        colour ? COLOR_OFF : "");
    if (t->columns[c].align == TEXT_LEFT && !last)
        fprintf(out, "%*s", (int)pad, "");
}

void text_table_print(const struct text_table *t, size_t width, FILE *out) {
    size_t widths[TEXT_TABLE_COLUMNS_MAX] = {0};
    const char *cell = t->bytes.ptr;

    measure(t, widths);
    if (width)
        shrink(t, widths, width);
    for (size_t c = 0; c < t->column_count; c++)
        print_cell(t, c, t->columns[c].title, widths[c], width ? BOLD : NULL, out);
    fputc('\n', out);
    for (size_t i = 0; i < t->cells; i++) {
        size_t c = i % t->column_count;
        print_cell(t, c, cell, widths[c], width ? t->colours[i] : NULL, out);
        if (c + 1 == t->column_count)
            fputc('\n', out);
        cell += strlen(cell) + 1;
    }
}
