/* A log sink between those who log and the one that prints: it passes every record on and holds a copy until
 * the ledger is there to keep it. Bounded: KEPT_LOG_RECORDS_MAX a run; how many more there were is one last
 * line. */
#ifndef CLI_KEPT_LOG_H
#define CLI_KEPT_LOG_H

#include "core/buf.h"
#include "core/log.h"
#include "ledger/ledger.h"

enum { KEPT_LOG_RECORDS_MAX = 20000, KEPT_LOG_HELD_BYTES_MAX = 1024 * 1024, KEPT_LOG_TEXT_MAX = 4096 };

struct kept_log {
    struct log_sink sink; /* first member: hand it to those who log */
    struct log_sink *next;
    struct buf held; /* packed records */
    uint64_t records, dropped;
};
void kept_log_init(struct kept_log *k, struct log_sink *next);
void kept_log_deinit(struct kept_log *k);
/* Writes what is held. last: and how many were dropped. */
int kept_log_write(struct kept_log *k, struct ledger *l, int64_t run, bool last, struct error *err) MUST_USE;

#endif
