#include "stats/uptime.h"

#include <assert.h>
#include <stddef.h>

static const char *const words[UPTIME_STATE_COUNT] = {
#define UPTIME_WORD(id, word) [UPTIME_##id] = word,
    UPTIME_STATES(UPTIME_WORD)
#undef UPTIME_WORD
};

const char *uptime_word(enum uptime_state s) {
    return words[s];
}

enum uptime_state uptime_of_word(struct view word) {
    for (enum uptime_state s = UPTIME_UP; s < UPTIME_STATE_COUNT; s++)
        if (view_eq(word, view_of_cstr(words[s])))
            return s;
    return UPTIME_UNKNOWN;
}

void uptime_init(
    struct uptime *u, int fail_after, int recover_after, enum uptime_state state, int64_t since_ms) {
    assert(fail_after > 0 && fail_after <= UPTIME_ROUNDS_MAX && recover_after > 0 &&
           recover_after <= UPTIME_ROUNDS_MAX);
    *u = (struct uptime){
        .fail_after = fail_after, .recover_after = recover_after, .state = state, .since_ms = since_ms};
}

static void count(int *streak, int64_t *first_ms, bool goes_on, int64_t at_ms) {
    if (goes_on && *streak == 0)
        *first_ms = at_ms;
    *streak = !goes_on ? 0 : *streak < UPTIME_ROUNDS_MAX ? *streak + 1 : UPTIME_ROUNDS_MAX;
}

/* The oldest of the last 3 N rounds that was not good; how many there were. */
static int remembered(const struct uptime *u, int64_t *oldest_ms) {
    int n = 0;

    for (int i = 0; i < 3 * u->fail_after; i++)
        if (u->memory >> i & 1) {
            n++;
            *oldest_ms = u->memory_ms[(u->rounds - 1 - (uint64_t)i) % (3 * UPTIME_ROUNDS_MAX)];
        }
    return n;
}

static enum uptime_state judge(const struct uptime *u, int64_t *since_ms) {
    bool was_down = u->state == UPTIME_DOWN;
    int64_t oldest_ms = u->troubled_ms;

    if (u->bad >= u->fail_after) {
        *since_ms = u->bad_ms;
        return UPTIME_DOWN;
    }
    if (u->good >= (u->state == UPTIME_UNKNOWN ? 1 : u->recover_after)) {
        *since_ms = u->good_ms;
        return UPTIME_UP;
    }
    if (was_down) {
        *since_ms = u->working_ms;
        return u->working >= u->recover_after ? UPTIME_DEGRADED : UPTIME_DOWN;
    }
    if (u->troubled >= u->fail_after || remembered(u, &oldest_ms) >= u->fail_after) {
        *since_ms = u->troubled >= u->fail_after ? u->troubled_ms : oldest_ms;
        return UPTIME_DEGRADED;
    }
    return u->state;
}

bool uptime_add(struct uptime *u, enum uptime_round r, int64_t at_ms) {
    int64_t since_ms = at_ms;

    count(&u->bad, &u->bad_ms, r == UPTIME_BAD, at_ms);
    count(&u->troubled, &u->troubled_ms, r != UPTIME_GOOD, at_ms);
    count(&u->good, &u->good_ms, r == UPTIME_GOOD, at_ms);
    count(&u->working, &u->working_ms, r != UPTIME_BAD, at_ms);
    u->memory = u->memory << 1 | (r != UPTIME_GOOD);
    u->memory_ms[u->rounds++ % (3 * UPTIME_ROUNDS_MAX)] = at_ms;
    enum uptime_state now = judge(u, &since_ms);
    if (now == u->state)
        return false;
    u->state = now;
    u->since_ms = since_ms;
    if (now == UPTIME_UP)
        u->memory = 0; /* what it recovered from is no reason any more */
    return true;
}
