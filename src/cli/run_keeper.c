/* Deltas of all workers for one second are gathered and written when the controller's second is over, in one
 * transaction. A delta that comes later is merged into what is there (ledger_frame.h). */
#include "cli/run_keeper.h"

#include "cli/kept_log.h"
#include "cli/observe_flags.h"
#include "core/file.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_probes.h"
#include "ledger/ledger_run.h"
#include "report/lint.h"
#include "report/meaning.h"
#include "report/summary.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KEEPER_SCRIPT_BYTES_MAX = 4 * 1024 * 1024,
    KEEPER_TEXT_MAX = 64 * 1024,
    KEEPER_PERCENTILES_S = 5,                /* the list's percentiles are worked out so often */
    KEEPER_OPEN = 4,                         /* seconds that workers may lag apart */
    KEEPER_EVIDENCE_OFTEN_BYTES = 64 * 1024, /* as long as it is no more it is kept every second … */
    KEEPER_EVIDENCE_S = 10,                  /* … then only so often */
    KEEPER_SECOND_US = 1000 * 1000,
};

struct gathered {
    int64_t second; /* -1 = empty */
    struct series_store *store;
};
struct run_keeper {
    struct report_sink base; /* first member */
    struct run_keeper_options o;
    struct ledger *ledger; /* NULL = not open, or given up */
    struct ledger_frames *frames;
    struct ledger_probes *probes; /* NULL = nothing was observed yet */
    struct metrics *metrics;
    struct tags *tags;
    struct gathered gathered[KEEPER_OPEN];
    struct ledger_run figures;
    struct ledger_run_end end;
    struct buf command, words, findings, summary, evidence, path;
    struct meaning meaning;
    struct kept_log log;
    struct ledger_worker *workers;
    size_t worker_count;
    uint64_t users; /* when it was last running */
    bool locust;
    int seconds;
};

static int64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Said once: from here on the run is not kept any more. */
static void give_up(struct run_keeper *k, const struct error *err) {
    char text[ERROR_TEXT_MAX + 64];
    snprintf(
        text, sizeof text, "this run is not kept%s: %s", k->figures.id ? " from here on" : "", err->text);
    k->o.log->write(k->o.log, &(struct log_record){.level = LOG_WARN, .message = view_of_cstr(text)});
    k->frames = ledger_frames_free(k->frames);
    k->probes = ledger_probes_free(k->probes);
    k->ledger = ledger_free(k->ledger);
}

/* --- start --- */

/* "3f0c…", with "+" when files differ from it; nothing when the folder is no repository or there is no git.
 */
static void git_commit_of(struct view script, struct buf *out) {
    struct buf command CLEANUP(buf_deinit) = BUF_MAX(8192);
    char line[128] = "";
    ptrdiff_t slash = -1;
    for (size_t i = 0; i < script.len; i++)
        slash = script.ptr[i] == '/' ? (ptrdiff_t)i : slash;
    struct view folder = slash > 0 ? view_take(script, (size_t)slash) : VIEW(".");
    if (view_find(folder, '\'') >= 0 ||
        buf_printf(&command,
            "timeout 2 git -C '%.*s' describe --always --dirty=+ --abbrev=40 --exclude='*' 2>/dev/null",
            VIEW_ARGS(folder)) < 0)
        return;
    FILE *git = popen(command.ptr, "re");
    if (!git)
        return;
    if (fgets(line, sizeof line, git) && buf_append_view(out, view_trim(view_of_cstr(line))) < 0)
        buf_clear(out);
    pclose(git);
}

/* As it was typed, whatever personality it went through, but for passwords. */
static int command_line(struct buf *out, struct error *err) {
    int r = file_read("/proc/self/cmdline", out, err);
    observe_mask_words(out);
    for (size_t i = 0; i + 1 < out->len; i++)
        if (out->ptr[i] == '\0')
            out->ptr[i] = ' ';
    if (out->len)
        out->len--;
    return r;
}

static int temporary_path(struct buf *out, struct error *err) {
    char path[PATH_MAX];
    int r = file_make_temporary(path, sizeof path, "halftime", err);
    return r < 0 ? r : buf_printf(out, "%s", path);
}

/* SQLite's own files beside it, too. */
static void remove_temporary(struct run_keeper *k) {
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[4096];
        int n = snprintf(path, sizeof path, "%s%s", k->path.ptr, endings[i]);
        if (n > 0 && n < (int)sizeof path)
            unlink(path);
    }
}

