/* What kinds make of the texts they are answered; for their tests. */
#ifndef OBSERVE_PROBE_TEXTS_PRIV_H
#define OBSERVE_PROBE_TEXTS_PRIV_H

#include "observe/probe_priv.h"

int nginx_probe_tell(struct probe *p, struct view text, struct error *err) MUST_USE;
int rabbitmq_probe_tell(struct probe *p, struct view json, struct error *err) MUST_USE;
void redis_probe_tell(struct probe *p, struct view info);
/* One of SHOW POOLS, SHOW DATABASES: rows of named columns. */
struct pgbouncer_table {
    void *ctx;
    size_t rows;
    struct view (*cell)(void *ctx, size_t row, const char *column); /* empty: there is none */
};
void pgbouncer_probe_tell(
    struct probe *p, const struct pgbouncer_table *pools, const struct pgbouncer_table *databases);
/* What `halftime agent` serves. */
int agent_probe_tell(struct probe *p, struct view text, struct error *err) MUST_USE;

#endif
