/* A small HTTP server for tests, in a child process: one thread per connection, answers by path.
 *   /status/N …   that status, body {"id": 7}        /slow/MS       answers after MS milliseconds
 *   /redirect/N   N redirects, then /echo             /cookie        sets a=b and c=d
 *   /close        closes without an answer            /half          closes amid the body
 *   /raw          the body as it came, odd fields, closes
 *   anything else 200 and a JSON text that tells the request */
#ifndef SCRIPT_JS_TEST_SERVER_PRIV_H
#define SCRIPT_JS_TEST_SERVER_PRIV_H

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEST_SERVER_SECONDS = 120, TEST_SERVER_REQUEST_MAX = 64 * 1024 };

static void test_server_send(int fd, const char *status, const char *headers, const char *body, int with_body) {
    char out[TEST_SERVER_REQUEST_MAX * 2];
    int n = snprintf(out, sizeof out, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers, strlen(body), with_body ? body : "");
    for (int at = 0; at < n;) {
        ssize_t w = write(fd, out + at, (size_t)(n - at));
        if (w <= 0)
            return;
        at += (int)w;
    }
}

static void test_server_echo(int fd, const char *method, const char *path, const char *head, const char *body) {
    char json[TEST_SERVER_REQUEST_MAX], type[256] = "", cookie[256] = "", agent[256] = "", extra[256] = "";
    const char *p;
    if ((p = strcasestr(head, "\r\ncontent-type: ")))
        sscanf(p + 16, "%255[^\r]", type);
    if ((p = strcasestr(head, "\r\ncookie: ")))
        sscanf(p + 10, "%255[^\r]", cookie);
    if ((p = strcasestr(head, "\r\nuser-agent: ")))
        sscanf(p + 14, "%255[^\r]", agent);
    if ((p = strcasestr(head, "\r\nx-extra: ")))
        sscanf(p + 11, "%255[^\r]", extra);
    snprintf(json, sizeof json, "{\"method\": \"%s\", \"path\": \"%s\", \"type\": \"%s\", \"cookie\": \"%s\", \"agent\": \"%s\", \"extra\": \"%s\", \"body\": \"%.20000s\"}",
             method, path, type, cookie, agent, extra, body);
    test_server_send(fd, "200 OK", "content-type: application/json\r\nx-request-id: abc\r\nX-Multi: 1\r\nx-multi: 2\r\n", json, strcmp(method, "HEAD") != 0);
}

static int test_server_answer(int fd, const char *method, const char *path, const char *head, const char *body) {
    char headers[256], status[64];
    int n;
    if (sscanf(path, "/status/%d", &n) == 1) {
        snprintf(status, sizeof status, "%d Fine", n);
        if (n == 204) {
            ssize_t w = write(fd, "HTTP/1.1 204 No Content\r\n\r\n", 27);
            return w == 27;
        }
        test_server_send(fd, status, "Content-Type: application/json\r\n", "{\"id\": 7}", 1);
    } else if (sscanf(path, "/redirect/%d", &n) == 1) {
        snprintf(headers, sizeof headers, n > 1 ? "Location: /redirect/%d\r\n" : "Location: /echo\r\n", n - 1);
        test_server_send(fd, "302 Found", headers, "going on", 1);
    } else if (sscanf(path, "/slow/%d", &n) == 1) {
        usleep((useconds_t)n * 1000);
        test_server_echo(fd, method, path, head, body);
    } else if (!strcmp(path, "/cookie")) {
        test_server_send(fd, "200 OK", "Set-Cookie: a=b; Path=/\r\nSet-Cookie: c=d; Max-Age=60; HttpOnly\r\n", "ok", 1);
    } else if (!strcmp(path, "/raw")) {
        test_server_send(fd, "200 OK", "Pragma: no-cache\r\nTrailer: X\r\nConnection: close\r\n", body, 1);
        return 0;
    } else if (!strcmp(path, "/close")) {
        return 0;
    } else if (!strcmp(path, "/half")) {
        ssize_t w = write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", 50);
        return w < 0;
    } else {
        test_server_echo(fd, method, path, head, body);
    }
    return 1;
}

static void *test_server_serve(void *arg) {
    int fd = (int)(long)arg;
    char *buf = malloc(TEST_SERVER_REQUEST_MAX);
    size_t have = 0;
    for (int open = 1; open && buf;) {
        char method[16], path[1024];
        buf[have] = 0;
        char *end = strstr(buf, "\r\n\r\n");
        size_t head = end ? (size_t)(end - buf) + 4 : 0, length = 0;
        const char *p = end ? strcasestr(buf, "\r\ncontent-length: ") : NULL;
        if (p && p < end)
            length = strtoul(p + 18, NULL, 10);
        if (!end || have < head + length) {
            ssize_t n = read(fd, buf + have, TEST_SERVER_REQUEST_MAX - 1 - have);
            if (n <= 0)
                break;
            have += (size_t)n;
            continue;
        }
        char kept = buf[head + length];
        buf[head + length] = 0;
        char *body = strdup(buf + head);
        buf[head - 2] = 0;
        open = sscanf(buf, "%15s %1023s", method, path) == 2 && test_server_answer(fd, method, path, buf, body);
        free(body);
        buf[head + length] = kept;
        memmove(buf, buf + head + length, have - head - length);
        have -= head + length;
    }
    free(buf);
    close(fd);
    return NULL;
}

/* Returns the port; *pid for test_server_stop. */
static inline int test_server_start(pid_t *pid) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 512) || getsockname(fd, (struct sockaddr *)&a, &len))
        return -1;
    *pid = fork();
    if (*pid == 0) {
        alarm(TEST_SERVER_SECONDS);
        for (;;) {
            pthread_t t;
            int c = accept(fd, NULL, NULL);
            if (c < 0 || pthread_create(&t, NULL, test_server_serve, (void *)(long)c))
                _exit(0);
            pthread_detach(t);
        }
    }
    close(fd);
    return ntohs(a.sin_port);
}

static inline void test_server_stop(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

#endif
