/* The dispatcher: an endless sequence of classes (`chooser`), an endless round of workers, and a stack of who
 * was placed where.
 *
 * The chooser is two generators in one: while fixed_count users are missing it yields those, then weighted
 * ones for ever. `try_fixed` makes it look for missing ones again: at first, after every removal, after
 * everything was dealt anew. A generator is a heap by the gain of choosing a class once more: weight · log2(x
 * / (x + 1)) with x = weight + how often it was chosen, so the proportions hold at any length.
 *
 * Dealing anew (workers came or went) replays the chooser from its beginning for as many users as there are,
 * without pauses. */
#include "load/dispatch.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct candidate {
    double gain;  /* the lowest is chosen next */
    double count; /* how often it was chosen, plus its weight */
    double weight;
    uint32_t class_index;
};
struct generator {
    struct candidate *heap;
    size_t len;
};
struct placed {
    uint32_t worker, class_index;
};
struct worker {
    uint32_t number, index_within_host;
    struct view host;
    int64_t *wished; /* per class */
};
struct class_state {
    struct view name;
    double weight;
    int64_t fixed_count;
    bool used;           /* for new users */
    bool settled;        /* in the present round of fixed users: nothing more to do */
    int64_t fixed_there; /* in that round */
};

struct dispatch {
    struct class_state *classes;
    size_t class_count;
    struct generator fixed, weighted;
    bool in_fixed, try_fixed;
    struct worker *workers; /* in the order of their turns */
    size_t worker_count, turn;
    struct placed *placed; /* a stack */
    size_t placed_len, placed_cap;
    int64_t target, batch, pause_us, next_us;
    double rate;
    bool busy, redeal;
};

/* ---- the chooser ---- */

static bool comes_before(const struct dispatch *d, const struct candidate *a, const struct candidate *b) {
    if (a->gain != b->gain)
        return a->gain < b->gain;
    if (a->count != b->count)
        return a->count < b->count;
    if (a->weight != b->weight)
        return a->weight < b->weight;
    return view_cmp(d->classes[a->class_index].name, d->classes[b->class_index].name) < 0;
}

static void sift_down(const struct dispatch *d, struct generator *g, size_t at) {
    struct candidate moving = g->heap[at];

    for (size_t child; (child = 2 * at + 1) < g->len; at = child) {
        if (child + 1 < g->len && comes_before(d, &g->heap[child + 1], &g->heap[child]))
            child++;
        if (!comes_before(d, &g->heap[child], &moving))
            break;
        g->heap[at] = g->heap[child];
    }
    g->heap[at] = moving;
}

static void generator_begin(struct dispatch *d, struct generator *g, bool fixed) {
    g->len = 0;
    for (size_t i = 0; i < d->class_count; i++) {
        const struct class_state *c = &d->classes[i];
        double weight = fixed ? (double)c->fixed_count : c->weight;
        if (c->used && (c->fixed_count > 0) == fixed && weight > 0)
            g->heap[g->len++] =
                (struct candidate){weight * log2(weight / (weight + 1)), weight, weight, (uint32_t)i};
    }
    for (size_t i = g->len / 2; i-- > 0;)
        sift_down(d, g, i);
}

/* A class, or −1 when there is none to choose. */
static int64_t generator_next(const struct dispatch *d, struct generator *g) {
    if (g->len == 0)
        return -1;
    struct candidate *top = &g->heap[0];
    int64_t chosen = top->class_index;
    top->gain = top->weight * log2((top->count + 1) / (top->count + 2));
    top->count += 1;
    sift_down(d, g, 0);
    return chosen;
}

static void chooser_begin(struct dispatch *d) {
    generator_begin(d, &d->fixed, true);
    generator_begin(d, &d->weighted, false);
    d->in_fixed = false;
    d->try_fixed = true;
}

static void begin_fixed_round(struct dispatch *d) {
    d->try_fixed = false;
    d->in_fixed = true;
    for (size_t i = 0; i < d->class_count; i++) {
        d->classes[i].settled = false;
        d->classes[i].fixed_there = dispatch_wished_of_class(d, i);
    }
}

static bool all_fixed_settled(const struct dispatch *d) {
    for (size_t i = 0; i < d->fixed.len; i++)
        if (!d->classes[d->fixed.heap[i].class_index].settled)
            return false;
    return true;
}

/* A fixed class with users missing, or −1 when all are there. */
static int64_t next_fixed(struct dispatch *d) {
    while (!all_fixed_settled(d)) {
        int64_t chosen = generator_next(d, &d->fixed);
        struct class_state *c = &d->classes[chosen];
        bool missing = c->fixed_there < c->fixed_count;
        c->fixed_there += missing;
        c->settled = c->fixed_there >= c->fixed_count;
        if (missing)
            return chosen;
    }
    return -1;
}

