/* Fields are written and read in the same order, side by side below. Counts are checked against what the rest of the body can hold
 * before anything is allocated. */
#include "fleet/message.h"

#include <errno.h>

static int done(const struct pack_reader *r) { return r->failed ? ERROR_SYNTAX : 0; }

void message_pack_load(struct pack_writer *w, const struct message_load *m) {
    const struct script_source *s = &m->source;
    pack_view(w, s->path);
    pack_view(w, s->cwd);
    pack_bool(w, s->text.ptr != NULL);
    pack_view(w, s->text);
    pack_view(w, s->bundle);
    pack_u64(w, s->env_count);
    for (size_t i = 0; i < s->env_count; i++) {
        pack_view(w, s->env[i].key);
        pack_view(w, s->env[i].value);
    }
    pack_bool(w, s->extended_compatibility);
    pack_bool(w, s->offline);
    pack_view(w, s->cache_dir);
    pack_u64(w, s->arg_count);
    for (size_t i = 0; i < s->arg_count; i++)
        pack_view(w, s->args[i]);
    pack_view(w, s->program);
    pack_view(w, s->client_id);
    pack_u64(w, s->worker_count);
    pack_i64(w, s->worker_index);
    pack_bool(w, s->conductor);
    pack_u64(w, m->worker);
    pack_bool(w, m->conductor);
    pack_bool(w, m->samples);
    pack_u64(w, m->users_max);
}

static int unpack_args(struct pack_reader *r, struct arena *arena, struct script_source *s) {
    s->arg_count = unpack_count(r, 1);
    struct view *args = arena_calloc(arena, s->arg_count + 1, sizeof *args);
    if (!args)
        return -ENOMEM;
    for (size_t i = 0; i < s->arg_count; i++)
        args[i] = arena_copy(arena, unpack_view(r));
    s->args = args;
    return 0;
}

int message_unpack_load(struct view body, struct arena *arena, struct message_load *m) {
    struct pack_reader r = pack_reader_of(body);
    struct script_source *s = &m->source;
    *m = (struct message_load){0};
    s->path = arena_copy(arena, unpack_view(&r));
    s->cwd = arena_copy(arena, unpack_view(&r));
    bool has_text = unpack_bool(&r);
    struct view text = unpack_view(&r);
    s->text = has_text ? arena_copy(arena, text) : VIEW_NULL;
    struct view bundle = unpack_view(&r);
    s->bundle = bundle.len ? arena_copy(arena, bundle) : VIEW_NULL;
    s->env_count = unpack_count(&r, 2);
    struct plan_pair *env = arena_calloc(arena, s->env_count + 1, sizeof *env);
    if (!env)
        return -ENOMEM;
    for (size_t i = 0; i < s->env_count; i++) {
        env[i].key = arena_copy(arena, unpack_view(&r));
        env[i].value = arena_copy(arena, unpack_view(&r));
    }
    s->env = env;
    s->extended_compatibility = unpack_bool(&r);
    s->offline = unpack_bool(&r);
    s->cache_dir = arena_copy(arena, unpack_view(&r));
    if (unpack_args(&r, arena, s) < 0)
        return -ENOMEM;
    s->program = arena_copy(arena, unpack_view(&r));
    s->client_id = arena_copy(arena, unpack_view(&r));
    s->worker_count = (uint32_t)unpack_u64(&r);
    s->worker_index = (int32_t)unpack_i64(&r);
    s->conductor = unpack_bool(&r);
    m->worker = (uint32_t)unpack_u64(&r);
    m->conductor = unpack_bool(&r);
    m->samples = unpack_bool(&r);
    m->users_max = unpack_u64(&r);
    return done(&r);
}

void message_pack_assign(struct pack_writer *w, const struct message_assign *m) {
    pack_u64(w, m->share_count);
    for (size_t i = 0; i < m->share_count; i++) {
        const struct engine_share *s = &m->shares[i];
        pack_u64(w, s->scenario);
        pack_u64(w, s->stripe.index);
        pack_u64(w, s->stripe.count);
        pack_i64(w, s->resume_us);
        pack_u64(w, s->resume_done);
    }
    pack_u64(w, m->id_count);
    uint64_t previous = 0;
    for (size_t i = 0; i < m->id_count; i++) {
        pack_i64(w, (int64_t)(m->ids[i] - previous));
        previous = m->ids[i];
    }
    pack_u64(w, m->extra_first);
    pack_u64(w, m->extra_step);
    pack_i64(w, m->request_gap_us);
}

