/* Tag sets of what a VU measures, cached, so that a request costs a lookup and no interning. */
#ifndef SCRIPT_JS_RECORD_H
#define SCRIPT_JS_RECORD_H

#include "net/fetch.h"
#include "stats/recorder.h"

enum { RECORD_CACHE_SLOTS = 4096, RECORD_KEY_BYTES_MAX = 1024 };

struct record_slot {
    uint64_t hash; /* 0 = empty */
    tagset_id base, result;
    uint32_t numbers[3];
    uint32_t key_len;
    char *key;
};
struct record {
    struct recorder *recorder;
    uint32_t system_tags; /* OPTIONS_TAG_BIT */
    struct record_slot *slots;
};

int record_init(struct record *r, struct recorder *recorder) MUST_USE;
void record_deinit(struct record *r);
void record_set_system_tags(struct record *r, uint32_t bits);

/* What k6 tags an HTTP round trip with. Views may be empty. */
struct record_http_tags {
    tagset_id base;      /* the VU's tags and the request's own */
    struct view name;    /* the name tag, or the URL with its userinfo masked */
    struct view method, proto, tls_version, ip;
    int status, error_code;
    int expected;        /* 1, 0, or -1 = no expected_response tag */
    struct view error;   /* k6's error text, for failures without an answer */
};
tagset_id record_http_tagset(struct record *r, const struct record_http_tags *t);
tagset_id record_check_tagset(struct record *r, tagset_id base, struct view name);
/* base with one more tag; cached as well. */
tagset_id record_with(struct record *r, tagset_id base, struct view key, struct view value);

/* The figures of a hop in milliseconds, by net/timing.h's definitions. */
struct recorder_http record_times(const struct timing *t);

#endif
