/* bench/exact-latency: a server that answers exactly N µs after it has read a request, and keeps its own account of how exactly. The
 * reference of the truth rows of bench/run: a generator's percentiles are right when they agree with these.
 *
 * It shares no code with the program it judges. All answers are due in the order of their requests, so the waiting ones stand in one ring.
 * The loop sleeps in epoll until SPIN_US before the next answer is due and polls from there, because a sleeping thread is woken late.
 * A time is kept as a counter per microsecond: exact percentiles, no buckets.
 *
 *     exact-latency --listen 127.0.0.1:8101 --latency-us 50000 [--pool N] [--arrivals FILE] [--json FILE]
 *
 * --pool N: only N requests are worked on at a time, the others queue in their order: a planted capacity of N / latency requests per second.
 * --arrivals FILE: the instant of every request as it was read, in microseconds, one a line: the schedule as the server saw it.
 *
 * GET /stats answers at once with the account so far, GET /reset begins a new one; both stay out of it. Requests have no bodies. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    SPIN_US = 150,
    CONNECTIONS_MAX = 65536, /* by descriptor */
    WAITING_MAX = 1 << 20,   /* a power of two */
    HEAD_MAX = 8192,
    EVENTS_MAX = 256,
    POOL_MAX = 4096,
    COUNTED_US_MAX = 4 * 1000 * 1000, /* slower answers count as this slow */
};

struct answer {
    int fd;
    uint32_t generation;
    int64_t read_us, due_us;
};
struct connection {
    uint32_t generation;
    size_t len;
    char *head; /* HEAD_MAX bytes, made when the descriptor is first used */
};

static struct connection connections[CONNECTIONS_MAX];
static struct answer waiting[WAITING_MAX];
static uint32_t waiting_first, waiting_end;
static uint32_t counts[COUNTED_US_MAX + 1];
static uint64_t answered, connects;
static int64_t latency_us = 1000;
static int64_t pool_free_us[POOL_MAX]; /* when each of the pool's places is free: in the order of requests, so a ring */
static uint32_t pool, pool_next;       /* 0 = every request is worked on at once */
static FILE *arrivals;
static volatile sig_atomic_t stopped;

