/* A URL in place of a script: a script of one line that gets it. */
#ifndef CLI_URL_SCRIPT_H
#define CLI_URL_SCRIPT_H

#include "cli/k6_script.h"

enum { URL_SCRIPT_MAX = 16 * 1024 };

/* When the argument is a URL its script is written into `text` (empty, URL_SCRIPT_MAX), which must stay; else nothing happens. */
int url_script_take(struct k6_script *s, struct buf *text, struct error *err) MUST_USE;

#endif
