/* Statements are found by their first word outside of all brackets. */
#include "script/js/import_names.h"

#include "script/js/lexer.h"
#include "script/js/module.h"

#include <errno.h>
#include <stdlib.h>

struct reader {
    struct lexer lexer;
    struct lexer_token token;
    struct source *source;
    int result;
};

static struct view word(const struct reader *r) {
    return lexer_text(&r->lexer, r->token);
}
static bool is(const struct reader *r, const char *text) {
    return r->token.kind != LEXER_STRING && view_eq(word(r), view_of_cstr(text));
}
static void next(struct reader *r) {
    r->token = lexer_next(&r->lexer);
}

static bool has_export(const struct module_row *row, struct view name) {
    for (const char *const *e = row->exports; *e; e++)
        if (view_eq(view_of_cstr(*e), name))
            return true;
    return view_eq(name, VIEW("default"));
}

static struct source_import *import_of(struct reader *r, struct view specifier) {
    struct source *s = r->source;

    for (size_t i = 0; i < s->import_count; i++)
        if (view_eq(view_of_cstr(s->imports[i].specifier), specifier))
            return &s->imports[i];
    struct source_import *more = reallocarray(s->imports, s->import_count + 1, sizeof *more);
    if (!more)
        return NULL;
    s->imports = more;
    more[s->import_count] = (struct source_import){
        .specifier = view_dup_cstr(specifier), .variant = BUF_MAX(IMPORT_NAMES_BYTES_MAX)};
    if (!more[s->import_count].specifier)
        return NULL;
    struct source_import *i = &more[s->import_count++];
    return buf_append_view(&i->variant, specifier) < 0 ? NULL : i;
}

static bool wanted_before(const struct source_import *i, struct view name) {
    bool has_default;
    struct view more;

    for (import_names_split(buf_view(&i->variant), &more, &has_default); more.ptr;)
        if (view_eq(view_cut(&more, ',', NULL), name))
            return true;
    return false;
}

/* At a module's name in quotes. */
static void request(
    struct reader *r, bool wants_default, bool wants_namespace, const struct view *names, size_t count) {
    struct view specifier = view_take(view_drop(word(r), 1), r->token.len >= 2 ? r->token.len - 2 : 0);
    const struct module_row *row = module_find(specifier);
    struct source_import *i = row ? import_of(r, specifier) : NULL;
    int e = row && !i ? -ENOMEM : 0;

    for (size_t k = 0; i && e == 0 && k < count; k++) {
        wants_default = wants_default || view_eq(names[k], VIEW("default"));
        if (!has_export(row, names[k]) && !wanted_before(i, names[k]))
            e = buf_printf(
                &i->variant, "%c%.*s", i->variant.len == specifier.len ? '?' : ',', VIEW_ARGS(names[k]));
    }
    if (i) {
        i->wants_default = i->wants_default || wants_default;
        i->wants_namespace = i->wants_namespace || wants_namespace;
    }
    r->result = e;
}

enum { NAMES_MAX = 1000 };

/* { a, b as c }: the names as the module has them. */
static size_t read_names(struct reader *r, struct view names[NAMES_MAX]) {
    size_t count = 0;
    bool fresh = true;

    for (next(r); r->token.kind != LEXER_END && !is(r, "}"); next(r)) {
        if (fresh && r->token.kind == LEXER_WORD && count < NAMES_MAX)
            names[count++] = word(r);
        fresh = is(r, ",");
    }
    if (r->token.kind != LEXER_END)
        next(r);
    return count;
}

/* Behind `import` or `export`. */
static void statement(struct reader *r, bool import) {
    struct view names[NAMES_MAX];
    size_t count = 0;
    bool has_default = false, has_namespace = false;

    if (import && r->token.kind == LEXER_STRING) {
        request(r, false, false, NULL, 0);
        return;
    }
    if (import && r->token.kind == LEXER_WORD && !is(r, "from")) {
        has_default = true;
        next(r);
        if (is(r, ","))
            next(r);
    }
    if (is(r, "*")) {
        has_namespace = import;
        next(r);
        if (is(r, "as")) {
            next(r);
            next(r);
        }
    } else if (is(r, "{")) {
        count = read_names(r, names);
    }
    if (!is(r, "from"))
        return;
    next(r);
    if (r->token.kind == LEXER_STRING)
        request(r, has_default, has_namespace, names, count);
}

int import_names_read(struct source *s, struct view text) {
    struct reader *r = calloc(1, sizeof *r);

    if (!r)
        return -ENOMEM;
    r->source = s;
    lexer_init(&r->lexer, text);
    next(r);
    while (r->token.kind != LEXER_END && r->result == 0) {
        bool top = r->token.kind == LEXER_WORD && !r->lexer.depth && !r->lexer.dot_before;
        bool import = top && is(r, "import"), export = top && is(r, "export");
        next(r);
        if (import || export)
            statement(r, import);
    }
    for (size_t i = 0; i < s->import_count && r->result == 0; i++)
        if (s->imports[i].wants_namespace && !s->imports[i].wants_default)
            r->result = buf_append_byte(&s->imports[i].variant, '*');
    int result = r->result;
    free(r);
    return result;
}

struct view import_names_variant(const struct source *s, struct view specifier) {
    for (size_t i = 0; i < s->import_count; i++)
        if (view_eq(view_of_cstr(s->imports[i].specifier), specifier))
            return s->imports[i].variant.len > specifier.len ? buf_view(&s->imports[i].variant) : VIEW_NULL;
    return VIEW_NULL;
}

struct view import_names_split(struct view name, struct view *more, bool *has_default) {
    bool found;

    *has_default = !view_ends_with(name, VIEW("*"));
    if (!*has_default)
        name = view_take(name, name.len - 1);
    *more = name;
    struct view module = view_cut(more, '?', &found);
    if (!found)
        *more = VIEW_NULL;
    return module;
}
