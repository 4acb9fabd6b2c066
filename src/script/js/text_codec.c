/* The globals TextEncoder and TextDecoder (UTF-8, UTF-16 little and big endian). Each is made when a script first asks for it. */
#include "core/utf8.h"
#include "script/js/module.h"

#include <stdlib.h>

enum { TEXT_BYTES_MAX = 1 << 30, TAIL_BYTES_MAX = 4 };

extern int text_codec_globals(JSContext *ctx, JSValueConst global);

/* --- TextEncoder --- */

static JSValue encoder_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue encoder_encoding(JSContext *ctx, JSValueConst this_val);

static const JSCFunctionListEntry encoder_members[] = {
    JS_CFUNC_DEF("encode", 1, encoder_encode),
    JS_CGETSET_DEF("encoding", encoder_encoding, NULL),
};
static struct js_class encoder = {{"TextEncoder", .finalizer = NULL}, encoder_members, JS_COUNT(encoder_members), 0};

static JSValue encoder_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return js_class_construct(ctx, &encoder, new_target, NULL);
}

static JSValue encoder_encoding(JSContext *ctx, JSValueConst this_val) {
    (void)this_val;
    return JS_NewString(ctx, "utf-8");
}

/* QuickJS writes a lone surrogate as three bytes ED A0..BF xx. */
static int append_text(struct buf *out, struct view v) {
    int r = 0;

    while (v.len && r == 0) {
        const char *odd = memchr(v.ptr, 0xED, v.len);
        while (odd && ((size_t)(v.ptr + v.len - odd) < 3 || (unsigned char)odd[1] < 0xA0))
            odd = memchr(odd + 1, 0xED, (size_t)(v.ptr + v.len - odd - 1));
        size_t plain = odd ? (size_t)(odd - v.ptr) : v.len;
        r = buf_append(out, v.ptr, plain);
        if (r == 0 && odd)
            r = utf8_append(out, UTF8_REPLACEMENT);
        v = view_drop(v, odd ? plain + 3 : plain);
    }
    return r;
}

static JSValue encoder_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(TEXT_BYTES_MAX);
    struct view text;
    int r = 0;
    (void)this_val;

    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        if (!js_text(ctx, argv[0], &text))
            return JS_EXCEPTION;
        r = append_text(&b, text);
        js_text_free(ctx, text);
    }
    if (r < 0)
        return JS_ThrowOutOfMemory(ctx);
    /* QuickJS reads offset and length whatever count it is told. */
    JSValue args[3] = {js_buffer(ctx, buf_view(&b)), JS_UNDEFINED, JS_UNDEFINED};
    JSValue array = JS_IsException(args[0]) ? JS_EXCEPTION : JS_NewTypedArray(ctx, 3, args, JS_TYPED_ARRAY_UINT8);
    JS_FreeValue(ctx, args[0]);
    return array;
}

/* --- TextDecoder --- */

enum text_encoding { TEXT_UTF8, TEXT_UTF16LE, TEXT_UTF16BE };

struct decoder {
    enum text_encoding encoding;
    bool fatal, ignore_bom;
    bool begun; /* a byte order mark can no longer come */
    char tail[TAIL_BYTES_MAX]; /* of a character that the next piece goes on with */
    size_t tail_len;
};

static void decoder_finalize(JSRuntime *rt, JSValue v);
static JSValue decoder_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue decoder_get(JSContext *ctx, JSValueConst this_val, int magic);
enum { GET_ENCODING, GET_FATAL, GET_IGNORE_BOM };

static const JSCFunctionListEntry decoder_members[] = {
    JS_CFUNC_DEF("decode", 1, decoder_decode),
    JS_CGETSET_MAGIC_DEF("encoding", decoder_get, NULL, GET_ENCODING),
    JS_CGETSET_MAGIC_DEF("fatal", decoder_get, NULL, GET_FATAL),
    JS_CGETSET_MAGIC_DEF("ignoreBOM", decoder_get, NULL, GET_IGNORE_BOM),
};
static struct js_class decoder_class = {{"TextDecoder", .finalizer = decoder_finalize}, decoder_members, JS_COUNT(decoder_members), 0};

