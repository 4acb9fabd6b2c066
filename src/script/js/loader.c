/* Resolution follows compat: built-ins by name, relative and absolute paths against the importing file, file:// and https:// URLs;
 * anything else is refused with k6's sentences. Files are kept in the order in which they were read; a test has tens of them, so
 * they are found by walking the list.
 *
 * A loader that was filled from a bundle is sealed: what is not in it does not exist. */
#include "script/js/loader.h"

#include "core/pack.h"
#include "net/url.h"
#include "script/js/jslib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SCHEME VIEW("file://")
#define HTTPS_SCHEME VIEW("https://")
#define NOT_ON_DISK                                                                                                           \
    "The moduleSpecifier \"%.*s\" couldn't be found on local disk. Make sure that you've specified the right path to the file. If " \
    "you're running k6 using the Docker image make sure you have mounted the local directory "                                \
    "(-v /local/path/:/inside/docker/path) containing your script and modules so that they're accessible by k6 from inside "  \
    "of the container, see https://grafana.com/docs/k6/latest/using-k6/modules/#use-modules-with-docker."

enum { BUNDLE_VERSION = 1 };

void loader_init(struct loader *l) {
    *l = (struct loader){0};
    arena_init(&l->arena, LOADER_ARENA_BYTES_MAX);
    arena_init(&l->scratch, LOADER_ARENA_BYTES_MAX);
    l->last = &l->first;
}

void loader_deinit(struct loader *l) {
    struct source *next;

    for (struct source *s = l->first; s; s = next) {
        next = s->next;
        free(s->bytecode);
        for (size_t i = 0; i < s->import_count; i++) {
            free(s->imports[i].specifier);
            buf_deinit(&s->imports[i].variant);
        }
        free(s->imports);
        free((char *)(uintptr_t)s->text.ptr);
        free(s);
    }
    arena_deinit(&l->arena);
    arena_deinit(&l->scratch);
    *l = (struct loader){0};
    l->last = &l->first;
}

struct source *loader_find(const struct loader *l, struct view url) {
    for (struct source *s = l->first; s; s = s->next)
        if (view_eq(s->url, url))
            return s;
    return NULL;
}

int loader_add(struct loader *l, struct view url, struct view text, enum source_kind kind, struct source **out) {
    if (l->count >= LOADER_FILES_MAX)
        return ERROR_LIMIT;
    struct source *s = calloc(1, sizeof *s);
    char *copy = malloc(text.len + 1);
    struct view kept = arena_copy(&l->arena, url);
    if (!s || !copy || !kept.ptr) {
        free(s);
        free(copy);
        return -ENOMEM;
    }
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *s = (struct source){.url = kept, .text = view_of(copy, text.len), .kind = kind, .from_network = view_starts_with(url, HTTPS_SCHEME)};
    *l->last = s;
    l->last = &s->next;
    l->count++;
    *out = s;
    return 0;
}

/* --- paths --- */

/* Joins and removes "." and ".." and empty parts. The result is absolute, in the arena. */
static struct view path_join(struct arena *a, struct view dir, struct view path) {
    bool absolute = path.len && path.ptr[0] == '/';
    char *out = arena_alloc(a, dir.len + path.len + 3);
    size_t n = 0;

    if (!out)
        return VIEW_NULL;
    for (int pass = absolute ? 1 : 0; pass < 2; pass++) {
        struct view rest = pass ? path : dir;
        while (rest.ptr) {
            struct view part = view_cut(&rest, '/', NULL);
            if (!part.len || view_eq(part, VIEW(".")))
                continue;
            if (view_eq(part, VIEW(".."))) {
                while (n && out[--n] != '/')
                    ;
                continue;
            }
            out[n++] = '/';
            memcpy(out + n, part.ptr, part.len);
            n += part.len;
        }
    }
    if (!n)
        out[n++] = '/';
    out[n] = 0;
    return view_of(out, n);
}

static struct view dir_of(struct view path) {
    size_t n = path.len;
    while (n && path.ptr[n - 1] != '/')
        n--;
    return view_take(path, n);
}

static struct view file_url(struct arena *a, struct view path) {
    char *url = arena_printf(a, "file://%.*s", VIEW_ARGS(path));
    return view_of_cstr(url);
}

static int read_file(struct view path, struct buf *out, int *error) {
    char *name = view_dup_cstr(path);
    int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    *error = fd < 0 ? errno : 0;
    free(name);
    if (fd < 0)
        return -*error;
    for (;;) {
        int r = buf_reserve(out, 64 * 1024);
        if (r < 0) {
            close(fd);
            return r;
        }
        ssize_t n = read(fd, out->ptr + out->len, out->cap - out->len - 1);
        if (n <= 0) {
            *error = n < 0 ? errno : 0;
            break;
        }
        out->len += (size_t)n;
        out->ptr[out->len] = 0;
    }
    close(fd);
    return -*error;
}

/* --- resolution --- */

