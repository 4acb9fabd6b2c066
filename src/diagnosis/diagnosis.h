/* What broke first? From the course of a run, what was observed of the target and what traces said to ranked
 * findings, each with its evidence, a confidence and a remedy. A pure function: no clock, no files.
 *
 * It works at two levels. With what a load generator sees alone (response times by endpoint and load,
 * statuses, phases) it names what can be said honestly, with lower confidence; with probes and traces it
 * names the cause. What it cannot tell it says (DIAGNOSIS_UNKNOWN), once something is wrong at all.
 *
 * Rules stand in one table (diagnosis.c), one file per family. docs/DIAGNOSIS.md lists the kinds. */
#ifndef DIAGNOSIS_DIAGNOSIS_H
#define DIAGNOSIS_DIAGNOSIS_H

#include "diagnosis/diagnosis_kind.h"
#include "stats/histogram.h"
#include "stats/probe_series.h"
#include "stats/trace_summary.h"
#include "stats/validity.h"

enum {
    DIAGNOSIS_SECONDS_MAX = 720,  /* then neighbours are merged: a point covers twice as much */
    DIAGNOSIS_ENDPOINTS_MAX = 64, /* the others are one, "(others)" */
    DIAGNOSIS_PROBES_MAX = 1024,
    DIAGNOSIS_LINTS_MAX = 16,
    DIAGNOSIS_NAME_MAX = 96,
    DIAGNOSIS_TEXT_MAX = 480,
    DIAGNOSIS_EVIDENCE_MAX = 4,
    DIAGNOSIS_CONCERNED_MAX = 4,
    DIAGNOSIS_FINDINGS_MAX = 24,
};

enum diagnosis_phase {
    DIAGNOSIS_BLOCKED,
    DIAGNOSIS_CONNECTING,
    DIAGNOSIS_TLS,
    DIAGNOSIS_SENDING,
    DIAGNOSIS_WAITING,
    DIAGNOSIS_RECEIVING,
    DIAGNOSIS_PHASES
};
enum diagnosis_status {
    DIAGNOSIS_NO_ANSWER,
    DIAGNOSIS_GOOD, /* 1xx to 3xx */
    DIAGNOSIS_4XX,
    DIAGNOSIS_429,
    DIAGNOSIS_5XX,
    DIAGNOSIS_OVERLOADED, /* 502, 503, 504 */
    DIAGNOSIS_STATUSES
};

/* A second of the run, or several of a long one. Times in ms; NAN where nothing was measured. */
struct diagnosis_second {
    double from_s, to_s;
    double users;  /* at work; NAN = not known */
    double wanted; /* iterations that were due by a schedule in it, dropped ones included; 0 = none were */
    double requests, failed, dropped; /* dropped: iterations that were never begun */
    double statuses[DIAGNOSIS_STATUSES];
    double mean, min, p50, p95, p99, max; /* quantiles of several seconds are weighted means: for the shape */
    double phases[DIAGNOSIS_PHASES];      /* means over all requests */
    double connects, handshakes;          /* how many there were */
    double connect_max;
};

/* What an endpoint did in one second. */
struct diagnosis_cell {
    float requests, failed, sum_ms, min_ms, max_ms;
};
struct diagnosis_endpoint {
    char name[DIAGNOSIS_NAME_MAX]; /* "GET /todos/{id}" */
    bool fixed;                    /* looks like a static file: scripts, styles, images */
    double requests, failed;
    double statuses[DIAGNOSIS_STATUSES];
    struct histogram times;       /* of the whole run */
    struct diagnosis_cell *cells; /* parallel to the seconds */
};
struct diagnosis_probe {
    struct probe_key key;
    float *values; /* parallel to the seconds; NAN = not heard */
};
struct diagnosis_lint {
    char text[DIAGNOSIS_TEXT_MAX];
    double count;
};

struct diagnosis_options {
    double slo_ms, slo_quantile; /* 0 = none: 19 of 20 within slo_ms */
    double cost_per_hour;        /* of the system under test; 0 = not given */
    double apdex_ms;             /* 0 = DIAGNOSIS_WORDS_APDEX_MS */
};
struct diagnosis_input {
    const struct diagnosis_second *seconds;
    size_t second_count;
    const struct diagnosis_endpoint *endpoints;
    size_t endpoint_count;
    const struct diagnosis_probe *probes;
    size_t probe_count;
    const struct probe_note *notes;
    size_t note_count;
    const struct trace_summary *traces; /* one per endpoint */
    size_t trace_count;
    const struct validity *validity; /* NULL = nobody judged */
    const struct diagnosis_lint *lints;
    size_t lint_count;
    const struct histogram *times; /* of all requests; NULL = none */
    struct diagnosis_options options;
};

struct diagnosis_evidence {
    char source[PROBE_SOURCE_MAX], series[PROBE_NAME_MAX]; /* empty: a figure of the load itself */
    double from_s, to_s;
    char text[160]; /* "20 of 20 connections busy, 61 requests waiting" */
};
struct diagnosis_finding {
    enum diagnosis_kind kind;
    double confidence; /* 0…1 */
    double impact;     /* 0…1: the share of time or of requests that it explains */
    char sentence[DIAGNOSIS_TEXT_MAX], remedy[DIAGNOSIS_TEXT_MAX];
    struct diagnosis_evidence evidence[DIAGNOSIS_EVIDENCE_MAX];
    size_t evidence_count;
    char concerned[DIAGNOSIS_CONCERNED_MAX][DIAGNOSIS_NAME_MAX];
    size_t concerned_count;
};

/* Ranked, the cause before its consequences, problems before notes. Returns how many there are (≤ max). */
size_t diagnosis_run(const struct diagnosis_input *in, struct diagnosis_finding *out, size_t max);

#endif
