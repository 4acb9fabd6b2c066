/* Evidence is told per request and per check, so it must cost little: the store finds known keys by hash; exemplars are only written
 * for keys that have none yet. */
#include "script/js/evidence_js.h"

#include "script/js/atoms.h"
#include "script/js/exception.h"
#include "script/js/host_priv.h"
#include "script/js/http/http_response.h"
#include "script/js/module.h"

#include <stdio.h>
#include <stdlib.h>

enum { READ_VALUE_MAX = 80 };

static struct evidence_store *store_of(struct vu *vu) {
    return vu_services(vu)->recorder->evidence;
}

/* --- checks --- */

void evidence_check_begin(struct vu *vu, JSValueConst value) {
    vu->check_response = response_of(value);
    vu->check_reads = 0;
}

void evidence_check_end(struct vu *vu) {
    vu->check_response = NULL;
}

/* Members whose values are few; others would fill the store with texts that all differ. */
#define TOLD_READS                                                                                              \
    (1u << ATOM_STATUS | 1u << ATOM_STATUS_TEXT | 1u << ATOM_ERROR | 1u << ATOM_ERROR_CODE | 1u << ATOM_PROTO | \
     1u << ATOM_TLS_VERSION)

static void tell_reads(struct vu *vu, struct response *r, struct view name, struct view endpoint) {
    static const char *const texts[] = {
#define ATOM_TEXT(id, text) text,
        ATOMS(ATOM_TEXT)
#undef ATOM_TEXT
    };
    for (int i = 0; i < RESPONSE_FIELDS; i++) {
        char detail[READ_VALUE_MAX + 40];
        struct view value;
        if (!(vu->check_reads & TOLD_READS & r->made & 1u << i) || !js_text(vu->ctx, r->fields[i], &value))
            continue;
        int n = snprintf(detail, sizeof detail, "%s=%.*s", texts[i], VIEW_ARGS(view_take(value, READ_VALUE_MAX)));
        js_text_free(vu->ctx, value);
        evidence_store_add(store_of(vu), EVIDENCE_CHECK_READ, name, endpoint, view_of(detail, (size_t)n), 1);
    }
}

static void tell_exemplar(struct vu *vu, const struct response *r, enum evidence_kind kind, struct view subject, struct view object) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(EVIDENCE_EXEMPLAR_MAX);
    response_describe(r, &text);
    evidence_store_exemplar(store_of(vu), kind, subject, object, VIEW(""), buf_view(&text));
}

/* "path::name", cut at the end of the room. Called for every check in a group: no printf here. */
static struct view grouped(struct view path, struct view name, char *out, size_t size) {
    struct view parts[] = {path, VIEW("::"), name};
    size_t len = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct view part = view_take(parts[i], size - 1 - len);
        if (part.len)
            memcpy(out + len, part.ptr, part.len);
        len += part.len;
    }
    return view_of(out, len);
}

void evidence_check(struct vu *vu, JSValueConst value, struct view name, bool passed) {
    char endpoint_text[EVIDENCE_TEXT_MAX], subject_text[EVIDENCE_TEXT_MAX];
    struct response *r = response_of(value);

    if (!r)
        return;
    struct view endpoint = response_endpoint(r, endpoint_text, sizeof endpoint_text);
    struct view subject = name;
    if (vu->group)
        subject = grouped(vu->group->path, name, subject_text, sizeof subject_text);
    enum evidence_kind kind = passed ? EVIDENCE_CHECK_PASSED : EVIDENCE_CHECK_FAILED;
    bool wants = evidence_store_add(store_of(vu), kind, subject, endpoint, VIEW(""), 1);
    if (passed)
        return;
    if (wants)
        tell_exemplar(vu, r, kind, subject, endpoint);
    tell_reads(vu, r, subject, endpoint);
}

/* --- missing properties --- */

