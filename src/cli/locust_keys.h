/* Keys on the terminal of a running Locust test: w and W add 1 and 10 users, s and S take them away. */
#ifndef CLI_LOCUST_KEYS_H
#define CLI_LOCUST_KEYS_H

#include "cli/locust_log.h"
#include "fleet/control.h"

struct locust_keys {
    struct loop_watch watch; /* first member */
    struct controller *controller;
    struct locust_log *log;
    bool open;
};
/* Nothing happens when standard input is no terminal. */
void locust_keys_open(struct locust_keys *k, struct controller *c, struct locust_log *log);
void locust_keys_close(struct locust_keys *k); /* the terminal is as before; twice is fine */

/* By how many users a key changes their number; 0 = it does nothing. */
int locust_keys_change(char key);

#endif
