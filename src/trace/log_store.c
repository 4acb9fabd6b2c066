/* A gigabyte of lines must cost little, and almost none of them matters. So a line is first searched for the run's 16 hex digits, which
 * is as fast as memory; only lines that have them are parsed. A few others per second are looked at, for errors.
 *
 * Kept lines stand in a ring by number; a hash of the iteration chains those of one iteration backwards. */
#include "trace/log_store.h"

#include "core/clock.h"
#include "core/json_writer.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

enum { CHAINS = 64 * 1024, LEVEL_MAX = 16, SECOND_US = 1000 * 1000, OTLP_ERROR = 17, BATCH = 64 };

struct kept {
    uint64_t number, previous; /* previous of the same chain; 0 = none */
    uint64_t iteration, span;
    int64_t wall_ms;
    size_t len;
    char level[LEVEL_MAX];
    char json[];
};
struct ring {
    struct kept **lines;
    size_t cap;
    uint64_t first, next; /* numbers: [first, next) are there */
};
struct log_store {
    uint64_t run;
    char run_text[TRACE_MARK_SPAN_TEXT];
    struct ring joined, errors;
    uint64_t chains[CHAINS];
    size_t bytes;
    int64_t looked_second;
    int looked, tried;
    struct log_store_counts counts;
    struct buf scratch;
};

int log_store_new(struct log_store **out) {
    struct log_store *s = calloc(1, sizeof *s);

    *out = s;
    if (!s)
        return -ENOMEM;
    s->joined = (struct ring){.lines = calloc(LOG_STORE_LINES_MAX, sizeof(struct kept *)), .cap = LOG_STORE_LINES_MAX, .first = 1, .next = 1};
    s->errors = (struct ring){.lines = calloc(LOG_STORE_ERRORS_MAX, sizeof(struct kept *)), .cap = LOG_STORE_ERRORS_MAX, .first = 1, .next = 1};
    s->scratch = BUF_MAX(LOG_STORE_LINE_KEPT_MAX * 8);
    if (s->joined.lines && s->errors.lines)
        return 0;
    *out = log_store_free(s);
    return -ENOMEM;
}

static struct kept *at(const struct ring *r, uint64_t number) {
    return number >= r->first && number < r->next ? r->lines[number % r->cap] : NULL;
}

static void drop_first(struct log_store *s, struct ring *r) {
    struct kept *k = at(r, r->first);

    r->first++;
    s->bytes -= sizeof *k + k->len;
    free(k);
}

struct log_store *log_store_free(struct log_store *s) {
    if (!s)
        return NULL;
    while (s->joined.lines && s->joined.first < s->joined.next)
        drop_first(s, &s->joined);
    while (s->errors.lines && s->errors.first < s->errors.next)
        drop_first(s, &s->errors);
    free(s->joined.lines);
    free(s->errors.lines);
    buf_deinit(&s->scratch);
    free(s);
    return NULL;
}

void log_store_begin(struct log_store *s, uint64_t run) {
    s->run = run;
    trace_mark_write_hex(run, s->run_text);
}

struct log_store_counts log_store_counts(const struct log_store *s) {
    return s->counts;
}

void log_store_note_cut(struct log_store *s, uint64_t bytes) {
    s->counts.cut++;
    s->counts.bytes += bytes;
}

static uint64_t *chain_of(struct log_store *s, uint64_t iteration) {
    return &s->chains[(iteration ^ iteration >> 32) % CHAINS];
}

struct found {
    uint64_t iteration, span;
    int64_t wall_ms;
    struct view level, json;
};

static void put(struct log_store *s, struct ring *r, const struct found *f) {
    struct kept *k = malloc(sizeof *k + f->json.len);

    if (!k)
        return;
    while (r->next - r->first == r->cap || (r->first < r->next && s->bytes + f->json.len > LOG_STORE_BYTES_MAX)) {
        s->counts.dropped += r == &s->joined;
        drop_first(s, r);
    }
    *k = (struct kept){.number = r->next, .iteration = f->iteration, .span = f->span, .wall_ms = f->wall_ms, .len = f->json.len};
    for (size_t i = 0; i < f->level.len && i < LEVEL_MAX - 1; i++)
        k->level[i] = (char)tolower((unsigned char)f->level.ptr[i]);
    memcpy(k->json, f->json.ptr, f->json.len);
    if (r == &s->joined) {
        k->previous = *chain_of(s, f->iteration);
        *chain_of(s, f->iteration) = k->number;
    }
    r->lines[r->next++ % r->cap] = k;
    s->bytes += sizeof *k + k->len;
}

/* --- what a line says --- */

