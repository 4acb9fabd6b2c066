#include "report/test_results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "report/humanize.h"

enum { ERRORS_SHOWN = 20, DETAIL_MAX = 64 * 1024 };

const char *const test_suite_names[] = {
#define TEST_SUITE_NAME(id, name) [TEST_SUITE_##id] = name,
    TEST_SUITES(TEST_SUITE_NAME)
#undef TEST_SUITE_NAME
};

static struct test_result *add(struct test_results *t, enum test_suite suite, struct view name, bool failed) {
    if (t->count == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        struct test_result *items = t->cap < TEST_RESULTS_MAX ? realloc(t->items, cap * sizeof *items) : NULL;
        if (!items)
            return NULL;
        t->items = items;
        t->cap = cap;
    }
    t->totals[suite]++;
    t->failures[suite] += failed;
    t->items[t->count] = (struct test_result){.suite = suite, .name = name, .failed = failed};
    return &t->items[t->count++];
}

static struct view text_of(struct test_results *t, const char *text) {
    return view_of_cstr(text ? arena_printf(&t->arena, "%s", text) : "");
}

static int add_run(struct test_results *t, const struct run_state *r) {
    static const struct {
        const char *why, *words;
    } ends[] = {{"abort", "the script aborted the run"}, {"error", "the run ended with an error"},
        {"signal", "the run was interrupted"}};
    const char *words = NULL;
    for (size_t i = 0; r->stopped_by && i < sizeof ends / sizeof *ends; i++)
        if (!strcmp(r->stopped_by, ends[i].why))
            words = ends[i].words;
    struct test_result *one = add(t, TEST_SUITE_RUN, VIEW("the run was carried out to its end"), words);
    if (!one)
        return -ENOMEM;
    one->figure = text_of(t, words);
    return 0;
}

static void observed(const struct summary_threshold *s, char out[2 * HUMANIZE_MAX]) {
    char value[HUMANIZE_MAX];
    struct view method = s->expression;
    size_t end = 0;
    while (end < method.len && !strchr("<>=! ", method.ptr[end]))
        end++;
    if (!s->known)
        snprintf(value, sizeof value, "no such metric");
    else if (s->expr.method == THRESHOLD_COUNT)
        humanize_number(s->value, 2, value);
    else
        humanize_value(s->value, s->type, s->contains, HUMANIZE_AUTO, value);
    snprintf(out, 2 * HUMANIZE_MAX, "%.*s=%s%s", (int)end, method.ptr, value,
        s->known && s->type == METRIC_COUNTER && s->expr.method == THRESHOLD_RATE ? "/s" : "");
}

static int add_thresholds(struct test_results *t) {
    char figure[2 * HUMANIZE_MAX];
    for (size_t i = 0; i < t->summary.threshold_count; i++) {
        const struct summary_threshold *s = &t->summary.thresholds[i];
        const char *name =
            arena_printf(&t->arena, "%.*s: %.*s", VIEW_ARGS(s->target), VIEW_ARGS(s->expression));
        struct test_result *one = name ? add(t, TEST_SUITE_THRESHOLDS, view_of_cstr(name), !s->ok) : NULL;
        if (!one)
            return -ENOMEM;
        observed(s, figure);
        one->figure = text_of(t, figure);
    }
    return 0;
}

static int add_counted(struct test_results *t, enum test_suite suite, struct view group, struct view name,
    uint64_t passes, uint64_t fails) {
    struct test_result *one = add(t, suite, name, fails > 0);
    if (!one)
        return -ENOMEM;
    one->group = group;
    one->passes = passes;
    one->fails = fails;
    if (fails)
        one->figure = view_of_cstr(arena_printf(&t->arena, "%llu of %llu failed", (unsigned long long)fails,
            (unsigned long long)(passes + fails)));
    return 0;
}

static int add_checks(struct test_results *t, const struct summary_group *g) {
    struct view path = view_starts_with(g->path, VIEW("::")) ? view_drop(g->path, 2) : g->path;
    int r = 0;
    for (const struct summary_check *c = g->checks; c && r == 0; c = c->next)
        r = add_counted(t, TEST_SUITE_CHECKS, path, c->name, c->passes, c->fails);
    for (const struct summary_group *inner = g->groups; inner && r == 0; inner = inner->next)
        r = add_checks(t, inner);
    return r;
}

static struct view errors_of(struct test_results *t, const struct locust_entry *e) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(DETAIL_MAX);
    size_t shown = 0;
    for (size_t i = 0; i < t->locust.error_count && shown < ERRORS_SHOWN; i++) {
        const struct locust_error *x = &t->locust.errors[i];
        if (!view_eq(x->method, e->method) || !view_eq(x->name, e->name))
            continue;
        shown++;
        if (buf_printf(&text, "%s%llu × %.*s", text.len ? "\n" : "", (unsigned long long)x->count,
                VIEW_ARGS(x->text)) < 0)
            break;
    }
    return text.len ? arena_copy(&t->arena, buf_view(&text)) : VIEW_NULL;
}

static int add_requests(struct test_results *t, const struct run_state *r) {
    int e = locust_stats_refresh(&t->locust, r, (double)clock_wall_us() / 1e6);
    for (size_t i = 0; i < t->locust.entry_count && e == 0; i++) {
        const struct locust_entry *one = t->locust.sorted[i];
        const char *name = arena_printf(&t->arena, "%.*s %.*s", VIEW_ARGS(one->method), VIEW_ARGS(one->name));
        uint64_t fails = one->failures < one->requests ? one->failures : one->requests;
        if (!one->requests && !one->failures)
            continue;
        e = name ? add_counted(
                       t, TEST_SUITE_REQUESTS, VIEW(""), view_of_cstr(name), one->requests - fails, fails)
                 : -ENOMEM;
        if (e == 0 && fails)
            t->items[t->count - 1].detail = errors_of(t, one);
    }
    return e;
}

int test_results_init(struct test_results *t, const struct run_state *r) {
    *t = (struct test_results){.is_locust = r->plan && plan_holds_users(r->plan)};
    arena_init(&t->arena, TEST_RESULTS_BYTES_MAX);
    locust_stats_init(&t->locust);
    int e = summary_data_init(&t->summary, r, false);
    if (e < 0)
        t->summary = (struct summary_data){0};
    e = e < 0 ? e : add_run(t, r);
    e = e < 0 ? e : add_thresholds(t);
    e = e < 0 ? e : add_checks(t, &t->summary.root);
    if (e == 0 && t->is_locust)
        e = add_requests(t, r);
    if (e < 0)
        test_results_deinit(t);
    return e;
}

void test_results_deinit(struct test_results *t) {
    summary_data_deinit(&t->summary);
    locust_stats_deinit(&t->locust);
    arena_deinit(&t->arena);
    free(t->items);
    t->items = NULL;
    t->count = t->cap = 0;
}

size_t test_results_failed(const struct test_results *t) {
    size_t n = 0;
    for (int i = 0; i < TEST_SUITE_COUNT; i++)
        n += t->failures[i];
    return n;
}
