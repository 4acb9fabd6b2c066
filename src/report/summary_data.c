/* Which series belong to a section is decided by tag filters ({group:::a,scenario:b}); values are collected by merging series, so
 * percentiles of sub-metrics are exact. Groups are not told by anybody: they are read off the `group` tags of group_duration and checks
 * (setup's and teardown's own groups have neither). The store keeps series in the order of birth, which is the order of first
 * appearance that k6 shows. Names and paths are views into the tag table or the plan, which outlive the summary. */
#include "report/summary_data.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hashmap.h"

enum { FILTER_MAX = 2, NAMES_MAX = 200000 };

struct filter {
    struct tag tags[FILTER_MAX];
    size_t n;
};

static bool hidden(struct view name) {
    return view_starts_with(name, VIEW("halftime_"));
}

double summary_rate(const struct summary_data *d, double count) {
    return d->elapsed_s > 0 ? count / d->elapsed_s : 0;
}

static void id_of(struct view path, char out[SUMMARY_ID_MAX]) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(path.ptr, path.len, digest, &len, EVP_md5(), NULL) != 1)
        len = 0;
    for (unsigned i = 0; i < len && 2 * i + 2 < SUMMARY_ID_MAX; i++)
        snprintf(out + 2 * (size_t)i, 3, "%02x", digest[i]);
    out[2 * (size_t)len] = 0;
}

/* ---- metrics ---- */

static int compare_metrics(const void *a, const void *b) {
    const struct summary_metric *x = a, *y = b;
    int r = view_cmp(x->base, y->base);
    if (r == 0 && !x->sub.ptr != !y->sub.ptr)
        return x->sub.ptr ? 1 : -1;
    return r ? r : view_cmp(x->name, y->name);
}

struct metric_list {
    struct summary_metric *items;
    size_t len, cap;
};

static struct summary_metric *metric_list_add(struct metric_list *l) {
    if (l->len == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct summary_metric *items = realloc(l->items, cap * sizeof *items);
        if (!items)
            return NULL;
        l->items = items;
        l->cap = cap;
    }
    return &l->items[l->len++];
}

/* Adds metric `id` as it is under the filter; drops it again when nothing was recorded, unless `keep`. */
static int add_metric(struct metric_list *l, const struct recorder *total, metric_id id, struct view name, struct view sub,
    const struct tag *filter, size_t n, bool keep) {
    struct summary_metric *m = metric_list_add(l);
    if (!m)
        return -ENOMEM;
    *m = (struct summary_metric){.name = name, .base = metrics_name(total->metrics, id), .sub = sub,
        .type = metrics_type(total->metrics, id), .contains = metrics_contains(total->metrics, id)};
    int r = series_store_collect(total->series, id, filter, n, &m->sink);
    if (r < 0) {
        l->len--;
        return r;
    }
    m->observed = !sink_empty(&m->sink);
    if (!m->observed && !keep) {
        sink_deinit(&m->sink);
        l->len--;
    }
    return 0;
}

static bool listed(const struct metric_list *l, struct view name) {
    for (size_t i = 0; i < l->len; i++)
        if (view_eq(l->items[i].name, name))
            return true;
    return false;
}

static int add_all(struct metric_list *l, const struct recorder *total, const struct filter *f) {
    int r = 0;
    for (metric_id id = 0; id < metrics_count(total->metrics) && r >= 0; id++) {
        struct view name = metrics_name(total->metrics, id);
        if (!hidden(name) && series_store_first(total->series, id))
            r = add_metric(l, total, id, name, VIEW_NULL, f->tags, f->n, false);
    }
    return r;
}

