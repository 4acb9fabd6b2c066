#include "cli/fleet_flags.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/judge_flags.h"
#include "cli/k6_flags.h"
#include "cli/observe_flags.h"

enum { FLEET_PATH_MAX = 4096, FLEET_MACHINES_MAX = 1024 };

extern char **environ;

/* tidy: table */
const struct flag fleet_bus_flags[] = {
    {"bus", 0, FLAG_TEXT, "url", "nats://127.0.0.1:4222", NULL, "HALFTIME_BUS", NULL,
        "where NATS is: nats://host:4222, tls://host:4222, several by commas; user:password@ or token@ may "
        "stand before the host"},
    {"bus-user", 0, FLAG_TEXT, "name", NULL, NULL, "HALFTIME_BUS_USER", NULL, "user on the bus"},
    {"bus-password", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_BUS_PASSWORD", NULL,
        "and its password (better as the variable: command lines are visible to others)"},
    {"bus-token", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_BUS_TOKEN", NULL, "token of the bus"},
    {"bus-creds", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_BUS_CREDS", NULL,
        "credentials file (JWT and nkey) as nsc writes it"},
    {"bus-ca", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_BUS_CA", NULL,
        "PEM file of the authority that signed the server's certificate; turns TLS on"},
    {"bus-cert", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_BUS_CERT", NULL,
        "PEM file of our own certificate"},
    {"bus-key", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_BUS_KEY", NULL,
        "PEM file of its key (default: in the certificate's file)"},
    {0},
};

/* tidy: table */
const struct flag fleet_flags[] = {
    {"fleet", 0, FLAG_INT, "int", NULL, NULL, "HALFTIME_FLEET", NULL,
        "spread the run over so many machines that run `halftime fleet worker`; 0 = all that are there"},
    {"fleet-label", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_FLEET_LABEL", NULL,
        "only machines that were started with this label"},
    {"fleet-join", 0, FLAG_BOOL, "", NULL, "true", "HALFTIME_FLEET_JOIN", NULL,
        "machines whose `halftime fleet worker` starts while the load runs take part: Locust's users are dealt anew, and with "
        "--on-worker-loss=continue they take over what a lost worker left"},
    {"on-worker-loss", 0, FLAG_TEXT, "word", "redistribute", NULL, "HALFTIME_ON_WORKER_LOSS", NULL,
        "what becomes of a lost worker's users: redistribute to the others, continue without them, or abort "
        "the run"},
    {"resume", 0, FLAG_TEXT, "run", NULL, NULL, NULL, NULL,
        "go on with a run on the bus whose controller died (the name is in its first log line and in "
        "`halftime fleet status`)"},
    {"standby", 0, FLAG_TEXT, "run", NULL, NULL, NULL, NULL,
        "as --resume, but wait until the run's controller is gone"},
    {0},
};

const struct flag *const fleet_run_flags[] = {fleet_flags, fleet_bus_flags, observe_flags, judge_flags, NULL};

static int read_loss(const char *word, enum fleet_loss *out, struct error *err) {
    static const char *const words[] = {[FLEET_LOSS_REDISTRIBUTE] = "redistribute",
        [FLEET_LOSS_CONTINUE] = "continue",
        [FLEET_LOSS_ABORT] = "abort"};

    for (size_t i = 0; word && i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(word, words[i])) {
            *out = (enum fleet_loss)i;
            return 0;
        }
    return word ? error_set(err, ERROR_INVALID,
                      "--on-worker-loss must be redistribute, continue or abort, not %.100s", word)
                : 0;
}

int fleet_choice_init(struct fleet_choice *c, const struct flag_result *r, const struct flag *const *tables,
    struct error *err) {
    const char *machines = flags_get(r, tables, "fleet", k6_getenv),
               *standby = flags_get(r, tables, "standby", NULL);
    struct nats_options *bus = &c->away.bus;
    int64_t n = 0;

    *c = (struct fleet_choice){0};
    bus->url = flags_get(r, tables, "bus", k6_getenv);
    bus->user = flags_get(r, tables, "bus-user", k6_getenv);
    bus->password = flags_get(r, tables, "bus-password", k6_getenv);
    bus->token = flags_get(r, tables, "bus-token", k6_getenv);
    bus->credentials = flags_get(r, tables, "bus-creds", k6_getenv);
    bus->tls_ca = flags_get(r, tables, "bus-ca", k6_getenv);
    bus->tls_cert = flags_get(r, tables, "bus-cert", k6_getenv);
    bus->tls_key = flags_get(r, tables, "bus-key", k6_getenv);
    if (!bus->url)
        bus->url = "nats://127.0.0.1:4222";
    c->away.label = flags_get(r, tables, "fleet-label", k6_getenv);
    c->away.resume = standby ? standby : flags_get(r, tables, "resume", NULL);
    c->away.standby = standby != NULL;
    c->wanted = machines || c->away.resume;
    if (machines && (!view_to_i64(view_of_cstr(machines), &n) || n < 0 || n > FLEET_MACHINES_MAX))
        return error_set(err, ERROR_INVALID, "--fleet must be a number of machines from 0 to %d, not %.100s",
            FLEET_MACHINES_MAX, machines);
    c->away.machines = (int)n;
    int rc = flags_get_bool(r, tables, "fleet-join", k6_getenv, false, &c->away.join, err);
    if (rc < 0)
        return rc;
    return read_loss(flags_get(r, tables, "on-worker-loss", k6_getenv), &c->on_loss, err);
}

void fleet_choice_deinit(struct fleet_choice *c) {
    free(c->command);
    c->command = NULL;
    c->away.command = NULL;
}

/* ---- the command of a run ---- */

/* Of our flags those whose value is a secret or another for whoever goes on. */
static bool is_ours_alone(const char *name) {
    return !strncmp(name, "bus", 3) || !strcmp(name, "resume") || !strcmp(name, "standby");
}

static const struct flag *flag_of(const char *word, const char **value) {
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);

    *value = equals ? equals + 1 : NULL;
    if (strncmp(word, "--", 2) != 0)
        return NULL;
    for (size_t t = 0; fleet_run_flags[t]; t++)
        for (const struct flag *f = fleet_run_flags[t]; f->name; f++)
            if (strlen(f->name) + 2 == len && !strncmp(f->name, word + 2, len - 2))
                return f;
    return NULL;
}

