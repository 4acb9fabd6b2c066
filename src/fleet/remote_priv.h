/* What the three parts of `remote` share: remote.c (the run's record, opening and beating), remote_log.c (its stream) and remote_agents.c
 * (the machines and what they are given). */
#ifndef FLEET_REMOTE_PRIV_H
#define FLEET_REMOTE_PRIV_H

#include "fleet/controller_priv.h"
#include "fleet/nats_outbox.h"
#include "fleet/nats_reader.h"
#include "fleet/nats_store.h"
#include "fleet/post.h"

#include <jansson.h>

enum {
    REMOTE_AGENTS_MAX = 1024,
    REMOTE_DEAF_US = 1800 * 1000, /* without our own beat for so long it is we who are cut off */
};

struct remote_agent {
    struct agent_card card;
    int64_t heard_us;
    size_t members;
    bool lost;
};

struct remote {
    struct controller *controller;
    const struct fleet_away *o;
    struct nats_link *link;
    struct nats_outbox *outbox;
    struct nats_reader *reader;
    char run[POST_ID_MAX + 1], stream[POST_TEXT_MAX], sha256[65];
    uint64_t key, epoch, revision, files_bytes, started_s;
    struct strand_out notes, files;
    struct bus *note_bus;
    struct remote_agent *agents;
    size_t agent_count;
    struct nats_watch cards, beats, clock;
    struct timer tick;
    int64_t beat_us, echo_us,
        hears_since_us; /* the next beat · our latest that came back · since when all of them do */
    struct recall *recall;
    uint64_t recall_seq, live_seq; /* what was there when we came · the first to be read live */
    bool ours;                     /* we have the run; before that nothing of it may be touched */
    bool hailed, replaced;
    int64_t trouble_us; /* since when the stream takes or gives nothing; 0 = it does */
    uint64_t entries;   /* read live, and how long after the server had stored them */
    int64_t lag_sum_us, lag_max_us;
    struct loop_defer recalled;
    json_t *command;
};

/* remote_log.c */
int remote_log_open(struct remote *r, struct error *err) MUST_USE;
int remote_log_read(struct remote *r) MUST_USE; /* what members say, from r->live_seq on */
/* From its beginning, to know the run. Then all members hear of us, and it is read live. */
int remote_log_recall(struct remote *r, struct error *err) MUST_USE;
void remote_log_begin_epoch(struct remote *r); /* a note: from here on it is ours */

/* remote_agents.c */
int remote_agents_gather(struct remote *r, struct error *err) MUST_USE; /* as many as are wanted, or all that answer */
int remote_agents_watch(struct remote *r) MUST_USE;                     /* their cards, from now on */
void remote_agents_hear_silence(struct remote *r, int64_t now_us);      /* loses those that say nothing */

#endif
