/* What the page (and k6's REST API) is told about a run, and what may be asked for in it: the bridge between
 * the controller's loop and the web server's thread. One for a whole sitting, with any number of runs. */
#ifndef CLI_UI_SESSION_H
#define CLI_UI_SESSION_H

#include "core/log.h"
#include "fleet/control.h"
#include "fleet/controller.h"
#include "report/sink.h"
#include "web/web.h"

enum { UI_LOGS_KEPT = 500, UI_LEDGER_PATH_MAX = 4096, UI_STATE_MAX = 4 * 1024 * 1024 };

struct ui_session;
struct ui_session_options {
    const char *tool, *script; /* "locust", "locustfile.py"; NULL = only the ledger is shown */
    const char *metric;        /* of the requests: NULL = HTTP requests, "request" = Locust's */
    bool keep;                 /* runs are kept in `ledger`; false: in a file that is gone with the program */
    const char *ledger;        /* NULL = the default one */
    struct log_sink *log;      /* where lines go besides */
    void *ctx;
    /* Topics of one tool; false = nobody knows it. The run's state while there is one, else NULL. */
    bool (*ask)(void *ctx, struct web_ask *a, const struct run_state *r);
    /* All is over for this run: what asks will want to know later must be kept now. May be NULL. */
    void (*last)(void *ctx, const struct run_state *r);
    void (*second)(void *ctx, const struct run_state *r); /* each second of a run; may be NULL */
    void (*stop)(void *ctx); /* of a run without controller; NULL = only with one a run can be stopped */
};
int ui_session_new(struct ui_session **out, const struct ui_session_options *o, struct error *err) MUST_USE;
struct ui_session *ui_session_free(struct ui_session *u);

/* Servers; what is left out of `o` (ledger) is filled in. At most UI_SERVERS_MAX. */
enum { UI_SERVERS_MAX = 2 };
int ui_session_serve(struct ui_session *u, const struct web_options *o, struct error *err) MUST_USE;
struct web *ui_session_web(struct ui_session *u, size_t server); /* NULL = there is none */

/* The ledger in use: give it to the run's keeper. */
const char *ui_session_ledger(const struct ui_session *u);
/* Lines written here reach the page, and the sink of the options. */
struct log_sink *ui_session_log(struct ui_session *u);
void ui_session_hear(void *session, const struct log_record *r); /* reaches the page alone */

/* ---- a run ---- */
struct report_sink *ui_session_sink(
    struct ui_session *u); /* not freed by report_sink_free: it stays with the session */
void ui_session_opened(struct ui_session *u, struct controller *c); /* fleet_callbacks.opened and .closed */
/* The same for a run without controller, on a loop of its own. */
void ui_session_attach(struct ui_session *u, struct loop *loop);
void ui_session_detach(struct ui_session *u, struct loop *loop);
void ui_session_closed(struct ui_session *u, struct controller *c);
void ui_session_run(struct ui_session *u, int64_t run);           /* its number in the ledger; 0 = not kept */
void ui_session_ended(struct ui_session *u, const char *message); /* "" = in order */
void ui_session_failed(struct ui_session *u, const char *message); /* it did not come to a run */

/* ---- between runs ---- */

/* start_form of docs/API.md, which from here on may be filled in; tasks: the reply of …/tasks. Takes both;
 * NULL = none. */
void ui_session_form(struct ui_session *u, json_t *start_form, json_t *tasks);
/* Waits for a start, whose parameters are handed over: UI_SESSION_START. UI_SESSION_SIGNAL: Ctrl-C.
 * UI_SESSION_TIME: patience_s (< 0: none) is over. */
enum ui_session_event { UI_SESSION_START, UI_SESSION_SIGNAL, UI_SESSION_TIME };
enum ui_session_event ui_session_wait(struct ui_session *u, double patience_s, json_t **start);
/* Somebody who has to be looked after while there is no run, too: when fd is readable, and once a second. */
struct ui_session_ward {
    int fd;
    void *ctx;
    void (*look)(void *ctx);
    void (*tick)(void *ctx);
};
void ui_session_mind(struct ui_session *u, const struct ui_session_ward *ward);

/* ---- for those who answer asks ---- */
void ui_session_begin(struct ui_session *u,
    json_t *start); /* takes it: a start that came by another route. Only when ui_session_idle */
bool ui_session_idle(const struct ui_session *u);
struct controller *ui_session_controller(struct ui_session *u); /* NULL = no run is under way */
const char *ui_session_state(const struct ui_session *u);       /* "ready", "spawning", … */
/* The asked is answered when the run is over: with what stands in its reply then. */
void ui_session_hold(struct ui_session *u, struct web_ask *a);
/* Newest `max` lines, oldest first. */
void ui_session_lines(struct ui_session *u, size_t max, void (*each)(void *ctx, const char *line), void *ctx);

#endif
