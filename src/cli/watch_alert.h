/* Tells others that a watched system is down, degraded or up again: by a webhook (JSON, POST; tried again as
 * report/shipper does) and by a program. Neither holds up the run: webhooks go out on threads of their own,
 * programs one after another on another. */
#ifndef CLI_WATCH_ALERT_H
#define CLI_WATCH_ALERT_H

#include "core/buf.h"
#include "stats/uptime.h"

enum {
    WATCH_ALERT_URLS_MAX = 4,
    WATCH_ALERT_WAITING_MAX =
        16, /* changes that wait for the program; later ones are lost, and that is said */
    WATCH_ALERT_WORDS_MAX = 64,
    WATCH_ALERT_TEXT_MAX = 1024,
};

struct watch_event {
    enum uptime_state before, state;
    int64_t at_ms, since_ms, run;
    const char *reason, *label, *script;
};
struct watch_alert_options {
    const char *urls[WATCH_ALERT_URLS_MAX];
    size_t url_count;
    const char *command; /* NULL = none; see watch_alert_words */
    int timeout_ms;      /* of the program, which is killed then with all it started */
};
struct watch_alert;
/* ERROR_INVALID with a sentence. */
int watch_alert_new(
    struct watch_alert **out, const struct watch_alert_options *o, struct error *err) MUST_USE;
/* Waits for what is under way, bounded by the time-outs. Negative: alerts are missing, with a sentence. */
int watch_alert_finish(struct watch_alert *a, struct error *err) MUST_USE;
struct watch_alert *watch_alert_free(struct watch_alert *a);

void watch_alert_send(struct watch_alert *a, const struct watch_event *e);
/* Negative, once for each: something did not arrive; err has the sentence. */
int watch_alert_trouble(struct watch_alert *a, struct error *err) MUST_USE;

/* The body of the webhook. */
int watch_alert_json(const struct watch_event *e, struct buf *out) MUST_USE;
/* The program and its arguments, NULL-terminated, in `words`: cut at blanks, without quotes and without a
 * shell; but behind "sh -c " all the rest is one argument. They point into `text`, which is changed. Returns
 * how many, ERROR_LIMIT or ERROR_INVALID (none). */
int watch_alert_words(char *text, char *words[WATCH_ALERT_WORDS_MAX + 1]) MUST_USE;

#endif
