/* Evidence is counted per exact URL; people think in endpoints, so counts are first summed over endpoints with ids folded. Findings are
 * then ranked by kind (what is wrong in the script comes before what is wrong with the target) and by count, and the first few are
 * written. A check is only accused when its name passes on another endpoint, or never passes at all. */
#include "report/lint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "report/humanize.h"
#include "report/lint_endpoint.h"
#include "report/paint_priv.h"
#include "report/words.h"

enum { ARENA_MAX = 64 * 1024 * 1024, READS_MAX = 8, TEXT_MAX = 64 * 1024, STATUS_ZERO_SHARE = 2 };

/* In the order of printing. */
enum rank { RANK_URL, RANK_PROPERTY, RANK_CHECK, RANK_REQUEST, RANK_EXCEPTION, RANK_CHECK_NEVER, RANK_NONE };

struct read {
    struct view detail; /* "status=201" */
    uint64_t count;
};
/* What is known of one (kind, subject, endpoint, detail) with endpoints folded. */
struct item {
    enum evidence_kind kind;
    enum rank rank;
    struct view subject, endpoint, detail, exemplar;
    uint64_t count, passes;
    struct read reads[READS_MAX];
    size_t read_count;
    const struct item *elsewhere; /* where the check passes */
};
struct lint {
    const struct run_state *r;
    struct arena arena;
    struct view host; /* the one host of all endpoints, or empty */
    struct item *items;
    size_t count, cap;
    bool colour;
    struct buf *out;
};

/* ---- gathering ---- */

static struct view common_host(const struct evidence_store *s) {
    struct view host = VIEW("");
    for (size_t i = 0; i < evidence_store_count(s); i++) {
        struct view own = lint_endpoint_host(evidence_store_at(s, i).object);
        if (!own.len)
            continue;
        if (host.len && !view_eq(host, own))
            return VIEW("");
        host = own;
    }
    return host;
}

static struct item *find_item(struct lint *l, enum evidence_kind kind, struct view subject, struct view endpoint, struct view detail) {
    for (size_t i = 0; i < l->count; i++) {
        struct item *it = &l->items[i];
        if (it->kind == kind && view_eq(it->subject, subject) && view_eq(it->endpoint, endpoint) && view_eq(it->detail, detail))
            return it;
    }
    return NULL;
}

static struct item *get_item(struct lint *l, enum evidence_kind kind, struct view subject, struct view endpoint, struct view detail) {
    struct item *it = find_item(l, kind, subject, endpoint, detail);
    if (it)
        return it;
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct item *items = realloc(l->items, cap * sizeof *items);
        if (!items)
            return NULL;
        l->items = items;
        l->cap = cap;
    }
    it = &l->items[l->count++];
    *it = (struct item){.kind = kind, .rank = RANK_NONE, .subject = subject, .endpoint = endpoint, .detail = detail};
    return it;
}

static void add_read(struct item *it, struct view detail, uint64_t n) {
    for (size_t i = 0; i < it->read_count; i++)
        if (view_eq(it->reads[i].detail, detail)) {
            it->reads[i].count += n;
            return;
        }
    if (it->read_count < READS_MAX)
        it->reads[it->read_count++] = (struct read){detail, n};
}

/* Passes, failures and reads of a check meet in one item. */
static int gather_one(struct lint *l, const struct evidence *e) {
    bool check = e->kind == EVIDENCE_CHECK_PASSED || e->kind == EVIDENCE_CHECK_FAILED || e->kind == EVIDENCE_CHECK_READ;
    if (e->kind == EVIDENCE_REQUEST_COUNTED || e->kind == EVIDENCE_REQUEST_INTERRUPTED || e->kind == EVIDENCE_REQUEST_FAILED)
        return 0;
    struct view subject = lint_clean(&l->arena, e->subject), detail = lint_clean(&l->arena, e->detail);
    struct view endpoint = e->kind == EVIDENCE_SCRIPT_ERROR ? lint_clean(&l->arena, e->object) : lint_endpoint(&l->arena, e->object, l->host);
    struct item *it = get_item(l, check ? EVIDENCE_CHECK_FAILED : e->kind, subject, endpoint, check ? VIEW("") : detail);
    if (!subject.ptr || !detail.ptr || !endpoint.ptr || !it)
        return -ENOMEM;
    if (e->kind == EVIDENCE_CHECK_PASSED)
        it->passes += e->count;
    else if (e->kind == EVIDENCE_CHECK_READ)
        add_read(it, detail, e->count);
    else
        it->count += e->count;
    if (!it->exemplar.len && e->kind != EVIDENCE_CHECK_PASSED)
        it->exemplar = e->exemplar;
    return 0;
}

