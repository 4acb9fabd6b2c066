/* PgBouncer, by its admin console: SHOW POOLS each second, SHOW DATABASES (for the sizes of pools) now and
 * then. */
#include "observe/pq_link.h"
#include "observe/probe_texts_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { DATABASES_EVERY = 10 };

struct pgbouncer_state {
    struct pq_link link;
    PGresult *databases;
    int readings;
};

static double number(const struct pgbouncer_table *t, size_t row, const char *column) {
    struct view text = t->cell(t->ctx, row, column);
    double v;
    return text.len && view_to_double(text, &v) ? v : (double)NAN;
}

static double or_zero(double v) {
    return isnan(v) ? 0 : v;
}

/* One pool for each database and user; its size is the database's. */
static double pool_size(const struct pgbouncer_table *databases, struct view database) {
    for (size_t i = 0; i < databases->rows; i++)
        if (view_eq(databases->cell(databases->ctx, i, "name"), database))
            return or_zero(number(databases, i, "pool_size"));
    return 0;
}

void pgbouncer_probe_tell(
    struct probe *p, const struct pgbouncer_table *pools, const struct pgbouncer_table *databases) {
    static const struct {
        const char *name, *column;
    } sums[] = {{"pgbouncer.clients.active", "cl_active"}, {"pgbouncer.clients.waiting", "cl_waiting"},
        {"pgbouncer.servers.active", "sv_active"}, {"pgbouncer.servers.idle", "sv_idle"},
        {"pgbouncer.servers.used", "sv_used"}};
    double limit = 0, longest = 0;
    for (size_t k = 0; k < sizeof sums / sizeof *sums; k++) {
        double sum = 0;
        for (size_t i = 0; i < pools->rows; i++)
            if (!view_eq(pools->cell(pools->ctx, i, "database"), VIEW("pgbouncer")))
                sum += or_zero(number(pools, i, sums[k].column));
        probe_tell(p, sums[k].name, PROBE_COUNT, sum);
    }
    for (size_t i = 0; i < pools->rows; i++) {
        struct view database = pools->cell(pools->ctx, i, "database");
        double waited = or_zero(number(pools, i, "maxwait")) + or_zero(number(pools, i, "maxwait_us")) / 1e6;
        if (view_eq(database, VIEW("pgbouncer")))
            continue;
        limit += pool_size(databases, database);
        longest = waited > longest ? waited : longest;
    }
    probe_tell(p, "pgbouncer.wait.longest", PROBE_SECONDS, longest);
    if (limit > 0)
        probe_tell(p, "pgbouncer.pool_limit", PROBE_COUNT, limit);
}

static struct view cell_of(void *ctx, size_t row, const char *column) {
    return pq_cell(ctx, (int)row, column);
}

static struct pgbouncer_table table_of(PGresult *r) {
    return (struct pgbouncer_table){.ctx = r, .rows = r ? (size_t)PQntuples(r) : 0, .cell = cell_of};
}

static int pgbouncer_read(struct probe *p, struct error *err) {
    struct pgbouncer_state *s = p->state;
    PGresult *pools = NULL;
    int r = pq_link_connect(&s->link, err);
    if (r >= 0 && (!s->databases || s->readings++ % DATABASES_EVERY == 0)) {
        PQclear(s->databases);
        s->databases = NULL;
        r = pq_link_ask(&s->link, "SHOW DATABASES", &s->databases, err);
    }
    r = r < 0 ? r : pq_link_ask(&s->link, "SHOW POOLS", &pools, err);
    if (r < 0)
        return r;
    struct pgbouncer_table t = table_of(pools), d = table_of(s->databases);
    if (PQfnumber(pools, "cl_waiting") < 0)
        r = error_set(err, ERROR_SYNTAX, "SHOW POOLS: what answers is no PgBouncer");
    else
        pgbouncer_probe_tell(p, &t, &d);
    PQclear(pools);
    return r;
}

static void pgbouncer_close(struct probe *p) {
    struct pgbouncer_state *s = p->state;
    if (!s)
        return;
    PQclear(s->databases);
    pq_link_deinit(&s->link);
    free(s);
    p->state = NULL;
}

static int pgbouncer_open(struct probe *p, struct view what, struct error *err) {
    struct pgbouncer_state *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    p->state = s;
    return pq_link_init(&s->link, p, "pgbouncer", what, "pgbouncer", err);
}

const struct probe_kind probe_pgbouncer = {.name = "pgbouncer",
    .spec = "pgbouncer://USER:PASSWORD@HOST:6432",
    .help = "PgBouncer by its admin console: who waits for a connection, for how long, pool sizes",
    .url = true,
    .open = pgbouncer_open,
    .read = pgbouncer_read,
    .close = pgbouncer_close};
