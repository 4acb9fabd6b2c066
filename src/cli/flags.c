/* Parsing walks argv once. A flag's row says whether a value must follow; types are checked on the spot, so that what a reader finds in the
 * result is well-formed. The sentences are pflag's. */
#include "cli/flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/duration.h"

struct parser {
    const struct flag *const *tables;
    char **argv;
    int argc, at;
    struct flag_result *out;
    struct error *err;
};

static const struct flag *find_name(const struct flag *const *tables, struct view name) {
    for (size_t t = 0; tables[t]; t++)
        for (const struct flag *f = tables[t]; f->name; f++)
            if (view_eq(view_of_cstr(f->name), name))
                return f;
    return NULL;
}

static const struct flag *find_shorthand(const struct flag *const *tables, char c) {
    for (size_t t = 0; tables[t]; t++)
        for (const struct flag *f = tables[t]; f->name; f++)
            if (f->shorthand == c)
                return f;
    return NULL;
}

bool flags_parse_bool(const char *text, bool *out) {
    static const struct {
        const char *text;
        bool value;
    } words[] = {{"1", true}, {"t", true}, {"T", true}, {"true", true}, {"TRUE", true}, {"True", true}, {"0", false}, {"f", false}, {"F", false},
        {"false", false}, {"FALSE", false}, {"False", false}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(words[i].text, text)) {
            *out = words[i].value;
            return true;
        }
    return false;
}

static int check_value(const struct flag *f, const char *value, struct error *err) {
    struct error why = ERROR_NULL;
    char shorthand[8] = "";
    int64_t number;
    bool yes;

    if (f->type == FLAG_INT && !view_to_i64(view_of_cstr(value), &number))
        error_set(&why, ERROR_INVALID, "strconv.ParseInt: parsing \"%.200s\": invalid syntax", value);
    else if (f->type == FLAG_BOOL && !flags_parse_bool(value, &yes))
        error_set(&why, ERROR_INVALID, "strconv.ParseBool: parsing \"%.200s\": invalid syntax", value);
    else if (f->type != FLAG_DURATION || duration_parse(view_of_cstr(value), false, false, &number, &why) == 0)
        return 0;
    if (f->shorthand)
        snprintf(shorthand, sizeof shorthand, "-%c, ", f->shorthand);
    return error_set(err, ERROR_INVALID, "invalid argument \"%.200s\" for \"%s--%s\" flag: %.500s", value, shorthand, f->name, why.text);
}

static int add(struct parser *p, const struct flag *f, const char *value) {
    int rc = check_value(f, value, p->err);

    if (rc)
        return rc;
    if (p->out->count == FLAGS_OCCURRENCES_MAX)
        return error_set(p->err, ERROR_LIMIT, "more than %d flags", FLAGS_OCCURRENCES_MAX);
    struct flag_occurrence *items = realloc(p->out->items, (p->out->count + 1) * sizeof *items);
    if (!items)
        return error_set(p->err, -ENOMEM, "out of memory");
    p->out->items = items;
    items[p->out->count++] = (struct flag_occurrence){f, value};
    return 0;
}

/* The next word as a value, or NULL. */
static const char *next_word(struct parser *p) {
    return p->at < p->argc ? p->argv[p->at++] : NULL;
}

static int parse_long(struct parser *p, const char *word) {
    const char *equals = strchr(word, '=');
    struct view name = view_of(word, equals ? (size_t)(equals - word) : strlen(word));
    const struct flag *f = find_name(p->tables, name);
    const char *value;

    if (!name.len || name.ptr[0] == '-')
        return error_set(p->err, ERROR_INVALID, "bad flag syntax: --%.200s", word);
    if (!f && view_eq(name, VIEW("help"))) {
        p->out->help = true;
        return 0;
    }
    if (!f)
        return error_set(p->err, ERROR_INVALID, "unknown flag: --%.*s", VIEW_ARGS(name));
    if (equals)
        return add(p, f, equals + 1);
    if (f->bare)
        return add(p, f, f->bare);
    value = next_word(p);
    if (!value)
        return error_set(p->err, ERROR_INVALID, "flag needs an argument: --%s", f->name);
    return add(p, f, value);
}

static int parse_short(struct parser *p, const char *word) {
    for (const char *c = word; *c; c++) {
        const struct flag *f = find_shorthand(p->tables, *c);
        const char *value;
        int rc;

        if (!f && *c == 'h') {
            p->out->help = true;
            return 0;
        }
        if (!f)
            return error_set(p->err, ERROR_INVALID, "unknown shorthand flag: '%c' in -%.200s", *c, word);
        if (c[1] == '=')
            return add(p, f, c + 2);
        if (f->bare) {
            rc = add(p, f, f->bare);
            if (rc)
                return rc;
            continue;
        }
        value = c[1] ? c + 1 : next_word(p);
        if (!value)
            return error_set(p->err, ERROR_INVALID, "flag needs an argument: '%c' in -%.200s", *c, word);
        return add(p, f, value);
    }
    return 0;
}

