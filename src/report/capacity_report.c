/* The law is fitted to the steps that say what the system does at a concurrency: those that held, and of users those that failed but were
 * steady. Beyond its capacity a rate has no concurrency of its own, only a queue that grows. */
#include "report/capacity_report.h"

#include <math.h>
#include <stdlib.h>

#include "core/json_writer.h"
#include "report/words.h"

const char *capacity_outcome_word(enum capacity_outcome o) {
    static const char *const words[] = {"held", "failed", "unsure", "invalid"};
    return words[o];
}

/* ---- the law ---- */

static size_t law_points(const struct capacity_report *r, struct usl_point out[USL_POINTS_MAX]) {
    size_t n = 0;

    for (size_t i = 0; i < r->step_count && n < USL_POINTS_MAX; i++) {
        const struct capacity_step *s = &r->steps[i];
        bool steady = s->outcome == CAPACITY_HELD || (s->outcome != CAPACITY_INVALID && s->steady == STEADY_YES && !r->rate);
        bool told = steady && s->requests_per_s > 0 && s->failed < 0.5;
        if (told)
            out[n++] = (struct usl_point){r->rate ? s->concurrency : s->load, s->requests_per_s};
    }
    return n;
}

/* ---- words ---- */

static int append_loads(const struct capacity_report *r, double load, struct buf *out) {
    return buf_printf(out, r->rate && load < 100 ? "%.1f %s" : "%.0f %s", load, r->unit);
}

static const struct capacity_step *step_at(
    const struct capacity_report *r, double load, enum capacity_outcome outcome) {
    const struct capacity_step *best = NULL;

    for (size_t i = 0; i < r->step_count; i++)
        if (r->steps[i].load == load && r->steps[i].outcome == outcome)
            best = &r->steps[i]; /* the last one: the confirmation */
    return best;
}

static int append_objectives(const struct capacity_report *r, struct buf *out) {
    int e = 0;

    for (size_t i = 0; i < r->objective_count && e == 0; i++)
        e = buf_printf(out, "%s%s", i ? ", " : "", r->objectives[i]);
    return e;
}

static int say_found(const struct capacity_report *r, struct buf *out) {
    const struct capacity_step *held = step_at(r, r->answer.load, CAPACITY_HELD),
                               *beyond = step_at(r, r->answer.high, CAPACITY_FAILED);
    int e = buf_append_view(out, VIEW("Holds "));

    e = e < 0 ? e : append_loads(r, r->answer.load, out);
    if (held)
        e = e < 0 ? e : buf_printf(out, " (%.5g requests/s)", held->requests_per_s);
    e = e < 0 ? e : buf_append_view(out, VIEW(" within "));
    e = e < 0 ? e : append_objectives(r, out);
    if (isfinite(r->answer.high))
        e = e < 0 ? e
                  : buf_printf(out, "; the limit lies between %.4g and %.4g.", r->answer.low, r->answer.high);
    else
        e = e < 0 ? e : buf_append_view(out, VIEW("; the limit lies higher."));
    if (beyond && beyond->why[0])
        e = e < 0 ? e : buf_printf(out, " At %.4g: %s.", beyond->load, beyond->why);
    if (r->answer.hysteresis)
        e = e < 0 ? e
                  : buf_append_view(out, VIEW(" After an overload it holds less than on the way up "
                                              "(hysteresis): the lower figure is given."));
    return e;
}

