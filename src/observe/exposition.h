/* The text form of metrics that Prometheus reads (version 0.0.4, and OpenMetrics as far as it is the same),
 * sample by sample. Views point into the text. What is not understood is counted and left out; nothing is
 * believed about lengths. */
#ifndef OBSERVE_EXPOSITION_H
#define OBSERVE_EXPOSITION_H

#include "core/error.h"
#include "core/view.h"

enum { EXPOSITION_SAMPLES_MAX = 200000, EXPOSITION_LINE_MAX = 64 * 1024, EXPOSITION_LABELS_MAX = 64 };

enum exposition_type {
    EXPOSITION_UNTYPED,
    EXPOSITION_GAUGE,
    EXPOSITION_COUNTER,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_SUMMARY
};
struct exposition_sample {
    struct view name, labels; /* labels: as written between the brackets, may be empty */
    double value;             /* never NAN, never infinite */
    enum exposition_type type;
};
struct exposition {
    struct view rest;
    struct view typed; /* the name that the last TYPE line spoke of */
    enum exposition_type type;
    size_t samples, bad; /* so far; bad: lines that are none */
};
static inline struct exposition exposition_of(struct view text) {
    return (struct exposition){.rest = text};
}
/* False: no more (or EXPOSITION_SAMPLES_MAX were told). */
bool exposition_next(struct exposition *e, struct exposition_sample *out);
/* A counter: by its type, or by its name where none was given. */
bool exposition_counts(const struct exposition_sample *s);
bool exposition_is_bucket(const struct exposition_sample *s); /* of a histogram */
/* The value of a label, its escapes undone, cut at the end of out. False: there is no such label. */
bool exposition_label(struct view labels, struct view name, char *out, size_t size);

#endif
