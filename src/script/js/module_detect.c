/* Is a text an ES module or CommonJS? k6 runs a file without import, export and top-level await as CommonJS.
 *
 * A light scanner: it skips comments, strings, templates and regular expressions, counts brackets, and looks at words outside all
 * brackets. `import` followed by "(" is a call and says nothing. Whether a slash begins a regular expression is decided by the
 * token before it, which errs only in code that nobody writes at top level. */
#include "script/js/loader.h"

enum { TEMPLATES_MAX = 64 };

struct scanner {
    const char *p, *end;
    int depth;              /* of ( [ { */
    int templates[TEMPLATES_MAX], template_count; /* depth at which a ${ was opened */
    bool operand_before;    /* the last token ends an operand: a slash divides */
};

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static void skip_string(struct scanner *s, char quote) {
    while (s->p < s->end && *s->p != quote && *s->p != '\n')
        s->p += *s->p == '\\' ? 2 : 1;
    s->p++;
}

static void skip_template(struct scanner *s) {
    while (s->p < s->end) {
        if (*s->p == '`') {
            s->p++;
            s->operand_before = true;
            return;
        }
        if (*s->p == '$' && s->p + 1 < s->end && s->p[1] == '{') {
            s->p += 2;
            if (s->template_count < TEMPLATES_MAX)
                s->templates[s->template_count++] = s->depth;
            s->depth++;
            s->operand_before = false;
            return;
        }
        s->p += *s->p == '\\' ? 2 : 1;
    }
}

static void skip_regexp(struct scanner *s) {
    bool in_class = false;

    while (s->p < s->end && *s->p != '\n' && (in_class || *s->p != '/')) {
        if (*s->p == '[')
            in_class = true;
        else if (*s->p == ']')
            in_class = false;
        s->p += *s->p == '\\' ? 2 : 1;
    }
    s->p++;
    s->operand_before = true;
}

static bool skip_comment(struct scanner *s) {
    if (s->p >= s->end || (*s->p != '/' && *s->p != '*'))
        return false;
    if (*s->p == '/') {
        while (s->p < s->end && *s->p != '\n')
            s->p++;
        return true;
    }
    for (s->p++; s->p + 1 < s->end; s->p++)
        if (s->p[0] == '*' && s->p[1] == '/')
            break;
    s->p += 2;
    return true;
}

static void skip_blanks(struct scanner *s) {
    for (;;) {
        while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
            s->p++;
        if (s->p + 1 >= s->end || *s->p != '/' || (s->p[1] != '/' && s->p[1] != '*'))
            return;
        s->p++;
        skip_comment(s);
    }
}

static bool word_decides(struct scanner *s, struct view word, char before) {
    if (s->depth || before == '.')
        return false;
    if (view_eq(word, VIEW("export")) || view_eq(word, VIEW("await"))) {
        skip_blanks(s);
        return s->p < s->end && *s->p != ':' && *s->p != '=' && *s->p != '.' && *s->p != ')';
    }
    if (view_eq(word, VIEW("import"))) {
        skip_blanks(s);
        return s->p < s->end && *s->p != '(' && *s->p != ':';
    }
    return false;
}

static bool ends_no_operand(struct view word) {
    static const char *const words[] = {"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "else", "do", "instanceof"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (view_eq(word, view_of_cstr(words[i])))
            return true;
    return false;
}

static void scan_mark(struct scanner *s, char c) {
    s->operand_before = c == ')' || c == ']' || c == '}';
    if (c == '(' || c == '[' || c == '{') {
        s->depth++;
    } else if (c == ')' || c == ']' || c == '}') {
        if (s->depth)
            s->depth--;
        if (c == '}' && s->template_count && s->templates[s->template_count - 1] == s->depth) {
            s->template_count--;
            skip_template(s);
        }
    }
}

bool loader_is_module(struct view text) {
    struct scanner s = {.p = text.ptr, .end = text.ptr + text.len};
    char before = 0;

    if (text.len > 1 && text.ptr[0] == '#' && text.ptr[1] == '!')
        while (s.p < s.end && *s.p != '\n')
            s.p++;
    if (view_starts_with(text, VIEW("\xef\xbb\xbf")))
        s.p += 3;
    while (s.p < s.end) {
        char c = *s.p;
        if (is_word(c)) {
            const char *start = s.p;
            while (s.p < s.end && is_word(*s.p))
                s.p++;
            struct view word = view_of(start, (size_t)(s.p - start));
            if (word_decides(&s, word, before))
                return true;
            s.operand_before = !ends_no_operand(word);
            before = 'a';
            continue;
        }
        s.p++;
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            continue;
        if (c == '"' || c == '\'') {
            skip_string(&s, c);
            s.operand_before = true;
        } else if (c == '`') {
            skip_template(&s);
        } else if (c == '/') {
            if (skip_comment(&s))
                continue;
            if (!s.operand_before)
                skip_regexp(&s);
            else
                s.operand_before = false;
        } else {
            scan_mark(&s, c);
        }
        before = c;
    }
    return false;
}
