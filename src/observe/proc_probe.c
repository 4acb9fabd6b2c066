/* Processes and all their children, as one: `proc:PID` is one tree, `proc:NAME` all trees whose root has that
 * name.
 *
 * Each reading looks at /proc/PID/stat of all processes (who is whose child changes as it likes); names are
 * looked up in /proc/PID/cmdline only for processes that were not there the last time. Our own processes are
 * never meant by a name.
 *
 * Processor time is the sum over the tree of own and of waited-for children's time, so that a child that
 * lives shorter than a second counts, too. */
#include "observe/proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PROCESSES_MAX = 65536,
    NAME_MAX_BYTES = 64,
    LOOKED_INTO_MAX = 256, /* of whose descriptors are counted */
    THREADS_MAX = 64       /* of a process, whose waiting is added up */
};

struct process {
    int pid, parent;
    bool ours, root, inside; /* of halftime; of that name; of the tree */
    uint64_t started;        /* tells a PID that was used again */
    double own_ticks, all_ticks, threads, rss_pages;
    double waited_ns; /* its threads were ready and had no core */
};
struct proc_state {
    struct buf text;
    int pid; /* 0 = by name */
    char name[NAME_MAX_BYTES];
    struct process *now, *before; /* by pid */
    size_t count, cap, count_before, cap_before;
    int64_t before_us;
};

/* ---- one process ---- */

/* "123 (a name) S 1 …": the name may hold anything, fields count from its last bracket. */
static bool read_stat(struct view text, struct process *out, struct view *comm) {
    size_t open = 0, close = text.len;
    struct view rest, words[22];
    double start;
    while (open < text.len && text.ptr[open] != '(')
        open++;
    while (close > open && text.ptr[close - 1] != ')')
        close--;
    if (close <= open + 1)
        return false;
    *comm = view_of(text.ptr + open + 1, close - open - 2);
    rest = view_trim(view_drop(text, close));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) /* words[0] is the third field, the state */
        words[i] = proc_file_word(&rest);
    double parent, user, system, children_user, children_system;
    bool ok = view_to_double(words[1], &parent) && view_to_double(words[11], &user) &&
              view_to_double(words[12], &system) && view_to_double(words[13], &children_user) &&
              view_to_double(words[14], &children_system) && view_to_double(words[17], &out->threads) &&
              view_to_double(words[19], &start) && view_to_double(words[21], &out->rss_pages);
    if (!ok)
        return false;
    out->parent = (int)parent;
    out->started = (uint64_t)start;
    out->own_ticks = user + system;
    out->all_ticks = user + system + children_user + children_system;
    return words[0].ptr[0] != 'Z';
}

static struct view base_name(struct view path) {
    size_t at = path.len;
    while (at > 0 && path.ptr[at - 1] != '/')
        at--;
    return view_drop(path, at);
}

/* python3.11, node, ruby …: what they run is behind them. */
static bool is_interpreter(struct view program) {
    static const char *const names[] = {
        "python", "pypy", "ruby", "perl", "node", "php", "java", "sh", "bash", "dash", "uv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct view name = view_of_cstr(names[i]);
        struct view tail = view_starts_with(program, name) ? view_drop(program, name.len) : view_of_cstr("x");
        if (!tail.len || (tail.ptr[0] >= '0' && tail.ptr[0] <= '9'))
            return true;
    }
    return false;
}

/* The words of a command line end with NUL; some programs write one text with blanks over it ("nginx: master
 * process …"). */
static bool is_called(struct view command_line, struct view comm, struct view name) {
    struct view rest = command_line, program = view_cut(&rest, '\0', NULL);
    struct view title = view_cut(&program, ' ', NULL);
    struct view base = base_name(view_ends_with(title, VIEW(":")) ? view_take(title, title.len - 1) : title);
    if (view_eq(comm, name) || view_eq(base, name))
        return true;
    if (!is_interpreter(base))
        return false;
    struct view word = view_cut(&rest, '\0', NULL);
    for (int i = 0; i < 8 && word.len && word.ptr[0] == '-'; i++) { /* python3 -u -m uvicorn */
        bool module = view_eq(word, VIEW("-m"));
        word = view_cut(&rest, '\0', NULL);
        if (module)
            break;
    }
    return view_eq(base_name(word), name);
}

/* ---- all of them ---- */

