/* The page of a k6 run (--ui) and its REST API (--address). */
#ifndef CLI_UI_K6_H
#define CLI_UI_K6_H

#include "cli/k6_command.h"
#include "cli/ui_session.h"

extern const struct flag k6_ui_flags[]; /* --ui, --ui-exit */

struct ui_k6;
/* NULL and 0: neither was asked for. */
int ui_k6_new(struct ui_k6 **out, struct k6_call *call, struct error *err) MUST_USE;
struct ui_k6 *ui_k6_free(struct ui_k6 *u);
struct ui_session *ui_k6_session(struct ui_k6 *u);
/* The run is over: with --ui on a terminal the page stays until Ctrl-C. */
void ui_k6_stay(struct ui_k6 *u);

#endif
