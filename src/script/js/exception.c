/* QuickJS keeps the stack as lines "    at name (file:line:col)". k6 prints "\tat name (file:line:col(pc))": we have no pc and leave
 * it out. A frame without a name is printed as its position alone; native ones as "name (native)".
 *
 * Some of QuickJS's messages say the same as k6's in other words; the table of phrases turns those into k6's, since people search
 * for them. */
#include "script/js/exception.h"

#include "core/buf.h"
#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAME VIEW("    at ")

enum { FRAMES_SHOWN_MAX = 30 };

static bool append_phrase(struct buf *out, struct view m) {
    static const struct { struct view head, tail, say_head, say_tail; } quoted[] = {
        {{"'", 1}, {"' is not defined", 16}, {"", 0}, {" is not defined", 15}},
        {{"'", 1}, {"' is read-only", 14}, {NULL, 0}, {"Assignment to constant variable.", 32}},
        {{"cannot read property ", 21}, {"", 0}, {"Cannot read property ", 21}, {"", 0}},
        {{"cannot set property ", 20}, {"", 0}, {"Cannot set property ", 20}, {"", 0}},
    };
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        if (!view_starts_with(m, quoted[i].head) || !view_ends_with(m, quoted[i].tail) || m.len < quoted[i].head.len + quoted[i].tail.len)
            continue;
        struct view middle = view_take(view_drop(m, quoted[i].head.len), m.len - quoted[i].head.len - quoted[i].tail.len);
        if (!quoted[i].say_head.ptr)
            middle = VIEW("");
        return buf_append_view(out, quoted[i].say_head) == 0 && buf_append_view(out, middle) == 0 &&
               buf_append_view(out, quoted[i].say_tail) == 0;
    }
    return buf_append_view(out, m) == 0;
}

/* One property of the error as text; false when it is absent. Never leaves an exception behind. */
static bool property_text(JSContext *ctx, JSValueConst error, const char *name, struct view *out) {
    JSValue v = JS_GetPropertyStr(ctx, error, name);
    bool ok = !JS_IsException(v) && !JS_IsUndefined(v) && js_text(ctx, v, out);
    JS_FreeValue(ctx, v);
    if (!ok)
        JS_FreeValue(ctx, JS_GetException(ctx));
    return ok;
}

static void append_headline(JSContext *ctx, JSValueConst error, struct buf *out) {
    struct view text;

    if (JS_IsError(ctx, error)) {
        struct view name = VIEW("Error"), message;
        bool named = property_text(ctx, error, "name", &name);
        bool told = property_text(ctx, error, "message", &message);
        if (buf_append_view(out, name) == 0 && told && message.len && buf_append(out, ": ", 2) == 0)
            append_phrase(out, message);
        if (told)
            js_text_free(ctx, message);
        if (named)
            js_text_free(ctx, name);
        return;
    }
    if (js_text(ctx, error, &text)) {
        int r = buf_append_view(out, text);
        (void)r;
        js_text_free(ctx, text);
        return;
    }
    JS_FreeValue(ctx, JS_GetException(ctx));
    int r = buf_append_view(out, VIEW("[object]"));
    (void)r;
}

/* Is `name` a class of the file that "(url:line:column)" names? Looked up in its text: in k6 constructors of classes have no name. */
static bool is_class(JSContext *ctx, struct view name, struct view place) {
    if (!name.len || *name.ptr < 'A' || *name.ptr > 'Z' || place.len < 2)
        return false;
    struct view url = view_take(view_drop(place, 1), place.len - 2);
    for (int part = 0; part < 2; part++) {
        while (url.len && url.ptr[url.len - 1] != ':')
            url.len--;
        url.len -= url.len > 0;
    }
    const struct source *s = loader_find(&js_vu(ctx)->host->loader, url);
    for (struct view rest = s ? s->text : VIEW_NULL; rest.ptr;) {
        ptrdiff_t at = view_find_view(rest, VIEW("class "));
        if (at < 0)
            return false;
        rest = view_drop(rest, (size_t)at + 6);
        char after = rest.len > name.len ? rest.ptr[name.len] : 0;
        if (view_starts_with(rest, name) && (after == ' ' || after == '{' || after == '<' || after == '\n' || after == '\r'))
            return true;
    }
    return false;
}

