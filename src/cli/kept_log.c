#include "cli/kept_log.h"

#include "core/clock.h"
#include "core/pack.h"
#include "ledger/ledger_run.h"

#include <inttypes.h>

/* "message key=value", as a pipe would show it. */
static void describe(const struct log_record *r, struct buf *out) {
    int e = buf_append_view(out, view_take(r->message, KEPT_LOG_TEXT_MAX));
    for (size_t i = 0; i < r->field_count && e == 0; i++)
        if (!view_eq(r->fields[i].key, VIEW("source"))) /* "console": its reader knows */
            e = buf_printf(out, " %.*s=%.*s", VIEW_ARGS(r->fields[i].key),
                VIEW_ARGS(view_take(r->fields[i].value, KEPT_LOG_TEXT_MAX)));
    (void)e; /* a full buffer cuts the text */
}

static void hold(struct kept_log *k, const struct log_record *r) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(KEPT_LOG_TEXT_MAX);
    size_t before = k->held.len;
    struct pack_writer w = pack_writer_of(&k->held);

    if (k->records >= KEPT_LOG_RECORDS_MAX) {
        k->dropped++;
        return;
    }
    describe(r, &text);
    pack_i64(&w, (r->wall_ns ? r->wall_ns : clock_wall_ns()) / 1000000);
    pack_u64(&w, r->level);
    pack_view(&w, buf_view(&text));
    k->records += w.error == 0;
    k->dropped += w.error != 0;
    if (w.error)
        k->held.len = before;
}

static void write_record(struct log_sink *sink, const struct log_record *r) {
    struct kept_log *k = (struct kept_log *)sink;
    hold(k, r);
    k->next->write(k->next, r);
}

void kept_log_init(struct kept_log *k, struct log_sink *next) {
    *k =
        (struct kept_log){.sink.write = write_record, .next = next, .held = BUF_MAX(KEPT_LOG_HELD_BYTES_MAX)};
}

void kept_log_deinit(struct kept_log *k) {
    buf_deinit(&k->held);
}

static int tell_dropped(struct kept_log *k, struct ledger *l, int64_t run, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(KEPT_LOG_TEXT_MAX);
    int r = buf_printf(&text, "%" PRIu64 " more records are not kept", k->dropped);
    return r < 0 ? r
                 : ledger_run_log(l, run, clock_wall_ns() / 1000000, VIEW("warning"), buf_view(&text), err);
}

int kept_log_write(struct kept_log *k, struct ledger *l, int64_t run, bool last, struct error *err) {
    struct pack_reader reader = pack_reader_of(buf_view(&k->held));
    int r = 0;

    while (reader.rest.len && !reader.failed && r == 0) {
        int64_t at_ms = unpack_i64(&reader);
        uint64_t level = unpack_u64(&reader);
        struct view text = unpack_view(&reader);
        if (!reader.failed)
            r = ledger_run_log(l, run, at_ms, view_of_cstr(log_level_name((enum log_level)level)), text, err);
    }
    buf_clear(&k->held);
    if (r == 0 && last && k->dropped)
        r = tell_dropped(k, l, run, err);
    return r;
}
