/* An ephemeral push consumer without acknowledgements, made by a request that does not wait for its answer.
 * Its messages are numbered; a number that does not follow means that something was lost on the way, and a
 * new consumer is made that starts behind the last entry. Each consumer delivers to a subject of its own, so
 * what an old one still sends is not taken for the new one's; the subscription must be to just that subject,
 * because the server does not count wildcards as somebody who listens. */
#include "fleet/nats_reader.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    TICK_US = 500 * 1000,
    ACK_TOKENS = 9,
    ACK_TOKENS_DOMAIN = 11,
    TOKENS_MAX = 16,
    TROUBLE_EVERY_US = 5000 * 1000
};

struct nats_reader {
    struct nats_link *link;
    struct nats_reader_ops ops;
    void *ctx;
    char stream[NATS_SUBJECT_MAX], filter[NATS_SUBJECT_MAX], inbox[NATS_SUBJECT_MAX], name[NATS_SUBJECT_MAX];
    uint64_t next_seq, consumer_seq, incarnation, restarts;
    int64_t heard_us, trouble_us;
    struct nats_watch deliveries, answers;
    struct nats_hook hook;
    struct timer tick;
};

bool nats_place_parse(struct view reply, struct nats_place *out) {
    struct view tokens[TOKENS_MAX], rest = reply;
    size_t n = 0;

    while (rest.ptr && n < TOKENS_MAX)
        tokens[n++] = view_cut(&rest, '.', NULL);
    if (n < ACK_TOKENS || !view_eq(tokens[0], VIEW("$JS")) || !view_eq(tokens[1], VIEW("ACK")))
        return false;
    const struct view *t = n >= ACK_TOKENS_DOMAIN ? &tokens[5] : &tokens[3];
    out->consumer = t[0];
    return view_to_u64(t[2], &out->stream_seq) && view_to_u64(t[3], &out->consumer_seq) &&
           view_to_i64(t[4], &out->time_ns) && view_to_u64(t[5], &out->pending);
}

static struct loop *loop_of(const struct nats_reader *r) {
    return nats_link_loop(r->link);
}

static void drop_consumer(struct nats_reader *r) {
    char subject[3 * NATS_SUBJECT_MAX];

    if (!r->name[0])
        return;
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DELETE.%s.%s", r->stream, r->name);
    (void)!nats_link_publish(r->link, subject, NULL, VIEW_NULL);
    r->name[0] = 0;
}

static void begin(struct nats_reader *r) {
    char subject[3 * NATS_SUBJECT_MAX], answer[2 * NATS_SUBJECT_MAX], text[4 * NATS_SUBJECT_MAX];

    r->heard_us = loop_now_us(loop_of(r));
    if (!nats_link_connected(r->link))
        return;
    drop_consumer(r);
    nats_link_unwatch(r->link, &r->deliveries);
    r->incarnation++;
    r->consumer_seq = 0;
    snprintf(subject, sizeof subject, "%s.d.%llu", r->inbox, (unsigned long long)r->incarnation);
    if (nats_link_watch(r->link, &r->deliveries, subject) < 0)
        return; /* tried again when nothing was heard */
    const char *unique = strrchr(r->inbox, '.');
    const char *own = strchr(r->inbox, '.');
    snprintf(r->name, sizeof r->name, "r%.40s%s_%llu", own ? own + 1 : "", unique ? unique + 1 : "",
        (unsigned long long)r->incarnation);
    for (char *c = r->name; *c; c++)
        *c = *c == '.' ? '_' : *c;
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.CREATE.%s.%s", r->stream, r->name);
    snprintf(answer, sizeof answer, "%s.a", r->inbox);
    int n = snprintf(text, sizeof text,
        "{\"stream_name\":\"%s\",\"config\":{\"name\":\"%s\",\"deliver_subject\":\"%s.d.%llu\",\"deliver_"
        "policy\":\"by_start_sequence\","
        "\"opt_start_seq\":%llu,\"ack_policy\":\"none\",\"max_deliver\":1,\"replay_policy\":\"instant\","
        "\"filter_subject\":\"%s\","
        "\"idle_heartbeat\":%lld,\"inactive_threshold\":10000000000,\"mem_storage\":true,\"num_replicas\":1}"
        "}",
        r->stream, r->name, r->inbox, (unsigned long long)r->incarnation, (unsigned long long)r->next_seq,
        r->filter, (long long)READER_BEAT_US * 1000);
    (void)!nats_link_publish(r->link, subject, answer, view_of(text, (size_t)n));
}

static void again(struct nats_reader *r) {
    r->restarts++;
    begin(r);
}

