/* `k6 archive`: loads the script, takes every file that loading read, and writes them as k6's tar with metadata.json. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/k6_script.h"
#include "script/js/host.h"

struct archiving {
    struct k6_script script; /* first: the fleet's ctx is cast from it */
    struct buf options;
};

static int describe(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct archiving *a = ctx;
    struct options_notes notes = {0};
    struct k6_layers layers = {0};

    int rc = k6_script_make_plan(ctx, description, out, err);
    if (rc == 0)
        rc = k6_layers_init(&layers, &a->script, description, err);
    if (rc == 0)
        rc = options_inspect(&layers.options, OPTIONS_OF_ARCHIVE, &a->options, &notes, err);
    k6_layers_deinit(&layers);
    return rc;
}

static json_t *kept_env(const struct archiving *a) {
    const struct k6_call *call = a->script.call;
    json_t *env = json_object();

    if (flags_get(&call->flags, call->tables, "exclude-env-vars", NULL))
        return env;
    for (size_t i = 0; i < a->script.source.env_count; i++) {
        const struct plan_pair *pair = &a->script.source.env[i];
        char *key = view_dup_cstr(pair->key);
        if (key)
            json_object_set_new(env, key, json_stringn(pair->value.ptr ? pair->value.ptr : "", pair->value.len));
        free(key);
    }
    return env;
}

static char *metadata(const struct archiving *a) {
    const struct k6_script *t = &a->script;
    char pwd[sizeof t->url];
    json_t *options = json_loadb(a->options.ptr, a->options.len, 0, NULL);

    snprintf(pwd, sizeof pwd, "%s", t->url);
    char *slash = strrchr(pwd, '/');
    if (slash)
        *slash = 0;
    json_t *m = json_pack("{s:s, s:o, s:s, s:s, s:o, s:s, s:s, s:s}", "type", "js", "options", options, "filename", t->url, "pwd", pwd, "env",
        kept_env(a), "compatibilityMode", t->source.extended_compatibility ? "extended" : "base", "k6version", OPTIONS_K6_VERSION, "goos", "linux");
    char *text = m ? json_dumps(m, JSON_INDENT(2)) : NULL;
    json_decref(m);
    return text;
}

static int write_file(const char *path, struct view bytes, struct error *err) {
    bool to_stdout = !strcmp(path, "-");
    FILE *f = to_stdout ? stdout : fopen(path, "we");

    if (!f)
        return error_set(err, -errno, "open %.500s: %s", path, strerror(errno));
    size_t written = fwrite(bytes.ptr, 1, bytes.len, f);
    int rc = to_stdout ? fflush(f) : fclose(f);
    if (written != bytes.len || rc)
        return error_set(err, -EIO, "writing %.500s: %s", path, strerror(errno));
    return 0;
}

static int write_archive(const struct archiving *a, struct view bundle, struct error *err) {
    const struct k6_call *call = a->script.call;
    const char *path = flags_get(&call->flags, call->tables, "archive-out", NULL);
    struct buf tar CLEANUP(buf_deinit) = BUF_MAX(K6_SCRIPT_BYTES_MAX);
    char *text = metadata(a);

    int rc = text ? bundle_to_tar(bundle, view_of_cstr(text), &tar) : -ENOMEM;
    free(text);
    if (rc)
        return error_set(err, rc, "the archive could not be made: %s", error_name(rc));
    return write_file(path ? path : "archive.tar", buf_view(&tar), err);
}

int cmd_k6_archive(struct k6_call *call) {
    struct archiving a = {.options = BUF_MAX(OPTIONS_JSON_BYTES_MAX)};
    struct buf bundle CLEANUP(buf_deinit) = BUF_MAX(K6_SCRIPT_BYTES_MAX);
    struct error err = ERROR_NULL;
    struct fleet_outcome outcome = {0};
    struct fleet_options o;
    int code;

    if (k6_script_init(&a.script, call, &err)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
        code = a.script.exit_code;
    } else {
        k6_script_fleet_options(&a.script, &o);
        o.describe_only = true;
        o.bundle_out = &bundle;
        o.callbacks.make_plan = describe;
        int rc = fleet_run(&o, &outcome);
        code = k6_script_end(&a.script, rc, &outcome);
        if (code == EXIT_CODE_OK && write_archive(&a, a.script.source.bundle.len ? a.script.source.bundle : buf_view(&bundle), &err)) {
            log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
            code = EXIT_CODE_USAGE;
        }
    }
    buf_deinit(&a.options);
    k6_script_deinit(&a.script);
    return code;
}