static bool is_builtin(struct view specifier) {
    return view_eq(specifier, VIEW("k6")) || view_starts_with(specifier, VIEW("k6/"));
}

static int resolve_on_https(struct loader *l, struct view base, struct view specifier, struct view *url, struct error *err) {
    struct url parsed, found;
    int r = url_parse(base, &l->scratch, &parsed, err);
    if (r == 0)
        r = url_resolve(&parsed, specifier, &l->scratch, &found, err);
    if (r < 0)
        return r;
    *url = url_format(&found, URL_USERINFO, &l->scratch);
    return url->ptr ? 0 : -ENOMEM;
}

static int resolve(struct loader *l, struct view base, struct view specifier, struct view *url, struct error *err) {
    bool from_network = view_starts_with(base, HTTPS_SCHEME);

    if (!specifier.len)
        return error_set(err, ERROR_INVALID, "local or remote path required");
    if (is_builtin(specifier)) {
        *url = arena_copy(&l->scratch, specifier);
        return url->ptr ? 0 : -ENOMEM;
    }
    if (specifier.ptr[0] == '.' || specifier.ptr[0] == '/') {
        if (from_network)
            return resolve_on_https(l, base, specifier, url, err);
        struct view dir = base.ptr ? dir_of(view_drop(base, FILE_SCHEME.len)) : l->entry_dir;
        struct view path = path_join(&l->scratch, dir, specifier);
        *url = file_url(&l->scratch, path);
        return url->ptr ? 0 : -ENOMEM;
    }
    ptrdiff_t colon = view_find_view(specifier, VIEW("://"));
    if (colon < 0)
        return error_set(err, ERROR_INVALID, "The moduleSpecifier \"%.*s\" couldn't be recognised as something k6 supports.",
                         VIEW_ARGS(specifier));
    if (view_starts_with(specifier, FILE_SCHEME)) {
        if (from_network)
            return error_set(err, ERROR_INVALID, "origin (%.*s) not allowed to load local file: %.*s", VIEW_ARGS(base),
                             VIEW_ARGS(specifier));
        *url = file_url(&l->scratch, path_join(&l->scratch, VIEW("/"), view_drop(specifier, FILE_SCHEME.len)));
        return url->ptr ? 0 : -ENOMEM;
    }
    if (!view_starts_with(specifier, HTTPS_SCHEME))
        return error_set(err, ERROR_INVALID, "only supported schemes for imports are file and https, \"%.*s\" has \"%.*s\"",
                         VIEW_ARGS(specifier), VIEW_ARGS(view_take(specifier, (size_t)colon)));
    *url = arena_copy(&l->scratch, specifier);
    return url->ptr ? 0 : -ENOMEM;
}

int loader_resolve(struct loader *l, struct view base, struct view specifier, struct view *url, struct error *err) {
    arena_reset(&l->scratch);
    int r = resolve(l, base, specifier, url, err);
    if (r == 0) {
        l->last_url = *url;
        l->last_specifier = arena_copy(&l->scratch, specifier);
    }
    return r;
}

/* --- getting files --- */

static int get_from_network(struct loader *l, struct view url, struct source **out, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOADER_FILE_BYTES_MAX);
    struct view ours;
    int r = 0;

    if (jslib_find(url, &ours))
        r = buf_append_view(&text, ours);
    else if (!l->fetch)
        return error_set(err, ERROR_INVALID, "The moduleSpecifier \"%.*s\" can't be fetched here", VIEW_ARGS(url));
    else
        r = l->fetch(l, url, &text, err);
    if (r < 0)
        return r;
    return loader_add(l, url, buf_view(&text), loader_is_module(buf_view(&text)) ? SOURCE_MODULE : SOURCE_COMMONJS, out);
}

static int get_from_disk(struct loader *l, struct view url, struct view specifier, bool data, struct source **out, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOADER_FILE_BYTES_MAX);
    struct view path = view_drop(url, FILE_SCHEME.len);
    int error = 0;
    int r = read_file(path, &text, &error);

    if (error == ENOENT || error == ENOTDIR) {
        l->not_found = true;
        if (data)
            return error_set(err, -error, "stat %.*s: no such file or directory", VIEW_ARGS(path));
        return error_set(err, -error, NOT_ON_DISK, VIEW_ARGS(specifier));
    }
    if (error == EISDIR) {
        l->not_found = true;
        if (data)
            return error_set(err, -error, "open() can't be used with directories, path: \"%.*s\"", VIEW_ARGS(specifier));
        return error_set(err, -error, "read %.*s: is a directory", VIEW_ARGS(path));
    }
    if (error)
        return error_set(err, -error, "open %.*s: %s", VIEW_ARGS(path), error_name(-error));
    if (r < 0)
        return error_set(err, r, "%.*s: %s", VIEW_ARGS(path), error_name(r));
    enum source_kind kind = data ? SOURCE_DATA : loader_is_module(buf_view(&text)) ? SOURCE_MODULE : SOURCE_COMMONJS;
    return loader_add(l, url, buf_view(&text), kind, out);
}