/* Does the body have that member at its top? A look at the text is enough for a hint. */
static bool body_has(const struct response *r, struct view property) {
    struct view body = r->op->last.body;
    char quoted[128];
    int n = snprintf(quoted, sizeof quoted, "\"%.*s\"", VIEW_ARGS(view_take(property, 100)));
    struct view start = view_trim(view_take(body, 64));

    if (!start.len || (start.ptr[0] != '{' && start.ptr[0] != '['))
        return false;
    return view_find_view(view_take(body, 64 * 1024), view_of(quoted, (size_t)n)) >= 0;
}

static struct view here(struct vu *vu, char **text) {
    *text = exception_here(vu->ctx);
    return *text ? exception_position(view_of_cstr(*text)) : VIEW("");
}

void evidence_missing(struct vu *vu, const struct response *r, struct view property) {
    char endpoint_text[EVIDENCE_TEXT_MAX], *position, hint[256];
    struct view endpoint = response_endpoint(r, endpoint_text, sizeof endpoint_text);
    struct view where = here(vu, &position);

    if (evidence_store_add(store_of(vu), EVIDENCE_PROPERTY_MISSING, property, endpoint, where, 1)) {
        int n = body_has(r, property) ? snprintf(hint, sizeof hint, "did you mean response.json().%.*s?", VIEW_ARGS(view_take(property, 100)))
                                      : snprintf(hint, sizeof hint, "a Response has no property \"%.*s\"", VIEW_ARGS(view_take(property, 100)));
        evidence_store_exemplar(store_of(vu), EVIDENCE_PROPERTY_MISSING, property, endpoint, where, view_of(hint, (size_t)n));
    }
    free(position);
}

/* --- URLs --- */

static const struct {
    struct view text, meant;
} suspects[] = {
    {{"undefined", 9}, {"undefined", 9}},
    {{"null", 4}, {"null", 4}},
    {{"NaN", 3}, {"NaN", 3}},
    {{"[object Object]", 15}, {"[object Object]", 15}},
    {{"[object%20Object]", 17}, {"[object Object]", 15}},
};

static bool ends_part(char c) {
    return c == '/' || c == '?' || c == '&' || c == '=' || c == '#';
}

/* The suspect that a path segment or query value starting here is; -1 when it is none. */
static int suspect_at(struct view rest) {
    for (size_t i = 0; i < sizeof suspects / sizeof *suspects; i++) {
        struct view text = suspects[i].text;
        if (view_starts_with(rest, text) && (rest.len == text.len || ends_part(rest.ptr[text.len])))
            return (int)i;
    }
    return -1;
}

static void tell_suspect(struct vu *vu, struct view suspect, struct view method, struct view url, struct view name) {
    char endpoint[EVIDENCE_TEXT_MAX], *position;
    int n = snprintf(endpoint, sizeof endpoint, "%.*s %.*s", VIEW_ARGS(method), VIEW_ARGS(name));
    struct view object = view_of(endpoint, n < (int)sizeof endpoint ? (size_t)n : sizeof endpoint - 1);
    struct view where = here(vu, &position);

    if (evidence_store_add(store_of(vu), EVIDENCE_URL_SUSPECT, suspect, object, where, 1))
        evidence_store_exemplar(store_of(vu), EVIDENCE_URL_SUSPECT, suspect, object, where, url);
    free(position);
}

void evidence_url(struct vu *vu, struct view method, struct view url, struct view name) {
    unsigned told = 0;

    /* One pass: every request comes by here. */
    for (size_t i = 0; i + 1 < url.len; i++) {
        char c = url.ptr[i + 1];
        if ((url.ptr[i] != '/' && url.ptr[i] != '=') || (c != 'u' && c != 'n' && c != 'N' && c != '['))
            continue;
        int found = suspect_at(view_drop(url, i + 1));
        if (found < 0 || told & 1u << found || (i && url.ptr[i - 1] == '/' && url.ptr[i] == '/'))
            continue; /* the last: a host of that name */
        told |= 1u << found;
        tell_suspect(vu, suspects[found].meant, method, url, name);
    }
}

/* --- requests --- */

