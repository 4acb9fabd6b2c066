/* One probe: what a kind fills in, and how it tells what it read. All of it belongs to the probe's thread. */
#ifndef OBSERVE_PROBE_PRIV_H
#define OBSERVE_PROBE_PRIV_H

#include "stats/probe_series.h"

enum {
    PROBE_READ_US = 3 * 1000 * 1000, /* one reading may take so long */
    PROBE_COUNTERS_MAX = 2 * PROBE_SERIES_MAX,
    PROBE_OWN_NOTES_MAX = 8,
    PROBE_NOTE_HALF_US = 20 * 1000 * 1000,
    PROBE_FILE_MAX = 4 * 1024 * 1024, /* of /proc, or of an answer */
};

struct probe;
struct probe_kind {
    const char *name; /* before the colon */
    const char *spec; /* for the help: "proc:PID|NAME" */
    const char *help;
    bool url; /* WHAT is all of the spec: "redis://…" */
    /* Reads WHAT, sets probe.source, makes probe.state. Does not wait for anybody. ERROR_INVALID with a
     * sentence. */
    int (*open)(struct probe *p, struct view what, struct error *err);
    /* One reading, until probe.deadline_us; tells by the functions below. Negative: it failed (what was told
     * is dropped). */
    int (*read)(struct probe *p, struct error *err);
    void (*close)(struct probe *p); /* also after an open that failed */
};
extern const struct probe_kind probe_host, probe_proc, probe_cgroup, probe_postgres, probe_redis,
    probe_pgbouncer, probe_nginx, probe_prometheus, probe_rabbitmq, probe_agent;
extern const struct probe_kind *const probe_kinds[]; /* ends with NULL */

struct probe_counter {
    double value;
    int64_t at_us; /* 0 = not seen yet */
};
struct probe {
    const struct probe_kind *kind;
    void *state;
    char source[PROBE_SOURCE_MAX];
    const char *root; /* before /proc and /sys: "" but in tests */
    int stop_fd;      /* readable: the probe shall end; -1 = none */
    int64_t now_us;   /* when this reading began */
    int64_t deadline_us;
    char advice[512]; /* said once: what is missing and how to get it; "" = none */
    /* what was told in this reading */
    struct probe_keys keys;                 /* of all readings; `list` is read by others under keys_lock */
    void (*lock)(struct probe *p, bool on); /* around additions to `keys`; NULL = nobody else looks */
    struct probe_value *values;
    size_t value_count, value_cap;
    struct probe_note notes[PROBE_OWN_NOTES_MAX];
    int64_t noted_us[PROBE_OWN_NOTES_MAX];
    size_t note_count;
    bool notes_changed;
    bool failed; /* no memory, or too many series */
    /* counters of the reading before */
    struct probe_keys counter_names;
    struct probe_counter *counters;
    size_t counter_cap;
};

void probe_deinit(struct probe *p); /* not the kind's state */
void probe_begin(struct probe *p, int64_t now_us);
/* A level. NAN and infinities are left out. */
void probe_tell(struct probe *p, const char *name, enum probe_unit unit, double value);
void probe_tell_of(struct probe *p, struct view source, struct view name, enum probe_unit unit, double value);
/* A counter of the source, told as its rate: nothing the first time, and when the source began anew. */
void probe_tell_rate(struct probe *p, const char *name, enum probe_unit unit, double counter);
/* part / (part + rest) of what two counters grew by; nothing when neither did. */
void probe_tell_share(struct probe *p, const char *name, double part, double rest);
/* The rate of a counter of any name (which need not be a series); NAN when it is not known. */
double probe_per_second(struct probe *p, struct view counter_name, double counter);
void probe_tell_note(struct probe *p, const char *about, struct view text, double value);
/* The same, but a smaller value does not replace a larger one at once: what is noted loses half its weight
 * each PROBE_NOTE_HALF_US. */
void probe_tell_worst(struct probe *p, const char *about, struct view text, double value);
double probe_value_of(
    const struct probe *p, const char *name); /* of this reading, NAN = not told: for tests and for sums */

/* Waits for the descriptor (POLLIN, POLLOUT). 0, -ETIMEDOUT (the deadline), -ECANCELED (the probe shall end).
 */
int probe_wait(const struct probe *p, int fd, short events) MUST_USE;
bool probe_stopped(const struct probe *p);
/* A TCP connection to "host:port", not blocking. The descriptor, or negative with a sentence. */
int probe_dial(const struct probe *p, const char *host, const char *port, struct error *err) MUST_USE;

#endif
