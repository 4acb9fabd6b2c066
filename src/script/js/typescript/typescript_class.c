/* Classes: modifiers, members without a body, index signatures; parameter properties become assignments at
 * the head of the constructor, behind super() where there is one. */
#include "script/js/typescript/typescript_priv.h"

#include <string.h>

struct member {
    size_t first;
    bool erased; /* abstract, declare */
};

static bool continues_member(const struct ts *t, size_t i) {
    return ts_is_name(t, i) || ts_is(t, i, "[") || ts_is(t, i, "*") || ts_is(t, i, "{");
}

/* A member that begins with a bracket or a star, once its modifiers are gone, would go on with the member
 * before. */
static char separator(const struct ts *t, const struct member *m) {
    return t->at == m->first && (ts_is(t, t->at + 1, "[") || ts_is(t, t->at + 1, "*")) ? ';' : 0;
}

static void modifiers(struct ts *t, struct member *m) {
    static const char *const erased[] = {
        "public", "private", "protected", "readonly", "abstract", "override", "declare", NULL};
    static const char *const kept[] = {"static", "async", "get", "set", "accessor", NULL};

    for (;;) {
        bool drop = ts_one_of(t, t->at, erased) && !ts_is(t, t->at + 1, "{");
        if ((!drop && !ts_one_of(t, t->at, kept)) || !continues_member(t, t->at + 1))
            return;
        m->erased = m->erased || ts_is(t, t->at, "abstract") || ts_is(t, t->at, "declare");
        if (drop)
            ts_blank_with(t, t->at, t->at + 1, separator(t, m), 0);
        t->at++;
    }
}

/* Behind the closing bracket of super(…) among the body's statements, or 0. */
static size_t super_call(const struct ts *t, size_t body) {
    for (size_t i = body + 1; i < t->match[body]; i++) {
        if (ts_is(t, i, "super") && ts_is(t, i + 1, "("))
            return t->match[i + 1];
        if (ts_is(t, i, "{") || ts_is(t, i, "(") || ts_is(t, i, "["))
            i = t->match[i];
    }
    return 0;
}

static void assign_properties(struct ts *t, const struct ts_properties *p, size_t body) {
    size_t super = super_call(t, body), after = super && super < t->count ? super : body;

    if (p->count && after != body)
        ts_insert_after(t, after, ";");
    for (size_t i = 0; i < p->count; i++) {
        struct view name = ts_text(t, p->tokens[i]);
        ts_insert_after(t, after, "this.%.*s = %.*s;", VIEW_ARGS(name), VIEW_ARGS(name));
    }
}

static void method(struct ts *t, struct member *m, bool constructor) {
    struct ts_properties properties = {.count = 0};
    size_t body = 0;

    if (ts_method(t, constructor ? &properties : NULL, &body)) {
        assign_properties(t, &properties, body);
        return;
    }
    m->erased = true; /* an overload: its signature alone */
}

static void field(struct ts *t) {
    if (ts_is(t, t->at, "?") || ts_is(t, t->at, "!")) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
    }
    if (ts_is(t, t->at, "(") || ts_is(t, t->at, "<"))
        return; /* an optional method */
    ts_blank_annotation(t);
    if (ts_take(t, "="))
        ts_expression(t, false);
}

static bool index_signature(struct ts *t) {
    if (!ts_is(t, t->at, "[") || !ts_is_word(t, t->at + 1) || !ts_is(t, t->at + 2, ":"))
        return false;
    size_t close = t->match[t->at];
    if (!ts_is(t, close + 1, ":"))
        return false;
    t->at = close + 2;
    ts_type(t);
    return true;
}

static void member(struct ts *t) {
    struct member m = {.first = t->at};

    while (ts_take(t, "@"))
        ts_left_side(t);
    if (ts_is(t, t->at, "static") && ts_is(t, t->at + 1, "{")) {
        t->at++;
        ts_block(t);
        return;
    }
    modifiers(t, &m);
    ts_take(t, "*");
    bool constructor = ts_is(t, t->at, "constructor");
    if (index_signature(t)) {
        m.erased = true;
    } else {
        if (ts_is(t, t->at, "[")) {
            size_t close = t->match[t->at];
            t->at++;
            ts_inside(t, close);
        } else if (ts_is_name(t, t->at)) {
            t->at++;
        }
        if (!ts_is(t, t->at, "(") && !ts_is(t, t->at, "<"))
            field(t);
        if (ts_is(t, t->at, "(") || ts_is(t, t->at, "<"))
            method(t, &m, constructor);
    }
    ts_take(t, ";");
    if (m.erased)
        ts_blank_statement(t, m.first, t->at);
}

/* extends Base<T> implements A, B */
static void heritage(struct ts *t) {
    if (ts_take(t, "extends"))
        ts_left_side(t);
    size_t first = t->at;
    if (!ts_take(t, "implements"))
        return;
    while (ts_type(t) && ts_take(t, ","))
        ;
    ts_blank(t, first, t->at);
}

void ts_class(struct ts *t) {
    unsigned ternaries = t->ternaries;

    t->at++;
    if (ts_is_word(t, t->at) && !ts_is(t, t->at, "extends") &&
        (!ts_is(t, t->at, "implements") || ts_is(t, t->at + 1, "{")))
        t->at++;
    ts_blank_type_parameters(t);
    heritage(t);
    if (!ts_is(t, t->at, "{"))
        return;
    size_t close = t->match[t->at];
    t->ternaries = 0;
    if (ts_enter(t)) {
        t->at++;
        while (t->at < close && t->at < t->count) {
            size_t before = t->at;
            if (!ts_take(t, ";"))
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
