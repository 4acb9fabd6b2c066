/* Loading happens in the conductor; here is only what must be known before: is it an archive, what does the configuration file say, what is
 * in __ENV. An archive's options stand in for the script's own, and its environment lies under the command line's. */
#include "cli/k6_script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "script/js/host.h"

enum { READ_STEP = 64 * 1024, TAR_MAGIC_AT = 257, TAR_BLOCK = 512, CONFIG_BYTES_MAX = 16 * 1024 * 1024 };

static int fail(struct k6_script *t, int code, int rc) {
    t->exit_code = code;
    return rc;
}

static int read_all(int fd, struct buf *out) {
    for (;;) {
        int rc = buf_reserve(out, READ_STEP);
        if (rc)
            return rc;
        ssize_t n = read(fd, out->ptr + out->len, READ_STEP);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        out->len += (size_t)n;
        out->ptr[out->len] = 0;
    }
}

static int read_path(const char *path, struct buf *out) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = read_all(fd, out);
    close(fd);
    return rc;
}

/* ---- the configuration file ---- */

static const char *default_config(struct k6_script *t) {
    const char *xdg = k6_getenv("XDG_CONFIG_HOME"), *home = k6_getenv("HOME");

    if (xdg)
        return arena_printf(&t->arena, "%s/k6/config.json", xdg);
    return home ? arena_printf(&t->arena, "%s/.config/k6/config.json", home) : NULL;
}

static int config_error(struct k6_script *t, int code, const char *why, struct error *err) {
    return fail(t, EXIT_CODE_CONFIG, error_set(err, code, "failed to load the configuration file from the local file system: %s", why));
}

static int take_config_outputs(struct k6_script *t) {
    struct k6_settings *s = &t->call->settings;
    const json_t *out = json_object_get(t->config, "out");
    json_t *item;
    size_t i;

    if (s->output_count)
        return 0;
    if (json_is_string(out))
        s->outputs[s->output_count++] = json_string_value(out);
    json_array_foreach(out, i, item)
        if (json_is_string(item) && s->output_count < K6_OUTPUTS_MAX)
            s->outputs[s->output_count++] = json_string_value(item);
    return 0;
}

static int read_config(struct k6_script *t, struct error *err) {
    const char *given = t->call->settings.config_path, *path = given ? given : default_config(t);
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(CONFIG_BYTES_MAX);
    json_error_t why;
    char sentence[K6_PATH_MAX + 200];

    if (!path)
        return 0;
    int rc = read_path(path, &text);
    if (rc == -ENOENT && !given)
        return 0;
    if (rc) {
        snprintf(sentence, sizeof sentence, "stat %s: %s", path, rc == -ENOENT ? "no such file or directory" : error_name(rc));
        return config_error(t, rc, sentence, err);
    }
    t->config = json_loadb(text.ptr ? text.ptr : "", text.len, 0, &why);
    if (json_is_object(t->config))
        return take_config_outputs(t);
    snprintf(sentence, sizeof sentence, "couldn't parse the configuration from \"%s\": line %d: %s", path, why.line, why.text);
    return config_error(t, ERROR_SYNTAX, sentence, err);
}

/* ---- the script ---- */

/* file:///… as k6 names a local script in messages. */
static void name_url(struct k6_script *t, const char *path) {
    while (!strncmp(path, "./", 2))
        path += 2;
    if (strstr(path, "://"))
        snprintf(t->url, sizeof t->url, "%s", path);
    else if (path[0] == '/')
        snprintf(t->url, sizeof t->url, "file://%s", path);
    else
        snprintf(t->url, sizeof t->url, "file://%s/%s", strcmp(t->cwd, "/") ? t->cwd : "", path);
}

static bool looks_like_tar(struct view v) {
    return v.len >= TAR_BLOCK && !memcmp(v.ptr + TAR_MAGIC_AT, "ustar", 5);
}

