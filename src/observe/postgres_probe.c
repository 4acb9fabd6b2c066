/* PostgreSQL, by its statistics views.
 *
 * Each second one statement reads activity and counters of the database; dearer things (statements by
 * pg_stat_statements, tables) are read every few seconds. The session is read-only and gives up a statement
 * after two seconds. What the role may not see, or what is not installed, is left out and said once, with the
 * remedy.
 *
 * Statements are compared with the reading before: the slowest is the one whose calls since then took longest
 * on average, the busiest the one on which most time was spent. Our own are known by the comment in their
 * text. */
#include "observe/pq_link.h"
#include "observe/sql_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define MARK "/* halftime observes */ "
enum {
    DEARER_EVERY = 3,
    SIZE_EVERY = 15,
    STATEMENTS_MAX = 200,
    TABLES_MAX = 50,
    SQL_MAX = 2048,
    OLD_SERVER = 130000,
    OWN_MAX = 24,
    OWN_EARLY = 4,
    OWN_EVERY = 20 /* in dearer readings */,
    ID_TEXT_MAX = 24
};

struct was {
    int64_t id;
    double calls, seconds; /* of a table: rows read */
};
struct postgres_state {
    struct pq_link link;
    int readings;
    bool statements, may_see_all;
    struct was statement[STATEMENTS_MAX], table[TABLES_MAX];
    size_t statement_count, table_count;
    int64_t dearer_us; /* when they were read; 0 = never */
    int dearer_readings;
    double size, slowest;            /* as last read; 0 = not known */
    char own[OWN_MAX * ID_TEXT_MAX]; /* ids of our own statements: "0,12,-5" */
};

static const char each_second[] =
    MARK "SELECT count(*) AS connections,"
         " count(*) FILTER (WHERE state = 'active' AND pid <> pg_backend_pid()) AS active,"
         " count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS idle_in_transaction,"
         " count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'Lock') AS waits_lock,"
         " count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'LWLock') AS waits_lwlock,"
         " count(*) FILTER (WHERE state = 'active' AND wait_event_type = 'IO') AS waits_io,"
         " coalesce(extract(epoch FROM max(clock_timestamp() - xact_start) FILTER (WHERE pid <> "
         "pg_backend_pid())), 0) AS longest,"
         " current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
         " - coalesce(current_setting('reserved_connections', true)::int, 0) AS connections_limit,"
         " (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()) AS "
         "transactions,"
         " (SELECT blks_hit FROM pg_stat_database WHERE datname = current_database()) AS hits,"
         " (SELECT blks_read FROM pg_stat_database WHERE datname = current_database()) AS reads,"
         " (SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()) AS deadlocks,"
         " (SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()) AS temp_bytes,"
         " (SELECT tup_returned FROM pg_stat_database WHERE datname = current_database()) AS rows_read,"
         " (SELECT sum(seq_tup_read) FROM pg_stat_user_tables) AS seq_reads"
         " FROM pg_stat_activity WHERE backend_type = 'client backend'";
static const char capabilities[] =
    MARK "SELECT current_setting('server_version_num')::int AS version,"
         " (SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements') AS statements,"
         " pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER') AS may_see_all";
/* Who blocks others and waits for no lock itself: the head of the queue. */
static const char blockers[] =
    MARK "SELECT left(b.query, 400) AS query FROM pg_stat_activity w"
         " CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocker(pid) JOIN pg_stat_activity b ON "
         "b.pid = blocker.pid"
         " WHERE w.wait_event_type = 'Lock' AND b.wait_event_type IS DISTINCT FROM 'Lock'"
         " GROUP BY b.pid, b.query ORDER BY count(*) DESC LIMIT 1";
static const char tables[] =
    MARK "SELECT relid::bigint AS id, schemaname || '.' || relname AS name, seq_tup_read AS rows"
         " FROM pg_stat_user_tables WHERE seq_tup_read > 0 ORDER BY seq_tup_read DESC LIMIT 50";
/* %s: our own ids */
static const char calls[] =
    MARK "SELECT sum(calls) AS calls FROM pg_stat_statements(false) WHERE queryid NOT IN (%s)"
         " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())";
