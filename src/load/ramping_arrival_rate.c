/* ramping-arrival-rate: a piecewise linear rate of iterations, however long they take. */
#include "load/arrival_users_priv.h"

const struct executor_kind executor_ramping_arrival_rate = ARRIVAL_USERS_KIND;