static int say_answer(const struct capacity_report *r, struct buf *out) {
    int e = 0;

    switch (r->end) {
    case CAPACITY_END_NOTHING:
        return buf_printf(out, "Not even the least load holds: %s.",
            r->step_count ? r->steps[r->step_count - 1].why : "nothing was measured");
    case CAPACITY_END_STEPS:
        return buf_printf(
            out, "No answer after %zu steps: what was measured contradicts itself.", r->step_count);
    case CAPACITY_END_RUNNING:
        e = buf_append_view(out, VIEW("Interrupted before there was an answer. So far: "));
        break;
    case CAPACITY_END_GENERATOR:
        e = buf_append_view(out, VIEW("INVALID beyond: the load generator was the limit, not the target; use "
                                      "more workers or machines. Up to there: "));
        break;
    case CAPACITY_END_AT_MOST:
        e = buf_append_view(out, VIEW("The most that was allowed still holds. "));
        break;
    case CAPACITY_END_FOUND: break;
    }
    if (r->answer.load <= 0)
        return e < 0 ? e : buf_append_view(out, VIEW("nothing held."));
    return e < 0 ? e : say_found(r, out);
}

static int say_law(const struct usl *u, struct buf *out) {
    int e;

    if (u->end == USL_TOO_LITTLE)
        return 0;
    if (u->end == USL_NOT_SO)
        return buf_printf(out,
            "The steady points do not follow the Universal Scalability Law (R² = %.2f), so no peak is "
            "predicted.\n",
            u->fit);
    e = buf_printf(out, "Universal Scalability Law: contention %.2g %%, coherency %.2g %% (R² = %.2f).",
        100 * u->alpha, 100 * u->beta, u->fit);
    if (isfinite(u->peak_n))
        e = e < 0 ? e
                  : buf_printf(out,
                        " Throughput would peak at %.4g requests/s near %.4g at a time; beyond that more "
                        "load gets less done.",
                        u->peak_x, u->peak_n);
    else if (isfinite(u->peak_x))
        e = e < 0 ? e : buf_printf(out, " Throughput approaches %.4g requests/s.", u->peak_x);
    else
        e = e < 0 ? e : buf_append_view(out, VIEW(" Within what was measured it grows in proportion."));
    return e < 0 ? e : buf_append_byte(out, '\n');
}

int capacity_report_step(const struct capacity_report *r, const struct capacity_step *s, struct buf *out) {
    char mean[WORDS_MAX], p95[WORDS_MAX], failed[WORDS_MAX];
    int e = buf_printf(out, "  %9.*f %-12s %9.5g req/s  mean %8s  p95 %8s  failed %6s  %-7s",
        r->rate && s->load < 100 ? 1 : 0, s->load, r->unit, s->requests_per_s,
        words_duration(s->mean_ms, mean), words_duration(s->p95_ms, p95), words_share(s->failed, failed),
        capacity_outcome_word(s->outcome));

    if (s->why[0])
        e = e < 0 ? e : buf_printf(out, " (%s)", s->why);
    return e < 0 ? e : buf_append_byte(out, '\n');
}

int capacity_report_words(const struct capacity_report *r, struct buf *out) {
    struct usl_point points[USL_POINTS_MAX];
    struct usl u = usl_fit(points, law_points(r, points));
    int e = say_answer(r, out);

    e = e < 0 ? e : buf_append_byte(out, ' ');
    e = e < 0 ? e : say_law(&u, out);
    while (e == 0 && out->len && (out->ptr[out->len - 1] == ' ' || out->ptr[out->len - 1] == '\n'))
        out->ptr[--out->len] = '\0';
    return e;
}

int capacity_report_text(const struct capacity_report *r, struct buf *out) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    struct usl_point points[USL_POINTS_MAX];
    size_t n = law_points(r, points);
    struct usl u = usl_fit(points, n);
    int e = buf_append_view(out, VIEW("\n"));

    e = e < 0 ? e : say_answer(r, &text);
    e = e < 0 ? e : words_wrap(buf_view(&text), "  ", "  ", out);
    buf_clear(&text);
    e = e < 0 ? e : say_law(&u, &text);
    if (text.len)
        e = e < 0 ? e : words_wrap(view_trim(buf_view(&text)), "  ", "  ", out);
    e = e < 0 ? e : buf_append_view(out, VIEW("\n  requests/s\n"));
    e = e < 0 ? e : usl_draw(&u, points, n, r->rate ? "requests at a time" : "users", out);
    return e < 0 ? e : buf_printf(out, "\n  %zu steps in %.0f s\n", r->step_count, r->elapsed_s);
}

