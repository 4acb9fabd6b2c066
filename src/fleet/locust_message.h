/* Messages of Locust's own wire protocol: msgpack arrays [type, data, node id]. Reading is bounded before
 * msgpack's library sees a byte: counts that promise more than there is, nesting and trailing bytes are
 * refused. */
#ifndef FLEET_LOCUST_MESSAGE_H
#define FLEET_LOCUST_MESSAGE_H

#include <jansson.h>
#include <msgpack.h>

#include "core/buf.h"

enum {
    LOCUST_MESSAGE_BYTES_MAX = 16 * 1024 * 1024,
    LOCUST_MESSAGE_DEPTH_MAX = 24,
    LOCUST_MESSAGE_NAME_MAX = 256, /* of types and node ids */
};

struct locust_message {
    struct view type, node_id;  /* within the bytes that were read; node_id may be empty */
    const msgpack_object *data; /* never NULL: nil when there is none */
    msgpack_unpacked unpacked;
};
/* `bytes` must outlive the message. ERROR_SYNTAX or ERROR_LIMIT with what was wrong; then there is nothing to
 * deinit. */
int locust_message_read(struct locust_message *m, struct view bytes, struct error *err) MUST_USE;
void locust_message_deinit(struct locust_message *m);

/* ---- what is in it; wrong types read as absent ---- */
const msgpack_object *locust_field(
    const msgpack_object *map, const char *key);                   /* NULL: no such key, nil, or no map */
struct view locust_text_of(const msgpack_object *o);               /* str and bin; else VIEW_NULL */
double locust_number_of(const msgpack_object *o, double fallback); /* finite numbers; else fallback */
uint64_t locust_count_of(const msgpack_object *o);                 /* whole numbers from 0 on; else 0 */
/* As Python's json.dumps would make of it: keys become texts. ERROR_INVALID: ext types, -ENOMEM. */
json_t *locust_json_of(const msgpack_object *o); /* NULL without memory, or for what JSON cannot say */

/* ---- writing ---- */
struct locust_packer {
    msgpack_packer to; /* first: the macros below take its address */
    struct buf *out;
    int error; /* the first one; later calls do nothing */
};
/* Begins [type, …, node_id]: pack one value (the data), then locust_pack_end. */
void locust_pack_begin(struct locust_packer *p, struct buf *out, struct view type);
int locust_pack_end(struct locust_packer *p, struct view node_id) MUST_USE;
void locust_pack_text(struct locust_packer *p, struct view text);
void locust_pack_key(struct locust_packer *p, const char *key);
void locust_pack_count(
    struct locust_packer *p, const char *key, uint64_t n); /* a pair of a map, as the next ones */
void locust_pack_number(struct locust_packer *p, const char *key, double n);
void locust_pack_pair(struct locust_packer *p, const char *key, struct view text);
void locust_pack_json(struct locust_packer *p, const json_t *value); /* NULL = nil */

#endif