static int open_ledger(struct run_keeper *k, struct error *err) {
    int r = k->o.temporary ? temporary_path(&k->path, err)
            : k->o.path    ? buf_printf(&k->path, "%s", k->o.path)
                           : ledger_default_path(&k->path);
    if (r < 0 && k->o.temporary)
        return r;
    if (r < 0)
        return error_set(err, r,
            "neither HOME nor XDG_DATA_HOME says where the ledger is; name a file with --ledger, or "
            "--no-ledger");
    return ledger_open(&k->ledger, k->path.ptr, LEDGER_WRITE, err);
}

static int begin(struct run_keeper *k, const struct run_state *r, struct error *err) {
    struct buf script CLEANUP(buf_deinit) = BUF_MAX(KEEPER_SCRIPT_BYTES_MAX),
                      commit CLEANUP(buf_deinit) = BUF_MAX(256);
    struct buf path CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct error ignored = ERROR_NULL;
    char machine[256] = "";

    if (command_line(&k->command, err) < 0)
        return err->code;
    if (buf_append_view(&path, r->script_path) < 0)
        return error_set(err, ERROR_LIMIT, "the script's path is too long");
    if (file_read(path.ptr, &script, &ignored) < 0)
        buf_clear(&script); /* from standard input, or an address: kept without its text */
    git_commit_of(r->script_path, &commit);
    gethostname(machine, sizeof machine - 1);
    struct ledger_run run = {.started_ms = now_ms(), /* told again when the test begins */
        .pid = (int)getpid(),
        .machine = view_of_cstr(machine),
        .tool = view_of_cstr(k->o.tool),
        .command = buf_view(&k->command),
        .script = r->script_path,
        .options = r->plan->host_options,
        .git_commit = buf_view(&commit),
        .label = view_of_cstr(k->o.label ? k->o.label : "")};
    int rc = ledger_run_begin(k->ledger, &run, buf_view(&script), &k->figures.id, err);
    if (rc < 0)
        return rc;
    struct ledger_frames_options o = {.run = k->figures.id, .metrics = k->metrics, .tags = k->tags};
    rc = ledger_frames_new(&k->frames, k->ledger, &o);
    return rc < 0 ? error_set(err, rc, "out of memory") : 0;
}

static void on_start(struct report_sink *s, const struct run_state *r) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct error err = ERROR_NULL;
    if (open_ledger(k, &err) < 0 || begin(k, r, &err) < 0)
        give_up(k, &err);
}

/* --- seconds --- */

static int write_gathered(struct run_keeper *k, struct gathered *g, struct error *err) {
    int r = g->second >= 0 ? ledger_frames_add(k->frames, g->second, g->store, err) : 0;
    series_store_reset(g->store);
    g->second = -1;
    return r;
}

static void on_delta(
    struct report_sink *s, const struct run_state *r, int64_t second, const struct series_store *delta) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct gathered *to = NULL;
    struct error err = ERROR_NULL;
    (void)r;

    if (!k->frames)
        return;
    for (size_t i = 0; i < KEEPER_OPEN; i++) {
        struct gathered *g = &k->gathered[i];
        if (g->second == second || (g->second < 0 && (!to || to->second != second)))
            to = g;
    }
    if (!to) { /* workers lag further apart than that */
        to = &k->gathered[second % KEEPER_OPEN];
        if (write_gathered(k, to, &err) < 0) {
            give_up(k, &err);
            return;
        }
    }
    to->second = second;
    if (series_store_merge(to->store, delta) < 0)
        give_up(k, &(struct error){.text = "out of memory"});
}

/* All series of a metric, of whatever type they are; nothing when there is none of that name. */
static struct sink all_of(const struct run_state *r, struct view name) {
    metric_id id;
    struct sink s;

    sink_init(&s, METRIC_COUNTER);
    if (metrics_find(r->total->metrics, name, &id) &&
        series_store_collect(r->total->series, id, NULL, 0, &s) < 0)
        sink_init(&s, METRIC_COUNTER);
    return s;
}

