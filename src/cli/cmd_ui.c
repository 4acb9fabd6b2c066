/* `halftime ui`: the ledger in the browser, without a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/k6_flags.h"
#include "cli/ui_flags.h"
#include "cli/ui_session.h"

static const struct flag ui_flags[] = {
    {"listen", 0, FLAG_TEXT, "address", "127.0.0.1:" UI_PORT, NULL, "HALFTIME_UI", NULL,
        "where the page is served; port 0 takes a free one"},
    {"ledger", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_LEDGER", NULL,
        "where runs are kept (default: ledger.db in the user's data folder)"},
    {0},
};
static const struct flag *const tables[] = {ui_flags, ui_server_flags, NULL};

static void print_usage(FILE *out) {
    fprintf(out, "Usage:\n  halftime ui [flags]\n\nShows all runs that were kept: search, look at any window "
                 "of them, note, compare. Ends with Ctrl-C.\n\nFlags:\n");
    flags_print(tables, out);
}

static int show(const struct flag_result *flags, struct error *err) {
    struct ui_session *session = NULL;
    json_t *start = NULL;
    struct ui_session_options o = {.keep = true, .ledger = flags_get(flags, tables, "ledger", k6_getenv)};
    struct ui_server server = {.listen = flags_get(flags, tables, "listen", k6_getenv), .sets = WEB_SET_PAGE};

    ui_server_read(&server, flags, tables);
    int r = ui_session_new(&session, &o, err);
    r = r < 0 ? r : ui_server_open(session, &server, stdout, err);
    if (r == 0)
        while (ui_session_wait(session, -1, &start) != UI_SESSION_SIGNAL)
            json_decref(start);
    ui_session_free(session);
    return r;
}

int cmd_ui(int argc, char **argv) {
    struct flag_result flags = FLAG_RESULT_NULL;
    struct error err = ERROR_NULL;
    int r = flags_parse(tables, argc, argv, &flags, &err);

    if (r == 0 && flags.help) {
        print_usage(stdout);
    } else if (r == 0 && flags.arg_count) {
        r = error_set(&err, ERROR_INVALID,
            "\"%s\" is not understood: there are only flags; see halftime ui --help", flags.args[0]);
    } else if (r == 0) {
        r = show(&flags, &err);
    }
    if (r < 0)
        fprintf(stderr, "halftime ui: %s\n", err.text);
    flags_deinit(&flags);
    return r < 0 ? EXIT_CODE_USAGE : EXIT_CODE_OK;
}
