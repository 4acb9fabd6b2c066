/* Queries: how many a request makes, how long each takes, and whether it computes or waits; and calls of
 * other services. Traces say it per endpoint; counters of the application only on average. */
#include "diagnosis/collector.h"
#include "diagnosis/diagnosis_priv.h"

#define QUERY_SLOW_MS      4.0
#define WAITED_MS_MIN      50.0 /* by a request, for all its queries */
#define NEARLY_ALL         0.5  /* of the time is not spent in the database itself */
#define DB_SHARE_MIN       0.3  /* of a request's time */
#define COMPUTES           0.35 /* cores used per query at work: beyond it the query computes, below it waits */
#define CALLS_MANY         9.0 /* per request, on average over all endpoints */
#define CALLS_VERY_MANY    25.0
#define REPEATS_MANY       8.0    /* of one statement within one request: the median */
#define ROWS_PER_CALL      2000.0 /* read without an index, or by one that does not fit */
#define ROWS_MIN           2e5    /* a second: a core reads twenty times as many */
#define UPSTREAM_SHARE_MIN 0.5
enum { TRACED_MIN = 5 };

/* --- slow queries --- */

struct queries {
    const struct diagnosis_probe *at_work; /* seconds in queries per second = queries at work */
    double calls, level, mean_ms, share;   /* share: of a request's time */
    double per_request, cores;
};

static bool look_at_queries(const struct facts *f, struct queries *q) {
    const struct diagnosis_probe *calls = facts_probe(f, NULL, "app.db.calls_per_second");
    q->at_work = facts_probe(f, NULL, "app.db.seconds_per_second");
    if (!calls || !q->at_work)
        return false;
    q->calls = course_mean(f, calls->values, &f->busy);
    q->level = course_mean(f, q->at_work->values, &f->busy);
    q->mean_ms = q->calls > 0 ? 1000 * q->level / q->calls : NAN;
    q->per_request = f->busy_rate > 0 ? q->calls / f->busy_rate : NAN;
    q->share = f->busy_ms > 0 ? fmin(1, q->per_request * q->mean_ms / f->busy_ms) : NAN;
    q->cores = facts_mean(f, "app.cpu.used", &f->busy);
    if (!(q->cores >= 0))
        q->cores = facts_mean(f, "proc.cpu.used", &f->busy);
    double waiting = facts_mean(f, "proc.cpu.busiest_waiting", &f->busy);
    q->cores += waiting > 0 ? waiting : 0; /* a busy neighbour makes a query that computes last longer */
    /* When requests queue for the process, queries are a small part of their time but all of the process's.
     */
    if (q->cores > 0.1 && q->cores > COMPUTES * q->level)
        q->share = fmax(q->share, fmin(1, q->level / fmax(q->cores, 1)));
    return q->calls > 0;
}

static void say_query(
    const struct facts *f, const struct queries *q, bool computes, double confidence, struct findings *out) {
    const struct probe_note *text = facts_note(f, "postgres.statement.slowest_mean");
    struct diagnosis_finding *d =
        findings_add(out, computes ? DIAGNOSIS_MISSING_INDEX : DIAGNOSIS_SLOW_QUERY, confidence, q->share);
    if (computes)
        finding_say(d,
            "A query took %s on average, and computed for it: it reads many rows. Queries are %s of a "
            "request's "
            "time.",
            figure_ms(q->mean_ms).text, figure_share(q->share).text);
    else
        finding_say(d,
            "A query took %s on average, nearly all of it waiting for the database (the application's "
            "processor "
            "idled): %s of a request's time.",
            figure_ms(q->mean_ms).text, figure_share(q->share).text);
    if (text)
        finding_say(d, " The slowest: %.160s", text->text);
    if (computes)
        finding_remedy(d, "Look at the plans (EXPLAIN ANALYZE) of the slowest statements and add the index "
                          "that their WHERE and "
                          "ORDER BY need; it grows worse with each row that is added.");
    else
        finding_remedy(d,
            "Ask why the database is slow to answer: its own load and disk, the network between (each query "
            "is a "
            "round trip), locks; and ask it less often: fewer queries a page (now %s a request), a cache.",
            figure_count(q->per_request).text);
    finding_show(d, q->at_work, &f->busy, "%s queries at work on average, %s each",
        figure_count(q->level).text, figure_ms(q->mean_ms).text);
    finding_show(
        d, facts_probe(f, NULL, "app.cpu.used"), &f->busy, "%s cores used", figure_count(q->cores).text);
}

