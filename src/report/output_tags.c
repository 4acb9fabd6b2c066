/* Rendering a point costs mostly its tags, and tag sets repeat: so their text is kept, until the cache is full. */
#include "report/output_tags.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

static void add_name(struct output_system_tags *t, const char *name) {
    if (!name || strlen(name) >= sizeof t->names[0])
        return;
    t->vu = t->vu || !strcmp(name, "vu");
    t->iter = t->iter || !strcmp(name, "iter");
    if (!strcmp(name, "vu") || !strcmp(name, "iter") || t->count == OUTPUT_TAGS_SYSTEM_MAX)
        return;
    memcpy(t->names[t->count++], name, strlen(name) + 1);
}

void output_system_tags_init(struct output_system_tags *t, const struct plan *plan) {
    static const char *const usual[] = {"check", "error", "error_code", "expected_response", "group", "method", "name", "proto", "scenario",
        "service", "status", "subproto", "tls_version", "url"};
    json_t *options = json_loadb(plan->host_options.len ? plan->host_options.ptr : "", plan->host_options.len, 0, NULL), *name;
    const json_t *given = json_object_get(options, "systemTags");
    size_t i;
    *t = (struct output_system_tags){.count = 0};
    json_array_foreach(given, i, name)
        add_name(t, json_string_value(name));
    for (i = 0; !given && i < sizeof usual / sizeof *usual; i++)
        add_name(t, usual[i]);
    json_decref(options);
    qsort(t->names, t->count, sizeof t->names[0], compare_names);
}

bool output_system_tags_has(const struct output_system_tags *t, struct view name) {
    for (size_t i = 0; i < t->count; i++)
        if (view_eq(name, view_of_cstr(t->names[i])))
            return true;
    return false;
}

static void put_pair(struct output_metadata *m, struct view key, struct view value) {
    size_t at = m->count;

    while (at && view_cmp(m->pairs[at - 1].key, key) > 0)
        at--;
    if (at && view_eq(m->pairs[at - 1].key, key)) {
        m->pairs[at - 1].value = value;
        return;
    }
    if (m->count == OUTPUT_METADATA_MAX)
        return;
    memmove(m->pairs + at + 1, m->pairs + at, (m->count - at) * sizeof *m->pairs);
    m->pairs[at] = (struct tag){key, value};
    m->count++;
}

void output_metadata_of(const struct output_system_tags *t, const struct sample *p, struct output_metadata *out) {
    struct pack_reader r = pack_reader_of(p->metadata);

    out->count = 0;
    if (t->iter && p->iter >= 0) {
        snprintf(out->iter, sizeof out->iter, "%lld", (long long)p->iter);
        put_pair(out, VIEW("iter"), view_of_cstr(out->iter));
    }
    if (t->vu && p->vu > 0) {
        snprintf(out->vu, sizeof out->vu, "%llu", (unsigned long long)p->vu);
        put_pair(out, VIEW("vu"), view_of_cstr(out->vu));
    }
    while (r.rest.len && !r.failed) {
        struct view key = unpack_view(&r), value = unpack_view(&r);
        if (!r.failed)
            put_pair(out, key, value);
    }
}

void output_tags_init(struct output_tags *c) {
    *c = (struct output_tags){.cap = 0};
    arena_init(&c->arena, OUTPUT_TAGS_CACHE_BYTES_MAX);
    buf_init(&c->scratch, 1024 * 1024);
}

void output_tags_deinit(struct output_tags *c) {
    arena_deinit(&c->arena);
    buf_deinit(&c->scratch);
    free(c->texts);
    c->texts = NULL;
    c->cap = 0;
}

static bool reserve(struct output_tags *c, tagset_id set) {
    if (set < c->cap)
        return true;
    size_t cap = c->cap ? c->cap : 256;
    while (cap <= set)
        cap *= 2;
    struct view *texts = realloc(c->texts, cap * sizeof *texts);
    if (!texts)
        return false;
    memset(texts + c->cap, 0, (cap - c->cap) * sizeof *texts);
    c->texts = texts;
    c->cap = cap;
    return true;
}

int output_tags_append(struct output_tags *c, const struct tags *tags, tagset_id set, output_tags_render render, void *ctx, struct buf *out) {
    if (!reserve(c, set))
        return -ENOMEM;
    if (c->texts[set].ptr)
        return buf_append_view(out, c->texts[set]);
    buf_clear(&c->scratch);
    int r = render(ctx, tags, set, &c->scratch);
    if (r < 0)
        return r;
    c->texts[set] = arena_copy(&c->arena, buf_view(&c->scratch)); /* stays NULL when the cache is full */
    return buf_append_view(out, buf_view(&c->scratch));
}