static struct view text_of(const json_t *o, const char *const *keys, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_object_get(o, keys[i]);
        if (json_is_string(v))
            return view_of(json_string_value(v), json_string_length(v));
    }
    return VIEW_NULL;
}

static const char *const level_keys[] = {"level", "severity", "levelname", "severity_text", "log.level", "lvl"};
static const char *const time_keys[] = {"ts", "time", "timestamp", "@timestamp", "asctime", "datetime"};
enum { LEVEL_KEYS = sizeof level_keys / sizeof *level_keys, TIME_KEYS = sizeof time_keys / sizeof *time_keys };

/* "2026-01-02T03:04:05[.678][Z]", and a blank for T; seconds or milliseconds as numbers. 0 = nothing that can be read. */
static int64_t wall_ms_of(const json_t *o) {
    struct view text = text_of(o, time_keys, TIME_KEYS);
    char copy[40];
    struct tm tm = {0};

    for (size_t i = 0; i < TIME_KEYS && !text.len; i++) {
        const json_t *v = json_object_get(o, time_keys[i]);
        double n = json_is_number(v) ? json_number_value(v) : 0;
        if (n > 1e8 && n < 1e17)
            return (int64_t)(n > 1e14 ? n / 1000 : n > 1e11 ? n : n * 1000);
    }
    if (text.len < 19 || text.len >= sizeof copy)
        return 0;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    copy[10] = 'T';
    const char *rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return 0;
    int64_t ms = (int64_t)timegm(&tm) * 1000;
    for (int i = 1, scale = 100; (*rest == '.' || *rest == ',') && i <= 3 && isdigit((unsigned char)rest[i]); i++, scale /= 10)
        ms += (rest[i] - '0') * scale;
    return ms;
}

