/* Imports and exports. A name that is imported and never used as a value goes; a statement of which no name
 * is left goes as a whole, and with it the loading of that file: type-only files such as k6's own
 * `k6/options` need not exist. */
#include "script/js/typescript/typescript_priv.h"

#include <errno.h>
#include <stdlib.h>

enum { WORDS_MAX = 10000000 };

static struct ts_clause *add_clause(struct ts *t, struct ts_clause c) {
    if (t->clause_count == t->clause_cap) {
        size_t cap = t->clause_cap ? t->clause_cap * 2 : 16;
        struct ts_clause *more = reallocarray(t->clauses, cap, sizeof *more);
        if (!more)
            return NULL;
        t->clauses = more;
        t->clause_cap = cap;
    }
    t->clauses[t->clause_count] = c;
    return &t->clauses[t->clause_count++];
}

static bool add_name(struct ts_clause *c, struct ts_name n) {
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 8;
        struct ts_name *more = reallocarray(c->names, cap, sizeof *more);
        if (!more)
            return false;
        c->names = more;
        c->cap = cap;
    }
    c->names[c->count++] = n;
    return true;
}

/* `type` before a name, not the name itself: { type }, { type as x }, { type as }, { type as as x } are about
 * a thing called type. */
static bool is_type_modifier(const struct ts *t) {
    if (!ts_is(t, t->at, "type") || !ts_is_name(t, t->at + 1))
        return false;
    if (!ts_is(t, t->at + 1, "as"))
        return true;
    return ts_is(t, t->at + 2, "as") ? ts_is_name(t, t->at + 3) : !ts_is_name(t, t->at + 2);
}

/* { a, b as c, type D }. Names of exports are local before `as`, those of imports behind it. */
static void names(struct ts *t, struct ts_clause *c) {
    size_t close = t->match[t->at];

    t->at++;
    while (t->at < close && t->at < t->count) {
        struct ts_name n = {.first = t->at, .type = is_type_modifier(t)};
        t->at += n.type;
        n.local = t->at;
        t->at++;
        if (ts_is(t, t->at, "as") && t->at + 1 < close) {
            n.local = c->is_export ? n.local : t->at + 1;
            t->at += 2;
        }
        ts_take(t, ",");
        n.end = t->at;
        if (!add_name(c, n))
            ts_fail(t, n.first, "out of memory");
    }
    if (t->at < t->count)
        t->at++;
}

/* from "x" with {…}; */
static bool from(struct ts *t) {
    bool found = ts_is(t, t->at, "from") && t->tokens[t->at + 1].kind == LEXER_STRING;

    if (found)
        t->at += 2;
    if (found && (ts_is(t, t->at, "with") || ts_is(t, t->at, "assert")) && ts_is(t, t->at + 1, "{") &&
        t->match[t->at + 1] < t->count)
        t->at = t->match[t->at + 1] + 1;
    ts_take(t, ";");
    return found;
}

/* --- import --- */

static bool is_type_import(const struct ts *t) {
    size_t i = t->at + 1;

    if (!ts_is(t, i, "type"))
        return false;
    if (ts_is(t, i + 1, "{") || ts_is(t, i + 1, "*"))
        return true;
    if (!ts_is_word(t, i + 1))
        return false;
    return !ts_is(t, i + 1, "from") || ts_is(t, i + 2, "from") || ts_is(t, i + 2, "=");
}

/* import x = require("y"); import x = a.b; */
static bool import_equals(struct ts *t, bool type) {
    size_t first = t->at, name = first + 1 + type;

    if (!ts_is_word(t, name) || !ts_is(t, name + 1, "="))
        return false;
    t->at = name + 2;
    ts_expression(t, true);
    ts_take(t, ";");
    if (type)
        ts_blank_statement(t, first, t->at);
    else
        ts_replace(t, first, "const ");
    return true;
}

static void import_clause(struct ts *t, struct ts_clause *c) {
    if (ts_is_word(t, t->at) && !(ts_is(t, t->at, "from") && t->tokens[t->at + 1].kind == LEXER_STRING)) {
        c->default_name = t->at++;
        ts_take(t, ",");
    }
    if (ts_is(t, t->at, "*") && ts_is(t, t->at + 1, "as") && ts_is_word(t, t->at + 2)) {
        c->namespace_name = t->at + 2;
        t->at += 3;
    } else if (ts_is(t, t->at, "{")) {
        names(t, c);
    }
}

void ts_import(struct ts *t) {
    struct ts_clause c = {.first = t->at};
    bool type = is_type_import(t);

    if (import_equals(t, type))
        return;
    if (t->tokens[t->at + 1].kind == LEXER_STRING) {
        t->at += 2;
        return;
    }
    t->at += 1 + (size_t)type;
    import_clause(t, &c);
    bool complete = from(t);
    c.end = t->at;
    if (complete && type)
        ts_blank_statement(t, c.first, c.end);
    if (!complete || type || !add_clause(t, c))
        free(c.names);
}

/* --- export --- */

