/* The shapes are logrus's text and JSON formatters', byte for byte where it matters to people who grep: level=warning, msg first among the
 * fields, sorted keys, Go's quoting. On a terminal: a four-letter level, seconds since the start, the message padded to 44 columns. */
#include "cli/log_printer.h"

#include "cli/remedy.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *word;
    int colour;
} levels[] = {
    [LOG_DEBUG] = {"DEBU", 37},
    [LOG_INFO] = {"INFO", 36},
    [LOG_WARN] = {"WARN", 33},
    [LOG_ERROR] = {"ERRO", 31},
};

static bool needs_quotes(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if (!isalnum((unsigned char)v.ptr[i]) && !strchr("-._/@^+", v.ptr[i]))
            return true;
    return false;
}

/* Go's %q: printable UTF-8 stays. */
static int append_quoted(struct buf *out, struct view v) {
    int rc = buf_append_byte(out, '"');

    for (size_t i = 0; i < v.len && rc == 0; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        switch (c) {
        case '"': rc = buf_append_view(out, VIEW("\\\"")); break;
        case '\\': rc = buf_append_view(out, VIEW("\\\\")); break;
        case '\n': rc = buf_append_view(out, VIEW("\\n")); break;
        case '\t': rc = buf_append_view(out, VIEW("\\t")); break;
        case '\r': rc = buf_append_view(out, VIEW("\\r")); break;
        default: rc = c < 0x20 || c == 0x7f ? buf_printf(out, "\\x%02x", c) : buf_append_byte(out, (char)c);
        }
    }
    return rc ? rc : buf_append_byte(out, '"');
}

static int append_value(struct buf *out, struct view v) {
    return needs_quotes(v) ? append_quoted(out, v) : buf_append_view(out, v);
}

static int append_json_string(struct buf *out, struct view v) {
    int rc = buf_append_byte(out, '"');

    for (size_t i = 0; i < v.len && rc == 0; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if (c == '"' || c == '\\')
            rc = buf_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\t' || c == '\r')
            rc = buf_append_view(out, c == '\n' ? VIEW("\\n") : c == '\t' ? VIEW("\\t") : VIEW("\\r"));
        else if (c < 0x20 || c == '<' || c == '>' || c == '&')
            rc = buf_printf(out, "\\u%04x", c);
        else
            rc = buf_append_byte(out, (char)c);
    }
    return rc ? rc : buf_append_byte(out, '"');
}

static int by_key(const void *a, const void *b) {
    return view_cmp(((const struct log_field *)a)->key, ((const struct log_field *)b)->key);
}

/* Columns that a terminal will show: code points. */
static size_t columns(struct view v) {
    size_t n = 0;

    for (size_t i = 0; i < v.len; i++)
        n += ((unsigned char)v.ptr[i] & 0xc0) != 0x80;
    return n;
}

static int format_tty(const struct log_record *r, const struct log_field *fields, int64_t seconds, struct buf *out) {
    int colour = levels[r->level].colour;
    size_t width = columns(r->message);

    int rc = buf_printf(out, "\x1b[%dm%s\x1b[0m[%04lld] %.*s%*s ", colour, levels[r->level].word, (long long)seconds, VIEW_ARGS(r->message),
        width < 44 ? (int)(44 - width) : 0, "");
    for (size_t i = 0; i < r->field_count && rc == 0; i++) {
        rc = buf_printf(out, " \x1b[%dm%.*s\x1b[0m=", colour, VIEW_ARGS(fields[i].key));
        if (rc == 0)
            rc = append_value(out, fields[i].value);
    }
    return rc ? rc : buf_append_view(out, VIEW("\x1b[0K"));
}

static int format_logfmt(const struct log_record *r, const struct log_field *fields, const char *time, struct buf *out) {
    int rc = buf_printf(out, "time=\"%s\" level=%s", time, log_level_name(r->level));

    if (rc == 0 && r->message.len) {
        rc = buf_append_view(out, VIEW(" msg="));
        if (rc == 0)
            rc = append_value(out, r->message);
    }
    for (size_t i = 0; i < r->field_count && rc == 0; i++) {
        rc = buf_printf(out, " %.*s=", VIEW_ARGS(fields[i].key));
        if (rc == 0)
            rc = append_value(out, fields[i].value);
    }
    return rc;
}

