/* Lines of a log from anybody, statements of spans, and the conditions of a search. The run's digits stand in front of every second line,
 * so that it is parsed.
 * links: ht_trace */
#include "trace/log_store.h"
#include "trace/span_text.h"

#include "core/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check_line(void *ctx, const struct log_line *l) {
    (void)ctx;
    if (!l->json.len || l->json.len > LOG_STORE_LINE_KEPT_MAX * 8 || l->level.len > 16)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view rest = view_of((const char *)data, size);
    struct log_store *s;

    if (log_store_new(&s) < 0)
        abort();
    log_store_begin(s, 0xabcdef0123456789u);
    for (int i = 0; rest.len && i < 200; i++) {
        struct buf line = BUF_MAX(256 * 1024), statement = BUF_MAX(512);
        struct view text = view_cut(&rest, '\n', NULL);
        if (i % 2 && buf_printf(&line, "{\"id\":\"abcdef0123456789%.16s-0000000000000001\",", "0000000000000007") < 0)
            abort();
        if (buf_append_view(&line, text) < 0)
            buf_clear(&line);
        log_store_add(s, buf_view(&line), 1000000);
        if (span_text_normalise(text, 512, &statement) < 0 || statement.len > 512)
            abort();
        buf_deinit(&line);
        buf_deinit(&statement);
    }
    (void)log_store_each(s, 7, 0, check_line, NULL);
    (void)log_store_each_error(s, 0, check_line, NULL);
    log_store_free(s);
    return 0;
}