static const char statements[] = MARK
    "SELECT queryid AS id, sum(calls) AS calls, sum(total_exec_time) / 1000 AS seconds FROM "
    "pg_stat_statements(false)"
    " WHERE queryid NOT IN (%s) AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " GROUP BY queryid ORDER BY 3 DESC LIMIT 200";
static const char our_own[] =
    MARK "SELECT string_agg(id::text, ',') AS ids FROM (SELECT DISTINCT queryid AS id FROM pg_stat_statements"
         " WHERE query LIKE '%halftime observes%' LIMIT 24) AS own";

/* ---- each second ---- */

static int tell_each_second(struct probe *p, struct error *err) {
    struct postgres_state *s = p->state;
    PGresult *r = NULL;
    int rc = pq_link_ask(&s->link, each_second, &r, err);
    if (rc < 0)
        return rc;
    if (s->may_see_all) {
        probe_tell(p, "postgres.connections.active", PROBE_COUNT, pq_number(r, 0, "active"));
        probe_tell(p, "postgres.connections.idle_in_transaction", PROBE_COUNT,
            pq_number(r, 0, "idle_in_transaction"));
        probe_tell(p, "postgres.waits.lock", PROBE_COUNT, pq_number(r, 0, "waits_lock"));
        probe_tell(p, "postgres.waits.lwlock", PROBE_COUNT, pq_number(r, 0, "waits_lwlock"));
        probe_tell(p, "postgres.waits.io", PROBE_COUNT, pq_number(r, 0, "waits_io"));
        probe_tell(p, "postgres.transaction.longest", PROBE_SECONDS, pq_number(r, 0, "longest"));
        probe_tell(p, "postgres.connections", PROBE_COUNT, pq_number(r, 0, "connections"));
    }
    probe_tell(p, "postgres.connections_limit", PROBE_COUNT, pq_number(r, 0, "connections_limit"));
    probe_tell_rate(p, "postgres.transactions_per_second", PROBE_PER_SECOND, pq_number(r, 0, "transactions"));
    probe_tell_share(p, "postgres.cache.hit_share", pq_number(r, 0, "hits"), pq_number(r, 0, "reads"));
    probe_tell_rate(p, "postgres.deadlocks_per_second", PROBE_PER_SECOND, pq_number(r, 0, "deadlocks"));
    probe_tell_rate(
        p, "postgres.temp_bytes_per_second", PROBE_BYTES_PER_SECOND, pq_number(r, 0, "temp_bytes"));
    probe_tell_rate(p, "postgres.rows_read_per_second", PROBE_PER_SECOND, pq_number(r, 0, "rows_read"));
    probe_tell_rate(p, "postgres.seq_reads_per_second", PROBE_PER_SECOND, pq_number(r, 0, "seq_reads"));
    PQclear(r);
    return 0;
}

/* From here on what is refused is left out. */
static PGresult *ask(struct postgres_state *s, const char *sql) {
    PGresult *r = NULL;
    struct error ignored = ERROR_NULL;
    return s->link.connection && pq_link_ask(&s->link, sql, &r, &ignored) == 0 ? r : NULL;
}

static PGresult *ask_without_ours(struct postgres_state *s, const char *format) {
    struct buf sql CLEANUP(buf_deinit) = BUF_MAX(SQL_MAX);
    size_t len = strlen(format);
    struct view before = view_of(format, len), behind;
    ptrdiff_t at = view_find_view(before, VIEW("%s"));
    behind = view_drop(before, (size_t)at + 2);
    bool made = s->statements && buf_printf(&sql, "%.*s0%s%s%.*s", (int)at, format, s->own[0] ? "," : "",
                                     s->own, VIEW_ARGS(behind)) == 0;
    return made ? ask(s, sql.ptr) : NULL;
}

/* From now on they are left out. Reading all texts is dear. */
static void find_our_own(struct postgres_state *s) {
    bool due = s->dearer_readings <= OWN_EARLY || s->dearer_readings % OWN_EVERY == 0;
    PGresult *r = s->statements && due ? ask(s, our_own) : NULL;
    if (r)
        snprintf(s->own, sizeof s->own, "%.*s", VIEW_ARGS(pq_cell(r, 0, "ids")));
    PQclear(r);
}

