#include "observe/probe_priv.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_CAP = 64 };

void probe_deinit(struct probe *p) {
    probe_keys_deinit(&p->keys);
    probe_keys_deinit(&p->counter_names);
    free(p->values);
    free(p->counters);
    p->values = NULL;
    p->counters = NULL;
    p->value_count = p->value_cap = p->counter_cap = 0;
}

void probe_begin(struct probe *p, int64_t now_us) {
    p->now_us = now_us;
    p->deadline_us = now_us + PROBE_READ_US;
    p->value_count = 0;
    p->failed = false;
}

static void *grown(void *list, size_t *cap, size_t each) {
    size_t more = *cap ? *cap * 2 : FIRST_CAP;
    void *to = realloc(list, more * each);
    if (to)
        *cap = more;
    return to;
}

/* ---- telling ---- */

static int64_t key_of(struct probe *p, struct view source, struct view name, enum probe_unit unit) {
    int64_t at = probe_keys_find(&p->keys, source, name);
    if (at >= 0)
        return at;
    if (p->lock)
        p->lock(p, true);
    at = probe_keys_add(&p->keys, source, name, unit);
    if (p->lock)
        p->lock(p, false);
    return at;
}

void probe_tell_of(
    struct probe *p, struct view source, struct view name, enum probe_unit unit, double value) {
    if (!isfinite(value))
        return;
    int64_t at = key_of(p, source, name, unit);
    if (at >= 0 && p->value_count == p->value_cap) {
        void *more = grown(p->values, &p->value_cap, sizeof *p->values);
        p->values = more ? more : p->values;
    }
    if (at < 0 || p->value_count == p->value_cap)
        p->failed = true;
    else
        p->values[p->value_count++] = (struct probe_value){(uint32_t)at, value};
}

void probe_tell(struct probe *p, const char *name, enum probe_unit unit, double value) {
    probe_tell_of(p, view_of_cstr(p->source), view_of_cstr(name), unit, value);
}

static struct probe_counter *counter_of(struct probe *p, struct view name) {
    int64_t at = probe_keys_add(&p->counter_names, VIEW(""), name, PROBE_COUNT);
    while (at >= 0 && (size_t)at >= p->counter_cap) {
        size_t before = p->counter_cap;
        void *more = grown(p->counters, &p->counter_cap, sizeof *p->counters);
        if (!more)
            return NULL;
        p->counters = more;
        memset(p->counters + before, 0, (p->counter_cap - before) * sizeof *p->counters);
    }
    return at < 0 ? NULL : &p->counters[at];
}

/* Growth since the reading before and the seconds it took; false: not known. */
static bool growth(struct probe *p, struct view name, double counter, double *by, double *seconds) {
    struct probe_counter *c = counter_of(p, name);
    if (!c || !isfinite(counter)) {
        p->failed = p->failed || !c;
        return false;
    }
    struct probe_counter before = *c;
    *c = (struct probe_counter){counter, p->now_us};
    *by = counter - before.value;
    *seconds = (double)(p->now_us - before.at_us) / 1e6;
    return before.at_us && *seconds > 0 && *by >= 0;
}

double probe_per_second(struct probe *p, struct view counter_name, double counter) {
    double by, seconds;
    return growth(p, counter_name, counter, &by, &seconds) ? by / seconds : (double)NAN;
}

void probe_tell_rate(struct probe *p, const char *name, enum probe_unit unit, double counter) {
    probe_tell(p, name, unit, probe_per_second(p, view_of_cstr(name), counter));
}

void probe_tell_share(struct probe *p, const char *name, double part, double rest) {
    char other[PROBE_NAME_MAX + 8];
    double by_part, by_rest, seconds;
    snprintf(other, sizeof other, "-%s", name);
    bool known = growth(p, view_of_cstr(name), part, &by_part, &seconds);
    known = growth(p, view_of_cstr(other), rest, &by_rest, &seconds) && known;
    if (known && by_part + by_rest > 0)
        probe_tell(p, name, PROBE_SHARE, by_part / (by_part + by_rest));
}

static size_t note_of(const struct probe *p, const char *about) {
    size_t at = 0;
    while (at < p->note_count && strcmp(p->notes[at].about, about) != 0)
        at++;
    return at;
}

void probe_tell_note(struct probe *p, const char *about, struct view text, double value) {
    size_t at = note_of(p, about);
    struct probe_note fresh = {.value = value}, *n = &p->notes[at];
    if (at == PROBE_OWN_NOTES_MAX)
        return;
    memcpy(fresh.source, p->source, sizeof fresh.source);
    snprintf(fresh.about, sizeof fresh.about, "%s", about);
    snprintf(fresh.text, sizeof fresh.text, "%.*s", VIEW_ARGS(text));
    bool new = at == p->note_count;
    p->notes_changed = p->notes_changed || new || strcmp(n->text, fresh.text) != 0 || n->value != value;
    p->note_count += new;
    p->noted_us[at] = p->now_us;
    *n = fresh;
}

void probe_tell_worst(struct probe *p, const char *about, struct view text, double value) {
    size_t at = note_of(p, about);
    double age = at < p->note_count ? (double)(p->now_us - p->noted_us[at]) / PROBE_NOTE_HALF_US : 0;
    if (at == p->note_count || value >= p->notes[at].value * exp2(-age))
        probe_tell_note(p, about, text, value);
}

double probe_value_of(const struct probe *p, const char *name) {
    for (size_t i = 0; i < p->value_count; i++)
        if (strcmp(p->keys.list[p->values[i].series].name, name) == 0)
            return p->values[i].value;
    return (double)NAN;
}

/* ---- waiting ---- */

int probe_wait(const struct probe *p, int fd, short events) {
    struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = p->stop_fd, .events = POLLIN}};
    for (;;) {
        int64_t left_us = p->deadline_us - clock_now_us(&clock_real);
        if (left_us <= 0)
            return -ETIMEDOUT;
        int n = poll(fds, 2, (int)(left_us / 1000) + 1);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0 && fds[1].revents)
            return -ECANCELED;
        if (n > 0 && fds[0].revents)
            return 0;
    }
}

bool probe_stopped(const struct probe *p) {
    struct pollfd stop = {.fd = p->stop_fd, .events = POLLIN};
    return p->stop_fd >= 0 && poll(&stop, 1, 0) > 0;
}

static int dial_one(const struct probe *p, const struct addrinfo *a) {
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), failed = 0;
    socklen_t size = sizeof failed;
    if (fd < 0)
        return -errno;
    int r = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : -errno;
    if (r == -EINPROGRESS) {
        r = probe_wait(p, fd, POLLOUT);
        if (r == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) < 0)
            r = -errno;
        r = r < 0 ? r : -failed;
    }
    if (r < 0)
        close(fd);
    return r < 0 ? r : fd;
}

int probe_dial(const struct probe *p, const char *host, const char *port, struct error *err) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int r = getaddrinfo(host, port, &hints, &found);
    if (r != 0)
        return error_set(err, ERROR_CLOSED, "%s: %s", host, gai_strerror(r));
    r = ERROR_CLOSED;
    for (const struct addrinfo *a = found; a && r < 0 && r != -ECANCELED; a = a->ai_next)
        r = dial_one(p, a);
    freeaddrinfo(found);
    return r < 0 ? error_set(err, r, "no connection to %s:%s: %s", host, port, error_name(r)) : r;
}
