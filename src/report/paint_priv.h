/* ANSI colours, or nothing. */
#ifndef REPORT_PAINT_PRIV_H
#define REPORT_PAINT_PRIV_H

#include <stdbool.h>

#define PAINT_BOLD "\x1b[1m"
#define PAINT_FAINT "\x1b[2m"
#define PAINT_FAINT_OFF "\x1b[22m"
#define PAINT_RED "\x1b[31m"
#define PAINT_GREEN "\x1b[32m"
#define PAINT_YELLOW "\x1b[33m"
#define PAINT_CYAN "\x1b[36m"
#define PAINT_WHITE "\x1b[37m"
#define PAINT_CYAN_FAINT "\x1b[2;36m"
#define PAINT_WHITE_FAINT "\x1b[2;37m"
#define PAINT_OFF "\x1b[0m"

static inline const char *paint(bool colour, const char *code) { return colour ? code : ""; }

#endif
