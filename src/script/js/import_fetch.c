/* https imports. k6 asks first with `_k6=1` in the query, then without. What was got is kept on disk, one file per URL, and used for a day
 * without asking; after that it is asked for again, and used all the same when the network does not answer.
 *
 * Runs on the fiber of the VU whose init code imports; the client is made for the occasion on the VU's loop. */
#include "script/js/import.h"

#include "script/js/host_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FETCH_TIMEOUT_US = 60 * 1000 * 1000, CACHE_FRESH_S = 24 * 3600, CACHE_PATH_MAX = 4096 };

/* --- the cache --- */

static bool cache_path(const struct loader *l, struct view url, char *out, size_t size) {
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    unsigned long long a = view_hash(url, 1), b = view_hash(url, 2);
    int n;

    if (l->cache_dir.len)
        n = snprintf(out, size, "%.*s/%016llx%016llx.js", VIEW_ARGS(l->cache_dir), a, b);
    else if (base && *base)
        n = snprintf(out, size, "%s/halftime/modules/%016llx%016llx.js", base, a, b);
    else if (home && *home)
        n = snprintf(out, size, "%s/.cache/halftime/modules/%016llx%016llx.js", home, a, b);
    else
        return false;
    return n > 0 && (size_t)n < size;
}

static bool cache_read(const char *path, struct buf *out, bool *fresh) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *fresh = false;
    if (fd < 0)
        return false;
    bool ok = fstat(fd, &st) == 0 && buf_reserve(out, (size_t)st.st_size + 1) == 0;
    while (ok) {
        ssize_t n = read(fd, out->ptr + out->len, out->cap - out->len - 1);
        if (n <= 0) {
            ok = n == 0;
            break;
        }
        out->len += (size_t)n;
        if (out->cap - out->len <= 1)
            ok = buf_reserve(out, 4096) == 0;
    }
    close(fd);
    if (ok)
        *fresh = clock_wall_us() / 1000000 - st.st_mtime < CACHE_FRESH_S;
    return ok;
}

/* Best effort: a cache that cannot be written costs a request next time. */
static void cache_write(const char *path, struct view text) {
    char part[CACHE_PATH_MAX + 32];

    snprintf(part, sizeof part, "%s", path);
    for (char *p = part + 1; *p; p++)
        if (*p == '/') {
            *p = 0;
            if (mkdir(part, 0755) < 0 && errno != EEXIST)
                return;
            *p = '/';
        }
    snprintf(part, sizeof part, "%s.%d", path, (int)getpid());
    int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    bool ok = true;
    for (size_t at = 0; ok && at < text.len;) {
        ssize_t n = write(fd, text.ptr + at, text.len - at);
        ok = n > 0;
        at += ok ? (size_t)n : 0;
    }
    ok = close(fd) == 0 && ok;
    if (!ok || rename(part, path) < 0)
        unlink(part);
}

/* --- the network --- */

struct get {
    struct vu *vu;
    struct buf *out;
    struct error *err;
    int status, result;
    bool done;
};

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *last) {
    struct get *g = ctx;
    (void)f;

    g->done = true;
    g->status = last->fault ? 0 : last->status;
    if (last->fault) {
        struct view why = last->fault_detail.len ? last->fault_detail : view_of_cstr(net_fault_text(last->fault));
        g->result = error_set(g->err, -EIO, "%.*s", VIEW_ARGS(why));
    } else if (last->status != 200) {
        g->result = error_set(g->err, -EIO, "wrong status code (%d)", last->status);
    } else {
        g->result = buf_append_view(g->out, last->body);
    }
    vu_wake(g->vu);
}

static int get(struct http_session *session, struct vu *vu, struct view url, struct buf *out, struct error *err) {
    static const struct http_fetch_callbacks callbacks = {.done = on_done};
    struct get g = {.vu = vu, .out = out, .err = err};
    struct http_fetch *fetch;

    int r = http_fetch_new(&fetch, session);
    if (r < 0)
        return r;
    struct http_request request = {
        .method = VIEW("GET"), .url = url, .timeout_us = FETCH_TIMEOUT_US, .redirects_max = 10};
    r = http_fetch_start(fetch, &request, &callbacks, &g);
    while (r == 0 && !g.done)
        if (!vu_park(vu))
            r = -ECANCELED;
    http_fetch_free(fetch);
    return r < 0 ? r : g.result;
}

static int get_twice(struct vu *vu, struct view url, struct buf *out, struct error *err) {
    struct http_client_options options;
    struct http_client *client;
    struct http_session *session = NULL;
    char *marked = NULL;

    http_client_options_default(&options);
    int r = http_client_new(&client, vu_services(vu)->loop, &options, err);
    if (r == 0)
        r = http_session_new(&session, client, VIEW_NULL);
    if (r == 0 && asprintf(&marked, "%.*s%c_k6=1", VIEW_ARGS(url), view_find(url, '?') < 0 ? '?' : '&') < 0)
        r = -ENOMEM;
    if (r == 0)
        r = get(session, vu, view_of_cstr(marked), out, err);
    if (r < 0 && session) {
        buf_clear(out);
        r = get(session, vu, url, out, err);
    }
    free(marked);
    http_session_free(session);
    http_client_free(client);
    return r;
}

int import_fetch(struct loader *l, struct view url, struct buf *out, struct error *err) {
    char path[CACHE_PATH_MAX];
    struct error why = ERROR_NULL;
    struct buf cached CLEANUP(buf_deinit) = BUF_MAX(LOADER_FILE_BYTES_MAX);
    bool fresh = false, has_path = cache_path(l, url, path, sizeof path);
    bool has_cached = has_path && cache_read(path, &cached, &fresh);

    if (has_cached && (fresh || l->offline))
        return buf_append_view(out, buf_view(&cached));
    int r = l->offline ? error_set(&why, -ENETDOWN, "offline, and it is not in the cache") : get_twice(l->fetch_ctx, url, out, &why);
    if (r == 0) {
        if (has_path)
            cache_write(path, buf_view(out));
        return 0;
    }
    buf_clear(out);
    if (has_cached)
        return buf_append_view(out, buf_view(&cached));
    return error_set(err, r, "The moduleSpecifier \"%.*s\" couldn't be retrieved from the resolved url \"%.*s\". Error : \"%s\"", VIEW_ARGS(url),
                     VIEW_ARGS(url), why.text[0] ? why.text : error_name(r));
}