static json_t *keep_args(int argc, char **argv) {
    json_t *args = json_array();
    const char *value;

    for (int i = 1; i < argc; i++) {
        const struct flag *f = flag_of(argv[i], &value);
        if (!f || !is_ours_alone(f->name))
            json_array_append_new(args, json_string(argv[i]));
        else
            i += value == NULL;
    }
    return args;
}

static json_t *keep_environment(void) {
    json_t *env = json_object();

    for (char **e = environ; *e; e++) {
        struct view value = view_of_cstr(*e), key = view_cut(&value, '=', NULL);
        char name[256];
        if (!view_starts_with(key, VIEW("K6_")) && !view_starts_with(key, VIEW("LOCUST_")))
            continue;
        if (key.len >= sizeof name)
            continue;
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        json_object_set_new(env, name, json_stringn(value.ptr, value.len));
    }
    return env;
}

int fleet_choice_command(struct fleet_choice *c, const char *tool, int argc, char **argv, struct error *err) {
    char cwd[FLEET_PATH_MAX];

    if (!getcwd(cwd, sizeof cwd))
        return error_set(err, -errno, "the working directory is not readable: %s", strerror(errno));
    json_t *j = json_pack("{s:s, s:o, s:s, s:o}", "tool", tool, "args", keep_args(argc, argv), "cwd", cwd,
        "env", keep_environment());
    c->command = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    c->away.command = c->command;
    return c->command
               ? 0
               : error_set(err, ERROR_INVALID, "the command line is no text that could be kept (UTF-8)");
}

int fleet_flags_take(
    int argc, char **argv, struct flag_result *ours, int *rest_argc, char ***rest, struct error *err) {
    static char program[] = "fleet";
    char **mine = calloc((size_t)argc + 2, sizeof *mine);
    int n = 1;

    *rest = calloc((size_t)argc + 2, sizeof **rest);
    *rest_argc = 0;
    if (!mine || !*rest) {
        free(mine);
        return error_set(err, -ENOMEM, "out of memory");
    }
    mine[0] = program;
    for (int i = 0; i < argc; i++) {
        const char *value;
        const struct flag *f = i == 0 ? NULL : flag_of(argv[i], &value);
        if (!f) {
            (*rest)[(*rest_argc)++] = argv[i];
            continue;
        }
        mine[n++] = argv[i];
        if (!value && i + 1 < argc && f->type != FLAG_BOOL)
            mine[n++] = argv[++i];
    }
    int r = flags_parse(fleet_run_flags, n, mine, ours, err);
    free(mine); /* the texts are argv's */
    return r;
}

bool fleet_flags_resume(int argc, char **argv) {
    const char *value;

    for (int i = 1; i < argc; i++) {
        const struct flag *f = flag_of(argv[i], &value);
        if (f && (!strcmp(f->name, "resume") || !strcmp(f->name, "standby")))
            return true;
    }
    return false;
}
