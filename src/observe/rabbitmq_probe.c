/* RabbitMQ, by its management plugin's overview of all queues. */
#include "observe/probe_texts_priv.h"
#include "observe/web_get.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

static double number(const json_t *o, const char *group, const char *key) {
    const json_t *v = json_object_get(json_object_get(o, group), key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static double or_zero(double v) {
    return isnan(v) ? 0 : v;
}

int rabbitmq_probe_tell(struct probe *p, struct view json, struct error *err) {
    json_t *o = json_loadb(json.ptr ? json.ptr : "", json.len, 0, NULL);
    if (!json_object_get(o, "queue_totals") || !json_object_get(o, "object_totals")) {
        json_decref(o);
        return error_set(err, ERROR_SYNTAX, "what came is not the overview of RabbitMQ's management plugin");
    }
    /* A broker without queues has no totals, one without messages no rates. */
    probe_tell(
        p, "rabbitmq.messages.ready", PROBE_COUNT, or_zero(number(o, "queue_totals", "messages_ready")));
    probe_tell(p, "rabbitmq.messages.unacked", PROBE_COUNT,
        or_zero(number(o, "queue_totals", "messages_unacknowledged")));
    probe_tell(p, "rabbitmq.consumers", PROBE_COUNT, number(o, "object_totals", "consumers"));
    probe_tell(p, "rabbitmq.queues", PROBE_COUNT, number(o, "object_totals", "queues"));
    probe_tell_rate(
        p, "rabbitmq.publish_per_second", PROBE_PER_SECOND, number(o, "message_stats", "publish"));
    probe_tell_rate(
        p, "rabbitmq.deliver_per_second", PROBE_PER_SECOND, number(o, "message_stats", "deliver_get"));
    json_decref(o);
    return 0;
}

static int rabbitmq_open(struct probe *p, struct view what, struct error *err) {
    return web_get_new((struct web_get **)&p->state, p, "rabbitmq", what, "/api/overview", err);
}

static int rabbitmq_read(struct probe *p, struct error *err) {
    struct view body;
    int r = web_get(p->state, NULL, &body, err);
    return r < 0 ? r : rabbitmq_probe_tell(p, body, err);
}

static void rabbitmq_close(struct probe *p) {
    p->state = web_get_free(p->state);
}

const struct probe_kind probe_rabbitmq = {.name = "rabbitmq",
    .spec = "rabbitmq:http://USER:PASSWORD@HOST:15672",
    .help = "RabbitMQ by its management plugin: messages that wait, publishing, delivering, consumers",
    .open = rabbitmq_open,
    .read = rabbitmq_read,
    .close = rabbitmq_close};
