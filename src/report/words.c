/* Two or three digits are what a reader keeps. */
#include "report/words.h"

#include <math.h>
#include <stdio.h>

#include "report/humanize.h"

char *words_duration(double ms, char out[WORDS_MAX]) {
    if (ms < 1)
        snprintf(out, WORDS_MAX, "%.2g ms", ms);
    else if (ms < 10)
        snprintf(out, WORDS_MAX, "%.1f ms", ms);
    else if (ms < 999.5)
        snprintf(out, WORDS_MAX, "%.0f ms", ms);
    else if (ms < 119950)
        snprintf(out, WORDS_MAX, fabs(ms / 1000 - round(ms / 1000)) < 0.05 ? "%.0f s" : "%.1f s", ms / 1000);
    else if (fmod(round(ms / 1000), 60) < 1)
        snprintf(out, WORDS_MAX, "%.0f min", round(ms / 1000) / 60);
    else
        snprintf(out, WORDS_MAX, "%.0f min %.0f s", floor(round(ms / 1000) / 60), fmod(round(ms / 1000), 60));
    return out;
}

char *words_share(double share, char out[WORDS_MAX]) {
    double percent = 100 * share;
    int decimals = percent >= 99.95 || percent == 0 ? 0 : percent >= 1 ? 1 : 2;
    if (percent < 100 && percent >= 99.95)
        snprintf(out, WORDS_MAX, "99.9 %%");
    else if (percent > 0 && percent < 0.01)
        snprintf(out, WORDS_MAX, "less than 0.01 %%");
    else
        snprintf(out, WORDS_MAX, "%.*f %%", decimals, percent);
    return out;
}

/* A figure and its unit stay together. */
static struct view next_word(struct view *text) {
    static const struct view units[] = {{"ms", 2}, {"s", 1}, {"min", 3}, {"%", 1}};
    struct view word = view_cut(text, ' ', NULL);
    for (size_t i = 0; i < sizeof units / sizeof *units && word.len && text->len; i++) {
        size_t end = units[i].len;
        bool unit = view_starts_with(*text, units[i]) && (text->len == end || !((text->ptr[end] | 32) >= 'a' && (text->ptr[end] | 32) <= 'z'));
        if (!unit || word.ptr[word.len - 1] < '0' || word.ptr[word.len - 1] > '9')
            continue;
        struct view more = view_cut(text, ' ', NULL);
        word.len = (size_t)(more.ptr + more.len - word.ptr);
    }
    return word;
}

int words_wrap(struct view text, const char *first, const char *rest, struct buf *out) {
    int r = buf_printf(out, "%s", first);
    size_t column = humanize_width(view_of_cstr(first));
    bool empty = true;
    while (text.len && r >= 0) {
        struct view word = next_word(&text);
        size_t width = humanize_width(word);
        if (!empty && column + 1 + width > WORDS_COLUMNS) {
            r = buf_printf(out, "\n%s", rest);
            column = humanize_width(view_of_cstr(rest));
            empty = true;
        }
        if (r >= 0)
            r = buf_printf(out, "%s%.*s", empty ? "" : " ", VIEW_ARGS(word));
        column += width + !empty;
        empty = false;
    }
    return r < 0 ? r : buf_append_byte(out, '\n');
}
