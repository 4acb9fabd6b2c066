/* The table of faults, and its parser. The table is the only place that knows a fault's name, range and
 * meaning: a new fault is one row in fault.h and the code that plays it. */
#include "target/fault.h"
#include "core/duration.h"
#include "core/spelling.h"
#include <inttypes.h>
#include <math.h>

#define FAULT_WHOLE 1e-6 /* so near to a whole number of units is one */

struct fault_row {
    const char *name;
    enum fault_unit unit;
    int64_t least, most, preset;
    const char *what, *sees;
};

static const struct fault_row fault_rows[FAULT_IDS] = {
#define FAULT_ROW(id, name_, unit_, least_, most_, preset_, what_, sees_)                                    \
    [id] = {name_, unit_, least_, most_, preset_, what_, sees_},
    FAULT_TABLE(FAULT_ROW)
#undef FAULT_ROW
};

enum {
    FAULT_NS_PER_MS = 1000 * 1000,
    FAULT_NS_PER_US = 1000,
    FAULT_US_PER_MS = 1000,
    FAULT_NAMES_MAX = 512,
    FAULT_NAME_MAX = 32,
    FAULT_PERIOD_SHIFT = 32,
    FAULT_MS_PER_S = 1000,
    FAULT_PER_MINUTE = 60,
    FAULT_PERCENT = 100,
};

/* What a value looks like, for hints and for the sentence about a wrong one. */
static const struct {
    const char *hint, *noun;
} fault_units[FAULT_UNITS] = {
    [FAULT_COUNT] = {"N", "a whole number"},
    [FAULT_MS] = {"MS", "a whole number of milliseconds"},
    [FAULT_FINE_MS] = {"MS", "a number of milliseconds"},
    [FAULT_SECONDS] = {"S", "a time in seconds"},
    [FAULT_RATE] = {"N/s", "a rate like 100/s or 600/m"},
    [FAULT_SHARE] = {"P", "a share like 0.05 or 5%, above 0 and at most 1"},
    [FAULT_KB] = {"KB", "a whole number of KiB"},
    [FAULT_FLAG] = {"", "on; this fault takes no value"},
    [FAULT_NONE] = {"none", "none, the only value there is"},
    [FAULT_PERIOD] = {"S:MS",
        "a distance in seconds and a pause in milliseconds that is shorter, like 10:500"},
};

const char *fault_name(enum fault_id id) {
    return fault_rows[id].name;
}

const char *fault_what(enum fault_id id) {
    return fault_rows[id].what;
}

const char *fault_sees(enum fault_id id) {
    return fault_rows[id].sees;
}

const char *fault_value_hint(enum fault_id id) {
    return fault_units[fault_rows[id].unit].hint;
}

bool fault_needs_value(enum fault_id id) {
    return fault_rows[id].preset == 0;
}

int64_t fault_period_ms(const struct fault_set *s, enum fault_id id) {
    return fault_value(s, id) >> FAULT_PERIOD_SHIFT;
}

int64_t fault_pause_ms(const struct fault_set *s, enum fault_id id) {
    return fault_value(s, id) & UINT32_MAX;
}

void fault_copy(struct fault_set *to, const struct fault_set *from) {
    for (size_t i = 0; i < FAULT_IDS; i++) {
        to->value[i] = fault_value(from, (enum fault_id)i);
        to->since_ns[i] = from->since_ns[i];
    }
}

/* --- names --- */

static struct view fault_suggest(struct view name) {
    struct spelling s = SPELLING_OF(name);
    for (size_t i = 0; i < FAULT_IDS; i++)
        spelling_offer(&s, view_of_cstr(fault_rows[i].name));
    return s.best;
}

static const char *fault_format_names(char *out, size_t out_size) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FAULT_IDS && used < out_size; i++)
        used += (size_t)snprintf(out + used, out_size - used, "%s%s", i ? ", " : "", fault_rows[i].name);
    return out;
}

enum fault_id fault_find(struct view name, struct error *err) {
    char names[FAULT_NAMES_MAX], mean[FAULT_NAME_MAX + 24] = "";
    for (size_t i = 0; i < FAULT_IDS; i++)
        if (view_eq(name, view_of_cstr(fault_rows[i].name)))
            return (enum fault_id)i;
    struct view suggestion = fault_suggest(name);
    if (suggestion.ptr)
        snprintf(mean, sizeof mean, "; did you mean %.*s?", VIEW_ARGS(suggestion));
    struct view shown = view_take(name, FAULT_NAME_MAX);
    error_set(err, ERROR_INVALID, "unknown fault \"%.*s\"%s%s known faults: %s", VIEW_ARGS(shown), mean,
        suggestion.ptr ? "" : ";", fault_format_names(names, sizeof names));
    return FAULT_IDS;
}

/* --- values --- */

