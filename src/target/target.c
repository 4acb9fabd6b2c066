/* The parent: reserves the ports, makes the database, forks the serving processes and the one for the admin
 * port, starts those again that crash, and adds up what they counted in shared memory. It serves nothing
 * itself.
 *
 * Children tell by a pipe that they serve (one NUL byte) or why they cannot (a sentence). They obey SIGTERM
 * only: a Ctrl-C reaches the whole process group, and the parent decides what becomes of it. They die with
 * their parent. */
#include "target/target.h"
#include "core/file.h"
#include "target/admin.h"
#include "target/backend.h"
#include "target/scratch.h"
#include "target/shop_seed.h"
#include "target/todo_store.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TARGET_TICK_MS = 200,       /* how late a log line may be */
    TARGET_RESTARTS_MAX = 100,  /* more crashes end the run */
    TARGET_PATIENCE_MS = 15000, /* for children to stop, then they are killed */
    TARGET_PATH_MAX = 512,
    TARGET_ADMIN_BACKLOG = 64,
    TARGET_NS_PER_MS = 1000 * 1000,
};

struct target {
    const struct target_options *o;
    FILE *out, *err;
    struct listener addresses[TARGET_LISTEN_MAX];
    int reserved[TARGET_LISTEN_MAX];
    size_t address_count;
    unsigned processes;
    pid_t pids[TARGET_PROCESSES_MAX + 1]; /* 0 = not running; the last one in use is the admin port's */
    struct commons *commons;
    struct listener admin;
    int admin_reserved, admin_fd;   /* -1 = no admin port */
    struct scratch scratch;
    char db_path[TARGET_PATH_MAX + 16];
    int log_fd;
    struct spans_sink spans;
    int restarts;
    uint64_t seen; /* requests at the last line of --stats */
    sigset_t signals, old_signals;
    bool signals_blocked;
};

/* --- the child --- */

static int target_wait_signal(const sigset_t *set, int timeout_ms) {
    struct timespec t = {
        .tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * TARGET_NS_PER_MS};
    int number = sigtimedwait(set, NULL, &t);
    return number < 0 ? 0 : number;
}

static void target_tell(int fd, const char *text) {
    if (write(fd, text, strlen(text) + 1) < 0)
        _exit(1);
    close(fd);
}

/* Of all children, number t->processes serves the admin port. */
static unsigned target_children(const struct target *t) {
    return t->processes + (t->admin_fd >= 0);
}

static void target_child_serve(struct target *t, unsigned index, int ready_fd) {
    struct backend_config config = {
        .addresses = t->addresses,
        .address_count = t->address_count,
        .db_path = t->db_path,
        .log_fd = t->log_fd,
        .commons = t->commons,
        .process = index,
        .strict = t->o->strict,
        .spans = t->o->otlp_url || t->o->otlp_file ? &t->spans : NULL,
    };
    struct error why = ERROR_NULL;
    struct backend *server;
    sigset_t term;

    if (backend_new(&server, &config, &why)) {
        target_tell(ready_fd, why.text);
        _exit(1);
    }
    target_tell(ready_fd, "");
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    while (target_wait_signal(&term, TARGET_TICK_MS) != SIGTERM)
        backend_tick(server);
    backend_free(server);
}

static void target_child_admin(struct target *t, int ready_fd) {
    struct error why = ERROR_NULL;
    struct admin *admin;
    sigset_t term;

    if (admin_new(&admin, t->admin_fd, t->commons, &why)) {
        target_tell(ready_fd, why.text);
        _exit(1);
    }
    target_tell(ready_fd, "");
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    while (target_wait_signal(&term, TARGET_TICK_MS) != SIGTERM)
        continue;
    admin_free(admin);
}

static _Noreturn void target_child(struct target *t, unsigned index, int ready_fd, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    signal(SIGPIPE, SIG_IGN);
    if (index == t->processes) {
        target_child_admin(t, ready_fd);
    } else {
        if (t->admin_fd >= 0)
            close(t->admin_fd);
        target_child_serve(t, index, ready_fd);
    }
    _exit(0);
}

