/* Everything goes by libpq's calls that do not block, and poll. What a server sends for one statement is
 * bounded by what the kernel says has arrived on the socket: libpq itself would take any amount. (Looking up
 * a host's name still blocks, inside PQconnectStart.) */
#include "observe/pq_link.h"

#include <errno.h>
#include <linux/tcp.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

enum { WORDS_SHOWN = 240, RESULTS_MAX = 16 };

static const char *option(const struct pq_link *l, const char *keyword) {
    for (const PQconninfoOption *o = l->options; o && o->keyword; o++)
        if (strcmp(o->keyword, keyword) == 0)
            return o->val && o->val[0] ? o->val : NULL;
    return NULL;
}

int pq_link_init(struct pq_link *l, struct probe *p, const char *name, struct view url, const char *database,
    struct error *err) {
    char text[PQ_LINK_URL_MAX];
    char *words = NULL;
    ptrdiff_t scheme = view_find_view(url, VIEW("://"));
    *l = (struct pq_link){.probe = p};
    int n = scheme < 0
                ? -1
                : snprintf(text, sizeof text, "postgresql%.*s", VIEW_ARGS(view_drop(url, (size_t)scheme)));
    if (n > 0 && n < (int)sizeof text)
        l->options = PQconninfoParse(text, &words);
    PQfreemem(words); /* they may show the password */
    explicit_bzero(text, sizeof text);
    if (!l->options)
        return error_set(err, ERROR_INVALID,
            "an address is wanted, such as %s://user:password@127.0.0.1:5432/database?sslmode=require",
            p->kind->name);
    for (PQconninfoOption *o = l->options; o->keyword && database; o++)
        if (strcmp(o->keyword, "dbname") == 0 && (!o->val || !o->val[0])) {
            PQfreemem(o->val);
            o->val = strdup(database);
        }
    const char *host = option(l, "host"), *address = option(l, "hostaddr"), *port = option(l, "port"),
               *db = option(l, "dbname"), *user = option(l, "user");
    if (port && strspn(port, "0123456789,") != strlen(port))
        return error_set(err, ERROR_INVALID, "\"%.40s\" is no port", port);
    host = host ? host : address ? address : "localhost";
    db = db ? db : user;
    snprintf(p->source, sizeof p->source, "%s %s%s%s:%s", name, db ? db : "", db ? "@" : "", host,
        port ? port : "5432");
    return 0;
}

void pq_link_hang_up(struct pq_link *l) {
    if (l->connection)
        PQfinish(l->connection);
    l->connection = NULL;
}

void pq_link_deinit(struct pq_link *l) {
    pq_link_hang_up(l);
    if (l->options)
        PQconninfoFree(l->options);
    l->options = NULL;
}

/* libpq's words end with line breaks and may have several lines. */
static int fail(struct pq_link *l, int code, const char *words, struct error *err) {
    struct view v = view_trim(view_of_cstr(words ? words : ""));
    char text[WORDS_SHOWN + 1];
    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(v));
    for (char *c = text; *c; c++)
        *c = *c == '\n' || *c == '\r' || *c == '\t' ? ' ' : *c;
    if (code != ERROR_INVALID)
        pq_link_hang_up(l);
    return error_set(err, code, "%s", text[0] ? text : error_name(code));
}

static int start(struct pq_link *l, struct error *err) {
    const char *keys[PQ_LINK_OPTIONS_MAX + 3], *values[PQ_LINK_OPTIONS_MAX + 3];
    size_t n = 0;
    for (const PQconninfoOption *o = l->options; o->keyword && n < PQ_LINK_OPTIONS_MAX; o++)
        if (o->val && o->val[0]) {
            keys[n] = o->keyword;
            values[n++] = o->val;
        }
    keys[n] = "fallback_application_name";
    values[n++] = "halftime";
    keys[n] = "client_encoding";
    values[n++] = "UTF8";
    keys[n] = values[n] = NULL;
    l->connection = PQconnectStartParams(keys, values, 0);
    if (!l->connection)
        return error_set(err, -ENOMEM, "out of memory");
    return PQstatus(l->connection) == CONNECTION_BAD
               ? fail(l, ERROR_CLOSED, PQerrorMessage(l->connection), err)
               : 0;
}

