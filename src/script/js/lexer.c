/* Whether a slash begins a regular expression depends on the token before it: after an operand it divides. A
 * closing bracket ends an operand, unless it closes the condition of if, while, for or with, or a block; so
 * each open bracket remembers what it is. A brace is taken for a block by what stands before it. */
#include "script/js/lexer.h"

enum level { LEVEL_PLAIN, LEVEL_CONDITION, LEVEL_BLOCK, LEVEL_TEMPLATE };

#define BOM VIEW("\xef\xbb\xbf")

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || c == '#' || c == '\\' || (unsigned char)c >= 0x80;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static char peek(const struct lexer *l, size_t ahead) {
    return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : 0;
}

void lexer_init(struct lexer *l, struct view text) {
    l->text = view_take(text, LEXER_BYTES_MAX);
    l->at = view_starts_with(text, BOM) ? BOM.len : 0;
    l->last = (struct lexer_token){.kind = LEXER_END};
    l->operand_before = l->dot_before = l->too_deep = false;
    l->depth = 0;
    if (peek(l, 0) == '#' && peek(l, 1) == '!')
        while (l->at < l->text.len && l->text.ptr[l->at] != '\n')
            l->at++;
}

/* --- what is between tokens --- */

/* U+2028 and U+2029 end a line, too; the no-break space and the byte order mark are blanks. */
static size_t wide_blank(const struct lexer *l, bool *newline) {
    struct view rest = view_drop(l->text, l->at);
    if (view_starts_with(rest, VIEW("\xe2\x80\xa8")) || view_starts_with(rest, VIEW("\xe2\x80\xa9"))) {
        *newline = true;
        return 3;
    }
    return view_starts_with(rest, VIEW("\xc2\xa0")) ? 2 : view_starts_with(rest, BOM) ? 3 : 0;
}

/* Returns whether a line ended. */
static bool skip_blanks(struct lexer *l) {
    bool newline = false;

    while (l->at < l->text.len) {
        char c = l->text.ptr[l->at];
        size_t wide = (unsigned char)c >= 0x80 ? wide_blank(l, &newline) : 0;
        if (wide) {
            l->at += wide;
        } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
            newline = newline || c == '\n' || c == '\r';
            l->at++;
        } else if (c == '/' && peek(l, 1) == '/') {
            while (l->at < l->text.len && l->text.ptr[l->at] != '\n')
                l->at++;
        } else if (c == '/' && peek(l, 1) == '*') {
            for (l->at += 2; l->at < l->text.len && !(l->text.ptr[l->at] == '*' && peek(l, 1) == '/');
                 l->at++)
                newline = newline || l->text.ptr[l->at] == '\n';
            l->at += 2;
        } else {
            break;
        }
    }
    if (l->at > l->text.len)
        l->at = l->text.len;
    return newline;
}

/* --- tokens --- */

static void take_string(struct lexer *l, char quote) {
    while (l->at < l->text.len && l->text.ptr[l->at] != quote && l->text.ptr[l->at] != '\n')
        l->at += l->text.ptr[l->at] == '\\' ? 2 : 1;
    l->at++;
}

static void push(struct lexer *l, enum level level) {
    if (l->depth == LEXER_DEPTH_MAX)
        l->too_deep = true;
    else
        l->levels[l->depth++] = (uint8_t)level;
}

static enum level pop(struct lexer *l) {
    return l->depth ? (enum level)l->levels[--l->depth] : LEVEL_PLAIN;
}

/* Behind a backquote or the brace that closes `${`. */
static enum lexer_kind take_template(struct lexer *l, enum lexer_kind whole, enum lexer_kind part) {
    while (l->at < l->text.len) {
        char c = l->text.ptr[l->at];
        if (c == '`') {
            l->at++;
            return whole;
        }
        if (c == '$' && peek(l, 1) == '{') {
            l->at += 2;
            push(l, LEVEL_TEMPLATE);
            return part;
        }
        l->at += c == '\\' ? 2 : 1;
    }
    return whole;
}

static void take_regexp(struct lexer *l) {
    bool in_class = false;

    for (char c; l->at < l->text.len && (c = l->text.ptr[l->at]) != '\n' && (in_class || c != '/');) {
        in_class = c == '[' ? true : c == ']' ? false : in_class;
        l->at += c == '\\' ? 2 : 1;
    }
    l->at++;
    while (l->at < l->text.len && is_word(l->text.ptr[l->at]))
        l->at++;
}

static void take_number(struct lexer *l) {
    for (char before = 0, c; l->at < l->text.len; before = c, l->at++) {
        c = l->text.ptr[l->at];
        bool sign =
            (c == '+' || c == '-') && (before == 'e' || before == 'E') && peek(l, 1) && is_digit(peek(l, 1));
        if (!is_word(c) && c != '.' && !sign)
            return;
    }
}