/* In sequence; or along an index that does not fit: ORDER BY id LIMIT 20 walks the primary key until twenty
 * rows match. */
static const struct diagnosis_probe *rows_read(const struct facts *f) {
    const struct diagnosis_probe *in_sequence = facts_probe(f, NULL, "postgres.seq_reads_per_second");
    const struct diagnosis_probe *all = facts_probe(f, NULL, "postgres.rows_read_per_second");
    double few = in_sequence ? course_mean(f, in_sequence->values, &f->busy) : NAN;
    return all && !(few > 0.5 * course_mean(f, all->values, &f->busy)) ? all : in_sequence;
}

static void judge_postgres(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *rows = rows_read(f);
    const struct probe_note *text = facts_note(f, "postgres.statement.slowest_mean");
    const struct probe_note *table = facts_note(f, "postgres.seq_reads_per_second");
    const struct diagnosis_probe *slowest = facts_probe(f, NULL, "postgres.statement.slowest_mean");
    double calls = facts_mean(f, "postgres.calls_per_second", &f->busy),
           transactions = facts_mean(f, "postgres.transactions_per_second", &f->busy);
    double read = rows ? course_mean(f, rows->values, &f->busy) : NAN,
           per_call = read / (calls > 0 ? calls : transactions);
    double slow_ms = slowest ? 1000 * course_max(f, slowest->values, &f->all) : NAN;
    bool scans = per_call > ROWS_PER_CALL && read > ROWS_MIN;

    if (!scans && !(slow_ms > 50 && slow_ms > 0.5 * f->busy_ms))
        return;
    struct diagnosis_finding *d = findings_add(out, scans ? DIAGNOSIS_MISSING_INDEX : DIAGNOSIS_SLOW_QUERY,
        scans ? 0.75 + 0.15 * (slow_ms > 20) : 0.7, 0.7);
    if (scans)
        finding_say(d,
            "The database read %s rows a second without an index that fits, %s for each statement.",
            figure_count(read).text, figure_count(per_call).text);
    if (scans && table)
        finding_say(d, " Most are of %.60s.", table->text);
    if (slow_ms > 0)
        finding_say(d, "%sThe slowest statement took %s on average%s%.160s", scans ? " " : "",
            figure_ms(slow_ms).text, text ? ": " : ".", text ? text->text : "");
    finding_remedy(d, "Look at its plan (EXPLAIN ANALYZE) and add the index that its WHERE and ORDER BY "
                      "need; if it has one, "
                      "read fewer rows.");
    if (scans)
        finding_show(d, rows, &f->busy, "%s rows a second read", figure_count(read).text);
    if (slow_ms > 0)
        finding_show(d, slowest, &f->all, "%s on average", figure_ms(slow_ms).text);
}

/* What the application waits for a query and the database does not spend on it is spent on the way. */
static void say_distance(
    const struct facts *f, const struct queries *q, double slowest_ms, struct findings *out) {
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_DB_DISTANCE, 0.8, clamp01(q->share));
    finding_say(d,
        "The application waits %s for a query on average, but the database needs %s at most: the rest is the "
        "way between "
        "them, %s of a request's time.",
        figure_ms(q->mean_ms).text, figure_ms(slowest_ms).text, figure_share(clamp01(q->share)).text);
    finding_remedy(d,
        "Put application and database nearer together, or make fewer ways: fewer queries a page (now %s a "
        "request), pipelining, "
        "a cache.",
        figure_count(q->per_request).text);
    finding_show(
        d, q->at_work, &f->busy, "%s on average, as the application sees it", figure_ms(q->mean_ms).text);
}