/* Into whole units of ns_per_unit; a number without a unit is that many times per_bare. */
static bool fault_read_time(struct view text, int64_t per_bare, int64_t ns_per_unit, int64_t *out) {
    double number;
    int64_t ns;
    if (view_to_double(text, &number)) {
        double units = number * (double)per_bare;
        *out = units >= 0 && units <= (double)INT32_MAX ? (int64_t)(units + 0.5) : -1;
        /* 8.008 s is not quite 8008 ms in binary */
        return *out >= 0 && (fabs((double)*out - units) < FAULT_WHOLE || ns_per_unit == FAULT_NS_PER_US);
    }
    if (text.len == 0 || duration_parse(text, false, false, &ns, NULL) != 0)
        return false;
    *out = ns / ns_per_unit;
    return ns % ns_per_unit == 0;
}

static bool fault_read_rate(struct view text, int64_t *out) {
    struct view per = text;
    bool has_per;
    struct view number = view_cut(&per, '/', &has_per);
    bool minute = has_per && view_eq(per, VIEW("m"));
    if (!view_to_i64(number, out) || *out < 0 || *out > FAULT_RATE_MAX ||
        (has_per && !minute && !view_eq(per, VIEW("s"))))
        return false;
    *out *= minute ? 1 : FAULT_PER_MINUTE;
    return true;
}

static bool fault_read_share(struct view text, int64_t *out) {
    bool percent = view_ends_with(text, VIEW("%"));
    double share;
    if (!view_to_double(percent ? view_take(text, text.len - 1) : text, &share))
        return false;
    share *= (double)FAULT_SHARE_ALL / (percent ? FAULT_PERCENT : 1);
    if (!(share > 0 && share <= FAULT_SHARE_ALL))
        return false;
    *out = share < 1 ? 1 : (int64_t)(share + 0.5);
    return true;
}

static bool fault_read_period(struct view text, int64_t *out) {
    struct view pause = text;
    bool has_pause;
    int64_t period_ms, pause_ms;
    struct view period = view_cut(&pause, ':', &has_pause);
    if (!has_pause || !fault_read_time(period, FAULT_MS_PER_S, FAULT_NS_PER_MS, &period_ms) ||
        !fault_read_time(pause, 1, FAULT_NS_PER_MS, &pause_ms) || pause_ms < 1 || period_ms <= pause_ms ||
        period_ms > FAULT_MS_MAX)
        return false;
    *out = period_ms << FAULT_PERIOD_SHIFT | pause_ms;
    return true;
}

static bool fault_read(const struct fault_row *row, struct view text, int64_t *out) {
    *out = 1;
    switch (row->unit) {
    case FAULT_MS: return fault_read_time(text, 1, FAULT_NS_PER_MS, out);
    case FAULT_FINE_MS: return fault_read_time(text, FAULT_US_PER_MS, FAULT_NS_PER_US, out);
    case FAULT_SECONDS: return fault_read_time(text, FAULT_MS_PER_S, FAULT_NS_PER_MS, out);
    case FAULT_RATE: return fault_read_rate(text, out);
    case FAULT_SHARE: return fault_read_share(text, out);
    case FAULT_FLAG: return view_eq(text, VIEW("on")) || view_eq(text, VIEW("true"));
    case FAULT_NONE: return view_eq(text, VIEW("none"));
    case FAULT_PERIOD: return fault_read_period(text, out);
    default: return view_to_i64(text, out);
    }
}

static int fault_refuse(const struct fault_row *row, struct view text, struct error *err) {
    char range[80] = "";
    if (row->unit == FAULT_COUNT || row->unit == FAULT_MS || row->unit == FAULT_KB)
        snprintf(range, sizeof range, " from %" PRId64 " to %" PRId64, row->least, row->most);
    else if (row->unit == FAULT_FINE_MS)
        snprintf(range, sizeof range, " from %" PRId64 " to %" PRId64, row->least, row->most / FAULT_US_PER_MS);
    else if (row->unit == FAULT_SECONDS)
        snprintf(range, sizeof range, " up to %" PRId64, row->most / FAULT_MS_PER_S);
    struct view shown = view_take(text, FAULT_TEXT_MAX);
    return error_set(err, ERROR_INVALID, "fault \"%s\": \"%.*s\" is not %s%s", row->name, VIEW_ARGS(shown),
        fault_units[row->unit].noun, range);
}

int fault_parse(struct fault_set *s, struct view text, struct error *err) {
    struct view rest = text;
    bool has_value;
    struct view name = view_cut(&rest, '=', &has_value);
    enum fault_id id = fault_find(name, err);
    const struct fault_row *row = &fault_rows[id < FAULT_IDS ? id : 0];
    int64_t value = row->preset;

    if (id == FAULT_IDS)
        return ERROR_INVALID;
    if (!has_value && row->preset == 0)
        return error_set(err, ERROR_SYNTAX, "fault \"%s\" needs a value: %s=%s", row->name, row->name,
            fault_units[row->unit].hint);
    if (has_value && (!fault_read(row, rest, &value) || value < row->least || value > row->most))
        return fault_refuse(row, rest, err);
    s->value[id] = value;
    return 0;
}

