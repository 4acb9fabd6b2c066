/* The terminal hands over each key at once and shows none of them. It is set back even when the program exits
 * early: a shell without echo is a bad farewell. */
#include "cli/locust_keys.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { KEYS_RATE = 100, KEYS_BYTES_MAX = 64 };

static struct termios as_found;
static bool changed;

static void set_back(void) {
    if (changed)
        tcsetattr(STDIN_FILENO, TCSANOW, &as_found);
    changed = false;
}

int locust_keys_change(char key) {
    switch (key) {
    case 'w': return 1;
    case 'W': return 10;
    case 's': return -1;
    case 'S': return -10;
    default: return 0;
    }
}

static void press(struct locust_keys *k, char key) {
    int change = locust_keys_change(key);
    int64_t users = control_users_now(k->controller) + change;

    if (!change)
        return;
    if (control_spawning(k->controller)) {
        locust_log_say(k->log, LOG_WARN, "root",
            change > 0 ? "Already spawning users, can't spawn more right now"
                       : "Spawning users, can't stop right now");
        return;
    }
    users = users < 0 ? 0 : users;
    if (control_users(k->controller, users, KEYS_RATE, NULL) == 0)
        locust_log_say(k->log, LOG_INFO, "locust.runners",
            "Ramping to %lld users at a rate of %.2f per second", (long long)users, (double)KEYS_RATE);
}

static void on_ready(struct loop_watch *w, uint32_t events) {
    struct locust_keys *k = (struct locust_keys *)w;
    char bytes[KEYS_BYTES_MAX];
    ssize_t n = read(w->fd, bytes, sizeof bytes);

    (void)events;
    if (n <= 0) {
        locust_keys_close(k);
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        press(k, bytes[i]);
}

void locust_keys_open(struct locust_keys *k, struct controller *c, struct locust_log *log) {
    static bool registered;
    struct termios raw;

    *k = (struct locust_keys){.watch = LOOP_WATCH_NULL, .controller = c, .log = log};
    k->watch.ready = on_ready;
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &as_found) != 0)
        return;
    raw = as_found;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) != 0)
        return;
    changed = true;
    if (!registered)
        registered = atexit(set_back) == 0;
    k->open = loop_watch_add(control_loop(c), &k->watch, STDIN_FILENO, EPOLLIN) == 0;
}

void locust_keys_close(struct locust_keys *k) {
    if (k->open)
        loop_watch_remove(control_loop(k->controller), &k->watch);
    k->open = false;
    set_back();
}
