/* What happens once per test: the first look at the script, setup, teardown, handleSummary. */
#ifndef SCRIPT_JS_ONCE_H
#define SCRIPT_JS_ONCE_H

#include "script/js/host_priv.h"

/* Evaluates the script as VU 0 and fills h->description. Blocks, on a loop of its own: it is called from within a turn of the worker's. */
int once_describe(struct script_host *h, struct script_result *result);
void once_run(struct script_host *h, enum script_once what, struct view input, int64_t timeout_us);
void once_interrupt(struct script_host *h);

#endif
