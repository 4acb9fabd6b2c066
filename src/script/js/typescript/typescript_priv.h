/* The inside of typescript.c: a parser that knows just enough grammar to tell types from values. All
 * functions start at the token `at` and leave it behind what they have read. They never fail in a way that
 * callers must handle: on nonsense they stop where they are, and every loop makes sure that it moves on.
 * ts_fail() ends everything by moving `at` to the end. */
#ifndef SCRIPT_JS_TYPESCRIPT_PRIV_H
#define SCRIPT_JS_TYPESCRIPT_PRIV_H

#include "core/arena.h"
#include "core/hashmap.h"
#include "script/js/lexer.h"
#include "script/js/typescript/typescript.h"

/* The bytes [from, to) become `text` (from == to: an insertion), or blanks with `first` and `last` at the
 * ends when these are set. */
struct ts_edit {
    uint32_t from, to;
    uint32_t number; /* order of making */
    char first, last;
    struct view text;
};

/* A name in an import or export list. */
struct ts_name {
    size_t first, end; /* tokens, the comma behind included */
    size_t local;      /* the token that names the binding in this file */
    bool type;
};
/* An import statement, or `export { … }` without from. */
struct ts_clause {
    size_t first, end;                   /* tokens */
    size_t default_name, namespace_name; /* 0 = none */
    struct ts_name *names;
    size_t count, cap;
    bool is_export;
};

struct ts {
    struct view text;
    struct lexer_token *tokens; /* the last one is LEXER_END */
    uint32_t *match;            /* of an opening bracket: its closing one, else `count` */
    size_t count;               /* index of LEXER_END */
    size_t at;
    struct ts_edit *edits;
    size_t edit_count, edit_cap;
    struct ts_clause *clauses;
    size_t clause_count, clause_cap;
    struct hashmap types;      /* names that were declared as types */
    struct arena arena;        /* generated text */
    unsigned depth, ternaries; /* ternaries: between ? and : of a conditional */
    size_t steps, steps_max;
    struct error *err;
    int result;
};

/* A place to come back to. */
struct ts_mark {
    size_t at, edit_count;
};

/* Parameter properties of a constructor. */
enum { TS_PROPERTIES_MAX = 64 };
struct ts_properties {
    size_t tokens[TS_PROPERTIES_MAX];
    size_t count;
};

/* --- tokens (typescript.c) --- */
struct view ts_text(const struct ts *t, size_t i);
bool ts_is(const struct ts *t, size_t i, const char *text); /* a mark or word of that text */
bool ts_one_of(const struct ts *t, size_t i, const char *const *texts);
bool ts_is_word(const struct ts *t, size_t i);
bool ts_is_name(const struct ts *t, size_t i);   /* of a member: word, string, number */
bool ts_same_line(const struct ts *t, size_t i); /* no line ends between i - 1 and i */
bool ts_take(struct ts *t, const char *text);    /* steps over it when it is there */
bool ts_enter(struct ts *t);                     /* guards depth and work; false = stop */
void ts_leave(struct ts *t);
struct ts_mark ts_mark(const struct ts *t);
void ts_return(struct ts *t, struct ts_mark m);
void ts_fail(struct ts *t, size_t token, const char *why);

/* --- edits (typescript.c) --- */
void ts_blank(struct ts *t, size_t first, size_t end);           /* tokens [first, end) */
void ts_blank_statement(struct ts *t, size_t first, size_t end); /* leaves a semicolon */
void ts_blank_with(struct ts *t, size_t first, size_t end, char first_char, char last_char);
void ts_replace(struct ts *t, size_t token, const char *fmt, ...) PRINTF_LIKE(3, 4);
void ts_insert_after(struct ts *t, size_t token, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* --- types: true when there was one (typescript_type.c) --- */
bool ts_type(struct ts *t);
bool ts_type_arguments(struct ts *t);  /* <A, B> */
bool ts_type_parameters(struct ts *t); /* <A extends B = C> */
void ts_blank_type_parameters(struct ts *t);
void ts_blank_annotation(struct ts *t);  /* `: T`, when it is there */
void ts_blank_return_type(struct ts *t); /* the same, in front of a body */

/* --- values (typescript_value.c, typescript_function.c) --- */
void ts_expression(struct ts *t, bool with_commas);
void ts_left_side(struct ts *t);            /* of `extends`: no binary operators */
void ts_inside(struct ts *t, size_t close); /* expressions up to the bracket, and over it */
void ts_object(struct ts *t);               /* at { */
bool ts_arrow_at(struct ts *t, size_t paren);
void ts_arrow(struct ts *t);                                        /* at ( of an arrow function */
void ts_arrow_body(struct ts *t);                                   /* at => */
void ts_parameters(struct ts *t, struct ts_properties *properties); /* at ( */
void ts_binding(struct ts *t);                                      /* name or pattern */
bool ts_function(struct ts *t);                                     /* at `function`; false: it had no body */
bool ts_method(
    struct ts *t, struct ts_properties *properties, size_t *body); /* behind the name; false: no body */

/* --- statements (typescript_class.c, typescript_statement.c, typescript_module.c, typescript_enum.c) --- */
void ts_class(struct ts *t); /* at `class` */
void ts_block(struct ts *t); /* at { */
void ts_statement(struct ts *t);
void ts_bindings(struct ts *t);                  /* behind let, const, var */
bool ts_declaration(struct ts *t, size_t first); /* interface, type, declare, abstract class, enum, namespace;
                                                    first: where its statement begins */
void ts_enum(struct ts *t);                      /* at `enum` */
void ts_import(struct ts *t);
void ts_export(struct ts *t);
void ts_drop_unused(struct ts *t); /* when all is read */

#endif
