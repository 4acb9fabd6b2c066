#include "cli/until_steady.h"

#include <stdlib.h>

#include "report/meaning_course.h"

struct until_steady {
    struct report_sink sink; /* first */
    struct until_steady_options o;
    struct controller *controller;
    struct meaning meaning;
    bool done;
};

static bool precise(const struct until_steady *u, const struct meaning_course *c) {
    const struct steady *s = &c->latency;
    bool settled = c->trend == MEANING_STEADY && s->verdict == STEADY_YES &&
                   s->seconds >= UNTIL_STEADY_SECONDS_MIN && c->throughput.verdict == STEADY_YES;

    if (!settled || u->o.ci <= 0)
        return settled && u->o.steady;
    return s->half_width >= 0 && s->half_width <= u->o.ci * s->mean;
}

static void on_second(struct report_sink *sink, const struct run_state *r) {
    struct until_steady *u = (struct until_steady *)sink;

    meaning_second(&u->meaning, r);
    if (u->done || !u->controller || r->phase != RUN_RUNNING)
        return;
    struct meaning_course c = meaning_course_of(u->meaning.points, u->meaning.count);
    if (!precise(u, &c))
        return;
    u->done = true;
    log_printer_say(u->o.log, LOG_INFO, NULL, NULL,
        "the test ends: response times have settled for %.0f s (mean %.4g ms ± %.2g %%)", c.latency.seconds,
        c.latency.mean, 100 * c.latency.half_width / c.latency.mean);
    control_stop(u->controller);
}

static void until_free(struct report_sink *sink) {
    free(sink);
}

static const struct report_sink_ops ops = {.name = "until steady", .second = on_second, .free = until_free};

struct report_sink *until_steady_new(const struct until_steady_options *o) {
    struct until_steady *u = calloc(1, sizeof *u);

    if (!u)
        return NULL;
    u->sink.ops = &ops;
    u->o = *o;
    meaning_init(&u->meaning);
    return &u->sink;
}

void until_steady_hold(struct report_sink *s, struct controller *c) {
    if (s)
        ((struct until_steady *)s)->controller = c;
}
