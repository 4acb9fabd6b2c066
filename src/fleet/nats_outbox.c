/* Go back n: when the oldest message on its way was refused, or not acknowledged in time, or the connection
 * was lost, everything from it on is sent again, also what was acknowledged behind it: a reader takes only
 * what follows what it has, so what came behind a hole was not taken. Acknowledgements carry the attempt, so
 * that those of an earlier one do not count. */
#include "fleet/nats_outbox.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { TICK_US = 200 * 1000, TROUBLE_EVERY_US = 5000 * 1000, REFUSED_PAUSE_US = 300 * 1000 };

struct parcel {
    struct list entry;
    uint64_t index;
    bool sent, taken;
    int64_t sent_us;
    size_t len;
    char *subject; /* behind the bytes */
    char bytes[];
};

struct nats_outbox {
    struct nats_link *link;
    struct nats_outbox_ops ops;
    void *ctx;
    struct list parcels;
    struct list *next; /* the first that is not on its way; the head = none */
    size_t bytes, bytes_max, count, window_bytes, window_count;
    uint64_t index, attempt, repeats;
    int64_t patience_us, not_before_us, trouble_us;
    char inbox[NATS_SUBJECT_MAX];
    struct nats_watch acks;
    struct nats_hook hook;
    struct timer tick;
};

static struct loop *loop_of(const struct nats_outbox *o) {
    return nats_link_loop(o->link);
}

static void arm(struct nats_outbox *o) {
    if (!timer_armed(&o->tick) && !list_empty(&o->parcels))
        (void)!timers_arm(loop_timers(loop_of(o)), &o->tick, loop_now_us(loop_of(o)) + TICK_US);
}

static void pump(struct nats_outbox *o) {
    char reply[2 * NATS_SUBJECT_MAX];
    int64_t now_us = loop_now_us(loop_of(o));

    while (o->next != &o->parcels && nats_link_connected(o->link) && now_us >= o->not_before_us) {
        struct parcel *p = LIST_ENTRY(o->next, struct parcel, entry);
        if (o->window_count > 0 &&
            (o->window_bytes + p->len > OUTBOX_WINDOW_BYTES || o->window_count >= OUTBOX_WINDOW_MESSAGES))
            break;
        snprintf(reply, sizeof reply, "%s.%llu.%llu", o->inbox, (unsigned long long)o->attempt,
            (unsigned long long)p->index);
        if (nats_link_publish(o->link, p->subject, reply, view_of(p->bytes, p->len)) < 0)
            break;
        p->sent = true;
        p->sent_us = now_us;
        o->window_bytes += p->len;
        o->window_count++;
        o->next = o->next->next;
    }
    arm(o);
}

static void go_back(struct nats_outbox *o) {
    LIST_EACH(e, &o->parcels) {
        struct parcel *p = LIST_ENTRY(e, struct parcel, entry);
        if (!p->sent)
            break;
        p->sent = p->taken = false;
    }
    o->next = o->parcels.next;
    o->window_bytes = o->window_count = 0;
    o->attempt++;
    o->repeats++;
}

static void pop_taken(struct nats_outbox *o) {
    for (struct list *e; (e = list_first(&o->parcels));) {
        struct parcel *p = LIST_ENTRY(e, struct parcel, entry);
        if (!p->taken)
            break;
        if (o->next == e)
            o->next = e->next;
        list_remove(e);
        o->bytes -= p->len;
        o->window_bytes -= p->len;
        o->window_count--;
        o->count--;
        free(p);
        if (o->ops.taken)
            o->ops.taken(o->ctx, o->count);
    }
}

static void tell_trouble(struct nats_outbox *o, const char *what) {
    int64_t now_us = loop_now_us(loop_of(o));
    if (!o->ops.trouble || now_us < o->trouble_us)
        return;
    o->trouble_us = now_us + TROUBLE_EVERY_US;
    o->ops.trouble(o->ctx, what);
}

static void refused(struct nats_outbox *o, const struct nats_message *m) {
    json_t *answer = json_loadb(m->data.ptr ? m->data.ptr : "", m->data.len, 0, NULL);
    const char *why = json_string_value(json_object_get(json_object_get(answer, "error"), "description"));

    tell_trouble(o, m->no_responders
                        ? "nobody keeps the run's stream (JetStream is off, or the stream is gone)"
                    : why ? why
                          : "not stored");
    json_decref(answer);
    go_back(o);
    o->not_before_us = loop_now_us(loop_of(o)) + REFUSED_PAUSE_US;
    arm(o);
}