int pq_link_connect(struct pq_link *l, struct error *err) {
    if (l->connection && PQstatus(l->connection) == CONNECTION_OK)
        return 0;
    pq_link_hang_up(l);
    int r = start(l, err);
    if (r < 0)
        return r;
    for (PostgresPollingStatusType s = PGRES_POLLING_WRITING; s != PGRES_POLLING_OK;) {
        r = probe_wait(l->probe, PQsocket(l->connection), s == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        if (r < 0)
            return fail(l, r, r == -ETIMEDOUT ? "no answer to the login" : NULL, err);
        s = PQconnectPoll(l->connection);
        if (s == PGRES_POLLING_FAILED)
            return fail(l, ERROR_CLOSED, PQerrorMessage(l->connection), err);
    }
    return PQsetnonblocking(l->connection, 1) == 0
               ? 1
               : fail(l, ERROR_CLOSED, PQerrorMessage(l->connection), err);
}

/* ---- asking ---- */

static uint64_t arrived(const struct pq_link *l) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(PQsocket(l->connection), IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return 0; /* a socket of this machine */
    return info.tcpi_bytes_received;
}

static int flush_out(struct pq_link *l) {
    for (int left; (left = PQflush(l->connection)) != 0;) {
        int r = left < 0 ? ERROR_CLOSED : probe_wait(l->probe, PQsocket(l->connection), POLLIN | POLLOUT);
        if (r < 0)
            return r;
        if (!PQconsumeInput(l->connection))
            return ERROR_CLOSED;
    }
    return 0;
}

static int await(struct pq_link *l, uint64_t before) {
    while (PQisBusy(l->connection)) {
        int r = probe_wait(l->probe, PQsocket(l->connection), POLLIN);
        if (r < 0)
            return r;
        if (!PQconsumeInput(l->connection))
            return ERROR_CLOSED;
        if (arrived(l) - before > PQ_LINK_ANSWER_MAX)
            return ERROR_LIMIT;
    }
    return 0;
}

int pq_link_ask(struct pq_link *l, const char *sql, PGresult **out, struct error *err) {
    uint64_t before = arrived(l);
    PGresult *kept = NULL;
    *out = NULL;
    int r = PQsendQuery(l->connection, sql) ? flush_out(l) : ERROR_CLOSED;
    for (int n = 0; r == 0; n++) {
        r = n < RESULTS_MAX ? await(l, before) : ERROR_LIMIT;
        PGresult *one = r == 0 ? PQgetResult(l->connection) : NULL;
        if (!one)
            break;
        PQclear(kept);
        kept = one;
    }
    if (r < 0) {
        PQclear(kept);
        return fail(l, r,
            r == -ETIMEDOUT     ? "no answer to a query"
            : r == ERROR_CLOSED ? PQerrorMessage(l->connection)
                                : NULL,
            err);
    }
    ExecStatusType status = PQresultStatus(kept);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        *out = kept;
        return 0;
    }
    bool gone = PQstatus(l->connection) != CONNECTION_OK || !kept;
    r = fail(l, gone ? ERROR_CLOSED : ERROR_INVALID,
        kept ? PQresultErrorMessage(kept) : PQerrorMessage(l->connection), err);
    PQclear(kept);
    return r;
}

struct view pq_cell(const PGresult *r, int row, const char *column) {
    int at = PQfnumber(r, column);
    if (at < 0 || row < 0 || row >= PQntuples(r) || PQgetisnull(r, row, at))
        return VIEW_NULL;
    return view_of(PQgetvalue(r, row, at), (size_t)PQgetlength(r, row, at));
}

double pq_number(const PGresult *r, int row, const char *column) {
    double v;
    struct view cell = pq_cell(r, row, column);
    return cell.len && view_to_double(cell, &v) ? v : (double)NAN;
}
