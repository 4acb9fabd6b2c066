/* The list of runs, one of them, and what people write beside it. */
#include <stdio.h>

#include "ledger/ledger_course.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_json.h"
#include "web/web_priv.h"

enum { RUNS_LIMIT = 50 };

void web_runs_write(struct json_writer *w, const struct ledger_run *r) {
    json_writer_object(w);
    ledger_json_run(w, r);
}

struct listing {
    struct json_writer *w;
    int64_t left;
    bool more;
};

static int list_one(void *ctx, const struct ledger_run *r) {
    struct listing *l = ctx;

    if (l->left-- == 0) {
        l->more = true;
        return 1;
    }
    web_runs_write(l->w, r);
    json_writer_end(l->w);
    return 0;
}

/* Without a ledger file yet the list is empty, not an error. */
static int list_nothing(struct web_request *q) {
    q->reply.status = 0;
    buf_clear(&q->reply.body);
    return buf_append_view(&q->reply.body, VIEW("{\"ledger\":null,\"runs\":[],\"more\":false}"));
}

int web_runs_list(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct listing listing = {.w = &w};
    struct ledger_run_filter f = {.label = web_query_text(q, "label"), .search = web_query_text(q, "search")};
    struct error err = ERROR_NULL;

    if (!web_query_i64(q, "before", 0, 0, INT64_MAX, &f.before_id) ||
        !web_query_i64(q, "limit", RUNS_LIMIT, 1, LEDGER_RUN_LIST_MAX, &listing.left))
        return 0;
    f.limit = (int)listing.left + 1 > LEDGER_RUN_LIST_MAX ? LEDGER_RUN_LIST_MAX : (int)listing.left + 1;
    struct ledger *l = web_query_ledger(q);
    if (!l)
        return q->reply.status == 404 ? list_nothing(q) : 0;
    json_writer_object(&w);
    json_member_text(&w, "ledger", view_of_cstr(ledger_path(l)));
    json_member_array(&w, "runs");
    if (ledger_run_list(l, &f, list_one, &listing, &err) < 0)
        return web_query_fail(q, &err);
    json_writer_end(&w);
    json_writer_key(&w, VIEW("more"));
    json_writer_bool(&w, listing.more);
    json_writer_end(&w);
    return json_writer_error(&w);
}

/* ---- one ---- */

static void write_options(struct json_writer *w, struct view text) {
    json_t *options = json_loadb(text.ptr, text.len, 0, NULL);

    json_writer_key(w, VIEW("options"));
    if (options)
        json_writer_raw(w, text);
    else
        json_writer_null(w);
    json_decref(options);
}

static int write_one(void *ctx, const struct ledger_run *r) {
    struct json_writer *w = ctx;

    web_runs_write(w, r);
    json_member_text(w, "script_sha256", r->script_sha256);
    write_options(w, r->options);
    return 0;
}

static int write_mark(void *ctx, int64_t second, struct view text) {
    struct json_writer *w = ctx;

    json_writer_object(w);
    json_member_i64(w, "t", second);
    json_member_text(w, "text", text);
    json_writer_end(w);
    return 0;
}

void web_runs_write_marks(
    struct json_writer *w, struct ledger *l, int64_t run, int64_t from_s, int64_t to_s) {
    struct error err = ERROR_NULL;

    json_member_array(w, "marks");
    if (ledger_mark_each(l, run, from_s, to_s, write_mark, w, &err) < 0)
        w->error = err.code;
    json_writer_end(w);
}

static int write_run(struct web_request *q, struct ledger *l, int64_t run) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_window span;
    struct error err = ERROR_NULL;
    int r = ledger_run_get(l, run, write_one, &w, &err);

    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(
            &q->reply, "not_found", "There is no run %lld in this ledger.", (long long)run);
    r = r < 0 ? r : ledger_frames_span(l, run, &span, &err);
    if (r < 0)
        return web_query_fail(q, &err);
    json_writer_key(&w, VIEW("span"));
    if (r == LEDGER_OK) {
        json_writer_object(&w);
        json_member_i64(&w, "from", span.from_s);
        json_member_i64(&w, "to", span.to_s);
        json_writer_end(&w);
    } else {
        json_writer_null(&w);
    }
    web_runs_write_marks(&w, l, run, 0, INT64_MAX);
    json_writer_end(&w);
    return json_writer_error(&w);
}