/* "<inbox>.<attempt>.<index>" */
static void on_ack(struct nats_watch *w, const struct nats_message *m) {
    struct nats_outbox *o = CONTAINER_OF(w, struct nats_outbox, acks);
    struct view rest = view_drop(m->subject, strlen(o->inbox) + 1), attempt = view_cut(&rest, '.', NULL);
    uint64_t a, index;

    if (!view_to_u64(attempt, &a) || !view_to_u64(rest, &index) || a != o->attempt)
        return;
    if (m->no_responders || view_find_view(m->data, VIEW("\"error\"")) >= 0 ||
        view_find_view(m->data, VIEW("\"seq\"")) < 0) {
        refused(o, m);
        return;
    }
    LIST_EACH(e, &o->parcels) {
        struct parcel *p = LIST_ENTRY(e, struct parcel, entry);
        if (p->index > index)
            break;
        if (p->index == index && p->sent) {
            p->taken = true;
            break;
        }
    }
    o->patience_us = OUTBOX_PATIENCE_US;
    pop_taken(o);
    pump(o);
}

static void on_changed(struct nats_hook *h, bool connected) {
    struct nats_outbox *o = CONTAINER_OF(h, struct nats_outbox, hook);
    if (!connected || list_empty(&o->parcels))
        return;
    go_back(o);
    pump(o);
}

static void on_tick(struct timer *t) {
    struct nats_outbox *o = CONTAINER_OF(t, struct nats_outbox, tick);
    struct list *first = list_first(&o->parcels);
    int64_t now_us = loop_now_us(loop_of(o));

    if (!first)
        return;
    struct parcel *p = LIST_ENTRY(first, struct parcel, entry);
    if (p->sent && nats_link_connected(o->link) && now_us - p->sent_us > o->patience_us) {
        go_back(o);
        o->patience_us =
            2 * o->patience_us > OUTBOX_PATIENCE_MAX_US ? OUTBOX_PATIENCE_MAX_US : 2 * o->patience_us;
    }
    pump(o);
    arm(o);
}

int nats_outbox_new(struct nats_outbox **out, struct nats_link *l, size_t bytes_max,
    const struct nats_outbox_ops *ops, void *ctx) {
    static unsigned made;
    struct nats_outbox *o = calloc(1, sizeof *o);
    char subject[2 * NATS_SUBJECT_MAX];

    *out = NULL;
    if (!o)
        return -ENOMEM;
    o->link = l;
    o->ops = *ops;
    o->ctx = ctx;
    o->bytes_max = bytes_max;
    o->patience_us = OUTBOX_PATIENCE_US;
    list_init(&o->parcels);
    o->next = &o->parcels;
    o->tick.fire = on_tick;
    o->acks.message = on_ack;
    o->hook.changed = on_changed;
    snprintf(o->inbox, sizeof o->inbox, "%s.o%u", nats_link_inbox(l), made++);
    snprintf(subject, sizeof subject, "%s.>", o->inbox);
    int r = nats_link_watch(l, &o->acks, subject);
    if (r < 0) {
        free(o);
        return r;
    }
    nats_link_hook(l, &o->hook);
    *out = o;
    return 0;
}

struct nats_outbox *nats_outbox_free(struct nats_outbox *o) {
    if (!o)
        return NULL;
    timers_cancel(loop_timers(loop_of(o)), &o->tick);
    nats_link_unwatch(o->link, &o->acks);
    nats_link_unhook(&o->hook);
    for (struct list *e; (e = list_pop(&o->parcels));)
        free(LIST_ENTRY(e, struct parcel, entry));
    free(o);
    return NULL;
}

int nats_outbox_put(struct nats_outbox *o, const char *subject, struct view head, struct view body) {
    size_t len = head.len + body.len, name = strlen(subject) + 1;

    if (o->bytes + len > o->bytes_max)
        return ERROR_LIMIT;
    struct parcel *p = malloc(sizeof *p + len + name);
    if (!p)
        return -ENOMEM;
    *p = (struct parcel){.index = ++o->index, .len = len, .subject = p->bytes + len};
    if (head.len)
        memcpy(p->bytes, head.ptr, head.len);
    if (body.len)
        memcpy(p->bytes + head.len, body.ptr, body.len);
    memcpy(p->subject, subject, name);
    list_push(&o->parcels, &p->entry);
    if (o->next == &o->parcels)
        o->next = &p->entry;
    o->bytes += len;
    o->count++;
    pump(o);
    return 0;
}

size_t nats_outbox_bytes(const struct nats_outbox *o) {
    return o->bytes;
}
size_t nats_outbox_count(const struct nats_outbox *o) {
    return o->count;
}
uint64_t nats_outbox_repeats(const struct nats_outbox *o) {
    return o->repeats;
}
