/* The parent: reserves the ports, makes the database, forks the serving processes, starts those again that
 * crash, and adds up what they counted in shared memory. It serves nothing itself.
 *
 * Children tell by a pipe that they serve (one NUL byte) or why they cannot (a sentence). They obey SIGTERM
 * only: a Ctrl-C reaches the whole process group, and the parent decides what becomes of it. They die with
 * their parent. */
#include "target/target.h"
#include "target/backend.h"
#include "target/todo_store.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TARGET_TICK_MS = 200,       /* how late a log line may be */
    TARGET_RESTARTS_MAX = 100,  /* more crashes end the run */
    TARGET_PATIENCE_MS = 15000, /* for children to stop, then they are killed */
    TARGET_PATH_MAX = 512,
    TARGET_NS_PER_MS = 1000 * 1000,
};

struct target {
    const struct target_options *o;
    FILE *out, *err;
    struct listener addresses[TARGET_LISTEN_MAX];
    int reserved[TARGET_LISTEN_MAX];
    size_t address_count;
    unsigned processes;
    pid_t pids[TARGET_PROCESSES_MAX]; /* 0 = not running */
    struct backend_shared *shared;    /* one per process */
    char temp_dir[TARGET_PATH_MAX];   /* "" = none */
    char db_path[TARGET_PATH_MAX + 16];
    int log_fd;
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

static _Noreturn void target_child(struct target *t, unsigned index, int ready_fd, pid_t parent) {
    struct backend_config config = {
        .addresses = t->addresses,
        .address_count = t->address_count,
        .db_path = t->db_path,
        .log_fd = t->log_fd,
        .shared = &t->shared[index],
        .faults = &t->o->faults,
        .strict = t->o->strict,
    };
    struct error why = ERROR_NULL;
    struct backend *server;
    sigset_t term;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    signal(SIGPIPE, SIG_IGN);
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

/* Memory if there is some: a database on a disk would make the disk part of every test. */
static int target_make_db(struct target *t, struct error *err) {
    const char *tmp = getenv("TMPDIR");
    const char *roots[] = {"/dev/shm", tmp ? tmp : "/tmp", "/tmp"};

    if (t->o->db) {
        snprintf(t->db_path, sizeof t->db_path, "%s", t->o->db);
        return todo_store_create(t->db_path, t->o->seed_todos, err);
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        snprintf(t->temp_dir, sizeof t->temp_dir, "%s/halftime-target-XXXXXX", roots[i]);
        if (mkdtemp(t->temp_dir)) {
            snprintf(t->db_path, sizeof t->db_path, "%s/todos.db", t->temp_dir);
            return todo_store_create(t->db_path, t->o->seed_todos, err);
        }
    }
    t->temp_dir[0] = '\0';
    return error_set(err, -errno, "no directory for the temporary database; name a file with --db");
}

static int target_make_shared(struct target *t, struct error *err) {
    size_t size = t->processes * sizeof *t->shared;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return error_set(err, -ENOMEM, "out of memory for %u processes", t->processes);
    t->shared = memory;
    return 0;
}

static int target_open_log(struct target *t, struct error *err) {
    if (!t->o->log)
        return 0;
    t->log_fd = access_log_open(t->o->log);
    if (t->log_fd < 0)
        return error_set(err, t->log_fd, "cannot write the log %s: %s", t->o->log, error_name(t->log_fd));
    return 0;
}

static unsigned target_count_processes(const struct target_options *o) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (fault_value(&o->faults, FAULT_WORKERS))
        return 1; /* one accept queue for all workers */
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
    fflush(t->out);
    if (fault_format(&t->o->faults, faults, sizeof faults)[0])
        fprintf(t->err, "halftime target: faults: %s\n", faults);
}

static int target_start(struct target *t) {
    struct error why = ERROR_NULL;

    if (target_reserve(t, &why) || target_open_log(t, &why) || target_make_db(t, &why) ||
        target_make_shared(t, &why)) {
        fprintf(t->err, "halftime target: %s\n", why.text);
        return 1;
    }
    sigemptyset(&t->signals);
    sigaddset(&t->signals, SIGTERM);
    sigaddset(&t->signals, SIGINT);
    sigaddset(&t->signals, SIGCHLD);
    t->signals_blocked = sigprocmask(SIG_BLOCK, &t->signals, &t->old_signals) == 0;
    for (unsigned i = 0; i < t->processes; i++)
        if (target_spawn(t, i))
            return 1;
    target_print_ready(t);
    return 0;
}

/* --- running --- */

/* The lines that a dead process had not written yet. */
static void target_salvage_log(struct target *t, unsigned index) {
    struct access_log log;
    access_log_init(&log, t->log_fd, &t->shared[index].log_pending, &t->shared[index].served);
    access_log_flush(&log);
    access_log_deinit(&log);
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
    for (unsigned i = 0; i < t->processes; i++) {
        int status;
        if (!t->pids[i] || waitpid(t->pids[i], &status, WNOHANG) != t->pids[i])
            continue;
        pid_t pid = t->pids[i];
        t->pids[i] = 0;
        target_salvage_log(t, i);
        t->shared[i].served.queued = 0;
        t->shared[i].served.received = served_finished(&t->shared[i].served);
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
    for (unsigned i = 0; t->shared && i < t->processes; i++)
        served_merge(sum, &t->shared[i].served);
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
    for (unsigned i = 0; i < t->processes; i++) {
        if (t->pids[i] && waitpid(t->pids[i], NULL, WNOHANG) != 0) {
            t->pids[i] = 0;
            target_salvage_log(t, i);
        }
        all = all && !t->pids[i];
    }
    return all;
}

static void target_signal_all(const struct target *t, int number) {
    for (unsigned i = 0; i < t->processes; i++)
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

static void target_remove_temp(const struct target *t) {
    char path[TARGET_PATH_MAX + 300];
    DIR *dir = t->temp_dir[0] ? opendir(t->temp_dir) : NULL;
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", t->temp_dir, e->d_name);
        (void)unlink(path); /* "." and ".." refuse */
    }
    closedir(dir);
    (void)rmdir(t->temp_dir);
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
    if (t->shared) {
        target_stop_children(t);
        munmap(t->shared, t->processes * sizeof *t->shared);
    }
    for (size_t i = 0; i < t->address_count; i++)
        close(t->reserved[i]);
    if (t->log_fd > STDERR_FILENO)
        close(t->log_fd);
    target_remove_temp(t);
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