static int64_t now_us(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- the account --- */

static int64_t percentile(double fraction) {
    uint64_t rank = (uint64_t)(fraction * (double)(answered - 1)), before = 0;

    for (int64_t us = 0; us <= COUNTED_US_MAX && answered > 0; us++)
        if ((before += counts[us]) > rank)
            return us;
    return 0;
}

static int write_account(char *out, size_t size) {
    return snprintf(out, size,
                    "{\"latency_us\": %lld, \"requests\": %llu, \"connections\": %llu, \"p50_us\": %lld, \"p90_us\": %lld, \"p99_us\": %lld, "
                    "\"p999_us\": %lld, \"max_us\": %lld}\n",
                    (long long)latency_us, (unsigned long long)answered, (unsigned long long)connects, (long long)percentile(0.5),
                    (long long)percentile(0.9), (long long)percentile(0.99), (long long)percentile(0.999), (long long)percentile(1));
}

static void reset_account(void) {
    memset(counts, 0, sizeof counts);
    answered = connects = 0;
}

/* --- connections --- */

static void drop(int fd) {
    connections[fd].generation++;
    connections[fd].len = 0;
    close(fd);
}

static bool send_text(int fd, const char *text, size_t len) {
    return send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void answer_stats(int fd, bool reset) {
    char body[512], head[128];

    if (reset)
        reset_account();
    int body_len = write_account(body, sizeof body);
    int head_len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", body_len);
    if (!send_text(fd, head, (size_t)head_len) || !send_text(fd, body, (size_t)body_len))
        drop(fd);
}

static void take_request(int fd, const char *head, int64_t at_us) {
    if (!strncmp(head, "GET /stats ", 11) || !strncmp(head, "GET /reset ", 11)) {
        answer_stats(fd, head[5] == 'r');
        return;
    }
    if (arrivals)
        fprintf(arrivals, "%lld\n", (long long)at_us);
    if (waiting_end - waiting_first == WAITING_MAX) {
        drop(fd);
        return;
    }
    int64_t due_us = at_us + latency_us;
    if (pool) {
        int64_t free_us = pool_free_us[pool_next % pool];
        due_us = (free_us > at_us ? free_us : at_us) + latency_us;
        pool_free_us[pool_next++ % pool] = due_us;
    }
    waiting[waiting_end++ % WAITING_MAX] = (struct answer){fd, connections[fd].generation, at_us, due_us};
}

static void read_requests(int fd) {
    struct connection *c = &connections[fd];
    char *end;

    ssize_t n = recv(fd, c->head + c->len, HEAD_MAX - 1 - c->len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(fd);
        return;
    }
    int64_t at_us = now_us();
    uint32_t generation = c->generation;
    c->len += (size_t)n;
    c->head[c->len] = '\0';
    while ((end = strstr(c->head, "\r\n\r\n"))) {
        size_t used = (size_t)(end + 4 - c->head);
        take_request(fd, c->head, at_us);
        if (c->generation != generation)
            return;
        c->len -= used;
        memmove(c->head, c->head + used, c->len + 1);
    }
    if (c->len == HEAD_MAX - 1)
        drop(fd);
}

static void accept_all(int listener, int epoll_fd) {
    int one = 1;

    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
        if (fd >= CONNECTIONS_MAX || (!connections[fd].head && !(connections[fd].head = malloc(HEAD_MAX))) ||
            epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0) {
            close(fd);
            continue;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        connects++;
    }
}

static void answer_due(void) {
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

    while (waiting_first != waiting_end && waiting[waiting_first % WAITING_MAX].due_us <= now_us()) {
        struct answer a = waiting[waiting_first++ % WAITING_MAX];
        if (connections[a.fd].generation != a.generation)
            continue;
        if (!send_text(a.fd, text, sizeof text - 1)) {
            drop(a.fd);
            continue;
        }
        int64_t took_us = now_us() - a.read_us;
        counts[took_us < COUNTED_US_MAX ? took_us : COUNTED_US_MAX]++;
        answered++;
    }
}

static void serve(int listener, int epoll_fd) {
    struct epoll_event events[EVENTS_MAX];

    while (!stopped) {
        int64_t wait_us = 100000;
        if (waiting_first != waiting_end) {
            wait_us = waiting[waiting_first % WAITING_MAX].due_us - now_us() - SPIN_US;
            wait_us = wait_us < 0 ? 0 : wait_us;
        }
        struct timespec at = {wait_us / 1000000, wait_us % 1000000 * 1000};
        int n = epoll_pwait2(epoll_fd, events, EVENTS_MAX, &at, NULL);
        answer_due();
        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == listener)
                accept_all(listener, epoll_fd);
            else
                read_requests(events[i].data.fd);
        }
    }
}

/* --- start and end --- */

static void on_signal(int number) {
    (void)number;
    stopped = 1;
}

static int open_listener(const char *where) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    char host[64];
    int one = 1;

    const char *colon = strrchr(where, ':');
    if (!colon || (size_t)(colon - where) >= sizeof host)
        return -1;
    memcpy(host, where, (size_t)(colon - where));
    host[colon - where] = '\0';
    at.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, (const struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 4096) < 0)
        return -1;
    return fd;
}

static int usage(void) {
    fprintf(stderr, "usage: exact-latency --listen IP:PORT --latency-us N [--pool N] [--arrivals FILE] [--json FILE]\n");
    return 2;
}

int main(int argc, char **argv) {
    const char *where = "127.0.0.1:8101", *json = NULL;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return usage();
        if (!strcmp(argv[i], "--listen"))
            where = argv[i + 1];
        else if (!strcmp(argv[i], "--latency-us"))
            latency_us = strtoll(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--pool"))
            pool = (uint32_t)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "--arrivals"))
            arrivals = fopen(argv[i + 1], "we");
        else if (!strcmp(argv[i], "--json"))
            json = argv[i + 1];
        else
            return usage();
    }
    if (pool > POOL_MAX)
        return usage();
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    int listener = open_listener(where), epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener};
    if (listener < 0 || epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &e) < 0) {
        fprintf(stderr, "exact-latency: cannot listen on %s: %s\n", where, strerror(errno));
        return 1;
    }
    printf("exact-latency: %lld us on http://%s\n", (long long)latency_us, where);
    fflush(stdout);
    serve(listener, epoll_fd);
    if (arrivals)
        fclose(arrivals);
    char text[512];
    int len = write_account(text, sizeof text);
    fwrite(text, 1, (size_t)len, stdout);
    FILE *f = json ? fopen(json, "we") : NULL;
    if (f) {
        fwrite(text, 1, (size_t)len, f);
        fclose(f);
    }
    return 0;
}
