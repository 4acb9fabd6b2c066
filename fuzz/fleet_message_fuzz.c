/* What a stranger on the bus can send: segments, frames in them, the bodies of messages, cards, offers and
 * beats, archives' paths. Nothing may be read beyond its end, and nothing that was refused may leave a trace.
 */
/* links: ht_fleet */
#include "fleet/bus.h"
#include "fleet/file_tree.h"
#include "fleet/message.h"
#include "fleet/nats_reader.h"
#include "fleet/post.h"
#include "fleet/strand.h"

#include <stdlib.h>

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct arena arena;
    struct message_load load;
    struct message_assign assign;
    struct log_record log;
    static struct snapshot_head head; /* large */
    (void)ctx;

    arena_init(&arena, 1 << 24);
    switch (kind) {
    case MESSAGE_LOAD: (void)!message_unpack_load(body, &arena, &load); break;
    case MESSAGE_ASSIGN: (void)!message_unpack_assign(body, &arena, &assign); break;
    case MESSAGE_LOG: (void)!message_unpack_log(body, &log); break;
    case MESSAGE_PROGRESS:
        if (message_unpack_progress(body, &head) == 0 && head.scenario_count > SNAPSHOT_SCENARIOS_MAX)
            abort();
        break;
    default: break;
    }
    arena_deinit(&arena);
}

static void on_closed(void *ctx, int error) {
    (void)error;
    *(bool *)ctx = true;
}

/* The input as three segments of a strand, each cut short or whole. */
static void take_segments(struct view v) {
    static const struct bus_ops ops = {on_message, on_closed};
    struct strand_in in = {0};
    struct bus *bus;
    bool closed = false;

    if (bus_new_wire(&bus, &(struct bus_wire){0}, &ops, &closed) < 0)
        return;
    for (size_t part = v.len / 3 + 1; v.len; v = view_drop(v, part)) {
        struct view bytes;
        uint64_t before = in.n;
        int r = strand_take(&in, view_take(v, part), &bytes);
        if (r == STRAND_NEW_EPOCH)
            bus_feed_anew(bus);
        if (r == STRAND_TAKEN && in.n != before + 1)
            abort();
        if (r >= 0 && r != STRAND_SKIPPED)
            bus_feed(bus, bytes);
    }
    bus_free(bus);
}

static void take_frames(struct view v) {
    static const struct bus_ops ops = {on_message, on_closed};
    struct bus *bus;
    bool closed = false;

    if (bus_new_wire(&bus, &(struct bus_wire){0}, &ops, &closed) < 0)
        return;
    for (; v.len; v = view_drop(v, 7))
        bus_feed(bus, view_take(v, 7));
    bus_free(bus);
}

static void take_notices(struct view v) {
    struct agent_card card;
    struct offer offer;
    struct beat beat;
    struct nats_place place;
    struct error err = ERROR_NULL;

    if (agent_card_parse(v, &card) == 0 && !post_id_ok(card.id))
        abort();
    if (offer_parse(v, &offer, &err) == 0) {
        if (!post_id_ok(offer.run) || offer.member_count > POST_MEMBERS_MAX)
            abort();
        offer_deinit(&offer);
    } else if (offer.members) {
        abort();
    }
    (void)!beat_parse(v, &beat);
    (void)nats_place_parse(v, &place);
}

static void take_path(struct view v) {
    if (file_tree_path_ok(v) && (v.ptr[0] == '/' || view_eq(v, VIEW("..")) ||
                                    view_find_view(v, VIEW("/../")) >= 0 || view_starts_with(v, VIEW("../"))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const take[])(struct view v) = {take_segments, take_frames, take_notices, take_path};

    if (size > 0)
        take[data[0] % 4](view_of((const char *)data + 1, size - 1));
    return 0;
}
