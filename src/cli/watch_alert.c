/* The program's thread takes one event after another out of a ring; it waits for the program by a pidfd, so
 * that no signal of this process is involved. What went wrong is kept as one sentence until the controller
 * asks. */
#include "cli/watch_alert.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/environment.h"
#include "core/json_writer.h"
#include "report/shipper.h"

enum { ENVIRONMENT = 10, BODY_BYTES_MAX = 64 * 1024 };
#define SHELL "sh -c "

struct job {
    char texts[ENVIRONMENT][WATCH_ALERT_TEXT_MAX]; /* NAME=value */
    size_t count;
};
struct watch_alert {
    struct watch_alert_options o;
    struct shipper *shippers[WATCH_ALERT_URLS_MAX];
    char *command;
    char *words[WATCH_ALERT_WORDS_MAX + 1];
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job jobs[WATCH_ALERT_WAITING_MAX]; /* guarded by lock, as all below */
    size_t first, waiting;
    uint64_t lost;
    bool quit, troubled;
    struct error trouble;
};

/* ---- what is told ---- */

static void moment(int64_t ms, char out[40]) {
    clock_format_rfc3339(ms * 1000000, 0, out, 40);
}

static void sentence(const struct watch_event *e, char *out, size_t size) {
    char since[40];

    moment(e->since_ms, since);
    snprintf(out, size, "%s is %s since %s%s%s", e->script, uptime_word(e->state), since,
        e->reason[0] ? ": " : "", e->reason);
}

int watch_alert_json(const struct watch_event *e, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    char text[WATCH_ALERT_TEXT_MAX], at[40], since[40];

    sentence(e, text, sizeof text);
    moment(e->at_ms, at);
    moment(e->since_ms, since);
    json_writer_object(&w);
    json_member_cstr(&w, "source", "halftime watch");
    json_member_cstr(&w, "state", uptime_word(e->state));
    json_member_cstr(&w, "before", uptime_word(e->before));
    json_member_cstr(&w, "reason", e->reason);
    json_member_cstr(&w, "text", text);
    json_member_cstr(&w, "label", e->label);
    json_member_cstr(&w, "script", e->script);
    json_member_i64(&w, "run", e->run);
    json_member_cstr(&w, "at", at);
    json_member_i64(&w, "at_ms", e->at_ms);
    json_member_cstr(&w, "since", since);
    json_member_i64(&w, "since_ms", e->since_ms);
    json_writer_end(&w);
    return json_writer_error(&w);
}

static void set(struct job *j, const char *name, const char *value) {
    snprintf(j->texts[j->count++], WATCH_ALERT_TEXT_MAX, "HALFTIME_%s=%s", name, value);
}

static struct job job_of(const struct watch_event *e) {
    struct job j = {0};
    char text[WATCH_ALERT_TEXT_MAX];

    set(&j, "STATE", uptime_word(e->state));
    set(&j, "BEFORE", uptime_word(e->before));
    set(&j, "REASON", e->reason);
    set(&j, "LABEL", e->label);
    set(&j, "SCRIPT", e->script);
    sentence(e, text, sizeof text);
    set(&j, "TEXT", text);
    moment(e->at_ms, text);
    set(&j, "AT", text);
    moment(e->since_ms, text);
    set(&j, "SINCE", text);
    snprintf(text, sizeof text, "%lld", (long long)e->run);
    set(&j, "RUN", text);
    return j;
}

/* ---- the program ---- */

int watch_alert_words(char *text, char *words[WATCH_ALERT_WORDS_MAX + 1]) {
    int n = 0;

    text += strspn(text, " ");
    bool shell = !strncmp(text, SHELL, sizeof SHELL - 1);
    while (*text) {
        if (n == WATCH_ALERT_WORDS_MAX)
            return ERROR_LIMIT;
        words[n++] = text;
        size_t len = shell && n == 3 ? strlen(text) : strcspn(text, " ");
        text += len;
        if (*text)
            *text++ = '\0';
        text += strspn(text, " ");
    }
    words[n] = NULL;
    return n ? n : ERROR_INVALID;
}

static void note(struct watch_alert *a, const char *what, const char *why) {
    pthread_mutex_lock(&a->lock);
    a->lost++;
    if (!a->troubled)
        error_set(&a->trouble, ERROR_CLOSED, "--alert-exec %s: %s", what, why);
    a->troubled = true;
    pthread_mutex_unlock(&a->lock);
}

/* Ours with the event's, which win. */
static char **environment_of(const struct job *j) {
    const char *entries[ENVIRONMENT];

    for (size_t i = 0; i < j->count; i++)
        entries[i] = j->texts[i];
    return environment_with(entries, j->count, true);
}

/* A group of its own, so that all of it can be killed; nothing to read, and its words go where our errors go.
 */
static int spawn(struct watch_alert *a, char **environment, pid_t *pid) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    if (posix_spawnattr_init(&attributes) || posix_spawn_file_actions_init(&files))
        return ENOMEM;
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    r = r ? r : posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    r = r ? r : posix_spawnp(pid, a->words[0], &files, &attributes, a->words, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return r;
}

static bool ends_within(pid_t pid, int timeout_ms) {
    struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};

    if (p.fd < 0)
        return false;
    int64_t until_us = clock_now_us(&clock_real) + (int64_t)timeout_ms * 1000;
    int ready = 0;
    for (int64_t left_us; ready <= 0 && (left_us = until_us - clock_now_us(&clock_real)) > 0;)
        ready = poll(&p, 1, (int)(left_us / 1000) + 1);
    close(p.fd);
    return ready > 0;
}