static bool append_frame(JSContext *ctx, struct buf *out, struct view line) {
    struct view rest = view_drop(line, FRAME.len);
    ptrdiff_t paren = view_find_view(rest, VIEW(" ("));
    struct view name = paren < 0 ? rest : view_take(rest, (size_t)paren);
    struct view place = paren < 0 ? VIEW_NULL : view_drop(rest, (size_t)paren + 1);

    if (view_starts_with(name, VIEW("get ")) || view_starts_with(name, VIEW("set ")))
        name = view_drop(name, 4);

    if (view_eq(place, VIEW("(native)")) && view_eq(name, VIEW("<anonymous>")))
        return true;
    if (place.len > 2 && (view_eq(name, VIEW("<anonymous>")) || view_eq(name, VIEW("<eval>")) || is_class(ctx, name, place)))
        return buf_printf(out, "\n\tat %.*s", VIEW_ARGS(view_take(view_drop(place, 1), place.len - 2))) == 0;
    return buf_printf(out, "\n\tat %.*s%s%.*s", VIEW_ARGS(name), place.len ? " " : "", VIEW_ARGS(place)) == 0;
}

char *exception_text(JSContext *ctx, JSValueConst error, bool in_promise) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(EXCEPTION_TEXT_MAX);
    struct view stack;
    bool framed = false;
    int frames = 0;

    if (in_promise && buf_append_view(&out, VIEW("Uncaught (in promise) ")) < 0)
        return NULL;
    append_headline(ctx, error, &out);
    if (JS_IsError(ctx, error) && property_text(ctx, error, "stack", &stack)) {
        for (struct view rest = stack; rest.ptr;) {
            struct view line = view_cut(&rest, '\n', NULL);
            if (!view_starts_with(line, FRAME))
                continue;
            framed = true;
            if (++frames <= FRAMES_SHOWN_MAX && !append_frame(ctx, &out, line))
                break;
        }
        js_text_free(ctx, stack);
    }
    if (framed) {
        int r = frames > FRAMES_SHOWN_MAX ? buf_printf(&out, "\n\t… and %d more", frames - FRAMES_SHOWN_MAX) : 0;
        r |= buf_append_byte(&out, '\n');
        (void)r;
    }
    return buf_steal(&out, NULL);
}

char *exception_here(JSContext *ctx) {
    JSValue error = JS_NewError(ctx);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(EXCEPTION_TEXT_MAX);
    struct view stack;

    /* Creating an Error does not record the stack; calling its constructor does. */
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue make = JS_GetPropertyStr(ctx, global, "Error");
    JS_FreeValue(ctx, error);
    error = JS_CallConstructor(ctx, make, 0, NULL);
    JS_FreeValue(ctx, make);
    JS_FreeValue(ctx, global);
    if (!JS_IsException(error) && property_text(ctx, error, "stack", &stack)) {
        for (struct view rest = stack; rest.ptr && !out.len;) {
            struct view line = view_cut(&rest, '\n', NULL);
            if (view_starts_with(line, FRAME) && !view_ends_with(line, VIEW("(native)")))
                append_frame(ctx, &out, line);
        }
        js_text_free(ctx, stack);
    }
    JS_FreeValue(ctx, error);
    JS_FreeValue(ctx, JS_GetException(ctx));
    if (out.len)
        buf_consume(&out, 2);
    return buf_steal(&out, NULL);
}

struct view exception_position(struct view stack) {
    for (struct view rest = stack; rest.ptr;) {
        struct view line = view_trim(view_cut(&rest, '\n', NULL));
        if (!view_starts_with(line, VIEW("at ")) || view_ends_with(line, VIEW("(native)")))
            continue;
        line = view_drop(line, 3);
        ptrdiff_t paren = view_find_view(line, VIEW(" ("));
        if (paren < 0)
            return line;
        line = view_drop(line, (size_t)paren + 2);
        return view_take(line, line.len - 1);
    }
    return VIEW_NULL;
}

void exception_log(struct vu *vu, const char *text, bool from_stack) {
    struct view message = view_of_cstr(text ? text : "out of memory");
    struct log_record r = {.level = LOG_ERROR, .message = message};
    const struct script_services *services = vu_services(vu);

    if (vu->scenario) {
        r.fields[r.field_count++] = (struct log_field){VIEW("executor"), view_of_cstr(plan_executor_name(vu->scenario->executor))};
        r.fields[r.field_count++] = (struct log_field){VIEW("scenario"), vu->scenario->name};
    }
    if (from_stack) {
        r.fields[r.field_count++] = (struct log_field){VIEW("hint"), VIEW("script exception")};
        r.fields[r.field_count++] = (struct log_field){VIEW("source"), VIEW("stacktrace")};
    }
    services->log->write(services->log, &r);

    ptrdiff_t end = view_find(message, '\n');
    struct view headline = end < 0 ? message : view_take(message, (size_t)end);
    evidence_store_add(services->recorder->evidence, EVIDENCE_SCRIPT_ERROR, headline, vu->scenario ? vu->scenario->name : VIEW(""),
                       exception_position(message), 1);
}
