#include "report/prometheus.h"

#include <ctype.h>

#include "core/utf8.h"

static bool letter(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static struct view label_name(struct view key, struct arena *scratch) {
    bool fine = true;
    for (size_t i = 0; i < key.len && fine; i++)
        fine = letter(key.ptr[i], i == 0);
    if (fine)
        return key;
    char *text = arena_alloc(scratch, key.len + 1);
    size_t n = 0;
    if (!text)
        return VIEW_NULL;
    if (key.ptr[0] >= '0' && key.ptr[0] <= '9')
        text[n++] = '_';
    for (size_t i = 0; i < key.len; i++)
        text[n++] = letter(key.ptr[i], false) ? key.ptr[i] : '_';
    return view_of(text, n);
}

static struct view label_value(struct view value, struct arena *scratch) {
    struct buf fixed CLEANUP(buf_deinit) = BUF_MAX(PROMETHEUS_SCRATCH_MAX);
    if (utf8_valid(value))
        return value;
    return utf8_append_lossy(&fixed, value) < 0 ? VIEW_NULL : arena_copy(scratch, buf_view(&fixed));
}

void prometheus_labels_init(
    struct prometheus_labels *l, const struct tags *tags, tagset_id set, struct arena *scratch) {
    l->count = 0;
    for (size_t i = 0; i < tags_count(tags, set) && l->count < TAGS_PER_SET_MAX; i++) {
        struct tag t = tags_at(tags, set, i);
        if (!t.key.len || !t.value.len)
            continue;
        t = (struct tag){label_name(t.key, scratch), label_value(t.value, scratch)};
        size_t at = l->count;
        while (at && view_cmp(l->items[at - 1].key, t.key) > 0)
            at--;
        bool double_name = at && view_eq(l->items[at - 1].key,
                                     t.key); /* "a-b" beside "a_b": a second one would make all be refused */
        if (!t.key.ptr || !t.value.ptr || double_name || view_eq(t.key, VIEW("__name__")))
            continue;
        memmove(l->items + at + 1, l->items + at, (l->count - at) * sizeof *l->items);
        l->items[at] = t;
        l->count++;
    }
}

uint64_t prometheus_count(const struct sink *s) {
    switch (s->type) {
    case METRIC_COUNTER: return s->counter.count;
    case METRIC_GAUGE: return s->gauge.count;
    case METRIC_RATE: return s->rate.total;
    case METRIC_TREND: break;
    }
    return s->trend.count;
}
