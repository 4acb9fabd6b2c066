/* A table of text for people: columns as wide as their cells, on a terminal with a faint heading and no wider
 * than the window (the column that may shrink is cut), in a pipe plain and whole. */
#ifndef CLI_TEXT_TABLE_H
#define CLI_TEXT_TABLE_H

#include "core/buf.h"

#include <stdio.h>

enum { TEXT_TABLE_COLUMNS_MAX = 24, TEXT_TABLE_BYTES_MAX = 64 * 1024 * 1024, TEXT_TABLE_COLUMN_LEAST = 12 };

enum text_align { TEXT_LEFT, TEXT_RIGHT };
struct text_column {
    const char *title;
    enum text_align align;
    bool shrinks;
};
struct text_table {
    const struct text_column *columns;
    size_t column_count;
    struct buf bytes;   /* cells, each with a NUL behind it */
    const char *colour; /* of the cell to come */
    size_t cells;
    const char **colours; /* of each cell, NULL = none */
    size_t colours_cap;
};
void text_table_init(struct text_table *t, const struct text_column *columns, size_t count);
void text_table_deinit(struct text_table *t);
/* The next cell, row by row. Line breaks and control characters become blanks. */
int text_table_cell(struct text_table *t, const char *colour, const char *fmt, ...) MUST_USE
    PRINTF_LIKE(3, 4);
/* width: of the terminal, 0 = not one (no colours, nothing is cut). */
void text_table_print(const struct text_table *t, size_t width, FILE *out);
/* Of the terminal behind `out`; 0 = none. */
size_t text_table_terminal(FILE *out);

#endif
