/* The protocol has no way to write a line break in a tag, nor a backslash at its end (it would hide what
 * follows): they become "\n" and "/". */
#include "report/influx_line.h"

#include "core/json_writer.h"
#include "core/utf8.h"

enum { TEXT_MAX = 64 * 1024 };
#define NANOS_PER_SECOND INT64_C(1000000000)

void influx_line_init(struct influx_line *l) {
    *l = (struct influx_line){.tick_ns = 1};
    output_tags_init(&l->tags);
}

void influx_line_deinit(struct influx_line *l) {
    output_tags_deinit(&l->tags);
}

int influx_line_fields(struct influx_line *l, struct view list, struct error *err) {
    static const char *const kinds[] = {
        [INFLUX_TEXT] = "string", [INFLUX_INT] = "int", [INFLUX_FLOAT] = "float", [INFLUX_BOOL] = "bool"};
    l->field_count = 0;
    while (list.len) {
        bool typed;
        struct view kind = view_cut(&list, ',', NULL), name = view_trim(view_cut(&kind, ':', &typed));
        size_t k = 0;
        while (typed && k < 4 && !view_eq(view_trim(kind), view_of_cstr(kinds[k])))
            k++;
        if (k == 4 || !name.len)
            return error_set(err, ERROR_INVALID,
                "a tag that becomes a field is written NAME or NAME:int, :float, :bool, :string, not "
                "'%.*s:%.*s'",
                VIEW_ARGS(name), VIEW_ARGS(kind));
        if (l->field_count == INFLUX_FIELDS_MAX)
            return error_set(err, ERROR_LIMIT, "at most %d tags can become fields", INFLUX_FIELDS_MAX);
        l->fields[l->field_count++] = (struct influx_field){name, (enum influx_field_kind)k};
    }
    return 0;
}

int influx_line_precision(struct influx_line *l, struct view name, struct error *err) {
    static const struct {
        const char *name;
        int64_t ns;
    } table[] = {{"", 1}, {"ns", 1}, {"n", 1}, {"u", 1000}, {"us", 1000}, {"ms", 1000000},
        {"s", NANOS_PER_SECOND}, {"m", 60 * NANOS_PER_SECOND}, {"h", 3600 * NANOS_PER_SECOND}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!view_eq(name, view_of_cstr(table[i].name)))
            continue;
        l->tick_ns = table[i].ns;
        return 0;
    }
    return error_set(
        err, ERROR_INVALID, "the precision must be ns, u, ms, s, m or h, not '%.*s'", VIEW_ARGS(name));
}

/* A name or a tag's value: `special` characters and blanks get a backslash. */
static int append_key(struct buf *out, struct view v, const char *special) {
    struct buf fixed CLEANUP(buf_deinit) = BUF_MAX(TEXT_MAX);
    int r = 0;
    if (!utf8_valid(v)) {
        r = utf8_append_lossy(&fixed, v);
        v = buf_view(&fixed);
    }
    for (size_t i = 0; i < v.len && r == 0; i++) {
        char c = v.ptr[i];
        if (c == '\n' || c == '\r')
            r = buf_append(out, c == '\n' ? "\\n" : "\\r", 2);
        else if (c == '\\' && i == v.len - 1)
            r = buf_append_byte(out, '/');
        else if (c == ' ' || strchr(special, c))
            r = buf_printf(out, "\\%c", c);
        else
            r = buf_append_byte(out, c);
    }
    return r;
}

static int append_text(struct buf *out, struct view v) {
    int r = buf_append_byte(out, '"');
    for (size_t i = 0; i < v.len && r == 0; i++) {
        if (v.ptr[i] == '"' || v.ptr[i] == '\\')
            r = buf_append_byte(out, '\\');
        r = r < 0 ? r : buf_append_byte(out, v.ptr[i]);
    }
    return r < 0 ? r : buf_append_byte(out, '"');
}

/* What is no number of its kind stays text, as k6 has it. */
static int append_field(struct buf *out, struct influx_field f, struct view v) {
    int64_t whole;
    double number;
    char text[JSON_WRITER_NUMBER_MAX];
    int r = append_key(out, f.tag, ",=");
    r = r < 0 ? r : buf_append_byte(out, '=');
    if (r < 0)
        return r;
    if (f.kind == INFLUX_INT && view_to_i64(v, &whole))
        return buf_printf(out, "%lldi,", (long long)whole);
    if (f.kind == INFLUX_FLOAT && view_to_double(v, &number))
        return buf_printf(out, "%s,", json_format_double(number, text));
    if (f.kind == INFLUX_BOOL && (view_eq(v, VIEW("true")) || view_eq(v, VIEW("false"))))
        return buf_printf(out, "%.*s,", VIEW_ARGS(v));
    r = append_text(out, v);
    return r < 0 ? r : buf_append_byte(out, ',');
}

static const struct influx_field *field_of(const struct influx_line *l, struct view tag) {
    for (size_t i = 0; i < l->field_count; i++)
        if (view_eq(l->fields[i].tag, tag))
            return &l->fields[i];
    return NULL;
}

/* ",tag=value,tag=value field=text," */
static int render(void *ctx, const struct tags *tags, tagset_id set, struct buf *out) {
    const struct influx_line *l = ctx;
    int r = 0;
    for (size_t i = 0; i < tags_count(tags, set) && r == 0; i++) {
        struct tag t = tags_at(tags, set, i);
        if (!t.key.len || !t.value.len || field_of(l, t.key))
            continue;
        r = buf_append_byte(out, ',');
        r = r < 0 ? r : append_key(out, t.key, ",=");
        r = r < 0 ? r : buf_append_byte(out, '=');
        r = r < 0 ? r : append_key(out, t.value, ",=");
    }
    r = r < 0 ? r : buf_append_byte(out, ' ');
    for (size_t i = 0; i < tags_count(tags, set) && r == 0; i++) {
        struct tag t = tags_at(tags, set, i);
        const struct influx_field *f = field_of(l, t.key);
        if (f)
            r = append_field(out, *f, t.value);
    }
    return r;
}

int influx_line_append(
    struct influx_line *l, const struct run_state *r, const struct sample *p, struct buf *out) {
    char number[JSON_WRITER_NUMBER_MAX];
    size_t from = out->len;
    int e = append_key(out, metrics_name(r->total->metrics, p->metric), ",");
    e = e < 0 ? e : output_tags_append(&l->tags, r->total->tags, p->tags, render, l, out);
    e = e < 0 ? e
              : buf_printf(out, "value=%s %lld\n", json_format_double(p->value == 0 ? 0 : p->value, number),
                    (long long)(p->wall_ns / l->tick_ns));
    if (e < 0)
        out->len = from;
    return e;
}
