/* Text → tokens → parse, which makes edits → the edited text. See typescript_priv.h for how the parser
 * behaves.
 *
 * Edits may lie within each other (a type inside of an erased statement): the outer one wins, since it begins
 * first. */
#include "script/js/typescript/typescript.h"

#include "script/js/typescript/typescript_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_BYTES_MAX = 256 * 1024 * 1024,
    STEPS_PER_TOKEN = 64,
    STEPS_AT_LEAST = 10000,
    TYPES_MAX = 1000000
};

/* --- tokens --- */

struct view ts_text(const struct ts *t, size_t i) {
    return i <= t->count ? view_of(t->text.ptr + t->tokens[i].at, t->tokens[i].len) : VIEW("");
}

bool ts_is(const struct ts *t, size_t i, const char *text) {
    return i < t->count && (t->tokens[i].kind == LEXER_MARK || t->tokens[i].kind == LEXER_WORD) &&
           view_eq(ts_text(t, i), view_of_cstr(text));
}

bool ts_one_of(const struct ts *t, size_t i, const char *const *texts) {
    for (; *texts; texts++)
        if (ts_is(t, i, *texts))
            return true;
    return false;
}

bool ts_is_word(const struct ts *t, size_t i) {
    return i < t->count && t->tokens[i].kind == LEXER_WORD;
}

bool ts_is_name(const struct ts *t, size_t i) {
    return i < t->count && (t->tokens[i].kind == LEXER_WORD || t->tokens[i].kind == LEXER_STRING ||
                               t->tokens[i].kind == LEXER_NUMBER);
}

bool ts_same_line(const struct ts *t, size_t i) {
    return i < t->count && !t->tokens[i].newline_before;
}

bool ts_take(struct ts *t, const char *text) {
    if (!ts_is(t, t->at, text))
        return false;
    t->at++;
    return true;
}

bool ts_enter(struct ts *t) {
    t->depth++;
    if (t->depth > TYPESCRIPT_DEPTH_MAX)
        ts_fail(t, t->at, "the code is nested too deeply to strip its types: split the expression");
    else if (++t->steps > t->steps_max)
        ts_fail(t, t->at,
            "the code is too ambiguous to strip its types: put parentheses around the arrow functions in "
            "conditionals");
    return t->result == 0;
}

void ts_leave(struct ts *t) {
    t->depth--;
}

struct ts_mark ts_mark(const struct ts *t) {
    return (struct ts_mark){t->at, t->edit_count};
}

void ts_return(struct ts *t, struct ts_mark m) {
    if (t->result < 0)
        return;
    t->at = m.at;
    t->edit_count = m.edit_count;
}

void ts_fail(struct ts *t, size_t token, const char *why) {
    size_t line = 1, column = 1, end = t->tokens[token < t->count ? token : t->count].at;

    if (t->result < 0)
        return;
    for (size_t i = 0; i < end; i++) {
        if (t->text.ptr[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)t->text.ptr[i] & 0xc0) != 0x80) {
            column++;
        }
    }
    t->result = error_set(t->err, ERROR_SYNTAX, "Line %zu:%zu %s", line, column, why);
    t->at = t->count;
}

static int grow_tokens(struct ts *t, size_t *cap) {
    *cap = *cap ? *cap * 2 : 1024;
    struct lexer_token *more = reallocarray(t->tokens, *cap, sizeof *more);
    if (!more)
        return -ENOMEM;
    t->tokens = more;
    return 0;
}

static int read_tokens(struct ts *t) {
    struct lexer *l = malloc(sizeof *l);
    size_t cap = 0;
    int r = l ? 0 : -ENOMEM;

    if (l)
        lexer_init(l, t->text);
    for (bool more = true; r == 0 && more; t->count += more) {
        if (t->count == cap)
            r = grow_tokens(t, &cap);
        if (r < 0)
            break;
        t->tokens[t->count] = lexer_next(l);
        more = t->tokens[t->count].kind != LEXER_END;
    }
    if (r == 0 && l->too_deep)
        r = error_set(t->err, ERROR_SYNTAX,
            "Line 1:1 the code has too many brackets within each other to strip its types");
    free(l);
    return r;
}

static bool opens(const struct ts *t, size_t i) {
    return t->tokens[i].kind == LEXER_TEMPLATE_HEAD || ts_is(t, i, "(") || ts_is(t, i, "[") ||
           ts_is(t, i, "{");
}

static bool closes(const struct ts *t, size_t i) {
    return t->tokens[i].kind == LEXER_TEMPLATE_TAIL || ts_is(t, i, ")") || ts_is(t, i, "]") ||
           ts_is(t, i, "}");
}

static int match_brackets(struct ts *t) {
    size_t *open = malloc(LEXER_DEPTH_MAX * sizeof *open), depth = 0;

    t->match = reallocarray(NULL, t->count + 1, sizeof *t->match);
    for (size_t i = 0; open && t->match && i < t->count; i++) {
        t->match[i] = (uint32_t)t->count;
        if (opens(t, i) && depth < LEXER_DEPTH_MAX)
            open[depth++] = i;
        else if (closes(t, i) && depth)
            t->match[open[--depth]] = (uint32_t)i;
    }
    free(open);
    return open && t->match ? 0 : -ENOMEM;
}

/* --- edits --- */

static void add_edit(struct ts *t, struct ts_edit e) {
    if (t->edit_count == t->edit_cap) {
        size_t cap = t->edit_cap ? t->edit_cap * 2 : 256;
        struct ts_edit *more = reallocarray(t->edits, cap, sizeof *more);
        if (!more) {
            t->result = -ENOMEM;
            t->at = t->count;
            return;
        }
        t->edits = more;
        t->edit_cap = cap;
    }
    e.number = (uint32_t)t->edit_count;
    t->edits[t->edit_count++] = e;
}

