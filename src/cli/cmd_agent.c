/* `halftime agent`: the probes of this machine, for a run on another one. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/k6_flags.h"
#include "cli/observe_flags.h"
#include "core/clock.h"
#include "core/stop_signals.h"
#include "observe/agent_server.h"

enum { AGENT_HELP_MAX = 16 * 1024, AGENT_SECOND_US = 1000 * 1000 };

static const struct flag agent_flags[] = {
    {"listen", 0, FLAG_TEXT, "address", "127.0.0.1:7410", NULL, "HALFTIME_AGENT", NULL,
        "where the probes' figures are served; any address but loopback needs a token; port 0 takes a free "
        "one"},
    {"token", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_AGENT_TOKEN", NULL,
        "who asks must have it (better as the variable: command lines are visible to others)"},
    {0},
};
static const struct flag *const tables[] = {agent_flags, observe_flags, NULL};

static void print_help(void) {
    struct buf kinds CLEANUP(buf_deinit) = BUF_MAX(AGENT_HELP_MAX);
    printf("Usage:\n  halftime agent [flags]\n\nObserves this machine and what runs on it for a load test on "
           "another one: runs the probes "
           "and serves what they say, each second, until\nCtrl-C. It only reads. Without --observe it "
           "observes the host.\n\n"
           "Examples:\n"
           "  HALFTIME_AGENT_TOKEN=… halftime agent --listen 0.0.0.0:7410 --observe host --observe "
           "proc:postgres\n"
           "  halftime run --observe agent:http://TOKEN@db1:7410 script.js          on the machine that "
           "makes the load\n\nFlags:\n");
    flags_print(tables, stdout);
    if (observe_kinds_describe(&kinds) == 0)
        printf("\nProbes:\n%s", kinds.ptr);
}

static void say(struct log_sink *sink, const struct log_record *r) {
    (void)sink;
    fprintf(stderr, "halftime agent: %.*s\n", VIEW_ARGS(r->message));
}

static struct log_sink sayer = {.write = say};

static int serve(struct observing *o, struct agent_server *s, int signals) {
    int r = 0;
    int64_t next_us = clock_now_us(&clock_real);
    while (r == 0 && stop_signals_read(signals) == 0) {
        int64_t left_us = next_us - clock_now_us(&clock_real);
        struct pollfd fd = {.fd = signals, .events = POLLIN};
        if (left_us > 0) {
            (void)poll(&fd, 1, (int)(left_us / 1000) + 1);
            continue;
        }
        const struct probe_second *second = observing_second(o);
        next_us += AGENT_SECOND_US * (1 - left_us / AGENT_SECOND_US); /* one that was missed is left out */
        if (second)
            r = agent_server_show(s, second);
    }
    return r;
}

static int observe(struct observing *o, const struct flag_result *flags, struct error *err) {
    static const struct view host = VIEW("host");
    int r = observing_init(o, flags, &sayer, err);
    if (r < 0 || o->observer)
        return r;
    r = observer_new(&o->observer, &host, 1, err);
    return r < 0 ? r : observing_start(o, err);
}

static int run(const struct flag_result *flags, struct error *err) {
    struct observing o = OBSERVING_NULL;
    struct agent_server *server = NULL;
    const char *address = flags_get(flags, tables, "listen", k6_getenv),
               *token = flags_get(flags, tables, "token", k6_getenv);

    int signals = stop_signals_open(); /* before threads are made */
    int r = signals < 0 ? error_set(err, signals, "%s", error_name(signals)) : observe(&o, flags, err);
    r = r < 0 ? r : agent_server_new(&server, address ? address : "127.0.0.1:7410", token, err);
    if (r == 0) {
        printf("halftime agent listening on %s%s\n", agent_server_url(server),
            token && *token ? " (a token is needed)" : "");
        fflush(stdout);
        r = serve(&o, server, signals);
        if (r < 0)
            error_set(err, r, "%s", error_name(r));
    }
    agent_server_free(server);
    observing_deinit(&o);
    if (signals >= 0)
        close(signals);
    return r;
}

int cmd_agent(int argc, char **argv) {
    struct flag_result flags = FLAG_RESULT_NULL;
    struct error err = ERROR_NULL;
    int r = flags_parse(tables, argc, argv, &flags, &err);

    if (r == 0 && flags.help)
        print_help();
    else if (r == 0 && flags.arg_count)
        r = error_set(&err, ERROR_INVALID,
            "\"%s\" is not understood: there are only flags; see halftime agent --help", flags.args[0]);
    else if (r == 0)
        r = run(&flags, &err);
    if (r < 0)
        fprintf(stderr, "halftime agent: %s\n", err.text);
    flags_deinit(&flags);
    return r < 0 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
}
