/* What a run was asked for about traces and logs of the system under test. */
#ifndef CLI_TRACE_CHOICE_H
#define CLI_TRACE_CHOICE_H

#include "cli/flags.h"

#define TRACE_CHOICE_ADDRESS "127.0.0.1:4318"

extern const struct flag trace_flags[]; /* for flags_parse and the help */

struct trace_choice {
    bool headers;             /* requests carry traceparent and X-Request-ID */
    const char *traces;       /* address that takes OTLP; NULL = none */
    const char *token;        /* wanted from who sends; NULL = none is */
    const char *server_logs;  /* file of JSON lines, "-" = standard input; NULL = none */
};
/* Headers are on with --trace-headers, and with --traces or --server-logs; --no-trace-headers has the last word. */
int trace_choice_of_flags(struct trace_choice *c, const struct flag_result *r, const struct flag *const *tables, struct error *err) MUST_USE;
/* Of a Locust command line, whose parser is elsewhere and has checked it. */
struct trace_choice trace_choice_of_args(int argc, char **argv);
/* Of the plan: 0 = requests are not marked. */
uint64_t trace_choice_run(const struct trace_choice *c);

#endif