static int format_json(const struct log_record *r, const char *time, struct buf *out) {
    struct log_field all[LOG_FIELDS_MAX + 3];
    size_t n = r->field_count;
    int rc = buf_append_byte(out, '{');

    memcpy(all, r->fields, n * sizeof all[0]);
    all[n++] = (struct log_field){VIEW("level"), view_of_cstr(log_level_name(r->level))};
    all[n++] = (struct log_field){VIEW("msg"), r->message};
    all[n++] = (struct log_field){VIEW("time"), view_of_cstr(time)};
    qsort(all, n, sizeof all[0], by_key);
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (i)
            rc = buf_append_byte(out, ',');
        if (rc == 0)
            rc = append_json_string(out, all[i].key);
        if (rc == 0)
            rc = buf_append_byte(out, ':');
        if (rc == 0)
            rc = append_json_string(out, all[i].value);
    }
    return rc ? rc : buf_append_byte(out, '}');
}

int log_printer_format(const struct log_printer *p, const struct log_record *r, bool tty, int64_t now_us, struct buf *out) {
    struct log_field fields[LOG_FIELDS_MAX];
    char time[40];
    int rc;

    memcpy(fields, r->fields, r->field_count * sizeof fields[0]);
    qsort(fields, r->field_count, sizeof fields[0], by_key);
    clock_format_rfc3339(r->wall_ns, 0, time, sizeof time);
    if (p->format == LOG_FORMAT_RAW)
        rc = buf_append_view(out, r->message);
    else if (p->format == LOG_FORMAT_JSON)
        rc = format_json(r, time, out);
    else if (tty)
        rc = format_tty(r, fields, (now_us - p->started_us) / 1000000, out);
    else
        rc = format_logfmt(r, fields, time, out);
    return rc ? rc : buf_append_byte(out, '\n');
}

static bool is_console(const struct log_record *r, size_t *at) {
    for (*at = 0; *at < r->field_count; ++*at)
        if (view_eq(r->fields[*at].key, VIEW("source")) && view_eq(r->fields[*at].value, VIEW("console")))
            return true;
    return false;
}

static void emit(struct log_printer *p, FILE *to, bool tty) {
    if (tty && p->before)
        p->before(p->ctx);
    if (fwrite(p->line.ptr, 1, p->line.len, to) != p->line.len || fflush(to))
        p->lost++;
    if (tty && p->after)
        p->after(p->ctx);
}

static void write_record(struct log_sink *sink, const struct log_record *given) {
    struct log_printer *p = (struct log_printer *)sink;
    struct log_record r = *given;
    char remedy[REMEDY_BYTES_MAX];
    FILE *to = p->out;
    size_t at;

    if (r.level < p->level || r.field_count > LOG_FIELDS_MAX)
        return;
    if (p->console && is_console(&r, &at)) {
        to = p->console;
        memmove(&r.fields[at], &r.fields[at + 1], (r.field_count - at - 1) * sizeof r.fields[0]);
        r.field_count--;
    }
    if (!to)
        return;
    if (!r.wall_ns)
        r.wall_ns = clock_wall_ns();
    while (r.message.len && p->format == LOG_FORMAT_TEXT && p->tty && r.message.ptr[r.message.len - 1] == '\n')
        r.message.len--;
    if (r.field_count < LOG_FIELDS_MAX && *remedy_find(&r, remedy))
        r.fields[r.field_count++] = (struct log_field){VIEW("remedy"), view_of_cstr(remedy)};
    buf_clear(&p->line);
    if (log_printer_format(p, &r, p->tty && to == p->out, clock_now_us(p->clock), &p->line))
        p->lost++;
    else
        emit(p, to, p->tty && to == p->out);
}

static int bad_level(const char *text, struct error *err) {
    return error_set(err, ERROR_INVALID, "not a valid logrus Level: \"%.100s\"", text);
}

