/* k6's archive: a tar with metadata.json, `data` (the script itself), and every other file under file/ or https/. Our bundle is the
 * loader's own packing; here one is turned into the other.
 *
 * Read: ustar with prefix, GNU long names ('L'), pax paths; directories and links are skipped. Written: plain ustar, with a pax header
 * where a name does not fit. */
#include "script/js/host.h"

#include "script/js/loader.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 512, NAME_BYTES = 100, PREFIX_BYTES = 155, TAR_ENTRIES_MAX = 100000 };

struct ustar {
    char name[NAME_BYTES], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[NAME_BYTES];
    char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[PREFIX_BYTES], rest[12];
};
static_assert(sizeof(struct ustar) == BLOCK, "a tar header is one block");

#define FILE_URL VIEW("file://")
#define HTTPS_URL VIEW("https://")

/* --- writing --- */

static int write_padding(struct buf *out, size_t len) {
    static const char zeros[BLOCK];
    return len % BLOCK ? buf_append(out, zeros, BLOCK - len % BLOCK) : 0;
}

static int write_header(struct buf *out, struct view name, size_t size, char type) {
    struct ustar h = {.type = type, .magic = "ustar", .version = {'0', '0'}};
    unsigned sum = 0;

    memcpy(h.name, name.ptr, name.len < NAME_BYTES ? name.len : NAME_BYTES);
    memcpy(h.mode, "0000644", 8);
    memcpy(h.uid, "0000000", 8);
    memcpy(h.gid, "0000000", 8);
    snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)size);
    memcpy(h.mtime, "00000000000", 12);
    memset(h.checksum, ' ', sizeof h.checksum);
    for (size_t i = 0; i < sizeof h; i++)
        sum += ((const unsigned char *)&h)[i];
    snprintf(h.checksum, sizeof h.checksum, "%06o", sum);
    return buf_append(out, &h, sizeof h);
}

/* "<length> path=<name>\n", where the length counts itself. */
static int write_pax_path(struct buf *out, struct view name) {
    size_t len = name.len + sizeof " path=\n" - 1, digits = 1;
    while (snprintf(NULL, 0, "%zu", len + digits) != (int)digits)
        digits++;
    int r = write_header(out, VIEW("PaxHeaders/path"), len + digits, 'x');
    if (r == 0)
        r = buf_printf(out, "%zu path=%.*s\n", len + digits, VIEW_ARGS(name));
    return r < 0 ? r : write_padding(out, len + digits);
}

static int write_entry(struct buf *out, struct view name, struct view text) {
    int r = name.len > NAME_BYTES ? write_pax_path(out, name) : 0;
    if (r == 0)
        r = write_header(out, name, text.len, '0');
    if (r == 0)
        r = buf_append_view(out, text);
    return r < 0 ? r : write_padding(out, text.len);
}

static int write_source(struct buf *out, const struct source *s) {
    char name[8192];
    bool https = view_starts_with(s->url, HTTPS_URL);
    struct view rest = view_drop(s->url, https ? HTTPS_URL.len : FILE_URL.len + 1);
    int n = snprintf(name, sizeof name, "%s/%.*s", https ? "https" : "file", VIEW_ARGS(rest));
    return n < 0 || (size_t)n >= sizeof name ? ERROR_LIMIT : write_entry(out, view_of(name, (size_t)n), s->text);
}

int bundle_to_tar(struct view bundle, struct view metadata_json, struct buf *tar) {
    static const char end[2 * BLOCK];
    struct loader l;
    struct error err = ERROR_NULL;

    loader_init(&l);
    int r = loader_unpack(&l, bundle, &err);
    if (r == 0)
        r = write_entry(tar, VIEW("metadata.json"), metadata_json);
    const struct source *entry = r == 0 ? loader_find(&l, l.entry_url) : NULL;
    if (entry)
        r = write_entry(tar, VIEW("data"), entry->text);
    for (const struct source *s = l.first; r == 0 && s; s = s->next)
        if (s != entry)
            r = write_source(tar, s);
    loader_deinit(&l);
    return r < 0 ? r : buf_append(tar, end, sizeof end);
}

/* --- reading --- */

struct tar_entry {
    struct view name, text;
    char type;
};
struct tar_reader {
    struct view rest, long_name;
    char joined[NAME_BYTES + PREFIX_BYTES + 2];
};

static struct view field(const char *text, size_t max) { return view_of(text, strnlen(text, max)); }

static bool octal(const char *text, size_t len, size_t *out) {
    size_t n = 0;
    for (size_t i = 0; i < len && text[i] && text[i] != ' '; i++) {
        if (text[i] < '0' || text[i] > '7' || n >> 40)
            return false;
        n = n * 8 + (size_t)(text[i] - '0');
    }
    *out = n;
    return true;
}

static struct view pax_path(struct view text) {
    while (text.ptr && text.len) {
        struct view line = view_cut(&text, '\n', NULL);
        ptrdiff_t at = view_find_view(line, VIEW(" path="));
        if (at >= 0)
            return view_drop(line, (size_t)at + 6);
    }
    return VIEW_NULL;
}