char *fault_format_value(const struct fault_set *s, enum fault_id id, char out[FAULT_TEXT_MAX]) {
    int64_t v = fault_value(s, id);
    switch (v ? fault_rows[id].unit : FAULT_UNITS) {
    case FAULT_UNITS: snprintf(out, FAULT_TEXT_MAX, "off"); break;
    case FAULT_FINE_MS: snprintf(out, FAULT_TEXT_MAX, "%.10g", (double)v / FAULT_US_PER_MS); break;
    case FAULT_SECONDS: snprintf(out, FAULT_TEXT_MAX, "%.10g", (double)v / FAULT_MS_PER_S); break;
    case FAULT_RATE:
        snprintf(out, FAULT_TEXT_MAX, v % FAULT_PER_MINUTE ? "%" PRId64 "/m" : "%" PRId64 "/s",
            v % FAULT_PER_MINUTE ? v : v / FAULT_PER_MINUTE);
        break;
    case FAULT_SHARE: snprintf(out, FAULT_TEXT_MAX, "%g", (double)v / FAULT_SHARE_ALL); break;
    case FAULT_FLAG: snprintf(out, FAULT_TEXT_MAX, "on"); break;
    case FAULT_NONE: snprintf(out, FAULT_TEXT_MAX, "none"); break;
    case FAULT_PERIOD:
        snprintf(out, FAULT_TEXT_MAX, "%.10g:%" PRId64, (double)fault_period_ms(s, id) / FAULT_MS_PER_S,
            fault_pause_ms(s, id));
        break;
    default: snprintf(out, FAULT_TEXT_MAX, "%" PRId64, v);
    }
    return out;
}

char *fault_format(const struct fault_set *s, char *out, size_t out_size) {
    char value[FAULT_TEXT_MAX];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < FAULT_IDS && used < out_size; i++) {
        bool flag = fault_rows[i].unit == FAULT_FLAG;
        if (fault_value(s, (enum fault_id)i))
            used +=
                (size_t)snprintf(out + used, out_size - used, "%s%s%s%s", used ? " " : "", fault_rows[i].name,
                    flag ? "" : "=", flag ? "" : fault_format_value(s, (enum fault_id)i, value));
    }
    return out;
}

/* --- what makes no sense together --- */

/* b would never be seen while a has the value only_when (0 = any). */
static const struct {
    enum fault_id a;
    int64_t only_when;
    enum fault_id b;
    const char *why;
} fault_contradictions[] = {
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_DB_LATENCY, "every request fails before it meets the database"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_DB_POOL, "every request fails before it meets the database"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_LOCK, "every request fails before it takes a lock"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_N_PLUS_1, "every request fails before it meets the database"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_NO_INDEX, "every request fails before it meets the database"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_CPU_MS, "every request fails before it is worked on"},
    {FAULT_ERROR_RATE, FAULT_SHARE_ALL, FAULT_WORKERS, "every request fails before it is worked on"},
    {FAULT_WORKERS, 1, FAULT_DB_POOL, "one worker needs one connection: nobody ever waits for the pool"},
    {FAULT_WORKERS, 1, FAULT_LOCK, "one worker is alone: nobody ever waits for the lock"},
};

int fault_check(const struct fault_set *s, struct error *err) {
    char value[FAULT_TEXT_MAX];
    for (size_t i = 0; i < sizeof fault_contradictions / sizeof fault_contradictions[0]; i++) {
        enum fault_id a = fault_contradictions[i].a, b = fault_contradictions[i].b;
        int64_t only_when = fault_contradictions[i].only_when;
        if (fault_value(s, b) && fault_value(s, a) && (!only_when || fault_value(s, a) == only_when))
            return error_set(err, ERROR_INVALID, "%s=%s and %s contradict each other: %s; leave one out",
                fault_name(a), fault_format_value(s, a, value), fault_name(b), fault_contradictions[i].why);
    }
    return 0;
}

void fault_print_table(FILE *out) {
    char head[FAULT_TEXT_MAX];
    for (size_t i = 0; i < FAULT_IDS; i++) {
        const struct fault_row *row = &fault_rows[i];
        const char *hint = fault_units[row->unit].hint;
        snprintf(head, sizeof head,
            row->preset && hint[0] ? "%s[=%s]"
            : hint[0]              ? "%s=%s"
                                   : "%s%s",
            row->name, hint);
        fprintf(out, "  %-20s %s\n", head, row->what);
    }
}