static int add_declared(struct metric_list *l, const struct run_state *r) {
    const struct recorder *total = r->total;
    for (size_t i = 0; i < r->plan->threshold_count; i++) {
        struct view name = r->plan->thresholds[i].target;
        struct threshold_target t;
        metric_id id;
        if (listed(l, name) || threshold_target_parse(name, &t, NULL) != 0 || !metrics_find(total->metrics, t.metric, &id))
            continue;
        ptrdiff_t brace = view_find(name, '{');
        struct view sub = brace < 0 ? VIEW_NULL : view_of(name.ptr + brace + 1, name.len - (size_t)brace - 2);
        int e = add_metric(l, total, id, name, sub, t.filter, t.filter_count, true);
        if (e < 0)
            return e;
    }
    struct view automatic = VIEW("http_req_duration{expected_response:true}");
    struct tag expected = {VIEW("expected_response"), VIEW("true")};
    return listed(l, automatic) ? 0 : add_metric(l, total, METRIC_HTTP_REQ_DURATION, automatic, VIEW("expected_response:true"), &expected, 1, false);
}

/* ---- checks ---- */

static struct summary_check *check_new(struct summary_data *d, struct view name) {
    struct summary_check *c = arena_calloc(&d->arena, 1, sizeof *c);
    if (c)
        c->name = name;
    return c;
}

static int section_checks(struct summary_data *d, struct summary_section *s, const struct recorder *total, const struct filter *f) {
    struct hashmap names;
    struct summary_check **tail = &s->checks;
    int r = 0;
    hashmap_init(&names, NAMES_MAX);
    for (size_t i = 0; i < series_store_count(total->series) && r >= 0; i++) {
        const struct series *from = series_store_at(total->series, i);
        struct view name = from->metric == METRIC_CHECKS ? tags_get(total->tags, from->tags, VIEW("check")) : VIEW_NULL;
        if (!name.ptr || sink_empty(&from->sink) || !tags_match(total->tags, from->tags, f->tags, f->n))
            continue;
        struct summary_check *c = hashmap_get(&names, name);
        if (!c) {
            c = check_new(d, name);
            r = c ? hashmap_put(&names, name, c) : -ENOMEM;
            if (r < 0)
                break;
            *tail = c;
            tail = &c->next;
        }
        c->passes += from->sink.rate.hits;
        c->fails += from->sink.rate.total - from->sink.rate.hits;
    }
    hashmap_deinit(&names);
    return r;
}

/* ---- sections ---- */

static int section_finish(struct summary_data *d, struct summary_section *s, struct metric_list *l, const struct recorder *total, const struct filter *f) {
    if (l->len)
        qsort(l->items, l->len, sizeof *l->items, compare_metrics);
    s->metrics = l->items;
    s->metric_count = l->len;
    for (size_t i = 0; i < l->len; i++) {
        const struct summary_metric *m = &l->items[i];
        if (m->sub.ptr || !view_eq(m->name, VIEW("checks")))
            continue;
        s->has_checks = true;
        s->checks_passed = m->sink.rate.hits;
        s->checks_failed = m->sink.rate.total - m->sink.rate.hits;
    }
    return section_checks(d, s, total, f);
}

static int section_fill(struct summary_data *d, struct summary_section *s, const struct recorder *total, const struct filter *f) {
    struct metric_list l = {0};
    int r = add_all(&l, total, f);
    int e = section_finish(d, s, &l, total, f);
    return r < 0 ? r : e;
}

static struct summary_section *section_add(struct summary_data *d, struct summary_section **list, struct view title, struct view path) {
    while (*list)
        list = &(*list)->next;
    *list = arena_calloc(&d->arena, 1, sizeof **list);
    if (*list) {
        (*list)->title = title;
        (*list)->path = path;
    }
    return *list;
}

static struct summary_section *section_find(struct summary_section *list, struct view path) {
    for (; list; list = list->next)
        if (view_eq(list->path, path))
            return list;
    return NULL;
}

/* Cuts the next name off "::a::b": *path_end grows to the length of its path. False at the end. */
static bool next_group(struct view path, size_t *path_end, struct view *name) {
    if (*path_end + 2 > path.len || memcmp(path.ptr + *path_end, "::", 2) != 0)
        return false;
    struct view rest = view_drop(path, *path_end + 2);
    ptrdiff_t end = view_find_view(rest, VIEW("::"));
    *name = end < 0 ? rest : view_take(rest, (size_t)end);
    *path_end += 2 + name->len;
    return true;
}

