/* `halftime fleet up | worker | status`: the bus for trying things out, the agent on each machine, and who is
 * there. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/fleet_flags.h"
#include "cli/k6_flags.h"
#include "cli/locust_python.h"
#include "cli/log_printer.h"
#include "core/file.h"
#include "core/rng.h"
#include "fleet/agent.h"
#include "fleet/file_tree.h"
#include "fleet/nats_store.h"
#include "fleet/post.h"

enum {
    EXIT_FAILED = 1,
    STATUS_WAIT_MS = 1500,
    STATUS_AGENTS_MAX = 1024,
    UP_PATH_MAX = 1024,
    UP_WAIT_MS = 10000,
    UP_STEP_MS = 20
};

/* tidy: table */
static const struct flag up_flags[] = {
    {"listen", 0, FLAG_TEXT, "host:port", "127.0.0.1:4222", NULL, NULL, NULL,
        "where the server listens; 0.0.0.0:4222 for other machines"},
    {"token", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_BUS_TOKEN", NULL,
        "who may connect (default: a new random one, printed with the URL)"},
    {"store", 0, FLAG_TEXT, "folder", NULL, NULL, NULL, NULL,
        "where runs are kept; survives restarts (default: a temporary folder, removed at the end)"},
    {"tls-cert", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,
        "PEM file of the server's certificate: TLS, and only that"},
    {"tls-key", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL, "PEM file of its key"},
    {"nats-server", 0, FLAG_TEXT, "program", "nats-server", NULL, NULL, NULL,
        "the server's program (Debian: apt install nats-server)"},
    {0},
};
static const struct flag worker_flags[] = {
    {"labels", 0, FLAG_TEXT, "a,b", NULL, NULL, "HALFTIME_LABELS", NULL,
        "what this machine is called by --fleet-label"},
    {"name", 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL,
        "the machine's name in reports (default: its host name)"},
    {"slots", 0, FLAG_INT, "int", NULL, NULL, NULL, NULL,
        "how many worker processes it may hold at once (default: one per core)"},
    {"orphan-after", 0, FLAG_INT, "seconds", "60", NULL, NULL, NULL,
        "stop the load when no controller was heard for so long"},
    {"python", 0, FLAG_TEXT, "program", NULL, NULL, NULL, NULL,
        "the Python for Locust files (default: that of $VIRTUAL_ENV, else the first python3 with gevent)"},
    {"log-format", 0, FLAG_TEXT, "string", NULL, NULL, NULL, NULL, "log lines as text, json or raw"},
    {0},
};
static const struct flag status_flags[] = {
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "as JSON, one line for each agent and run"},
    {0},
};

static int fail(const struct error *err) {
    fprintf(stderr, "halftime fleet: %s\n", err->text);
    return EXIT_FAILED;
}

/* ---- up ---- */

struct up {
    const char *host, *program, *store, *cert, *key;
    char listen[256], token[128], folder[UP_PATH_MAX], config[UP_PATH_MAX * 2];
    int port;
};

static int write_config(struct up *u, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);

    int r = buf_printf(&text,
        "# Written by halftime fleet up.\nlisten: \"%s:%d\"\nserver_name: \"halftime\"\nmax_payload: "
        "1MB\nwrite_deadline: \"5s\"\n"
        "jetstream { store_dir: \"%s\" }\nauthorization { token: \"%s\" }\n",
        u->host, u->port, u->store ? u->store : u->folder, u->token);
    if (r == 0 && u->cert)
        r = buf_printf(
            &text, "tls { cert_file: \"%s\", key_file: \"%s\" }\n", u->cert, u->key ? u->key : u->cert);
    snprintf(u->config, sizeof u->config, "%s/nats.conf", u->folder);
    return r < 0 ? error_set(err, r, "the configuration is too long")
                 : file_write(u->config, buf_view(&text), err);
}

static int read_listen(struct up *u, const char *listen, struct error *err) {
    snprintf(u->listen, sizeof u->listen, "%s", listen ? listen : "127.0.0.1:4222");
    char *colon = strrchr(u->listen, ':');
    int64_t port;

    if (!colon || !view_to_i64(view_of_cstr(colon + 1), &port) || port < 1 || port > 65535)
        return error_set(err, ERROR_INVALID, "--listen must be host:port, not %.100s", u->listen);
    *colon = 0;
    u->host = u->listen;
    u->port = (int)port;
    return 0;
}

