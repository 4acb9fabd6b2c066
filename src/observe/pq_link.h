/* A connection that speaks PostgreSQL's protocol (PostgreSQL, PgBouncer), never waited for longer than a
 * probe may. */
#ifndef OBSERVE_PQ_LINK_H
#define OBSERVE_PQ_LINK_H

#include <libpq-fe.h>

#include "observe/probe_priv.h"

enum { PQ_LINK_OPTIONS_MAX = 48, PQ_LINK_ANSWER_MAX = 8 * 1024 * 1024, PQ_LINK_URL_MAX = 2048 };

struct pq_link {
    struct probe *probe;
    PQconninfoOption *options; /* as parsed */
    PGconn *connection;        /* NULL = not connected */
};
/* url: "postgres://…" (what stands before "://" does not matter). name: of the source. database: where the
 * address names none; NULL = as the server has it. ERROR_INVALID with a sentence without secrets. */
int pq_link_init(struct pq_link *l, struct probe *p, const char *name, struct view url, const char *database,
    struct error *err) MUST_USE;
void pq_link_deinit(struct pq_link *l);
/* 0 = it is (again), 1 = it is new. Negative with a sentence. */
int pq_link_connect(struct pq_link *l, struct error *err) MUST_USE;
void pq_link_hang_up(struct pq_link *l);
/* One statement. 0 and a result with rows (PQclear it); negative with a sentence: after ERROR_INVALID (the
 * server says no) the connection stays. */
int pq_link_ask(struct pq_link *l, const char *sql, PGresult **out, struct error *err) MUST_USE;

/* A cell by its column's name; empty: NULL, or no such column. */
struct view pq_cell(const PGresult *r, int row, const char *column);
double pq_number(const PGresult *r, int row, const char *column); /* NAN */

#endif
