#include "fleet/post.h"

#include "core/rng.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

bool post_id_ok(const char *id) {
    size_t n = 0;

    for (; id && id[n]; n++)
        if (n == POST_ID_MAX || !(isalnum((unsigned char)id[n]) || id[n] == '-' || id[n] == '_'))
            return false;
    return n > 0;
}

void post_id_new(char out[POST_ID_MAX + 1]) {
    snprintf(out, POST_ID_MAX + 1, "%010llx", (unsigned long long)(rng_seed_random() >> 24));
}

uint64_t post_key_new(void) {
    return (rng_seed_random() >> 1) | 1;
}

static int write_json(json_t *j, struct buf *out) {
    char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;
    int r = text ? buf_append_view(out, view_of_cstr(text)) : -ENOMEM;

    free(text);
    json_decref(j);
    return r;
}

static json_t *read_json(struct view v) {
    return v.len <= POST_NOTICE_MAX ? json_loadb(v.ptr ? v.ptr : "", v.len, 0, NULL) : NULL;
}

static bool read_text(const json_t *j, const char *key, char *out, size_t size) {
    const char *text = json_string_value(json_object_get(j, key));

    snprintf(out, size, "%s", text ? text : "");
    for (char *c = out; *c; c++)
        *c = (unsigned char)*c < ' ' ? '?' : *c; /* it is shown on terminals */
    return text && strlen(text) < size;
}

static uint64_t read_number(const json_t *j, const char *key, uint64_t max) {
    json_int_t n = json_integer_value(json_object_get(j, key));
    return n < 0 ? 0 : (uint64_t)n > max ? max : (uint64_t)n;
}

/* ---- agents ---- */

int agent_card_pack(const struct agent_card *c, struct buf *out) {
    return write_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:s, s:I}",
                          "id", c->id, "host", c->host, "version", c->version, "labels", c->labels,
                          "protocol", (int)c->protocol, "cores", (int)c->cores, "slots", (int)c->slots,
                          "busy", (int)c->busy, "memory", (json_int_t)c->memory_bytes, "descriptors",
                          (json_int_t)c->descriptors_max, "backlog", (json_int_t)c->backlog_bytes, "unsent",
                          (json_int_t)c->unsent, "run", c->run, "rtt_us", (json_int_t)c->clock_rtt_us),
        out);
}

int agent_card_parse(struct view json, struct agent_card *c) {
    json_t *j = read_json(json);
    bool ok = json_is_object(j);

    *c = (struct agent_card){0};
    ok = ok && read_text(j, "id", c->id, sizeof c->id) && post_id_ok(c->id);
    ok = ok && read_text(j, "host", c->host, sizeof c->host) &&
         read_text(j, "version", c->version, sizeof c->version);
    ok = ok && read_text(j, "labels", c->labels, sizeof c->labels) &&
         read_text(j, "run", c->run, sizeof c->run);
    c->protocol = (unsigned)read_number(j, "protocol", UINT16_MAX);
    c->cores = (unsigned)read_number(j, "cores", UINT16_MAX);
    c->slots = (unsigned)read_number(j, "slots", POST_MEMBERS_MAX);
    c->busy = (unsigned)read_number(j, "busy", POST_MEMBERS_MAX);
    c->memory_bytes = read_number(j, "memory", INT64_MAX);
    c->descriptors_max = read_number(j, "descriptors", INT64_MAX);
    c->backlog_bytes = read_number(j, "backlog", INT64_MAX);
    c->unsent = read_number(j, "unsent", INT64_MAX);
    c->clock_rtt_us = json_integer_value(json_object_get(j, "rtt_us"));
    json_decref(j);
    return ok ? 0 : ERROR_SYNTAX;
}

bool agent_card_has_label(const struct agent_card *c, const char *label) {
    struct view rest = view_of_cstr(c->labels);

    if (!label || !*label)
        return true;
    while (rest.ptr)
        if (view_eq(view_trim(view_cut(&rest, ',', NULL)), view_of_cstr(label)))
            return true;
    return false;
}

