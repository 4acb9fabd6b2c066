/* JavaScript and TypeScript text as tokens. Knows no grammar beyond what it needs to tell a regular
 * expression from a division and a template's end from a block's. `>` always stands alone (type arguments),
 * `<` too but for `<=`; other operators are taken whole where a part of them would mean something else (`=>`
 * `==` `?.` `...`). */
#ifndef SCRIPT_JS_LEXER_H
#define SCRIPT_JS_LEXER_H

#include "core/view.h"

enum {
    LEXER_DEPTH_MAX = 4096,               /* brackets within brackets */
    LEXER_BYTES_MAX = 1024 * 1024 * 1024, /* offsets are 32 bits */
};

enum lexer_kind {
    LEXER_END,  /* also of a text that is too deep or too long: see lexer_complete */
    LEXER_WORD, /* names, keywords, #private */
    LEXER_NUMBER,
    LEXER_STRING,
    LEXER_TEMPLATE,      /* `whole` */
    LEXER_TEMPLATE_HEAD, /* `head${ */
    LEXER_TEMPLATE_MIDDLE,
    LEXER_TEMPLATE_TAIL, /* }tail` */
    LEXER_REGEXP,
    LEXER_MARK,
};

struct lexer_token {
    uint32_t at, len;
    uint8_t kind;
    bool newline_before;
};

struct lexer {
    struct view text;
    size_t at;
    struct lexer_token last; /* the token before; LEXER_END at the start */
    bool operand_before;     /* it ends an operand: a slash divides */
    bool dot_before;         /* the last word is a member's name */
    uint8_t levels[LEXER_DEPTH_MAX];
    size_t depth; /* open brackets, `${` included */
    bool too_deep;
};

void lexer_init(struct lexer *l, struct view text);
struct lexer_token lexer_next(struct lexer *l);
static inline bool lexer_complete(const struct lexer *l) {
    return !l->too_deep && l->at >= l->text.len;
}
static inline struct view lexer_text(const struct lexer *l, struct lexer_token t) {
    return view_of(l->text.ptr + t.at, t.len);
}

#endif
