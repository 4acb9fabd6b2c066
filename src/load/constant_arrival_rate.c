/* constant-arrival-rate: `rate` iterations per timeUnit, however long they take. */
#include "load/arrival_users_priv.h"

const struct executor_kind executor_constant_arrival_rate = ARRIVAL_USERS_KIND;