/* ---- offers ---- */

void offer_deinit(struct offer *o) {
    free(o->members);
    *o = (struct offer){0};
}

int offer_pack(const struct offer *o, struct buf *out) {
    json_t *members = json_array();

    for (size_t i = 0; i < o->member_count; i++)
        json_array_append_new(members,
            json_pack("{s:i, s:s}", "n", (int)o->members[i].number, "client_id", o->members[i].client_id));
    return write_json(json_pack("{s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:b, s:b, s:o}", "run", o->run, "host",
                          o->host, "version", o->version, "sha256", o->sha256, "protocol", (int)o->protocol,
                          "key", (json_int_t)o->key, "bytes", (json_int_t)o->files_bytes, "tree",
                          o->files_tree, "release", o->release, "members", members),
        out);
}

static int read_members(const json_t *list, struct offer *o, struct error *err) {
    size_t n = json_array_size(list);

    if (n > POST_MEMBERS_MAX)
        return error_set(err, ERROR_LIMIT, "%zu members are offered, the most is %d", n, POST_MEMBERS_MAX);
    o->members = calloc(n + 1, sizeof *o->members);
    if (!o->members)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const json_t *m = json_array_get(list, i);
        o->members[i].number = (uint32_t)read_number(m, "n", POST_MEMBERS_MAX);
        if (o->members[i].number == 0 ||
            !read_text(m, "client_id", o->members[i].client_id, sizeof o->members[i].client_id))
            return error_set(err, ERROR_SYNTAX, "a member of the offer has no number or no client id");
    }
    o->member_count = n;
    return 0;
}

int offer_parse(struct view json, struct offer *o, struct error *err) {
    json_t *j = read_json(json);
    int r = 0;

    *o = (struct offer){0};
    o->protocol = (unsigned)read_number(j, "protocol", UINT16_MAX);
    o->key = read_number(j, "key", INT64_MAX);
    o->files_bytes = read_number(j, "bytes", INT64_MAX);
    o->files_tree = json_is_true(json_object_get(j, "tree"));
    o->release = json_is_true(json_object_get(j, "release"));
    if (!json_is_object(j) || !read_text(j, "run", o->run, sizeof o->run) || !post_id_ok(o->run) ||
        !read_text(j, "host", o->host, sizeof o->host) ||
        !read_text(j, "version", o->version, sizeof o->version) ||
        !read_text(j, "sha256", o->sha256, sizeof o->sha256))
        r = error_set(err, ERROR_SYNTAX, "the offer is not one of ours");
    else if (o->protocol != POST_PROTOCOL || strcmp(o->version, HT_VERSION) != 0)
        r = error_set(err, ERROR_INVALID,
            "the controller is halftime %s (protocol %u), this agent is halftime %s (protocol %d): install "
            "the same version on all machines",
            o->version, o->protocol, HT_VERSION, POST_PROTOCOL);
    else
        r = read_members(json_object_get(j, "members"), o, err);
    json_decref(j);
    if (r < 0)
        offer_deinit(o);
    return r;
}

/* ---- beats ---- */

int beat_pack(const struct beat *b, struct buf *out) {
    return write_json(
        json_pack("{s:I, s:s, s:i}", "epoch", (json_int_t)b->epoch, "host", b->host, "pid", (int)b->pid),
        out);
}

int beat_parse(struct view json, struct beat *b) {
    json_t *j = read_json(json);

    *b = (struct beat){
        .epoch = read_number(j, "epoch", INT64_MAX), .pid = (unsigned)read_number(j, "pid", UINT32_MAX)};
    bool ok = read_text(j, "host", b->host, sizeof b->host) && b->epoch > 0;
    json_decref(j);
    return ok ? 0 : ERROR_SYNTAX;
}