static void export_default(struct ts *t, size_t first) {
    t->at += 2;
    if (ts_is(t, t->at, "interface")) {
        if (!ts_declaration(t, first))
            ts_expression(t, true);
    } else if (ts_is(t, t->at, "abstract") && ts_is(t, t->at + 1, "class")) {
        ts_declaration(t, t->at);
    } else if (ts_is(t, t->at, "class")) {
        ts_class(t);
    } else if (ts_is(t, t->at, "function") || (ts_is(t, t->at, "async") && ts_is(t, t->at + 1, "function"))) {
        ts_take(t, "async");
        if (!ts_function(t)) {
            ts_take(t, ";");
            ts_blank_statement(t, first, t->at);
        }
    } else {
        ts_expression(t, true);
        ts_take(t, ";");
    }
}

static void export_names(struct ts *t, size_t first) {
    struct ts_clause c = {.first = first, .is_export = true};

    t->at++;
    bool type = ts_take(t, "type");
    if (ts_take(t, "*")) {
        if (ts_take(t, "as"))
            t->at++;
    } else {
        names(t, &c);
    }
    bool elsewhere = from(t);
    c.end = t->at;
    if (type)
        ts_blank_statement(t, first, t->at);
    for (size_t i = 0; elsewhere && !type && i < c.count; i++)
        if (c.names[i].type)
            ts_blank(t, c.names[i].first, c.names[i].end);
    if (type || elsewhere || !add_clause(t, c))
        free(c.names);
}

void ts_export(struct ts *t) {
    size_t first = t->at, next = t->at + 1;
    bool type = ts_is(t, next, "type");

    if (ts_is(t, next, "=")) {
        ts_fail(t, first, "`export =` is not supported: use `export default`");
    } else if (ts_is(t, next, "as") && ts_is(t, next + 1, "namespace")) {
        t->at += 4;
        ts_take(t, ";");
        ts_blank_statement(t, first, t->at);
    } else if (ts_is(t, next, "import")) {
        t->at++;
        ts_import(t);
    } else if (ts_is(t, next, "default")) {
        export_default(t, first);
    } else if (ts_is(t, next + type, "{") || ts_is(t, next + type, "*")) {
        export_names(t, first);
    } else {
        t->at++;
        if (ts_is(t, t->at, "function") || ts_is(t, t->at, "async")) {
            ts_take(t, "async");
            if (ts_is(t, t->at, "function") && !ts_function(t)) {
                ts_take(t, ";");
                ts_blank_statement(t, first, t->at);
            }
        } else if (!ts_declaration(t, first)) {
            ts_statement(t);
        }
    }
}

/* --- when all is read --- */

static int by_from(const void *a, const void *b) {
    const struct ts_edit *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

/* All words that are left, but for names of members and what stands in import statements. */
static int collect_words(struct ts *t, struct hashmap *words) {
    size_t edit = 0, clause = 0;
    uint32_t blank_to = 0;

    if (t->edit_count)
        qsort(t->edits, t->edit_count, sizeof *t->edits, by_from);
    for (size_t i = 0; i < t->count; i++) {
        while (clause < t->clause_count && t->clauses[clause].end <= i)
            clause++;
        for (; edit < t->edit_count && t->edits[edit].from <= t->tokens[i].at; edit++)
            if (!t->edits[edit].text.ptr && t->edits[edit].to > blank_to)
                blank_to = t->edits[edit].to;
        bool in_clause =
            clause < t->clause_count && t->clauses[clause].first <= i && !t->clauses[clause].is_export;
        bool member = i > 0 && (ts_is(t, i - 1, ".") || ts_is(t, i - 1, "?."));
        if (t->tokens[i].kind != LEXER_WORD || t->tokens[i].at < blank_to || in_clause || member)
            continue;
        int r = hashmap_put(words, ts_text(t, i), t);
        if (r < 0)
            return r;
    }
    return 0;
}

static bool used(const struct ts *t, const struct hashmap *words, size_t name) {
    return name && hashmap_find(words, ts_text(t, name)) != NULL;
}

static void drop_imports(struct ts *t, const struct hashmap *words, struct ts_clause *c) {
    bool has_default = used(t, words, c->default_name), has_namespace = used(t, words, c->namespace_name),
         has_names = false;

    for (size_t i = 0; i < c->count; i++) {
        c->names[i].type = c->names[i].type || !used(t, words, c->names[i].local);
        has_names = has_names || !c->names[i].type;
    }
    if (!has_default && !has_namespace && !has_names) {
        if (c->default_name || c->namespace_name || c->count)
            ts_blank_statement(t, c->first, c->end);
        return;
    }
    if (c->default_name && !has_default) /* with the comma */
        ts_blank(t, c->default_name, c->default_name + 2);
    if (c->namespace_name && !has_namespace)
        ts_blank(t, c->namespace_name - 3, c->namespace_name + 1);
    for (size_t i = 0; i < c->count; i++)
        if (c->names[i].type)
            ts_blank(t, c->names[i].first, c->names[i].end);
}

void ts_drop_unused(struct ts *t) {
    struct hashmap words;

    if (t->result < 0)
        return;
    hashmap_init(&words, WORDS_MAX);
    int r = collect_words(t, &words);
    for (size_t i = 0; r == 0 && i < t->clause_count; i++) {
        struct ts_clause *c = &t->clauses[i];
        if (!c->is_export) {
            drop_imports(t, &words, c);
            continue;
        }
        for (size_t k = 0; k < c->count; k++)
            if (c->names[k].type || hashmap_find(&t->types, ts_text(t, c->names[k].local)))
                ts_blank(t, c->names[k].first, c->names[k].end);
    }
    if (r < 0)
        t->result = r;
    hashmap_deinit(&words);
}
