#include "observe/exposition.h"

#include <math.h>

static bool is_name_byte(char c, bool first) {
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    return letter || (!first && c >= '0' && c <= '9');
}

static struct view take_name(struct view *rest) {
    size_t n = 0;
    while (n < rest->len && is_name_byte(rest->ptr[n], n == 0))
        n++;
    struct view name = view_take(*rest, n);
    *rest = view_drop(*rest, n);
    return name;
}

static void skip_blanks(struct view *rest) {
    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
        *rest = view_drop(*rest, 1);
}

static struct view take_word(struct view *rest) {
    size_t n = 0;
    skip_blanks(rest);
    while (n < rest->len && rest->ptr[n] != ' ' && rest->ptr[n] != '\t' && rest->ptr[n] != '\r')
        n++;
    struct view word = view_take(*rest, n);
    *rest = view_drop(*rest, n);
    return word;
}

/* Index behind the closing quote of a text that begins at 0, or 0: it does not end. */
static size_t quoted_length(struct view v) {
    for (size_t i = 1; i < v.len; i++) {
        if (v.ptr[i] == '\\')
            i++;
        else if (v.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

/* One `name="value"` and what follows it up to the next. value: with its quotes. */
static bool take_label(struct view *rest, struct view *name, struct view *value) {
    skip_blanks(rest);
    *name = take_name(rest);
    skip_blanks(rest);
    if (!name->len || !rest->len || rest->ptr[0] != '=')
        return false;
    *rest = view_drop(*rest, 1);
    skip_blanks(rest);
    size_t n = rest->len && rest->ptr[0] == '"' ? quoted_length(*rest) : 0;
    if (!n)
        return false;
    *value = view_take(*rest, n);
    *rest = view_drop(*rest, n);
    skip_blanks(rest);
    if (rest->len && rest->ptr[0] == ',')
        *rest = view_drop(*rest, 1);
    return true;
}

/* Behind '{'; *rest then begins behind '}'. */
static bool take_labels(struct view *rest, struct view *labels) {
    const char *begin = rest->ptr;
    for (int n = 0; n <= EXPOSITION_LABELS_MAX; n++) {
        struct view name, value;
        skip_blanks(rest);
        if (rest->len && rest->ptr[0] == '}') {
            *labels = view_of(begin, (size_t)(rest->ptr - begin));
            *rest = view_drop(*rest, 1);
            return true;
        }
        if (!take_label(rest, &name, &value))
            return false;
    }
    return false;
}

static enum exposition_type type_of(struct view word) {
    static const char *const words[] = {[EXPOSITION_GAUGE] = "gauge",
        [EXPOSITION_COUNTER] = "counter",
        [EXPOSITION_HISTOGRAM] = "histogram",
        [EXPOSITION_SUMMARY] = "summary"};
    for (size_t i = EXPOSITION_GAUGE; i < sizeof words / sizeof *words; i++)
        if (view_eq(word, view_of_cstr(words[i])))
            return (enum exposition_type)i;
    return EXPOSITION_UNTYPED;
}

static void read_comment(struct exposition *e, struct view line) {
    line = view_drop(line, 1);
    if (!view_eq(take_word(&line), VIEW("TYPE")))
        return;
    e->typed = take_word(&line);
    e->type = type_of(take_word(&line));
}

/* Whether a TYPE line for `typed` speaks of this sample, too: name_bucket, name_sum, name_total … */
static bool belongs(struct view typed, struct view name) {
    static const struct view endings[] = {
        VIEW(""), VIEW("_bucket"), VIEW("_sum"), VIEW("_count"), VIEW("_total"), VIEW("_created")};
    if (!typed.len || !view_starts_with(name, typed))
        return false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (view_eq(view_drop(name, typed.len), endings[i]))
            return true;
    return false;
}

/* 1 = a sample, 0 = a number that is none (NaN, +Inf), negative = no sample. */
static int read_sample(const struct exposition *e, struct view line, struct exposition_sample *out) {
    *out = (struct exposition_sample){.name = take_name(&line), .labels = VIEW("")};
    skip_blanks(&line);
    if (!out->name.len)
        return ERROR_SYNTAX;
    if (line.len && line.ptr[0] == '{') {
        line = view_drop(line, 1);
        if (!take_labels(&line, &out->labels))
            return ERROR_SYNTAX;
    }
    struct view word = take_word(&line);
    if (view_eq_nocase(word, VIEW("nan")) || view_eq_nocase(word, VIEW("+inf")) ||
        view_eq_nocase(word, VIEW("-inf")) || view_eq_nocase(word, VIEW("inf")))
        return 0;
    if (!view_to_double(word, &out->value) || !isfinite(out->value))
        return ERROR_SYNTAX;
    out->type = belongs(e->typed, out->name) ? e->type : EXPOSITION_UNTYPED;
    return 1;
}

bool exposition_next(struct exposition *e, struct exposition_sample *out) {
    while (e->rest.len && e->samples < EXPOSITION_SAMPLES_MAX) {
        struct view line = view_trim(view_cut(&e->rest, '\n', NULL));
        if (!line.len)
            continue;
        if (line.ptr[0] == '#') {
            read_comment(e, line);
            continue;
        }
        int r = line.len <= EXPOSITION_LINE_MAX ? read_sample(e, line, out) : ERROR_LIMIT;
        e->bad += r < 0;
        e->samples += r == 1;
        if (r == 1)
            return true;
    }
    return false;
}

bool exposition_is_bucket(const struct exposition_sample *s) {
    return view_ends_with(s->name, VIEW("_bucket"));
}

bool exposition_counts(const struct exposition_sample *s) {
    switch (s->type) {
    case EXPOSITION_COUNTER: return !view_ends_with(s->name, VIEW("_created"));
    case EXPOSITION_GAUGE: return false;
    case EXPOSITION_HISTOGRAM:
    case EXPOSITION_SUMMARY:
        return view_ends_with(s->name, VIEW("_sum")) || view_ends_with(s->name, VIEW("_count"));
    case EXPOSITION_UNTYPED: break;
    }
    return view_ends_with(s->name, VIEW("_total"));
}

static void unescape(struct view quoted, char *out, size_t size) {
    size_t n = 0;
    struct view v = view_of(quoted.ptr + 1, quoted.len - 2);
    for (size_t i = 0; i < v.len && n + 1 < size; i++) {
        char c = v.ptr[i];
        if (c == '\\' && i + 1 < v.len) {
            c = v.ptr[++i];
            c = c == 'n' ? '\n' : c;
        }
        out[n++] = c;
    }
    out[n] = '\0';
}

bool exposition_label(struct view labels, struct view name, char *out, size_t size) {
    struct view one, value;
    for (int n = 0; n <= EXPOSITION_LABELS_MAX && labels.len && take_label(&labels, &one, &value); n++)
        if (view_eq(one, name)) {
            unescape(value, out, size);
            return true;
        }
    return false;
}
