/* One `watcher` for each probe: the probe itself and its thread, and under a lock what the thread hands over.
 * The lock is held only to swap pointers and to add keys, so the controller's thread never waits for a
 * reading.
 *
 * A thread sleeps until shortly before the controller will come (its rhythm is known from its last visit),
 * reads, hands over. Without visits, before the load begins, it reads each second all the same: rates then
 * have something to start from.
 *
 * At the end each thread is told to stop by its eventfd, on which it waits whenever it waits. One that does
 * not come (a name server that is silent blocks it inside the C library) is left behind: watcher and thread
 * each hold a reference, the last one frees. */
#include "observe/observer.h"

#include "core/clock.h"
#include "observe/probe_priv.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { TROUBLES = 4, TEXT_SHOWN = 700, SOON_US = 1000, STARTED_MAX_US = 3 * OBSERVER_PERIOD_US };

struct trouble_line {
    char text[ERROR_TEXT_MAX];
    bool good;
};
struct watcher {
    struct probe probe; /* the thread's, but for keys.list and keys.count, which change under the lock */
    char spec[OBSERVER_SPEC_MAX];
    _Atomic int64_t taken_us;
    _Atomic int references;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t ended_soon;
    /* under the lock */
    struct probe_value *ready; /* the latest reading */
    size_t ready_count, ready_cap;
    bool fresh, ended;
    struct probe_note notes[PROBE_OWN_NOTES_MAX];
    size_t note_count;
    uint64_t notes_version;
    int64_t reading_since_us; /* 0 = it sleeps */
    struct trouble_line troubles[TROUBLES];
    size_t trouble_count;
    /* the thread's own */
    int failures; /* in a row */
    bool well, advised;
    int told;
    /* the taker's own */
    uint32_t *map; /* its keys' indices among all */
    size_t mapped, map_cap;
    uint64_t notes_taken;
    bool hang_told;
};
struct observer {
    struct watcher *watchers[OBSERVER_PROBES_MAX];
    size_t count;
    struct probe_keys keys;
    struct probe_value *values;
    size_t value_count, value_cap;
    struct probe_note notes[PROBE_NOTES_MAX];
    size_t note_count;
    uint64_t notes_version;
    bool full_told;
};

/* ---- when ---- */

int64_t observer_next_us(int64_t asked_us, int64_t taken_us, int64_t now_us) {
    if (!taken_us || now_us - taken_us > STARTED_MAX_US)
        return asked_us ? asked_us + OBSERVER_PERIOD_US : now_us;
    int64_t next_us = taken_us + OBSERVER_PERIOD_US - OBSERVER_AHEAD_US;
    while (next_us <= asked_us + OBSERVER_PERIOD_US / 2 || next_us < now_us - OBSERVER_AHEAD_US)
        next_us += OBSERVER_PERIOD_US;
    /* whoever takes more often does not put it off for ever */
    return next_us < asked_us + 2 * OBSERVER_PERIOD_US ? next_us : asked_us + 2 * OBSERVER_PERIOD_US;
}

int64_t observer_pause_us(int failures) {
    int64_t us = failures > 0 ? OBSERVER_PERIOD_US : 0;
    for (int i = 1; i < failures && us < OBSERVER_PAUSE_MAX_US; i++)
        us *= 2;
    return us < OBSERVER_PAUSE_MAX_US ? us : OBSERVER_PAUSE_MAX_US;
}

/* ---- the thread ---- */

static void watcher_unref(struct watcher *w) {
    if (atomic_fetch_sub(&w->references, 1) > 1)
        return;
    if (w->probe.kind->close)
        w->probe.kind->close(&w->probe);
    probe_deinit(&w->probe);
    if (w->probe.stop_fd >= 0)
        close(w->probe.stop_fd);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->ended_soon);
    free(w->ready);
    free(w->map);
    free(w);
}

static void lock_keys(struct probe *p, bool on) {
    struct watcher *w = (struct watcher *)p; /* its first member */
    if (on)
        pthread_mutex_lock(&w->lock);
    else
        pthread_mutex_unlock(&w->lock);
}

static void say(struct watcher *w, bool good, const char *text, const char *tail) {
    if (w->told++ >= OBSERVER_TROUBLES_MAX)
        return;
    pthread_mutex_lock(&w->lock);
    if (w->trouble_count < TROUBLES) {
        struct trouble_line *t = &w->troubles[w->trouble_count++];
        snprintf(t->text, sizeof t->text, "%s: %.*s%s%s", w->probe.source, TEXT_SHOWN, text, tail,
            w->told == OBSERVER_TROUBLES_MAX ? " (no more will be said of it)" : "");
        t->good = good;
    }
    pthread_mutex_unlock(&w->lock);
}