void evidence_error(struct vu *vu, struct view method, struct view name, struct view error, int code) {
    char endpoint[EVIDENCE_TEXT_MAX], number[16];
    int n = snprintf(endpoint, sizeof endpoint, "%.*s %.*s", VIEW_ARGS(method), VIEW_ARGS(name));
    int m = snprintf(number, sizeof number, "%d", code);
    evidence_store_add(store_of(vu), EVIDENCE_REQUEST_ERROR, error, view_of(endpoint, n < (int)sizeof endpoint ? (size_t)n : sizeof endpoint - 1),
                       view_of(number, (size_t)m), 1);
}

void evidence_failed(struct vu *vu, const struct http_hop *hop, struct view name, struct view url, struct view error, int64_t wall_us) {
    char endpoint[EVIDENCE_TEXT_MAX], status[24];
    int n = snprintf(endpoint, sizeof endpoint, "%.*s %.*s", VIEW_ARGS(hop->method), VIEW_ARGS(name));
    struct view object = view_of(endpoint, n < (int)sizeof endpoint ? (size_t)n : sizeof endpoint - 1), subject = error;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(EVIDENCE_EXEMPLAR_MAX);

    if (!subject.len)
        subject = view_of(status, (size_t)snprintf(status, sizeof status, "HTTP %d", hop->status));
    if (!evidence_store_add_at(store_of(vu), EVIDENCE_REQUEST_FAILED, subject, object, VIEW(""), 1, wall_us))
        return;
    response_describe_hop(hop, hop->method, url, error, &text);
    evidence_store_exemplar(store_of(vu), EVIDENCE_REQUEST_FAILED, subject, object, VIEW(""), buf_view(&text));
}

void evidence_counted(struct vu *vu) {
    evidence_store_add(store_of(vu), EVIDENCE_REQUEST_COUNTED, VIEW("http requests"), VIEW(""), VIEW(""), 1);
}

void evidence_interrupted(struct vu *vu) {
    evidence_store_add(store_of(vu), EVIDENCE_REQUEST_INTERRUPTED, VIEW("http requests"), VIEW(""), VIEW(""), 1);
}

/* --- user tags --- */

static bool is_tag_value(JSValueConst v) {
    return JS_IsString(v) || JS_IsNumber(v) || JS_IsBool(v);
}

/* k6 walks over a text's own keys as over an object's: 0=t 1=a 2=g 3=s. */
static bool letters_as_tags(struct vu *vu, JSValueConst text, tagset_id *out) {
    struct view letters;
    size_t index = 0;

    if (!js_text(vu->ctx, text, &letters))
        return false;
    for (size_t i = 0; i < letters.len && index < TAGS_PER_SET_MAX; index++) {
        char name[24];
        size_t from = i++;
        while (i < letters.len && ((unsigned char)letters.ptr[i] & 0xc0) == 0x80)
            i++;
        snprintf(name, sizeof name, "%zu", index);
        *out = record_with(&vu->host->record, *out, view_of_cstr(name), view_of(letters.ptr + from, i - from));
    }
    js_text_free(vu->ctx, letters);
    return true;
}

bool record_js_tags(struct vu *vu, JSValueConst tags, tagset_id base, tagset_id *out, const char *what) {
    JSContext *ctx = vu->ctx;
    JSPropertyEnum *names;
    uint32_t count;
    bool ok = true;

    *out = base;
    if (JS_IsString(tags))
        return letters_as_tags(vu, tags, out);
    if (!JS_IsObject(tags))
        return true;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, tags, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        struct view value;
        const char *name = JS_AtomToCString(ctx, names[i].atom);
        JSValue v = JS_GetProperty(ctx, tags, names[i].atom);
        if (ok && name && is_tag_value(v) && js_text(ctx, v, &value)) {
            *out = record_with(&vu->host->record, *out, view_of_cstr(name), value);
            js_text_free(ctx, value);
        } else if (ok) {
            ok = false;
            js_throw(ctx, "%s%s%sinvalid value for metric tag '%s': only String, Boolean and Number types are accepted as a metric tag values",
                     what ? "invalid " : "", what ? what : "", what ? " metric tags: " : "", name ? name : "");
        }
        JS_FreeValue(ctx, v);
        JS_FreeCString(ctx, name);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return ok;
}
