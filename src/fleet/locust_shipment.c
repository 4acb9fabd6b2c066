#include "fleet/locust_shipment.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/rng.h"
#include "fleet/locust_message.h"
#include "fleet/zmq_link.h"

enum { SECOND_US = 1000 * 1000, WORD_EVERY_S = 60 };

struct fetch {
    const struct locust_shipment *s;
    struct loop *loop;
    struct zmq_link *link;
    struct timer beat;
    char id[ZMQ_LINK_PEER_MAX + 1];
    int asked;
    json_t *files;
    struct error *err;
    int result;
};

static void end(struct fetch *f, int result) {
    f->result = result;
    loop_stop(f->loop);
}

static void on_message(void *ctx, struct view peer, struct view bytes) {
    struct fetch *f = ctx;
    struct locust_message m;
    (void)peer;
    if (locust_message_read(&m, bytes, f->err) < 0) {
        error_wrap(f->err, "the master's answer is not understood");
        end(f, f->err->code);
        return;
    }
    struct view why = locust_text_of(locust_field(m.data, "error"));
    const msgpack_object *files = locust_field(m.data, "locustfiles");
    if (!view_eq(m.type, VIEW("locustfile")))
        end(f, error_set(f->err, ERROR_SYNTAX, "Got wrong message type from master %.*s", VIEW_ARGS(m.type)));
    else if (why.ptr)
        end(f, error_set(f->err, ERROR_INVALID, "Got error from master: %.*s",
                   VIEW_ARGS(view_take(why, ERROR_TEXT_MAX / 2))));
    else if (!files || !(f->files = locust_json_of(files)))
        end(f, error_set(f->err, ERROR_SYNTAX, "the master's answer holds no locustfile"));
    else
        end(f, 0);
    locust_message_deinit(&m);
}

static void on_beat(struct timer *t) {
    struct fetch *f = CONTAINER_OF(t, struct fetch, beat);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct locust_packer p;
    if (f->asked >= f->s->wait_s) {
        end(f, error_set(f->err, ERROR_CLOSED, "Got no locustfile response from master, gave up after %ds",
                   f->s->wait_s));
        return;
    }
    if (f->asked >= f->s->word_s && (f->asked - f->s->word_s) % WORD_EVERY_S == 0)
        f->s->waiting(f->s->ctx);
    f->asked++;
    locust_pack_begin(&p, &out, VIEW("locustfile"));
    msgpack_pack_map(&p.to, 1);
    locust_pack_pair(&p, "version", VIEW(HT_VERSION));
    int r = locust_pack_end(&p, view_of_cstr(f->id));
    r = r < 0 ? r : zmq_link_send(f->link, VIEW(""), buf_view(&out));
    if (timers_arm(loop_timers(f->loop), t, loop_now_us(f->loop) + SECOND_US) < 0 || r == -ENOMEM)
        end(f, error_set(f->err, -ENOMEM, "out of memory"));
}

static void name_us(struct fetch *f) {
    char host[HOST_NAME_MAX + 1] = "localhost";
    struct rng rng;
    (void)gethostname(host, sizeof host - 1);
    rng_init(&rng, rng_seed_random());
    snprintf(f->id, sizeof f->id, "%s_download_locustfile_%016llx%016llx", host,
        (unsigned long long)rng_u64(&rng), (unsigned long long)rng_u64(&rng));
}

int locust_shipment_fetch(const struct locust_shipment *s, json_t **files, struct error *err) {
    static const struct zmq_link_ops ops = {.message = on_message};
    struct fetch f = {.s = s, .err = err, .beat.fire = on_beat};
    name_us(&f);
    int r = loop_new(&f.loop, NULL);
    if (r < 0)
        return error_set(err, r, "out of memory");
    r = zmq_link_new(&f.link,
        &(struct zmq_link_options){.host = s->host, .port = s->port, .identity = view_of_cstr(f.id)}, &ops,
        &f, err);
    r = r < 0 ? r : zmq_link_attach(f.link, f.loop);
    if (r == 0) {
        on_beat(&f.beat);
        r = loop_run(f.loop);
        r = r < 0 ? r : f.result;
    }
    timers_cancel(loop_timers(f.loop), &f.beat);
    zmq_link_free(f.link);
    loop_free(f.loop);
    *files = f.files;
    return r;
}