static int add_argument(struct parser *p, const char *word) {
    if (p->out->arg_count == FLAGS_ARGS_MAX)
        return error_set(p->err, ERROR_LIMIT, "more than %d arguments", FLAGS_ARGS_MAX);
    p->out->args[p->out->arg_count++] = word;
    return 0;
}

int flags_parse(const struct flag *const *tables, int argc, char **argv, struct flag_result *out, struct error *err) {
    struct parser p = {.tables = tables, .argc = argc, .argv = argv, .at = 1, .out = out, .err = err};
    bool only_arguments = false;
    int rc = 0;

    *out = FLAG_RESULT_NULL;
    while (rc == 0 && !out->help && p.at < argc) {
        const char *word = argv[p.at++];
        if (only_arguments || word[0] != '-' || !word[1])
            rc = add_argument(&p, word);
        else if (!strcmp(word, "--"))
            only_arguments = true;
        else
            rc = word[1] == '-' ? parse_long(&p, word + 2) : parse_short(&p, word + 1);
    }
    return rc;
}

void flags_deinit(struct flag_result *r) {
    free(r->items);
    *r = FLAG_RESULT_NULL;
}

const char *flags_get(const struct flag_result *r, const struct flag *const *tables, const char *name, flags_getenv *env) {
    const struct flag *f = find_name(tables, view_of_cstr(name));
    const char *value = NULL;

    for (size_t i = r->count; i-- > 0 && !value;)
        if (r->items[i].flag == f)
            value = r->items[i].value;
    if (value || !f || !f->env || !env)
        return value;
    value = env(f->env);
    return value && *value ? value : NULL;
}

int flags_get_bool(const struct flag_result *r, const struct flag *const *tables, const char *name, flags_getenv *env, bool fallback, bool *out,
    struct error *err) {
    const char *text = flags_get(r, tables, name, env);

    *out = fallback;
    if (!text || flags_parse_bool(text, out))
        return 0;
    return error_set(err, ERROR_INVALID, "'%.200s' is not a valid value for --%s: write true or false", text, name);
}

/* ---- help ---- */

static int left_column(const struct flag *f, char *out, size_t size) {
    char value[80] = "";

    if (f->value && *f->value)
        snprintf(value, sizeof value, " %s", f->value);
    if (f->bare && f->type == FLAG_TEXT)
        snprintf(value, sizeof value, " %s[=\"%s\"]", f->value, f->bare);
    if (f->shorthand)
        return snprintf(out, size, "  -%c, --%s%s", f->shorthand, f->name, value);
    return snprintf(out, size, "      --%s%s", f->name, value);
}

static void print_wrapped(const char *text, size_t indent, FILE *out) {
    size_t width = FLAGS_HELP_COLUMNS - indent;
    struct view rest = view_of_cstr(text);

    while (rest.len > width || memchr(rest.ptr, '\n', rest.len)) {
        size_t cut = width < rest.len ? width : rest.len;
        const char *newline = memchr(rest.ptr, '\n', cut);
        if (newline)
            cut = (size_t)(newline - rest.ptr);
        else
            while (cut && rest.ptr[cut] != ' ')
                cut--;
        if (!cut && !newline)
            cut = width;
        fprintf(out, "%.*s\n%*s", (int)cut, rest.ptr, (int)indent, "");
        rest = view_drop(rest, cut);
        if (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\n'))
            rest = view_drop(rest, 1);
    }
    fprintf(out, "%.*s\n", VIEW_ARGS(rest));
}

static void print_flag(const struct flag *f, size_t widest, FILE *out) {
    char left[160], text[1024];

    left_column(f, left, sizeof left);
    if (f->fallback)
        snprintf(text, sizeof text, f->type == FLAG_TEXT ? "%s (default \"%s\")" : "%s (default %s)", f->help, f->fallback);
    else
        snprintf(text, sizeof text, "%s", f->help);
    fprintf(out, "%-*s   ", (int)widest, left);
    print_wrapped(text, widest + 3, out);
}

void flags_print(const struct flag *const *tables, FILE *out) {
    char left[160];
    size_t widest = 0;

    for (size_t t = 0; tables[t]; t++)
        for (const struct flag *f = tables[t]; f->name; f++) {
            size_t n = (size_t)left_column(f, left, sizeof left);
            widest = n > widest ? n : widest;
        }
    for (size_t t = 0; tables[t]; t++)
        for (const struct flag *f = tables[t]; f->name; f++)
            print_flag(f, widest, out);
}