static void tell_calls(struct probe *p) {
    struct postgres_state *s = p->state;
    PGresult *r = ask_without_ours(s, calls);
    if (r)
        probe_tell_rate(p, "postgres.calls_per_second", PROBE_PER_SECOND, pq_number(r, 0, "calls"));
    PQclear(r);
}

/* What users wrote is not shown. */
static void note(struct probe *p, const char *about, struct view sql, double value) {
    char text[PROBE_TEXT_MAX];
    probe_tell_worst(p, about, view_of_cstr(sql_text_mask(sql, text, sizeof text)), value);
}

static void tell_blocker(struct probe *p) {
    double waiting = probe_value_of(p, "postgres.waits.lock");
    PGresult *r = waiting > 0 ? ask(p->state, blockers) : NULL;
    if (r && PQntuples(r) > 0)
        note(p, "postgres.waits.lock", pq_cell(r, 0, "query"), waiting);
    PQclear(r);
}

/* ---- every few seconds ---- */

static const struct was *find(const struct was *list, size_t n, int64_t id) {
    for (size_t i = 0; i < n; i++)
        if (list[i].id == id)
            return &list[i];
    return NULL;
}

static void tell_table(struct probe *p, double seconds) {
    struct postgres_state *s = p->state;
    PGresult *r = ask(s, tables);
    struct was now[TABLES_MAX];
    size_t n = 0;
    double most = 0;
    int which = -1;
    for (int i = 0; r && i < PQntuples(r) && n < TABLES_MAX; i++) {
        struct was one = {.calls = pq_number(r, i, "rows")};
        if (!view_to_i64(pq_cell(r, i, "id"), &one.id))
            continue;
        const struct was *before = find(s->table, s->table_count, one.id);
        if (before && one.calls - before->calls > most) {
            most = one.calls - before->calls;
            which = i;
        }
        now[n++] = one;
    }
    if (which >= 0 && seconds > 0)
        probe_tell_worst(p, "postgres.seq_reads_per_second", pq_cell(r, which, "name"), most / seconds);
    memcpy(s->table, now, n * sizeof *now);
    s->table_count = n;
    PQclear(r);
}

/* The text stands in a file of the server's: read for one statement alone. */
static void note_statement(struct probe *p, const char *about, int64_t id, double value) {
    char sql[SQL_MAX];
    snprintf(sql, sizeof sql,
        MARK "SELECT left(query, 500) AS query FROM pg_stat_statements WHERE queryid = %lld LIMIT 1",
        (long long)id);
    PGresult *r = ask(p->state, sql);
    struct view text = r ? pq_cell(r, 0, "query") : VIEW_NULL;
    if (text.len && view_find_view(text, VIEW("halftime observes")) < 0)
        note(p, about, text, value);
    PQclear(r);
}

static void tell_statements(struct probe *p) {
    struct postgres_state *s = p->state;
    PGresult *r = ask_without_ours(s, statements);
    struct was now[STATEMENTS_MAX];
    size_t n = 0;
    double slowest = 0, busiest = 0;
    int64_t slow_id = 0, busy_id = 0;
    for (int i = 0; r && i < PQntuples(r) && n < STATEMENTS_MAX; i++) {
        struct was one = {.calls = pq_number(r, i, "calls"), .seconds = pq_number(r, i, "seconds")};
        if (!view_to_i64(pq_cell(r, i, "id"), &one.id))
            continue;
        const struct was *before = find(s->statement, s->statement_count, one.id);
        double new_calls = one.calls - (before ? before->calls : 0),
               new_seconds = one.seconds - (before ? before->seconds : 0);
        bool grew = s->dearer_us && new_calls > 0 && new_seconds > 0;
        if (grew && new_seconds / new_calls > slowest) {
            slowest = new_seconds / new_calls;
            slow_id = one.id;
        }
        if (grew && new_seconds > busiest) {
            busiest = new_seconds;
            busy_id = one.id;
        }
        now[n++] = one;
    }
    PQclear(r);
    memcpy(s->statement, now, n * sizeof *now);
    s->statement_count = n;
    s->slowest = slowest;
    if (slowest > 0) {
        note_statement(p, "postgres.statement.slowest_mean", slow_id, slowest);
        note_statement(p, "postgres.statement.busiest", busy_id, busiest);
    }
}