static int set_level(struct log_printer *p, const char *text, struct error *err) {
    static const struct {
        const char *name;
        enum log_level level;
    } names[] = {{"trace", LOG_DEBUG}, {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warning", LOG_WARN}, {"warn", LOG_WARN}, {"error", LOG_ERROR},
        {"fatal", LOG_ERROR}, {"panic", LOG_ERROR}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(names[i].name, text)) {
            p->level = names[i].level;
            return 0;
        }
    return bad_level(text, err);
}

/* "file=path,level=error" */
static int open_file(struct log_printer *p, const char *spec, struct error *err) {
    char path[4096];
    const char *value = strchr(spec, '='), *comma = strchr(spec, ',');
    size_t len = value ? (comma && comma > value ? (size_t)(comma - value) - 1 : strlen(value + 1)) : 0;

    if (!value)
        return error_set(err, ERROR_INVALID, "error while parsing logfile configuration key `file` with no value");
    if (!len || len >= sizeof path)
        return error_set(err, ERROR_INVALID, "filepath must not be empty");
    snprintf(path, sizeof path, "%.*s", (int)len, value + 1);
    if (comma) {
        if (strncmp(comma, ",level=", 7) != 0)
            return error_set(err, ERROR_INVALID, "unknown logfile config key %.100s", comma + 1);
        int rc = set_level(p, comma + 7, err);
        if (rc)
            return rc;
    }
    p->out = fopen(path, "ae");
    p->close_out = p->out != NULL;
    p->tty = false;
    return p->out ? 0 : error_set(err, -errno, "failed to open logfile %.1000s: %s", path, strerror(errno));
}

static int open_output(struct log_printer *p, const char *output, struct error *err) {
    if (!output || !*output || !strcmp(output, "stderr"))
        return 0;
    if (!strcmp(output, "stdout")) {
        p->out = stdout;
        p->tty = p->tty && isatty(STDOUT_FILENO);
        return 0;
    }
    if (!strcmp(output, "none")) {
        p->out = NULL;
        return 0;
    }
    if (!strncmp(output, "file", 4) && (!output[4] || output[4] == '='))
        return open_file(p, output, err);
    if (!strncmp(output, "loki", 4))
        return error_set(err, ERROR_INVALID, "log output 'loki' is not supported: write to a file and let an agent ship it (--log-output file=PATH)");
    return error_set(err, ERROR_INVALID, "unsupported log output '%.200s'", output);
}

int log_printer_init(struct log_printer *p, const struct log_printer_options *o, struct error *err) {
    *p = (struct log_printer){.sink = {.write = write_record}, .out = stderr, .clock = &clock_real};
    buf_init(&p->line, LOG_LINE_BYTES_MAX);
    p->level = o->verbose ? LOG_DEBUG : LOG_INFO;
    p->started_us = clock_now_us(p->clock);
    p->tty = !o->no_color && isatty(STDERR_FILENO);
    if (o->format && !strcmp(o->format, "json"))
        p->format = LOG_FORMAT_JSON;
    if (o->format && !strcmp(o->format, "raw"))
        p->format = LOG_FORMAT_RAW;
    if (o->console && *o->console) {
        p->console = fopen(o->console, "ae");
        p->close_console = p->console != NULL;
        if (!p->console)
            return error_set(err, -errno, "failed to open console output %.1000s: %s", o->console, strerror(errno));
    }
    return open_output(p, o->output, err);
}

void log_printer_deinit(struct log_printer *p) {
    if (p->close_out)
        fclose(p->out);
    if (p->close_console)
        fclose(p->console);
    buf_deinit(&p->line);
    *p = (struct log_printer){0};
}

void log_printer_say(struct log_printer *p, enum log_level level, const char *key, const char *value, const char *fmt, ...) {
    struct log_record r = {.level = level};
    va_list args;
    char *text = NULL;

    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    r.message = view_of(text, (size_t)n);
    if (key) {
        r.fields[0] = (struct log_field){view_of_cstr(key), view_of_cstr(value)};
        r.field_count = 1;
    }
    p->sink.write(&p->sink, &r);
    free(text);
}