static pid_t start_server(const struct up *u) {
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* the terminal's Ctrl-C is for us; we pass it on in our own time */
    if (getppid() == parent)
        execlp(u->program, u->program, "-c", u->config, (char *)NULL);
    fprintf(stderr,
        "halftime fleet: %s cannot be started: %s. Debian has it in the package nats-server; --nats-server "
        "names another one\n",
        u->program, strerror(errno));
    _exit(127);
}

static bool await_server(const struct up *u, const char *url, pid_t pid) {
    struct error err = ERROR_NULL;
    struct loop *loop;
    bool up = false;

    if (loop_new(&loop, NULL) < 0)
        return false;
    for (int waited_ms = 0; !up && waited_ms < UP_WAIT_MS && waitpid(pid, NULL, WNOHANG) == 0;
         waited_ms += UP_STEP_MS) {
        struct nats_link *link = NULL;
        struct nats_options o = {.url = url, .token = u->token, .tls_ca = u->cert};
        up = nats_link_new(&link, loop, &o, NULL, NULL, &err) == 0;
        nats_link_free(link);
        poll(NULL, 0, UP_STEP_MS);
    }
    loop_free(loop);
    if (!up)
        fprintf(stderr, "halftime fleet: the server did not come up: its own words are above%s%s\n",
            err.text[0] ? "; " : "", err.text);
    return up;
}

static int run_server(struct up *u) {
    char url[512], shown[768];
    sigset_t set;
    int got = 0, status = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    pid_t pid = start_server(u);
    bool any = !strcmp(u->host, "0.0.0.0") || !strcmp(u->host, "::");
    snprintf(url, sizeof url, "%s://%s:%d", u->cert ? "tls" : "nats", any ? "127.0.0.1" : u->host, u->port);
    if (pid < 0 || !await_server(u, url, pid))
        return EXIT_FAILED;
    char here[256] = "localhost";
    (void)gethostname(here, sizeof here - 1);
    snprintf(shown, sizeof shown, "%s://%s@%s:%d", u->cert ? "tls" : "nats", u->token, any ? here : u->host,
        u->port);
    printf("The bus is up: %s\n\nOn each machine:  halftime fleet worker --bus %s\nThen:             "
           "halftime run --fleet 0 --bus %s script.js\n\nCtrl-C ends it%s.\n",
        shown, shown, shown, u->store ? "" : "; runs that are kept on it are gone then (--store keeps them)");
    fflush(stdout);
    do {
        sigwait(&set, &got);
    } while (got == SIGCHLD && waitpid(pid, &status, WNOHANG) == 0);
    if (got == SIGCHLD) {
        fprintf(stderr, "halftime fleet: the server ended by itself\n");
        return EXIT_FAILED;
    }
    kill(pid, SIGTERM);
    (void)waitpid(pid, &status, 0);
    return EXIT_CODE_OK;
}

static int fleet_up(const struct flag_result *r, const struct flag *const *tables) {
    struct up u = {.store = flags_get(r, tables, "store", NULL),
        .cert = flags_get(r, tables, "tls-cert", NULL),
        .key = flags_get(r, tables, "tls-key", NULL),
        .program = flags_get(r, tables, "nats-server", NULL)};
    const char *token = flags_get(r, tables, "token", k6_getenv);
    struct error err = ERROR_NULL;

    if (!u.program)
        u.program = access("/usr/sbin/nats-server", X_OK) == 0 ? "/usr/sbin/nats-server" : "nats-server";
    if (read_listen(&u, flags_get(r, tables, "listen", NULL), &err) < 0)
        return fail(&err);
    if (token)
        snprintf(u.token, sizeof u.token, "%s", token);
    else
        snprintf(u.token, sizeof u.token, "%016llx%016llx", (unsigned long long)rng_seed_random(),
            (unsigned long long)rng_seed_random());
    for (const char *c = u.token; *c; c++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", *c)) {
            error_set(&err, ERROR_INVALID,
                "--token may hold letters, digits, - and _ only: it becomes part of a URL");
            return fail(&err);
        }
    if (file_make_temporary_dir(u.folder, sizeof u.folder, "halftime-bus", &err) < 0)
        return fail(&err);
    int code = write_config(&u, &err) < 0 ? fail(&err) : run_server(&u);
    file_tree_remove(u.folder);
    return code;
}

