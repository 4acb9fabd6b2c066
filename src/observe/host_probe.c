/* The machine that halftime runs on, or that `halftime agent` runs on. Everything is readable by anybody;
 * what a kernel does not show (in a container, in a sandbox) is left out. */
#include "observe/accept_queue.h"
#include "observe/proc_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SECTOR_NAME_MAX = 32 };

static int host_open(struct probe *p, struct view what, struct error *err) {
    if (what.len)
        return error_set(
            err, ERROR_INVALID, "host stands alone; for another machine run `halftime agent` there");
    snprintf(p->source, sizeof p->source, "host");
    struct buf *text = calloc(1, sizeof *text);
    if (!text)
        return error_set(err, -ENOMEM, "out of memory");
    buf_init(text, PROBE_FILE_MAX);
    p->state = text;
    return 0;
}

static void host_close(struct probe *p) {
    if (p->state)
        buf_deinit(p->state);
    free(p->state);
    p->state = NULL;
}

/* user nice system idle iowait irq softirq steal; guest times are in user already. */
static int read_cpu(struct probe *p, struct buf *text, struct error *err) {
    enum { FIELDS = 8, IDLE = 3, IOWAIT = 4, STEAL = 7 };
    double rates[FIELDS], all = 0, cores = 0;
    int r = proc_file_read(p, "/proc/stat", text);
    if (r < 0)
        return error_set(err, r, "/proc/stat: %s", error_name(r));
    for (size_t i = 0; i < FIELDS; i++) {
        char name[24];
        snprintf(name, sizeof name, "-cpu%zu", i);
        rates[i] = probe_per_second(p, view_of_cstr(name), proc_file_number_at(buf_view(text), "cpu", i));
        all += isnan(rates[i]) ? 0 : rates[i]; /* iowait may go backwards */
    }
    if (all > 0 && !isnan(rates[IDLE])) {
        double waiting = isnan(rates[IOWAIT]) ? 0 : rates[IOWAIT],
               stolen = isnan(rates[STEAL]) ? 0 : rates[STEAL];
        probe_tell(p, "host.cpu.used", PROBE_SHARE, (all - rates[IDLE] - waiting - stolen) / all);
        probe_tell(p, "host.cpu.iowait", PROBE_SHARE, waiting / all);
        probe_tell(p, "host.cpu.steal", PROBE_SHARE, stolen / all);
    }
    for (char name[24];; cores++) {
        snprintf(name, sizeof name, "cpu%d", (int)cores);
        if (isnan(proc_file_number(buf_view(text), name)))
            break;
    }
    if (cores > 0)
        probe_tell(p, "host.cpu.cores", PROBE_COUNT, cores);
    double running = proc_file_number(buf_view(text), "procs_running");
    probe_tell(p, "host.run_queue", PROBE_COUNT,
        running > 1 ? running - 1 : running); /* without the one that asks */
    return 0;
}

static void read_memory(struct probe *p, struct buf *text) {
    if (proc_file_read(p, "/proc/meminfo", text) == 0) {
        double total = proc_file_number(buf_view(text), "MemTotal");
        probe_tell(p, "host.memory.used", PROBE_BYTES,
            1024 * (total - proc_file_number(buf_view(text), "MemAvailable")));
        probe_tell(p, "host.memory.limit", PROBE_BYTES, 1024 * total);
    }
    if (proc_file_read(p, "/proc/vmstat", text) == 0)
        probe_tell_rate(
            p, "host.swap.in_per_second", PROBE_PER_SECOND, proc_file_number(buf_view(text), "pswpin"));
}

/* Whole disks: not their partitions, not what lives in memory or in files. */
static bool is_disk(struct view name) {
    char last = name.len ? name.ptr[name.len - 1] : 'x';
    bool digit = last >= '0' && last <= '9';
    if (view_starts_with(name, VIEW("loop")) || view_starts_with(name, VIEW("ram")) ||
        view_starts_with(name, VIEW("zram")))
        return false;
    if (view_starts_with(name, VIEW("nvme")) || view_starts_with(name, VIEW("mmcblk")))
        return view_find(name, 'p') < 0;
    bool lettered = view_starts_with(name, VIEW("sd")) || view_starts_with(name, VIEW("vd")) ||
                    view_starts_with(name, VIEW("hd")) || view_starts_with(name, VIEW("xvd"));
    return !lettered || !digit;
}

