/* executionSegment and executionSegmentSequence. A part from:to of n things is floor(n*to) - floor(n*from): neighbouring segments then
 * share nothing and lose nothing. Rates are scaled exactly, by scaling rate and time unit as a fraction.
 * k6 hands the things out in stripes, so that with n much smaller than the number of instances it may give another instance the odd one. */
#include "script/js/options/options_segment_priv.h"

#include <errno.h>
#include <stdio.h>

#include "script/js/options/options_priv.h"

static int64_t gcd(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static struct options_fraction reduced(int64_t num, int64_t den) {
    int64_t g = gcd(num, den);

    return g ? (struct options_fraction){num / g, den / g} : (struct options_fraction){0, 1};
}

static int compare(struct options_fraction a, struct options_fraction b) {
    int64_t left = a.num * b.den, right = b.num * a.den; /* both below 1e12 */

    return left < right ? -1 : left > right;
}

static bool fraction_parse(struct view text, struct options_fraction *out) {
    bool percent = view_ends_with(text, VIEW("%")), slash;
    struct view rest = percent ? view_take(text, text.len - 1) : text;
    struct view num = view_cut(&rest, '/', &slash);
    uint64_t n, d;
    double real;

    if (slash) {
        if (percent || !view_to_u64(num, &n) || !view_to_u64(rest, &d) || !d || d > OPTIONS_SEGMENT_DENOMINATOR_MAX || n > 1000 * d)
            return false;
        *out = reduced((int64_t)n, (int64_t)d);
        return true;
    }
    if (!view_to_double(num, &real) || real < 0 || real > 1000)
        return false;
    real = (percent ? real / 100 : real) * OPTIONS_SEGMENT_DENOMINATOR_MAX;
    *out = reduced((int64_t)(real + 0.5), OPTIONS_SEGMENT_DENOMINATOR_MAX);
    return true;
}

int options_segment_parse(struct view text, struct options_segment *out, struct error *err) {
    struct view rest = text;
    bool interval;
    struct view first = view_cut(&rest, ':', &interval);

    *out = (struct options_segment){.from = {0, 1}, .to = {1, 1}};
    if (!text.len)
        return 0;
    bool ok = interval ? fraction_parse(first, &out->from) && fraction_parse(rest, &out->to) : fraction_parse(first, &out->to);
    if (!ok)
        return error_set(err, ERROR_INVALID, "'%.*s' is not a valid percentage, decimal, fraction or interval value", VIEW_ARGS(text));
    if (compare(out->from, out->to) >= 0)
        return error_set(err, ERROR_INVALID, "segment start(%.2f) must be less than its end(%.2f)",
            (double)out->from.num / (double)out->from.den, (double)out->to.num / (double)out->to.den);
    if (out->to.num > out->to.den)
        return error_set(err, ERROR_INVALID, "segment end(%.2f) can't be more than 1", (double)out->to.num / (double)out->to.den);
    return 0;
}

double options_segment_share(struct view segment) {
    struct options_segment s;

    if (options_segment_parse(segment, &s, NULL))
        return 1;
    return (double)s.to.num / (double)s.to.den - (double)s.from.num / (double)s.from.den;
}

static int fraction_text(struct options_fraction f, char *out, size_t size) {
    return f.den == 1 ? snprintf(out, size, "%lld", (long long)f.num) : snprintf(out, size, "%lld/%lld", (long long)f.num, (long long)f.den);
}

int options_read_segment(const json_t *v, const char *where, json_t **out, struct error *err) {
    struct options_segment s;
    char from[64], to[64];

    if (!json_is_string(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_SEGMENT), err);
    int rc = options_segment_parse(options_view(v), &s, err);
    if (rc)
        return rc;
    fraction_text(s.from, from, sizeof from);
    fraction_text(s.to, to, sizeof to);
    *out = json_sprintf("%s:%s", from, to);
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int options_read_sequence(const json_t *v, const char *where, json_t **out, struct error *err) {
    struct options_fraction last = {-1, 1}, f;
    struct view rest = options_view(v);
    bool more = true;

    if (!json_is_string(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_SEQUENCE), err);
    while (more) {
        struct view one = view_cut(&rest, ',', &more);
        if (!fraction_parse(one, &f) || compare(last, f) >= 0 || f.num > f.den)
            return error_set(err, ERROR_INVALID, "'%.*s' in the execution segment sequence is not a number from 0 to 1 above the one before it",
                VIEW_ARGS(one));
        last = f;
    }
    *out = json_incref((json_t *)v);
    return 0;
}

int options_segment_check(struct view segment, struct view sequence, struct error *err) {
    struct options_fraction last = {-1, 1}, f;
    struct options_segment s;
    struct view rest = sequence;
    bool more = sequence.len > 0;

    int rc = options_segment_parse(segment, &s, err);
    if (rc || !sequence.len)
        return rc;
    while (more) {
        if (!fraction_parse(view_cut(&rest, ',', &more), &f))
            break;
        if (compare(last, s.from) == 0 && compare(f, s.to) == 0)
            return 0;
        last = f;
    }
    return error_set(err, ERROR_INVALID,
        "There were problems with the specified script configuration:\n\t- provided segment %.*s can't be found in sequence %.*s",
        VIEW_ARGS(segment.len ? segment : VIEW("0:1")), VIEW_ARGS(sequence));
}

static int64_t part(const struct options_segment *s, int64_t n) {
    __extension__ typedef __int128 wide;

    return (int64_t)((wide)n * s->to.num / s->to.den - (wide)n * s->from.num / s->from.den);
}

static void apply_rate(const struct options_segment *s, struct plan_scenario *p) {
    struct options_fraction width = reduced(s->to.num * s->from.den - s->from.num * s->to.den, s->to.den * s->from.den);

    p->rate *= width.num;
    p->time_unit_us *= width.den;
    for (size_t i = 0; i < p->stage_count; i++)
        p->stages[i].target *= width.num;
}

static void apply_users(const struct options_segment *s, struct plan_scenario *p) {
    if (p->executor == PLAN_SHARED_ITERATIONS)
        p->iterations = part(s, p->iterations);
    for (size_t i = 0; i < p->stage_count; i++)
        p->stages[i].target = part(s, p->stages[i].target);
}

static bool has_work(const struct plan_scenario *p) {
    bool any = p->users > 0 || p->users_max > 0;

    for (size_t i = 0; i < p->stage_count && p->executor == PLAN_RAMPING_VUS; i++)
        any = any || p->stages[i].target > 0;
    return any && !(p->executor == PLAN_SHARED_ITERATIONS && p->iterations == 0);
}

void options_segment_apply(const struct options_segment *s, struct plan *p) {
    size_t kept = 0;

    if (s->from.num == 0 && s->to.num == s->to.den)
        return;
    for (size_t i = 0; i < p->scenario_count; i++) {
        struct plan_scenario *x = &p->scenarios[i];
        x->users = part(s, x->users);
        x->users_max = part(s, x->users_max);
        if (x->executor == PLAN_CONSTANT_ARRIVAL_RATE || x->executor == PLAN_RAMPING_ARRIVAL_RATE)
            apply_rate(s, x);
        else
            apply_users(s, x);
        if (has_work(x))
            p->scenarios[kept++] = *x;
    }
    p->scenario_count = kept;
}