static void tell_trouble(struct nats_reader *r, const struct nats_message *m) {
    json_t *answer = json_loadb(m->data.ptr ? m->data.ptr : "", m->data.len, 0, NULL);
    const char *why = json_string_value(json_object_get(json_object_get(answer, "error"), "description"));
    int64_t now_us = loop_now_us(loop_of(r));

    if ((why || m->no_responders) && r->ops.trouble && now_us >= r->trouble_us) {
        r->trouble_us = now_us + TROUBLE_EVERY_US;
        r->ops.trouble(r->ctx, why ? why : "JetStream does not answer");
    }
    json_decref(answer);
}

/* An idle server tells the number of its last message: were the last ones lost, nothing else would show it.
 */
static void hear_beat(struct nats_reader *r, const struct nats_message *m) {
    const char *last = nats_message_header(m, "Nats-Last-Consumer");
    uint64_t n;

    r->heard_us = loop_now_us(loop_of(r));
    if (last && view_to_u64(view_of_cstr(last), &n) && n > r->consumer_seq)
        again(r);
}

static void hear_entry(struct nats_reader *r, const struct nats_message *m, const struct nats_place *place) {
    if (!view_eq(place->consumer, view_of_cstr(r->name)))
        return; /* of a former one */
    r->heard_us = loop_now_us(loop_of(r));
    if (place->consumer_seq != r->consumer_seq + 1) {
        again(r);
        return;
    }
    r->consumer_seq++;
    r->next_seq = place->stream_seq + 1;
    r->ops.entry(r->ctx, &(struct nats_entry){.subject = m->subject,
                             .data = m->data,
                             .seq = place->stream_seq,
                             .time_ns = place->time_ns,
                             .pending = place->pending});
}

/* Entries come under the subject they were stored with, and with a reply subject that tells their place;
 * beats without. */
static void on_delivery(struct nats_watch *w, const struct nats_message *m) {
    struct nats_reader *r = CONTAINER_OF(w, struct nats_reader, deliveries);
    struct nats_place place;

    if (nats_place_parse(m->reply, &place))
        hear_entry(r, m, &place);
    else
        hear_beat(r, m);
}

static void on_answer(struct nats_watch *w, const struct nats_message *m) {
    tell_trouble(CONTAINER_OF(w, struct nats_reader, answers), m);
}

static void on_changed(struct nats_hook *h, bool connected) {
    struct nats_reader *r = CONTAINER_OF(h, struct nats_reader, hook);
    if (connected)
        again(r);
}

static void on_tick(struct timer *t) {
    struct nats_reader *r = CONTAINER_OF(t, struct nats_reader, tick);
    int64_t now_us = loop_now_us(loop_of(r));

    if (nats_link_connected(r->link) && now_us - r->heard_us > READER_SILENCE_US)
        again(r);
    (void)!timers_arm(loop_timers(loop_of(r)), t, now_us + TICK_US);
}

int nats_reader_new(struct nats_reader **out, struct nats_link *l, const char *stream, const char *filter,
    uint64_t from_seq, const struct nats_reader_ops *ops, void *ctx) {
    static unsigned made;
    struct nats_reader *r = calloc(1, sizeof *r);
    char subject[2 * NATS_SUBJECT_MAX];

    *out = NULL;
    if (!r)
        return -ENOMEM;
    r->link = l;
    r->ops = *ops;
    r->ctx = ctx;
    r->next_seq = from_seq ? from_seq : 1;
    r->deliveries.message = on_delivery;
    r->answers.message = on_answer;
    r->hook.changed = on_changed;
    r->tick.fire = on_tick;
    snprintf(r->stream, sizeof r->stream, "%s", stream);
    snprintf(r->filter, sizeof r->filter, "%s", filter);
    snprintf(r->inbox, sizeof r->inbox, "%s.r%u", nats_link_inbox(l), made++);
    snprintf(subject, sizeof subject, "%s.a", r->inbox);
    int rc = nats_link_watch(l, &r->answers, subject);
    if (rc < 0) {
        free(r);
        return rc;
    }
    nats_link_hook(l, &r->hook);
    begin(r);
    (void)!timers_arm(loop_timers(loop_of(r)), &r->tick, loop_now_us(loop_of(r)) + TICK_US);
    *out = r;
    return 0;
}

struct nats_reader *nats_reader_free(struct nats_reader *r) {
    if (!r)
        return NULL;
    drop_consumer(r);
    timers_cancel(loop_timers(loop_of(r)), &r->tick);
    nats_link_unwatch(r->link, &r->deliveries);
    nats_link_unwatch(r->link, &r->answers);
    nats_link_unhook(&r->hook);
    free(r);
    return NULL;
}

uint64_t nats_reader_restarts(const struct nats_reader *r) {
    return r->restarts;
}