int web_runs_get(struct web_request *q) {
    int64_t run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    return l ? write_run(q, l, run) : 0;
}

/* ---- changing ---- */

static struct ledger *open_for_writing(struct web_request *q) {
    struct ledger *l = NULL;
    struct error err = ERROR_NULL;

    if (web_query_ledger(q) && ledger_open(&l, q->web->ledger_path, LEDGER_WRITE, &err) < 0)
        (void)web_query_fail(q, &err);
    return l;
}

static void tell_changed(struct web_request *q, int64_t run) {
    char text[64];
    int n = snprintf(text, sizeof text, "{\"run\":%lld,\"state\":\"changed\"}", (long long)run);

    web_stream_add(q->web, "run", view_of(text, (size_t)n));
}

/* All members are looked at before any is written. */
static bool check_notes(struct web_request *q) {
    const char *key;
    json_t *value;

    if (json_object_size(q->body) == 0)
        return web_reply_error(&q->reply, "invalid",
                   "The body names nothing to change: label, focus, changes, notes or links."),
               false;
    json_object_foreach(q->body, key, value) {
        enum ledger_run_note which;
        if (!ledger_run_note_of_name(view_of_cstr(key), &which))
            return web_reply_error(&q->reply, "invalid",
                       "\"%.40s\" cannot be changed; label, focus, changes, notes and links can.", key),
                   false;
        if (!json_is_string(value))
            return web_reply_error(&q->reply, "invalid", "\"%.40s\" is not a text.", key), false;
    }
    return true;
}

static int annotate(struct web_request *q, struct ledger *l, int64_t run, struct error *err) {
    const char *key;
    json_t *value;
    int r = LEDGER_OK;

    json_object_foreach(q->body, key, value) {
        enum ledger_run_note which;
        if (r == LEDGER_OK && ledger_run_note_of_name(view_of_cstr(key), &which))
            r = ledger_run_annotate(
                l, run, which, view_of(json_string_value(value), json_string_length(value)), err);
    }
    return r;
}

int web_runs_annotate(struct web_request *q) {
    struct error err = ERROR_NULL;
    int64_t run = web_query_run(q);
    struct ledger *l = run && check_notes(q) ? open_for_writing(q) : NULL;

    if (!l)
        return 0;
    int r = annotate(q, l, run, &err);
    ledger_free(l);
    if (r < 0)
        return web_query_fail(q, &err);
    if (r == LEDGER_OK)
        tell_changed(q, run);
    return write_run(q, *q->ledger, run);
}

static int note_state(void *ctx, const struct ledger_run *r) {
    *(enum ledger_run_state *)ctx = r->state;
    return 0;
}

int web_runs_remove(struct web_request *q) {
    struct error err = ERROR_NULL;
    enum ledger_run_state state = LEDGER_RUN_ENDED;
    int64_t run = web_query_run(q);
    struct ledger *l = run ? open_for_writing(q) : NULL;

    if (!l)
        return 0;
    int r = ledger_run_get(l, run, note_state, &state, &err);
    if (r == LEDGER_OK && state != LEDGER_RUN_RUNNING)
        r = ledger_run_remove(l, run, &err);
    ledger_free(l);
    if (r < 0)
        return web_query_fail(q, &err);
    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(
            &q->reply, "not_found", "There is no run %lld in this ledger.", (long long)run);
    if (state == LEDGER_RUN_RUNNING)
        return web_reply_error(&q->reply, "state",
            "Run %lld is under way; it can be removed when it has ended.", (long long)run);
    tell_changed(q, run);
    q->reply.status = 204;
    return 0;
}