static void run(struct watch_alert *a, struct job *j) {
    char **environment = environment_of(j), why[128] = "";
    pid_t pid = 0;
    int status = 0, r = environment ? spawn(a, environment, &pid) : ENOMEM;

    free(environment);
    if (r) {
        note(a, a->words[0], strerror(r));
        return;
    }
    if (!ends_within(pid, a->o.timeout_ms)) {
        snprintf(why, sizeof why, "it took longer than %g s and was killed (--alert-timeout)",
            a->o.timeout_ms / 1000.0);
        kill(-pid, SIGKILL);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!why[0] && WIFEXITED(status) && WEXITSTATUS(status))
        snprintf(why, sizeof why, "it ended with exit code %d", WEXITSTATUS(status));
    else if (!why[0] && WIFSIGNALED(status))
        snprintf(why, sizeof why, "it was killed by signal %d", WTERMSIG(status));
    if (why[0])
        note(a, a->words[0], why);
}

static void *work(void *ctx) {
    struct watch_alert *a = ctx;

    pthread_mutex_lock(&a->lock);
    for (;;) {
        while (!a->waiting && !a->quit)
            pthread_cond_wait(&a->wake, &a->lock);
        if (!a->waiting)
            break;
        struct job j = a->jobs[a->first];
        a->first = (a->first + 1) % WATCH_ALERT_WAITING_MAX;
        a->waiting--;
        pthread_mutex_unlock(&a->lock);
        run(a, &j);
        pthread_mutex_lock(&a->lock);
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static void queue(struct watch_alert *a, const struct watch_event *e) {
    pthread_mutex_lock(&a->lock);
    bool full = a->waiting == WATCH_ALERT_WAITING_MAX;
    if (!full)
        a->jobs[(a->first + a->waiting++) % WATCH_ALERT_WAITING_MAX] = job_of(e);
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    if (full)
        note(a, a->words[0], "too many changes wait for it; this one is lost");
}

/* ---- */

void watch_alert_send(struct watch_alert *a, const struct watch_event *e) {
    for (size_t i = 0; i < a->o.url_count; i++) {
        struct buf body CLEANUP(buf_deinit) = BUF_MAX(BODY_BYTES_MAX);
        if (watch_alert_json(e, &body) == 0)
            shipper_send(a->shippers[i], &body, 1);
        else
            shipper_lose(a->shippers[i], 1);
    }
    if (a->command)
        queue(a, e);
}

int watch_alert_trouble(struct watch_alert *a, struct error *err) {
    int r = 0;

    for (size_t i = 0; i < a->o.url_count && r == 0; i++)
        r = shipper_trouble(a->shippers[i], err);
    if (r < 0 || !a->command)
        return r;
    pthread_mutex_lock(&a->lock);
    if (a->troubled) {
        *err = a->trouble;
        r = err->code;
    }
    a->troubled = false;
    pthread_mutex_unlock(&a->lock);
    return r;
}

static int make_program(struct watch_alert *a, const char *command, struct error *err) {
    a->command = strdup(command);
    int n = a->command ? watch_alert_words(a->command, a->words) : -ENOMEM;
    if (n < 0)
        return error_set(err, n, "--alert-exec '%s': %s", command,
            n == ERROR_LIMIT ? "too many words; write a script"
                             : "name a program, such as ./notify or sh -c 'mail …'");
    sigset_t all, before;
    sigfillset(&all); /* Ctrl-C is the controller's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&a->thread, NULL, work, a);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    a->thread_runs = r == 0;
    return r ? error_set(err, -r, "no thread for --alert-exec: %s", strerror(r)) : 0;
}

int watch_alert_new(struct watch_alert **out, const struct watch_alert_options *o, struct error *err) {
    static const struct http_header headers[] = {{VIEW("Content-Type"), VIEW("application/json")}};
    struct watch_alert *a = calloc(1, sizeof *a);
    int r = 0;

    if (!a)
        return error_set(err, -ENOMEM, "out of memory");
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    a->o = *o;
    a->o.url_count = 0;
    for (size_t i = 0; i < o->url_count && r == 0; i++) {
        struct shipper_options s = {.url = view_of_cstr(o->urls[i]), .headers = headers, .header_count = 1};
        r = shipper_new(&a->shippers[i], &s, err);
        a->o.url_count += r == 0;
    }
    r = r < 0 || !o->command ? r : make_program(a, o->command, err);
    *out = r < 0 ? watch_alert_free(a) : a;
    return r;
}

static void end_thread(struct watch_alert *a) {
    if (!a->thread_runs)
        return;
    pthread_mutex_lock(&a->lock);
    a->quit = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    a->thread_runs = false;
}

int watch_alert_finish(struct watch_alert *a, struct error *err) {
    int r = 0;

    end_thread(a);
    for (size_t i = 0; i < a->o.url_count; i++) {
        struct error one = ERROR_NULL;
        if (shipper_finish(a->shippers[i], &one) < 0 && r == 0)
            r = error_set(err, one.code, "%llu alerts did not reach --alert-url %s",
                (unsigned long long)shipper_lost(a->shippers[i]), a->o.urls[i]);
    }
    return r < 0 ? r : watch_alert_trouble(a, err);
}

struct watch_alert *watch_alert_free(struct watch_alert *a) {
    if (!a)
        return NULL;
    end_thread(a);
    for (size_t i = 0; i < a->o.url_count; i++)
        shipper_free(a->shippers[i]);
    pthread_cond_destroy(&a->wake);
    pthread_mutex_destroy(&a->lock);
    free(a->command);
    free(a);
    return NULL;
}
