/* A control group (a container, a systemd service), of version 2 or 1: what it uses, what it may use, and how
 * often it was held back. A number means the group of that process. Version 1 has a tree for each controller;
 * there the paths are found in each. */
#include "observe/proc_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { PATH_BYTES = 2048 };

struct cgroup_state {
    struct buf text;
    bool unified;
    char cpu[PATH_BYTES], accounting[PATH_BYTES], memory[PATH_BYTES]; /* folders; version 2: all the same */
};

static bool is_folder(const struct probe *p, const char *path) {
    char full[2 * PATH_BYTES];
    struct stat st;
    snprintf(full, sizeof full, "%s%s", p->root, path);
    return stat(full, &st) == 0 && S_ISDIR(st.st_mode);
}

static double value_in(struct probe *p, const char *folder, const char *file) {
    struct cgroup_state *s = p->state;
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return proc_file_read(p, path, &s->text) == 0 ? proc_file_value(buf_view(&s->text)) : (double)NAN;
}

static double number_in(struct probe *p, const char *folder, const char *file, const char *word) {
    struct cgroup_state *s = p->state;
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return proc_file_read(p, path, &s->text) == 0 ? proc_file_number(buf_view(&s->text), word) : (double)NAN;
}

/* ---- reading ---- */

static double cpu_limit(struct probe *p, const struct cgroup_state *s) {
    double quota, period;
    if (s->unified) { /* "max 100000" or "50000 100000" */
        char path[PATH_BYTES + 64];
        struct buf *text = &((struct cgroup_state *)p->state)->text;
        snprintf(path, sizeof path, "%s/cpu.max", s->cpu);
        if (proc_file_read(p, path, text) < 0)
            return (double)NAN;
        struct view rest = view_trim(buf_view(text)), first = proc_file_word(&rest);
        quota = proc_file_value(first);
        period = proc_file_value(rest);
    } else {
        quota = value_in(p, s->cpu, "cpu.cfs_quota_us");
        period = value_in(p, s->cpu, "cpu.cfs_period_us");
    }
    return quota > 0 && isfinite(quota) && period > 0 ? quota / period : (double)NAN;
}

static void read_cpu(struct probe *p, const struct cgroup_state *s) {
    double used = s->unified ? number_in(p, s->cpu, "cpu.stat", "usage_usec") / 1e6
                             : value_in(p, s->accounting, "cpuacct.usage") / 1e9;
    double periods = probe_per_second(p, VIEW("-periods"), number_in(p, s->cpu, "cpu.stat", "nr_periods")),
           throttled =
               probe_per_second(p, VIEW("-throttled"), number_in(p, s->cpu, "cpu.stat", "nr_throttled")),
           limit = cpu_limit(p, s);
    probe_tell_rate(p, "cgroup.cpu.used", PROBE_COUNT, used);
    probe_tell(p, "cgroup.cpu.limit", PROBE_COUNT, limit);
    if (periods > 0)
        probe_tell(p, "cgroup.cpu.throttled", PROBE_SHARE, throttled / periods);
    else if (isfinite(limit) && periods >= 0)
        probe_tell(p, "cgroup.cpu.throttled", PROBE_SHARE, 0); /* idle: it was not held back */
}

static void read_memory(struct probe *p, const struct cgroup_state *s) {
    enum { UNLIMITED_BITS = 60 }; /* version 1 writes "no limit" as the largest number of pages */
    double limit = value_in(p, s->memory, s->unified ? "memory.max" : "memory.limit_in_bytes");
    probe_tell(p, "cgroup.memory.used", PROBE_BYTES,
        value_in(p, s->memory, s->unified ? "memory.current" : "memory.usage_in_bytes"));
    if (limit < (double)(1ll << UNLIMITED_BITS))
        probe_tell(p, "cgroup.memory.limit", PROBE_BYTES, limit);
    probe_tell_rate(p, "cgroup.oom_kills_per_second", PROBE_PER_SECOND,
        number_in(p, s->memory, s->unified ? "memory.events" : "memory.oom_control", "oom_kill"));
}

static int cgroup_read(struct probe *p, struct error *err) {
    const struct cgroup_state *s = p->state;
    read_cpu(p, s);
    read_memory(p, s);
    return p->value_count ? 0 : error_set(err, ERROR_CLOSED, "there is nothing to read in it (any more)");
}

/* ---- finding it ---- */

