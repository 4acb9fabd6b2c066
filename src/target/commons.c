#include "target/commons.h"
#include "core/clock.h"
#include "core/rng.h"
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { COMMONS_NS_PER_S = 1000 * 1000 * 1000 };

static const struct {
    const char *name;
    enum fault_id fault;
} commons_gate_rows[COMMONS_GATES] = {
    [COMMONS_WORKERS] = {"worker", FAULT_WORKERS},
    [COMMONS_POOL] = {"pool", FAULT_DB_POOL},
    [COMMONS_LOCK] = {"lock", FAULT_LOCK},
};

int64_t commons_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)COMMONS_NS_PER_S + t.tv_nsec;
}

static size_t commons_size(unsigned processes) {
    return sizeof(struct commons) + processes * sizeof(struct backend_shared);
}

static uint32_t commons_gate_size(const struct commons *c, enum commons_gate g) {
    int64_t value = fault_value(&c->faults, commons_gate_rows[g].fault);
    return g == COMMONS_LOCK ? value > 0 : (uint32_t)value; /* the lock's value is a time */
}

int commons_new(struct commons **out, unsigned processes, const struct fault_set *faults, struct error *err) {
    void *memory =
        mmap(NULL, commons_size(processes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    *out = NULL;
    if (memory == MAP_FAILED)
        return error_set(err, -ENOMEM, "out of memory for %u processes", processes);
    struct commons *c = memory;
    c->processes = processes;
    c->started_ns = commons_now_ns();
    c->started_wall_ns = clock_wall_ns();
    c->secret[0] = rng_seed_random();
    c->secret[1] = rng_seed_random();
    for (unsigned i = 0; i < GATE_PROCESSES_MAX; i++)
        c->wake_fds[i] = -1;
    *out = c;
    for (unsigned i = 0; i < processes; i++)
        if ((c->wake_fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
            return error_set(err, -errno, "eventfd: %s", error_name(-errno));
    fault_copy(&c->faults, faults);
    for (unsigned g = 0; g < COMMONS_GATES; g++) {
        int rc = gate_init(&c->gates[g]);
        if (rc)
            return error_set(err, rc, "cannot make a lock for all processes: %s", error_name(rc));
        gate_resize(&c->gates[g], commons_gate_size(c, g), commons_wake, c);
    }
    return 0;
}

void *commons_free(struct commons *c) {
    if (!c)
        return NULL;
    for (unsigned i = 0; i < GATE_PROCESSES_MAX; i++)
        if (c->wake_fds[i] >= 0)
            close(c->wake_fds[i]);
    munmap(c, commons_size(c->processes));
    return NULL;
}

void commons_wake(void *commons, unsigned process) {
    const struct commons *c = commons;
    uint64_t one = 1;
    if (write(c->wake_fds[process], &one, sizeof one) < 0)
        return; /* full: it is awake anyway */
}

void commons_wake_all(struct commons *c) {
    for (unsigned i = 0; i < c->processes; i++)
        commons_wake(c, i);
}

int commons_switch(struct commons *c, enum fault_id id, int64_t value, struct error *err) {
    struct fault_set then;
    fault_copy(&then, &c->faults);
    then.value[id] = value;
    int rc = value ? fault_check(&then, err) : 0;
    if (rc)
        return rc;
    c->faults.since_ns[id] = commons_now_ns();
    c->faults.value[id] = value;
    for (unsigned g = 0; g < COMMONS_GATES; g++)
        if (commons_gate_rows[g].fault == id)
            gate_resize(&c->gates[g], commons_gate_size(c, g), commons_wake, c);
    if (id == FAULT_RATE_LIMIT)
        c->rate_meter = 0;
    c->changes++;
    commons_wake_all(c);
    return 0;
}

void commons_forget(struct commons *c, unsigned process) {
    struct backend_shared *part = &c->parts[process];
    for (unsigned g = 0; g < COMMONS_GATES; g++)
        gate_forget(&c->gates[g], process, commons_wake, c);
    c->cached_bytes -= part->metrics.cache_bytes;
    c->leaked_bytes -= part->metrics.leaked_bytes;
    metrics_forget_present(&part->metrics);
    part->served.queued = 0;
    part->served.received = served_finished(&part->served);
    part->pid = 0;
}
