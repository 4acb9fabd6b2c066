/* Options and the choice of the layout. */
#include "report/summary.h"

#include <jansson.h>
#include <stdlib.h>

#include "report/summary_table_priv.h"

static const struct {
    const char *name;
    enum summary_mode mode;
} modes[] = {{"compact", SUMMARY_COMPACT}, {"full", SUMMARY_FULL}, {"legacy", SUMMARY_LEGACY}, {"disabled", SUMMARY_DISABLED}};

bool summary_mode_of(struct view name, enum summary_mode *out) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!view_eq(name, view_of_cstr(modes[i].name)))
            continue;
        *out = modes[i].mode;
        return true;
    }
    return false;
}

static void add_stat(struct summary_options *o, const char *name) {
    struct trend_stat stat;
    if (!name || o->stat_count == SUMMARY_STATS_MAX || strlen(name) >= sizeof o->names[0] || trend_stat_parse(view_of_cstr(name), &stat, NULL) != 0)
        return;
    char *copy = o->names[o->stat_count];
    memcpy(copy, name, strlen(name) + 1);
    o->stat_names[o->stat_count] = view_of_cstr(copy);
    o->stats[o->stat_count++] = stat;
}

void summary_options_from_plan(struct summary_options *o, const struct plan *plan) {
    static const char *const usual[] = {"avg", "min", "med", "max", "p(90)", "p(95)"};
    json_t *options = json_loadb(plan->host_options.len ? plan->host_options.ptr : "", plan->host_options.len, 0, NULL), *stat;
    size_t i;
    *o = (struct summary_options){.time_unit_name = VIEW("")};
    json_array_foreach(json_object_get(options, "summaryTrendStats"), i, stat)
        add_stat(o, json_string_value(stat));
    bool none = o->stat_count == 0;
    for (i = 0; none && i < sizeof usual / sizeof *usual; i++)
        add_stat(o, usual[i]);
    const char *unit = json_string_value(json_object_get(options, "summaryTimeUnit"));
    if (unit && strlen(unit) < sizeof o->unit_name) {
        memcpy(o->unit_name, unit, strlen(unit) + 1);
        o->time_unit_name = view_of_cstr(o->unit_name);
        o->time_unit = humanize_unit_of(o->time_unit_name);
    }
    json_decref(options);
}

int summary_text(const struct run_state *r, const struct summary_options *o, struct buf *out) {
    struct summary_data d;
    if (o->mode == SUMMARY_DISABLED)
        return 0;
    int e = summary_data_init(&d, r, o->mode == SUMMARY_FULL);
    if (e < 0)
        return e;
    e = o->mode == SUMMARY_LEGACY ? summary_write_legacy(&d, o, out) : summary_write_modern(&d, o, out);
    summary_data_deinit(&d);
    return e;
}
