/* The table of faults, and its parser. The table is the only place that knows a fault's name, range and
 * meaning: a new fault is one row in fault.h and the code that plays it. */
#include "target/fault.h"
#include "core/duration.h"
#include <inttypes.h>

struct fault_row {
    const char *name;
    enum fault_unit unit;
    int64_t least, most;
    const char *what;
};

static const struct fault_row fault_rows[FAULT_IDS] = {
#define FAULT_ROW(id, name_, unit_, least_, most_, what_)                                                    \
    [id] = {.name = name_, .unit = unit_, .least = least_, .most = most_, .what = what_},
    FAULT_TABLE(FAULT_ROW)
#undef FAULT_ROW
};

enum { FAULT_NS_PER_MS = 1000 * 1000, FAULT_NAMES_MAX = 512 };

const char *fault_name(enum fault_id id) {
    return fault_rows[id].name;
}

static const struct fault_row *fault_find(struct view name) {
    for (size_t i = 0; i < FAULT_IDS; i++)
        if (view_eq(name, view_of_cstr(fault_rows[i].name)))
            return &fault_rows[i];
    return NULL;
}

static const char *fault_format_names(char *out, size_t out_size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FAULT_IDS && used < out_size; i++)
        used += (size_t)snprintf(out + used, out_size - used, "%s%s", i ? ", " : "", fault_rows[i].name);
    return out;
}

static bool fault_read_number(const struct fault_row *row, struct view text, int64_t *out) {
    int64_t ns;
    if (row->unit == FAULT_COUNT)
        return view_to_i64(text, out);
    if (text.len == 0 || duration_parse(text, false, true, &ns, NULL) != 0)
        return false;
    *out = ns / FAULT_NS_PER_MS;
    return ns % FAULT_NS_PER_MS == 0;
}

int fault_parse(struct fault_set *s, struct view text, struct error *err) {
    char names[FAULT_NAMES_MAX];
    struct view rest = text;
    bool has_value;
    int64_t value;
    struct view name = view_cut(&rest, '=', &has_value);
    const struct fault_row *row = fault_find(name);

    if (!row)
        return error_set(err, ERROR_INVALID, "unknown fault \"%.*s\"; known faults: %s", VIEW_ARGS(name),
            fault_format_names(names, sizeof names));
    if (!has_value)
        return error_set(err, ERROR_SYNTAX, "fault \"%s\" needs a value: %s=%s", row->name, row->name,
            row->unit == FAULT_COUNT ? "N" : "MS");
    if (!fault_read_number(row, rest, &value) || value < row->least || value > row->most)
        return error_set(err, ERROR_INVALID,
            "fault \"%s\": \"%.*s\" is not a whole number%s from %" PRId64 " to %" PRId64, row->name,
            VIEW_ARGS(rest), row->unit == FAULT_COUNT ? "" : " of milliseconds", row->least, row->most);
    s->value[row - fault_rows] = value;
    return 0;
}

char *fault_format(const struct fault_set *s, char *out, size_t out_size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FAULT_IDS && used < out_size; i++)
        if (s->value[i])
            used += (size_t)snprintf(out + used, out_size - used, "%s%s=%" PRId64, used ? " " : "",
                fault_rows[i].name, s->value[i]);
    return out;
}

void fault_print_table(FILE *out) {
    for (size_t i = 0; i < FAULT_IDS; i++) {
        const struct fault_row *row = &fault_rows[i];
        fprintf(out, "  %-10s = %-3s %s\n", row->name, row->unit == FAULT_COUNT ? "N" : "MS", row->what);
    }
}