/* --- starting --- */

static int target_read_ready(struct target *t, int fd) {
    char why[ERROR_TEXT_MAX];
    ssize_t n;
    do
        n = read(fd, why, sizeof why - 1);
    while (n < 0 && errno == EINTR);
    close(fd);
    if (n == 1 && why[0] == '\0')
        return 0;
    why[n > 0 ? n : 0] = '\0';
    fprintf(t->err, "halftime target: %s\n", n > 0 ? why : "a process died while starting");
    return -EIO;
}

static int target_spawn(struct target *t, unsigned index) {
    pid_t parent = getpid();
    int ready[2];

    fflush(t->out);
    fflush(t->err);
    if (pipe(ready)) {
        fprintf(t->err, "halftime target: pipe: %s\n", error_name(-errno));
        return -EIO;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(ready[0]);
        target_child(t, index, ready[1], parent);
    }
    close(ready[1]);
    if (pid < 0) {
        close(ready[0]);
        fprintf(t->err, "halftime target: fork: %s\n", error_name(-errno));
        return -EIO;
    }
    t->pids[index] = pid;
    return target_read_ready(t, ready[0]);
}

static int target_reserve(struct target *t, struct error *err) {
    for (size_t i = 0; i < t->o->listen_count; i++) {
        int rc = listener_parse(&t->addresses[i], t->o->listen[i], err);
        if (rc)
            return rc;
        int fd = listener_reserve(&t->addresses[i], err);
        if (fd < 0)
            return fd;
        t->reserved[t->address_count++] = fd;
    }
    return 0;
}

/* The usual port, or a free one if another backend has it and nobody asked for this very port. */
static int target_reserve_admin(struct target *t, struct error *err) {
    char usual[32];
    struct error why = ERROR_NULL;
    const char *text = t->o->admin;
    if (text && strcmp(text, "none") == 0)
        return 0;
    snprintf(usual, sizeof usual, "127.0.0.1:%d", ADMIN_PORT);
    int rc = listener_parse(&t->admin, text ? text : usual, err);
    if (rc == 0)
        rc = admin_check_address(&t->admin, text ? text : usual, err);
    if (rc)
        return rc;
    t->admin_reserved = listener_reserve(&t->admin, &why);
    if (t->admin_reserved < 0 && !text && listener_parse(&t->admin, "127.0.0.1:0", err) == 0)
        t->admin_reserved = listener_reserve(&t->admin, &why);
    if (t->admin_reserved < 0)
        return error_set(err, t->admin_reserved, "--admin: %s", why.text);
    t->admin_fd = listener_open(&t->admin, TARGET_ADMIN_BACKLOG, err);
    return t->admin_fd < 0 ? t->admin_fd : 0;
}

static int target_fill_db(struct target *t, struct error *err) {
    int rc = todo_store_create(t->db_path, t->o->seed_todos, err);
    return rc ? rc : shop_seed_create(t->db_path, &t->o->seed, err);
}

/* Memory if there is some: a database on a disk would make the disk part of every test. */
static int target_make_db(struct target *t, struct error *err) {
    const char *roots[] = {"/dev/shm", file_temporary_root(), "/tmp"};

    if (t->o->db) {
        snprintf(t->db_path, sizeof t->db_path, "%s", t->o->db);
        return target_fill_db(t, err);
    }
    int rc = scratch_init(&t->scratch, roots, sizeof roots / sizeof roots[0], err);
    if (rc)
        return rc;
    snprintf(t->db_path, sizeof t->db_path, "%s/todos.db", t->scratch.path);
    return target_fill_db(t, err);
}

static int target_open_log(struct target *t, struct error *err) {
    if (!t->o->log)
        return 0;
    t->log_fd = access_log_open(t->o->log);
    if (t->log_fd < 0)
        return error_set(err, t->log_fd, "cannot write the log %s: %s", t->o->log, error_name(t->log_fd));
    return 0;
}

