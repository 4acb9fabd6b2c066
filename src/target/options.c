/* The command line of `halftime target`. Long options only, "--name value" or "--name=value". */
#include "target/options.h"
#include "target/llm.h"
#include <getopt.h>

enum target_option {
    OPT_LISTEN,
    OPT_ADMIN,
    OPT_FAULT,
    OPT_STRICT,
    OPT_LOG,
    OPT_DB,
    OPT_PROCESSES,
    OPT_SEED,
    OPT_SEED_TODOS,
    OPT_LLM_TOKENS,
    OPT_OTLP,
    OPT_OTLP_FILE,
    OPT_STATS,
    OPT_HELP
};

static const struct option target_long_options[] = {
    {"listen", required_argument, NULL, OPT_LISTEN},
    {"admin", required_argument, NULL, OPT_ADMIN},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"strict", no_argument, NULL, OPT_STRICT},
    {"log", required_argument, NULL, OPT_LOG},
    {"db", required_argument, NULL, OPT_DB},
    {"processes", required_argument, NULL, OPT_PROCESSES},
    {"seed", required_argument, NULL, OPT_SEED},
    {"seed-todos", required_argument, NULL, OPT_SEED_TODOS},
    {"llm-tokens", required_argument, NULL, OPT_LLM_TOKENS},
    {"otlp", required_argument, NULL, OPT_OTLP},
    {"otlp-file", required_argument, NULL, OPT_OTLP_FILE},
    {"stats", no_argument, NULL, OPT_STATS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const char target_default_listen[] = "127.0.0.1:6400";

void target_options_print_help(FILE *out) {
    fputs("Usage: halftime target [options]\n"
          "\n"
          "The practice backend: a todo API, a shop and a small website with a database, that can be made "
          "too small.\n"
          "\n"
          "  --listen HOST:PORT   where to listen, may be repeated (default 127.0.0.1:6400; port 0 picks a "
          "free one)\n"
          "  --admin HOST:PORT    loopback port to switch faults and read metrics (default 127.0.0.1:6401,\n"
          "                       or a free one if that is in use; none: no such port)\n"
          "  --fault NAME[=VALUE] something to be wrong, may be repeated; see below\n"
          "  --strict             DELETE of an unknown todo answers 404 instead of 200\n"
          "  --log FILE|-|none    one JSON line per finished request; - is stdout (default none)\n"
          "  --db FILE            keep the data in this SQLite file (default: a temporary one)\n"
          "  --seed ROWS[:NUMBER] make so many rows first, 100 to 1000000: products, customers and todos, "
          "the same\n"
          "                       ones for the same NUMBER (default 1). Without it there are 1000, and no "
          "todos\n"
          "  --seed-todos N       create N todos first, if there are none\n"
          "  --otlp URL           send spans to a collector, OTLP/JSON over HTTP (http://127.0.0.1:4318)\n"
          "  --otlp-file FILE     append spans to a file, OTLP/JSON lines\n"
          "  --llm-tokens N       tokens per minute and client of /v1/chat/completions (default 20000; 0: no "
          "limit)\n"
          "  --processes N        processes that share the port (default: one per core)\n"
          "  --stats              print requests per second, in progress and queued, each second on stderr\n"
          "  --help\n"
          "\n"
          "Faults:\n",
        out);
    fault_print_table(out);
    fputs("\n"
          "Routes:\n"
          "  /api/v1/health\n"
          "  /api/v1/todos        GET (?completed=true|false &window=DAYS &limit=N &offset=N: the newest "
          "100), POST\n"
          "  /api/v1/todos/ID     GET, PUT, DELETE (200 even for an unknown ID, unless --strict)\n"
          "  /shop/               pages of a shop: products, search, cart, checkout; user1@shop.example, "
          "password halftime\n"
          "  /v1/chat/completions a slow model, {stream: true} streams; /v1/models\n"
          "  / /about/ /login /static/assets.js /demo/* /iframe/*\n"
          "\n"
          "Example: one worker that needs 600 ms for each request\n"
          "  halftime target --fault workers=1 --fault cpu-ms=600\n",
        out);
}

static int target_options_complain(FILE *err, const char *text) {
    fprintf(err, "halftime target: %s\nTry: halftime target --help\n", text);
    return ERROR_SYNTAX;
}

static int target_options_number(
    const char *name, const char *text, int64_t least, int64_t most, int64_t *out, FILE *err) {
    char why[256];
    if (view_to_i64(view_of_cstr(text), out) && *out >= least && *out <= most)
        return 0;
    snprintf(why, sizeof why, "--%s: \"%.80s\" is not a whole number from %lld to %lld", name, text,
        (long long)least, (long long)most);
    return target_options_complain(err, why);
}

static int target_options_take(struct target_options *o, int option, const char *value, FILE *err) {
    struct error why = ERROR_NULL;
    int64_t number = 0;

    switch (option) {
    case OPT_LISTEN:
        if (o->listen_count == TARGET_LISTEN_MAX)
            return target_options_complain(err, "too many --listen");
        o->listen[o->listen_count++] = value;
        return 0;
    case OPT_ADMIN: o->admin = value; return 0;
    case OPT_FAULT:
        return fault_parse(&o->faults, view_of_cstr(value), &why) ? target_options_complain(err, why.text)
                                                                  : 0;
    case OPT_LOG: o->log = strcmp(value, "none") == 0 ? NULL : value; return 0;
    case OPT_DB: o->db = value; return 0;
    case OPT_PROCESSES:
        if (target_options_number("processes", value, 1, TARGET_PROCESSES_MAX, &number, err))
            return ERROR_SYNTAX;
        o->processes = (unsigned)number;
        return 0;
    case OPT_SEED:
        if (shop_seed_parse(&o->seed, view_of_cstr(value), &why)) {
            error_wrap(&why, "--seed");
            return target_options_complain(err, why.text);
        }
        return 0;
    case OPT_SEED_TODOS:
        return target_options_number("seed-todos", value, 0, TARGET_SEED_TODOS_MAX, &o->seed_todos, err);
    case OPT_OTLP: o->otlp_url = value; return 0;
    case OPT_OTLP_FILE: o->otlp_file = value; return 0;
    case OPT_LLM_TOKENS:
        return target_options_number("llm-tokens", value, 0, LLM_TOKENS_PER_MINUTE_MAX, &o->llm_tokens, err);
    case OPT_STRICT: o->strict = true; return 0;
    case OPT_STATS: o->stats = true; return 0;
    default: return ERROR_SYNTAX;
    }
}

static int target_options_check(struct target_options *o, FILE *err) {
    struct error why = ERROR_NULL;
    if (o->listen_count == 0)
        o->listen[o->listen_count++] = target_default_listen;
    if (o->otlp_url && o->otlp_file)
        return target_options_complain(err, "--otlp and --otlp-file: spans go to one place; leave one out");
    if (fault_check(&o->faults, &why))
        return target_options_complain(err, why.text);
    return 0;
}

int target_options_parse(struct target_options *o, int argc, char **argv, FILE *err) {
    char why[256];
    int option;

    *o = TARGET_OPTIONS_NULL;
    o->llm_tokens = LLM_TOKENS_PER_MINUTE;
    optind = 0; /* a fresh start, also for a second parse in this process */
    while ((option = getopt_long(argc, argv, ":h", target_long_options, NULL)) != -1) {
        if (option == OPT_HELP || option == 'h') {
            target_options_print_help(stdout);
            return 1;
        }
        if (option == '?' || option == ':') {
            snprintf(why, sizeof why,
                option == ':' ? "\"%.80s\" needs a value" : "do not know what to do with \"%.80s\"",
                argv[optind - 1]);
            return target_options_complain(err, why);
        }
        if (target_options_take(o, option, optarg, err))
            return ERROR_SYNTAX;
    }
    if (optind < argc) {
        snprintf(why, sizeof why, "do not know what to do with \"%.80s\"", argv[optind]);
        return target_options_complain(err, why);
    }
    return target_options_check(o, err);
}
