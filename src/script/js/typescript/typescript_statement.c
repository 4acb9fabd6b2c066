/* Statements and declarations. */
#include "script/js/typescript/typescript_priv.h"

void ts_block(struct ts *t) {
    size_t close = t->match[t->at];

    if (ts_enter(t)) {
        t->at++;
        while (t->at < close && t->at < t->count) {
            size_t before = t->at;
            ts_statement(t);
            if (t->at == before)
                t->at++;
        }
        if (t->at < t->count)
            t->at++;
    }
    ts_leave(t);
}

void ts_bindings(struct ts *t) {
    do {
        ts_binding(t);
        if (ts_is(t, t->at, "!")) {
            ts_blank(t, t->at, t->at + 1);
            t->at++;
        }
        ts_blank_annotation(t);
        if (ts_take(t, "="))
            ts_expression(t, false);
    } while (ts_take(t, ","));
}

/* --- declarations that JavaScript does not have --- */

static void remember_type(struct ts *t, size_t name) {
    if (ts_is_word(t, name) && hashmap_put(&t->types, ts_text(t, name), t) < 0)
        ts_fail(t, name, "too many types");
}

static bool is_interface(const struct ts *t) {
    static const char *const next[] = {"{", "<", "extends", NULL};
    return ts_is(t, t->at, "interface") && ts_is_word(t, t->at + 1) && ts_same_line(t, t->at + 1) &&
           ts_one_of(t, t->at + 2, next);
}

static void interface(struct ts *t) {
    remember_type(t, t->at + 1);
    t->at += 2;
    if (ts_is(t, t->at, "<"))
        ts_type_parameters(t);
    if (ts_take(t, "extends"))
        while (ts_type(t) && ts_take(t, ","))
            ;
    if (ts_is(t, t->at, "{") && t->match[t->at] < t->count)
        t->at = t->match[t->at] + 1;
}

static bool is_alias(const struct ts *t) {
    return ts_is(t, t->at, "type") && ts_is_word(t, t->at + 1) && ts_same_line(t, t->at + 1) &&
           (ts_is(t, t->at + 2, "=") || ts_is(t, t->at + 2, "<"));
}

static void alias(struct ts *t) {
    remember_type(t, t->at + 1);
    t->at += 2;
    if (ts_is(t, t->at, "<"))
        ts_type_parameters(t);
    if (ts_take(t, "="))
        ts_type(t);
    ts_take(t, ";");
}

static bool is_namespace(const struct ts *t) {
    bool word = ts_is(t, t->at, "namespace") || ts_is(t, t->at, "module") || ts_is(t, t->at, "global");
    if (!word || !ts_same_line(t, t->at + 1))
        return false;
    if (ts_is(t, t->at, "global"))
        return ts_is(t, t->at + 1, "{");
    return ts_is_name(t, t->at + 1) && (ts_is(t, t->at + 2, "{") || ts_is(t, t->at + 2, "."));
}

static void skip_namespace(struct ts *t) {
    t->at++;
    while (ts_is_name(t, t->at) || ts_is(t, t->at, "."))
        t->at++;
    if (ts_is(t, t->at, "{") && t->match[t->at] < t->count)
        t->at = t->match[t->at] + 1;
}

static bool is_declare(const struct ts *t) {
    static const char *const next[] = {"const", "let", "var", "function", "async", "class", "abstract",
        "enum", "namespace", "module", "global", "type", "interface", NULL};
    return ts_is(t, t->at, "declare") && ts_same_line(t, t->at + 1) && ts_one_of(t, t->at + 1, next);
}

static void skip_declared(struct ts *t) {
    ts_take(t, "abstract");
    ts_take(t, "async");
    if (ts_is(t, t->at, "const") && ts_is(t, t->at + 1, "enum"))
        t->at++;
    if (ts_is(t, t->at, "function")) {
        ts_function(t);
    } else if (ts_is(t, t->at, "class")) {
        ts_class(t);
    } else if (ts_is(t, t->at, "enum")) {
        ts_enum(t);
    } else if (is_namespace(t)) {
        skip_namespace(t);
    } else if (is_interface(t)) {
        interface(t);
    } else if (is_alias(t)) {
        alias(t);
    } else {
        t->at++;
        ts_bindings(t);
    }
    ts_take(t, ";");
}