static void hand_over(struct watcher *w) {
    struct probe *p = &w->probe;
    pthread_mutex_lock(&w->lock);
    struct probe_value *was = w->ready;
    size_t cap = w->ready_cap;
    w->ready = p->values;
    w->ready_cap = p->value_cap;
    w->ready_count = p->value_count;
    p->values = was;
    p->value_cap = cap;
    p->value_count = 0;
    w->fresh = true;
    if (p->notes_changed) {
        memcpy(w->notes, p->notes, sizeof w->notes);
        w->note_count = p->note_count;
        w->notes_version++;
    }
    pthread_mutex_unlock(&w->lock);
    p->notes_changed = false;
}

static void set_reading(struct watcher *w, int64_t since_us) {
    pthread_mutex_lock(&w->lock);
    w->reading_since_us = since_us;
    pthread_mutex_unlock(&w->lock);
}

static void went_well(struct watcher *w) {
    if (w->failures)
        say(w, true, "it answers again", "");
    w->failures = 0;
    if (w->probe.failed && !w->advised) {
        w->advised = true;
        say(w, false, "it has more series than are kept; the others are left out", "");
    }
    if (w->probe.advice[0] && !w->advised) {
        w->advised = true;
        say(w, false, w->probe.advice, "");
    }
    hand_over(w);
}

static void went_wrong(struct watcher *w, const struct error *err) {
    if (w->failures++ == 0)
        say(w, false, err->text[0] ? err->text : error_name(err->code),
            "; it is tried again (the run is not affected)");
}

static void sleep_until(struct watcher *w, int64_t until_us) {
    struct pollfd stop = {.fd = w->probe.stop_fd, .events = POLLIN};
    for (int64_t left; (left = until_us - clock_now_us(&clock_real)) > SOON_US;)
        if (poll(&stop, 1, (int)(left / 1000)) > 0)
            return;
}

static void *run(void *ctx) {
    struct watcher *w = ctx;
    int64_t asked_us = 0;
    while (!probe_stopped(&w->probe)) {
        struct error err = ERROR_NULL;
        int64_t now_us = clock_now_us(&clock_real);
        int64_t next_us = w->failures ? asked_us + observer_pause_us(w->failures)
                                      : observer_next_us(asked_us, atomic_load(&w->taken_us), now_us);
        if (next_us > now_us + SOON_US) { /* and look again then: the rhythm may have come in between */
            sleep_until(w, next_us - now_us > OBSERVER_PERIOD_US ? now_us + OBSERVER_PERIOD_US : next_us);
            continue;
        }
        asked_us = now_us;
        set_reading(w, now_us);
        probe_begin(&w->probe, now_us);
        int r = w->probe.kind->read(&w->probe, &err);
        set_reading(w, 0);
        if (r >= 0)
            went_well(w);
        else if (!probe_stopped(&w->probe))
            went_wrong(w, &err);
    }
    pthread_mutex_lock(&w->lock);
    w->ended = true;
    pthread_cond_signal(&w->ended_soon);
    pthread_mutex_unlock(&w->lock);
    watcher_unref(w);
    return NULL;
}

/* ---- making them ---- */

static int unknown_kind(struct view spec, struct error *err) {
    char kinds[512] = "";
    size_t n = 0;
    for (const struct probe_kind *const *k = probe_kinds; *k && n < sizeof kinds; k++)
        n += (size_t)snprintf(kinds + n, sizeof kinds - n, "%s%s", n ? ", " : "", (*k)->spec);
    return error_set(err, ERROR_INVALID, "--observe %.*s: there is no such kind of probe; there are: %s",
        VIEW_ARGS(view_take(spec, 100)), kinds);
}

static bool is_kind(const struct probe_kind *k, struct view word) {
    static const char *const others[][2] = {
        {"postgresql", "postgres"}, {"rediss", "redis"}, {"http", "prometheus"}, {"https", "prometheus"}};
    if (view_eq(word, view_of_cstr(k->name)))
        return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (view_eq(word, view_of_cstr(others[i][0])) && strcmp(k->name, others[i][1]) == 0)
            return true;
    return false;
}

/* The kind, and what stands behind it: for "redis://h" all of it, for "redis:redis://h" what is behind the
 * colon. */
