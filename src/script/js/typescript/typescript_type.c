/* Types are only skipped. Where an expression could go on instead (`a < b`), the caller looks at what follows
 * and comes back. */
#include "script/js/typescript/typescript_priv.h"

/* Over a bracket and all that is in it. */
static bool over(struct ts *t) {
    if (t->match[t->at] == t->count)
        return false;
    t->at = t->match[t->at] + 1;
    return true;
}

/* `(` of a function type, not of a type in parentheses: by what follows it, as the TypeScript compiler
 * decides. */
static bool is_function_type(const struct ts *t, size_t paren) {
    static const char *const after_name[] = {":", ",", "?", "=", NULL};
    size_t i = paren + 1;

    if (ts_is(t, i, ")") || ts_is(t, i, "..."))
        return true;
    if (ts_is(t, i, "{") || ts_is(t, i, "["))
        i = t->match[i];
    else if (!ts_is_word(t, i))
        return false;
    return ts_one_of(t, i + 1, after_name) || (ts_is(t, i + 1, ")") && ts_is(t, i + 2, "=>"));
}

static bool function_type(struct ts *t) {
    if (ts_is(t, t->at, "<") && !ts_type_parameters(t))
        return false;
    return ts_is(t, t->at, "(") && over(t) && ts_take(t, "=>") && ts_type(t);
}

static bool is_prefix(const struct ts *t) {
    static const char *const words[] = {"keyof", "unique", "readonly", "infer", "abstract", "asserts", NULL};
    static const char *const marks[] = {"(", "[", "{", NULL};

    if (!ts_one_of(t, t->at, words) || !ts_same_line(t, t->at + 1))
        return false;
    return (ts_is_name(t, t->at + 1) && !ts_is(t, t->at + 1, "is") && !ts_is(t, t->at + 1, "extends")) ||
           ts_one_of(t, t->at + 1, marks);
}

static void type_arguments_if_any(struct ts *t) {
    struct ts_mark m = ts_mark(t);
    if (ts_is(t, t->at, "<") && ts_same_line(t, t->at) && !ts_type_arguments(t))
        ts_return(t, m);
}

static bool named_type(struct ts *t) {
    static const char *const never[] = {"in", "instanceof", "function", "class", "return", "if", "else",
        "for", "while", "do", "switch", "case", "var", "let", "const", "throw", "try", "delete", "export",
        NULL};
    if (ts_one_of(t, t->at, never))
        return false;
    bool import = ts_is(t, t->at, "import");
    t->at++;
    if (import && ts_is(t, t->at, "(") && !over(t))
        return false;
    while (ts_is(t, t->at, ".") && ts_is_word(t, t->at + 1))
        t->at += 2;
    if (ts_is(t, t->at, "is") && ts_same_line(t, t->at)) {
        t->at++;
        return ts_type(t);
    }
    type_arguments_if_any(t);
    return true;
}

static bool primary_type(struct ts *t) {
    while (is_prefix(t))
        t->at++;
    ts_take(t, "typeof");
    if (ts_is(t, t->at, "new")) {
        t->at++;
        return function_type(t);
    }
    if (ts_is(t, t->at, "<") || (ts_is(t, t->at, "(") && is_function_type(t, t->at)))
        return function_type(t);
    if (ts_is(t, t->at, "(") || ts_is(t, t->at, "[") || ts_is(t, t->at, "{") ||
        t->tokens[t->at].kind == LEXER_TEMPLATE_HEAD)
        return over(t);
    ts_take(t, "-");
    switch (t->tokens[t->at].kind) {
    case LEXER_STRING:
    case LEXER_NUMBER:
    case LEXER_TEMPLATE: t->at++; return true;
    case LEXER_WORD: return named_type(t);
    default: return false;
    }
}

static bool operand_type(struct ts *t) {
    if (!primary_type(t))
        return false;
    while (ts_is(t, t->at, "[") && ts_same_line(t, t->at))
        if (!over(t))
            return false;
    return true;
}

static bool whole_type(struct ts *t) {
    if (!ts_take(t, "|"))
        ts_take(t, "&");
    if (!operand_type(t))
        return false;
    while (ts_take(t, "|") || ts_take(t, "&"))
        if (!operand_type(t))
            return false;
    if (!ts_is(t, t->at, "extends") || !ts_same_line(t, t->at))
        return true;
    t->at++;
    if (!ts_type(t))
        return false;
    return !ts_take(t, "?") || (ts_type(t) && ts_take(t, ":") && ts_type(t));
}

bool ts_type(struct ts *t) {
    bool ok = ts_enter(t) && whole_type(t);
    ts_leave(t);
    return ok && t->result == 0;
}

bool ts_type_arguments(struct ts *t) {
    if (!ts_take(t, "<"))
        return false;
    do {
        if (ts_is(t, t->at, ">"))
            break;
        if (!ts_type(t))
            return false;
    } while (ts_take(t, ","));
    return ts_take(t, ">");
}

bool ts_type_parameters(struct ts *t) {
    if (!ts_take(t, "<"))
        return false;
    do {
        static const char *const variance[] = {"const", "in", "out", NULL};
        if (ts_is(t, t->at, ">"))
            break;
        while (ts_one_of(t, t->at, variance) && ts_is_word(t, t->at + 1))
            t->at++;
        if (!ts_is_word(t, t->at))
            return false;
        t->at++;
        if ((ts_take(t, "extends") && !ts_type(t)) || (ts_take(t, "=") && !ts_type(t)))
            return false;
    } while (ts_take(t, ","));
    return ts_take(t, ">");
}

void ts_blank_type_parameters(struct ts *t) {
    struct ts_mark m = ts_mark(t);

    if (!ts_is(t, t->at, "<"))
        return;
    if (ts_type_parameters(t))
        ts_blank(t, m.at, t->at);
    else
        ts_return(t, m);
}

void ts_blank_annotation(struct ts *t) {
    struct ts_mark m = ts_mark(t);

    if (!ts_take(t, ":"))
        return;
    if (ts_type(t))
        ts_blank(t, m.at, t->at);
    else
        ts_return(t, m);
}

/* Between the parameters of an arrow function and => no line may end: if the type has line ends, the
 * parenthesis moves behind it. */
void ts_blank_return_type(struct ts *t) {
    struct ts_mark m = ts_mark(t);

    if (!ts_take(t, ":"))
        return;
    if (!ts_type(t)) {
        ts_return(t, m);
        return;
    }
    bool lines = false;
    for (size_t i = m.at; i < t->at; i++)
        lines = lines || t->tokens[i].newline_before;
    if (lines && m.at > 0 && ts_is(t, m.at - 1, ")"))
        ts_blank_with(t, m.at - 1, t->at, 0, ')');
    else
        ts_blank(t, m.at, t->at);
}
