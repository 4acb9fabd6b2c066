/* The live stream: every event is made once and shown to all viewers. A viewer holds a reference to the event
 * it is being sent; events that fall out of the ring before a slow viewer came to them are lost to it, which
 * the gap in the ids tells. */
#include "web/web_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { VIEWER_BLOCK = 4096 };

struct viewer {
    struct list entry;
    struct web *web;
    struct MHD_Connection *connection;
    struct web_event *now; /* being sent */
    size_t sent;
    uint64_t next_id;
    bool asleep, ping, closing;
};

static struct web_event *event_new(uint64_t id, const char *name, struct view json) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(WEB_EVENT_MAX + 128);
    int r = id ? buf_printf(&text, "id: %llu\nevent: %s\ndata: ", (unsigned long long)id, name)
               : buf_printf(&text, "event: %s\ndata: ", name);

    r = r < 0 ? r : buf_append_view(&text, json);
    r = r < 0 ? r : buf_append_view(&text, VIEW("\n\n"));
    struct web_event *e = r == 0 ? malloc(sizeof *e + text.len) : NULL;
    if (!e)
        return NULL;
    *e = (struct web_event){.references = 1, .id = id, .text = view_of(e->bytes, text.len)};
    memcpy(e->bytes, text.ptr, text.len);
    return e;
}

static struct web_event *event_ref(struct web_event *e) {
    e->references++;
    return e;
}

static void event_unref(struct web_event *e) {
    if (e && --e->references == 0)
        free(e);
}

void web_stream_init(struct web_stream *s) {
    list_init(&s->viewers);
    s->next_id = s->oldest_id = 1;
}

static void forget_oldest(struct web_stream *s) {
    struct web_event **slot = &s->kept[s->oldest_id++ % WEB_EVENTS_KEPT];

    s->bytes -= *slot ? (*slot)->text.len : 0;
    event_unref(*slot);
    *slot = NULL;
}

void web_stream_deinit(struct web_stream *s) {
    while (s->oldest_id < s->next_id)
        forget_oldest(s);
}

static void wake(struct viewer *v) {
    if (v->asleep)
        MHD_resume_connection(v->connection);
    v->asleep = false;
}

void web_stream_add(struct web *w, const char *name, struct view json) {
    struct web_stream *s = &w->stream;

    if (s->next_id - s->oldest_id == WEB_EVENTS_KEPT)
        forget_oldest(s);
    struct web_event *e = event_new(s->next_id, name, json);
    s->kept[s->next_id++ % WEB_EVENTS_KEPT] = e;
    s->bytes += e ? e->text.len : 0;
    while (s->bytes > WEB_EVENTS_BYTES_MAX && s->oldest_id + 1 < s->next_id)
        forget_oldest(s);
    LIST_EACH(entry, &s->viewers)
    wake(LIST_ENTRY(entry, struct viewer, entry));
}

void web_stream_ping(struct web *w) {
    LIST_EACH(entry, &w->stream.viewers) {
        struct viewer *v = LIST_ENTRY(entry, struct viewer, entry);
        v->ping = v->asleep;
        wake(v);
    }
}

void web_stream_close_all(struct web *w) {
    LIST_EACH(entry, &w->stream.viewers) {
        struct viewer *v = LIST_ENTRY(entry, struct viewer, entry);
        v->closing = true;
        wake(v);
    }
}

/* The next event to send, or NULL. */
static struct web_event *next_event(struct viewer *v) {
    struct web_stream *s = &v->web->stream;

    if (v->next_id < s->oldest_id)
        v->next_id = s->oldest_id;
    while (v->next_id < s->next_id) {
        struct web_event *e = s->kept[v->next_id++ % WEB_EVENTS_KEPT];
        if (e)
            return event_ref(e);
    }
    return NULL;
}

static ssize_t read_some(void *ctx, uint64_t pos, char *out, size_t max) {
    static const char ping[] = ": still here\n\n";
    struct viewer *v = ctx;
    size_t n = 0;

    (void)pos;
    if (v->closing)
        return MHD_CONTENT_READER_END_OF_STREAM;
    while (n < max) {
        if (!v->now && !(v->now = next_event(v)))
            break;
        size_t left = v->now->text.len - v->sent, part = left < max - n ? left : max - n;
        memcpy(out + n, v->now->text.ptr + v->sent, part);
        n += part;
        v->sent += part;
        if (v->sent == v->now->text.len) {
            event_unref(v->now);
            v->now = NULL;
            v->sent = 0;
        }
    }
    if (n == 0 && v->ping && max >= sizeof ping - 1) {
        memcpy(out, ping, sizeof ping - 1);
        n = sizeof ping - 1;
    }
    v->ping = false;
    if (n == 0) {
        v->asleep = true;
        MHD_suspend_connection(v->connection);
    }
    return (ssize_t)n;
}

static void leave(void *ctx) {
    struct viewer *v = ctx;

    list_remove(&v->entry);
    v->web->stream.viewer_count--;
    event_unref(v->now);
    free(v);
}

static struct viewer *viewer_new(struct web_call *call) {
    struct web *w = call->request.web;
    struct viewer *v = calloc(1, sizeof *v);
    uint64_t last = 0;
    const char *id = MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Last-Event-ID");

    if (!v)
        return NULL;
    *v = (struct viewer){.web = w, .connection = call->connection, .next_id = w->stream.next_id};
    if (id && view_to_u64(view_of_cstr(id), &last) && last < v->next_id)
        v->next_id = last + 1;
    v->now = event_new(0, "state", w->state.len ? buf_view(&w->state) : VIEW("{}"));
    list_push(&w->stream.viewers, &v->entry);
    w->stream.viewer_count++;
    return v;
}

enum MHD_Result web_stream_open(struct web_call *call) {
    struct web *w = call->request.web;
    struct web_reply *reply = &call->request.reply;
    struct viewer *v = w->stream.viewer_count < WEB_VIEWERS_MAX ? viewer_new(call) : NULL;

    if (!v) {
        (void)web_reply_error(reply, "busy", "%d viewers are here already", WEB_VIEWERS_MAX);
        return web_reply_send(call);
    }
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, VIEWER_BLOCK, read_some, v, leave);
    if (!response) {
        leave(v);
        return MHD_NO;
    }
    reply->type = "text/event-stream";
    web_reply_headers(w, response, reply);
    (void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
    enum MHD_Result done = MHD_queue_response(call->connection, 200, response);
    MHD_destroy_response(response);
    return done;
}
