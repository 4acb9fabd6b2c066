/* Evidence about what a script does with its responses (stats/evidence.h): what checks say and read, missing properties, URLs that
 * look wrong, requests that were cut. */
#ifndef SCRIPT_JS_EVIDENCE_JS_H
#define SCRIPT_JS_EVIDENCE_JS_H

#include "script/js/vu.h"

struct http_hop;
struct response;

/* Around a check's function: reads of `value`'s properties in between are remembered when it is a Response. */
void evidence_check_begin(struct vu *vu, JSValueConst value);
void evidence_check_end(struct vu *vu);
/* A check on `value` was evaluated. Nothing when it is no Response. */
void evidence_check(struct vu *vu, JSValueConst value, struct view name, bool passed);
/* The script read a property that a Response does not have. */
void evidence_missing(struct vu *vu, const struct response *r, struct view property);
/* A request is about to go to `url`; name: the endpoint's name tag. */
void evidence_url(struct vu *vu, struct view method, struct view url, struct view name);
void evidence_error(struct vu *vu, struct view method, struct view name, struct view error, int code);
/* A round trip failed, by an error or by a status that was not expected (error is then empty). at: µs since the epoch. */
void evidence_failed(struct vu *vu, const struct http_hop *hop, struct view name, struct view url, struct view error, int64_t wall_us);
void evidence_counted(struct vu *vu);
void evidence_interrupted(struct vu *vu);

/* User tags of a JS object over base: strings, numbers and booleans; false with an exception pending (what: "HTTP request" …; NULL: k6's
 * plain sentence). */
bool record_js_tags(struct vu *vu, JSValueConst tags, tagset_id base, tagset_id *out, const char *what);

#endif
