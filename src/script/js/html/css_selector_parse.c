/* A recursive descent over the text. The parser sticks at its first error; who called it sees `failed`. */
#include "script/js/html/css_selector_priv.h"

#include "core/hex.h"
#include "core/utf8.h"

struct parser {
    struct arena *arena;
    struct view rest;
    unsigned depth;
    bool failed;
};

static struct css_selector *parse_list(struct parser *p);

static void *make(struct parser *p, size_t size) {
    void *o = arena_calloc(p->arena, 1, size);

    if (!o)
        p->failed = true;
    return o;
}

static char peek(const struct parser *p) {
    return p->rest.len ? *p->rest.ptr : '\0';
}

static bool take(struct parser *p, char c) {
    if (!p->rest.len || *p->rest.ptr != c)
        return false;
    p->rest = view_drop(p->rest, 1);
    return true;
}

static void expect(struct parser *p, char c) {
    if (!take(p, c))
        p->failed = true;
}

static bool is_blank(char c) {
    return c && memchr(" \t\r\n\f", c, 5);
}

static bool skip_blanks(struct parser *p) {
    bool any = false;

    for (; is_blank(peek(p)); any = true)
        p->rest = view_drop(p->rest, 1);
    return any;
}

/* --- words --- */

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

static int take_escape(struct parser *p, struct buf *out) {
    uint32_t code = 0;
    int digits = 0;

    p->rest = view_drop(p->rest, 1);
    while (digits < 6 && hex_digit(peek(p)) >= 0 && peek(p)) {
        code = code << 4 | (uint32_t)hex_digit(peek(p));
        p->rest = view_drop(p->rest, 1);
        digits++;
    }
    if (digits) {
        if (is_blank(peek(p)))
            p->rest = view_drop(p->rest, 1);
        return utf8_append(out, code);
    }
    if (!p->rest.len)
        return ERROR_SYNTAX;
    char c = *p->rest.ptr;
    p->rest = view_drop(p->rest, 1);
    return buf_append_byte(out, c);
}

static struct view keep(struct parser *p, struct buf *b, int r) {
    struct view v = r == 0 ? arena_copy(p->arena, buf_view(b)) : VIEW_NULL;

    buf_deinit(b);
    if (!v.ptr)
        p->failed = true;
    return v.ptr ? v : view_of("", 0);
}

static struct view take_word(struct parser *p) {
    struct buf b = BUF_MAX(CSS_SELECTOR_BYTES_MAX);
    int r = 0;

    while (r == 0 && p->rest.len && (is_word(peek(p)) || peek(p) == '\\')) {
        if (peek(p) == '\\') {
            r = take_escape(p, &b);
            continue;
        }
        r = buf_append_byte(&b, peek(p));
        p->rest = view_drop(p->rest, 1);
    }
    if (!b.len)
        p->failed = true;
    return keep(p, &b, r);
}

static struct view take_string(struct parser *p) {
    struct buf b = BUF_MAX(CSS_SELECTOR_BYTES_MAX);
    char quote = peek(p);
    int r = 0;

    p->rest = view_drop(p->rest, 1);
    while (r == 0 && p->rest.len && peek(p) != quote) {
        if (peek(p) == '\\') {
            r = take_escape(p, &b);
            continue;
        }
        r = buf_append_byte(&b, peek(p));
        p->rest = view_drop(p->rest, 1);
    }
    expect(p, quote);
    return keep(p, &b, r);
}

static struct view take_value(struct parser *p) {
    return peek(p) == '"' || peek(p) == '\'' ? take_string(p) : take_word(p);
}

static struct view lower(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if (v.ptr[i] >= 'A' && v.ptr[i] <= 'Z')
            ((char *)v.ptr)[i] |= 0x20; /* a copy of ours in the arena */
    return v;
}

/* --- simple selectors --- */

static void parse_attribute(struct parser *p, struct css_simple *s) {
    s->kind = CSS_ATTRIBUTE;
    skip_blanks(p);
    s->name = lower(take_word(p)).ptr;
    skip_blanks(p);
    if (take(p, ']'))
        return;
    s->op = peek(p);
    if (!s->op || !memchr("=!~|^$*", s->op, 7)) {
        p->failed = true;
        return;
    }
    p->rest = view_drop(p->rest, 1);
    if (s->op != '=')
        expect(p, '=');
    skip_blanks(p);
    s->value = take_value(p);
    skip_blanks(p);
    if (peek(p) == 'i' || peek(p) == 'I') {
        s->nocase = true;
        p->rest = view_drop(p->rest, 1);
        skip_blanks(p);
    }
    expect(p, ']');
}