/* The section of a group path below `list`, made with all its parents. */
static int add_group_sections(struct summary_data *d, struct summary_section **list, const struct recorder *total, struct view scenario, struct view path) {
    struct view name;
    for (size_t end = 0; next_group(path, &end, &name);) {
        struct view here = view_take(path, end);
        struct summary_section *s = section_find(*list, here);
        if (!s) {
            struct filter f = {{{VIEW("group"), here}, {VIEW("scenario"), scenario}}, scenario.ptr ? 2 : 1};
            s = section_add(d, list, name, here);
            int r = s ? section_fill(d, s, total, &f) : -ENOMEM;
            if (r < 0)
                return r;
        }
        list = &s->sections;
    }
    return 0;
}

/* The section of a scenario, once something of it was recorded; their order is the plan's. */
static struct summary_section *scenario_section(struct summary_data *d, const struct recorder *total, struct view name) {
    struct summary_section *own = section_find(d->scenarios, name);
    struct filter f = {{{VIEW("scenario"), name}}, 1};
    if (own && own->metrics == NULL && section_fill(d, own, total, &f) < 0)
        return NULL;
    if (own)
        return own;
    own = section_add(d, &d->scenarios, name, name); /* a scenario tag of the script's own */
    return own && section_fill(d, own, total, &f) >= 0 ? own : NULL;
}

static int add_scenarios(struct summary_data *d, const struct plan *p) {
    for (size_t i = 0; i < p->scenario_count; i++) {
        struct view name = p->scenarios[i].name;
        if (!view_eq(name, VIEW("default")) && !section_add(d, &d->scenarios, name, name))
            return -ENOMEM;
    }
    return 0;
}

static void drop_empty_scenarios(struct summary_data *d) {
    for (struct summary_section **at = &d->scenarios; *at;) {
        if ((*at)->metric_count == 0)
            *at = (*at)->next;
        else
            at = &(*at)->next;
    }
}

/* Sections of groups and scenarios; "default" stands for the run itself. */
static int fill_details(struct summary_data *d, const struct recorder *total, const struct plan *p) {
    int r = add_scenarios(d, p);
    for (size_t i = 0; i < series_store_count(total->series) && r >= 0; i++) {
        const struct series *s = series_store_at(total->series, i);
        if (hidden(metrics_name(total->metrics, s->metric)) || sink_empty(&s->sink))
            continue;
        struct view scenario = tags_get(total->tags, s->tags, VIEW("scenario")), group = tags_get(total->tags, s->tags, VIEW("group"));
        struct summary_section **list = &d->groups;
        if (!scenario.ptr && (view_eq(group, VIEW("::setup")) || view_eq(group, VIEW("::teardown"))))
            continue;
        if (scenario.ptr && !view_eq(scenario, VIEW("default"))) {
            struct summary_section *own = scenario_section(d, total, scenario);
            if (!own)
                return -ENOMEM;
            list = &own->sections;
        }
        r = add_group_sections(d, list, total, scenario, group);
    }
    drop_empty_scenarios(d);
    return r;
}

/* ---- the tree of groups ---- */

static struct summary_group *group_at(struct summary_data *d, struct view path) {
    struct summary_group *g = &d->root;
    struct view name;
    for (size_t end = 0; next_group(path, &end, &name);) {
        struct summary_group **at = &g->groups;
        while (*at && !view_eq((*at)->name, name))
            at = &(*at)->next;
        if (!*at && (*at = arena_calloc(&d->arena, 1, sizeof **at))) {
            (*at)->name = name;
            (*at)->path = view_take(path, end);
            id_of((*at)->path, (*at)->id);
        }
        if (!(g = *at))
            return NULL;
    }
    return g;
}