static struct view bare_name(struct view check) {
    for (ptrdiff_t at; (at = view_find_view(check, VIEW("::"))) >= 0;)
        check = view_drop(check, (size_t)at + 2);
    return check;
}

/* ---- judging ---- */

static const struct item *passes_elsewhere(const struct lint *l, const struct item *it) {
    for (size_t i = 0; i < l->count; i++) {
        const struct item *other = &l->items[i];
        if (other != it && other->kind == it->kind && other->passes && view_eq(bare_name(other->subject), bare_name(it->subject)))
            return other;
    }
    return NULL;
}

static bool unanswered(const struct item *it) {
    uint64_t zero = 0;
    for (size_t i = 0; i < it->read_count; i++)
        zero += view_eq(it->reads[i].detail, VIEW("status=0")) ? it->reads[i].count : 0;
    return it->count > 0 && zero == it->count;
}

static void judge(struct lint *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct item *it = &l->items[i];
        switch (it->kind) {
        case EVIDENCE_URL_SUSPECT: it->rank = RANK_URL; break;
        case EVIDENCE_PROPERTY_MISSING: it->rank = RANK_PROPERTY; break;
        case EVIDENCE_REQUEST_ERROR: it->rank = RANK_REQUEST; break;
        case EVIDENCE_SCRIPT_ERROR: it->rank = RANK_EXCEPTION; break;
        case EVIDENCE_CHECK_FAILED:
            if (it->passes || !it->count || unanswered(it)) /* no answer is told as what it is: a failed request */
                break;
            it->elsewhere = passes_elsewhere(l, it);
            it->rank = it->elsewhere ? RANK_CHECK : RANK_CHECK_NEVER;
            break;
        default: break;
        }
    }
}

static int compare_items(const void *a, const void *b) {
    const struct item *const *x = a, *const *y = b;
    if ((*x)->rank != (*y)->rank)
        return (*x)->rank < (*y)->rank ? -1 : 1;
    if ((*x)->count != (*y)->count)
        return (*x)->count > (*y)->count ? -1 : 1;
    int r = view_cmp((*x)->endpoint, (*y)->endpoint);
    return r ? r : view_cmp((*x)->subject, (*y)->subject);
}

/* ---- writing ---- */

static int times(uint64_t n, struct buf *text) {
    char count[HUMANIZE_MAX];
    return n == 1 ? buf_printf(text, "once") : buf_printf(text, "%s times", humanize_count(n, count));
}

static int say_url(struct lint *l, const struct item *it, struct buf *title, struct buf *more) {
    int r = buf_printf(title, "%.*s: the URL contains `%.*s` (", VIEW_ARGS(it->endpoint), VIEW_ARGS(it->subject));
    r = r < 0 ? r : times(it->count, title);
    r = r < 0 ? r : buf_printf(title, "%s%.*s)", it->detail.len ? ", " : "", VIEW_ARGS(view_after_last(it->detail, '/')));
    for (size_t i = 0; i < l->count && r >= 0 && view_eq(it->subject, VIEW("undefined")); i++) {
        const struct item *p = &l->items[i];
        if (p->kind != EVIDENCE_PROPERTY_MISSING)
            continue;
        return buf_printf(more, "Probably from `response.%.*s`, read at %.*s, which does not exist.", VIEW_ARGS(p->subject), VIEW_ARGS(view_after_last(p->detail, '/')));
    }
    return r;
}

