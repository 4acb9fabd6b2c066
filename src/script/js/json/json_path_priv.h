/* Inside the evaluation of JSON paths: json_path.c walks, json_path_query.c compares, json_path_modifier.c has the @words. */
#ifndef SCRIPT_JS_JSON_PATH_PRIV_H
#define SCRIPT_JS_JSON_PATH_PRIV_H

#include "core/arena.h"
#include "core/buf.h"

enum {
    JSON_PATH_DEPTH_MAX = 256,            /* of evaluations inside each other */
    JSON_PATH_STEPS_MAX = 1000 * 1000,    /* evaluations in all; a path can ask for a product of sizes */
    JSON_PATH_BUILT_MAX = 256 * 1024 * 1024, /* bytes of arrays and objects that a path puts together */
};

struct json_path {
    struct arena *arena;
    unsigned depth, steps;
};

/* The JSON text of what path means in json (valid JSON, or empty for nothing). ptr NULL: nothing. */
struct view json_path_eval(struct json_path *p, struct view json, struct view path);
/* Moves a buffer's content into the arena. */
struct view json_path_keep(struct json_path *p, struct buf *b);
/* Text of a string's inside with escapes resolved; the view itself when it has none. */
struct view json_path_text(struct json_path *p, struct view inside);
/* The bracketed or quoted piece at the front of v, with its brackets. */
struct view json_path_squash(struct view v);
/* "left|right" outside brackets and quotes. */
bool json_path_split_pipe(struct view path, struct view *left, struct view *right);

/* `#(path op value)`: */
struct json_query {
    struct view path, op, value;
    bool all; /* another # behind it */
};
/* Takes "#(…)" or "#(…)#" off *rest. */
bool json_query_parse(struct view *rest, struct json_query *q);
/* value: ptr NULL = does not exist. */
bool json_query_matches(struct json_path *p, const struct json_query *q, struct view value);
bool json_path_like(struct view text, struct view pattern); /* * ? and \ */

bool json_modifier_known(struct view name);
/* path begins with '@'. False when there is no such modifier. *rest: what follows it in the path. */
bool json_modifier_apply(struct json_path *p, struct view json, struct view path, struct view *rest, struct view *out);

#endif
