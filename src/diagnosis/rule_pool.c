/* Pools of connections and locks: who waits there holds everything that lies before it. */
#include "diagnosis/diagnosis_priv.h"

#include <stdio.h>

#define OFTEN          0.4
#define WAIT_SHARE_MIN 0.12
#define NEAR_LIMIT     0.9
#define REFUSED_OFTEN  0.1 /* of the seconds */
enum { CONNECTIONS_MANY = 150 };

static double waited_share(const struct facts *f, double length) {
    double wait_ms = f->busy_rate > 0 ? 1000 * length / f->busy_rate : 0;
    return f->busy_ms > 0 ? fmin(wait_ms / f->busy_ms, 1) : 0;
}

struct pool {
    const char *waiting, *busy, *limit, *what;
    enum diagnosis_kind kind;
};

static void judge_pool(const struct facts *f, const struct pool *p, struct findings *out) {
    for (const struct diagnosis_probe *w = NULL; (w = facts_probe(f, w, p->waiting));) {
        const struct diagnosis_probe *busy = facts_beside(f, w, p->busy);
        double length = course_mean(f, w->values, &f->busy),
               often = course_share_above(f, w->values, &f->busy, 0);
        double level = busy ? course_mean(f, busy->values, &f->busy) : NAN;
        double limit = facts_mean_beside(f, w, p->limit, &f->busy), share = waited_share(f, length);
        double cpu = facts_mean(f, "host.cpu.used", &f->busy);
        if (!(length > 0.3) || often < OFTEN || share < WAIT_SHARE_MIN)
            continue;
        struct diagnosis_finding *d = findings_add(out, p->kind, 0.65 + 0.33 * often, share);
        limit = limit > 0 ? limit : level;
        finding_say(d,
            "The queue is in %s: %s of %s connections busy, %s requests waiting for one (about %s of the %s "
            "that "
            "a request took).",
            p->what, figure_count(level > limit ? limit : level).text, figure_count(limit).text,
            figure_count(length).text, figure_ms(share * f->busy_ms).text, figure_ms(f->busy_ms).text);
        if (cpu > 0)
            finding_say(d, " The processor was %s busy.", figure_share(cpu).text);
        double wanted = facts_enough(f, limit);
        char enough[96] = ", if the database can serve more";
        if (wanted > 0)
            snprintf(enough, sizeof enough, " to about %s connections, if the database can serve them",
                figure_count(wanted).text);
        finding_remedy(d,
            "Raise the pool%s; and give connections back sooner (no work between queries, shorter "
            "transactions).",
            enough);
        finding_show(d, w, &f->busy, "%s waiting, %s at most", figure_count(length).text,
            figure_count(course_max(f, w->values, &f->busy)).text);
        if (busy)
            finding_show(
                d, busy, &f->busy, "%s of %s busy", figure_count(level).text, figure_count(limit).text);
    }
}

void rule_db_pool(const struct facts *f, struct findings *out) {
    static const struct pool pools[] = {
        {"app.pool.waiting", "app.pool.busy", "app.pool.limit", "the database pool", DIAGNOSIS_DB_POOL},
        {"pgbouncer.clients.waiting", "pgbouncer.servers.active", "pgbouncer.pool_limit", "pgbouncer's pool",
            DIAGNOSIS_DB_POOL},
    };
    for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
        judge_pool(f, &pools[i], out);
}

/* Of the readings of that database; NaN if nobody told. */
static double refused_share(const struct facts *f, const struct diagnosis_probe *p) {
    const struct diagnosis_probe *refused = facts_beside(f, p, "postgres.connections_refused");
    return refused ? course_share_above(f, refused->values, &f->all, 0) : NAN;
}

/* Who observes was refused, too: then there may be no other figure. */
static void say_refused(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    double share = refused_share(f, p), limit = facts_mean_beside(f, p, "postgres.connections_limit", &f->all);
    if (!(share > REFUSED_OFTEN))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_DB_CONNECTIONS, 0.8 + 0.15 * share, 0.8);
    finding_say(d, "The database took no more connections: when it was asked for one, it refused %s of the time", figure_share(share).text);
    if (limit > 0)
        finding_say(d, " (it allows %s)", figure_count(limit).text);
    finding_say(d, ".");
    finding_remedy(d, "Put a pooler (pgbouncer in transaction mode) between application and database, or make the application's pools smaller: all of "
                      "them together must stay below max_connections. Raising it makes the database slower.");
    finding_show(d, p, &f->all, "refused %s of the time", figure_share(share).text);
}