static bool to_int(struct view v, int *out) {
    int64_t n;

    if (v.len && *v.ptr == '+')
        v = view_drop(v, 1);
    if (!view_to_i64(v, &n) || n > 1000000 || n < -1000000)
        return false;
    *out = (int)n;
    return true;
}

/* odd, even, 3, -n+3, 2n + 1 */
static void parse_nth(struct parser *p, struct css_simple *s) {
    ptrdiff_t end = view_find(p->rest, ')');
    struct buf b = BUF_MAX(CSS_SELECTOR_BYTES_MAX);
    int r = 0;

    for (ptrdiff_t i = 0; i < end && r == 0; i++)
        if (!is_blank(p->rest.ptr[i]))
            r = buf_append_byte(&b, p->rest.ptr[i]);
    struct view v = lower(keep(p, &b, end < 0 ? ERROR_SYNTAX : r));
    if (p->failed)
        return;
    p->rest = view_drop(p->rest, (size_t)end);
    ptrdiff_t n = view_find(v, 'n');
    if (view_eq(v, VIEW("odd")) || view_eq(v, VIEW("even"))) {
        s->step = 2;
        s->offset = *v.ptr == 'o';
        return;
    }
    if (n < 0) {
        p->failed = !to_int(v, &s->offset);
        return;
    }
    struct view step = view_take(v, (size_t)n), offset = view_drop(v, (size_t)n + 1);
    if (!step.len || view_eq(step, VIEW("+")))
        s->step = 1;
    else if (view_eq(step, VIEW("-")))
        s->step = -1;
    else
        p->failed = !to_int(step, &s->step);
    if (offset.len && !to_int(offset, &s->offset))
        p->failed = true;
}

enum argument { ARG_NONE, ARG_SELECTOR, ARG_TEXT, ARG_NTH };

static const struct pseudo {
    const char *name;
    enum css_kind kind;
    enum argument argument;
    bool of_type, last;
    int offset; /* of an argumentless :nth */
} pseudos[] = {
    {"not", CSS_NOT, ARG_SELECTOR, false, false, 0},
    {"is", CSS_IS, ARG_SELECTOR, false, false, 0},
    {"where", CSS_IS, ARG_SELECTOR, false, false, 0},
    {"has", CSS_HAS, ARG_SELECTOR, false, false, 0},
    {"haschild", CSS_HAS_CHILD, ARG_SELECTOR, false, false, 0},
    {"contains", CSS_CONTAINS, ARG_TEXT, false, false, 0},
    {"containsown", CSS_CONTAINS_OWN, ARG_TEXT, false, false, 0},
    {"nth-child", CSS_NTH, ARG_NTH, false, false, 0},
    {"nth-last-child", CSS_NTH, ARG_NTH, false, true, 0},
    {"nth-of-type", CSS_NTH, ARG_NTH, true, false, 0},
    {"nth-last-of-type", CSS_NTH, ARG_NTH, true, true, 0},
    {"first-child", CSS_NTH, ARG_NONE, false, false, 1},
    {"last-child", CSS_NTH, ARG_NONE, false, true, 1},
    {"first-of-type", CSS_NTH, ARG_NONE, true, false, 1},
    {"last-of-type", CSS_NTH, ARG_NONE, true, true, 1},
    {"only-child", CSS_ONLY, ARG_NONE, false, false, 0},
    {"only-of-type", CSS_ONLY, ARG_NONE, true, false, 0},
    {"empty", CSS_EMPTY, ARG_NONE, false, false, 0},
    {"root", CSS_ROOT, ARG_NONE, false, false, 0},
    {"link", CSS_LINK, ARG_NONE, false, false, 0},
    {"any-link", CSS_LINK, ARG_NONE, false, false, 0},
    {"input", CSS_INPUT, ARG_NONE, false, false, 0},
    {"checked", CSS_CHECKED, ARG_NONE, false, false, 0},
    {"enabled", CSS_ENABLED, ARG_NONE, false, false, 0},
    {"disabled", CSS_DISABLED, ARG_NONE, false, false, 0},
    {"visited", CSS_NEVER, ARG_NONE, false, false, 0},
    {"hover", CSS_NEVER, ARG_NONE, false, false, 0},
    {"active", CSS_NEVER, ARG_NONE, false, false, 0},
    {"focus", CSS_NEVER, ARG_NONE, false, false, 0},
    {"target", CSS_NEVER, ARG_NONE, false, false, 0},
};

