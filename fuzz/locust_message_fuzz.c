/* Messages of Locust's wire protocol from hostile peers. links: ht_fleet
 *
 * Whatever is read must be readable as JSON, a report in it must leave a recorder whose figures are finite,
 * and both must survive being packed again. */
#include "fleet/locust_report.h"

#include <math.h>
#include <stdlib.h>

static void pack_again(const struct locust_message *m) {
    struct buf out = BUF_MAX(64 << 20);
    struct locust_packer p;
    struct locust_message again;
    json_t *data = locust_json_of(m->data);

    locust_pack_begin(&p, &out, m->type);
    locust_pack_json(&p, data);
    if (locust_pack_end(&p, m->node_id) < 0 || locust_message_read(&again, buf_view(&out), NULL) < 0)
        abort();
    locust_message_deinit(&again);
    json_decref(data);
    buf_deinit(&out);
}

static void take_report(const struct locust_message *m) {
    struct buf packed = BUF_MAX(SNAPSHOT_BYTES_MAX);
    static struct snapshot_head head;
    struct recorder r;

    if (recorder_init(&r, false) < 0)
        abort();
    if (locust_report_read(m->data, &r) >= 0) {
        for (size_t i = 0; i < series_store_count(r.series); i++) {
            const struct sink *s = &series_store_at(r.series, i)->sink;
            if (s->type == METRIC_TREND && !isfinite(histogram_percentile(&s->trend, 0.95)))
                abort();
        }
        head = (struct snapshot_head){.seq = 1};
        if (snapshot_pack(&head, &r, &packed) < 0)
            abort();
    }
    locust_report_exception(m->data, m->node_id, &r);
    recorder_deinit(&r);
    buf_deinit(&packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct locust_message m;
    struct error err = ERROR_NULL;

    if (locust_message_read(&m, view_of((const char *)data, size), &err) < 0)
        return 0;
    take_report(&m);
    pack_again(&m);
    locust_message_deinit(&m);
    return 0;
}