static int cgroup2_of(const struct probe *p, const char *path, struct cgroup_state *s) {
    static const char *const tops[] = {"", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        char controllers[2 * PATH_BYTES];
        struct stat st;
        snprintf(s->cpu, sizeof s->cpu, "%s/%s", tops[i], path + (path[0] == '/'));
        snprintf(controllers, sizeof controllers, "%s%s/cpu.stat", p->root, s->cpu);
        if (strncmp(s->cpu, "/sys/", 5) != 0 || !is_folder(p, s->cpu) || stat(controllers, &st) < 0)
            continue;
        snprintf(controllers, sizeof controllers, "%s%s/cgroup.controllers", p->root, s->cpu);
        if (stat(controllers, &st) < 0)
            continue;
        memcpy(s->memory, s->cpu, sizeof s->memory);
        s->unified = true;
        return 0;
    }
    return ERROR_INVALID;
}

/* In the tree of a controller of version 1; empty when there is no such group. */
static void cgroup1_of(
    const struct probe *p, const char *controller, const char *path, char out[PATH_BYTES]) {
    const char *const trees[] = {controller, "cpu,cpuacct"};
    for (size_t i = 0; i < (strncmp(controller, "cpu", 3) == 0 ? 2 : 1); i++) {
        snprintf(out, PATH_BYTES, "/sys/fs/cgroup/%s/%s", trees[i], path + (path[0] == '/'));
        if (is_folder(p, out))
            return;
    }
    out[0] = '\0';
}

static int locate(struct probe *p, const char *path, struct error *err) {
    struct cgroup_state *s = p->state;
    if (strstr(path, ".."))
        return error_set(err, ERROR_INVALID, "a path below /sys/fs/cgroup is wanted, without \"..\"");
    if (cgroup2_of(p, path, s) == 0)
        return 0;
    cgroup1_of(p, "cpu", path, s->cpu);
    cgroup1_of(p, "cpuacct", path, s->accounting);
    cgroup1_of(p, "memory", path, s->memory);
    if (s->cpu[0] || s->accounting[0] || s->memory[0])
        return 0;
    return error_set(err, ERROR_INVALID,
        "there is no control group %s below /sys/fs/cgroup; `systemd-cgls` and /proc/PID/cgroup show them",
        path);
}

/* "0::/system.slice/x.service", or for version 1 "4:memory:/x" and "3:cpu,cpuacct:/y", with both on some
 * machines. */
static int locate_pid(struct probe *p, uint64_t pid, struct error *err) {
    struct cgroup_state *s = p->state;
    char file[64], path[PATH_BYTES], unified[PATH_BYTES] = "/";
    snprintf(file, sizeof file, "/proc/%llu/cgroup", (unsigned long long)pid);
    int r = proc_file_read(p, file, &s->text);
    if (r < 0)
        return error_set(err, r, "there is no process %llu", (unsigned long long)pid);
    for (struct view rest = buf_view(&s->text); rest.len;) {
        struct view at = view_cut(&rest, '\n', NULL);
        (void)view_cut(&at, ':', NULL);
        struct view controllers = view_cut(&at, ':', NULL);
        snprintf(path, sizeof path, "%.*s", VIEW_ARGS(at));
        if (!controllers.len)
            memcpy(unified, path, sizeof unified);
        for (struct view one; (one = view_cut(&controllers, ',', NULL)).len;) {
            if (view_eq(one, VIEW("cpu")))
                cgroup1_of(p, "cpu", path, s->cpu);
            else if (view_eq(one, VIEW("cpuacct")))
                cgroup1_of(p, "cpuacct", path, s->accounting);
            else if (view_eq(one, VIEW("memory")))
                cgroup1_of(p, "memory", path, s->memory);
        }
    }
    return s->cpu[0] || s->accounting[0] || s->memory[0] ? 0 : locate(p, unified, err);
}

static void cgroup_close(struct probe *p) {
    struct cgroup_state *s = p->state;
    if (s)
        buf_deinit(&s->text);
    free(s);
    p->state = NULL;
}

static int cgroup_open(struct probe *p, struct view what, struct error *err) {
    struct cgroup_state *s = calloc(1, sizeof *s);
    char path[PATH_BYTES];
    uint64_t pid;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    buf_init(&s->text, PROBE_FILE_MAX);
    p->state = s;
    if (!what.len || what.len >= PATH_BYTES / 2)
        return error_set(err, ERROR_INVALID,
            "the path of a control group is wanted, such as cgroup:/system.slice/shop.service");
    snprintf(path, sizeof path, "%.*s", VIEW_ARGS(what));
    snprintf(p->source, sizeof p->source, "cgroup %s", path);
    return view_to_u64(what, &pid) ? locate_pid(p, pid, err) : locate(p, path, err);
}

const struct probe_kind probe_cgroup = {.name = "cgroup",
    .spec = "cgroup:PATH|PID",
    .help = "a control group (container, systemd service): processor, throttling, memory, OOM kills",
    .open = cgroup_open,
    .read = cgroup_read,
    .close = cgroup_close};