static void decoder_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    free(js_class_opaque(v, &decoder_class));
}

static const struct {
    const char *label;
    enum text_encoding encoding;
} labels[] = {
    {"utf-8", TEXT_UTF8},     {"utf8", TEXT_UTF8},         {"unicode-1-1-utf-8", TEXT_UTF8}, {"utf-16le", TEXT_UTF16LE},
    {"utf-16", TEXT_UTF16LE}, {"ucs-2", TEXT_UTF16LE},     {"unicode", TEXT_UTF16LE},        {"utf-16be", TEXT_UTF16BE},
};

static bool option(JSContext *ctx, JSValueConst options, const char *name) {
    JSValue v = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, name) : JS_UNDEFINED;
    bool set = JS_ToBool(ctx, v) > 0;
    JS_FreeValue(ctx, v);
    return set;
}

static JSValue decoder_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    struct view label = VIEW("utf-8"), given = VIEW_NULL;
    size_t row = 0, count = sizeof labels / sizeof *labels;

    if (argc > 0 && !JS_IsUndefined(argv[0])) {
        if (!js_text(ctx, argv[0], &given))
            return JS_EXCEPTION;
        label = view_trim(given);
    }
    while (row < count && !view_eq_nocase(label, view_of_cstr(labels[row].label)))
        row++;
    if (row == count)
        JS_ThrowRangeError(ctx, "unsupported encoding: %.*s", VIEW_ARGS(view_take(label, 64)));
    js_text_free(ctx, given);
    struct decoder *d = row < count ? calloc(1, sizeof *d) : NULL;
    if (!d)
        return row < count ? JS_ThrowOutOfMemory(ctx) : JS_EXCEPTION;
    d->encoding = labels[row].encoding;
    d->fatal = argc > 1 && option(ctx, argv[1], "fatal");
    d->ignore_bom = argc > 1 && option(ctx, argv[1], "ignoreBOM");
    JSValue v = js_class_construct(ctx, &decoder_class, new_target, d);
    if (JS_IsException(v))
        free(d);
    return v;
}

static JSValue decoder_get(JSContext *ctx, JSValueConst this_val, int magic) {
    static const char *const names[] = {"utf-8", "utf-16le", "utf-16be"};
    struct decoder *d = js_class_opaque(this_val, &decoder_class);

    if (!d)
        return JS_ThrowTypeError(ctx, "not a TextDecoder");
    if (magic == GET_ENCODING)
        return JS_NewString(ctx, names[d->encoding]);
    return JS_NewBool(ctx, magic == GET_FATAL ? d->fatal : d->ignore_bom);
}

/* Bytes at the end of v that are the begin of a character. */
static size_t utf8_unfinished(struct view v) {
    for (size_t back = 1; back <= 3 && back <= v.len; back++) {
        unsigned char c = (unsigned char)v.ptr[v.len - back];
        if ((c & 0xC0) == 0x80)
            continue;
        size_t needs = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
        return needs > back && c < 0xF8 ? back : 0;
    }
    return 0;
}

static uint32_t unit_at(const struct decoder *d, struct view v) {
    unsigned a = (unsigned char)v.ptr[0], b = (unsigned char)v.ptr[1];
    return d->encoding == TEXT_UTF16LE ? b << 8 | a : a << 8 | b;
}

/* Appends v as UTF-8; *rest is what must wait for more. False: malformed (or no memory, which looks the same). */
static bool decode_utf16(const struct decoder *d, struct view v, bool more, struct buf *out, struct view *rest) {
    bool clean = true;
    int r = 0;

    for (; v.len >= 2 && r == 0; v = view_drop(v, 2)) {
        uint32_t unit = unit_at(d, v);
        bool surrogate = unit >= 0xD800 && unit <= 0xDFFF, high = surrogate && unit < 0xDC00;
        if (high && v.len < 4 && more)
            break;
        uint32_t low = high && v.len >= 4 ? unit_at(d, view_drop(v, 2)) : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            v = view_drop(v, 2);
        } else if (surrogate) {
            clean = false; /* utf8_append makes U+FFFD of it */
        }
        r = utf8_append(out, unit);
    }
    *rest = more ? v : VIEW_NULL;
    if (v.len && !more && r == 0) {
        clean = false;
        r = utf8_append(out, UTF8_REPLACEMENT);
    }
    return clean && r == 0;
}