/* ---- JSON ---- */

static void write_step(
    const struct capacity_report *r, const struct capacity_step *s, struct json_writer *w) {
    static const char *const steady[] = {"too little", "steady", "rising", "falling"};

    json_writer_object(w);
    json_member_double(w, "load", s->load);
    json_member_cstr(w, "phase", capacity_phase_word(s->phase));
    json_member_cstr(w, "outcome", capacity_outcome_word(s->outcome));
    json_member_cstr(w, "why", s->why);
    json_member_double(w, "seconds", s->seconds);
    json_member_double(w, "warmup_s", s->warmup_s);
    json_member_double(w, "requests_per_s", s->requests_per_s);
    json_member_double(w, "iterations_per_s", s->iterations_per_s);
    json_member_double(w, "concurrency", s->concurrency);
    json_member_double(w, "mean_ms", s->mean_ms);
    json_member_double(w, "p50_ms", s->p50_ms);
    json_member_double(w, "p95_ms", s->p95_ms);
    json_member_double(w, "p99_ms", s->p99_ms);
    json_member_double(w, "failed", s->failed);
    json_member_cstr(w, "steady", steady[s->steady]);
    json_member_double(w, "slope_ms_per_s", s->slope_ms_per_s);
    json_member_array(w, "objectives");
    for (size_t i = 0; i < r->objective_count; i++) {
        json_writer_object(w);
        json_member_cstr(w, "objective", r->objectives[i]);
        json_member_double(w, "value", s->objectives[i].value);
        json_member_double(w, "error", s->objectives[i].error);
        json_writer_key(w, VIEW("held"));
        json_writer_bool(w, s->objectives[i].held);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_writer_end(w);
}

static void write_law(const struct usl *u, struct json_writer *w) {
    static const char *const ends[] = {"ok", "too little", "does not follow it"};

    json_writer_key(w, VIEW("usl"));
    json_writer_object(w);
    json_member_cstr(w, "fit", ends[u->end]);
    if (u->end == USL_OK) {
        json_member_double(w, "gamma", u->gamma);
        json_member_double(w, "contention", u->alpha);
        json_member_double(w, "coherency", u->beta);
        json_member_double(w, "r2", u->fit);
        json_member_double(w, "peak_concurrency", u->peak_n);
        json_member_double(w, "peak_requests_per_s", u->peak_x);
    }
    json_writer_end(w);
}

int capacity_report_json(const struct capacity_report *r, struct buf *out) {
    struct json_writer w = json_writer_of(out);
    struct usl_point points[USL_POINTS_MAX];
    size_t n = law_points(r, points);
    struct usl u = usl_fit(points, n);
    const struct capacity_step *held = step_at(r, r->answer.load, CAPACITY_HELD);

    w.indent = 2;
    json_writer_object(&w);
    json_member_cstr(&w, "script", r->script);
    json_member_cstr(&w, "unit", r->unit);
    json_member_cstr(&w, "end", capacity_end_word(r->end));
    json_member_double(&w, "capacity", r->answer.load);
    json_member_double(&w, "low", r->answer.low);
    json_member_double(&w, "high", r->answer.high);
    json_member_double(&w, "requests_per_s", held ? held->requests_per_s : 0);
    json_writer_key(&w, VIEW("hysteresis"));
    json_writer_bool(&w, r->answer.hysteresis);
    json_member_double(&w, "elapsed_s", r->elapsed_s);
    write_law(&u, &w);
    json_member_array(&w, "steps");
    for (size_t i = 0; i < r->step_count; i++)
        write_step(r, &r->steps[i], &w);
    json_writer_end(&w);
    json_writer_end(&w);
    int e = json_writer_error(&w);
    return e < 0 ? e : buf_append_byte(out, '\n');
}
