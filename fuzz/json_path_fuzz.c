/* A JSON path (first line) on a document (the rest): what comes out must be JSON, and lie in the document or the arena.
 * links: ht_script_js */
#include "script/js/json/json_path.h"
#include "script/js/json/json_scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view document = view_of((const char *)data, size), out;
    struct view path = view_cut(&document, '\n', NULL);
    struct arena arena;

    arena_init(&arena, 64 << 20);
    if (json_path_find(&arena, document, path, &out) && !json_scan_valid(out))
        abort();
    arena_deinit(&arena);
    return 0;
}
