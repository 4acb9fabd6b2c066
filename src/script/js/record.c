/* The cache is direct-mapped with four probes; a slot holds the whole key (base set, numbers, texts one after another), so a hit is exact.
 * Keys longer than RECORD_KEY_BYTES_MAX and failures (whose error texts vary) go past it.
 *
 * Names and URLs are many only in scripts that forget to group them; then slots are overwritten and interning pays each time, which
 * is bounded by the tag table itself. */
#include "script/js/record.h"

#include "script/js/options/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROBES = 4, TAGS_MAX = 16 };

int record_init(struct record *r, struct recorder *recorder) {
    *r = (struct record){.recorder = recorder};
    r->slots = calloc(RECORD_CACHE_SLOTS, sizeof *r->slots);
#define DEFAULT_BIT(id, name, on) | ((on) ? OPTIONS_TAG_BIT(id) : 0u)
    r->system_tags = 0 OPTIONS_SYSTEM_TAGS(DEFAULT_BIT);
#undef DEFAULT_BIT
    return r->slots ? 0 : -ENOMEM;
}

void record_deinit(struct record *r) {
    for (size_t i = 0; r->slots && i < RECORD_CACHE_SLOTS; i++)
        free(r->slots[i].key);
    free(r->slots);
    *r = (struct record){0};
}

void record_set_system_tags(struct record *r, uint32_t bits) {
    r->system_tags = bits;
}

/* --- the cache --- */

struct key {
    tagset_id base;
    uint32_t numbers[3];
    uint32_t len;
    char text[RECORD_KEY_BYTES_MAX];
};

static bool key_add(struct key *k, struct view v) {
    if (v.len + 1 > sizeof k->text - k->len)
        return false;
    if (v.len)
        memcpy(k->text + k->len, v.ptr, v.len);
    k->len += (uint32_t)v.len;
    k->text[k->len++] = 0;
    return true;
}

static uint64_t key_hash(const struct key *k) {
    uint64_t seed = ((uint64_t)k->base << 32) ^ ((uint64_t)k->numbers[0] << 20) ^ ((uint64_t)k->numbers[1] << 8) ^ k->numbers[2];
    uint64_t h = view_hash(view_of(k->text, k->len), seed);
    return h ? h : 1;
}

static struct record_slot *cache_find(struct record *r, const struct key *k, uint64_t hash, bool *found) {
    struct record_slot *victim = NULL;

    *found = false;
    for (uint64_t i = 0; i < PROBES; i++) {
        struct record_slot *s = &r->slots[(hash + i) % RECORD_CACHE_SLOTS];
        if (s->hash == hash && s->base == k->base && s->key_len == k->len && !memcmp(s->numbers, k->numbers, sizeof s->numbers) &&
            !memcmp(s->key, k->text, k->len)) {
            *found = true;
            return s;
        }
        if (!victim || (victim->hash && !s->hash))
            victim = s;
    }
    return victim;
}

static void cache_fill(struct record_slot *s, const struct key *k, uint64_t hash, tagset_id result) {
    char *key = malloc(k->len ? k->len : 1);
    if (!key)
        return;
    memcpy(key, k->text, k->len);
    free(s->key);
    *s = (struct record_slot){.hash = hash, .base = k->base, .result = result, .key_len = k->len, .key = key};
    memcpy(s->numbers, k->numbers, sizeof s->numbers);
}

/* --- tag sets --- */

struct tag_list {
    struct tag tags[TAGS_MAX];
    size_t count;
    uint32_t enabled;
};

static void add(struct tag_list *l, enum options_system_tag which, const char *name, struct view value) {
    if (l->enabled & (1u << which))
        l->tags[l->count++] = (struct tag){view_of_cstr(name), value};
}

