/* Deltas of all workers for one second are gathered and written when the controller's second is over, in one
 * transaction. A delta that comes later is merged into what is there (ledger_frame.h). */
#include "cli/run_keeper.h"

#include "core/file.h"
#include "ledger/ledger_frame.h"
#include "ledger/ledger_run.h"
#include "report/meaning.h"
#include "report/summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    KEEPER_SCRIPT_BYTES_MAX = 4 * 1024 * 1024,
    KEEPER_TEXT_MAX = 64 * 1024,
    KEEPER_PERCENTILES_S = 5, /* the list's percentiles are worked out so often */
    KEEPER_OPEN = 4,          /* seconds that workers may lag apart */
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
    struct metrics *metrics;
    struct tags *tags;
    struct gathered gathered[KEEPER_OPEN];
    struct ledger_run figures;
    struct ledger_run_end end;
    struct buf command, words, summary, evidence;
    struct meaning meaning;
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

/* As it was typed, whatever personality it went through. */
static int command_line(struct buf *out, struct error *err) {
    int r = file_read("/proc/self/cmdline", out, err);
    for (size_t i = 0; i + 1 < out->len; i++)
        if (out->ptr[i] == '\0')
            out->ptr[i] = ' ';
    if (out->len)
        out->len--;
    return r;
}

static int open_ledger(struct run_keeper *k, struct error *err) {
    struct buf path CLEANUP(buf_deinit) = BUF_MAX(4096);
    int r = k->o.path ? buf_printf(&path, "%s", k->o.path) : ledger_default_path(&path);
    if (r < 0)
        return error_set(err, r,
            "neither HOME nor XDG_DATA_HOME says where the ledger is; name a file with --ledger, or "
            "--no-ledger");
    return ledger_open(&k->ledger, path.ptr, LEDGER_WRITE, err);
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
    struct ledger_run run = {.started_ms = r->start_wall_ns / 1000000,
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

static void write_gathered(struct run_keeper *k, struct gathered *g) {
    struct error err = ERROR_NULL;
    if (g->second >= 0 && k->frames && ledger_frames_add(k->frames, g->second, g->store, &err) < 0)
        give_up(k, &err);
    series_store_reset(g->store);
    g->second = -1;
}

static void on_delta(
    struct report_sink *s, const struct run_state *r, int64_t second, const struct series_store *delta) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct gathered *to = NULL;
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
        write_gathered(k, to);
    }
    to->second = second;
    if (series_store_merge(to->store, delta) < 0)
        give_up(k, &(struct error){.text = "out of memory"});
}

static void add_up(struct run_keeper *k, const struct run_state *r) {
    struct sink s;
    struct ledger_run *f = &k->figures;

    if (series_store_collect(r->total->series, METRIC_HTTP_REQ_DURATION, NULL, 0, &s) == 0 && s.trend.count) {
        f->p50_ms = histogram_percentile(&s.trend, 0.5);
        f->p95_ms = histogram_percentile(&s.trend, 0.95);
        f->p99_ms = histogram_percentile(&s.trend, 0.99);
    }
    sink_deinit(&s);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct error err = ERROR_NULL;
    struct sink counted;

    meaning_second(&k->meaning, r);
    for (size_t i = 0; i < KEEPER_OPEN; i++)
        write_gathered(k, &k->gathered[i]);
    if (!k->ledger)
        return;
    if (k->seconds++ % KEEPER_PERCENTILES_S == 0 || r->phase == RUN_ENDED)
        add_up(k, r);
    if (series_store_collect(r->total->series, METRIC_HTTP_REQS, NULL, 0, &counted) == 0)
        k->figures.requests = (int64_t)counted.counter.sum;
    sink_deinit(&counted);
    if (series_store_collect(r->total->series, METRIC_HTTP_REQ_FAILED, NULL, 0, &counted) == 0)
        k->figures.failures = (int64_t)counted.rate.hits;
    sink_deinit(&counted);
    k->figures.alive_ms = now_ms();
    k->figures.users_max = (int64_t)r->users_active;
    if (ledger_run_tell(k->ledger, &k->figures, &err) < 0)
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
    struct pack_writer w = pack_writer_of(&k->evidence);

    if (o) {
        summary_options_from_plan(o, r->plan);
        if (summary_export_json(r, o, &k->summary) < 0)
            buf_clear(&k->summary);
    }
    free(o);
    evidence_store_pack(r->total->evidence, &w);
    if (w.error)
        buf_clear(&k->evidence);
    if (meaning_write(&k->meaning, r, false, &k->words) < 0)
        buf_clear(&k->words);
    plain_words(&k->words);
    k->seconds = 0; /* the last word on percentiles */
    on_second(s, r);
    int rc = k->frames ? ledger_frames_flush(k->frames, err) : 0;
    return rc;
}

void run_keeper_end(struct report_sink *s, const char *outcome, int exit_code) {
    struct run_keeper *k = (struct run_keeper *)s;
    struct error err = ERROR_NULL;

    if (!k || !k->ledger)
        return;
    struct ledger_run_end end = {.ended_ms = now_ms(),
        .outcome = view_of_cstr(outcome),
        .words = buf_view(&k->words),
        .exit_code = exit_code,
        .summary = buf_view(&k->summary),
        .evidence = buf_view(&k->evidence)};
    if (ledger_run_end(k->ledger, k->figures.id, &end, &err) < 0)
        give_up(k, &err);
}

static void on_free(struct report_sink *s) {
    struct run_keeper *k = (struct run_keeper *)s;

    ledger_frames_free(k->frames);
    ledger_free(k->ledger);
    for (size_t i = 0; i < KEEPER_OPEN; i++)
        series_store_free(k->gathered[i].store);
    metrics_free(k->metrics);
    tags_free(k->tags);
    buf_deinit(&k->command);
    buf_deinit(&k->words);
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
    k->command = k->words = BUF_MAX(KEEPER_TEXT_MAX);
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