static uint32_t token_end(const struct ts *t, size_t i) {
    return t->tokens[i].at + t->tokens[i].len;
}

void ts_blank_with(struct ts *t, size_t first, size_t end, char first_char, char last_char) {
    if (first < end && end <= t->count)
        add_edit(t, (struct ts_edit){.from = t->tokens[first].at,
                        .to = token_end(t, end - 1),
                        .first = first_char,
                        .last = last_char});
}

void ts_blank(struct ts *t, size_t first, size_t end) {
    ts_blank_with(t, first, end, 0, 0);
}
void ts_blank_statement(struct ts *t, size_t first, size_t end) {
    ts_blank_with(t, first, end, ';', 0);
}

static struct view print(struct ts *t, const char *fmt, va_list args) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(TYPESCRIPT_BYTES_MAX);
    char small[256];
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, fmt, args);
    int r =
        n < 0 || buf_reserve(&text, (size_t)n + 1) < 0 ? -1 : vsnprintf(text.ptr, (size_t)n + 1, fmt, again);
    va_end(again);
    struct view kept = r < 0 ? VIEW_NULL : arena_copy(&t->arena, view_of(text.ptr, (size_t)n));
    if (!kept.ptr) {
        t->result = -ENOMEM;
        t->at = t->count;
    }
    return kept;
}

void ts_replace(struct ts *t, size_t token, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    struct view text = print(t, fmt, args);
    va_end(args);
    if (token < t->count)
        add_edit(t, (struct ts_edit){.from = t->tokens[token].at, .to = token_end(t, token), .text = text});
}

void ts_insert_after(struct ts *t, size_t token, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    struct view text = print(t, fmt, args);
    va_end(args);
    if (token < t->count)
        add_edit(t, (struct ts_edit){.from = token_end(t, token), .to = token_end(t, token), .text = text});
}

static int by_place(const void *a, const void *b) {
    const struct ts_edit *x = a, *y = b;
    bool insert_x = x->from == x->to, insert_y = y->from == y->to;

    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    if (insert_x != insert_y)
        return insert_x ? -1 : 1;
    if (x->to != y->to)
        return x->to > y->to ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* One blank for each character; line ends stay. */
static int write_blanks(const struct ts *t, const struct ts_edit *e, size_t from, struct buf *out) {
    int r = 0;

    for (size_t i = from; i < e->to && r == 0; i++) {
        char c = t->text.ptr[i];
        if (((unsigned char)c & 0xc0) == 0x80)
            continue;
        bool newline = c == '\n' || c == '\r';
        r = buf_append_byte(out, newline                     ? c
                                 : i == e->from && e->first  ? e->first
                                 : i == e->to - 1 && e->last ? e->last
                                                             : ' ');
    }
    return r;
}

static int write_text(struct ts *t, struct buf *out) {
    size_t at = 0;
    int r = 0;

    if (t->edit_count)
        qsort(t->edits, t->edit_count, sizeof *t->edits, by_place);
    for (size_t i = 0; i < t->edit_count && r == 0; i++) {
        const struct ts_edit *e = &t->edits[i];
        if (e->from < at && (e->to <= at || e->text.ptr))
            continue;
        size_t from = e->from < at ? at : e->from;
        r = buf_append_view(out, view_of(t->text.ptr + at, from - at));
        if (r == 0)
            r = e->text.ptr ? buf_append_view(out, e->text) : write_blanks(t, e, from, out);
        at = e->to;
    }
    return r < 0 ? r : buf_append_view(out, view_drop(t->text, at));
}

/* --- the whole --- */

static void ts_deinit(struct ts *t) {
    for (size_t i = 0; i < t->clause_count; i++)
        free(t->clauses[i].names);
    free(t->clauses);
    free(t->tokens);
    free(t->match);
    free(t->edits);
    hashmap_deinit(&t->types);
    arena_deinit(&t->arena);
}

static void parse(struct ts *t) {
    while (t->at < t->count) {
        size_t before = t->at;
        ts_statement(t);
        if (t->at == before)
            t->at++;
    }
    ts_drop_unused(t);
}

bool typescript_is(struct view url) {
    return view_ends_with(url, VIEW(".ts"));
}

int typescript_erase(struct view text, struct buf *out, struct error *err) {
    struct ts t = {.text = text, .err = err};

    if (view_find(text, 0) >= 0)
        return error_set(err, ERROR_SYNTAX, "Line 1:1 this is no text: it holds a zero byte");
    if (text.len > TYPESCRIPT_BYTES_MAX)
        return error_set(
            err, ERROR_LIMIT, "Line 1:1 a TypeScript file of more than %d MiB", TYPESCRIPT_BYTES_MAX >> 20);
    arena_init(&t.arena, ARENA_BYTES_MAX);
    hashmap_init(&t.types, TYPES_MAX);
    t.result = read_tokens(&t);
    if (t.result == 0)
        t.result = match_brackets(&t);
    if (t.result == 0) {
        t.steps_max = t.count * STEPS_PER_TOKEN + STEPS_AT_LEAST;
        parse(&t);
    }
    int r = t.result < 0 ? t.result : write_text(&t, out);
    ts_deinit(&t);
    if (r < 0 && r != ERROR_SYNTAX)
        return error_set(err, r, "Line 1:1 %s", error_name(r));
    return r;
}
