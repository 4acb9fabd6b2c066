/* GET /api/v1/state. */
#include <math.h>
#include <stdlib.h>

#include "cli/ui_session_priv.h"
#include "core/json_writer.h"

static bool holds_users(const struct ui_session *u) {
    return u->state && plan_holds_users(u->state->plan);
}

static bool loading(const struct ui_session *u) {
    return u->under_way && (!u->state || u->state->phase < RUN_RUNNING);
}

static bool running(const struct ui_session *u) {
    return u->under_way && u->state && u->state->phase == RUN_RUNNING;
}

static bool stopping(const struct ui_session *u) {
    const char *word = u->controller ? control_state(u->controller) : "";
    return u->under_way && u->state && (u->state->phase > RUN_RUNNING || strcmp(word, "stopping") == 0);
}

const char *ui_state_phase(const struct ui_session *u) {
    if (stopping(u))
        return "stopping";
    if (running(u))
        return "running";
    if (loading(u))
        return "init";
    return u->run || u->ended_elapsed_us ? "ended" : "idle";
}

const char *ui_session_state(const struct ui_session *u) {
    if (u->under_way && holds_users(u) && u->controller)
        return control_state(u->controller);
    if (stopping(u))
        return "stopping";
    if (running(u))
        return "running";
    return !u->under_way && (u->run || u->ended_elapsed_us) ? "stopped" : "ready";
}

bool ui_state_can_users(const struct ui_session *u) {
    return holds_users(u) && running(u) && !stopping(u);
}

static double duration_s(const struct ui_session *u) {
    int64_t longest_us = 0;

    if (!u->state || !u->under_way)
        return NAN;
    if (holds_users(u))
        return u->state->plan->run_time_us > 0 ? (double)u->state->plan->run_time_us / 1e6 : NAN;
    for (size_t i = 0; i < u->state->plan->scenario_count; i++) {
        const struct plan_scenario *s = &u->state->plan->scenarios[i];
        int64_t us = s->start_us + s->duration_us;
        longest_us = us > longest_us ? us : longest_us;
    }
    return longest_us > 0 && longest_us < PLAN_ENDLESS_US ? (double)longest_us / 1e6 : NAN;
}

static void write_can(const struct ui_session *u, struct json_writer *w) {
    bool runs = running(u) && !stopping(u);

    json_writer_key(w, VIEW("can"));
    json_writer_object(w);
    json_member_bool(w, "start", ui_session_idle(u) && u->form);
    json_member_bool(w, "stop", u->under_way && !stopping(u));
    json_member_bool(w, "users", ui_state_can_users(u));
    json_member_bool(w, "rate", false);
    json_member_bool(w, "pause", false);
    json_member_bool(w, "reset", runs && u->controller);
    json_member_bool(w, "mark", runs && u->run);
    json_writer_end(w);
}

static int64_t users_active(const struct ui_session *u) {
    if (!u->under_way || !u->state)
        return 0;
    return u->controller && holds_users(u) ? control_users_now(u->controller)
                                           : (int64_t)u->state->users_active;
}

static int64_t users_target(const struct ui_session *u) {
    if (!u->under_way || !u->state)
        return 0;
    if (u->controller && holds_users(u))
        return control_users_wished(u->controller);
    return (int64_t)u->state->users_initialised;
}

static void write_run(const struct ui_session *u, struct json_writer *w) {
    const char *host = json_string_value(json_object_get(u->form, "host"));

    json_member_cstr(w, "version", HT_VERSION);
    json_member_cstr(w, "phase", ui_state_phase(u));
    json_member_cstr(w, "state", ui_session_state(u));
    json_writer_key(w, VIEW("run"));
    if (u->run)
        json_writer_i64(w, u->run);
    else
        json_writer_null(w);
    json_member_cstr(w, "tool", u->o.tool);
    json_member_cstr(w, "script", u->o.script);
    json_member_cstr(w, "host", host);
}

static void write_users(const struct ui_session *u, struct json_writer *w, int64_t target) {
    json_writer_key(w, VIEW("users"));
    json_writer_object(w);
    json_member_i64(w, "active", users_active(u));
    json_member_i64(w, "target", target);
    json_writer_end(w);
}

static void write_form(const struct ui_session *u, struct json_writer *w) {
    char *form = u->form ? json_dumps(u->form, JSON_COMPACT) : NULL;

    json_writer_key(w, VIEW("start_form"));
    if (form)
        json_writer_raw(w, view_of_cstr(form));
    else
        json_writer_null(w);
    free(form);
}

int ui_state_write(const struct ui_session *u, struct buf *out, uint64_t *key) {
    struct json_writer w = json_writer_of(out);
    int64_t elapsed_us = u->under_way && u->state ? u->state->load_elapsed_us : u->ended_elapsed_us,
            target = users_target(u);

    json_writer_object(&w);
    write_run(u, &w);
    json_member_cstr(&w, "message", u->message);
    write_can(u, &w);
    json_member_double(&w, "duration_s", duration_s(u));
    json_member_bool(&w, "paused", false);
    /* What stands below changes all the time; of that only the target is worth a word of its own. */
    *key = view_hash(buf_view(out), (uint64_t)target);
    write_users(u, &w, target);
    json_writer_key(&w, VIEW("spawn_rate"));
    if (holds_users(u))
        json_writer_double(&w, u->state->plan->spawn_rate);
    else
        json_writer_null(&w);
    json_member_double(&w, "rate", u->under_way ? u->seconds.rate : 0);
    json_member_double(&w, "fail_rate", u->under_way ? u->seconds.fail_rate : 0);
    json_member_double(&w, "elapsed_s", elapsed_us > 0 ? round((double)elapsed_us / 1e5) / 10 : 0);
    json_writer_key(&w, VIEW("started_ms"));
    if (u->started_ms)
        json_writer_i64(&w, u->started_ms);
    else
        json_writer_null(&w);
    write_form(u, &w);
    json_writer_end(&w);
    return json_writer_error(&w);
}

void ui_state_publish(struct ui_session *u) {
    uint64_t key = 0;

    buf_clear(&u->text);
    if (ui_state_write(u, &u->text, &key) < 0)
        return;
    for (size_t i = 0; i < u->server_count; i++)
        web_publish_state(u->servers[i], buf_view(&u->text), key != u->told);
    u->told = key;
}
