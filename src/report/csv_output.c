/* `-o csv`: one row per point. Columns: metric, time, value, the system tags that are on, all other tags in one, metadata in one. */
#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/duration.h"
#include "report/output_file.h"
#include "report/output_tags.h"
#include "report/outputs_priv.h"

#define CSV_FILE_DEFAULT "file.csv"

/* X(enumerator, k6's name) */
#define CSV_TIMES(X) X(UNIX, "unix") X(UNIX_MILLI, "unix_milli") X(UNIX_MICRO, "unix_micro") X(UNIX_NANO, "unix_nano") X(RFC3339, "rfc3339") X(RFC3339_NANO, "rfc3339_nano")
enum csv_time {
#define CSV_TIME_E(id, name) CSV_TIME_##id,
    CSV_TIMES(CSV_TIME_E)
#undef CSV_TIME_E
    CSV_TIME_COUNT
};
static const char *const time_names[] = {
#define CSV_TIME_NAME(id, name) name,
    CSV_TIMES(CSV_TIME_NAME)
#undef CSV_TIME_NAME
};

struct csv_settings {
    struct view file;
    int64_t interval_us;
    enum csv_time time;
};
struct csv_output {
    struct report_sink base;
    struct output_file file;
    struct output_tags tags;
    struct output_system_tags system;
    struct csv_settings settings;
};

/* ---- settings: the environment, then the argument ---- */

static int set_interval(struct csv_settings *s, struct view text, struct error *err) {
    int64_t ns;
    int r = duration_parse(text, true, true, &ns, err);
    if (r < 0)
        return r;
    s->interval_us = ns / 1000;
    return 0;
}

static int set_time(struct csv_settings *s, struct view text, struct error *err) {
    for (size_t i = 0; i < CSV_TIME_COUNT; i++) {
        if (!view_eq(text, view_of_cstr(time_names[i])))
            continue;
        s->time = (enum csv_time)i;
        return 0;
    }
    return error_set(err, ERROR_INVALID, "%.*s does not belong to TimeFormat values [unix, unix_milli, unix_micro, unix_nano, rfc3339, rfc3339_nano]", VIEW_ARGS(text));
}

static int set_pairs(struct csv_settings *s, struct view rest, struct error *err) {
    int r = 0;
    while (rest.len && r >= 0) {
        bool found;
        struct view value = view_cut(&rest, ',', NULL), key = view_cut(&value, '=', &found);
        if (!found)
            return error_set(err, ERROR_SYNTAX, "couldn't parse \"%.*s\" as argument for csv output", VIEW_ARGS(key));
        if (view_eq(key, VIEW("fileName")) || view_eq(key, VIEW("file_name")))
            s->file = value;
        else if (view_eq(key, VIEW("saveInterval")) || view_eq(key, VIEW("save_interval")))
            r = set_interval(s, value, err);
        else if (view_eq(key, VIEW("timeFormat")))
            r = set_time(s, value, err);
        else
            return error_set(err, ERROR_INVALID, "unknown key \"%.*s\" as argument for csv output", VIEW_ARGS(key));
    }
    return r;
}

static int settings_read(struct csv_settings *s, struct view argument, struct error *err) {
    struct view file = view_of_cstr(getenv("K6_CSV_FILENAME")), interval = view_of_cstr(getenv("K6_CSV_SAVE_INTERVAL")),
                time = view_of_cstr(getenv("K6_CSV_TIME_FORMAT"));
    *s = (struct csv_settings){.file = VIEW(CSV_FILE_DEFAULT), .interval_us = 1000000, .time = CSV_TIME_UNIX};
    if (file.len)
        s->file = file;
    int r = interval.len ? set_interval(s, interval, err) : 0;
    if (r >= 0 && time.len)
        r = set_time(s, time, err);
    if (r < 0 || argument.len == 0)
        return r;
    if (view_find(argument, '=') >= 0)
        return set_pairs(s, argument, err);
    s->file = argument;
    return 0;
}

/* ---- rows ---- */

/* Quoted as Go's encoding/csv does: when it holds a comma, a quote or a line break, or begins with a blank. */
static int append_field(struct view v, struct buf *out) {
    bool quote = v.len && (v.ptr[0] == ' ' || v.ptr[0] == '\t' || view_eq(v, VIEW("\\.")));
    for (size_t i = 0; i < v.len && !quote; i++)
        quote = v.ptr[i] == ',' || v.ptr[i] == '"' || v.ptr[i] == '\n' || v.ptr[i] == '\r';
    if (!quote)
        return buf_append_view(out, v);
    int r = buf_append_byte(out, '"');
    for (size_t i = 0; i < v.len && r >= 0; i++) {
        if (v.ptr[i] == '"')
            r = buf_append_byte(out, '"');
        r = r < 0 ? r : buf_append_byte(out, v.ptr[i]);
    }
    return r < 0 ? r : buf_append_byte(out, '"');
}

