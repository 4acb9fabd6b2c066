/* Writes JSON into a buffer. The writer knows where commas, colons and line breaks belong; the caller says what comes
 * next, in order. The first error sticks, so a whole document is written and checked once.
 *
 *     struct json_writer w = json_writer_of(&buf);
 *     json_writer_object(&w);
 *     json_writer_key(&w, VIEW("count"));
 *     json_writer_u64(&w, 3);
 *     json_writer_end(&w);
 *     if (json_writer_error(&w) < 0) …
 *
 * Text that is no UTF-8 gets U+FFFD in place of malformed bytes. NaN and infinities become null. */
#ifndef CORE_JSON_WRITER_H
#define CORE_JSON_WRITER_H

#include "core/buf.h"

enum { JSON_WRITER_DEPTH_MAX = 64, JSON_WRITER_NUMBER_MAX = 40 };

struct json_writer {
    struct buf *out;
    int indent;       /* blanks per level; 0 = all on one line. Set before the first value */
    bool escape_html; /* as Go's encoding/json: < > & and U+2028, U+2029 as \u escapes */
    int error;
    int depth, too_deep; /* too_deep: levels begun beyond the limit, after which only the error counts */
    bool has_key;     /* a key was written, its value is to come */
    bool started[JSON_WRITER_DEPTH_MAX + 1]; /* this level has a member already */
    char closer[JSON_WRITER_DEPTH_MAX + 1];
};

static inline struct json_writer json_writer_of(struct buf *out) { return (struct json_writer){.out = out}; }
int json_writer_error(const struct json_writer *w); /* 0, or the first error of all that was written */

void json_writer_object(struct json_writer *w);
void json_writer_array(struct json_writer *w);
void json_writer_end(struct json_writer *w); /* of the innermost object or array */
void json_writer_key(struct json_writer *w, struct view key);
void json_writer_string(struct json_writer *w, struct view v);
void json_writer_u64(struct json_writer *w, uint64_t v);
void json_writer_i64(struct json_writer *w, int64_t v);
void json_writer_double(struct json_writer *w, double v);
void json_writer_bool(struct json_writer *w, bool v);
void json_writer_null(struct json_writer *w);
void json_writer_raw(struct json_writer *w, struct view json); /* one value, already JSON */

/* A member of an object: key and value. NULL becomes null. */
void json_member_text(struct json_writer *w, const char *key, struct view v);
void json_member_cstr(struct json_writer *w, const char *key, const char *v);
void json_member_u64(struct json_writer *w, const char *key, uint64_t v);
void json_member_i64(struct json_writer *w, const char *key, int64_t v);
void json_member_double(struct json_writer *w, const char *key, double v);
void json_member_bool(struct json_writer *w, const char *key, bool v);
void json_member_array(struct json_writer *w, const char *key); /* begins it; json_writer_end ends it */

/* Without a writer: a quoted string; a number in the shortest form that reads back to the same double, laid out as
 * JavaScript's and Go's encoders do (1e21 and 1e-7 and beyond get exponents). Not for NaN and infinities. */
int json_append_string(struct buf *out, struct view v, bool escape_html) MUST_USE;
int json_append_double(struct buf *out, double v) MUST_USE;
char *json_format_double(double v, char out[JSON_WRITER_NUMBER_MAX]);

#endif