/* ---- worker ---- */

static int read_count(const struct flag_result *r, const struct flag *const *tables, const char *name,
    int fallback, int max, int *out, struct error *err) {
    const char *text = flags_get(r, tables, name, NULL);
    int64_t n = fallback;

    if (text && (!view_to_i64(view_of_cstr(text), &n) || n < 1 || n > max))
        return error_set(
            err, ERROR_INVALID, "--%s must be a number from 1 to %d, not %.100s", name, max, text);
    *out = (int)n;
    return 0;
}

static int fleet_worker(const struct flag_result *r, const struct flag *const *tables) {
    struct log_printer log;
    struct error err = ERROR_NULL, no_python = ERROR_NULL;
    struct fleet_choice choice;
    static struct locust_python python;
    int slots, orphan_s;

    if (log_printer_init(&log,
            &(struct log_printer_options){
                .format = flags_get(r, tables, "log-format", NULL), .no_color = getenv("NO_COLOR") != NULL},
            &err) < 0 ||
        fleet_choice_init(&choice, r, tables, &err) < 0 ||
        read_count(r, tables, "slots", 0, POST_MEMBERS_MAX, &slots, &err) < 0 ||
        read_count(r, tables, "orphan-after", AGENT_ORPHAN_S, 24 * 3600, &orphan_s, &err) < 0)
        return fail(&err);
    const char *asked = flags_get(r, tables, "python", NULL);
    bool has_python = locust_python_find(&python, asked, &no_python) == 0;
    if (asked && !has_python)
        return fail(&no_python);
    struct agent_options o = {.bus = choice.away.bus,
        .labels = flags_get(r, tables, "labels", k6_getenv),
        .host = flags_get(r, tables, "name", NULL),
        .slots = slots,
        .orphan_us = (int64_t)orphan_s * 1000000,
        .python = has_python ? &python.process : NULL,
        .log = &log.sink};
    int rc = agent_run(&o, &err);
    log_printer_deinit(&log);
    return rc < 0 ? fail(&err) : EXIT_CODE_OK;
}

/* ---- status ---- */

struct status {
    bool json;
    struct agent_card *cards;
    size_t count;
    struct nats_link *link;
};

static bool note_card(void *ctx, struct view data) {
    struct status *s = ctx;
    struct agent_card card;

    if (agent_card_parse(data, &card) < 0)
        return false;
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->cards[i].id, card.id))
            return false;
    if (s->count < STATUS_AGENTS_MAX)
        s->cards[s->count++] = card;
    if (s->json)
        printf("%.*s\n", VIEW_ARGS(data));
    return false;
}

static void show_agents(const struct status *s) {
    printf("%zu agents\n", s->count);
    if (s->count)
        printf("  %-12s %-20s %5s %9s %9s %-10s %-10s %s\n", "ID", "HOST", "CORES", "MEMORY", "BUSY",
            "VERSION", "RUN", "LABELS");
    for (size_t i = 0; i < s->count; i++) {
        const struct agent_card *c = &s->cards[i];
        char busy[32];
        snprintf(busy, sizeof busy, "%u/%u", c->busy, c->slots);
        printf("  %-12s %-20s %5u %6.1f GB %9s %-10s %-10s %s\n", c->id, c->host, c->cores,
            (double)c->memory_bytes / 1e9, busy, c->version, c->run[0] ? c->run : "-", c->labels);
    }
}

static void show_run(void *ctx, struct view key) {
    struct status *s = ctx;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    char run[POST_ID_MAX + 1], stream[POST_TEXT_MAX];
    struct error err = ERROR_NULL;
    uint64_t revision;

    snprintf(run, sizeof run, "%.*s", VIEW_ARGS(view_take(key, POST_ID_MAX)));
    if (nats_kv_get(s->link, POST_BUCKET, run, &text, &revision, &err) < 0)
        return;
    if (s->json) {
        printf("%.*s\n", VIEW_ARGS(buf_view(&text)));
        return;
    }
    json_t *j = json_loadb(text.ptr, text.len, 0, NULL),
           *args = json_object_get(json_object_get(j, "command"), "args"), *arg;
    const char *phase = json_string_value(json_object_get(j, "phase")),
               *host = json_string_value(json_object_get(j, "host"));
    snprintf(stream, sizeof stream, POST_STREAM, run);
    printf("  %-12s %-28s %-16s", run,
        phase && !strcmp(phase, "running") ? (nats_stream_exists(s->link, stream) ? "running" : "lost")
        : phase                            ? phase
                                           : "?",
        host ? host : "?");
    size_t i;
    json_array_foreach(args, i, arg) printf(" %s", json_string_value(arg) ? json_string_value(arg) : "");
    printf("\n");
    json_decref(j);
}