void rule_queries(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *slowest = facts_probe(f, NULL, "postgres.statement.slowest_mean");
    double slowest_ms = slowest ? 1000 * course_max(f, slowest->values, &f->busy) : NAN;
    bool apart = facts_probe(f, NULL, "postgres.connections") != NULL; /* it computes elsewhere */
    struct queries q = {0};
    bool known = look_at_queries(f, &q);
    judge_postgres(f, out);
    if (!known || !(q.mean_ms > QUERY_SLOW_MS) || !(q.share > DB_SHARE_MIN))
        return;
    double busy = q.cores >= 0 ? q.cores / fmax(q.level, 0.01) : NAN;
    bool computes = busy > COMPUTES && !apart;
    if (!computes && q.per_request * q.mean_ms < WAITED_MS_MIN)
        return; /* a database takes its time */
    if (!computes && slowest_ms < NEARLY_ALL * q.mean_ms) {
        say_distance(f, &q, slowest_ms, out);
        return;
    }
    double sure = isnan(busy) ? 0 : clamp01(computes ? (busy - COMPUTES) / 0.25 : (COMPUTES - busy) / 0.2);
    if (computes ? findings_has(out, DIAGNOSIS_MISSING_INDEX, 0) : findings_has(out, DIAGNOSIS_SLOW_QUERY, 0))
        return;
    say_query(f, &q, computes, 0.6 + 0.28 * sure, out);
}

/* --- too many queries --- */

/* "GET http://h/a/7" as "GET /a/{id}". */
static void shown_endpoint(struct view endpoint, char out[DIAGNOSIS_NAME_MAX]) {
    struct view rest = endpoint, method = view_cut(&rest, ' ', NULL);
    collector_endpoint(rest.ptr ? method : VIEW(""), rest.ptr ? rest : endpoint, out);
}

static bool judge_traces(const struct facts *f, struct findings *out) {
    bool found = false;
    for (size_t i = 0; i < f->in->trace_count; i++) {
        const struct trace_summary *t = &f->in->traces[i];
        double median = t->requests >= TRACED_MIN ? histogram_percentile(t->repeats, 0.5) : 0;
        if (median < REPEATS_MANY || !t->statement_count)
            continue;
        const struct trace_statement *s = &t->statements[0];
        char name[DIAGNOSIS_NAME_MAX];
        shown_endpoint(t->endpoint, name);
        double grows = trace_growth_correlation(&t->by_size),
               share = t->seconds > 0 ? s->seconds / t->seconds : 0;
        struct diagnosis_finding *d =
            findings_add(out, DIAGNOSIS_N_PLUS_1, 0.85 + 0.1 * (grows > 0.5), 0.4 + 0.6 * share);
        finding_say(d, "%s asks the database the same thing %s times for one request (up to %llu): %.*s",
            name, figure_count(median).text, (unsigned long long)s->most,
            (int)(s->text.len < 160 ? s->text.len : 160), s->text.ptr);
        finding_remedy(d,
            "Fetch the rows with one query (a join, WHERE id IN (…), or the ORM's eager loading: "
            "selectinload, "
            "joinedload, prefetch_related, includes)%s.",
            grows > 0.5 ? "; it grows with the list" : "");
        finding_show(d, NULL, &f->all, "%s queries a request (median), %s of its time",
            figure_count(histogram_percentile(t->database_spans, 0.5)).text, figure_share(share).text);
        finding_concerns(d, name);
        found = true;
    }
    return found;
}