static int target_open_spans(struct target *t, struct error *err) {
    if (t->o->otlp_url)
        return spans_sink_url(&t->spans, t->o->otlp_url, err);
    return t->o->otlp_file ? spans_sink_file(&t->spans, t->o->otlp_file, err) : 0;
}

static unsigned target_count_processes(const struct target_options *o) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (o->processes)
        return o->processes;
    return cores < 1 ? 1 : cores > TARGET_PROCESSES_MAX ? TARGET_PROCESSES_MAX : (unsigned)cores;
}

static void target_print_ready(const struct target *t) {
    char text[LISTENER_TEXT_MAX], faults[512];
    for (size_t i = 0; i < t->address_count; i++)
        fprintf(t->out, "halftime target listening on http://%s (%u %s)\n",
            listener_format((const struct sockaddr *)&t->addresses[i].sa, text), t->processes,
            t->processes == 1 ? "process" : "processes");
    if (t->admin_fd >= 0)
        fprintf(t->out, "halftime target admin on http://%s (faults, metrics)\n",
            listener_format((const struct sockaddr *)&t->admin.sa, text));
    fflush(t->out);
    if (fault_format(&t->o->faults, faults, sizeof faults)[0])
        fprintf(t->err, "halftime target: faults: %s\n", faults);
}

static int target_start(struct target *t) {
    struct error why = ERROR_NULL;

    if (target_reserve(t, &why) || target_reserve_admin(t, &why) || target_open_log(t, &why) ||
        target_open_spans(t, &why) || target_make_db(t, &why) ||
        commons_new(&t->commons, t->processes, &t->o->faults, &why)) {
        fprintf(t->err, "halftime target: %s\n", why.text);
        return 1;
    }
    t->commons->llm_tokens_per_minute = t->o->llm_tokens;
    sigemptyset(&t->signals);
    sigaddset(&t->signals, SIGTERM);
    sigaddset(&t->signals, SIGINT);
    sigaddset(&t->signals, SIGCHLD);
    t->signals_blocked = sigprocmask(SIG_BLOCK, &t->signals, &t->old_signals) == 0;
    for (unsigned i = 0; i < target_children(t); i++)
        if (target_spawn(t, i))
            return 1;
    target_print_ready(t);
    return 0;
}

/* --- running --- */

/* The lines that a dead process had not written yet. */
static void target_salvage_log(struct target *t, unsigned index) {
    struct backend_shared *part = &t->commons->parts[index];
    struct access_log log;
    if (index >= t->processes)
        return;
    access_log_init(&log, t->log_fd, &part->log_pending, &part->served);
    access_log_flush(&log);
    access_log_deinit(&log);
}