static void take_mark(struct lexer *l) {
    static const char *const marks[] = {"...", "===", "!==",
        "?"
        "?=",
        "=>", "==", "!=", "<=",
        "?"
        "?",
        "?.", "&&", "||", "++", "--", "**"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct view mark = view_of_cstr(marks[i]);
        if (!view_starts_with(view_drop(l->text, l->at), mark))
            continue;
        if (mark.len == 2 && mark.ptr[0] == '?' && mark.ptr[1] == '.' && is_digit(peek(l, 2)))
            break; /* a ? .5 : b */
        l->at += mark.len;
        return;
    }
    l->at++;
}

static enum lexer_kind take(struct lexer *l, char c) {
    if (c == '"' || c == '\'') {
        l->at++;
        take_string(l, c);
        return LEXER_STRING;
    }
    if (c == '`') {
        l->at++;
        return take_template(l, LEXER_TEMPLATE, LEXER_TEMPLATE_HEAD);
    }
    if (c == '}' && l->depth && l->levels[l->depth - 1] == LEVEL_TEMPLATE) {
        l->at++;
        pop(l);
        return take_template(l, LEXER_TEMPLATE_TAIL, LEXER_TEMPLATE_MIDDLE);
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(l, 1)))) {
        take_number(l);
        return LEXER_NUMBER;
    }
    if (is_word(c)) {
        while (l->at < l->text.len && is_word(l->text.ptr[l->at]) && !wide_blank(l, &(bool){false}))
            l->at++;
        return LEXER_WORD;
    }
    if (c == '/' && !l->operand_before) {
        l->at++;
        take_regexp(l);
        return LEXER_REGEXP;
    }
    take_mark(l);
    return LEXER_MARK;
}

/* --- what a token means for the next one --- */

static bool one_of(struct view word, const char *const *words) {
    for (; *words; words++)
        if (view_eq(word, view_of_cstr(*words)))
            return true;
    return false;
}

static bool ends_no_operand(struct view word) {
    static const char *const words[] = {"return", "typeof", "case", "in", "of", "delete", "void", "throw",
        "new", "else", "do", "instanceof", "yield", "await", "extends", NULL};
    return one_of(word, words);
}

static bool before_block(const struct lexer *l) {
    static const char *const words[] = {"return", "typeof", "case", "in", "of", "delete", "void", "throw",
        "new", "instanceof", "yield", "await", "extends", "default", NULL};
    struct view last = lexer_text(l, l->last);

    if (l->last.kind == LEXER_WORD)
        return l->dot_before || !one_of(last, words); /* else, do, try, a class's name */
    if (l->last.kind != LEXER_MARK)
        return l->last.kind == LEXER_END;
    return view_eq(last, VIEW("=>")) ||
           (last.len == 1 && (*last.ptr == ')' || *last.ptr == ';' || *last.ptr == '{' || *last.ptr == '}' ||
                                 *last.ptr == '>'));
}

static bool before_condition(const struct lexer *l) {
    static const char *const words[] = {"if", "while", "for", "with", NULL};
    return l->last.kind == LEXER_WORD && !l->dot_before && one_of(lexer_text(l, l->last), words);
}

static void note_mark(struct lexer *l, const struct lexer_token *t) {
    struct view mark = lexer_text(l, *t);
    bool postfix = l->operand_before && !t->newline_before;

    l->operand_before = false;
    if (mark.len > 1) {
        l->operand_before = postfix && (view_eq(mark, VIEW("++")) || view_eq(mark, VIEW("--")));
        return;
    }
    switch (*mark.ptr) {
    case '(': push(l, before_condition(l) ? LEVEL_CONDITION : LEVEL_PLAIN); break;
    case '[': push(l, LEVEL_PLAIN); break;
    case '{': push(l, before_block(l) ? LEVEL_BLOCK : LEVEL_PLAIN); break;
    case ')':
    case ']':
    case '}': l->operand_before = pop(l) == LEVEL_PLAIN; break;
    case '!': l->operand_before = postfix; break; /* TypeScript's "is not null" */
    default: break;
    }
}

struct lexer_token lexer_next(struct lexer *l) {
    struct lexer_token t = {.newline_before = skip_blanks(l)};

    t.at = (uint32_t)l->at;
    if (l->at >= l->text.len || l->too_deep)
        return t;
    bool member = l->last.kind == LEXER_MARK &&
                  (view_eq(lexer_text(l, l->last), VIEW(".")) || view_eq(lexer_text(l, l->last), VIEW("?.")));
    t.kind = (uint8_t)take(l, l->text.ptr[l->at]);
    if (l->at > l->text.len)
        l->at = l->text.len;
    t.len = (uint32_t)(l->at - t.at);
    if (t.kind == LEXER_MARK) {
        note_mark(l, &t);
    } else {
        l->operand_before = t.kind != LEXER_TEMPLATE_HEAD && t.kind != LEXER_TEMPLATE_MIDDLE;
        if (t.kind == LEXER_WORD && !member)
            l->operand_before = !ends_no_operand(lexer_text(l, t));
    }
    l->dot_before = t.kind == LEXER_WORD && member;
    l->last = t;
    return t;
}