static void read_size(struct postgres_state *s) {
    PGresult *r = ask(s, MARK "SELECT pg_database_size(current_database()) AS size");
    if (r)
        s->size = pq_number(r, 0, "size");
    PQclear(r);
}

/* What is read now and then is told each second, as it was. */
static void tell_kept(struct probe *p) {
    const struct postgres_state *s = p->state;
    if (s->slowest > 0)
        probe_tell(p, "postgres.statement.slowest_mean", PROBE_SECONDS, s->slowest);
    if (s->size > 0)
        probe_tell(p, "postgres.size", PROBE_BYTES, s->size);
}

/* ---- the session ---- */

static int begin_session(struct probe *p, struct error *err) {
    struct postgres_state *s = p->state;
    PGresult *r = NULL;
    int rc = pq_link_ask(&s->link,
        "SET default_transaction_read_only = on; SET statement_timeout = 2000; SET lock_timeout = 500", &r,
        err);
    PQclear(r);
    r = NULL;
    rc = rc < 0 ? rc : pq_link_ask(&s->link, capabilities, &r, err);
    if (rc < 0)
        return rc;
    bool old = pq_number(r, 0, "version")<OLD_SERVER, installed = pq_number(r, 0, "statements")> 0;
    s->may_see_all = view_eq(pq_cell(r, 0, "may_see_all"), VIEW("t"));
    s->statements = installed && !old && s->may_see_all;
    s->readings = 0;
    s->dearer_us = 0;
    PQclear(r);
    if (!s->may_see_all)
        snprintf(p->advice, sizeof p->advice,
            "this role sees neither others' sessions nor statements: GRANT pg_monitor TO %s",
            PQuser(s->link.connection));
    else if (!s->statements)
        snprintf(p->advice, sizeof p->advice, "%s: no figures of statements",
            old ? "a server older than version 13"
                : "pg_stat_statements is not there (shared_preload_libraries, CREATE EXTENSION "
                  "pg_stat_statements)");
    return 0;
}

/* The server's words for SQLSTATE 53300, which libpq does not hand out for a login: its limit, or what is left is kept for superusers, or
 * the database's own limit. A role's limit is not among them: it stops this observer and may stop nobody else. */
static bool all_are_taken(const struct error *err) {
    static const char *const words[] = {"too many clients", "connection slots are reserved", "too many connections for database"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(err->text, words[i]))
            return true;
    return false;
}

static int postgres_read(struct probe *p, struct error *err) {
    struct postgres_state *s = p->state;
    int r = pq_link_connect(&s->link, err);
    bool refused = r < 0 && all_are_taken(err);
    probe_tell(p, "postgres.connections_refused", PROBE_COUNT, refused);
    if (refused) { /* this is a finding and no failure of ours */
        snprintf(p->advice, sizeof p->advice, "it takes no more connections, ours neither: %.200s", err->text);
        return 0;
    }
    if (r == 1)
        r = begin_session(p, err);
    r = r < 0 ? r : tell_each_second(p, err);
    if (r < 0)
        return r;
    tell_calls(p);
    if (s->may_see_all)
        tell_blocker(p);
    if (s->readings % DEARER_EVERY == 0) {
        find_our_own(s);
        tell_table(p, s->dearer_us ? (double)(p->now_us - s->dearer_us) / 1e6 : 0);
        tell_statements(p);
        s->dearer_us = p->now_us;
        s->dearer_readings++;
    }
    if (s->readings % SIZE_EVERY == 0)
        read_size(s);
    tell_kept(p);
    s->readings++;
    return 0;
}

static void postgres_close(struct probe *p) {
    struct postgres_state *s = p->state;
    if (s)
        pq_link_deinit(&s->link);
    free(s);
    p->state = NULL;
}

static int postgres_open(struct probe *p, struct view what, struct error *err) {
    struct postgres_state *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    p->state = s;
    return pq_link_init(&s->link, p, "postgres", what, NULL, err);
}

const struct probe_kind probe_postgres = {.name = "postgres",
    .spec = "postgres://[USER:PASSWORD@]HOST[:5432]/DATABASE",
    .help = "PostgreSQL: connections, waits, locks, cache hits, slow statements, sequential reads",
    .url = true,
    .open = postgres_open,
    .read = postgres_read,
    .close = postgres_close};