static bool decode_utf8(struct view v, bool more, struct buf *out, struct view *rest) {
    size_t wait = more ? utf8_unfinished(v) : 0;

    *rest = view_drop(v, v.len - wait);
    v = view_take(v, v.len - wait);
    bool clean = utf8_valid(v);
    return (clean ? buf_append_view(out, v) : utf8_append_lossy(out, v)) == 0 && clean;
}

static JSValue decoder_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf in CLEANUP(buf_deinit) = BUF_MAX(TEXT_BYTES_MAX), out CLEANUP(buf_deinit) = BUF_MAX(TEXT_BYTES_MAX);
    struct decoder *d = js_class_opaque(this_val, &decoder_class);
    struct js_bytes bytes = {0};
    struct view rest = VIEW_NULL;

    if (!d)
        return JS_ThrowTypeError(ctx, "not a TextDecoder");
    bool more = argc > 1 && option(ctx, argv[1], "stream");
    if (argc > 0 && !JS_IsUndefined(argv[0]) && (JS_IsString(argv[0]) || !js_bytes(ctx, argv[0], &bytes)))
        return JS_ThrowTypeError(ctx, "the argument to decode() must be an ArrayBuffer or a view of one");
    int r = buf_append(&in, d->tail, d->tail_len);
    if (r == 0)
        r = buf_append_view(&in, bytes.view);
    js_bytes_free(ctx, &bytes);
    if (r < 0)
        return JS_ThrowOutOfMemory(ctx);
    d->tail_len = 0;
    bool clean = d->encoding == TEXT_UTF8 ? decode_utf8(buf_view(&in), more, &out, &rest)
                                          : decode_utf16(d, buf_view(&in), more, &out, &rest);
    struct view text = buf_view(&out);
    if (!d->begun && !d->ignore_bom && view_starts_with(text, VIEW("\xEF\xBB\xBF")))
        text = view_drop(text, 3);
    d->begun = more && (d->begun || out.len > 0);
    if (!clean && d->fatal) {
        d->begun = false;
        return JS_ThrowTypeError(ctx, "The encoded data was not valid");
    }
    if (rest.len && rest.len <= TAIL_BYTES_MAX) {
        memcpy(d->tail, rest.ptr, rest.len);
        d->tail_len = rest.len;
    }
    return js_string(ctx, text);
}

/* --- globals --- */

static JSValue codec_get(JSContext *ctx, JSValueConst this_val, int magic) {
    const char *name = magic ? "TextDecoder" : "TextEncoder";
    JSValue f = magic ? js_class_constructor(ctx, &decoder_class, decoder_construct, name, 0)
                      : js_class_constructor(ctx, &encoder, encoder_construct, name, 0);
    JSValue global = JS_GetGlobalObject(ctx);
    (void)this_val;

    if (!JS_IsException(f))
        JS_DefinePropertyValueStr(ctx, global, name, JS_DupValue(ctx, f), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, global);
    return f;
}

static JSValue codec_set(JSContext *ctx, JSValueConst this_val, JSValueConst v, int magic) {
    JSValue global = JS_GetGlobalObject(ctx);
    (void)this_val;

    JS_DefinePropertyValueStr(ctx, global, magic ? "TextDecoder" : "TextEncoder", JS_DupValue(ctx, v), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_FreeValue(ctx, global);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry globals[] = {
    JS_CGETSET_MAGIC_DEF("TextEncoder", codec_get, codec_set, 0),
    JS_CGETSET_MAGIC_DEF("TextDecoder", codec_get, codec_set, 1),
};

int text_codec_globals(JSContext *ctx, JSValueConst global) {
    JS_SetPropertyFunctionList(ctx, global, globals, JS_COUNT(globals));
    return 0;
}
