/* The session's inside: ui_session.c (life, asks), ui_state.c (what /state says). */
#ifndef CLI_UI_SESSION_PRIV_H
#define CLI_UI_SESSION_PRIV_H

#include "cli/ui_second.h"
#include "cli/ui_session.h"

struct ledger;

struct ui_watch {
    struct loop_watch watch;
    struct ui_session *session;
};

struct ui_session {
    struct report_sink sink; /* first member */
    struct log_sink log;
    struct ui_session_options o;
    struct web *servers[UI_SERVERS_MAX];
    size_t server_count;
    struct ui_watch watches[UI_SERVERS_MAX];
    char ledger_path[UI_LEDGER_PATH_MAX];
    bool temporary;                /* the ledger is ours alone, and goes with us */
    struct ledger *ledger;         /* for marks */
    struct controller *controller; /* from opened to closed */
    const struct run_state *state; /* from the sink's start to its finish */
    struct ui_seconds seconds;
    int64_t run; /* 0 = none yet */
    bool under_way;
    int64_t started_ms, ended_elapsed_us;
    char message[ERROR_TEXT_MAX];
    json_t *form, *tasks, *start;
    struct list held;  /* asks to be answered when the run is over */
    struct list lines; /* of ui_line, newest last */
    size_t line_count;
    uint64_t told; /* hash of what viewers were told of the state */
    struct buf text;
    struct ui_session_ward ward;
    int64_t ward_tick_us; /* when it is due */
};
enum { UI_WARD_TICK_US = 1000 * 1000 };

const char *ui_state_phase(const struct ui_session *u);
bool ui_state_can_users(const struct ui_session *u);
int ui_state_write(const struct ui_session *u, struct buf *out,
    uint64_t *key) MUST_USE; /* key: changes with what viewers must be told */
void ui_state_publish(struct ui_session *u);

#endif