static int say_property(struct lint *l, const struct item *it, struct buf *title, struct buf *more) {
    struct view hint = lint_clean(&l->arena, it->exemplar);
    int r = buf_printf(title, "`response.%.*s` does not exist", VIEW_ARGS(it->subject));
    if (r >= 0 && view_starts_with(hint, VIEW("did you mean")))
        r = buf_printf(title, ": %.*s", VIEW_ARGS(hint));
    r = r < 0 ? r : buf_printf(title, " (");
    r = r < 0 ? r : times(it->count, title);
    r = r < 0 ? r : buf_printf(title, "%s%.*s)", it->detail.len ? ", " : "", VIEW_ARGS(view_after_last(it->detail, '/')));
    return r < 0 ? r : buf_printf(more, "Read on the response of %.*s; it gave undefined.", VIEW_ARGS(it->endpoint));
}

static int compare_reads(const void *a, const void *b) {
    const struct read *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

/* ": status was 201, 380 of 400 times, and 0 (no answer) 20 times". Only the property that was read most. */
static int say_reads(const struct item *it, struct buf *text) {
    struct read reads[READS_MAX];
    char count[HUMANIZE_MAX], all[HUMANIZE_MAX];
    memcpy(reads, it->reads, sizeof reads);
    qsort(reads, it->read_count, sizeof *reads, compare_reads);
    struct view value = it->read_count ? reads[0].detail : VIEW(""), property = view_cut(&value, '=', NULL);
    if (!property.len)
        return buf_printf(text, ": failed all of %s times", humanize_count(it->count, all));
    int r = buf_printf(text, ": %.*s was %.*s, %s of %s times", VIEW_ARGS(property), VIEW_ARGS(value), humanize_count(reads[0].count, count), humanize_count(it->count, all));
    for (size_t i = 1, told = 0; i < it->read_count && told < STATUS_ZERO_SHARE && r >= 0; i++) {
        struct view other = reads[i].detail, name = view_cut(&other, '=', NULL);
        if (!view_eq(name, property))
            continue;
        bool zero = view_eq(property, VIEW("status")) && view_eq(other, VIEW("0"));
        r = buf_printf(text, ", %.*s%s %s", VIEW_ARGS(other), zero ? " (no answer)" : "", humanize_count(reads[i].count, count));
        told++;
    }
    return r;
}

static int say_check(struct lint *l, const struct item *it, struct buf *title, struct buf *more) {
    (void)l;
    int r = buf_printf(title, "%.*s · %.*s", VIEW_ARGS(bare_name(it->subject)), VIEW_ARGS(it->endpoint));
    r = r < 0 ? r : say_reads(it, title);
    if (r < 0 || !it->elsewhere)
        return r < 0 ? r : buf_printf(more, "This check never passed anywhere: is what it expects right?");
    return buf_printf(more, "The same check passes on %.*s: does it expect the wrong thing here?", VIEW_ARGS(it->elsewhere->endpoint));
}

static int say_exception(struct lint *l, const struct item *it, struct buf *title, struct buf *more) {
    (void)l, (void)more;
    int r = buf_printf(title, "Uncaught: %.*s (", VIEW_ARGS(it->subject));
    r = r < 0 ? r : times(it->count, title);
    if (it->endpoint.len && r >= 0)
        r = buf_printf(title, ", scenario %.*s", VIEW_ARGS(it->endpoint));
    return r < 0 ? r : buf_printf(title, "%s%.*s)", it->detail.len ? ", " : "", VIEW_ARGS(view_after_last(it->detail, '/')));
}

/* X(error_code, k6's number, what it tells) */
#define CAUSES(X)                                                                                                    \
    X(1050, "The server answered late or not at all: it is too small for this load, or something before it is.")    \
    X(1101, "The host's name is not known: check the address.")                                                      \
    X(1210, "No connection could be made.")                                                                          \
    X(1211, "No connection could be made in time: the host is unreachable, or its queue of connections is full.")    \
    X(1212, "Nobody listens at that address: is the server running?")                                                \
    X(1220, "The server closed the connection in the middle.")                                                       \
    X(1310, "The certificate's issuer is not trusted (insecureSkipTLSVerify skips the check).")                      \
    X(1311, "The certificate is for another host.")

/* Kinds that share a code: X(a part of the error text, what it tells). The first that fits counts. */
#define CAUSES_BY_TEXT(X)                                                                                              \
    X("too many open files", "This machine allows too few descriptors: raise the limit (ulimit -n).")                  \
    X("cannot assign requested address", "This machine has no free port left towards that address.")                   \
    X("unsupported protocol scheme", "A URL begins with http:// or https://: is a variable in it empty (-e NAME=…)?")  \
    X("first record does not look like a TLS handshake", "That port speaks no TLS: http:// rather than https://?")     \
    X("malformed HTTP", "What answered there speaks no HTTP: is it the right port?")                                   \
    X("headers exceeded", "The head of the answer does not end: is it the right server?")                              \
    X("chunk length", "The body of the answer is broken: look at the server, or at a proxy before it.")                \
    X("unexpected EOF", "The server closed the connection in the middle of its answer.")                               \
    X("EOF", "The server closed the connection without an answer.")

static const char *cause_of(struct view code, struct view error) {
    static const struct {
        uint64_t code;
        const char *text;
    } causes[] = {
#define CAUSE_ROW(number, text) {number, text},
        CAUSES(CAUSE_ROW)
#undef CAUSE_ROW
    };
    uint64_t number;
#define CAUSE_TEXT(part, text) \
    if (view_find_view(error, VIEW(part)) >= 0) \
        return text;
    CAUSES_BY_TEXT(CAUSE_TEXT)
#undef CAUSE_TEXT
    for (size_t i = 0; view_to_u64(code, &number) && i < sizeof causes / sizeof *causes; i++)
        if (causes[i].code == number)
            return causes[i].text;
    return NULL;
}

/* All requests to the endpoint, and how long those with this error took. */
static void requests_of(struct lint *l, const struct item *it, uint64_t *all, double *mean_ms, double *max_ms) {
    const struct recorder *total = l->r->total;
    double sum = 0, n = 0;
    *all = 0;
    *max_ms = 0;
    for (const struct series *s = series_store_first(total->series, METRIC_HTTP_REQ_DURATION); s; s = s->next_alike) {
        char text[EVIDENCE_TEXT_MAX];
        struct view method = tags_get(total->tags, s->tags, VIEW("method")), name = tags_get(total->tags, s->tags, VIEW("name"));
        int len = snprintf(text, sizeof text, "%.*s %.*s", VIEW_ARGS(method), VIEW_ARGS(name));
        if (len < 0 || !view_eq(lint_endpoint(&l->arena, view_of_cstr(text), l->host), it->endpoint))
            continue;
        *all += s->sink.trend.count;
        if (!view_eq(tags_get(total->tags, s->tags, VIEW("error")), it->subject))
            continue;
        sum += s->sink.trend.sum;
        n += (double)s->sink.trend.count;
        *max_ms = s->sink.trend.count && s->sink.trend.max > *max_ms ? s->sink.trend.max : *max_ms;
    }
    *mean_ms = n > 0 ? sum / n : 0;
}

static int say_request(struct lint *l, const struct item *it, struct buf *title, struct buf *more) {
    char count[HUMANIZE_MAX], of[HUMANIZE_MAX], after[WORDS_MAX];
    uint64_t all;
    double mean_ms, max_ms;
    bool timeout = view_eq(it->detail, VIEW("1050"));
    const char *cause = cause_of(it->detail, it->subject);
    requests_of(l, it, &all, &mean_ms, &max_ms);
    int r = buf_printf(title, "%s of %s requests to %.*s %s", humanize_count(it->count, count), humanize_count(all > it->count ? all : it->count, of), VIEW_ARGS(it->endpoint),
        timeout ? "timed out" : "failed");
    if (timeout && mean_ms > 0 && max_ms < 1.05 * mean_ms && r >= 0)
        r = buf_printf(title, " after %s", words_duration(mean_ms, after));
    if (!timeout && r >= 0)
        r = buf_printf(title, ": %.*s", VIEW_ARGS(it->subject));
    return r < 0 || !cause ? r : buf_printf(more, "%s", cause);
}

/* Headers that say nothing about a mistake. */
static bool boring(struct view line) {
    static const char *const names[] = {"host:", "user-agent:", "content-length:", "connection:", "date:", "server:", "keep-alive:", "accept-encoding:", "vary:"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (line.len >= strlen(names[i]) && view_eq_nocase(view_take(line, strlen(names[i])), view_of_cstr(names[i])))
            return true;
    return line.len == 0;
}

static int write_exemplar(struct lint *l, struct view exemplar) {
    int r = 0;
    size_t lines = 0;
    while (exemplar.len && r >= 0) {
        struct view line = view_cut(&exemplar, '\n', NULL);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line = view_take(line, line.len - 1);
        if (boring(line))
            continue;
        if (lines++ == LINT_EXEMPLAR_LINES_MAX)
            return buf_printf(l->out, "         %s│ …%s\n", paint(l->colour, PAINT_FAINT), paint(l->colour, PAINT_OFF));
        struct view clean = lint_clean(&l->arena, view_take(line, LINT_LINE_MAX));
        r = buf_printf(l->out, "         %s│ %.*s%s%s\n", paint(l->colour, PAINT_FAINT), VIEW_ARGS(clean), line.len > clean.len ? "…" : "", paint(l->colour, PAINT_OFF));
    }
    return r;
}

static int write_item(struct lint *l, const struct item *it, size_t number) {
    static int (*const say[])(struct lint *, const struct item *, struct buf *, struct buf *) = {
        [RANK_URL] = say_url, [RANK_PROPERTY] = say_property, [RANK_CHECK] = say_check, [RANK_REQUEST] = say_request, [RANK_EXCEPTION] = say_exception,
        [RANK_CHECK_NEVER] = say_check};
    struct buf title CLEANUP(buf_deinit) = BUF_MAX(TEXT_MAX), more CLEANUP(buf_deinit) = BUF_MAX(TEXT_MAX);
    char first[32];
    int r = say[it->rank](l, it, &title, &more);
    snprintf(first, sizeof first, "    %2zu. ", number);
    r = r < 0 ? r : buf_printf(l->out, "%s%s", number > 1 ? "\n" : "", paint(l->colour, it->rank == RANK_REQUEST ? PAINT_RED : PAINT_YELLOW));
    r = r < 0 ? r : words_wrap(buf_view(&title), first, "        ", l->out);
    r = r < 0 ? r : buf_printf(l->out, "%s", paint(l->colour, PAINT_OFF));
    if (more.len && r >= 0)
        r = words_wrap(buf_view(&more), "        ", "        ", l->out);
    if (it->rank == RANK_PROPERTY || r < 0)
        return r;
    return write_exemplar(l, it->exemplar);
}

static int write_all(struct lint *l) {
    const struct item **found = calloc(l->count + 1, sizeof *found);
    size_t n = 0;
    if (!found)
        return -ENOMEM;
    for (size_t i = 0; i < l->count; i++)
        if (l->items[i].rank != RANK_NONE)
            found[n++] = &l->items[i];
    qsort(found, n, sizeof *found, compare_items);
    int r = n ? buf_printf(l->out, "\n  █ %sLOOK AT THE SCRIPT AND ITS ANSWERS%s \n\n", paint(l->colour, PAINT_BOLD), paint(l->colour, PAINT_OFF)) : 0;
    for (size_t i = 0; i < n && i < LINT_SHOWN_MAX && r >= 0; i++)
        r = write_item(l, found[i], i + 1);
    if (n > LINT_SHOWN_MAX && r >= 0)
        r = buf_printf(l->out, "\n     … and %zu more\n", n - LINT_SHOWN_MAX);
    uint64_t dropped = evidence_store_dropped(l->r->total->evidence);
    if (dropped && r >= 0)
        r = buf_printf(l->out, "\n     %llu observations of other kinds were not kept.\n", (unsigned long long)dropped);
    free(found);
    return r < 0 ? r : 0;
}

int lint_write(const struct run_state *r, bool colour, struct buf *out) {
    const struct evidence_store *store = r->total->evidence;
    struct lint l = {.r = r, .host = common_host(store), .colour = colour, .out = out};
    int e = 0;
    arena_init(&l.arena, ARENA_MAX);
    for (size_t i = 0; i < evidence_store_count(store) && e >= 0; i++) {
        struct evidence one = evidence_store_at(store, i);
        e = gather_one(&l, &one);
    }
    if (e >= 0) {
        judge(&l);
        e = write_all(&l);
    }
    free(l.items);
    arena_deinit(&l.arena);
    return e;
}
