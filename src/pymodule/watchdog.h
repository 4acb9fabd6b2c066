/* Says where a greenlet stands that never yields: all users of the process stand still with it. */
#ifndef PYMODULE_WATCHDOG_H
#define PYMODULE_WATCHDOG_H

struct runtime;

enum { WATCHDOG_PATIENCE_MS = 3000, WATCHDOG_LOOK_EVERY_MS = 500 };

/* Watches the turns of the loop, which must be turned several times a second while users are held. 0 or -1
 * with an exception. */
int watchdog_start(struct runtime *rt);
void watchdog_stop(void);

#endif
