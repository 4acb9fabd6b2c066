/* Expressions: operands and operators in turn, without precedence. What matters is where an operand ends:
 * there `as`, `satisfies`, `!` and type arguments may stand. */
#include "script/js/typescript/typescript_priv.h"

void ts_inside(struct ts *t, size_t close) {
    unsigned ternaries = t->ternaries;

    t->ternaries = 0;
    while (t->at < close && t->at < t->count) {
        size_t before = t->at;
        ts_expression(t, true);
        if (t->at == before)
            t->at++;
    }
    t->ternaries = ternaries;
    if (t->at < t->count)
        t->at++;
}

static void bracket(struct ts *t) {
    size_t close = t->match[t->at];
    t->at++;
    ts_inside(t, close);
}

/* --- object literals --- */

static void member(struct ts *t) {
    static const char *const modifiers[] = {"get", "set", "async", NULL};

    if (ts_take(t, "...")) {
        ts_expression(t, false);
        return;
    }
    while (ts_one_of(t, t->at, modifiers) &&
           (ts_is_name(t, t->at + 1) || ts_is(t, t->at + 1, "[") || ts_is(t, t->at + 1, "*")))
        t->at++;
    ts_take(t, "*");
    if (ts_is(t, t->at, "["))
        bracket(t);
    else if (ts_is_name(t, t->at))
        t->at++;
    if (ts_is(t, t->at, "(") || ts_is(t, t->at, "<"))
        ts_method(t, NULL, NULL);
    else if (ts_take(t, ":") || ts_take(t, "="))
        ts_expression(t, false);
    if (ts_take(t, "=")) /* of a pattern: {a: b = 1} */
        ts_expression(t, false);
}

void ts_object(struct ts *t) {
    size_t close = t->match[t->at];
    unsigned ternaries = t->ternaries;

    t->ternaries = 0;
    if (ts_enter(t)) {
        t->at++;
        while (t->at < close && t->at < t->count) {
            size_t before = t->at;
            if (!ts_take(t, ","))
                member(t);
            if (t->at == before)
                t->at++;
        }
        if (t->at < t->count)
            t->at++;
    }
    ts_leave(t);
    t->ternaries = ternaries;
}

/* --- operands --- */

/* Erases type parameters in front of `(`. If they end a line, the bracket takes their place: behind `return`
 * and `async` no line may end. */
static void blank_parameters_before(struct ts *t, size_t first) {
    bool lines = t->tokens[t->at].newline_before;

    for (size_t i = first + 1; i < t->at; i++)
        lines = lines || t->tokens[i].newline_before;
    ts_blank_with(t, first, t->at + lines, lines ? '(' : 0, 0);
}

/* `<T>(x) => …`, or a cast, which is only a prefix. True: it was a whole function. */
static bool angle(struct ts *t) {
    struct ts_mark m = ts_mark(t);

    if (ts_type_parameters(t) && ts_is(t, t->at, "(") && ts_arrow_at(t, t->at)) {
        blank_parameters_before(t, m.at);
        ts_arrow(t);
        return true;
    }
    ts_return(t, m);
    if (ts_take(t, "<") && ts_type(t) && ts_take(t, ">")) {
        ts_blank(t, m.at, t->at);
        return false;
    }
    ts_return(t, m);
    return false;
}

/* `async` in front of a function. True: that was the whole operand. */
static bool async_function(struct ts *t) {
    if (!ts_is(t, t->at, "async") || !ts_same_line(t, t->at + 1))
        return false;
    if (ts_is(t, t->at + 1, "function")) {
        t->at++;
        ts_function(t);
        return true;
    }
    if (ts_is(t, t->at + 1, "(") && ts_arrow_at(t, t->at + 1)) {
        t->at++;
        ts_arrow(t);
        return true;
    }
    if (ts_is_word(t, t->at + 1) && ts_is(t, t->at + 2, "=>")) {
        t->at += 2;
        ts_arrow_body(t);
        return true;
    }
    if (ts_is(t, t->at + 1, "<")) {
        struct ts_mark m = ts_mark(t);
        t->at++;
        size_t first = t->at;
        if (ts_type_parameters(t) && ts_is(t, t->at, "(") && ts_arrow_at(t, t->at)) {
            blank_parameters_before(t, first);
            ts_arrow(t);
            return true;
        }
        ts_return(t, m);
    }
    return false;
}

static void parenthesised_or_arrow(struct ts *t) {
    struct ts_mark m = ts_mark(t);

    if (ts_arrow_at(t, t->at)) {
        bool plain = ts_is(t, t->match[t->at] + 1, "=>");
        ts_arrow(t);
        /* a ? (b) : c => d: only if another colon follows was this the type of what an arrow function
         * returns. */
        if (plain || !t->ternaries || ts_is(t, t->at, ":"))
            return;
        ts_return(t, m);
        if (t->result < 0)
            return;
    }
    bracket(t);
}

static void template(struct ts *t) {
    size_t close = t->match[t->at];
    t->at++;
    ts_inside(t, close); /* the pieces between the expressions are skipped as what is no operand */
}

/* True when there was an operand that postfix operators may follow. */
static bool word_operand(struct ts *t) {
    if (ts_is(t, t->at, "function")) {
        ts_function(t);
        return true;
    }
    if (ts_is(t, t->at, "class")) {
        ts_class(t);
        return true;
    }
    if (async_function(t))
        return true;
    if (ts_is(t, t->at + 1, "=>")) {
        t->at++;
        ts_arrow_body(t);
        return true;
    }
    t->at++;
    return true;
}