static const struct probe_kind *kind_of(struct view spec, struct view *what) {
    struct view rest = spec, word = view_cut(&rest, ':', NULL);
    const struct probe_kind *const *k = probe_kinds;
    while (*k && !is_kind(*k, word))
        k++;
    *what = *k && (*k)->url && view_starts_with(rest, VIEW("//")) ? spec : rest;
    return *k;
}

static int open_probe(struct watcher *w, struct view spec, struct error *err) {
    struct view what;
    struct buf shown CLEANUP(buf_deinit) = BUF_MAX(2 * OBSERVER_SPEC_MAX);
    const struct probe_kind *kind = kind_of(spec, &what);
    int r = observer_spec_mask(spec, &shown);

    if (r < 0)
        return error_set(err, r, "--observe: out of memory");
    if (!kind)
        return unknown_kind(buf_view(&shown), err);
    w->probe.kind = kind;
    if (spec.len >= sizeof w->spec)
        return error_set(
            err, ERROR_INVALID, "--observe %s: longer than %d bytes", kind->name, OBSERVER_SPEC_MAX);
    memcpy(w->spec, spec.ptr, spec.len);
    r = kind->open(&w->probe, what, err);
    return r < 0 ? error_wrap(err, "--observe %.*s", VIEW_ARGS(view_take(buf_view(&shown), 200))) : 0;
}

static struct watcher *watcher_new(void) {
    static const struct probe_kind none = {.name = "none"};
    struct watcher *w = calloc(1, sizeof *w);
    pthread_condattr_t monotonic;
    if (!w)
        return NULL;
    w->probe.kind = &none;
    w->probe.root = "";
    w->probe.lock = lock_keys;
    w->probe.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->references = 1;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->ended_soon, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return w;
}

static bool is_there(const struct observer *o, struct view spec) {
    for (size_t i = 0; i < o->count; i++)
        if (view_eq(spec, view_of_cstr(o->watchers[i]->spec)))
            return true;
    return false;
}

static int add(struct observer *o, struct view spec, struct error *err) {
    if (!spec.len || is_there(o, spec))
        return 0;
    if (o->count == OBSERVER_PROBES_MAX)
        return error_set(err, ERROR_LIMIT, "--observe: more than %d probes", OBSERVER_PROBES_MAX);
    struct watcher *w = watcher_new();
    if (!w)
        return error_set(err, -ENOMEM, "out of memory");
    if (w->probe.stop_fd < 0) {
        watcher_unref(w);
        return error_set(err, -errno, "--observe: no descriptor for a probe: %s", error_name(-errno));
    }
    int r = open_probe(w, spec, err);
    if (r < 0)
        watcher_unref(w);
    else
        o->watchers[o->count++] = w;
    return r;
}

/* Signals are the controller's: a thread that took one would keep it from the loop that waits for it. */
static int start(struct watcher *w, struct error *err) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_fetch_add(&w->references, 1);
    int r = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        atomic_fetch_sub(&w->references, 1);
        return error_set(err, -r, "--observe: no thread for a probe: %s", error_name(-r));
    }
    w->started = true;
    return 0;
}

int observer_new(struct observer **out, const struct view *specs, size_t n, struct error *err) {
    struct observer *o = calloc(1, sizeof *o);
    int r = o ? 0 : error_set(err, -ENOMEM, "out of memory");

    *out = NULL;
    for (size_t i = 0; i < n && r == 0; i++)
        r = add(o, view_trim(specs[i]), err);
    if (r < 0)
        observer_free(o);
    else
        *out = o;
    return r;
}

int observer_start(struct observer *o, struct error *err) {
    int r = 0;

    for (size_t i = 0; i < o->count && r == 0; i++)
        r = start(o->watchers[i], err);
    return r;
}

static void stop(struct watcher *w) {
    uint64_t one = 1;
    if (write(w->probe.stop_fd, &one, sizeof one) < 0)
        return; /* it is readable already */
}

static void await_end(struct watcher *w, const struct timespec *until) {
    if (!w->started)
        return;
    pthread_mutex_lock(&w->lock);
    while (!w->ended && pthread_cond_timedwait(&w->ended_soon, &w->lock, until) == 0)
        ;
    bool ended = w->ended;
    pthread_mutex_unlock(&w->lock);
    if (ended)
        pthread_join(w->thread, NULL); /* what libraries keep for a thread goes with it, before the program ends */
    else
        pthread_detach(w->thread);
}

struct observer *observer_free(struct observer *o) {
    struct timespec until;
    if (!o)
        return NULL;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += OBSERVER_FREE_US / 1000000 + 1;
    for (size_t i = 0; i < o->count; i++)
        stop(o->watchers[i]);
    for (size_t i = 0; i < o->count; i++) {
        await_end(o->watchers[i], &until);
        watcher_unref(o->watchers[i]);
    }
    probe_keys_deinit(&o->keys);
    free(o->values);
    free(o);
    return NULL;
}

