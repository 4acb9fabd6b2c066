/* Threshold targets and expressions from hostile scripts and command lines. */
#include "stats/threshold.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view text = view_of((const char *)data, size);
    struct threshold_expr e;
    struct threshold_target t;
    struct error err = ERROR_NULL;
    struct sink s;

    if (threshold_expr_parse(text, &e, &err) == 0) {
        for (int type = METRIC_COUNTER; type <= METRIC_TREND; type++) {
            sink_init(&s, (enum metric_type)type);
            if (sink_add(&s, 1, 0) < 0)
                abort();
            (void)threshold_expr_value(&e, &s, 1);
            (void)threshold_expr_passes(&e, &s, 0, false);
            sink_deinit(&s);
        }
    } else if (err.code != ERROR_SYNTAX || !err.text[0]) {
        abort();
    }
    err = ERROR_NULL;
    if (threshold_target_parse(text, &t, &err) == 0) {
        for (size_t i = 0; i < t.filter_count; i++) {
            const struct tag *f = &t.filter[i];
            if (!f->key.len || !f->value.len || f->value.ptr < text.ptr ||
                f->value.ptr + f->value.len > text.ptr + text.len)
                abort();
        }
    } else if (err.code != ERROR_SYNTAX || !err.text[0]) {
        abort();
    }
    return 0;
}
