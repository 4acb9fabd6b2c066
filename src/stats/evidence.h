/* Evidence: counted observations with one exemplar each, which a reader can turn into sentences: "check X on POST /todos read
 * status=201, 400 times". Keyed by (kind, subject, object, detail); mergeable; bounded (EVIDENCE_MAX keys, later ones are counted
 * as dropped). */
#ifndef STATS_EVIDENCE_H
#define STATS_EVIDENCE_H

#include "core/pack.h"

/* X(enumerator, subject, object, detail) */
#define EVIDENCE_KINDS(X)                                                                                         \
    X(CHECK_PASSED, "check name (group path)", "METHOD endpoint the checked response came from", "")                     \
    X(CHECK_FAILED, "check name (group path)", "METHOD endpoint the checked response came from", "")                     \
    X(CHECK_READ, "check name", "METHOD endpoint", "property=value that a failing check read, e.g. status=201")  \
    X(URL_SUSPECT, "the suspicious text: undefined, null, NaN, [object Object]", "METHOD endpoint", "script position file:line:col") \
    X(PROPERTY_MISSING, "property name", "METHOD endpoint", "script position file:line:col; exemplar = suggestion")              \
    X(REQUEST_ERROR, "error text", "METHOD endpoint", "error_code")                                              \
    X(SCRIPT_ERROR, "exception text", "scenario", "script position")                                             \
    X(REQUEST_COUNTED, "http requests", "", "whose samples were recorded")                                         \
    X(REQUEST_INTERRUPTED, "http requests", "", "sent, but cut by an interruption: the server may have served them") \
    X(LOCUST_FAILURE, "request type", "name", "repr of the exception; exemplar = all of it when it was cut")                   \
    X(LOCUST_EXCEPTION, "hash of the frames", "process", "exemplar = message, NUL, frames")                                    \
    X(REQUEST_FAILED, "HTTP status (HTTP 503) or error text", "METHOD endpoint", "exemplar = request and response")

enum evidence_kind {
#define EVIDENCE_ENUM(id, subject, object, detail) EVIDENCE_##id,
    EVIDENCE_KINDS(EVIDENCE_ENUM)
#undef EVIDENCE_ENUM
    EVIDENCE_KIND_COUNT
};
/* The REQUEST_COUNTED and REQUEST_INTERRUPTED kinds always find room (EVIDENCE_RESERVED). */
enum { EVIDENCE_MAX = 2000, EVIDENCE_RESERVED = 16, EVIDENCE_TEXT_MAX = 512, EVIDENCE_EXEMPLAR_MAX = 4096 };

struct evidence {
    enum evidence_kind kind;
    struct view subject, object, detail;
    uint64_t count;
    struct view exemplar; /* one request and response (or other text) as first seen; may be empty */
    int64_t first_wall_us, last_wall_us; /* of those that were added with a time; 0 = none was */
};

struct evidence_store;
int evidence_store_new(struct evidence_store **out) MUST_USE;
struct evidence_store *evidence_store_free(struct evidence_store *s);
/* Adds n to the key's count; texts longer than their limit are cut. Returns true when the key has no exemplar yet, so that
 * the caller can build one and hand it to evidence_store_exemplar. */
bool evidence_store_add(struct evidence_store *s, enum evidence_kind kind, struct view subject, struct view object,
                        struct view detail, uint64_t n);
/* As evidence_store_add, and remembers when (µs since the Unix epoch). */
bool evidence_store_add_at(struct evidence_store *s, enum evidence_kind kind, struct view subject, struct view object,
                           struct view detail, uint64_t n, int64_t wall_us);
void evidence_store_exemplar(struct evidence_store *s, enum evidence_kind kind, struct view subject, struct view object,
                             struct view detail, struct view exemplar);
size_t evidence_store_count(const struct evidence_store *s);
struct evidence evidence_store_at(const struct evidence_store *s, size_t i);
uint64_t evidence_store_dropped(const struct evidence_store *s);
/* Packs what was added since the last time; counts go back to 0, keys (and that they have an exemplar) stay known. */
void evidence_store_pack_and_reset(struct evidence_store *s, struct pack_writer *w);
void evidence_store_pack(const struct evidence_store *s, struct pack_writer *w);
void evidence_store_reset(struct evidence_store *s);
/* For the merging side: counts and times begin anew, keys and exemplars stay (readers leave out what has no count). */
void evidence_store_zero(struct evidence_store *s);
/* s = NULL only checks. ERROR_SYNTAX leaves s unchanged. */
int evidence_store_unpack_merge(struct evidence_store *s, struct pack_reader *r) MUST_USE;

#endif