int loader_get(struct loader *l, struct view url, struct view specifier, bool data, struct source **out, struct error *err) {
    struct source *s = loader_find(l, url);

    l->not_found = false;
    if (s) {
        /* A file that was opened as data and is imported now. */
        if (!data && s->kind == SOURCE_DATA)
            s->kind = loader_is_module(s->text) ? SOURCE_MODULE : SOURCE_COMMONJS;
        *out = s;
        return 0;
    }
    if (l->sealed) {
        l->not_found = true;
        if (data)
            return error_set(err, -ENOENT, "open() can't be used with files that weren't previously opened during initialization (__VU==0), path: \"%.*s\"",
                             VIEW_ARGS(specifier));
        return error_set(err, -ENOENT, NOT_ON_DISK, VIEW_ARGS(specifier));
    }
    if (view_starts_with(url, HTTPS_SCHEME))
        return get_from_network(l, url, out, err);
    return get_from_disk(l, url, specifier, data, out, err);
}

int loader_open(struct loader *l, struct view path, struct source **out, struct error *err) {
    if (!path.len)
        return error_set(err, ERROR_INVALID, "open() can't be used with an empty filename");
    struct view plain = view_starts_with(path, FILE_SCHEME) ? view_drop(path, FILE_SCHEME.len) : path;
    arena_reset(&l->scratch);
    struct view url = file_url(&l->scratch, path_join(&l->scratch, l->entry_dir, plain));
    if (!url.ptr)
        return -ENOMEM;
    return loader_get(l, url, path, true, out, err);
}

int loader_entry(struct loader *l, struct view typed, struct view text, struct error *err) {
    struct source *s;

    l->entry_typed = arena_copy(&l->arena, typed);
    if (text.ptr) {
        l->entry_dir = path_join(&l->arena, VIEW("/"), l->cwd);
        struct view path = view_eq(typed, VIEW("-")) ? VIEW("/-") : path_join(&l->arena, l->cwd, typed);
        l->entry_url = file_url(&l->arena, path);
        char *dir = arena_printf(&l->arena, "%.*s/", VIEW_ARGS(view_eq(typed, VIEW("-")) ? l->entry_dir : dir_of(path)));
        l->entry_dir = view_of_cstr(dir);
        return l->entry_url.ptr ? loader_add(l, l->entry_url, text, loader_is_module(text) ? SOURCE_MODULE : SOURCE_COMMONJS, &s) : -ENOMEM;
    }
    if (view_starts_with(typed, HTTPS_SCHEME)) {
        l->entry_url = arena_copy(&l->arena, typed);
        l->entry_dir = l->cwd;
    } else {
        struct view plain = view_starts_with(typed, FILE_SCHEME) ? view_drop(typed, FILE_SCHEME.len) : typed;
        struct view path = path_join(&l->arena, l->cwd, plain);
        l->entry_url = file_url(&l->arena, path);
        l->entry_dir = dir_of(path);
    }
    return loader_get(l, l->entry_url, typed, false, &s, err);
}

/* --- the bundle --- */

int loader_pack(const struct loader *l, struct buf *out) {
    struct pack_writer w = pack_writer_of(out);

    pack_u64(&w, BUNDLE_VERSION);
    pack_view(&w, l->cwd);
    pack_view(&w, l->entry_typed);
    pack_view(&w, l->entry_url);
    pack_view(&w, l->entry_dir);
    pack_u64(&w, l->count);
    for (const struct source *s = l->first; s; s = s->next) {
        pack_view(&w, s->url);
        pack_u64(&w, s->kind);
        pack_view(&w, s->text);
    }
    return w.error;
}

int loader_unpack(struct loader *l, struct view bundle, struct error *err) {
    struct pack_reader r = pack_reader_of(bundle);
    struct source *s;

    if (unpack_u64(&r) != BUNDLE_VERSION)
        return error_set(err, ERROR_SYNTAX, "the script bundle is of another version");
    l->cwd = arena_copy(&l->arena, unpack_view(&r));
    l->entry_typed = arena_copy(&l->arena, unpack_view(&r));
    l->entry_url = arena_copy(&l->arena, unpack_view(&r));
    l->entry_dir = arena_copy(&l->arena, unpack_view(&r));
    for (size_t n = unpack_count(&r, 3); n && !r.failed; n--) {
        struct view url = unpack_view(&r);
        uint64_t kind = unpack_u64(&r);
        struct view text = unpack_view(&r);
        if (r.failed || kind > SOURCE_DATA)
            break;
        int e = loader_add(l, url, text, (enum source_kind)kind, &s);
        if (e < 0)
            return e;
    }
    if (r.failed || !loader_find(l, l->entry_url))
        return error_set(err, ERROR_SYNTAX, "the script bundle is damaged");
    l->sealed = true;
    return 0;
}