static int by_pid(const void *a, const void *b) {
    const struct process *x = a, *y = b;
    return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct process *find(struct process *list, size_t n, int pid) {
    struct process wanted = {.pid = pid};
    return n ? bsearch(&wanted, list, n, sizeof *list, by_pid) : NULL;
}

static void look_at(struct probe *p, int pid) {
    struct proc_state *s = p->state;
    struct process one = {.pid = pid};
    struct view comm;
    char path[64], comm_copy[NAME_MAX_BYTES];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (proc_file_read(p, path, &s->text) < 0 || !read_stat(buf_view(&s->text), &one, &comm))
        return; /* it has ended meanwhile */
    snprintf(comm_copy, sizeof comm_copy, "%.*s", VIEW_ARGS(comm));
    const struct process *known = find(s->before, s->count_before, pid);
    if (s->pid) {
        one.root = pid == s->pid;
    } else if (known && known->started == one.started) {
        one.root = known->root;
    } else {
        snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
        one.root = proc_file_read(p, path, &s->text) == 0 && s->text.len > 0 &&
                   is_called(buf_view(&s->text), view_of_cstr(comm_copy), view_of_cstr(s->name));
    }
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 256;
        void *more = s->cap < PROCESSES_MAX ? realloc(s->now, cap * sizeof *s->now) : NULL;
        if (!more)
            return;
        s->now = more;
        s->cap = cap;
    }
    s->now[s->count++] = one;
}

/* A process belongs to the tree when somebody above it is a root; whatever is below ourselves does not,
 * unless it was named by its number. Parents may stand anywhere in the list: repeated until nothing changes,
 * as deep as trees are. */
static void mark_tree(struct proc_state *s) {
    int self = (int)getpid();
    bool changed = true;
    for (size_t i = 0; i < s->count; i++) {
        s->now[i].ours = !s->pid && s->now[i].pid == self;
        s->now[i].inside = s->now[i].root && !s->now[i].ours;
    }
    for (int depth = 0; changed && depth < 64; depth++) {
        changed = false;
        for (size_t i = 0; i < s->count; i++) {
            struct process *one = &s->now[i];
            const struct process *parent = find(s->now, s->count, one->parent);
            if (parent && parent->ours && !one->ours) {
                one->ours = changed = true;
                one->inside = false;
            }
            if (parent && parent->inside && !one->inside && !one->ours)
                one->inside = changed = true;
        }
    }
}

static int look_around(struct probe *p, struct error *err) {
    struct proc_state *s = p->state;
    char path[4096];
    s->count = 0;
    snprintf(path, sizeof path, "%s/proc", p->root);
    DIR *all = opendir(path);
    if (!all)
        return error_set(err, -errno, "/proc: %s", error_name(-errno));
    for (struct dirent *e; (e = readdir(all));) {
        uint64_t pid;
        if (view_to_u64(view_of_cstr(e->d_name), &pid) && pid && pid < INT32_MAX)
            look_at(p, (int)pid);
    }
    closedir(all);
    if (s->count)
        qsort(s->now, s->count, sizeof *s->now, by_pid);
    mark_tree(s);
    for (size_t i = 0; i < s->count; i++)
        if (s->now[i].inside)
            return 0;
    const char *more = s->before_us ? " any more" : "";
    return s->pid ? error_set(err, ERROR_INVALID, "there is no process %d%s", s->pid, more)
                  : error_set(err, ERROR_INVALID, "there is no process named %s%s; `ps -e` shows names",
                        s->name, more);
}

/* ---- what is told ---- */

/* The process that is nearest to its limit of descriptors. Others' may only be counted by root. */
static void tell_descriptors(struct probe *p) {
    struct proc_state *s = p->state;
    double most = -1, limit = (double)NAN;
    int looked_into = 0;
    for (size_t i = 0; i < s->count && looked_into < LOOKED_INTO_MAX; i++) {
        char path[4096];
        double used = 0;
        if (!s->now[i].inside)
            continue;
        looked_into++;
        snprintf(path, sizeof path, "%s/proc/%d/fd", p->root, s->now[i].pid);
        DIR *fds = opendir(path);
        if (!fds)
            continue;
        while (readdir(fds))
            used++;
        closedir(fds);
        snprintf(path, sizeof path, "/proc/%d/limits", s->now[i].pid);
        double its = proc_file_read(p, path, &s->text) == 0
                         ? proc_file_number_at(buf_view(&s->text), "Max open files", 0)
                         : (double)NAN;
        used = used > 2 ? used - 2 : 0; /* "." and ".." */
        if (most < 0 || (its > 0 && limit > 0 && used / its > most / limit)) {
            most = used;
            limit = its;
        }
    }
    if (most >= 0) {
        probe_tell(p, "proc.descriptors", PROBE_COUNT, most);
        probe_tell(p, "proc.descriptors_limit", PROBE_COUNT, limit);
    }
}

