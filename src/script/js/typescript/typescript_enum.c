/* `enum E { A = 1, B, C = "c" }` becomes a call that fills an object, in the same places:
 *
 *     var E;(function(E){let $=-1;const $$=(k,v)=>{…};const A=$$("A",1);const B=$$("B",$+1);const
 * C=$$("C","c");})(E||(E={}));
 *
 * $ is the value before; numbers also map back to names. Members that are names can be used by those that
 * follow. */
#include "script/js/typescript/typescript_priv.h"

#define HEAD                                                                                                 \
    "var %.*s;(function(%.*s){let $=-1;const $$=(k,v)=>{%.*s[k]=$=v;if(typeof "                              \
    "v!==\"string\")%.*s[v]=k;return v;};"

static bool is_reserved(const struct ts *t, size_t i) {
    static const char *const words[] = {"break", "case", "catch", "class", "const", "continue", "debugger",
        "default", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for", "function",
        "if", "import", "in", "instanceof", "new", "null", "return", "super", "switch", "this", "throw",
        "true", "try", "typeof", "var", "void", "while", "with", "yield", "let", "static", "await",
        "implements", "interface", "package", "private", "protected", "public", "arguments", "eval", "$",
        "$$", NULL};
    return ts_one_of(t, i, words);
}

static void member(struct ts *t) {
    size_t name = t->at;
    bool plain = ts_is_word(t, name) && !is_reserved(t, name);
    const char *quote = ts_is_word(t, name) ? "\"" : "";

    if (ts_is(t, name, "[") && t->tokens[name + 1].kind == LEXER_STRING && t->match[name] == name + 2) {
        ts_blank(t, name, name + 1);
        ts_blank(t, name + 2, name + 3);
        name++;
        t->at += 2;
    }
    t->at++;
    if (!ts_is_name(t, name))
        return;
    struct view text = ts_text(t, name);
    ts_replace(t, name, "%s%.*s%s$$(%s%.*s%s,", plain ? "const " : "", plain ? (int)text.len : 0, text.ptr,
        plain ? "=" : "", quote, VIEW_ARGS(text), quote);
    if (ts_is(t, t->at, "=")) {
        ts_blank(t, t->at, t->at + 1);
        t->at++;
        ts_expression(t, false);
        ts_insert_after(t, t->at - 1, ")");
    } else {
        ts_insert_after(t, t->at - 1, "$+1)");
    }
    if (ts_is(t, t->at, ",")) {
        ts_replace(t, t->at, ";");
        t->at++;
    }
}

void ts_enum(struct ts *t) {
    size_t first = t->at, name = t->at + 1;
    struct view text = ts_text(t, name);

    if (!ts_is_word(t, name) || !ts_is(t, name + 1, "{") || t->match[name + 1] == t->count) {
        t->at++;
        return;
    }
    size_t close = t->match[name + 1];
    ts_replace(t, first, HEAD, VIEW_ARGS(text), VIEW_ARGS(text), VIEW_ARGS(text), VIEW_ARGS(text));
    ts_blank(t, name, name + 2);
    t->at = name + 2;
    while (t->at < close && t->at < t->count) {
        size_t before = t->at;
        member(t);
        if (t->at == before)
            t->at++;
    }
    if (t->result < 0)
        return;
    t->at = close + 1;
    ts_replace(t, close, "})(%.*s||(%.*s={}));", VIEW_ARGS(text), VIEW_ARGS(text));
}
