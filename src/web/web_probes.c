/* What was observed of the system under test, in a window of a run. */
#include "ledger/ledger_json.h"
#include "web/web_priv.h"

enum { PROBES_POINTS = 600 };

int web_probes(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_probe_view v;
    struct error err = ERROR_NULL;
    int64_t from_s, to_s, points;

    if (!web_window_of(q, &from_s, &to_s) ||
        !web_query_i64(q, "points", PROBES_POINTS, 2, LEDGER_PROBE_POINTS_MAX, &points))
        return 0;
    struct ledger_view *run = web_window_view(q); /* whether there is such a run */
    if (!run)
        return 0;
    ledger_view_free(run);
    int r = ledger_probe_view_init(&v, *q->ledger, web_query_run(q), from_s, to_s, (size_t)points,
        web_query_text(q, "source"), web_query_text(q, "name"), &err);
    if (r < 0)
        return web_query_fail(q, &err);
    json_writer_object(&w);
    web_window_write(&w, &(struct ledger_window){.from_s = v.points ? v.t[0] : from_s,
                             .to_s = v.points ? v.t[v.points - 1] + v.width_s : from_s,
                             .width_s = v.width_s});
    ledger_json_probes(&w, &v);
    json_writer_end(&w);
    ledger_probe_view_deinit(&v);
    return json_writer_error(&w);
}
