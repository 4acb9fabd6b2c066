/* Inside of locust_master.c (who is connected, the messages) and locust_guest.c (guests as members of a run).
 */
#ifndef FLEET_LOCUST_MASTER_PRIV_H
#define FLEET_LOCUST_MASTER_PRIV_H

#include "fleet/controller_priv.h"
#include "fleet/locust_master.h"
#include "fleet/locust_message.h"
#include "fleet/zmq_link.h"

enum guest_state { GUEST_AWAY, GUEST_READY, GUEST_SPAWNING, GUEST_RUNNING, GUEST_MISSING };

struct locust_guest {
    struct locust_master *master;
    char id[ZMQ_LINK_PEER_MAX + 1];
    uint64_t index;
    enum guest_state state;
    int lives;
    double cpu_percent;
    uint64_t memory_bytes;
    bool cpu_told;
    int64_t gone_at; /* count of the master's seconds; whom to forget first */
    /* in a run */
    struct member *member; /* NULL = not in one */
    struct recorder measured;
    uint64_t seq;
    int64_t to_us; /* end of its latest snapshot */
    bool leaving;  /* it was told to stop or quit … */
    bool stopped;  /* … and said so; its last figures may still come */
};

struct locust_master {
    struct locust_master_options o;
    struct zmq_link *link;
    struct controller *c; /* NULL between two runs */
    struct timer beat, settle;
    struct locust_guest *guests[LOCUST_GUESTS_MAX];
    size_t guest_count;
    uint64_t next_index, seconds, refused;
    bool quits;
    double spawned_at; /* the latest spawn's timestamp: they must grow */
    json_t *options, *files;
    char version[64]; /* of Locust's API, ours */
    struct {
        size_t guests;
        int max_wait_s;
        uint64_t waited_s;
        void (*enough)(void *ctx, bool there);
        void *ctx;
    } expect;
};

void master_say(struct locust_master *m, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Finishes the message and sends it to the guest. */
void master_send(struct locust_guest *g, struct locust_packer *p);
void master_send_bare(struct locust_guest *g, const char *type);

/* locust_guest.c. In a run: */
void guest_join(struct locust_guest *g); /* in the middle of it */
void guest_lost(struct locust_guest *g); /* it is not heard any more */
void guest_back(struct locust_guest *g);
void guest_left(struct locust_guest *g); /* by itself, with a word */
void guest_counts(struct locust_guest *g, const msgpack_object *user_classes_count);
void guest_report(struct locust_guest *g, const msgpack_object *data);
void guest_exception(struct locust_guest *g, const msgpack_object *data);
void guest_again(struct locust_guest *g);  /* it begins with nothing, and is told its users again */
void guest_forget(struct locust_guest *g); /* the run is over */

#endif
