/* Files of a script: found, read once, kept, compiled once. Knows specifiers and URLs; knows nothing of VUs' contexts (see import.h).
 *
 * Every file has a URL: file:///abs/path, https://…, or "file:///-" for a script from stdin. What was read is kept for the bundle. */
#ifndef SCRIPT_JS_LOADER_H
#define SCRIPT_JS_LOADER_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/error.h"

enum {
    LOADER_FILE_BYTES_MAX = 512 * 1024 * 1024,
    LOADER_FILES_MAX = 10000,
    LOADER_ARENA_BYTES_MAX = 64 * 1024 * 1024, /* names and URLs */
    LOADER_COMPILE_STACK_BYTES = 4 * 1024 * 1024, /* of the process's own stack */
};

enum source_kind { SOURCE_MODULE, SOURCE_COMMONJS, SOURCE_DATA };

/* A built-in module that a file imports, and the variant of it that the file gets (see import_names.h). */
struct source_import {
    char *specifier;
    struct buf variant;
    bool wants_default, wants_namespace;
};
struct source {
    struct source *next;
    struct view url;
    struct view text; /* NUL behind it */
    enum source_kind kind;
    bool from_network;
    unsigned char *bytecode; /* NULL until compiled */
    size_t bytecode_len;
    struct source_import *imports; /* when it is compiled */
    size_t import_count;
};

struct loader;
/* Gets an https file; runs on a VU's fiber. 0, or negative with a sentence. */
typedef int (*loader_fetch)(struct loader *l, struct view url, struct buf *out, struct error *err);

struct loader {
    struct arena arena;
    struct arena scratch; /* of one resolution: every VU resolves the same names again */
    struct source *first, **last;
    size_t count;
    struct view cwd, entry_url, entry_dir; /* entry_dir: a directory path, "/" at its end */
    struct view entry_typed;               /* the path as the user typed it */
    struct view cache_dir;
    bool offline;
    bool sealed; /* nothing new may be read: a bundle was given, or the first init is over */
    loader_fetch fetch;
    void *fetch_ctx;
    struct view last_url, last_specifier; /* the last resolution: how the file was called where it was asked for */
    bool not_found; /* the last failure: the file does not exist */
};

void loader_init(struct loader *l);
void loader_deinit(struct loader *l);

/* The script itself. typed: a path, file:// URL or https URL; "-" with text. Fails with k6's sentence; l->not_found tells. */
int loader_entry(struct loader *l, struct view typed, struct view text, struct error *err) MUST_USE;
/* What `specifier` means in the file `base` (VIEW_NULL: the entry's directory). Built-in names come back as they are. Valid
 * until the next call. */
int loader_resolve(struct loader *l, struct view base, struct view specifier, struct view *url, struct error *err) MUST_USE;
/* The file behind a resolved URL. `specifier` is for the message. */
int loader_get(struct loader *l, struct view url, struct view specifier, bool data, struct source **out, struct error *err) MUST_USE;
/* open(): path as given; relative ones start at the entry's directory. */
int loader_open(struct loader *l, struct view path, struct source **out, struct error *err) MUST_USE;
/* Fills s->bytecode. On the fiber or off it; uses the scheduler's stack. ERROR_SYNTAX: err has "url: Line l:c message". */
int loader_compile(struct source *s, struct error *err) MUST_USE;

/* The bundle: every file, in one text of our own. */
int loader_pack(const struct loader *l, struct buf *out) MUST_USE;
int loader_unpack(struct loader *l, struct view bundle, struct error *err) MUST_USE;
/* Adds a file (for archives). Copies. */
int loader_add(struct loader *l, struct view url, struct view text, enum source_kind kind, struct source **out) MUST_USE;
struct source *loader_find(const struct loader *l, struct view url);

/* Does the text hold import, export or await at its top level? (Else it is CommonJS.) */
bool loader_is_module(struct view text);

#endif
