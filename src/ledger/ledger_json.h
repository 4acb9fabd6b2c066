/* A run as JSON: for programs, for export, and what a report is drawn from. */
#ifndef LEDGER_LEDGER_JSON_H
#define LEDGER_LEDGER_JSON_H

#include "core/json_writer.h"
#include "ledger/ledger_probes.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_view.h"

enum {
    LEDGER_JSON_FORMAT = 1,        /* of the document; grows when a member changes its meaning */
    LEDGER_JSON_HISTOGRAMS = 1000, /* endpoints that have their histogram in the document, by requests */
    LEDGER_JSON_BINS = 60,
};

/* Members of the object that is open, named as in docs/API.md. */
void ledger_json_run(struct json_writer *w, const struct ledger_run *r);
/* The same of what probes heard: width_s, t, series, notes. */
void ledger_json_probes(struct json_writer *w, const struct ledger_probe_view *v);
/* A value: an object. */
void ledger_json_row(struct json_writer *w, const struct ledger_row *r);

struct ledger_json_options {
    size_t points; /* of each curve, at most; 0 = LEDGER_VIEW_POINTS_MAX */
    int logs;      /* the first so many; 0 = none */
    bool script;   /* its text, and the summary at its end */
};
/* Everything of one run as one object (docs/RUNS.md). LEDGER_OK, LEDGER_NOT_FOUND or negative. */
int ledger_json_document(struct ledger *l, int64_t run, const struct ledger_json_options *o, struct buf *out,
    struct error *err) MUST_USE;

#endif
