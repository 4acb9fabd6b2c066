/* The page of a Locust test: Locust's own routes, and the runs that are started there, one after the other.
 */
#ifndef CLI_UI_LOCUST_H
#define CLI_UI_LOCUST_H

#include "cli/locust_log.h"
#include "cli/locust_plan.h"
#include "cli/ui_session.h"
#include "report/locust_stats.h"

enum { UI_LOCUST_BYTES_MAX = 64 * 1024 * 1024 };

struct ui_locust;
/* Serves the page as o says. keep_off: the ledger is switched off. log: where lines go. */
int ui_locust_new(struct ui_locust **out, const struct locust_options *o, const char *locustfile,
    bool keep_off, struct locust_log *log, struct error *err) MUST_USE;
struct ui_locust *ui_locust_free(struct ui_locust *u);
void ui_locust_workers(struct ui_locust *u, size_t workers); /* how many there are between two runs */
struct ui_session *ui_locust_session(struct ui_locust *u);
/* Of every description: the form and the tasks. */
void ui_locust_described(struct ui_locust *u, const struct locust_options *o);
/* A run begins whose statistics are these, as long as it is under way; NULL: it is over. */
void ui_locust_stats(struct ui_locust *u, const struct locust_stats *s, bool distributed);
/* Waits for the next start and puts its form where the locustfile's processes find it. */
enum ui_session_event ui_locust_wait(struct ui_locust *u, double patience_s);

#endif
