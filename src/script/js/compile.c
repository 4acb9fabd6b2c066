/* Text to bytecode, in a runtime of its own that dies at once: no VU pays for the compiler's memory, and the compiler may use the
 * process's own big stack (nested code of bundlers would not fit on a fiber).
 *
 * The bytecode keeps line numbers and forgets the source. Imports are not followed here: the stub loader answers every specifier
 * with an empty module, and the names stay in the bytecode for the VU's loader. */
#include "script/js/loader.h"

#include "core/fiber.h"
#include "script/js/import_names.h"
#include "script/js/typescript/typescript.h"

#include <errno.h>
#include <quickjs/quickjs.h>
#include <stdio.h>
#include <stdlib.h>

/* One line, so that line numbers stay true. */
#define COMMONJS_HEAD "(function (module, exports, require) {"
#define COMMONJS_TAIL "\n})"

struct compile_task {
    struct source *source;
    struct error *err;
    int result;
};

static int stub_init(JSContext *ctx, JSModuleDef *m) {
    (void)ctx, (void)m;
    return 0;
}

static JSModuleDef *stub_load(JSContext *ctx, const char *name, void *opaque) {
    (void)opaque;
    return JS_NewCModule(ctx, name, stub_init);
}

static char *stub_normalize(JSContext *ctx, const char *base, const char *name, void *opaque) {
    (void)base, (void)opaque;
    return js_strdup(ctx, name);
}

static int32_t int_of(JSContext *ctx, JSValueConst error, const char *name) {
    JSValue v = JS_GetPropertyStr(ctx, error, name);
    int32_t n = 0;
    JS_ToInt32(ctx, &n, v);
    JS_FreeValue(ctx, v);
    return n;
}

/* The one sentence that people search for. */
static struct view in_usual_words(struct view m, char *text, size_t size) {
    struct view head = VIEW("unexpected token in expression: '");

    if (!view_starts_with(m, head) || !view_ends_with(m, VIEW("'")))
        return m;
    int n = snprintf(text, size, "Unexpected token %.*s", VIEW_ARGS(view_take(view_drop(m, head.len), m.len - head.len - 1)));
    return view_of(text, n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1);
}

static int tell_exception(JSContext *ctx, const struct source *s, struct error *err) {
    JSValue error = JS_GetException(ctx);
    int32_t line = int_of(ctx, error, "lineNumber"), column = int_of(ctx, error, "columnNumber");
    JSValue message = JS_GetPropertyStr(ctx, error, "message");
    const char *text = JS_ToCString(ctx, message);
    char usual[256];
    struct view words = in_usual_words(view_of_cstr(text ? text : "syntax error"), usual, sizeof usual);

    if (s->kind == SOURCE_COMMONJS && line == 1)
        column -= (int32_t)sizeof COMMONJS_HEAD - 1;
    error_set(err, ERROR_SYNTAX, "%.*s: Line %d:%d %.*s", VIEW_ARGS(s->url), line, column, VIEW_ARGS(words));
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, message);
    JS_FreeValue(ctx, error);
    return ERROR_SYNTAX;
}

static JSValue compile_text(JSContext *ctx, const struct source *s, struct view text, const char *url) {
    if (s->kind == SOURCE_MODULE)
        return JS_Eval(ctx, text.ptr, text.len, url, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    struct buf wrapped CLEANUP(buf_deinit) = BUF_MAX(LOADER_FILE_BYTES_MAX + sizeof COMMONJS_HEAD + sizeof COMMONJS_TAIL + 1);
    if (text.len > 1 && text.ptr[0] == '#' && text.ptr[1] == '!')
        while (text.len && text.ptr[0] != '\n')
            text = view_drop(text, 1);
    if (buf_append_view(&wrapped, VIEW(COMMONJS_HEAD)) < 0 || buf_append_view(&wrapped, text) < 0 ||
        buf_append_view(&wrapped, VIEW(COMMONJS_TAIL)) < 0)
        return JS_ThrowOutOfMemory(ctx);
    return JS_Eval(ctx, wrapped.ptr, wrapped.len, url, JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY);
}

static int erase_types(const struct source *s, struct buf *out, struct error *err) {
    struct error why = ERROR_NULL;
    int r = typescript_erase(s->text, out, &why);

    return r < 0 ? error_set(err, r, "%.*s: %s", VIEW_ARGS(s->url), why.text) : 0;
}

static int compile_in(JSContext *ctx, struct source *s, struct error *err) {
    size_t size = 0;
    struct buf erased CLEANUP(buf_deinit) = BUF_MAX(LOADER_FILE_BYTES_MAX);
    struct view text = s->text;
    int r = typescript_is(s->url) ? erase_types(s, &erased, err) : 0;

    if (r < 0)
        return r;
    if (erased.len)
        text = buf_view(&erased);
    char *url = view_dup_cstr(s->url);
    JSValue code = url ? compile_text(ctx, s, text, url) : JS_ThrowOutOfMemory(ctx);

    free(url);
    if (JS_IsException(code))
        return tell_exception(ctx, s, err);
    uint8_t *bytes = JS_WriteObject(ctx, &size, code, JS_WRITE_OBJ_BYTECODE);
    JS_FreeValue(ctx, code);
    if (!bytes)
        return tell_exception(ctx, s, err);
    s->bytecode = s->kind != SOURCE_MODULE || import_names_read(s, text) == 0 ? malloc(size) : NULL;
    if (s->bytecode) {
        memcpy(s->bytecode, bytes, size);
        s->bytecode_len = size;
    }
    js_free(ctx, bytes);
    return s->bytecode ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static void compile_on_scheduler(void *arg) {
    struct compile_task *t = arg;
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = rt ? JS_NewContext(rt) : NULL;

    if (!ctx) {
        t->result = error_set(t->err, -ENOMEM, "out of memory");
    } else {
        JS_SetMaxStackSize(rt, LOADER_COMPILE_STACK_BYTES);
        JS_UpdateStackTop(rt);
        JS_SetStripInfo(rt, JS_STRIP_SOURCE);
        JS_SetModuleLoaderFunc(rt, stub_normalize, stub_load, NULL);
        t->result = compile_in(ctx, t->source, t->err);
        JS_FreeContext(ctx);
    }
    if (rt)
        JS_FreeRuntime(rt);
}

int loader_compile(struct source *s, struct error *err) {
    struct compile_task t = {.source = s, .err = err};

    if (s->bytecode)
        return 0;
    fiber_call_on_scheduler(compile_on_scheduler, &t);
    return t.result;
}
