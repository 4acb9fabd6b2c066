/* How a watched system has been: computed from the rounds, states and frames of all runs of a label, so it
 * survives restarts of the watch. Rounds that were not made (the watch did not run) count neither as up nor
 * as down. */
#ifndef LEDGER_LEDGER_STATUS_H
#define LEDGER_LEDGER_STATUS_H

#include "core/json_writer.h"
#include "ledger/ledger_watch.h"

enum {
    LEDGER_STATUS_WINDOWS = 4,
    LEDGER_STATUS_DAYS = 30,
    LEDGER_STATUS_HOURS = 48,
    LEDGER_STATUS_INCIDENTS_MAX = 50, /* the newest; of LEDGER_STATUS_DAYS */
    LEDGER_STATUS_TEXT_MAX = 512,
};

struct ledger_stretch {
    const char *name; /* "1h", "24h", "7d", "30d"; NULL = a bar */
    int64_t from_ms, to_ms;
    uint64_t good, slow, bad;
    double p50_ms, p95_ms; /* of response times; NaN = nothing was timed */
};
double ledger_stretch_availability(const struct ledger_stretch *s); /* 0…1; NaN without rounds */

struct ledger_incident {
    int64_t from_ms, to_ms; /* to: 0 = it goes on */
    enum uptime_state worst;
    char reason[LEDGER_STATUS_TEXT_MAX];
};
struct ledger_status {
    char label[LEDGER_STATUS_TEXT_MAX], script[LEDGER_STATUS_TEXT_MAX], reason[LEDGER_STATUS_TEXT_MAX];
    int64_t run;   /* the newest one */
    bool watching; /* it is under way */
    enum uptime_state state;
    int64_t now_ms, since_ms, last_round_ms; /* since: of the state; 0 = not known */
    struct ledger_stretch windows[LEDGER_STATUS_WINDOWS], days[LEDGER_STATUS_DAYS],
        hours[LEDGER_STATUS_HOURS];                                /* the oldest bar first */
    struct ledger_incident incidents[LEDGER_STATUS_INCIDENTS_MAX]; /* newest first */
    size_t incident_count;
};
/* LEDGER_OK, LEDGER_NOT_FOUND (no rounds of this label) or negative. Days are those of the local time zone.
 */
int ledger_status_of(struct ledger *l, struct view label, int64_t now_ms, struct ledger_status *out,
    struct error *err) MUST_USE;
/* A value: an object, as docs/API.md has it. */
void ledger_status_json(struct json_writer *w, const struct ledger_status *s);

#endif
