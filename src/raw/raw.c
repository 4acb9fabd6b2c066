/* The parent. It forks its processes and execs nothing: they need what it has read, and it has nothing else.
 * Signals are blocked from the first fork on and read from a signalfd, so that Ctrl-C is the parent's alone
 * to decide. The run is over when every process has told its final second or its bus has closed. */
#include "raw/raw.h"

#include "core/loop.h"
#include "fleet/bus.h"
#include "net/url.h"
#include "raw/raw_process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_AFTER_US = 50 * 1000, URL_ARENA_BYTES_MAX = 1024 * 1024 };

struct raw_run;
struct raw_child {
    struct raw_run *run;
    struct bus *bus;
    pid_t pid;
    bool final, closed;
};
struct raw_run {
    const struct raw_options *o;
    const struct raw_progress *progress;
    struct raw_result *out;
    struct loop *loop;
    struct raw_child *children;
    size_t count, open;
    struct loop_watch signals;
    struct timer second;
    struct raw_tally fresh; /* since the last call of progress */
    int64_t start_us;
    bool stopping, failed;
    struct error *err;
};

/* --- checks --- */

static int check_url(struct view text, struct error *err) {
    struct arena arena;
    struct url u;

    arena_init(&arena, URL_ARENA_BYTES_MAX);
    int r = url_parse(text, &arena, &u, err);
    if (r == 0 && !view_eq(u.scheme, VIEW("http")) && !view_eq(u.scheme, VIEW("https")))
        r = error_set(err, ERROR_INVALID, "\"%.*s\": the scheme must be http or https", VIEW_ARGS(text));
    else if (r == ERROR_INVALID)
        r = error_set(
            err, ERROR_INVALID, "\"%.*s\" has no scheme: write http://… or https://…", VIEW_ARGS(text));
    else if (r == 0 && u.host.len == 0)
        r = error_set(err, ERROR_INVALID, "\"%.*s\" names no host", VIEW_ARGS(text));
    arena_deinit(&arena);
    return r;
}

bool raw_is_invalid(const struct raw_result *r) {
    return validity_state(&r->validity) == VALIDITY_INVALID || r->total.faults[NET_FAULT_NO_PORTS] ||
           r->total.faults[NET_FAULT_NO_DESCRIPTORS] || r->lost_processes > 0;
}

/* --- what processes tell --- */

static void judge(struct raw_run *run, const struct raw_second *s) {
    int64_t to_us = loop_now_us(run->loop) - run->start_us;
    struct validity_reading r = {.from_us = to_us - s->wall_us,
        .to_us = to_us,
        .wall_us = s->wall_us,
        .cpu_us = s->cpu_us,
        .wait_us = s->waited_us,
        .send_late_max_us = s->late_us};

    validity_add(&run->out->validity, &r);
}

static void take_second(struct raw_child *c, struct view body) {
    struct raw_run *run = c->run;
    struct pack_reader r = pack_reader_of(body);
    struct raw_second s = raw_second_unpack(&r);

    if (raw_tally_unpack_merge(&run->fresh, &r) < 0) {
        error_set(run->err, ERROR_SYNTAX, "a process of the load sent a message that cannot be read");
        run->failed = true;
        loop_stop(run->loop);
        return;
    }
    judge(run, &s);
    c->final = c->final || s.final;
}

static void stop_all(struct raw_run *run, enum raw_message how) {
    for (size_t i = 0; i < run->count; i++)
        if (!run->children[i].closed && bus_send(run->children[i].bus, how, VIEW("")) < 0)
            kill(run->children[i].pid, SIGKILL);
}

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct raw_child *c = ctx;
    struct raw_run *run = c->run;

    switch (kind) {
    case RAW_MESSAGE_SECOND: take_second(c, body); break;
    case RAW_MESSAGE_UNREACHABLE:
        if (run->out->unreachable)
            break;
        run->out->unreachable = true;
        snprintf(run->out->why, sizeof run->out->why, "%.*s", VIEW_ARGS(body));
        stop_all(run, RAW_MESSAGE_CUT);
        break;
    case RAW_MESSAGE_FAILED:
        error_set(run->err, ERROR_INVALID, "%.*s", VIEW_ARGS(body));
        run->failed = true;
        break;
    default: break;
    }
}

static void on_closed(void *ctx, int error) {
    struct raw_child *c = ctx;
    struct raw_run *run = c->run;

    (void)error;
    c->closed = true;
    run->out->lost_processes += !c->final && !run->failed;
    if (--run->open == 0)
        loop_stop(run->loop);
}

/* --- the course of the run --- */

static void tell_progress(struct raw_run *run) {
    int64_t elapsed_us = loop_now_us(run->loop) - run->start_us;

    if (raw_tally_merge(&run->out->total, &run->fresh) < 0)
        abort(); /* a second that went missing would make the totals wrong */
    if (run->progress->second)
        run->progress->second(run->progress->ctx, elapsed_us, &run->fresh, &run->out->total);
    raw_tally_reset(&run->fresh);
}

static void on_second(struct timer *t) {
    struct raw_run *run = CONTAINER_OF(t, struct raw_run, second);

    tell_progress(run);
    if (timers_arm(loop_timers(run->loop), t, loop_now_us(run->loop) + RAW_SECOND_US) < 0)
        loop_stop(run->loop);
}

