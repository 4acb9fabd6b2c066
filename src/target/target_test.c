/* The whole command in a child process: ready line, signals, exit codes, summary. */
#include "target/target.h"
#include "core/view.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct run {
    pid_t pid;
    FILE *out; /* its stdout and stderr */
    int port;
};

static struct run run_start(const struct target_options *given) {
    struct target_options o = *given;
    struct run r = {.port = 0};
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    r.pid = fork();
    if (r.pid == 0) {
        close(fds[0]);
        o.out = o.err = fdopen(fds[1], "w");
        int code = target_run(&o);
        fflush(o.out);
        _exit(code);
    }
    close(fds[1]);
    r.out = fdopen(fds[0], "r");
    return r;
}

static void run_await_ready(struct run *r, const char *processes) {
    char line[256], rest[64] = "";
    assert_non_null(fgets(line, sizeof line, r->out));
    assert_int_equal(
        sscanf(line, "halftime target listening on http://127.0.0.1:%d %63[^\n]", &r->port, rest), 2);
    assert_string_equal(rest, processes);
}

static int run_end(struct run *r, char *said, size_t size) {
    int status;
    size_t n = fread(said, 1, size - 1, r->out);
    said[n] = '\0';
    fclose(r->out);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int dial(int port) {
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Asks without a body in the answer, so that one recv ends at its end. */
static void head(int fd, const char *path) {
    char text[1024];
    size_t len = (size_t)snprintf(text, sizeof text, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", path), got = 0;
    assert_int_equal(send(fd, text, len, 0), len);
    while (got < 4 || memcmp(text + got - 4, "\r\n\r\n", 4) != 0) {
        ssize_t n = recv(fd, text + got, sizeof text - got, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(text, "HTTP/1.1 ", 9);
}

static void get(int port, const char *path) {
    int fd = dial(port);
    head(fd, path);
    close(fd);
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static void test_serves_until_told_to_stop(void **state) {
    static const int signals[] = {SIGTERM, SIGINT};
    struct target_options o = {.listen = {"127.0.0.1:0"}, .listen_count = 1, .processes = 3};
    char said[4096];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct run r = run_start(&o);
        run_await_ready(&r, "(3 processes)");
        for (int k = 0; k < 30; k++)
            get(r.port, k % 3 ? "/" : "/nix");
        kill(r.pid, signals[i]);
        kill(r.pid, SIGTERM); /* the second one does no harm */
        assert_int_equal(run_end(&r, said, sizeof said), 0);
        assert_says(said, "halftime target: 30 requests served");
        assert_says(said, "GET    /                    200         20\n");
        assert_says(said, "(no such route)      404         10\n");
    }
}

static void test_a_killed_process_is_replaced_and_nothing_is_lost(void **state) {
    struct target_options o = {.listen = {"127.0.0.1:0"}, .listen_count = 1, .processes = 1};
    char said[4096], path[64], line[256];
    int child = 0;
    (void)state;
    struct run r = run_start(&o);
    run_await_ready(&r, "(1 process)");
    int fd = dial(r.port);
    head(fd, "/about/");
    head(fd, "/"); /* once this is answered, the one before has been counted */
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)r.pid, (int)r.pid);
    FILE *f = fopen(path, "r");
    if (!f)
        skip(); /* a kernel without the list of children */
    assert_int_equal(fscanf(f, "%d", &child), 1);
    fclose(f);
    kill(child, SIGKILL);
    assert_non_null(fgets(line, sizeof line, r.out));
    assert_says(line, "admin on http://127.0.0.1:");
    assert_non_null(fgets(line, sizeof line, r.out));
    assert_says(line, "killed by signal 9");
    close(fd);
    kill(r.pid, SIGTERM);
    assert_int_equal(run_end(&r, said, sizeof said), 0);
    assert_says(said, "GET    /about/              200          1\n");
}

static void test_port_in_use(void **state) {
    struct target_options o = {.listen = {"127.0.0.1:0"}, .listen_count = 1, .processes = 1};
    char said[4096], address[32];
    (void)state;
    struct run first = run_start(&o);
    run_await_ready(&first, "(1 process)");
    snprintf(address, sizeof address, "127.0.0.1:%d", first.port);
    o.listen[0] = address;
    struct run second = run_start(&o);
    assert_int_equal(run_end(&second, said, sizeof said), 1);
    assert_says(said, "is in use");
    assert_says(said, "--listen");
    kill(first.pid, SIGTERM);
    assert_int_equal(run_end(&first, said, sizeof said), 0);
}

static void test_what_cannot_start_says_why(void **state) {
    static const struct {
        struct target_options o;
        const char *says;
    } cases[] = {
        {{.listen = {"127.0.0.1"}, .listen_count = 1}, "not an address"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .log = "/no/such/dir/log"}, "/no/such/dir/log"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .db = "/no/such/dir/db"}, "/no/such/dir/db"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .admin = "0.0.0.0:0"}, "loopback"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .admin = "here"}, "not an address"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .otlp_file = "/no/such/dir/s"}, "/no/such/dir/s"},
        {{.listen = {"127.0.0.1:0"}, .listen_count = 1, .otlp_url = "https://127.0.0.1"}, "must be http://"},
    };
    char said[4096];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run r = run_start(&cases[i].o);
        assert_int_equal(run_end(&r, said, sizeof said), 1);
        assert_says(said, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_serves_until_told_to_stop),
        cmocka_unit_test(test_a_killed_process_is_replaced_and_nothing_is_lost),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_what_cannot_start_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
