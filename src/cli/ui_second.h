/* The event "second" of the live stream: what all workers measured in one second of the load. Deltas are
 * gathered until every worker has had time to hand in its own. */
#ifndef CLI_UI_SECOND_H
#define CLI_UI_SECOND_H

#include "report/sink.h"

enum {
    UI_SECOND_OPEN = 4, /* seconds that workers may lag apart; what comes later is in the ledger only */
    UI_SECOND_PATIENCE_US = 250 * 1000, /* after the end of a second */
    UI_SECOND_METRICS_MAX = METRICS_MAX,
};

struct ui_second_sum {
    int64_t second; /* -1 = empty */
    uint64_t requests, failures;
    double bytes;
    struct histogram times;
};
struct ui_seconds {
    struct ui_second_sum open[UI_SECOND_OPEN];
    struct metrics *metrics; /* to find out what the metrics of a delta's registry are */
    struct tags *tags;
    struct series_store *translator;
    unsigned char *roles; /* by metric of the deltas' registry; 0 = not looked at yet */
    bool requests_of_locust;
    int64_t next;           /* the first second that was not told yet */
    double rate, fail_rate; /* of the second told last */
};
/* locust: the metrics of stats/request_metric.h count, not those of HTTP alone. */
int ui_seconds_init(struct ui_seconds *s, bool locust) MUST_USE;
void ui_seconds_deinit(struct ui_seconds *s);
void ui_seconds_reset(struct ui_seconds *s); /* another run begins */

void ui_seconds_add(struct ui_seconds *s, int64_t second, const struct series_store *delta);
/* The oldest second that is over and was not told yet, as JSON; false: there is none. all: without patience.
 */
bool ui_seconds_take(
    struct ui_seconds *s, const struct run_state *r, int64_t run, bool all, struct buf *json);

#endif
