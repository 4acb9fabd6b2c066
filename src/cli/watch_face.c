#include "cli/watch_face.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { HOUR_S = 3600, MINUTE_S = 60, DAY_S = 86400 };

struct watch_face {
    struct report_sink sink; /* first member */
    const struct watch_judge *judge;
    FILE *out;
    bool tty;
    int64_t hour; /* the latest that was told */
    char line[WATCH_FACE_MAX];
};

static void span(int64_t s, char *out, size_t size) {
    if (s < MINUTE_S)
        snprintf(out, size, "%ds", (int)s);
    else if (s < HOUR_S)
        snprintf(out, size, "%dm", (int)(s / MINUTE_S));
    else if (s < DAY_S)
        snprintf(out, size, "%dh%dm", (int)(s / HOUR_S), (int)(s % HOUR_S / MINUTE_S));
    else
        snprintf(out, size, "%dd%dh", (int)(s / DAY_S), (int)(s % DAY_S / HOUR_S));
}

void watch_face_words(const struct watch_figures *f, int64_t now_ms, char out[WATCH_FACE_MAX]) {
    uint64_t rounds = f->good + f->slow + f->bad;
    char since[32] = "", share[64] = "", last[64] = "";

    if (!rounds) {
        snprintf(out, WATCH_FACE_MAX, "waiting for the first round to end");
        return;
    }
    span(now_ms > f->since_ms ? (now_ms - f->since_ms) / 1000 : 0, since, sizeof since);
    snprintf(share, sizeof share, " (%.4g %% available)", 100 * (double)(rounds - f->bad) / (double)rounds);
    if (!isnan(f->last_ms))
        snprintf(last, sizeof last, " · last %.3g ms", f->last_ms);
    snprintf(out, WATCH_FACE_MAX, "%s%s%s · %" PRIu64 " rounds, %" PRIu64 " slow, %" PRIu64 " bad%s%s",
        uptime_word(f->state), f->state == UPTIME_UNKNOWN ? "" : " for ",
        f->state == UPTIME_UNKNOWN ? "" : since, rounds, f->slow, f->bad, share, last);
}

static void tell_hour(
    struct watch_face *f, const struct watch_figures *figures, int64_t elapsed_s, int64_t now_ms) {
    char stamp[40] = "", words[WATCH_FACE_MAX];
    time_t now = (time_t)(now_ms / 1000);
    struct tm tm;

    if (elapsed_s / HOUR_S <= f->hour)
        return;
    f->hour = elapsed_s / HOUR_S;
    if (localtime_r(&now, &tm))
        strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &tm);
    watch_face_words(figures, now_ms, words);
    fprintf(f->out, "%s %s\n", stamp, words);
    fflush(f->out);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    struct watch_face *f = (struct watch_face *)s;
    struct watch_figures figures = watch_judge_figures(f->judge);
    int64_t now_ms = (r->start_wall_ns / 1000 + r->elapsed_us) / 1000;

    if (r->phase != RUN_RUNNING)
        return;
    if (!f->tty) {
        tell_hour(f, &figures, r->load_elapsed_us / 1000000, now_ms);
        return;
    }
    watch_face_words(&figures, now_ms, f->line);
    watch_face_show(f);
}

void watch_face_hide(void *face) {
    struct watch_face *f = face;

    if (f->tty && f->line[0])
        fputs("\r\033[K", f->out);
    fflush(f->out);
}

void watch_face_show(void *face) {
    struct watch_face *f = face;

    if (!f->tty || !f->line[0])
        return;
    fprintf(f->out, "\r%s\033[K", f->line);
    fflush(f->out);
}

static int on_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct watch_face *f = (struct watch_face *)s;
    (void)r, (void)err;

    watch_face_hide(f);
    f->line[0] = '\0';
    return 0;
}

static void on_free(struct report_sink *s) {
    free(s);
}

static const struct report_sink_ops ops = {
    .name = "watch line", .second = on_second, .finish = on_finish, .free = on_free};

struct report_sink *watch_face_new(const struct watch_judge *judge, FILE *out, bool tty) {
    struct watch_face *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    f->sink.ops = &ops;
    f->judge = judge;
    f->out = out;
    f->tty = tty;
    return &f->sink;
}