static int tree_check(struct summary_data *d, struct summary_group *g, struct view name, const struct sink *s) {
    struct summary_check **at = &g->checks;
    while (*at && !view_eq((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        struct summary_check *c = check_new(d, name);
        char *path = c ? arena_printf(&d->arena, "%.*s::%.*s", VIEW_ARGS(g->path), VIEW_ARGS(name)) : NULL;
        if (!path)
            return -ENOMEM;
        c->path = view_of_cstr(path);
        id_of(c->path, c->id);
        *at = c;
    }
    (*at)->passes += s->rate.hits;
    (*at)->fails += s->rate.total - s->rate.hits;
    return 0;
}

static int fill_tree(struct summary_data *d, const struct recorder *total) {
    int r = 0;
    id_of(VIEW(""), d->root.id);
    d->root.name = d->root.path = VIEW("");
    for (size_t i = 0; i < series_store_count(total->series) && r >= 0; i++) {
        const struct series *s = series_store_at(total->series, i);
        if ((s->metric != METRIC_CHECKS && s->metric != METRIC_GROUP_DURATION) || sink_empty(&s->sink))
            continue;
        struct summary_group *g = group_at(d, tags_get(total->tags, s->tags, VIEW("group")));
        struct view check = tags_get(total->tags, s->tags, VIEW("check"));
        if (!g)
            return -ENOMEM;
        if (s->metric == METRIC_CHECKS && check.ptr)
            r = tree_check(d, g, check, &s->sink);
    }
    return r;
}

/* ---- thresholds ---- */

static int compare_thresholds(const void *a, const void *b) {
    const struct summary_threshold *x = a, *y = b;
    int r = view_cmp(x->target, y->target);
    return r ? r : (x->order > y->order) - (x->order < y->order);
}

static int fill_thresholds(struct summary_data *d, const struct run_state *r) {
    size_t n = r->thresholds ? r->plan->threshold_count : 0;
    d->thresholds = arena_calloc(&d->arena, n + 1, sizeof *d->thresholds);
    if (!d->thresholds)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct plan_threshold *p = &r->plan->thresholds[i];
        struct summary_threshold *t = &d->thresholds[i];
        struct threshold_target target;
        struct sink sink;
        metric_id id;
        *t = (struct summary_threshold){.target = p->target, .expression = p->expression, .order = i, .ok = r->thresholds[i].ok};
        if (threshold_target_parse(p->target, &target, NULL) != 0 || threshold_expr_parse(p->expression, &t->expr, NULL) != 0 ||
            !metrics_find(r->total->metrics, target.metric, &id))
            continue;
        int e = series_store_collect(r->total->series, id, target.filter, target.filter_count, &sink);
        if (e < 0)
            return e;
        t->known = true;
        t->type = metrics_type(r->total->metrics, id);
        t->contains = metrics_contains(r->total->metrics, id);
        t->value = threshold_expr_value(&t->expr, &sink, d->elapsed_s);
        sink_deinit(&sink);
    }
    d->threshold_count = n;
    qsort(d->thresholds, n, sizeof *d->thresholds, compare_thresholds);
    return 0;
}

/* ---- whole ---- */

int summary_data_init(struct summary_data *d, const struct run_state *r, bool detailed) {
    struct metric_list l = {0};
    struct filter all = {.n = 0};
    *d = (struct summary_data){.elapsed_s = (double)r->elapsed_us / 1e6};
    arena_init(&d->arena, SUMMARY_DATA_BYTES_MAX);
    int e = add_all(&l, r->total, &all);
    if (e >= 0)
        e = add_declared(&l, r);
    int f = section_finish(d, &d->total, &l, r->total, &all); /* takes the list, whatever happened */
    e = e < 0 ? e : f;
    if (e >= 0)
        e = fill_tree(d, r->total);
    if (e >= 0)
        e = fill_thresholds(d, r);
    if (e >= 0 && detailed)
        e = fill_details(d, r->total, r->plan);
    if (e < 0)
        summary_data_deinit(d);
    return e < 0 ? e : 0;
}

static void sections_deinit(struct summary_section *s) {
    for (; s; s = s->next) {
        for (size_t i = 0; i < s->metric_count; i++)
            sink_deinit(&s->metrics[i].sink);
        free(s->metrics);
        s->metrics = NULL;
        s->metric_count = 0;
        sections_deinit(s->sections);
    }
}

void summary_data_deinit(struct summary_data *d) {
    sections_deinit(&d->total);
    sections_deinit(d->groups);
    sections_deinit(d->scenarios);
    arena_deinit(&d->arena);
    *d = (struct summary_data){0};
}
