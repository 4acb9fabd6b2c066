/* The ledger: every run, kept in one SQLite file. The only room that knows its tables.
 *
 * One file, write-ahead logged: a run writes once a second, any number of readers look on, several runs write
 * at once (they take turns, LEDGER_BUSY_MS at most). A `struct ledger` belongs to one thread of one process;
 * open another for another. What a run is, is in ledger_run.h; what was measured when, in ledger_frame.h. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include "core/buf.h"

enum { LEDGER_BUSY_MS = 10 * 1000 };

enum ledger_mode { LEDGER_READ, LEDGER_WRITE };
enum ledger_outcome { LEDGER_OK = 0, LEDGER_NOT_FOUND = 1 };

struct ledger;
/* Where runs are kept unless somebody says otherwise: $HALFTIME_LEDGER, else
 * $XDG_DATA_HOME/halftime/ledger.db, else
 * ~/.local/share/halftime/ledger.db. ERROR_INVALID: none of them is set. */
int ledger_default_path(struct buf *out) MUST_USE;
/* LEDGER_WRITE makes the file (mode 0600) with its folders and brings an older schema up to date. LEDGER_READ
 * of a file that does not exist: -ENOENT. ERROR_INVALID: made by a newer halftime, or no ledger at all. */
int ledger_open(struct ledger **out, const char *path, enum ledger_mode mode, struct error *err) MUST_USE;
struct ledger *ledger_free(struct ledger *l);
const char *ledger_path(const struct ledger *l);
/* Everything written between them is one step: seen all together, or not at all. They nest. ledger_end takes
 * how it went (negative: nothing of it is kept) and returns that, or why it could not be kept. */
int ledger_begin(struct ledger *l, struct error *err) MUST_USE;
int ledger_end(struct ledger *l, int r, struct error *err) MUST_USE;

#endif