/* ---- taking ---- */

static void map_keys(struct observer *o, struct watcher *w) {
    const struct probe_keys *from = &w->probe.keys;
    if (from->count > w->map_cap) {
        uint32_t *more = realloc(w->map, from->cap * sizeof *more);
        if (!more)
            return;
        w->map = more;
        w->map_cap = from->cap;
    }
    for (; w->mapped < from->count && w->mapped < w->map_cap; w->mapped++) {
        const struct probe_key *k = &from->list[w->mapped];
        int64_t at = probe_keys_add(&o->keys, view_of_cstr(k->source), view_of_cstr(k->name), k->unit);
        w->map[w->mapped] = at < 0 ? UINT32_MAX : (uint32_t)at;
    }
}

static void take_values(struct observer *o, struct watcher *w) {
    if (o->value_count + w->ready_count > o->value_cap) {
        size_t cap = o->value_count + w->ready_count + OBSERVER_PROBES_MAX;
        struct probe_value *more = realloc(o->values, cap * sizeof *more);
        if (!more)
            return;
        o->values = more;
        o->value_cap = cap;
    }
    for (size_t i = 0; i < w->ready_count; i++) {
        const struct probe_value *v = &w->ready[i];
        if (v->series < w->mapped && w->map[v->series] != UINT32_MAX)
            o->values[o->value_count++] = (struct probe_value){w->map[v->series], v->value};
    }
}

static void take_one(struct observer *o, struct watcher *w, int64_t now_us) {
    atomic_store(&w->taken_us, now_us);
    pthread_mutex_lock(&w->lock);
    if (w->fresh) {
        map_keys(o, w);
        take_values(o, w);
        w->fresh = false;
    }
    if (w->notes_version != w->notes_taken)
        o->notes_version++;
    w->notes_taken = w->notes_version;
    pthread_mutex_unlock(&w->lock);
}

static void gather_notes(struct observer *o) {
    o->note_count = 0;
    for (size_t i = 0; i < o->count; i++) {
        struct watcher *w = o->watchers[i];
        pthread_mutex_lock(&w->lock);
        for (size_t k = 0; k < w->note_count && o->note_count < PROBE_NOTES_MAX; k++)
            o->notes[o->note_count++] = w->notes[k];
        pthread_mutex_unlock(&w->lock);
    }
}

void observer_take(struct observer *o, struct probe_second *out) {
    int64_t now_us = clock_now_us(&clock_real);
    uint64_t before = o->notes_version;
    o->value_count = 0;
    for (size_t i = 0; i < o->count; i++)
        take_one(o, o->watchers[i], now_us);
    if (before != o->notes_version)
        gather_notes(o);
    *out = (struct probe_second){.keys = o->keys.list,
        .key_count = o->keys.count,
        .values = o->values,
        .value_count = o->value_count,
        .notes = o->notes,
        .note_count = o->note_count,
        .notes_version = o->notes_version};
}

static bool hangs(struct watcher *w) {
    bool new = false;
    if (w->reading_since_us && clock_now_us(&clock_real) - w->reading_since_us > OBSERVER_HANG_US) {
        new = !w->hang_told;
        w->hang_told = true;
    }
    return new;
}

bool observer_trouble(struct observer *o, struct error *err) {
    for (size_t i = 0; i < o->count; i++) {
        struct watcher *w = o->watchers[i];
        bool found = true;
        pthread_mutex_lock(&w->lock);
        if (w->trouble_count) {
            struct trouble_line t = w->troubles[0];
            memmove(w->troubles, w->troubles + 1, --w->trouble_count * sizeof *w->troubles);
            error_set(err, t.good ? 0 : ERROR_CLOSED, "%s", t.text);
        } else if (hangs(w)) {
            error_set(err, -ETIMEDOUT, "%s: no answer for %d s; it is waited for (the run is not affected)",
                w->probe.source, OBSERVER_HANG_US / 1000000);
        } else {
            found = false;
        }
        pthread_mutex_unlock(&w->lock);
        if (found)
            return true;
    }
    if (o->keys.count == PROBE_SERIES_MAX && !o->full_told) {
        o->full_told = true;
        error_set(err, ERROR_LIMIT, "the probes have more than %d series; the others are left out",
            PROBE_SERIES_MAX);
        return true;
    }
    return false;
}
