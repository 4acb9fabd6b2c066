#include "cli/trace_choice.h"

#include "cli/k6_flags.h"
#include "core/rng.h"

#include <stdlib.h>

/* tidy: table */
const struct flag trace_flags[] = {
    {"traces", 0, FLAG_TEXT, "host:port", NULL, TRACE_CHOICE_ADDRESS, "HALFTIME_TRACES", NULL,
        "take OpenTelemetry spans and logs of the system under test (OTLP over HTTP) "
        "here, " TRACE_CHOICE_ADDRESS
        " if nothing is said (--traces=HOST:PORT); joined with our requests (docs/TRACES.md)"},
    {"traces-token", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_TRACES_TOKEN", NULL,
        "what senders must show as `Authorization: Bearer …`; needed on any address but loopback (better as "
        "the "
        "variable: command lines are visible to others)"},
    {"server-logs", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_SERVER_LOGS", NULL,
        "log of the system under test, JSON objects one a line, followed as it grows; - is standard input"},
    {"trace-headers", 0, FLAG_BOOL, "", NULL, "true", "HALFTIME_TRACE_HEADERS", NULL,
        "send traceparent and X-Request-ID with every request that has none of its own; on by itself with "
        "--traces and "
        "--server-logs"},
    {"no-trace-headers", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "never send them"},
    {0},
};

int trace_choice_of_flags(struct trace_choice *c, const struct flag_result *r,
    const struct flag *const *tables, struct error *err) {
    bool never = false;
    *c = (struct trace_choice){.traces = flags_get(r, tables, "traces", k6_getenv),
        .token = flags_get(r, tables, "traces-token", k6_getenv),
        .server_logs = flags_get(r, tables, "server-logs", k6_getenv)};
    int rc =
        flags_get_bool(r, tables, "trace-headers", k6_getenv, c->traces || c->server_logs, &c->headers, err);

    if (rc == 0)
        rc = flags_get_bool(r, tables, "no-trace-headers", NULL, false, &never, err);
    c->headers = c->headers && !never;
    return rc;
}

/* "--name value", "--name=value", or `bare` for "--name" without one. */
static const char *value_of(const char *name, const char *bare, int i, int argc, char **argv) {
    size_t len = strlen(name);

    if (strncmp(argv[i], name, len) != 0 || (argv[i][len] && argv[i][len] != '='))
        return NULL;
    if (argv[i][len] == '=')
        return argv[i] + len + 1;
    return i + 1 < argc && argv[i + 1][0] != '-' ? argv[i + 1] : !bare && i + 1 < argc ? argv[i + 1] : bare;
}

struct trace_choice trace_choice_of_args(int argc, char **argv) {
    struct trace_choice c = {.traces = k6_getenv("HALFTIME_TRACES"),
        .token = k6_getenv("HALFTIME_TRACES_TOKEN"),
        .server_logs = k6_getenv("HALFTIME_SERVER_LOGS")};
    const char *value, *wanted = k6_getenv("HALFTIME_TRACE_HEADERS");
    bool never = false, given = false;

    for (int i = 1; i < argc; i++) {
        if ((value = value_of("--traces", TRACE_CHOICE_ADDRESS, i, argc, argv)))
            c.traces = value;
        if ((value = value_of("--traces-token", NULL, i, argc, argv)))
            c.token = value;
        if ((value = value_of("--server-logs", NULL, i, argc, argv)))
            c.server_logs = value;
        given = given || strcmp(argv[i], "--trace-headers") == 0;
        never = never || strcmp(argv[i], "--no-trace-headers") == 0;
    }
    c.headers = c.traces || c.server_logs;
    if (wanted && !flags_parse_bool(wanted, &c.headers))
        c.headers = false;
    c.headers = (c.headers || given) && !never;
    return c;
}

uint64_t trace_choice_run(const struct trace_choice *c) {
    uint64_t run = c->headers ? rng_seed_random() : 0;

    return c->headers && !run ? 1 : run;
}