static uint64_t target_cpu_us(const struct rusage *u) {
    return (uint64_t)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1000 * 1000 +
           (uint64_t)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static void target_report_death(struct target *t, unsigned index, pid_t pid, int status) {
    if (WIFSIGNALED(status))
        fprintf(t->err, "halftime target: process %u (pid %d) was killed by signal %d (%s)", index, (int)pid,
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        fprintf(t->err, "halftime target: process %u (pid %d) ended with exit code %d", index, (int)pid,
            WEXITSTATUS(status));
    fputs("; starting it again\n", t->err);
}

/* Returns 0, or 1 when a dead process cannot be replaced. */
static int target_replace_dead(struct target *t) {
    for (unsigned i = 0; i < target_children(t); i++) {
        struct rusage used;
        int status;
        if (!t->pids[i] || wait4(t->pids[i], &status, WNOHANG, &used) != t->pids[i])
            continue;
        pid_t pid = t->pids[i];
        t->pids[i] = 0;
        target_salvage_log(t, i);
        if (i < t->processes) {
            commons_forget(t->commons, i);
            t->commons->dead_cpu_us += target_cpu_us(&used);
            t->commons->restarts++;
        }
        target_report_death(t, i, pid, status);
        if (++t->restarts > TARGET_RESTARTS_MAX) {
            fprintf(t->err, "halftime target: %d crashes, giving up\n", t->restarts);
            return 1;
        }
        if (target_spawn(t, i))
            return 1;
    }
    return 0;
}

static void target_sum(const struct target *t, struct served *sum) {
    *sum = (struct served){.received = 0};
    for (unsigned i = 0; t->commons && i < t->processes; i++)
        served_merge(sum, &t->commons->parts[i].served);
}

static void target_print_stats(struct target *t) {
    static struct served sum;
    target_sum(t, &sum);
    uint64_t finished = served_finished(&sum);
    fprintf(t->err, "%" PRIu64 " requests/s, %" PRIu64 " in progress, %" PRId64 " queued\n",
        finished - t->seen, sum.received - finished, (int64_t)sum.queued);
    t->seen = finished;
}

static int64_t target_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * (int64_t)1000 + now.tv_nsec / TARGET_NS_PER_MS;
}

static int target_serve(struct target *t) {
    int64_t next_stats_ms = target_now_ms() + 1000;

    for (;;) {
        int number = target_wait_signal(&t->signals, TARGET_TICK_MS);
        if (number == SIGTERM || number == SIGINT)
            return 0;
        if (number == SIGCHLD && target_replace_dead(t))
            return 1;
        if (t->o->stats && target_now_ms() >= next_stats_ms) {
            next_stats_ms += 1000;
            target_print_stats(t);
        }
    }
}

/* --- stopping --- */

static bool target_reap(struct target *t) {
    bool all = true;
    for (unsigned i = 0; i < target_children(t); i++) {
        if (t->pids[i] && waitpid(t->pids[i], NULL, WNOHANG) != 0) {
            t->pids[i] = 0;
            target_salvage_log(t, i);
        }
        all = all && !t->pids[i];
    }
    return all;
}

static void target_signal_all(const struct target *t, int number) {
    for (unsigned i = 0; i < target_children(t); i++)
        if (t->pids[i])
            kill(t->pids[i], number);
}

static void target_stop_children(struct target *t) {
    int64_t until_ms = target_now_ms() + TARGET_PATIENCE_MS;
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    target_signal_all(t, SIGTERM);
    while (!target_reap(t)) {
        if (target_now_ms() > until_ms)
            target_signal_all(t, SIGKILL);
        (void)target_wait_signal(&child, TARGET_TICK_MS);
    }
}

/* A second SIGTERM for the same stop (`timeout` sends one to the process and one to its group) must not end
 * us now. */
static void target_unblock(const struct target *t) {
    if (!t->signals_blocked)
        return;
    while (target_wait_signal(&t->signals, 0))
        continue;
    sigprocmask(SIG_SETMASK, &t->old_signals, NULL);
}

static void target_stop(struct target *t) {
    if (t->commons)
        target_stop_children(t);
    t->commons = commons_free(t->commons);
    for (size_t i = 0; i < t->address_count; i++)
        close(t->reserved[i]);
    if (t->admin_reserved >= 0)
        close(t->admin_reserved);
    if (t->admin_fd >= 0)
        close(t->admin_fd);
    if (t->log_fd > STDERR_FILENO)
        close(t->log_fd);
    if (t->spans.fd >= 0)
        close(t->spans.fd);
    scratch_deinit(&t->scratch);
    target_unblock(t);
}

int target_run(const struct target_options *o) {
    static struct served sum;
    struct target t = {
        .o = o,
        .out = o->out ? o->out : stdout,
        .err = o->err ? o->err : stderr,
        .processes = target_count_processes(o),
        .log_fd = -1,
        .scratch = SCRATCH_NULL,
        .spans = {.fd = -1},
        .admin_reserved = -1,
        .admin_fd = -1,
    };
    int code = target_start(&t);

    if (code == 0) {
        code = target_serve(&t);
        target_stop_children(&t);
        target_sum(&t, &sum);
        served_print(&sum, t.out);
        fflush(t.out);
    }
    target_stop(&t);
    return code;
}