static tagset_id http_intern(struct record *r, const struct record_http_tags *t) {
    struct tag_list l = {.enabled = r->system_tags};
    char status[16], code[16];

    add(&l, OPTIONS_TAG_METHOD, "method", t->method);
    add(&l, OPTIONS_TAG_NAME, "name", t->name);
    add(&l, OPTIONS_TAG_URL, "url", t->name);
    snprintf(status, sizeof status, "%d", t->status);
    add(&l, OPTIONS_TAG_STATUS, "status", view_of_cstr(status));
    if (t->proto.len)
        add(&l, OPTIONS_TAG_PROTO, "proto", t->proto);
    if (t->tls_version.len)
        add(&l, OPTIONS_TAG_TLS_VERSION, "tls_version", t->tls_version);
    if (t->ip.len)
        add(&l, OPTIONS_TAG_IP, "ip", t->ip);
    if (t->error.len)
        add(&l, OPTIONS_TAG_ERROR, "error", t->error);
    if (t->error_code) {
        snprintf(code, sizeof code, "%d", t->error_code);
        add(&l, OPTIONS_TAG_ERROR_CODE, "error_code", view_of_cstr(code));
    }
    if (t->expected >= 0)
        add(&l, OPTIONS_TAG_EXPECTED_RESPONSE, "expected_response", t->expected ? VIEW("true") : VIEW("false"));
    return tags_with(r->recorder->tags, t->base, l.tags, l.count);
}

tagset_id record_http_tagset(struct record *r, const struct record_http_tags *t) {
    struct key k;
    bool found = false;

    k.base = t->base;
    k.numbers[0] = (uint32_t)t->status;
    k.numbers[1] = (uint32_t)t->error_code;
    k.numbers[2] = (uint32_t)(t->expected + 1);
    k.len = 0;
    struct view ip = r->system_tags & OPTIONS_TAG_BIT(IP) ? t->ip : VIEW_NULL;
    if (t->error.len || !key_add(&k, t->name) || !key_add(&k, t->method) || !key_add(&k, t->proto) || !key_add(&k, t->tls_version) ||
        !key_add(&k, ip))
        return http_intern(r, t);
    uint64_t hash = key_hash(&k);
    struct record_slot *s = cache_find(r, &k, hash, &found);
    if (found)
        return s->result;
    tagset_id result = http_intern(r, t);
    cache_fill(s, &k, hash, result);
    return result;
}

tagset_id record_with(struct record *r, tagset_id base, struct view name, struct view value) {
    struct tag tag = {name, value};
    struct key k;
    bool found = false;

    k.base = base;
    k.numbers[0] = k.numbers[1] = 0;
    k.numbers[2] = 99; /* no round trip has this */
    k.len = 0;
    if (!key_add(&k, name) || !key_add(&k, value))
        return tags_with(r->recorder->tags, base, &tag, 1);
    uint64_t hash = key_hash(&k);
    struct record_slot *s = cache_find(r, &k, hash, &found);
    if (found)
        return s->result;
    tagset_id result = tags_with(r->recorder->tags, base, &tag, 1);
    cache_fill(s, &k, hash, result);
    return result;
}

tagset_id record_check_tagset(struct record *r, tagset_id base, struct view name) {
    return r->system_tags & OPTIONS_TAG_BIT(CHECK) ? record_with(r, base, VIEW("check"), name) : base;
}

/* --- times --- */

static double span_ms(int64_t from_us, int64_t to_us) {
    return from_us && to_us > from_us ? (double)(to_us - from_us) / 1000.0 : 0;
}

struct recorder_http record_times(const struct timing *t) {
    int64_t ready_us = t->got_connection_us, sent_us = t->sent_us ? t->sent_us : ready_us;
    int64_t first_us = t->first_byte_us ? t->first_byte_us : t->done_us;
    struct recorder_http h = {
        .blocked_ms = span_ms(t->asked_us, ready_us),
        .connecting_ms = t->reused ? 0 : span_ms(t->connect_started_us, t->connected_us),
        .tls_handshaking_ms = t->reused ? 0 : span_ms(t->connected_us, t->tls_done_us),
        .sending_ms = span_ms(ready_us, sent_us),
        .waiting_ms = span_ms(sent_us, first_us),
        .receiving_ms = t->first_byte_us ? span_ms(t->first_byte_us, t->done_us) : 0,
    };
    h.duration_ms = h.sending_ms + h.waiting_ms + h.receiving_ms;
    return h;
}
