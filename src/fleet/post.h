/* What is written on the envelopes: subjects, names, and the small JSON notices between controllers and
 * agents that are no part of a run's stream. Pure; everything that is read comes from strangers and is
 * checked. */
#ifndef FLEET_POST_H
#define FLEET_POST_H

#include "core/buf.h"

enum {
    POST_PROTOCOL = 2, /* agents and controllers of another one refuse each other */
    POST_ID_MAX = 32,
    POST_TEXT_MAX = 128,
    POST_LABELS_MAX = 256,
    POST_MEMBERS_MAX = 1024,
    POST_NOTICE_MAX = 256 * 1024,
};
#define POST_BUCKET "ht_runs"
#define POST_AGENTS "ht.agents"       /* agents announce themselves, every second */
#define POST_ASK    "ht.ask"          /* … and when asked */
#define POST_AGENT  "ht.agent.%s"     /* agent id: requests to it */
#define POST_STREAM "HT_%s"           /* run id, as in all that follow */
#define POST_LOG    "ht.%s.log.>"     /* what the stream keeps: */
#define POST_UP     "ht.%s.log.up.%u" /* a member speaks */
#define POST_UPS    "ht.%s.log.up.>"
#define POST_DOWN                                                                                            \
    "ht.%s.log.down.%s.%u" /* it is spoken to; by its agent's id, so that one reader serves an agent */
#define POST_DOWNS "ht.%s.log.down.%s.>"
#define POST_NOTE  "ht.%s.log.note"  /* what the controller decided */
#define POST_FILES "ht.%s.log.files" /* the script and all it opens */
#define POST_CLOCK "ht.%s.clock"     /* agents ask the controller what time it is */
#define POST_BEAT  "ht.%s.beat"      /* the controller lives */

/* Letters, digits, '-' and '_', at most POST_ID_MAX: what may become part of a subject. */
bool post_id_ok(const char *id);
void post_id_new(char out[POST_ID_MAX + 1]);
uint64_t post_key_new(void); /* 1 … 2^63 - 1, not to be guessed */

struct agent_card {
    char id[POST_ID_MAX + 1], host[POST_TEXT_MAX], version[POST_TEXT_MAX], labels[POST_LABELS_MAX];
    unsigned protocol;
    unsigned cores, slots, busy; /* slots: how many worker processes it may hold; busy: how many it does */
    uint64_t memory_bytes, descriptors_max;
    uint64_t backlog_bytes, unsent; /* waiting for the bus; snapshots that found no room and are lost */
    char run[POST_ID_MAX + 1];      /* whose members it holds (the latest); "" = none */
    int64_t
        clock_rtt_us; /* how well it knows that run's clock: half of it is the worst error; -1 = not yet */
};
int agent_card_pack(const struct agent_card *c, struct buf *json) MUST_USE;
int agent_card_parse(struct view json, struct agent_card *out) MUST_USE; /* ERROR_SYNTAX */
/* label "" = any; otherwise one of the card's labels, which are separated by commas. */
bool agent_card_has_label(const struct agent_card *c, const char *label);

struct offer_member {
    uint32_t number;
    char client_id[POST_TEXT_MAX];
};
struct offer {
    char run[POST_ID_MAX + 1], host[POST_ID_MAX + 1], version[POST_TEXT_MAX], sha256[65];
    unsigned protocol;
    uint64_t key;                 /* of the run's strands; below 2^63 */
    uint64_t files_bytes;
    bool files_tree;              /* an archive of a folder, not a bundle */
    bool release;                 /* let go of the run: nothing else counts */
    struct offer_member *members; /* heap */
    size_t member_count;
};
void offer_deinit(struct offer *o);
int offer_pack(const struct offer *o, struct buf *json) MUST_USE;
int offer_parse(struct view json, struct offer *out,
    struct error *err) MUST_USE; /* ERROR_SYNTAX, ERROR_LIMIT, ERROR_INVALID (another protocol) */

struct beat {
    uint64_t epoch;
    char host[POST_TEXT_MAX];
    unsigned pid;
};
int beat_pack(const struct beat *b, struct buf *json) MUST_USE;
int beat_parse(struct view json, struct beat *out) MUST_USE;

#endif