/* "used_ns waited_ns slices" of each thread. */
static double waited_ns(struct probe *p, int pid) {
    struct proc_state *s = p->state;
    char path[4096];
    double sum = 0, ns;
    int threads = 0;
    snprintf(path, sizeof path, "%s/proc/%d/task", p->root, pid);
    DIR *all = opendir(path);
    if (!all)
        return 0;
    for (struct dirent *e; threads < THREADS_MAX && (e = readdir(all));) {
        uint64_t thread;
        if (!view_to_u64(view_of_cstr(e->d_name), &thread))
            continue;
        threads++;
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, (int)thread);
        if (proc_file_read(p, path, &s->text) < 0)
            continue;
        struct view rest = buf_view(&s->text);
        (void)proc_file_word(&rest);
        if (view_to_double(proc_file_word(&rest), &ns))
            sum += ns;
    }
    closedir(all);
    return sum;
}

struct sums {
    double count, threads, rss, all_ticks, busiest, waited_ns, started;
};

static struct sums add_up(struct probe *p) {
    struct proc_state *s = p->state;
    struct sums sum = {.busiest = (double)NAN};
    for (size_t i = 0; i < s->count; i++) {
        struct process *one = &s->now[i];
        const struct process *was = find(s->before, s->count_before, one->pid);
        if (!one->inside)
            continue;
        if (sum.count < LOOKED_INTO_MAX)
            one->waited_ns = waited_ns(p, one->pid);
        sum.count++;
        sum.threads += one->threads;
        sum.rss += one->rss_pages;
        sum.all_ticks += one->all_ticks;
        if (!was || was->started != one->started)
            sum.started++;
        else if (!(one->own_ticks - was->own_ticks <= sum.busiest)) {
            sum.busiest = one->own_ticks - was->own_ticks;
            sum.waited_ns = one->waited_ns - was->waited_ns;
        }
    }
    return sum;
}

static int proc_read(struct probe *p, struct error *err) {
    struct proc_state *s = p->state;
    double tick = (double)sysconf(_SC_CLK_TCK), seconds = (double)(p->now_us - s->before_us) / 1e6;
    bool again = s->before_us > 0 && seconds > 0;
    int r = look_around(p, err);
    if (r < 0)
        return r;
    struct sums sum = add_up(p);
    probe_tell(p, "proc.count", PROBE_COUNT, sum.count);
    probe_tell(p, "proc.threads", PROBE_COUNT, sum.threads);
    probe_tell(p, "proc.memory.rss", PROBE_BYTES, sum.rss * (double)sysconf(_SC_PAGESIZE));
    probe_tell(p, "proc.cpu.used", PROBE_COUNT, probe_per_second(p, VIEW("-cpu"), sum.all_ticks) / tick);
    if (again) {
        probe_tell(p, "proc.cpu.busiest", PROBE_SHARE, sum.busiest / tick / seconds);
        if (sum.waited_ns >= 0)
            probe_tell(p, "proc.cpu.busiest_waiting", PROBE_SHARE, sum.waited_ns / 1e9 / seconds);
        probe_tell(p, "proc.starts_per_second", PROBE_PER_SECOND, sum.started / seconds);
    }
    tell_descriptors(p);
    struct process *list = s->before;
    size_t cap = s->cap_before;
    s->before = s->now;
    s->count_before = s->count;
    s->cap_before = s->cap;
    s->now = list;
    s->cap = cap;
    s->before_us = p->now_us;
    return 0;
}

/* ---- life ---- */

static void proc_close(struct probe *p) {
    struct proc_state *s = p->state;
    if (!s)
        return;
    buf_deinit(&s->text);
    free(s->now);
    free(s->before);
    free(s);
    p->state = NULL;
}

static int proc_open(struct probe *p, struct view what, struct error *err) {
    struct proc_state *s = calloc(1, sizeof *s);
    uint64_t pid;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    buf_init(&s->text, PROBE_FILE_MAX);
    p->state = s;
    if (!what.len || what.len >= sizeof s->name)
        return error_set(err, ERROR_INVALID,
            "a number or a name of a process is wanted, such as proc:gunicorn or proc:1234");
    if (view_to_u64(what, &pid) && pid && pid < INT32_MAX)
        s->pid = (int)pid;
    memcpy(s->name, what.ptr, what.len);
    snprintf(p->source, sizeof p->source, "proc %s", s->name);
    return look_around(p, err);
}

const struct probe_kind probe_proc = {.name = "proc",
    .spec = "proc:PID|NAME",
    .help = "a process with all its children, by number or name: processor, memory, descriptors",
    .open = proc_open,
    .read = proc_read,
    .close = proc_close};
