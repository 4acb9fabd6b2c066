/* Any endpoint that serves metrics in the text form of Prometheus. What the table knows becomes the series
 * that the diagnosis reads; the rest keeps its name and labels, up to a limit, or what `#name,name` behind
 * the address asks for (beginnings of names). Buckets of histograms are left out: their sums and counts say
 * enough for curves. */
#include "observe/exposition_map.h"
#include "observe/web_get.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { FOREIGN_MAX = 500 };

struct prometheus_state {
    struct web_get *get;
    struct exposition_map map;
    size_t foreign, left_out;
};

/* Longer ones end in a hash of all of it, so that two stay two. */
static void full_name(const struct exposition_sample *s, char out[PROBE_NAME_MAX]) {
    char all[8 * 1024];
    int n = snprintf(
        all, sizeof all, s->labels.len ? "%.*s{%.*s}" : "%.*s%.*s", VIEW_ARGS(s->name), VIEW_ARGS(s->labels));
    if (n < PROBE_NAME_MAX) {
        memcpy(out, all, (size_t)n + 1);
        return;
    }
    struct view v = view_of(all, n < (int)sizeof all ? (size_t)n : sizeof all - 1);
    snprintf(out, PROBE_NAME_MAX, "%.*s~%08x", PROBE_NAME_MAX - 10, all, (unsigned)view_hash(v, 0));
}

static enum probe_unit unit_of(struct view name, bool counter) {
    if (counter && view_ends_with(name, VIEW("_total")))
        name = view_take(name, name.len - 6);
    if (view_ends_with(name, VIEW("_bytes")))
        return counter ? PROBE_BYTES_PER_SECOND : PROBE_BYTES;
    if (!counter && (view_ends_with(name, VIEW("_ratio")) || view_ends_with(name, VIEW("_share"))))
        return PROBE_SHARE;
    if (!counter && view_ends_with(name, VIEW("_seconds")))
        return PROBE_SECONDS;
    return counter ? PROBE_PER_SECOND : PROBE_COUNT;
}

static bool is_wanted(const struct prometheus_state *s, const struct exposition_sample *x) {
    struct view wanted = web_get_fragment(s->get);
    if (exposition_is_bucket(x))
        return false;
    if (!wanted.len)
        return true;
    for (struct view one; (one = view_cut(&wanted, ',', NULL)).len;)
        if (view_starts_with(x->name, one))
            return true;
    return false;
}

static void tell_foreign(struct probe *p, const struct exposition_sample *x) {
    struct prometheus_state *s = p->state;
    char name[PROBE_NAME_MAX];
    bool counter = exposition_counts(x);
    if (s->foreign >= FOREIGN_MAX) {
        s->left_out++;
        return;
    }
    s->foreign++;
    full_name(x, name);
    double v = counter ? probe_per_second(p, view_of_cstr(name), x->value) : x->value;
    probe_tell(p, name, unit_of(x->name, counter), v);
}

static int prometheus_read(struct probe *p, struct error *err) {
    struct prometheus_state *s = p->state;
    struct exposition_sample x;
    struct view body;
    int r = web_get(s->get, NULL, &body, err);
    if (r < 0)
        return r;
    struct exposition e = exposition_of(body);
    exposition_map_begin(&s->map);
    s->foreign = s->left_out = 0;
    while (exposition_next(&e, &x))
        if (!exposition_map_add(&s->map, p, &x) && is_wanted(s, &x))
            tell_foreign(p, &x);
    if (!e.samples)
        return error_set(err, ERROR_SYNTAX,
            "what came has no metrics in it (the text form of Prometheus is wanted%s)",
            e.bad ? ", this is something else" : "");
    exposition_map_tell(&s->map, p);
    if (s->left_out && !p->advice[0])
        snprintf(p->advice, sizeof p->advice,
            "%zu of its series are left out (the first %d are kept): name the beginnings of those that "
            "matter behind the address, such as "
            "#http_,queue_",
            s->left_out, FOREIGN_MAX);
    return 0;
}

static void prometheus_close(struct probe *p) {
    struct prometheus_state *s = p->state;
    if (!s)
        return;
    web_get_free(s->get);
    exposition_map_deinit(&s->map);
    free(s);
    p->state = NULL;
}

static int prometheus_open(struct probe *p, struct view what, struct error *err) {
    struct prometheus_state *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    p->state = s;
    int r = web_get_new(&s->get, p, "prometheus", what, "/metrics", err);
    if (r == 0 && (r = exposition_map_init(&s->map)) < 0)
        error_set(err, r, "out of memory");
    return r;
}

const struct probe_kind probe_prometheus = {.name = "prometheus",
    .spec = "prometheus:URL",
    .help = "any endpoint with metrics in Prometheus' text form (also just its http://… address)",
    .url = true,
    .open = prometheus_open,
    .read = prometheus_read,
    .close = prometheus_close};
