/* Statements as they may be shown: without what users wrote into them. */
#ifndef OBSERVE_SQL_TEXT_H
#define OBSERVE_SQL_TEXT_H

#include "core/view.h"

/* Literals ('text', E'te\'xt', $tag$text$tag$, 12.5e3, X'1F') become ?, runs of blanks one blank; names ("a
 * 1", $1, t2) stay. Cut at the end of out. Returns out. */
char *sql_text_mask(struct view sql, char *out, size_t size);

#endif
