/* Metrics in the text form of Prometheus, as a hostile endpoint would serve them. links: ht_observe */
#include "observe/exposition_map.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct exposition_map map;
    static const char *const labels[] = {"le", "state", "mode", "text"};
    struct view text = view_of((const char *)data, size);
    struct exposition e = exposition_of(text);
    struct exposition_sample s;
    struct probe p = {.source = "fuzz", .stop_fd = -1};
    char value[16];

    if (!map.rows.max && exposition_map_init(&map) < 0)
        abort();
    for (int64_t second = 1; second <= 2; second++) {
        probe_begin(&p, second * 1000 * 1000);
        exposition_map_begin(&map);
        e = exposition_of(text);
        while (exposition_next(&e, &s)) {
            bool inside = s.name.ptr >= text.ptr && s.name.ptr + s.name.len <= text.ptr + text.len;
            if (!inside || !s.name.len || !isfinite(s.value))
                abort();
            for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
                if (exposition_label(s.labels, view_of_cstr(labels[i]), value, sizeof value) &&
                    strlen(value) >= sizeof value)
                    abort();
            (void)exposition_counts(&s);
            (void)exposition_map_add(&map, &p, &s);
        }
        exposition_map_tell(&map, &p);
        for (size_t i = 0; i < p.value_count; i++)
            if (!isfinite(p.values[i].value) || p.values[i].series >= p.keys.count)
                abort();
    }
    probe_deinit(&p);
    return 0;
}