static void add_up_times(struct run_keeper *k, const struct run_state *r) {
    struct sink s = all_of(r, k->locust ? VIEW("request_duration") : VIEW("http_req_duration"));

    if (s.type == METRIC_TREND && s.trend.count) {
        k->figures.p50_ms = histogram_percentile(&s.trend, 0.5);
        k->figures.p95_ms = histogram_percentile(&s.trend, 0.95);
        k->figures.p99_ms = histogram_percentile(&s.trend, 0.99);
    }
    sink_deinit(&s);
}

/* Locust's requests are those that fired an event (stats/request_metric.h), whatever their protocol. */
static void sum_up(struct run_keeper *k, const struct run_state *r) {
    struct sink requests = all_of(r, k->locust ? VIEW("request_bytes") : VIEW("http_reqs")),
                failures = all_of(r, k->locust ? VIEW("request_failures") : VIEW("http_req_failed"));

    if (k->seconds++ % KEEPER_PERCENTILES_S == 0 || r->phase == RUN_ENDED)
        add_up_times(k, r);
    if (requests.type == METRIC_COUNTER)
        k->figures.requests = k->locust ? (int64_t)requests.counter.count : (int64_t)requests.counter.sum;
    if (failures.type == METRIC_COUNTER)
        k->figures.failures = (int64_t)failures.counter.sum;
    else if (failures.type == METRIC_RATE)
        k->figures.failures = (int64_t)failures.rate.hits;
    sink_deinit(&requests);
    sink_deinit(&failures);
    k->figures.started_ms = r->start_wall_ns / 1000000;
    k->figures.alive_ms = now_ms();
    k->figures.users_max = (int64_t)r->users_active;
}

static void copy_workers(struct run_keeper *k, const struct run_state *r) {
    size_t n = r->worker_count < LEDGER_WORKERS_MAX ? r->worker_count : LEDGER_WORKERS_MAX;
    struct ledger_worker *workers =
        n > k->worker_count ? realloc(k->workers, n * sizeof *workers) : k->workers;

    k->workers = workers ? workers : k->workers;
    k->worker_count = workers ? n : 0;
    for (size_t i = 0; i < k->worker_count; i++) {
        const struct snapshot_health *h = &r->workers[i].health;
        k->workers[i] = (struct ledger_worker){.alive = r->workers[i].alive,
            .lost = r->workers[i].lost,
            .cpu = h->wall_us > 0 ? (double)h->cpu_us / (double)h->wall_us : 0,
            .users = r->workers[i].users,
            .turn_max_us = h->turn_max_us,
            .timer_late_us = h->timer_late_max_us,
            .send_late_us = h->send_late_max_us,
            .steal_us = h->steal_us,
            .rss_bytes = h->rss_bytes,
            .ports_exhausted = h->port_exhausted,
            .descriptors_exhausted = h->fd_exhausted};
    }
}

/* A worker that was alive the last time and is lost now. */
static int mark_lost(struct run_keeper *k, const struct run_state *r, int64_t second, struct error *err) {
    int rc = 0;
    for (size_t i = 0; i < r->worker_count && i < k->worker_count && rc == 0; i++) {
        char text[64];
        if (!r->workers[i].lost || k->workers[i].lost)
            continue;
        int n = snprintf(text, sizeof text, "worker %zu was lost", i + 1);
        rc = ledger_mark_add(k->ledger, k->figures.id, second, view_of(text, (size_t)n), err);
    }
    return rc;
}

static int keep_observed(struct run_keeper *k, const struct probe_second *s, int64_t second, struct error *err) {
    int rc = 0;
    if (!s || !s->key_count)
        return 0;
    if (!k->probes && (rc = ledger_probes_new(&k->probes, k->ledger, k->figures.id, 0)) < 0)
        return error_set(err, rc, "out of memory");
    return ledger_probes_add(k->probes, second, s, err);
}

static int keep_second(struct run_keeper *k, const struct run_state *r, struct error *err) {
    bool running = r->phase == RUN_RUNNING;
    int64_t second = (r->load_elapsed_us - (running ? KEEPER_SECOND_US / 2 : 0)) / KEEPER_SECOND_US;
    if (r->load_elapsed_us <= 0 || second < 0 || (!running && r->phase != RUN_ENDED))
        return 0;
    int rc = mark_lost(k, r, second, err);
    copy_workers(k, r);
    k->users = running ? r->users_active : k->users;
    if (rc == 0 && running && k->o.course_s > 1 && second % k->o.course_s != 0)
        return 0;
    struct ledger_second s = {.second = second,
        .elapsed_us = r->load_elapsed_us,
        .users = k->users,
        .users_wished = r->users_wished > 0 ? (uint64_t)r->users_wished : 0,
        .iterations = r->iterations_complete,
        .workers = k->workers,
        .worker_count = running ? k->worker_count : 0};
    rc = rc < 0 ? rc : ledger_second_add(k->ledger, k->figures.id, &s, err);
    return rc < 0 ? rc : keep_observed(k, r->observed, second, err);
}

