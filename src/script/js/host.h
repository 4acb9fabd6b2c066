/* k6's API on QuickJS, as a script host. */
#ifndef SCRIPT_JS_HOST_H
#define SCRIPT_JS_HOST_H

#include "script/script.h"

extern const struct script_ops script_js_ops;

/* Archives as k6 makes them (a tar with metadata.json, data, file/…, https/…). `bundle` is what script_ops.bundle returned; `metadata_json`
 * is written as metadata.json. From a tar: the bundle, and metadata.json for the options and environment kept in it. */
int bundle_to_tar(struct view bundle, struct view metadata_json, struct buf *tar) MUST_USE;
int bundle_from_tar(struct view tar, struct buf *bundle, struct buf *metadata_json, struct error *err) MUST_USE;

#endif