static void parse_argument(struct parser *p, struct css_simple *s, enum argument argument) {
    expect(p, '(');
    skip_blanks(p);
    if (p->failed)
        return;
    if (argument == ARG_SELECTOR)
        s->inside = parse_list(p);
    else if (argument == ARG_TEXT)
        s->value = take_value(p);
    else
        parse_nth(p, s);
    skip_blanks(p);
    expect(p, ')');
}

static void parse_pseudo(struct parser *p, struct css_simple *s) {
    struct view name = lower(take_word(p));

    for (size_t i = 0; i < sizeof pseudos / sizeof *pseudos; i++) {
        const struct pseudo *row = &pseudos[i];
        if (!view_eq(name, view_of_cstr(row->name)))
            continue;
        s->kind = row->kind;
        s->of_type = row->of_type;
        s->last = row->last;
        s->offset = row->offset;
        if (row->argument != ARG_NONE)
            parse_argument(p, s, row->argument);
        return;
    }
    p->failed = true;
}

/* --- compounds, chains, lists --- */

static bool begins_simple(char c) {
    return is_word(c) || (c && memchr("*#.[:\\", c, 6));
}

static struct css_compound *parse_compound(struct parser *p) {
    struct css_compound *compound = make(p, sizeof *compound);
    struct css_simple **end = compound ? &compound->first : NULL;

    if (!begins_simple(peek(p)))
        p->failed = true;
    while (!p->failed && begins_simple(peek(p))) {
        struct css_simple *s = make(p, sizeof *s);
        if (!s)
            break;
        if (take(p, '*')) {
            s->kind = CSS_ANY;
        } else if (take(p, '#')) {
            s->kind = CSS_ID;
            s->value = take_word(p);
        } else if (take(p, '.')) {
            s->kind = CSS_CLASS;
            s->value = take_word(p);
        } else if (take(p, '[')) {
            parse_attribute(p, s);
        } else if (take(p, ':')) {
            parse_pseudo(p, s);
        } else if (end != &compound->first) {
            p->failed = true; /* a type comes first */
        } else {
            s->kind = CSS_TYPE;
            s->value = take_word(p);
        }
        *end = s;
        end = &s->next;
    }
    return compound;
}

static struct css_compound *parse_chain(struct parser *p) {
    struct css_compound *left = NULL;
    char combinator = 0;

    skip_blanks(p);
    for (;;) {
        struct css_compound *c = parse_compound(p);
        if (p->failed)
            return NULL;
        c->left = left;
        c->combinator = combinator;
        left = c;
        combinator = skip_blanks(p) ? ' ' : 0;
        if (peek(p) && memchr(">+~", peek(p), 3)) {
            combinator = peek(p);
            p->rest = view_drop(p->rest, 1);
            skip_blanks(p);
        } else if (!p->rest.len || peek(p) == ',' || peek(p) == ')') {
            return left;
        } else if (!combinator) {
            p->failed = true;
            return NULL;
        }
    }
}

static struct css_selector *parse_list(struct parser *p) {
    struct css_selector *first = NULL, **end = &first;

    if (++p->depth > CSS_SELECTOR_DEPTH_MAX)
        p->failed = true;
    do {
        struct css_selector *s = p->failed ? NULL : make(p, sizeof *s);
        if (!s)
            return NULL;
        s->right = parse_chain(p);
        *end = s;
        end = &s->or;
    } while (!p->failed && take(p, ','));
    p->depth--;
    return first;
}

struct css_selector *css_selector_parse(struct arena *arena, struct view text) {
    struct parser p = {.arena = arena, .rest = text};

    if (text.len > CSS_SELECTOR_BYTES_MAX)
        return NULL;
    struct css_selector *s = parse_list(&p);
    return p.failed || p.rest.len ? NULL : s;
}
