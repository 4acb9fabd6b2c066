/* The sink that judges each round of a watch, and keeps its state (stats/uptime). A round is good; slow, when
 * only objectives on durations were missed; or bad: another objective was missed, the script threw, or the
 * round did not end in time. */
#ifndef CLI_WATCH_JUDGE_H
#define CLI_WATCH_JUDGE_H

#include "cli/objective.h"
#include "report/sink.h"
#include "stats/uptime.h"

enum { WATCH_REASON_MAX = 400 };

struct watch_change {
    enum uptime_state before, state;
    int64_t at_ms, since_ms; /* decided; the first round of it began */
    const char *reason;      /* "" when it is up */
};
struct watch_judge_options {
    struct view objectives[OBJECTIVES_MAX]; /* must stay */
    size_t objective_count;
    int64_t limit_us; /* of a round */
    int fail_after, recover_after;
    enum uptime_state state; /* when somebody last looked */
    int64_t since_ms;
    void (*round)(void *ctx, enum uptime_round round, int64_t at_ms);
    void (*changed)(void *ctx, const struct watch_change *c);
    void *ctx;
};
struct watch_judge;
/* ERROR_SYNTAX, ERROR_INVALID with a sentence: an objective that is none. */
int watch_judge_new(
    struct watch_judge **out, const struct watch_judge_options *o, struct error *err) MUST_USE;
struct watch_judge *watch_judge_free(struct watch_judge *j);
struct report_sink *watch_judge_sink(struct watch_judge *j); /* not freed by report_sink_free */

struct watch_figures {
    enum uptime_state state;
    int64_t since_ms;
    uint64_t good, slow, bad;
    double last_ms;     /* mean response time of the latest round; NaN = none */
    const char *reason; /* of the latest round that was not good */
};
struct watch_figures watch_judge_figures(const struct watch_judge *j);
/* The state is known only once the ledger is: before the first round. */
void watch_judge_resume(struct watch_judge *j, enum uptime_state state, int64_t since_ms);

#endif