static bool file_is_archive(const struct k6_script *t, const char *path) {
    char head[TAR_BLOCK];

    if (t->call->settings.type)
        return !strcmp(t->call->settings.type, "archive");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n == TAR_BLOCK && looks_like_tar(view_of(head, sizeof head));
}

static int unpack_archive(struct k6_script *t, struct view tar, struct error *err) {
    struct buf metadata CLEANUP(buf_deinit) = BUF_MAX(CONFIG_BYTES_MAX);
    json_error_t why;

    int rc = bundle_from_tar(tar, &t->bundle, &metadata, err);
    if (rc)
        return fail(t, EXIT_CODE_USAGE, rc);
    t->metadata = json_loadb(metadata.ptr ? metadata.ptr : "", metadata.len, 0, &why);
    if (!json_is_object(t->metadata))
        return fail(t, EXIT_CODE_USAGE, error_set(err, ERROR_SYNTAX, "the archive's metadata.json is not a JSON object: %s", why.text));
    t->source.bundle = buf_view(&t->bundle);
    const char *name = json_string_value(json_object_get(t->metadata, "filename"));
    if (name)
        t->source.path = arena_copy(&t->arena, view_of_cstr(name));
    return 0;
}

static int read_script(struct k6_script *t, const char *path, struct error *err) {
    bool from_stdin = !strcmp(path, "-");
    struct stat st;

    t->source.path = view_of_cstr(path);
    name_url(t, path);
    if (from_stdin) {
        int rc = read_all(STDIN_FILENO, &t->text);
        if (rc)
            return fail(t, EXIT_CODE_USAGE, error_set(err, rc, "reading the script from standard input: %s", error_name(rc)));
        if (looks_like_tar(buf_view(&t->text)))
            return unpack_archive(t, buf_view(&t->text), err);
        t->source.text = t->text.ptr ? buf_view(&t->text) : VIEW("");
        return 0;
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return fail(t, EXIT_CODE_USAGE, error_set(err, -EISDIR, "read %s: is a directory", path));
    if (!file_is_archive(t, path))
        return 0;
    struct buf tar CLEANUP(buf_deinit) = BUF_MAX(K6_SCRIPT_BYTES_MAX);
    int rc = read_path(path, &tar);
    if (rc)
        return fail(t, EXIT_CODE_USAGE, error_set(err, rc, "read %s: %s", path, error_name(rc)));
    return unpack_archive(t, buf_view(&tar), err);
}

/* The archive's environment first, so that ours wins. */
static int merge_env(struct k6_script *t, struct error *err) {
    const struct k6_settings *s = &t->call->settings;
    const json_t *kept = json_object_get(t->metadata, "env");
    size_t n = 0;
    const char *key;
    json_t *value;

    t->env = arena_calloc(&t->arena, s->env_count + json_object_size(kept) + 1, sizeof *t->env);
    if (!t->env)
        return error_set(err, -ENOMEM, "out of memory");
    json_object_foreach((json_t *)(uintptr_t)kept, key, value) {
        bool hidden = false;
        for (size_t i = 0; i < s->env_count; i++)
            hidden = hidden || view_eq(s->env[i].key, view_of_cstr(key));
        if (!hidden && json_is_string(value))
            t->env[n++] = (struct plan_pair){view_of_cstr(key), view_of_cstr(json_string_value(value))};
    }
    if (s->env_count)
        memcpy(t->env + n, s->env, s->env_count * sizeof *t->env);
    t->source.env = t->env;
    t->source.env_count = n + s->env_count;
    return 0;
}

int k6_script_init(struct k6_script *t, struct k6_call *call, struct error *err) {
    *t = (struct k6_script){.call = call, .exit_code = EXIT_CODE_USAGE};
    arena_init(&t->arena, 64 * 1024 * 1024);
    buf_init(&t->text, K6_SCRIPT_BYTES_MAX);
    buf_init(&t->bundle, K6_SCRIPT_BYTES_MAX);
    if (call->flags.arg_count != 1)
        return error_set(err, ERROR_INVALID,
            "accepts 1 arg(s), received %zu: arg should either be \"-\", if reading script from stdin, or a path to a script file",
            call->flags.arg_count);
    if (!getcwd(t->cwd, sizeof t->cwd))
        return error_set(err, -errno, "the working directory is not readable: %s", strerror(errno));
    t->source.cwd = view_of_cstr(t->cwd);
    t->source.extended_compatibility = call->settings.extended_compatibility;
    t->source.offline = call->settings.offline;
    int rc = read_config(t, err);
    if (rc == 0)
        rc = read_script(t, call->flags.args[0], err);
    return rc ? rc : merge_env(t, err);
}

void k6_script_deinit(struct k6_script *t) {
    json_decref(t->config);
    json_decref(t->metadata);
    buf_deinit(&t->text);
    buf_deinit(&t->bundle);
    arena_deinit(&t->arena);
    t->config = t->metadata = NULL;
}

/* ---- layers and plan ---- */

static bool metric_type_of(const char *name, enum metric_type *out) {
    for (enum metric_type m = METRIC_COUNTER; m <= METRIC_TREND; m++)
        if (name && !strcmp(metric_type_name(m), name)) {
            *out = m;
            return true;
        }
    return false;
}

static void read_metrics(struct k6_layers *l, const json_t *metrics) {
    json_t *item;
    size_t i;

    l->options.metrics_unknown = !json_is_array(metrics);
    json_array_foreach(metrics, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        struct options_metric *m = &l->metrics[l->options.metric_count];
        m->name = view_of_cstr(name);
        if (name && metric_type_of(json_string_value(json_object_get(item, "type")), &m->type))
            l->options.metric_count++;
    }
    l->options.metrics = l->metrics;
}

static void read_exports(struct k6_layers *l, const json_t *exports) {
    json_t *item;
    size_t i;

    json_array_foreach(exports, i, item)
        if (json_is_string(item))
            l->exports[l->options.export_count++] = json_string_value(item);
    l->options.exports = json_is_array(exports) ? l->exports : NULL;
}

int k6_layers_init(struct k6_layers *l, const struct k6_script *t, struct view description, struct error *err) {
    const struct k6_settings *s = &t->call->settings;
    json_error_t why;

    *l = (struct k6_layers){0};
    l->description = json_loadb(description.ptr, description.len, 0, &why);
    if (!json_is_object(l->description))
        return error_set(err, ERROR_SYNTAX, "the script's description is not a JSON object: %s", why.text);
    const json_t *exports = json_object_get(l->description, "exports"), *metrics = json_object_get(l->description, "metrics");
    const json_t *kept = json_object_get(t->metadata, "options");
    l->exports = calloc(json_array_size(exports) + 1, sizeof *l->exports);
    l->metrics = calloc(json_array_size(metrics) + 1, sizeof *l->metrics);
    if (!l->exports || !l->metrics)
        return error_set(err, -ENOMEM, "out of memory");
    read_exports(l, exports);
    read_metrics(l, metrics);
    l->options.config = t->config;
    l->options.script = kept ? kept : json_object_get(l->description, "options");
    l->options.env = s->env_layer;
    l->options.cli = s->cli;
    l->options.no_thresholds = s->no_thresholds;
    return 0;
}

void k6_layers_deinit(struct k6_layers *l) {
    free(l->exports);
    free(l->metrics);
    json_decref(l->description);
    *l = (struct k6_layers){0};
}

void k6_script_tell(struct k6_script *t, const struct options_notes *notes, int rc, struct error *err) {
    char inner[ERROR_TEXT_MAX];

    for (size_t i = 0; i < notes->count; i++)
        log_printer_say(&t->call->log, LOG_WARN, notes->items[i].error[0] ? "error" : NULL, notes->items[i].error, "%s", notes->items[i].message);
    if (!rc)
        return;
    t->exit_code = notes->not_config ? EXIT_CODE_USAGE : EXIT_CODE_CONFIG;
    if (!notes->script_failed)
        return;
    memcpy(inner, err->text, sizeof inner);
    error_set(err, err->code, "could not initialize '%.*s': could not load JS test '%s': %s", VIEW_ARGS(t->source.path), t->url, inner);
}

int k6_script_make_plan(void *script, struct view description, struct plan *out, struct error *err) {
    struct k6_script *t = script;
    struct options_notes *notes = calloc(1, sizeof *notes);
    struct k6_layers layers = {0};

    if (!notes)
        return error_set(err, -ENOMEM, "out of memory");
    int rc = k6_layers_init(&layers, t, description, err);
    if (rc == 0)
        rc = options_consolidate(&layers.options, out, notes, err);
    k6_script_tell(t, notes, rc, err);
    k6_layers_deinit(&layers);
    free(notes);
    return rc;
}

/* ---- fleet ---- */

void k6_script_fleet_options(struct k6_script *t, struct fleet_options *out) {
    *out = (struct fleet_options){
        .host = &script_js_ops,
        .source = t->source,
        .workers = t->call->settings.workers,
        .no_thresholds = t->call->settings.no_thresholds,
        .log = &t->call->log.sink,
        .callbacks = {.ctx = t, .make_plan = k6_script_make_plan},
    };
}

static const int codes[] = {
    [FLEET_END_OK] = EXIT_CODE_OK,
    [FLEET_END_THRESHOLDS] = EXIT_CODE_THRESHOLDS,
    [FLEET_END_SETUP_TIMEOUT] = EXIT_CODE_SETUP_TIMEOUT,
    [FLEET_END_TEARDOWN_TIMEOUT] = EXIT_CODE_TEARDOWN_TIMEOUT,
    [FLEET_END_SUMMARY_TIMEOUT] = EXIT_CODE_OTHER_TIMEOUT,
    [FLEET_END_CONFIG] = EXIT_CODE_CONFIG,
    [FLEET_END_SIGNAL] = EXIT_CODE_SIGNAL,
    [FLEET_END_SCRIPT] = EXIT_CODE_SCRIPT_EXCEPTION,
    [FLEET_END_ABORTED] = EXIT_CODE_SCRIPT_ABORTED,
    [FLEET_END_MARKED_FAILED] = EXIT_CODE_MARKED_FAILED,
    [FLEET_END_CRASH] = EXIT_CODE_CRASH,
    [FLEET_END_STOPPED] = EXIT_CODE_STOPPED,
    [FLEET_END_OTHER] = EXIT_CODE_USAGE,
};

/* What to do about it, by how the run ended. */
static const struct view hints[] = {
    [FLEET_END_SETUP_TIMEOUT] = VIEW("You can increase the time limit via the setupTimeout option"),
    [FLEET_END_TEARDOWN_TIMEOUT] = VIEW("You can increase the time limit via the teardownTimeout option"),
    [FLEET_END_OTHER] = {NULL, 0},
};

int k6_script_end(struct k6_script *t, int rc, const struct fleet_outcome *outcome) {
    struct log_printer *log = &t->call->log;
    struct log_record r = {.level = LOG_ERROR, .message = view_of_cstr(outcome->message)};

    if (rc) {
        log_printer_say(log, LOG_ERROR, NULL, NULL, "the test's processes could not be started: %s", error_name(rc));
        return EXIT_CODE_USAGE;
    }
    /* A script that could not even be loaded has no stack to hint at. */
    if (outcome->from_script && !view_starts_with(r.message, VIEW("could not initialize"))) {
        r.fields[r.field_count++] = (struct log_field){VIEW("hint"), VIEW("script exception")};
        r.fields[r.field_count++] = (struct log_field){VIEW("source"), VIEW("stacktrace")};
    } else if (hints[outcome->end].len)
        r.fields[r.field_count++] = (struct log_field){VIEW("hint"), hints[outcome->end]};
    if (outcome->end != FLEET_END_OK && r.message.len)
        log->sink.write(&log->sink, &r);
    if (outcome->end == FLEET_END_CONFIG)
        return t->exit_code;
    return codes[outcome->end];
}
