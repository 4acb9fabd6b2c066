#include "fleet/nats_store.h"

#include <nats/nats.h>
#include <stdio.h>

enum { BUCKET_TTL_S = 30 * 24 * 3600, BUCKET_VALUE_MAX = 512 * 1024 };

static int explain(const struct nats_link *l, natsStatus s, jsErrCode code, struct error *err) {
    const char *why = nats_GetLastError(NULL);

    if (s == NATS_NO_RESPONDERS || code == JSNotEnabledErr || code == JSNotEnabledForAccountErr)
        return error_set(err, ERROR_INVALID,
            "the server at %s has no JetStream: a run on a fleet is kept in a stream. Start it with -js, or "
            "with `halftime fleet up`",
            nats_link_url(l));
    return error_set(
        err, ERROR_CLOSED, "the bus at %s: %s", nats_link_url(l), why && *why ? why : natsStatus_GetText(s));
}

static natsStatus open_js(struct nats_link *l, jsCtx **js) {
    jsOptions o;

    jsOptions_Init(&o);
    o.Wait = NATS_SYNC_MS;
    return natsConnection_JetStream(js, nats_link_connection(l), &o);
}

int nats_stream_new(struct nats_link *l, const char *stream, const char *subject, int64_t bytes_max,
    int64_t age_max_s, struct error *err) {
    jsCtx *js = NULL;
    jsStreamInfo *info = NULL;
    jsStreamConfig c;
    jsErrCode code = 0;
    natsStatus s = open_js(l, &js);

    jsStreamConfig_Init(&c);
    c.Name = stream;
    c.Subjects = &subject;
    c.SubjectsLen = 1;
    c.MaxBytes = bytes_max;
    c.MaxAge = age_max_s * 1000000000;
    c.Discard = js_DiscardNew; /* a run that is too long for its stream is told so; nothing of it is forgotten
                                  in silence */
    if (s == NATS_OK)
        s = js_AddStream(&info, js, &c, NULL, &code);
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(js);
    return s == NATS_OK ? 0 : explain(l, s, code, err);
}

void nats_stream_delete(struct nats_link *l, const char *stream) {
    jsCtx *js = NULL;

    if (open_js(l, &js) == NATS_OK)
        (void)js_DeleteStream(js, stream, NULL, NULL);
    jsCtx_Destroy(js);
}

bool nats_stream_exists(struct nats_link *l, const char *stream) {
    uint64_t ignored;
    return nats_stream_last(l, stream, &ignored, NULL) == 0;
}

int nats_stream_last(struct nats_link *l, const char *stream, uint64_t *seq, struct error *err) {
    jsCtx *js = NULL;
    jsStreamInfo *info = NULL;
    jsErrCode code = 0;
    natsStatus s = open_js(l, &js);

    if (s == NATS_OK)
        s = js_GetStreamInfo(&info, js, stream, NULL, &code);
    *seq = info ? info->State.LastSeq : 0;
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(js);
    return s == NATS_OK ? 0 : explain(l, s, code, err);
}

static natsStatus open_bucket(struct nats_link *l, const char *bucket, jsCtx **js, kvStore **kv) {
    kvConfig c;
    natsStatus s = open_js(l, js);

    if (s == NATS_OK)
        s = js_KeyValue(kv, *js, bucket);
    if (s != NATS_NOT_FOUND)
        return s;
    kvConfig_Init(&c);
    c.Bucket = bucket;
    c.TTL = (int64_t)BUCKET_TTL_S * 1000000000;
    c.MaxValueSize = BUCKET_VALUE_MAX;
    return js_CreateKeyValue(kv, *js, &c);
}

int nats_kv_put(struct nats_link *l, const char *bucket, const char *key, struct view value,
    uint64_t *revision, struct error *err) {
    jsCtx *js = NULL;
    kvStore *kv = NULL;
    uint64_t before = *revision;
    natsStatus s = open_bucket(l, bucket, &js, &kv);
    bool open = s == NATS_OK;

    if (open && before == 0)
        s = kvStore_Create(revision, kv, key, value.ptr, (int)value.len);
    else if (open)
        s = kvStore_Update(revision, kv, key, value.ptr, (int)value.len, before);
    kvStore_Destroy(kv);
    jsCtx_Destroy(js);
    if (s == NATS_OK)
        return 0;
    return open && s == NATS_ERR
               ? error_set(err, ERROR_CLOSED, "somebody else has changed the record of run %s meanwhile", key)
               : explain(l, s, 0, err);
}

int nats_kv_get(struct nats_link *l, const char *bucket, const char *key, struct buf *value,
    uint64_t *revision, struct error *err) {
    jsCtx *js = NULL;
    kvStore *kv = NULL;
    kvEntry *entry = NULL;
    int r = 0;
    natsStatus s = open_bucket(l, bucket, &js, &kv);

    if (s == NATS_OK)
        s = kvStore_Get(&entry, kv, key);
    if (s == NATS_OK) {
        *revision = kvEntry_Revision(entry);
        r = buf_append(value, kvEntry_Value(entry), (size_t)kvEntry_ValueLen(entry));
    } else {
        r = s == NATS_NOT_FOUND || s == NATS_INVALID_ARG
                ? error_set(err, ERROR_INVALID,
                      "the bus at %s knows no run \"%s\": `halftime fleet status` lists them",
                      nats_link_url(l), key)
                : explain(l, s, 0, err);
    }
    kvEntry_Destroy(entry);
    kvStore_Destroy(kv);
    jsCtx_Destroy(js);
    return r;
}

int nats_kv_each(struct nats_link *l, const char *bucket, void (*each)(void *ctx, struct view key), void *ctx,
    struct error *err) {
    jsCtx *js = NULL;
    kvStore *kv = NULL;
    kvKeysList keys = {0};
    natsStatus s = open_bucket(l, bucket, &js, &kv);

    if (s == NATS_OK)
        s = kvStore_Keys(&keys, kv, NULL);
    for (int i = 0; s == NATS_OK && i < keys.Count; i++)
        each(ctx, view_of_cstr(keys.Keys[i]));
    kvKeysList_Destroy(&keys);
    kvStore_Destroy(kv);
    jsCtx_Destroy(js);
    return s == NATS_OK || s == NATS_NOT_FOUND ? 0 : explain(l, s, 0, err);
}