static int64_t choose(struct dispatch *d) {
    if (d->try_fixed)
        begin_fixed_round(d);
    int64_t chosen = d->in_fixed ? next_fixed(d) : -1;
    if (chosen >= 0)
        return chosen;
    d->in_fixed = false;
    return generator_next(d, &d->weighted);
}

/* ---- placing ---- */

static int reserve(struct dispatch *d) {
    if (d->placed_len < d->placed_cap)
        return 0;
    if (d->placed_len >= DISPATCH_USERS_MAX)
        return ERROR_LIMIT;
    size_t cap = d->placed_cap ? d->placed_cap * 2 : 256;
    struct placed *p = reallocarray(d->placed, cap, sizeof *p);
    if (!p)
        return -ENOMEM;
    d->placed = p;
    d->placed_cap = cap;
    return 0;
}

static struct worker *find_worker(const struct dispatch *d, uint32_t number) {
    for (size_t i = 0; i < d->worker_count; i++)
        if (d->workers[i].number == number)
            return &d->workers[i];
    return NULL;
}

/* 1: one more is there; 0: nobody to add. */
static int place_one(struct dispatch *d) {
    int r = reserve(d);
    if (r < 0)
        return r;
    int64_t chosen = d->worker_count > 0 ? choose(d) : -1;
    if (chosen < 0)
        return 0;
    struct worker *w = &d->workers[d->turn];
    d->turn = (d->turn + 1) % d->worker_count;
    w->wished[chosen]++;
    d->placed[d->placed_len++] = (struct placed){w->number, (uint32_t)chosen};
    return 1;
}

static void remove_one(struct dispatch *d) {
    struct placed last = d->placed[--d->placed_len];
    struct worker *w = find_worker(d, last.worker);

    if (w)
        w->wished[last.class_index]--;
    d->try_fixed = true;
}

static int deal_anew(struct dispatch *d) {
    size_t users = d->placed_len;

    for (size_t i = 0; i < d->worker_count; i++)
        memset(d->workers[i].wished, 0, d->class_count * sizeof *d->workers[i].wished);
    d->placed_len = 0;
    d->turn = 0;
    chooser_begin(d);
    while (d->placed_len < users) {
        int r = place_one(d);
        if (r <= 0)
            return r;
    }
    return 0;
}

/* ---- life ---- */

static int compare_workers(const void *pa, const void *pb) {
    const struct worker *a = pa, *b = pb;

    if (a->index_within_host != b->index_within_host)
        return a->index_within_host < b->index_within_host ? -1 : 1;
    int by_host = view_cmp(a->host, b->host);
    return by_host ? by_host : a->number < b->number ? -1 : a->number > b->number;
}

static void sort_workers(struct dispatch *d) {
    for (size_t i = 0; i < d->worker_count; i++) {
        struct worker *w = &d->workers[i];
        w->index_within_host = 0;
        for (size_t k = 0; k < d->worker_count; k++)
            w->index_within_host += d->workers[k].number < w->number && view_eq(d->workers[k].host, w->host);
    }
    qsort(d->workers, d->worker_count, sizeof *d->workers, compare_workers);
}

static int copy_classes(struct dispatch *d, const struct dispatch_class *classes) {
    for (size_t i = 0; i < d->class_count; i++) {
        char *name = view_dup_cstr(classes[i].name);
        if (!name)
            return -ENOMEM;
        d->classes[i] = (struct class_state){.name = view_of(name, classes[i].name.len),
            .weight = classes[i].weight,
            .fixed_count = classes[i].fixed_count,
            .used = true};
    }
    return 0;
}

int dispatch_new(struct dispatch **out, const struct dispatch_class *classes, size_t count) {
    *out = NULL;
    if (count > DISPATCH_CLASSES_MAX)
        return ERROR_LIMIT;
    struct dispatch *d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->class_count = count;
    d->classes = calloc(count + 1, sizeof *d->classes);
    d->fixed.heap = calloc(count + 1, sizeof *d->fixed.heap);
    d->weighted.heap = calloc(count + 1, sizeof *d->weighted.heap);
    d->next_us = -1;
    int r = d->classes && d->fixed.heap && d->weighted.heap ? copy_classes(d, classes) : -ENOMEM;
    if (r < 0) {
        dispatch_free(d);
        return r;
    }
    chooser_begin(d);
    *out = d;
    return 0;
}

struct dispatch *dispatch_free(struct dispatch *d) {
    if (!d)
        return NULL;
    for (size_t i = 0; d->classes && i < d->class_count; i++)
        free((char *)(uintptr_t)d->classes[i].name.ptr);
    for (size_t i = 0; i < d->worker_count; i++) {
        free((char *)(uintptr_t)d->workers[i].host.ptr);
        free(d->workers[i].wished);
    }
    free(d->workers);
    free(d->classes);
    free(d->fixed.heap);
    free(d->weighted.heap);
    free(d->placed);
    free(d);
    return NULL;
}

