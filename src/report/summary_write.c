/* Puts summaries where handleSummary and --summary-export want them. Sentences are k6's. */
#include "report/summary.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base64.h"
#include "report/report_errno_priv.h"

enum { FAILURES_MAX = 768 };

static const char *type_name(const json_t *v) {
    switch (json_typeof(v)) {
    case JSON_INTEGER: return "int64";
    case JSON_REAL: return "float64";
    case JSON_TRUE:
    case JSON_FALSE: return "bool";
    case JSON_ARRAY: return "[]interface {}";
    case JSON_OBJECT: return "map[string]interface {}";
    default: return "<nil>";
    }
}

static bool writable(const json_t *v) {
    return json_is_string(v) || json_is_string(json_object_get(v, "base64"));
}

static int bytes_of(const json_t *v, struct buf *out) {
    const json_t *coded = json_object_get(v, "base64");
    if (json_is_string(v))
        return buf_append(out, json_string_value(v), json_string_length(v));
    return base64_decode(out, view_of(json_string_value(coded), json_string_length(coded)), BASE64_STD, NULL);
}

/* "could not open …" when the file cannot be written; text grows by one line. */
static bool write_file(const char *path, struct view bytes, char *text, size_t size) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), error = errno;
    size_t used = strlen(text);
    if (fd < 0) {
        snprintf(text + used, size - used, "\n\t- could not open '%s': open %s: %s", path, path, report_errno(error));
        return false;
    }
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            snprintf(text + used, size - used, "\n\t- error saving summary to '%s': write %s: %s", path, path, report_errno(errno));
            close(fd);
            return false;
        }
        bytes = view_drop(bytes, (size_t)n);
    }
    close(fd);
    return true;
}

static int write_one(const char *key, const json_t *value, FILE *to_stdout, FILE *to_stderr, char *failures) {
    struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    FILE *stream = !strcmp(key, "stdout") ? to_stdout : !strcmp(key, "stderr") ? to_stderr : NULL;
    int r = bytes_of(value, &bytes);
    if (r < 0)
        return r;
    if (!stream)
        return write_file(key, buf_view(&bytes), failures, FAILURES_MAX) ? 0 : 1;
    size_t used = strlen(failures);
    if (!bytes.len || (fwrite(bytes.ptr, 1, bytes.len, stream) == bytes.len && fflush(stream) == 0))
        return 0;
    snprintf(failures + used, FAILURES_MAX - used, "\n\t- error saving summary to '%s': %s", key, report_errno(errno));
    return 1;
}

int summary_write_handled(struct view handled_json, FILE *to_stdout, FILE *to_stderr, struct error *err) {
    char failures[FAILURES_MAX] = "";
    const char *key;
    json_t *value, *all = json_loadb(handled_json.ptr, handled_json.len, 0, NULL);
    int failed = 0;
    if (!json_is_object(all)) {
        json_decref(all);
        return error_set(err, ERROR_SYNTAX, "handleSummary() returned no object of paths and texts");
    }
    json_object_foreach(all, key, value) {
        if (writable(value))
            continue;
        failed = error_set(err, ERROR_INVALID, "error handling summary object %s: invalid type %s, it needs to be a string or ArrayBuffer", key, type_name(value));
        json_decref(all);
        return failed;
    }
    json_object_foreach(all, key, value)
        failed |= write_one(key, value, to_stdout, to_stderr, failures) != 0;
    json_decref(all);
    return failed ? error_set(err, ERROR_INVALID, "Could not save some summary information:%s", failures) : 0;
}

int summary_write_export(const struct run_state *r, const struct summary_options *o, const char *path, struct error *err) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    char failures[FAILURES_MAX] = "";
    int e = summary_export_json(r, o, &json);
    if (e < 0)
        return error_set(err, e, "the summary could not be built: %s", error_name(e));
    if (write_file(path, buf_view(&json), failures, sizeof failures))
        return 0;
    return error_set(err, ERROR_INVALID, "Could not save some summary information:%s", failures);
}