/* 1 = an entry, 0 = the end, negative = damaged. */
static int tar_next(struct tar_reader *t, struct tar_entry *e) {
    for (;;) {
        const struct ustar *h = (const void *)t->rest.ptr;
        size_t size;
        if (t->rest.len < BLOCK || !h->name[0])
            return 0;
        if (!octal(h->size, sizeof h->size, &size) || size > t->rest.len - BLOCK)
            return ERROR_SYNTAX;
        struct view text = view_of(t->rest.ptr + BLOCK, size);
        size_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
        struct view name = field(h->name, sizeof h->name), prefix = field(h->prefix, sizeof h->prefix);
        t->rest = view_drop(t->rest, BLOCK + padded);
        if (h->type == 'L' || h->type == 'x') {
            t->long_name = h->type == 'L' ? field(text.ptr, text.len) : pax_path(text);
            continue;
        }
        if (t->long_name.ptr) {
            name = t->long_name;
        } else if (prefix.len && !memcmp(h->magic, "ustar", 5)) {
            int n = snprintf(t->joined, sizeof t->joined, "%.*s/%.*s", VIEW_ARGS(prefix), VIEW_ARGS(name));
            name = view_of(t->joined, (size_t)n);
        }
        t->long_name = VIEW_NULL;
        *e = (struct tar_entry){name, text, h->type ? h->type : '0'};
        return 1;
    }
}

static int add_entry(struct loader *l, const struct tar_entry *e) {
    struct source *s;
    char *url;
    int r;

    if (view_starts_with(e->name, VIEW("file/")))
        r = asprintf(&url, "file:///%.*s", VIEW_ARGS(view_drop(e->name, 5)));
    else if (view_starts_with(e->name, VIEW("https/")))
        r = asprintf(&url, "https://%.*s", VIEW_ARGS(view_drop(e->name, 6)));
    else
        return 0;
    if (r < 0)
        return -ENOMEM;
    r = loader_find(l, view_of_cstr(url)) ? 0 : loader_add(l, view_of_cstr(url), e->text, SOURCE_DATA, &s);
    free(url);
    return r;
}

/* A path or file:// URL of metadata.json as a file:// or https:// URL. */
static struct view as_url(struct loader *l, const char *text) {
    struct view v = view_of_cstr(text);
    if (view_starts_with(v, FILE_URL) || view_starts_with(v, HTTPS_URL))
        return arena_copy(&l->arena, v);
    return view_of_cstr(arena_printf(&l->arena, "file://%s", text));
}

static int set_entry(struct loader *l, struct view metadata, struct view data, struct error *err) {
    struct source *s;
    json_t *m = json_loadb(metadata.ptr, metadata.len, 0, NULL);
    const char *filename = json_string_value(json_object_get(m, "filename")), *pwd = json_string_value(json_object_get(m, "pwd"));
    int r = 0;

    if (!filename)
        r = error_set(err, ERROR_SYNTAX, "the archive's metadata.json names no script");
    if (r == 0) {
        l->entry_url = as_url(l, filename);
        l->entry_typed = view_starts_with(l->entry_url, FILE_URL) ? view_drop(l->entry_url, FILE_URL.len) : l->entry_url;
        struct view dir = as_url(l, pwd ? pwd : "/");
        dir = view_starts_with(dir, FILE_URL) ? view_drop(dir, FILE_URL.len) : VIEW("/");
        l->cwd = dir;
        l->entry_dir = view_of_cstr(arena_printf(&l->arena, "%.*s%s", VIEW_ARGS(dir), view_ends_with(dir, VIEW("/")) ? "" : "/"));
        if (!loader_find(l, l->entry_url))
            r = loader_add(l, l->entry_url, data, loader_is_module(data) ? SOURCE_MODULE : SOURCE_COMMONJS, &s);
    }
    json_decref(m);
    return r;
}

int bundle_from_tar(struct view tar, struct buf *bundle, struct buf *metadata_json, struct error *err) {
    struct tar_reader t = {.rest = tar};
    struct tar_entry e;
    struct loader l;
    struct view data = VIEW_NULL, metadata = VIEW_NULL;
    int r = 0, more = 0;

    loader_init(&l);
    for (size_t n = 0; r == 0 && n < TAR_ENTRIES_MAX && (more = tar_next(&t, &e)) > 0; n++) {
        if (e.type != '0')
            continue;
        if (view_eq(e.name, VIEW("metadata.json")))
            metadata = e.text;
        else if (view_eq(e.name, VIEW("data")))
            data = e.text;
        else
            r = add_entry(&l, &e);
    }
    if (more < 0 || !metadata.ptr || !data.ptr)
        r = error_set(err, ERROR_SYNTAX, "this is no k6 archive: it has no %s", more < 0 ? "readable entries" : metadata.ptr ? "data" : "metadata.json");
    if (r == 0)
        r = set_entry(&l, metadata, data, err);
    if (r == 0)
        r = buf_append_view(metadata_json, metadata);
    if (r == 0)
        r = loader_pack(&l, bundle);
    loader_deinit(&l);
    return r;
}