int message_unpack_assign(struct view body, struct arena *arena, struct message_assign *m) {
    struct pack_reader r = pack_reader_of(body);
    *m = (struct message_assign){0};
    m->share_count = unpack_count(&r, 5);
    m->shares = arena_calloc(arena, m->share_count + 1, sizeof *m->shares);
    if (!m->shares)
        return -ENOMEM;
    for (size_t i = 0; i < m->share_count; i++) {
        struct engine_share *s = &m->shares[i];
        s->scenario = (uint32_t)unpack_u64(&r);
        s->stripe.index = (uint32_t)unpack_u64(&r);
        s->stripe.count = (uint32_t)unpack_u64(&r);
        s->resume_us = unpack_i64(&r);
        s->resume_done = unpack_u64(&r);
    }
    m->id_count = unpack_count(&r, 1);
    m->ids = arena_calloc(arena, m->id_count + 1, sizeof *m->ids);
    if (!m->ids)
        return -ENOMEM;
    uint64_t previous = 0;
    for (size_t i = 0; i < m->id_count; i++)
        m->ids[i] = previous += (uint64_t)unpack_i64(&r);
    m->extra_first = unpack_u64(&r);
    m->extra_step = unpack_u64(&r);
    m->request_gap_us = unpack_i64(&r);
    return done(&r);
}

void message_pack_log(struct pack_writer *w, const struct log_record *l) {
    pack_u64(w, l->level);
    pack_i64(w, l->wall_ns ? l->wall_ns : clock_wall_ns());
    pack_view(w, l->message);
    pack_u64(w, l->field_count);
    for (size_t i = 0; i < l->field_count; i++) {
        pack_view(w, l->fields[i].key);
        pack_view(w, l->fields[i].value);
    }
}

int message_unpack_log(struct view body, struct log_record *l) {
    struct pack_reader r = pack_reader_of(body);
    *l = (struct log_record){0};
    uint64_t level = unpack_u64(&r);
    l->level = level <= LOG_ERROR ? (enum log_level)level : LOG_ERROR;
    l->wall_ns = unpack_i64(&r);
    l->message = unpack_view(&r);
    l->field_count = unpack_count(&r, 2);
    if (l->field_count > LOG_FIELDS_MAX)
        return ERROR_LIMIT;
    for (size_t i = 0; i < l->field_count; i++) {
        l->fields[i].key = unpack_view(&r);
        l->fields[i].value = unpack_view(&r);
    }
    return done(&r);
}

void message_pack_progress(struct pack_writer *w, const struct snapshot_head *h) {
    pack_i64(w, h->to_us);
    pack_u64(w, h->users_active);
    pack_u64(w, h->users_initialised);
    pack_u64(w, h->scenario_count);
    for (size_t i = 0; i < h->scenario_count; i++) {
        const struct snapshot_scenario *s = &h->scenarios[i];
        pack_u64(w, s->active_users);
        pack_u64(w, s->allocated_users);
        pack_u64(w, s->started);
        pack_u64(w, s->completed);
        pack_u64(w, s->interrupted);
        pack_u64(w, s->dropped);
    }
}

int message_unpack_progress(struct view body, struct snapshot_head *h) {
    struct pack_reader r = pack_reader_of(body);
    h->to_us = unpack_i64(&r);
    h->users_active = unpack_u64(&r);
    h->users_initialised = unpack_u64(&r);
    h->scenario_count = unpack_count(&r, 6);
    if (h->scenario_count > SNAPSHOT_SCENARIOS_MAX)
        return ERROR_LIMIT;
    for (size_t i = 0; i < h->scenario_count; i++) {
        struct snapshot_scenario *s = &h->scenarios[i];
        s->active_users = unpack_u64(&r);
        s->allocated_users = unpack_u64(&r);
        s->started = unpack_u64(&r);
        s->completed = unpack_u64(&r);
        s->interrupted = unpack_u64(&r);
        s->dropped = unpack_u64(&r);
    }
    return done(&r);
}