void rule_n_plus_1(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *calls = facts_probe(f, NULL, "app.db.calls_per_second");
    struct queries q = {0};
    if (judge_traces(f, out))
        return;
    double rate = calls ? course_mean(f, calls->values, &f->busy)
                        : facts_mean(f, "postgres.calls_per_second", &f->busy);
    calls = calls ? calls : facts_probe(f, NULL, "postgres.calls_per_second");
    double per_request = f->busy_rate > 0 ? rate / f->busy_rate : NAN;
    if (!(per_request > CALLS_MANY))
        return;
    double sure = clamp01((per_request - CALLS_MANY) / (CALLS_VERY_MANY - CALLS_MANY));
    double share = look_at_queries(f, &q) ? clamp01(q.share) : 0.5;
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_N_PLUS_1, 0.65 + 0.28 * sure, 0.3 + 0.7 * share);
    finding_say(d,
        "Each request makes %s database queries on average: some page asks once more for each row of a list "
        "(N+1).",
        figure_count(per_request).text);
    finding_remedy(d, "Find the page (traces name it: --traces) and fetch its rows with one query: a join, "
                      "WHERE id IN (…), or the "
                      "ORM's eager loading (selectinload, joinedload, prefetch_related, includes).");
    finding_show(d, calls, &f->busy, "%s queries a second for %s requests a second", figure_count(rate).text,
        figure_count(f->busy_rate).text);
}

/* --- other services --- */

static double self_seconds(const struct trace_summary *t, enum trace_kind kind) {
    double seconds = 0;
    for (size_t i = 0; i < t->part_count; i++)
        seconds += t->parts[i].kind == kind ? t->parts[i].seconds : 0;
    return seconds;
}

void rule_upstream(const struct facts *f, struct findings *out) {
    double upstream = 0, database = 0, all = 0, requests = 0;
    const struct trace_part *worst = NULL;
    for (size_t i = 0; i < f->in->trace_count; i++) {
        const struct trace_summary *t = &f->in->traces[i];
        upstream += self_seconds(t, TRACE_HTTP_CLIENT);
        database += self_seconds(t, TRACE_DATABASE);
        all += t->seconds;
        requests += (double)t->requests;
        for (size_t k = 0; k < t->part_count; k++)
            if (t->parts[k].kind == TRACE_HTTP_CLIENT && (!worst || t->parts[k].seconds > worst->seconds))
                worst = &t->parts[k];
    }
    if (requests < TRACED_MIN || !(all > 0))
        return;
    if (worst && upstream / all > UPSTREAM_SHARE_MIN) {
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SLOW_UPSTREAM, 0.85, upstream / all);
        finding_say(d, "%s of the time of traced requests is %.*s waiting for another service: %s a call.",
            figure_share(upstream / all).text, VIEW_ARGS(worst->service),
            figure_ms(1000 * worst->seconds / (double)(worst->spans ? worst->spans : 1)).text);
        finding_remedy(d, "Make that service faster or call it less: calls side by side, a cache, a timeout "
                          "with a fallback, or "
                          "after the answer.");
        finding_show(
            d, NULL, &f->all, "%s of %s s traced", figure_share(upstream / all).text, figure_count(all).text);
    }
    if (database / all > 0.6 && !findings_has(out, DIAGNOSIS_N_PLUS_1, 0) && f->saturated &&
        !findings_has(out, DIAGNOSIS_SLOW_QUERY, 0) && !findings_has(out, DIAGNOSIS_MISSING_INDEX, 0)) {
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SLOW_QUERY, 0.7, database / all);
        finding_say(d, "%s of the time of traced requests is spent in database queries.",
            figure_share(database / all).text);
        finding_remedy(d, "Look at the plans (EXPLAIN ANALYZE) of the slowest statements, and at what the "
                          "database waits for "
                          "(--observe postgres://…).");
        finding_show(
            d, NULL, &f->all, "%s of %s s traced", figure_share(database / all).text, figure_count(all).text);
    }
}
