/* What people expect of the target and what it costs: flags of all that make load, for the words at the end.
 */
#ifndef CLI_JUDGE_FLAGS_H
#define CLI_JUDGE_FLAGS_H

#include "cli/flags.h"
#include "diagnosis/diagnosis.h"

extern const struct flag judge_flags[]; /* --cost, --apdex */

/* ERROR_INVALID with a sentence. */
int judge_flags_read(const struct flag_result *r, struct diagnosis_options *out, struct error *err) MUST_USE;

#endif