/* ",tag,tag,…,extra_tags," */
static int render_tags(void *ctx, const struct tags *tags, tagset_id set, struct buf *out) {
    const struct csv_output *o = ctx;
    struct buf extra CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    int r = 0;
    for (size_t i = 0; i < o->system.count && r >= 0; i++) {
        r = buf_append_byte(out, ',');
        r = r < 0 ? r : append_field(tags_get(tags, set, view_of_cstr(o->system.names[i])), out);
    }
    for (size_t i = 0; i < tags_count(tags, set) && r >= 0; i++) {
        struct tag t = tags_at(tags, set, i);
        if (!output_system_tags_has(&o->system, t.key))
            r = buf_printf(&extra, "%s%.*s=%.*s", extra.len ? "&" : "", VIEW_ARGS(t.key), VIEW_ARGS(t.value));
    }
    r = r < 0 ? r : buf_append_byte(out, ',');
    r = r < 0 ? r : append_field(buf_view(&extra), out);
    return r < 0 ? r : buf_append_byte(out, ',');
}

static int append_time(enum csv_time format, int64_t wall_ns, struct buf *out) {
    char text[40];
    switch (format) {
    case CSV_TIME_UNIX_MILLI: return buf_printf(out, "%lld", (long long)(wall_ns / 1000000));
    case CSV_TIME_UNIX_MICRO: return buf_printf(out, "%lld", (long long)(wall_ns / 1000));
    case CSV_TIME_UNIX_NANO: return buf_printf(out, "%lld", (long long)wall_ns);
    case CSV_TIME_RFC3339: return buf_printf(out, "%s", clock_format_rfc3339(wall_ns, 0, text, sizeof text));
    case CSV_TIME_RFC3339_NANO: return buf_printf(out, "%s", clock_format_rfc3339(wall_ns, 9, text, sizeof text));
    default: return buf_printf(out, "%lld", (long long)(wall_ns / 1000000000));
    }
}

static int append_metadata(const struct csv_output *o, const struct sample *p, struct buf *out) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct output_metadata m;
    int r = 0;
    output_metadata_of(&o->system, p, &m);
    for (size_t i = 0; i < m.count && r >= 0; i++)
        r = buf_printf(&text, "%s%.*s=%.*s", i ? "&" : "", VIEW_ARGS(m.pairs[i].key), VIEW_ARGS(m.pairs[i].value));
    r = r < 0 ? r : append_field(buf_view(&text), out);
    return r < 0 ? r : buf_append_byte(out, '\n');
}

static int write_row(struct csv_output *o, const struct run_state *r, const struct sample *p, struct buf *out) {
    int e = buf_append_view(out, metrics_name(r->total->metrics, p->metric));
    e = e < 0 ? e : buf_append_byte(out, ',');
    e = e < 0 ? e : append_time(o->settings.time, p->wall_ns, out);
    e = e < 0 ? e : buf_printf(out, ",%f", p->value);
    e = e < 0 ? e : output_tags_append(&o->tags, r->total->tags, p->tags, render_tags, o, out);
    return e < 0 ? e : append_metadata(o, p, out);
}

static void start(struct report_sink *s, const struct run_state *r) {
    struct csv_output *o = (struct csv_output *)s;
    struct buf *out = output_file_room(&o->file);
    output_system_tags_init(&o->system, r->plan);
    if (!out)
        return;
    size_t from = out->len;
    int e = buf_printf(out, "metric_name,timestamp,metric_value");
    for (size_t i = 0; i < o->system.count && e >= 0; i++)
        e = buf_printf(out, ",%s", o->system.names[i]);
    e = e < 0 ? e : buf_printf(out, ",extra_tags,metadata\n");
    output_file_line(&o->file, from, e, false);
}

static void sample(struct report_sink *s, const struct run_state *r, const struct sample *p) {
    struct csv_output *o = (struct csv_output *)s;
    if (view_starts_with(metrics_name(r->total->metrics, p->metric), VIEW("halftime_")))
        return;
    struct buf *out = output_file_room(&o->file);
    if (!out)
        return;
    size_t from = out->len;
    output_file_line(&o->file, from, write_row(o, r, p, out), true);
}

static void tick(struct report_sink *s, const struct run_state *r) {
    struct csv_output *o = (struct csv_output *)s;
    (void)r;
    if (clock_now_us(&clock_real) - o->file.flushed_us >= o->settings.interval_us)
        output_file_flush(&o->file);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)r;
    return output_file_finish(&((struct csv_output *)s)->file, err);
}

static void csv_output_free(struct report_sink *s) {
    struct csv_output *o = (struct csv_output *)s;
    output_file_deinit(&o->file);
    output_tags_deinit(&o->tags);
    free(o);
}

static const struct report_sink_ops ops = {.name = "csv", .start = start, .second = tick, .redraw = tick, .sample = sample, .finish = finish,
    .free = csv_output_free, .wants_samples = true};

int csv_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct csv_output *o = calloc(1, sizeof *o);
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the csv output");
    o->base.ops = &ops;
    int r = settings_read(&o->settings, argument, err);
    r = r < 0 ? r : output_file_open(&o->file, o->settings.file, err);
    if (r < 0) {
        free(o);
        return r;
    }
    output_tags_init(&o->tags);
    *out = &o->base;
    return 0;
}

int csv_output_describe(struct view argument, struct buf *out) {
    struct csv_settings s;
    if (settings_read(&s, argument, NULL) < 0)
        return buf_append(out, "csv", 3);
    bool console = s.file.len == 0 || view_eq(s.file, VIEW("-"));
    return console ? buf_append(out, "csv (stdout)", 12) : buf_printf(out, "csv (%.*s)", VIEW_ARGS(s.file));
}