static int keep_thresholds(struct run_keeper *k, const struct run_state *r, struct error *err) {
    int rc = 0;
    for (size_t i = 0; r->plan && i < r->plan->threshold_count && rc == 0; i++) {
        const struct run_threshold *t = &r->thresholds[i];
        if (!t->target.ptr)
            continue;
        rc = ledger_threshold_set(k->ledger, k->figures.id, i,
            &(struct ledger_threshold){.target = t->target,
                .expression = t->expression,
                .ok = t->ok,
                .aborted = t->aborted_by,
                .observed = t->observed},
            err);
    }
    return rc;
}

static int keep_evidence(struct run_keeper *k, const struct run_state *r, struct error *err) {
    if (k->evidence.len > KEEPER_EVIDENCE_OFTEN_BYTES && k->seconds % KEEPER_EVIDENCE_S != 0 &&
        r->phase != RUN_ENDED)
        return 0;
    buf_clear(&k->evidence);
    struct pack_writer w = pack_writer_of(&k->evidence);
    evidence_store_pack(r->total->evidence, &w);
    if (w.error) {
        buf_clear(&k->evidence);
        return 0;
    }
    int rc = ledger_run_keep_evidence(k->ledger, k->figures.id, buf_view(&k->evidence), err);
    return rc < 0 ? rc : 0;
}

static int keep(struct run_keeper *k, const struct run_state *r, struct error *err) {
    int rc = ledger_begin(k->ledger, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < KEEPER_OPEN && rc == 0; i++)
        rc = write_gathered(k, &k->gathered[i], err);
    rc = rc < 0 ? rc : ledger_run_tell(k->ledger, &k->figures, err);
    rc = rc < 0 ? rc : keep_second(k, r, err);
    rc = rc < 0 ? rc : keep_thresholds(k, r, err);
    rc = rc < 0 ? rc : keep_evidence(k, r, err);
    rc = rc < 0 ? rc : kept_log_write(&k->log, k->ledger, k->figures.id, false, err);
    return ledger_end(k->ledger, rc, err);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct error err = ERROR_NULL;

    meaning_second(&k->meaning, r);
    if (!k->frames)
        return;
    sum_up(k, r);
    if (keep(k, r, &err) < 0)
        give_up(k, &err);
}

/* --- end --- */

/* Sentences without heading, indentation and line breaks. */
static void plain_words(struct buf *text) {
    ptrdiff_t heading = view_find_view(buf_view(text), VIEW("\n\n"));
    size_t n = 0;

    if (heading > 0)
        buf_consume(text, (size_t)heading);
    for (size_t i = 0; i < text->len; i++) {
        bool blank = text->ptr[i] == ' ' || text->ptr[i] == '\n';
        if (!blank || (n > 0 && text->ptr[n - 1] != ' '))
            text->ptr[n++] = blank ? ' ' : text->ptr[i];
    }
    text->len = n;
}

static int on_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct summary_options *o = calloc(1, sizeof *o);

    if (o) {
        summary_options_from_plan(o, r->plan);
        if (summary_export_json(r, o, &k->summary) < 0)
            buf_clear(&k->summary);
    }
    free(o);
    if (lint_write(r, false, &k->findings) < 0)
        buf_clear(&k->findings);
    if (meaning_write(&k->meaning, r, false, &k->words) < 0)
        buf_clear(&k->words);
    plain_words(&k->words);
    k->seconds = 0; /* the last word on percentiles */
    on_second(s, r);
    int rc = k->frames ? ledger_frames_flush(k->frames, err) : 0;
    if (rc == 0 && k->probes)
        rc = ledger_probes_flush(k->probes, err);
    return rc;
}

