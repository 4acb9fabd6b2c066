/* The table of subcommands, and the small ones that need no file of their own: they only hand over. */
#include "cli/command.h"

#include "cli/k6_command.h"
#include "fleet/worker.h"
#include "script/js/host.h"
#include "target/target.h"

const struct command commands[] = {
    {"run", "FILE [flags]", "run a test: the file's extension says in which language (.js, .ts, .tar: k6; .py: Locust)", cmd_run},
    {"k6", "COMMAND [flags]", "be k6: the same commands, flags, output and exit codes", cmd_k6},
    {"locust", "[flags]", "be Locust: locustfiles, its flags, output and exit codes", cmd_locust},
    {"python", "FILE [arguments]", "Python with halftime's locust, for files that start themselves (run_single_user)", cmd_python},
    {"bench", "URL [flags]", "load one URL without a script, closed loop or at a rate, with true percentiles", cmd_bench},
    {"capacity", "FILE|URL [flags]", "the most users or the highest rate that hold within objectives, and what more would do", cmd_capacity},
    {"watch", "FILE|URL [flags]", "one round each few seconds, for days: alerts, a status page, and what ordinary days are like", cmd_watch},
    {"runs", "[COMMAND]", "every run that was made: list, show, note, export, report", cmd_runs},
    {"diagnose", "[RUN]", "what broke first in a kept run: causes with evidence, confidence and remedy", cmd_diagnose},
    {"logs", "[RUN] [FIELD=VALUE…]", "what the system under test logged about a run's slow and failed requests", cmd_logs},
    {"compare", "A B", "did it get slower? Two runs, endpoint by endpoint, with what chance alone may do", cmd_compare},
    {"matrix", "--set K=a,b -- …", "one run for each combination of settings, side by side", cmd_matrix},
    {"target", "[flags]", "serve the practice backend that the demo and the tests load", cmd_target},
    {"ui", "[flags]", "all kept runs in the browser: search, look closer, note, compare", cmd_ui},
    {"fleet", "up|worker|status [flags]", "one test over many machines: a bus to try it, the agent on each machine, who is there", cmd_fleet},
    {"agent", "[flags]", "probes of this machine for a run on another one: processors, processes, databases …", cmd_agent},
    {"doctor", "", "what limits the load that this machine can make, and what to set", cmd_doctor},
    {"help", "[COMMAND]", "this overview, or a command's flags", cmd_help},
    {"version", "[--json]", "print the version", cmd_version},
    {0},
};

/* The hosts of scripts; a worker is told which. */
static const struct script_ops *const hosts[] = {&script_js_ops, 0};

int cmd_worker(int argc, char **argv) {
    return fleet_worker_main(argc, argv, hosts);
}

int cmd_k6(int argc, char **argv) {
    return k6_main("halftime k6", argc, argv);
}

int cmd_target(int argc, char **argv) {
    struct target_options o = TARGET_OPTIONS_NULL;
    int rc = target_options_parse(&o, argc, argv, stderr);

    if (rc > 0)
        return EXIT_CODE_OK;
    return rc < 0 ? TARGET_EXIT_USAGE : target_run(&o);
}
