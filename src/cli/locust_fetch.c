#include "cli/locust_fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "fleet/locust_shipment.h"

static bool is_url(const char *text) {
    return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

static bool name_passes(const char *name) {
    size_t len = strlen(name);
    return len > 3 && len < LOCUST_FETCH_NAME_MAX && strcmp(name + len - 3, ".py") == 0 && name[0] != '.' &&
           !strchr(name, '/') && !strchr(name, ',');
}

static int keep_file(struct locust_fetch *f, const json_t *file, struct buf *paths, struct error *err) {
    const char *name = json_string_value(json_object_get(file, "filename"));
    const json_t *contents = json_object_get(file, "contents");
    char path[sizeof f->folder + LOCUST_FETCH_NAME_MAX + 2];
    if (!name || !name_passes(name) || !json_is_string(contents) || f->count == LOCUST_FETCH_FILES_MAX)
        return error_set(err, ERROR_INVALID, "the master ships a locustfile that is none: %.64s",
            name ? name : "without a name");
    snprintf(f->names[f->count++], LOCUST_FETCH_NAME_MAX, "%s", name);
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    int r = file_write(path, view_of(json_string_value(contents), json_string_length(contents)), err);
    if (r == 0 && buf_printf(paths, "%s%s", paths->len ? "," : "", path) < 0)
        r = error_set(err, -ENOMEM, "out of memory");
    return r;
}

static int keep(struct locust_fetch *f, const json_t *files, struct error *err) {
    struct buf paths CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    const json_t *file;
    size_t i;
    json_array_foreach(files, i, file) {
        const char *url = json_string_value(file);
        int r = url && is_url(url) ? buf_printf(&paths, "%s%s", paths.len ? "," : "", url)
                                   : keep_file(f, file, &paths, err);
        if (r < 0)
            return r;
    }
    f->paths = paths.len ? buf_steal(&paths, NULL) : NULL;
    return f->paths ? 0 : error_set(err, ERROR_INVALID, "the master has no locustfile to ship");
}

static void say_waiting(void *ctx) {
    (void)ctx;
    fputs("Waiting to connect to master to receive locustfile...\n", stderr);
}

int locust_fetch_take(struct locust_fetch *f, const struct locust_early *early, struct view *args,
    size_t count, struct error *err) {
    size_t at = locust_stdin_find(args, count);
    json_t *files = NULL;
    *f = (struct locust_fetch){.folder = ""};
    if (at == count)
        return 0;
    int r = locust_shipment_fetch(&(struct locust_shipment){.host = early->master_host,
                                      .port = early->master_port,
                                      .wait_s = LOCUST_FETCH_WAIT_S,
                                      .word_s = LOCUST_FETCH_WORD_S,
                                      .waiting = say_waiting},
        &files, err);
    if (r < 0)
        return r;
    r = locust_stdin_folder(f->folder, err);
    r = r < 0 ? r : keep(f, files, err);
    json_decref(files);
    if (r == 0)
        args[at] = view_of_cstr(f->paths);
    return r;
}

void locust_fetch_deinit(struct locust_fetch *f) {
    char path[sizeof f->folder + LOCUST_FETCH_NAME_MAX + 2];
    for (size_t i = 0; i < f->count; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, f->names[i]);
        (void)unlink(path);
    }
    if (f->folder[0])
        (void)rmdir(f->folder);
    free(f->paths);
    *f = (struct locust_fetch){.folder = ""};
}
