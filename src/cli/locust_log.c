#include "cli/locust_log.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"

static const char *const names[] = {
    [LOG_DEBUG] = "DEBUG", [LOG_INFO] = "INFO", [LOG_WARN] = "WARNING", [LOG_ERROR] = "ERROR"};

int locust_log_format(const struct locust_log *l, enum log_level level, const char *logger, struct view text,
    int64_t wall_ns, struct buf *out) {
    time_t seconds = (time_t)(wall_ns / 1000000000);
    struct tm when;
    char stamp[64];

    localtime_r(&seconds, &when);
    strftime(stamp, sizeof stamp, "%Y-%m-%d %H:%M:%S", &when);
    return buf_printf(out, "[%s,%03d] %s/%s/%s: %.*s\n", stamp, (int)(wall_ns / 1000000 % 1000), l->host,
        names[level], logger, VIEW_ARGS(text));
}

static void write_line(
    struct locust_log *l, enum log_level level, const char *logger, struct view text, int64_t wall_ns) {
    struct buf line CLEANUP(buf_deinit) = BUF_MAX(LOCUST_LOG_LINE_MAX);

    if (level < l->level || l->silent)
        return;
    if (locust_log_format(l, level, logger, text, wall_ns ? wall_ns : clock_wall_ns(), &line) < 0)
        return;
    fwrite(line.ptr, 1, line.len, l->out);
    fflush(l->out);
}

static void write_record(struct log_sink *sink, const struct log_record *r) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOCUST_LOG_LINE_MAX - 1024);
    int e = buf_append_view(&text, r->message);

    if (log_is_printed(r))
        return;
    for (size_t i = 0; i < r->field_count && e == 0; i++)
        e = buf_printf(&text, " %.*s=%.*s", VIEW_ARGS(r->fields[i].key), VIEW_ARGS(r->fields[i].value));
    write_line((struct locust_log *)sink, r->level, "halftime",
        e < 0 ? view_take(r->message, 1024) : buf_view(&text), r->wall_ns);
}

void locust_log_say(struct locust_log *l, enum log_level level, const char *logger, const char *fmt, ...) {
    char text[8192];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    write_line(l, level, logger, view_of_cstr(text), 0);
    if (l->tap && level >= l->level)
        l->tap(l->tap_ctx, &(struct log_record){.level = level, .message = view_of_cstr(text)});
}

void locust_log_init(struct locust_log *l) {
    *l = (struct locust_log){.sink.write = write_record, .level = LOG_INFO, .out = stderr};
    if (gethostname(l->host, sizeof l->host - 1) < 0)
        l->host[0] = 0;
    l->host[strcspn(l->host, ".")] = 0;
}

void locust_log_deinit(struct locust_log *l) {
    if (l->close_out)
        fclose(l->out);
    l->out = stderr;
    l->close_out = false;
}

static int make_folder(const char *path, struct error *err) {
    const char *slash = strrchr(path, '/');
    char folder[4096];

    if (!slash || slash == path)
        return 0;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return file_make_dirs(folder, err);
}

int locust_log_set(struct locust_log *l, const char *level, const char *path, struct error *err) {
    for (size_t i = 0; level && i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(level, names[i]))
            l->level = (enum log_level)i;
    l->silent = level && !strcasecmp(level, "CRITICAL");
    if (!path)
        return 0;
    int r = make_folder(path, err);
    if (r < 0)
        return r;
    FILE *out = fopen(path, "ae");
    if (!out)
        return error_set(err, -errno, "--logfile %s: %s", path, strerror(errno));
    locust_log_deinit(l);
    l->out = out;
    l->close_out = true;
    return 0;
}