static bool is_error(struct view level) {
    static const struct view words[] = {{"error", 5}, {"err", 3}, {"critical", 8}, {"fatal", 5}, {"panic", 5}, {"alert", 5}, {"emergency", 9}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (view_eq_nocase(level, words[i]))
            return true;
    return false;
}

/* The mark that stands where the run's digits were found. */
static bool read_mark(struct view line, size_t found, struct found *f) {
    struct view rest = view_drop(line, found);
    struct trace_mark m;

    if (!trace_mark_read(view_take(rest, TRACE_MARK_REQUEST_ID_TEXT), &m) && !trace_mark_read(view_take(rest, TRACE_MARK_TRACE_TEXT), &m))
        return false;
    f->iteration = m.iteration;
    f->span = m.span;
    return true;
}

static void keep_line(struct log_store *s, struct view line, struct found *f, int64_t now_wall_us) {
    json_error_t why;
    json_t *o = json_loadb(line.ptr, line.len, 0, &why);

    if (!json_is_object(o)) {
        s->counts.invalid++;
        json_decref(o);
        return;
    }
    f->level = text_of(o, level_keys, LEVEL_KEYS);
    f->wall_ms = wall_ms_of(o);
    f->wall_ms = f->wall_ms ? f->wall_ms : now_wall_us / 1000;
    f->json = line;
    if (line.len > LOG_STORE_LINE_KEPT_MAX) { /* a cut object is none: its beginning as text */
        buf_clear(&s->scratch);
        struct json_writer w = json_writer_of(&s->scratch);
        json_writer_object(&w);
        json_writer_key(&w, VIEW("cut"));
        json_writer_string(&w, view_take(line, LOG_STORE_LINE_KEPT_MAX / 2));
        json_writer_end(&w);
        f->json = json_writer_error(&w) ? VIEW("{}") : buf_view(&s->scratch);
    }
    if (f->iteration)
        put(s, &s->joined, f);
    else if (is_error(f->level))
        put(s, &s->errors, f);
    json_decref(o);
}

static bool may_look(struct log_store *s, int64_t now_wall_us) {
    int64_t second = now_wall_us / SECOND_US;

    if (second != s->looked_second) {
        s->looked_second = second;
        s->looked = s->tried = 0;
    }
    return s->looked < LOG_STORE_ERRORS_PER_SECOND && s->tried++ < LOG_STORE_TRIED_PER_SECOND;
}

void log_store_add(struct log_store *s, struct view line, int64_t now_wall_us) {
    struct found f = {0};

    line = view_take(view_trim(line), LOG_LINE_MAX);
    s->counts.lines++;
    s->counts.bytes += line.len + 1;
    if (!line.len)
        return;
    const char *hit = s->run ? memmem(line.ptr, line.len, s->run_text, sizeof s->run_text) : NULL;
    if (hit && read_mark(line, (size_t)(hit - line.ptr), &f)) {
        s->counts.joined++;
        keep_line(s, line, &f, now_wall_us);
    } else if (may_look(s, now_wall_us)) {
        static const struct view words[] = {{"rror", 4}, {"RROR", 4}, {"ritical", 7}, {"RITICAL", 7}, {"atal", 4}, {"ATAL", 4}};
        bool likely = false;
        for (size_t i = 0; i < sizeof words / sizeof *words && !likely; i++)
            likely = memmem(line.ptr, line.len, words[i].ptr, words[i].len) != NULL;
        s->looked += likely;
        if (likely)
            keep_line(s, line, &f, now_wall_us);
    }
}

/* --- OTLP --- */

static void write_otlp(struct json_writer *w, const struct otlp_log *l, int64_t wall_ms) {
    static const struct view skipped[] = {{"message", 7}, {"level", 5}, {"service", 7}, {"time", 4}};
    char time[40];

    json_writer_object(w);
    clock_format_rfc3339(wall_ms * 1000 * 1000, 3, time, sizeof time);
    json_writer_key(w, VIEW("time"));
    json_writer_string(w, view_of_cstr(time));
    json_writer_key(w, VIEW("level"));
    json_writer_string(w, l->severity);
    json_writer_key(w, VIEW("service"));
    json_writer_string(w, l->service);
    json_writer_key(w, VIEW("message"));
    json_writer_string(w, view_take(l->body, LOG_STORE_LINE_KEPT_MAX / 2));
    for (size_t i = 0; i < l->attribute_count && w->out->len < LOG_STORE_LINE_KEPT_MAX; i++) {
        bool skip = false;
        for (size_t k = 0; k < sizeof skipped / sizeof *skipped; k++)
            skip = skip || view_eq(l->attributes[i].key, skipped[k]);
        if (skip)
            continue;
        json_writer_key(w, l->attributes[i].key);
        json_writer_string(w, view_take(l->attributes[i].value, 1024));
    }
    json_writer_end(w);
}

void log_store_add_otlp(struct log_store *s, const struct otlp_log *l, int64_t now_wall_us) {
    struct found f = {.wall_ms = l->time_ns && l->time_ns < INT64_MAX ? (int64_t)(l->time_ns / 1000000) : now_wall_us / 1000, .level = l->severity};
    bool ours = s->run && l->trace_high == s->run, error = l->severity_number >= OTLP_ERROR || is_error(l->severity);

    s->counts.lines++;
    s->counts.bytes += l->body.len;
    for (size_t i = 0; s->run && !ours && i < l->attribute_count; i++) { /* a correlation id that the program logs itself */
        struct view v = l->attributes[i].value;
        const char *hit = v.len ? memmem(v.ptr, v.len, s->run_text, sizeof s->run_text) : NULL;
        ours = hit && read_mark(v, (size_t)(hit - v.ptr), &f);
    }
    if (ours && !f.iteration)
        f.iteration = l->trace_low; /* l->span is one of the server's own */
    s->counts.joined += ours;
    if (!ours && !(error && may_look(s, now_wall_us)))
        return;
    s->looked += !ours;
    buf_clear(&s->scratch);
    struct json_writer w = json_writer_of(&s->scratch);
    write_otlp(&w, l, f.wall_ms);
    f.json = buf_view(&s->scratch);
    if (!json_writer_error(&w))
        put(s, ours ? &s->joined : &s->errors, &f);
}

/* --- reading --- */

static struct log_line line_of(const struct kept *k) {
    return (struct log_line){.number = k->number,
        .iteration = k->iteration,
        .span = k->span,
        .wall_ms = k->wall_ms,
        .level = view_of_cstr(k->level),
        .json = view_of(k->json, k->len)};
}

int log_store_each(struct log_store *s, uint64_t iteration, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx) {
    uint64_t numbers[BATCH];
    size_t n = 0;
    int rc = 0;

    for (uint64_t number = *chain_of(s, iteration); number > after && n < BATCH;) {
        const struct kept *k = at(&s->joined, number);
        if (!k)
            break;
        if (k->iteration == iteration)
            numbers[n++] = number;
        number = k->previous;
    }
    while (n > 0 && rc == 0) {
        struct log_line l = line_of(at(&s->joined, numbers[--n]));
        rc = each(ctx, &l);
    }
    return rc;
}

int log_store_each_error(struct log_store *s, uint64_t after, int (*each)(void *ctx, const struct log_line *l), void *ctx) {
    int rc = 0;

    for (uint64_t number = after + 1 > s->errors.first ? after + 1 : s->errors.first; number < s->errors.next && rc == 0; number++) {
        struct log_line l = line_of(at(&s->errors, number));
        rc = each(ctx, &l);
    }
    return rc;
}