void rule_db_connections(const struct facts *f, struct findings *out) {
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, "postgres.connections_refused"));)
        say_refused(f, p, out);
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, "postgres.connections"));) {
        double most = course_max(f, p->values, &f->all);
        double limit = facts_mean_beside(f, p, "postgres.connections_limit", &f->all);
        double active = facts_mean_beside(f, p, "postgres.connections.active", &f->busy);
        double idle = facts_mean_beside(f, p, "postgres.connections.idle_in_transaction", &f->busy);
        bool pooler = facts_probe(f, NULL, "pgbouncer.servers.active") != NULL;
        bool full = limit > 0 && most >= NEAR_LIMIT * limit;
        if (pooler || (!full && most < CONNECTIONS_MANY) || refused_share(f, p) > REFUSED_OFTEN) /* said already */
            continue;
        struct diagnosis_finding *d =
            findings_add(out, DIAGNOSIS_DB_CONNECTIONS, full ? 0.93 : 0.7, full ? 0.8 : 0.5);
        finding_say(d, "The database had up to %s connections", figure_count(most).text);
        if (limit > 0)
            finding_say(d, " of the %s it allows", figure_count(limit).text);
        finding_say(d, ", %s of them at work on average%s: each costs it memory and time.",
            figure_count(active).text, idle > 0.2 * most ? ", many idle inside a transaction" : "");
        finding_remedy(d,
            "Put a pooler (pgbouncer in transaction mode) between application and database: for %s active "
            "ones a pool of about %s is enough. Raising max_connections makes it slower.",
            figure_count(active).text, figure_count(ceil(fmax(4, 2 * active))).text);
        finding_show(d, p, &f->all, "up to %s connections", figure_count(most).text);
    }
}

/* --- locks --- */

static void judge_lock(
    const struct facts *f, const struct diagnosis_probe *p, const char *what, struct findings *out) {
    double length = course_mean(f, p->values, &f->busy),
           often = course_share_above(f, p->values, &f->busy, 0);
    double share = waited_share(f, length), cpu = facts_mean(f, "host.cpu.used", &f->busy);
    if (!(length > 0.3) || often < OFTEN || share < WAIT_SHARE_MIN)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_LOCK, 0.65 + 0.33 * often, share);
    finding_say(d,
        "%s %s waited for a lock that another one held: about %s of the %s that a request took. One at a "
        "time "
        "passes, %s a second, whatever the cores do",
        figure_count(length).text, what, figure_ms(share * f->busy_ms).text, figure_ms(f->busy_ms).text,
        figure_count(f->busy_rate).text);
    finding_say(d, cpu > 0 ? " (the processor was %s busy)." : ".", figure_share(cpu).text);
    finding_remedy(d,
        "Hold the lock for less: no I/O and no queries inside it, shorter transactions, one lock per row or "
        "key instead of one for all; more workers, connections or cores do not help.");
    finding_show(d, p, &f->busy, "%s waiting, %s at most", figure_count(length).text,
        figure_count(course_max(f, p->values, &f->busy)).text);
}

void rule_lock(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *p = NULL;
    while ((p = facts_probe(f, p, "app.lock.waiting")))
        judge_lock(f, p, "requests", out);
    for (p = NULL; (p = facts_probe(f, p, "postgres.waits.lock"));)
        judge_lock(f, p, "database sessions", out);
    for (p = NULL; (p = facts_probe(f, p, "postgres.deadlocks_per_second"));) {
        double rate = course_mean(f, p->values, &f->all);
        if (!(rate > 0) || findings_has(out, DIAGNOSIS_LOCK, 0.1))
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_LOCK, 0.75, 0.4);
        finding_say(d,
            "The database broke up deadlocks (%.2g a second): transactions take the same rows in different "
            "orders.",
            rate);
        finding_remedy(d, "Take rows and tables in the same order everywhere, and repeat a transaction that "
                          "was broken up.");
        finding_show(d, p, &f->all, "%.2g deadlocks a second", rate);
    }
}
