/* What only the loop's own test may reach. */
#ifndef CORE_LOOP_PRIV_H
#define CORE_LOOP_PRIV_H

#include "core/loop.h"

/* From now on waits with a timerfd, as on kernels before 5.11 (no epoll_pwait2). */
int loop_force_timerfd(struct loop *l) MUST_USE;

#endif