static bool primary(struct ts *t) {
    switch (t->tokens[t->at].kind) {
    case LEXER_NUMBER:
    case LEXER_STRING:
    case LEXER_REGEXP:
    case LEXER_TEMPLATE: t->at++; return true;
    case LEXER_TEMPLATE_HEAD: template(t); return true;
    case LEXER_WORD: return word_operand(t);
    default: break;
    }
    if (ts_is(t, t->at, "("))
        parenthesised_or_arrow(t);
    else if (ts_is(t, t->at, "["))
        bracket(t);
    else if (ts_is(t, t->at, "{"))
        ts_object(t);
    else
        return false;
    return true;
}

/* May what follows `f<T>` follow it? Else it is a comparison. */
static bool after_type_arguments(const struct ts *t) {
    static const char *const marks[] = {
        "(", ")", "]", "}", ":", ";", ",", ".", "?.", "?", "=", "==", "===", "!=", "!==", "&&", "||", NULL};
    const struct lexer_token *next = &t->tokens[t->at];

    return next->newline_before || next->kind == LEXER_END || next->kind == LEXER_TEMPLATE ||
           next->kind == LEXER_TEMPLATE_HEAD || ts_one_of(t, t->at, marks);
}

static bool type_arguments(struct ts *t, bool any_may_follow) {
    struct ts_mark m = ts_mark(t);

    if (ts_is(t, t->at, "<") && ts_type_arguments(t) && (any_may_follow || after_type_arguments(t))) {
        ts_blank(t, m.at, t->at);
        return true;
    }
    ts_return(t, m);
    return false;
}

static bool postfix(struct ts *t, bool heritage) {
    if (ts_take(t, ".") || ts_take(t, "?.")) {
        if (ts_is_word(t, t->at))
            t->at++;
        return true;
    }
    if (ts_is(t, t->at, "(") || ts_is(t, t->at, "[")) {
        bracket(t);
        return true;
    }
    if (t->tokens[t->at].kind == LEXER_TEMPLATE) {
        t->at++;
        return true;
    }
    if (t->tokens[t->at].kind == LEXER_TEMPLATE_HEAD) {
        template(t);
        return true;
    }
    if (ts_is(t, t->at, "!") && ts_same_line(t, t->at)) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
        return true;
    }
    if ((ts_is(t, t->at, "++") || ts_is(t, t->at, "--")) && ts_same_line(t, t->at)) {
        t->at++;
        return true;
    }
    return type_arguments(t, heritage);
}

static void prefixes(struct ts *t) {
    static const char *const marks[] = {"!", "-", "+", "~", "++", "--", "...", "*", "@", NULL};
    static const char *const words[] = {"typeof", "void", "delete", "await", "yield", "new", NULL};

    for (;;) {
        bool word = ts_one_of(t, t->at, words) && !ts_is(t, t->at + 1, ".") && !ts_is(t, t->at + 1, "=>");
        if (!word && !ts_one_of(t, t->at, marks))
            return;
        t->at++;
    }
}

/* The second half of <<. */
static bool shift(const struct ts *t) {
    return t->at > 0 && ts_is(t, t->at - 1, "<") && t->tokens[t->at - 1].at + 1 == t->tokens[t->at].at;
}

static void operand(struct ts *t, bool heritage) {
    prefixes(t);
    while (ts_is(t, t->at, "<") && !shift(t)) {
        size_t before = t->at;
        if (angle(t) || t->at == before)
            return;
        prefixes(t);
    }
    if (t->at < t->count && primary(t))
        while (t->at < t->count && postfix(t, heritage))
            ;
}

void ts_left_side(struct ts *t) {
    if (ts_enter(t))
        operand(t, true);
    ts_leave(t);
}

/* --- operators --- */

/* A line that begins with these would go on with the one before, once the type between them is gone. */
static char separator(const struct ts *t) {
    const struct lexer_token *next = &t->tokens[t->at];
    bool joins = ts_is(t, t->at, "(") || ts_is(t, t->at, "[") || next->kind == LEXER_TEMPLATE ||
                 next->kind == LEXER_TEMPLATE_HEAD;
    return next->newline_before && joins ? ';' : 0;
}

static void assertions(struct ts *t) {
    while ((ts_is(t, t->at, "as") || ts_is(t, t->at, "satisfies")) && ts_same_line(t, t->at)) {
        struct ts_mark m = ts_mark(t);
        t->at++;
        if (!ts_take(t, "const") && !ts_type(t)) {
            ts_return(t, m);
            return;
        }
        ts_blank_with(t, m.at, t->at, separator(t), 0);
        while (ts_is(t, t->at, "!") && ts_same_line(t, t->at)) {
            ts_blank(t, t->at, t->at + 1);
            t->at++;
        }
    }
}

static bool operator(struct ts *t, bool with_commas) {
    static const char *const operators[] = {"=", "==", "===", "!=", "!==", "<", ">", "<=", "+", "-", "*",
        "**", "/", "%", "&", "|", "^", "&&", "||",
        "?"
        "?",
        "?"
        "?=",
        "in", "of", "instanceof", NULL};
    if (ts_take(t, "?")) {
        t->ternaries++;
        ts_expression(t, true);
        t->ternaries--;
        ts_take(t, ":");
        return true;
    }
    if (ts_one_of(t, t->at, operators) || (with_commas && ts_is(t, t->at, ","))) {
        t->at++;
        return true;
    }
    return false;
}

void ts_expression(struct ts *t, bool with_commas) {
    if (ts_enter(t)) {
        do {
            operand(t, false);
            assertions(t);
        } while (t->at < t->count && operator(t, with_commas));
    }
    ts_leave(t);
}