static void on_signal(struct loop_watch *w, uint32_t events) {
    struct raw_run *run = CONTAINER_OF(w, struct raw_run, signals);
    struct signalfd_siginfo info;

    (void)events;
    if (read(w->fd, &info, sizeof info) != (ssize_t)sizeof info)
        return;
    stop_all(run, run->stopping ? RAW_MESSAGE_CUT : RAW_MESSAGE_STOP);
    if (!run->stopping)
        run->out->elapsed_us = loop_refresh_us(run->loop) - run->start_us;
    run->stopping = run->out->interrupted = true;
}

static int watch_signals(struct raw_run *run, const sigset_t *set) {
    int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);

    if (fd < 0)
        return -errno;
    run->signals.ready = on_signal;
    int r = loop_watch_add(run->loop, &run->signals, fd, EPOLLIN);
    if (r < 0)
        close(fd);
    return r;
}

/* --- processes --- */

static int spawn(struct raw_run *run, size_t index, int fds[][2]) {
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        int bus_fd = fds[index][1];
        for (size_t i = 0; i < run->count; i++) {
            close(fds[i][0]);
            if (i != index)
                close(fds[i][1]);
        }
        free(fds);
        _exit(raw_process_run(bus_fd, run->o, index, run->start_us));
    }
    run->children[index].pid = pid;
    return 0;
}

/* All sockets exist before the first fork, and the loop only after the last: nothing of it is shared. */
static int spawn_all(struct raw_run *run, int fds[][2]) {
    int r = 0;

    for (size_t i = 0; i < run->count; i++)
        fds[i][0] = fds[i][1] = -1;
    for (size_t i = 0; r == 0 && i < run->count; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds[i]) < 0)
            r = -errno;
    run->start_us = clock_now_us(&clock_real) + START_AFTER_US;
    fflush(NULL);
    for (size_t i = 0; r == 0 && i < run->count; i++)
        r = spawn(run, i, fds);
    for (size_t i = 0; i < run->count; i++)
        if (fds[i][1] >= 0)
            close(fds[i][1]);
    return r;
}

static int open_buses(struct raw_run *run, int fds[][2]) {
    static const struct bus_ops ops = {.message = on_message, .closed = on_closed};
    int r = loop_new(&run->loop, NULL);

    for (size_t i = 0; r == 0 && i < run->count; i++) {
        r = bus_new(&run->children[i].bus, run->loop, fds[i][0], &ops, &run->children[i]);
        if (r == 0)
            fds[i][0] = -1;
    }
    run->open = run->count;
    return r;
}

static void reap_all(struct raw_run *run, bool kill_first) {
    for (size_t i = 0; i < run->count; i++) {
        struct raw_child *c = &run->children[i];
        if (c->pid <= 0)
            continue;
        if (kill_first)
            kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        c->pid = 0;
    }
}

static int run_all(struct raw_run *run, const sigset_t *signals, struct error *err) {
    int(*fds)[2] = calloc(run->count, sizeof *fds);
    int r = fds ? spawn_all(run, fds) : -ENOMEM;

    r = r < 0 ? r : open_buses(run, fds);
    r = r < 0 ? r : watch_signals(run, signals);
    r = r < 0 ? r
              : timers_arm(
                    loop_timers(run->loop), &run->second, run->start_us + RAW_SECOND_US + RAW_SECOND_US / 20);
    if (r == 0 && run->progress->opened)
        run->progress->opened(run->progress->ctx, run->loop);
    int ran = r < 0 ? r : loop_run(run->loop);
    if (r == 0 && run->progress->closed)
        run->progress->closed(run->progress->ctx, run->loop);
    r = ran;
    if (r < 0)
        error_set(err, r, "the processes of the load cannot be started: %s", error_name(r));
    reap_all(run, r < 0);
    for (size_t i = 0; fds && i < run->count; i++)
        if (fds[i][0] >= 0)
            close(fds[i][0]);
    free(fds);
    return r;
}

static void close_all(struct raw_run *run) {
    for (size_t i = 0; i < run->count; i++)
        bus_free(run->children[i].bus);
    free(run->children);
    if (run->loop) {
        timers_cancel(loop_timers(run->loop), &run->second);
        if (run->signals.slot) {
            int fd = run->signals.fd;
            loop_watch_remove(run->loop, &run->signals);
            close(fd);
        }
        loop_free(run->loop);
    }
    raw_tally_deinit(&run->fresh);
}

int raw_run(const struct raw_options *o, const struct raw_progress *progress, struct raw_result *out,
    struct error *err) {
    struct raw_run run = {.o = o,
        .progress = progress,
        .out = out,
        .count = o->processes,
        .err = err,
        .second = {.fire = on_second}};
    sigset_t set, before;

    *out = (struct raw_result){.elapsed_us = o->duration_us};
    double half_s = (double)o->duration_us / 2e6; /* of a run that is too short for VALIDITY_SECONDS_MIN */
    out->validity.seconds_min = half_s < VALIDITY_SECONDS_MIN ? half_s : VALIDITY_SECONDS_MIN;
    int r = check_url(o->url, err);
    if (r < 0)
        return r;
    run.children = calloc(run.count, sizeof *run.children);
    if (!run.children)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < run.count; i++)
        run.children[i].run = &run;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    r = run_all(&run, &set, err);
    if (r == 0 && run.failed)
        r = err->code;
    if (r == 0) {
        tell_progress(&run);
        out->answered_in_time = raw_tally_answers(&out->total) - out->total.late_answers;
    }
    close_all(&run);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return r;
}

void raw_result_deinit(struct raw_result *r) {
    raw_tally_deinit(&r->total);
}
