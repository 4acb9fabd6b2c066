/* Is a text an ES module or CommonJS? k6 runs a file without import, export and top-level await as CommonJS:
 * so we look for these words outside all brackets. `import` followed by "(" is a call and says nothing. */
#include "script/js/lexer.h"
#include "script/js/loader.h"

static bool decides(struct view word, struct view next) {
    if (!next.len)
        return false;
    if (view_eq(word, VIEW("export")) || view_eq(word, VIEW("await")))
        return *next.ptr != ':' && *next.ptr != '=' && *next.ptr != '.' && *next.ptr != ')';
    return view_eq(word, VIEW("import")) && *next.ptr != '(' && *next.ptr != ':';
}

bool loader_is_module(struct view text) {
    struct lexer l;
    struct view word = VIEW_NULL;

    lexer_init(&l, text);
    for (struct lexer_token t; (t = lexer_next(&l)).kind != LEXER_END;) {
        if (word.ptr && decides(word, lexer_text(&l, t)))
            return true;
        word = t.kind == LEXER_WORD && !l.depth && !l.dot_before ? lexer_text(&l, t) : VIEW_NULL;
    }
    return false;
}
