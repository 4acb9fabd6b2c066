/* Invariant: 0 ≤ held < failed (where known), and the load that is measured lies between them or, in CONFIRM,
 * on one of them. Each step either narrows the gap, moves on in the phases, or counts against a limit, so the
 * search ends. tidy: state machine */
#include "load/capacity_search.h"

#include <math.h>

#define NEAR 1e-9

const char *capacity_end_word(enum capacity_end e) {
    static const char *const words[] = {
#define CAPACITY_WORD(id, word) [CAPACITY_END_##id] = word,
        CAPACITY_ENDS(CAPACITY_WORD)
#undef CAPACITY_WORD
    };
    return words[e];
}

const char *capacity_phase_word(enum capacity_phase p) {
    static const char *const words[] = {
        "growing", "narrowing", "confirming from above", "confirming from below"};
    return words[p];
}

static double fit(const struct capacity_search *s, double load) {
    load = s->o.whole ? round(load) : load;
    return fmin(fmax(load, s->o.least), s->o.most);
}

void capacity_search_init(struct capacity_search *s, const struct capacity_options *o) {
    *s = (struct capacity_search){.o = *o};
    double floor_load = o->whole ? 1 : 1e-3;
    s->o.least = o->least >= floor_load ? o->least : floor_load;
    s->o.most = o->most > s->o.least ? o->most : s->o.least;
    s->o.precision = o->precision > 0 ? o->precision : CAPACITY_PRECISION;
    s->load = fit(s, o->start > 0 ? o->start : s->o.least);
}

double capacity_search_load(const struct capacity_search *s) {
    return s->load;
}

static void finish(struct capacity_search *s, enum capacity_end end) {
    s->end = end;
}

static bool narrow_enough(const struct capacity_search *s) {
    double low = s->held, high = s->failed;

    if (high / low <= 1 + s->o.precision + NEAR)
        return true;
    return s->o.whole && high - low < 1 + NEAR;
}

static void confirm(struct capacity_search *s) {
    if (s->rounds++ == CAPACITY_CONFIRMATIONS_MAX) {
        finish(s, CAPACITY_END_FOUND);
        return;
    }
    s->phase = CAPACITY_CONFIRM_DOWN;
    s->load = s->held;
}

/* Somewhere between the bounds, or on to confirming them. */
static void narrow(struct capacity_search *s) {
    s->phase = CAPACITY_NARROW;
    if (narrow_enough(s)) {
        confirm(s);
        return;
    }
    s->load = fit(s, sqrt(s->held * s->failed));
    if (s->load <= s->held || s->load >= s->failed)
        s->load = s->o.whole ? s->held + 1 : (s->held + s->failed) / 2;
}

static void grow(struct capacity_search *s) {
    s->phase = CAPACITY_GROW;
    if (s->held > 0 && s->failed > 0) {
        narrow(s);
    } else if (s->held > 0) {
        if (s->held >= s->o.most - NEAR)
            finish(s, CAPACITY_END_AT_MOST);
        s->load = fit(s, s->held * CAPACITY_GROWTH);
    } else {
        if (s->failed <= s->o.least + NEAR)
            finish(s, CAPACITY_END_NOTHING);
        s->load = fit(s, s->failed / (CAPACITY_GROWTH * CAPACITY_GROWTH));
    }
}

static void note_held(struct capacity_search *s) {
    s->held = fmax(s->held, s->load);
    if (s->failed > 0 && s->failed <= s->held)
        s->failed = 0;
}

static void note_failed(struct capacity_search *s) {
    s->failed = s->failed > 0 ? fmin(s->failed, s->load) : s->load;
    if (s->held >= s->failed)
        s->held = s->confirmed < s->failed ? s->confirmed : 0;
}

static void next(struct capacity_search *s) {
    if (s->held > 0 && s->failed > 0)
        narrow(s);
    else
        grow(s);
}

/* The bound did not repeat: a step of the interval's width away is looked at, and the gap narrowed again. */
static void move_bound(struct capacity_search *s, bool down) {
    double step = 1 + s->o.precision, at = down ? s->failed / step : s->held * step;

    if (s->rounds >= CAPACITY_CONFIRMATIONS_MAX) {
        finish(s, s->held > 0 || !down ? CAPACITY_END_FOUND : CAPACITY_END_NOTHING);
        return;
    }
    s->phase = CAPACITY_GROW;
    s->load = fit(s, at);
    if (s->o.whole && down && s->load >= s->failed)
        s->load = fit(s, s->failed - 1);
    if (s->o.whole && !down && s->load <= s->held)
        s->load = fit(s, s->held + 1);
    if (down ? s->load >= s->failed : s->load <= s->held)
        finish(s, down ? CAPACITY_END_NOTHING : CAPACITY_END_AT_MOST);
}

static void tell_confirmation(struct capacity_search *s, bool held) {
    if (s->phase == CAPACITY_CONFIRM_DOWN) {
        if (held) {
            s->confirmed = s->held;
            s->phase = CAPACITY_CONFIRM_UP;
            s->load = s->failed;
            return;
        }
        s->down_failed = true;
        note_failed(s);
        move_bound(s, true);
        return;
    }
    if (!held) {
        finish(s, CAPACITY_END_FOUND);
        return;
    }
    s->up_held = true;
    note_held(s);
    move_bound(s, false);
}

static void tell_unsure(struct capacity_search *s) {
    s->unsure_low = s->unsure_low > 0 ? fmin(s->unsure_low, s->load) : s->load;
    s->unsure_high = fmax(s->unsure_high, s->load);
    if (++s->unsure < CAPACITY_UNSURE_MAX)
        return; /* once more: longer, from the same load */
    s->unsure = 0;
    /* Neither held nor failed: taken as failed, so that what is promised below it is sure. The interval
     * remembers. */
    if (s->phase >= CAPACITY_CONFIRM_DOWN)
        tell_confirmation(s, false);
    else {
        note_failed(s);
        next(s);
    }
}

void capacity_search_tell(struct capacity_search *s, enum capacity_outcome outcome) {
    if (s->end != CAPACITY_END_RUNNING)
        return;
    if (outcome == CAPACITY_INVALID) {
        if (++s->invalid >= CAPACITY_INVALID_MAX)
            finish(s, CAPACITY_END_GENERATOR);
    } else if (outcome == CAPACITY_UNSURE) {
        tell_unsure(s);
    } else {
        bool held = outcome == CAPACITY_HELD;
        s->unsure = s->invalid = 0;
        if (s->phase >= CAPACITY_CONFIRM_DOWN)
            tell_confirmation(s, held);
        else {
            if (held)
                note_held(s);
            else
                note_failed(s);
            next(s);
        }
    }
    if (++s->steps >= CAPACITY_STEPS_MAX && s->end == CAPACITY_END_RUNNING)
        finish(s, s->held > 0 && s->failed > 0 ? CAPACITY_END_FOUND : CAPACITY_END_STEPS);
}

struct capacity_answer capacity_search_answer(const struct capacity_search *s) {
    struct capacity_answer a = {
        .load = s->held, .low = s->held, .high = s->failed > 0 ? s->failed : INFINITY};

    if (s->unsure_low > 0 && s->unsure_low < a.low && s->unsure_low > 0.8 * a.low)
        a.low = s->unsure_low;
    if (s->unsure_high > a.high && s->unsure_high < 1.25 * a.high)
        a.high = s->unsure_high;
    a.hysteresis = s->down_failed && !s->up_held;
    return a;
}