bool ts_declaration(struct ts *t, size_t first) {
    if (is_declare(t)) {
        t->at++;
        skip_declared(t);
        ts_blank_statement(t, first, t->at);
    } else if (is_interface(t)) {
        interface(t);
        ts_blank_statement(t, first, t->at);
    } else if (is_alias(t)) {
        alias(t);
        ts_blank_statement(t, first, t->at);
    } else if (ts_is(t, t->at, "abstract") && ts_is(t, t->at + 1, "class") && ts_same_line(t, t->at + 1)) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
        ts_class(t);
    } else if (ts_is(t, t->at, "enum") && ts_is_word(t, t->at + 1)) {
        ts_enum(t);
    } else if (ts_is(t, t->at, "const") && ts_is(t, t->at + 1, "enum")) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
        ts_enum(t);
    } else if (is_namespace(t)) {
        ts_fail(t, t->at,
            "TypeScript's namespaces are not supported: put the code into a file of its own and import it");
    } else {
        return false;
    }
    return true;
}

/* --- statements --- */

static void head_in_brackets(struct ts *t) {
    t->at++;
    ts_take(t, "await");
    if (!ts_is(t, t->at, "("))
        return;
    size_t close = t->match[t->at];
    t->at++;
    if (ts_is(t, t->at, "let") || ts_is(t, t->at, "const") || ts_is(t, t->at, "var")) {
        t->at++;
        ts_bindings(t);
    }
    ts_inside(t, close);
}

static void catch_clause(struct ts *t) {
    if (!ts_take(t, "catch"))
        return;
    if (ts_take(t, "(")) {
        ts_binding(t);
        ts_blank_annotation(t);
        ts_take(t, ")");
    }
    if (ts_is(t, t->at, "{"))
        ts_block(t);
}

static void try_statement(struct ts *t) {
    t->at++;
    if (ts_is(t, t->at, "{"))
        ts_block(t);
    catch_clause(t);
    if (ts_take(t, "finally") && ts_is(t, t->at, "{"))
        ts_block(t);
}

static void function_statement(struct ts *t) {
    size_t first = t->at;

    ts_take(t, "async");
    if (ts_function(t))
        return;
    ts_take(t, ";");
    ts_blank_statement(t, first, t->at); /* an overload */
}

/* Words that are followed by an expression, or by nothing. */
static bool jump(struct ts *t) {
    static const char *const words[] = {"return", "throw", "break", "continue", NULL};

    if (!ts_one_of(t, t->at, words))
        return false;
    t->at++;
    if (ts_same_line(t, t->at) && !ts_is(t, t->at, ";") && !ts_is(t, t->at, "}"))
        ts_expression(t, true);
    ts_take(t, ";");
    return true;
}

/* Steps over labels and the heads of if, for, else …; true when a statement must follow. */
static bool head(struct ts *t) {
    static const char *const with_brackets[] = {"if", "while", "for", "with", "switch", NULL};

    if (ts_one_of(t, t->at, with_brackets) && (ts_is(t, t->at + 1, "(") || ts_is(t, t->at + 1, "await"))) {
        head_in_brackets(t);
        return true;
    }
    if (ts_is(t, t->at, "else") || ts_is(t, t->at, "do")) {
        t->at++;
        return true;
    }
    if (ts_is(t, t->at, "case")) {
        t->at++;
        ts_expression(t, true);
        return ts_take(t, ":");
    }
    if (ts_is_word(t, t->at) && ts_is(t, t->at + 1, ":")) { /* a label, or `default` */
        t->at += 2;
        return true;
    }
    return false;
}

static bool declares_variables(const struct ts *t) {
    bool word = ts_is(t, t->at, "let") || ts_is(t, t->at, "var") ||
                (ts_is(t, t->at, "const") && !ts_is(t, t->at + 1, "enum"));
    return word && (ts_is_word(t, t->at + 1) || ts_is(t, t->at + 1, "{") || ts_is(t, t->at + 1, "["));
}

static bool keyword_statement(struct ts *t) {
    if (ts_is(t, t->at, "import") && !ts_is(t, t->at + 1, "(") && !ts_is(t, t->at + 1, ".")) {
        ts_import(t);
    } else if (ts_is(t, t->at, "export")) {
        ts_export(t);
    } else if (ts_is(t, t->at, "function") ||
               (ts_is(t, t->at, "async") && ts_is(t, t->at + 1, "function") && ts_same_line(t, t->at + 1))) {
        function_statement(t);
    } else if (ts_is(t, t->at, "class")) {
        ts_class(t);
    } else if (ts_is(t, t->at, "try")) {
        try_statement(t);
    } else if (declares_variables(t)) {
        t->at++;
        ts_bindings(t);
        ts_take(t, ";");
    } else {
        return ts_declaration(t, t->at) || jump(t);
    }
    return true;
}

void ts_statement(struct ts *t) {
    if (ts_enter(t)) {
        /* A label may stand before the bracket that ends the block: then nothing follows. */
        while (head(t))
            ;
        if (ts_is(t, t->at, "{")) {
            ts_block(t);
        } else if (t->at < t->count && !ts_is(t, t->at, "}") && !keyword_statement(t)) {
            ts_expression(t, true);
            ts_take(t, ";");
        }
    }
    ts_leave(t);
}