static int fleet_status(const struct flag_result *r, const struct flag *const *tables) {
    struct fleet_choice choice;
    struct status s = {0};
    struct error err = ERROR_NULL;
    struct loop *loop = NULL;

    s.cards = calloc(STATUS_AGENTS_MAX, sizeof *s.cards);
    int rc = s.cards ? flags_get_bool(r, tables, "json", NULL, false, &s.json, &err)
                     : error_set(&err, -ENOMEM, "out of memory");
    rc = rc < 0 ? rc : fleet_choice_init(&choice, r, tables, &err);
    rc = rc < 0 ? rc : loop_new(&loop, NULL);
    rc = rc < 0 ? rc : nats_link_new(&s.link, loop, &choice.away.bus, NULL, NULL, &err);
    if (rc == 0)
        rc = nats_link_gather(s.link, POST_AGENTS, POST_ASK, STATUS_WAIT_MS, note_card, &s);
    if (rc == 0 && !s.json) {
        printf("bus %s\n\n", nats_link_url(s.link));
        show_agents(&s);
        printf("\nruns\n");
    }
    if (rc == 0)
        rc = nats_kv_each(s.link, POST_BUCKET, show_run, &s, &err);
    nats_link_free(s.link);
    if (loop)
        loop_free(loop);
    free(s.cards);
    return rc < 0 ? fail(&err) : EXIT_CODE_OK;
}

/* ---- */

static const struct {
    const char *name, *usage, *text;
    const struct flag *tables[3];
    int (*run)(const struct flag_result *r, const struct flag *const *tables);
} words[] = {
    {"up", "up [flags]",
        "Starts a bus for trying things out: a nats-server with JetStream and a token, until Ctrl-C.",
        {up_flags}, fleet_up},
    {"worker", "worker --bus URL [flags]",
        "Makes this machine part of a fleet: it dials out to the bus, announces itself, and runs what "
        "controllers ask of it, until Ctrl-C.",
        {worker_flags, fleet_bus_flags}, fleet_worker},
    {"status", "status --bus URL [flags]", "Tells which machines are on the bus and which runs it keeps.",
        {status_flags, fleet_bus_flags}, fleet_status},
};

static void help(FILE *out) {
    fprintf(out, "One test over many machines.\n\nUsage:\n");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        fprintf(out, "  halftime fleet %-26s %s\n", words[i].usage, words[i].text);
    fprintf(out, "\nThen, from anywhere:\n  halftime run --fleet N --bus URL script.js\n  halftime run "
                 "--resume RUN --bus URL          go on with a run whose controller died\n"
                 "\n\"halftime fleet WORD --help\" tells more; so does docs/FLEET.md.\n");
}

int cmd_fleet(int argc, char **argv) {
    struct flag_result r = FLAG_RESULT_NULL;
    struct error err = ERROR_NULL;
    const char *word = argc > 1 ? argv[1] : "--help";

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].name) != 0)
            continue;
        int code = EXIT_CODE_USAGE;
        if (flags_parse(words[i].tables, argc - 1, argv + 1, &r, &err) < 0 || (!r.help && r.arg_count > 0)) {
            fprintf(stderr, "halftime fleet %s: %s%s\n", word, err.text,
                r.arg_count ? "takes no arguments besides its flags" : "");
        } else if (r.help) {
            printf("%s\n\nUsage:\n  halftime fleet %s\n\nFlags:\n", words[i].text, words[i].usage);
            flags_print(words[i].tables, stdout);
            code = EXIT_CODE_OK;
        } else {
            code = words[i].run(&r, words[i].tables);
        }
        flags_deinit(&r);
        return code;
    }
    bool asked = !strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help");
    if (!asked)
        fprintf(stderr, "halftime fleet: there is no word \"%s\"\n", word);
    help(asked ? stdout : stderr);
    return asked ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}