static void read_disks(struct probe *p, struct buf *text) {
    double busiest = (double)NAN;
    if (proc_file_read(p, "/proc/diskstats", text) < 0)
        return;
    for (struct view rest = buf_view(text); rest.len;) {
        struct view line = view_cut(&rest, '\n', NULL), word = VIEW_NULL, name = VIEW_NULL;
        char counter[SECTOR_NAME_MAX + 8];
        double ms;
        for (int i = 0; i <= 12; i++) { /* major, minor, name, …; the 13th: milliseconds with I/O under way */
            word = proc_file_word(&line);
            name = i == 2 ? word : name;
        }
        if (!is_disk(name) || !view_to_double(word, &ms))
            continue;
        snprintf(counter, sizeof counter, "-disk %.*s", VIEW_ARGS(view_take(name, SECTOR_NAME_MAX)));
        double busy = probe_per_second(p, view_of_cstr(counter), ms) / 1000;
        if (!isnan(busy) && !(busy <= busiest))
            busiest = busy;
    }
    probe_tell(p, "host.disk.busy", PROBE_SHARE, busiest > 1 ? 1 : busiest);
}

static void read_interfaces(struct probe *p, struct buf *text) {
    double sum = 0;
    bool any = false;
    if (proc_file_read(p, "/proc/net/dev", text) < 0)
        return;
    for (struct view rest = buf_view(text); rest.len;) {
        struct view line = view_cut(&rest, '\n', NULL), name = view_trim(view_cut(&line, ':', NULL));
        double in = 0, out = 0;
        if (!line.ptr || view_eq(name, VIEW("lo")))
            continue;
        for (int i = 0; i <= 8; i++) {
            struct view word = proc_file_word(&line);
            if (i == 0 || i == 8)
                any = view_to_double(word, i ? &out : &in) || any;
        }
        sum += in + out;
    }
    if (any)
        probe_tell_rate(p, "host.net.bytes_per_second", PROBE_BYTES_PER_SECOND, sum);
}

static void read_tcp(struct probe *p, struct buf *text) {
    struct accept_queue fullest;
    if (proc_file_read(p, "/proc/net/snmp", text) == 0)
        probe_tell_rate(p, "host.tcp.retransmits_per_second", PROBE_PER_SECOND,
            proc_file_column(buf_view(text), "Tcp:", "RetransSegs"));
    if (proc_file_read(p, "/proc/net/netstat", text) == 0)
        probe_tell_rate(p, "host.tcp.listen_overflows_per_second", PROBE_PER_SECOND,
            proc_file_column(buf_view(text), "TcpExt:", "ListenOverflows"));
    if (proc_file_read(p, "/proc/net/sockstat", text) == 0)
        probe_tell(p, "host.tcp.time_wait", PROBE_COUNT,
            proc_file_number_at(buf_view(text), "TCP", 5)); /* inuse n orphan n tw n */
    if (!p->root[0] && accept_queue_fullest(&fullest) == 0 && fullest.limit > 0) {
        char port[64];
        probe_tell(p, "host.tcp.accept_queue", PROBE_COUNT, fullest.length);
        probe_tell(p, "host.tcp.accept_queue_limit", PROBE_COUNT, fullest.limit);
        snprintf(port, sizeof port, "port %u", fullest.port);
        if (fullest.length * 2 > fullest.limit)
            probe_tell_note(p, "host.tcp.accept_queue", view_of_cstr(port), fullest.length);
    }
}

static int host_read(struct probe *p, struct error *err) {
    struct buf *text = p->state;
    int r = read_cpu(p, text, err);
    if (r < 0)
        return r;
    read_memory(p, text);
    read_disks(p, text);
    read_interfaces(p, text);
    read_tcp(p, text);
    return 0;
}

const struct probe_kind probe_host = {.name = "host",
    .spec = "host",
    .help = "this machine: processors, memory, disks, network, TCP",
    .open = host_open,
    .read = host_read,
    .close = host_close};
