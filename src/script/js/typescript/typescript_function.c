/* Functions of all kinds: parameters, the type of the result, the body. */
#include "script/js/typescript/typescript_priv.h"

/* Is the bracket that of an arrow function's parameters? */
bool ts_arrow_at(struct ts *t, size_t paren) {
    struct ts_mark m = ts_mark(t);
    size_t close = t->match[paren];

    if (close == t->count)
        return false;
    if (ts_is(t, close + 1, "=>"))
        return true;
    if (!ts_is(t, close + 1, ":"))
        return false;
    t->at = close + 2;
    bool arrow = ts_type(t) && ts_is(t, t->at, "=>") && ts_same_line(t, t->at);
    ts_return(t, m);
    return arrow && t->result == 0;
}

void ts_arrow_body(struct ts *t) {
    unsigned ternaries = t->ternaries;

    if (!ts_take(t, "=>"))
        return;
    if (!ts_is(t, t->at, "{")) {
        ts_expression(t, false);
        return;
    }
    t->ternaries = 0;
    ts_block(t);
    t->ternaries = ternaries;
}

void ts_arrow(struct ts *t) {
    ts_parameters(t, NULL);
    ts_blank_return_type(t);
    ts_arrow_body(t);
}

/* --- parameters --- */

void ts_binding(struct ts *t) {
    if (ts_is(t, t->at, "{")) {
        ts_object(t);
    } else if (ts_is(t, t->at, "[")) {
        size_t close = t->match[t->at];
        t->at++;
        ts_inside(t, close);
    } else if (ts_is_word(t, t->at)) {
        t->at++;
    }
}

/* public, readonly … in front of a name; whether there was one. */
static bool property_modifiers(struct ts *t) {
    static const char *const modifiers[] = {"public", "private", "protected", "readonly", "override", NULL};
    size_t first = t->at;

    while (ts_one_of(t, t->at, modifiers) &&
           (ts_is_word(t, t->at + 1) || ts_is(t, t->at + 1, "{") || ts_is(t, t->at + 1, "[")))
        t->at++;
    ts_blank(t, first, t->at);
    return t->at > first;
}

static void parameter(struct ts *t, struct ts_properties *properties) {
    while (ts_take(t, "@"))
        ts_left_side(t);
    bool property = properties && property_modifiers(t);
    if (property && ts_is_word(t, t->at) && properties->count < TS_PROPERTIES_MAX)
        properties->tokens[properties->count++] = t->at;
    ts_take(t, "...");
    ts_binding(t);
    if (ts_is(t, t->at, "?")) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
    }
    ts_blank_annotation(t);
    if (ts_take(t, "="))
        ts_expression(t, false);
}

/* `this: T` says what `this` is; it is no parameter. */
static void this_parameter(struct ts *t) {
    size_t first = t->at;

    if (!ts_is(t, t->at, "this") || !ts_is(t, t->at + 1, ":"))
        return;
    t->at += 2;
    ts_type(t);
    ts_take(t, ",");
    ts_blank(t, first, t->at);
}

void ts_parameters(struct ts *t, struct ts_properties *properties) {
    size_t close = t->match[t->at];
    unsigned ternaries = t->ternaries;

    t->ternaries = 0;
    t->at++;
    this_parameter(t);
    while (t->at < close && t->at < t->count) {
        size_t before = t->at;
        if (!ts_take(t, ","))
            parameter(t, properties);
        if (t->at == before)
            t->at++;
    }
    if (t->at < t->count)
        t->at++;
    t->ternaries = ternaries;
}

/* --- functions with a body of their own --- */

bool ts_method(struct ts *t, struct ts_properties *properties, size_t *body) {
    unsigned ternaries = t->ternaries;

    ts_blank_type_parameters(t);
    if (!ts_is(t, t->at, "("))
        return false;
    ts_parameters(t, properties);
    ts_blank_return_type(t);
    if (body)
        *body = t->at;
    if (!ts_is(t, t->at, "{"))
        return false;
    t->ternaries = 0;
    ts_block(t);
    t->ternaries = ternaries;
    return true;
}

bool ts_function(struct ts *t) {
    t->at++;
    ts_take(t, "*");
    if (ts_is_word(t, t->at))
        t->at++;
    return ts_method(t, NULL, NULL);
}
