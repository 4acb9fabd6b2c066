#include "ledger/ledger_watch.h"

#include "ledger/ledger_priv.h"

enum { MINUTE_MS = 60 * 1000 };

int ledger_round_add(
    struct ledger *l, int64_t run, int64_t at_ms, enum uptime_round round, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l,
        "INSERT INTO rounds (run, minute, good, slow, bad) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (run, minute) DO UPDATE SET good = good + ?3, slow = slow + ?4, bad = bad + ?5");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    sqlite3_bind_int64(s, 2, at_ms / MINUTE_MS);
    sqlite3_bind_int(s, 3, round == UPTIME_GOOD);
    sqlite3_bind_int(s, 4, round == UPTIME_SLOW);
    sqlite3_bind_int(s, 5, round == UPTIME_BAD);
    return ledger_step(l, s, err);
}

int ledger_state_add(struct ledger *l, int64_t run, const struct ledger_state *state, struct error *err) {
    sqlite3_stmt *s = ledger_statement(
        l, "INSERT INTO states (run, at_ms, since_ms, state, reason) VALUES (?1, ?2, ?3, ?4, ?5)");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    sqlite3_bind_int64(s, 2, state->at_ms);
    sqlite3_bind_int64(s, 3, state->since_ms);
    ledger_bind_text(s, 4, view_of_cstr(uptime_word(state->state)));
    ledger_bind_text(s, 5, view_take(state->reason, LEDGER_WATCH_REASON_MAX));
    return ledger_step(l, s, err);
}

/* SQLITE_ROW or SQLITE_DONE are no errors. */
static int end_of(struct ledger *l, sqlite3_stmt *s, int code, int r, struct error *err) {
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        r = ledger_fail(l, err);
    sqlite3_reset(s);
    return r;
}

int ledger_rounds_each(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, const struct ledger_rounds *r), void *ctx, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l,
        "SELECT minute, sum(good), sum(slow), sum(bad) FROM rounds WHERE run IN"
        " (SELECT id FROM runs WHERE label = ?1) AND minute >= ?2 GROUP BY minute ORDER BY minute");
    int code, r = 0;

    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, label);
    sqlite3_bind_int64(s, 2, from_ms / MINUTE_MS);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && r == 0) {
        struct ledger_rounds one = {.at_ms = sqlite3_column_int64(s, 0) * MINUTE_MS,
            .good = (uint64_t)sqlite3_column_int64(s, 1),
            .slow = (uint64_t)sqlite3_column_int64(s, 2),
            .bad = (uint64_t)sqlite3_column_int64(s, 3)};
        r = each(ctx, &one);
    }
    return end_of(l, s, code, r, err);
}

static struct ledger_state read_state(sqlite3_stmt *s) {
    return (struct ledger_state){.at_ms = sqlite3_column_int64(s, 0),
        .since_ms = sqlite3_column_int64(s, 1),
        .state = uptime_of_word(ledger_column_text(s, 2)),
        .reason = ledger_column_text(s, 3)};
}

int ledger_state_each(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, const struct ledger_state *s), void *ctx, struct error *err) {
    sqlite3_stmt *s =
        ledger_statement(l, "SELECT at_ms, since_ms, state, reason FROM states WHERE run IN"
                            " (SELECT id FROM runs WHERE label = ?1) AND at_ms >= ?2 ORDER BY at_ms, run");
    int code, r = 0;

    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, label);
    sqlite3_bind_int64(s, 2, from_ms);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && r == 0) {
        struct ledger_state one = read_state(s);
        r = each(ctx, &one);
    }
    return end_of(l, s, code, r, err);
}

int ledger_state_newest(struct ledger *l, struct view label, struct ledger_state *out, struct error *err) {
    sqlite3_stmt *s =
        ledger_statement(l, "SELECT at_ms, since_ms, state, '' FROM states WHERE run IN"
                            " (SELECT id FROM runs WHERE label = ?1) ORDER BY at_ms DESC, run DESC LIMIT 1");
    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, label);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        *out = read_state(s);
    out->reason = VIEW_NULL;
    return end_of(l, s, code, code == SQLITE_ROW ? LEDGER_OK : LEDGER_NOT_FOUND, err);
}

int ledger_watch_runs(struct ledger *l, struct view label, int64_t from_ms,
    int (*each)(void *ctx, int64_t run, int64_t started_ms, int64_t alive_ms), void *ctx, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l,
        "SELECT id, started_ms, alive_ms FROM runs WHERE label = ?1 AND alive_ms >= ?2 AND EXISTS"
        " (SELECT 1 FROM rounds WHERE run = runs.id) ORDER BY id DESC");
    int code, r = 0;

    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, label);
    sqlite3_bind_int64(s, 2, from_ms);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && r == 0)
        r = each(ctx, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2));
    return end_of(l, s, code, r, err);
}

int ledger_watch_labels(
    struct ledger *l, int (*each)(void *ctx, struct view label), void *ctx, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l,
        "SELECT label FROM runs WHERE label <> '' AND EXISTS (SELECT 1 FROM rounds WHERE run = runs.id)"
        " GROUP BY label ORDER BY max(id) DESC LIMIT ?1");
    int code, r = 0;

    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int(s, 1, LEDGER_WATCH_LABELS_MAX);
    while ((code = sqlite3_step(s)) == SQLITE_ROW && r == 0)
        r = each(ctx, ledger_column_text(s, 0));
    return end_of(l, s, code, r, err);
}

int ledger_watch_of_run(struct ledger *l, int64_t run, struct buf *out, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l,
        "SELECT w.label FROM runs w JOIN runs r ON r.id = ?1 WHERE w.id <> r.id AND w.label <> ''"
        " AND (w.script_sha256 = r.script_sha256 OR w.script = r.script)"
        " AND EXISTS (SELECT 1 FROM rounds WHERE run = w.id) ORDER BY w.id DESC LIMIT 1");
    int r = LEDGER_NOT_FOUND;

    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        r = buf_append_view(out, ledger_column_text(s, 0));
    return end_of(l, s, code, r, err);
}