int dispatch_worker_add(struct dispatch *d, uint32_t worker, struct view host) {
    if (d->worker_count >= DISPATCH_WORKERS_MAX || find_worker(d, worker))
        return ERROR_LIMIT;
    struct worker *workers = reallocarray(d->workers, d->worker_count + 1, sizeof *workers);
    if (!workers)
        return -ENOMEM;
    d->workers = workers;
    char *name = view_dup_cstr(host);
    int64_t *wished = calloc(d->class_count + 1, sizeof *wished);
    if (!name || !wished) {
        free(name);
        free(wished);
        return -ENOMEM;
    }
    d->workers[d->worker_count++] =
        (struct worker){.number = worker, .host = view_of(name, host.len), .wished = wished};
    sort_workers(d);
    d->redeal = d->placed_len > 0;
    return 0;
}

void dispatch_worker_remove(struct dispatch *d, uint32_t worker) {
    struct worker *w = find_worker(d, worker);

    if (!w)
        return;
    free((char *)(uintptr_t)w->host.ptr);
    free(w->wished);
    *w = d->workers[--d->worker_count];
    sort_workers(d);
    d->turn = 0;
    d->redeal = d->placed_len > 0;
}

/* ---- steps ---- */

static bool use_classes(struct dispatch *d, const bool *classes) {
    bool changed = false;

    for (size_t i = 0; classes && i < d->class_count; i++) {
        changed = changed || d->classes[i].used != classes[i];
        d->classes[i].used = classes[i];
    }
    return changed;
}

int dispatch_target(struct dispatch *d, int64_t users, double rate, const bool *classes, int64_t now_us) {
    if (users < 0 || users > DISPATCH_USERS_MAX || !(rate > 0) || rate > DISPATCH_USERS_MAX)
        return ERROR_INVALID;
    if (use_classes(d, classes))
        chooser_begin(d);
    double batch = floor(rate) > 1 ? floor(rate) : 1, pause_us = batch / rate * 1e6;
    d->target = users;
    d->rate = rate;
    d->batch = (int64_t)batch;
    d->pause_us = pause_us < 1e15 ? (int64_t)pause_us : (int64_t)1e15;
    d->next_us = now_us;
    d->busy = true;
    return 0;
}

static int approach(struct dispatch *d) {
    for (int64_t n = 0; n < d->batch; n++) {
        if (dispatch_users(d) > d->target) {
            remove_one(d);
        } else if (dispatch_users(d) < d->target) {
            int r = place_one(d);
            if (r <= 0)
                return r < 0 ? r : DISPATCH_LAST;
        }
        if (dispatch_users(d) == d->target)
            return DISPATCH_LAST;
    }
    return dispatch_users(d) == d->target ? DISPATCH_LAST : DISPATCH_STEPPED;
}

int dispatch_step(struct dispatch *d, int64_t now_us) {
    if (d->redeal) {
        d->redeal = false;
        int r = deal_anew(d);
        if (r < 0)
            return r;
        if (!d->busy)
            return DISPATCH_LAST;
        if (now_us < d->next_us)
            return DISPATCH_STEPPED;
    }
    if (!d->busy || now_us < d->next_us)
        return DISPATCH_WAIT;
    int outcome = approach(d);
    if (outcome != DISPATCH_STEPPED) {
        d->busy = false;
        d->next_us = -1;
        return outcome;
    }
    bool in_time = now_us - d->next_us < d->pause_us;
    d->next_us = (in_time ? d->next_us : now_us) + d->pause_us;
    return outcome;
}

int64_t dispatch_next_us(const struct dispatch *d) {
    return d->redeal ? 0 : d->busy ? d->next_us : -1;
}

/* ---- figures ---- */

int64_t dispatch_wished(const struct dispatch *d, uint32_t worker, size_t class_index) {
    const struct worker *w = find_worker(d, worker);

    return w && class_index < d->class_count ? w->wished[class_index] : 0;
}

int64_t dispatch_wished_of_class(const struct dispatch *d, size_t class_index) {
    int64_t n = 0;

    for (size_t i = 0; i < d->worker_count; i++)
        n += d->workers[i].wished[class_index];
    return n;
}

int64_t dispatch_users(const struct dispatch *d) {
    return (int64_t)d->placed_len;
}
int64_t dispatch_users_target(const struct dispatch *d) {
    return d->target;
}
bool dispatch_busy(const struct dispatch *d) {
    return d->busy || d->redeal;
}