void run_keeper_tell(struct report_sink *s, struct view words, const char *key, struct view json) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct buf all CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);

    if (!k)
        return;
    buf_clear(&k->words);
    (void)!buf_append_view(&k->words, words);
    bool first = k->summary.len < 3; /* "{}" or nothing */
    int r = buf_printf(&all, "{\"%s\":", key);
    r = r < 0 ? r : buf_append_view(&all, view_trim(json));
    r = r < 0 ? r : buf_append_view(&all, first ? VIEW("}") : VIEW(","));
    r = r < 0 || first ? r : buf_append_view(&all, view_drop(buf_view(&k->summary), 1));
    if (r < 0)
        return;
    buf_clear(&k->summary);
    (void)!buf_append_view(&k->summary, buf_view(&all));
}

void run_keeper_end(struct report_sink *s, const char *outcome, int exit_code) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct error err = ERROR_NULL;

    if (!k || !k->ledger)
        return;
    struct ledger_run_end end = {.ended_ms = now_ms(),
        .outcome = view_of_cstr(outcome),
        .words = buf_view(&k->words),
        .findings = view_trim(buf_view(&k->findings)),
        .exit_code = exit_code,
        .summary = buf_view(&k->summary)};
    if (kept_log_write(&k->log, k->ledger, k->figures.id, true, &err) < 0 ||
        ledger_run_end(k->ledger, k->figures.id, &end, &err) < 0)
        give_up(k, &err);
}

static void on_free(struct report_sink *s) {
    struct run_keeper *k = (struct run_keeper *)s;

    ledger_frames_free(k->frames);
    ledger_probes_free(k->probes);
    ledger_free(k->ledger);
    if (k->o.temporary && k->path.ptr)
        remove_temporary(k);
    kept_log_deinit(&k->log);
    free(k->workers);
    for (size_t i = 0; i < KEEPER_OPEN; i++)
        series_store_free(k->gathered[i].store);
    metrics_free(k->metrics);
    tags_free(k->tags);
    buf_deinit(&k->command);
    buf_deinit(&k->words);
    buf_deinit(&k->findings);
    buf_deinit(&k->path);
    buf_deinit(&k->summary);
    buf_deinit(&k->evidence);
    free(k);
}

static const struct report_sink_ops keeper_ops = {.name = "ledger",
    .start = on_start,
    .second = on_second,
    .delta = on_delta,
    .finish = on_finish,
    .free = on_free,
    .wants_deltas = true};

struct log_sink *run_keeper_log(struct report_sink *s) {
    return &((struct run_keeper *)s)->log.sink;
}

const char *run_keeper_path(const struct report_sink *s) {
    const struct run_keeper *k = (const struct run_keeper *)s;
    return k && k->ledger ? k->path.ptr : NULL;
}

int64_t run_keeper_run(const struct report_sink *s) {
    const struct run_keeper *k = (const struct run_keeper *)s;
    return k && k->ledger ? k->figures.id : 0;
}

struct ledger *run_keeper_ledger(const struct report_sink *s) {
    const struct run_keeper *k = (const struct run_keeper *)s;
    return k && k->frames ? k->ledger : NULL;
}

bool run_keeper_off(const char *path) {
    if (!path)
        path = getenv("HALFTIME_LEDGER");
    return path && strcmp(path, "off") == 0;
}

struct report_sink *run_keeper_new(const struct run_keeper_options *o) {
    struct run_keeper *k = calloc(1, sizeof *k);
    int r;

    if (!k)
        return NULL;
    k->base.ops = &keeper_ops;
    k->o = *o;
    k->locust = strcmp(o->tool, "locust") == 0;
    k->command = k->words = k->findings = BUF_MAX(KEEPER_TEXT_MAX);
    k->path = BUF_MAX(4096);
    kept_log_init(&k->log, o->log);
    k->summary = k->evidence = BUF_MAX(LEDGER_RUN_BLOB_MAX);
    k->figures.p50_ms = k->figures.p95_ms = k->figures.p99_ms = NAN;
    meaning_init(&k->meaning);
    r = metrics_new(&k->metrics);
    r = r == 0 ? tags_new(&k->tags, 0) : r;
    for (size_t i = 0; i < KEEPER_OPEN && r == 0; i++) {
        k->gathered[i].second = -1;
        r = series_store_new(&k->gathered[i].store, k->metrics, k->tags);
    }
    if (r == 0)
        return &k->base;
    on_free(&k->base);
    return NULL;
}
