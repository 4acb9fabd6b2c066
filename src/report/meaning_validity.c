#include "report/meaning_validity.h"

#include "report/humanize.h"

enum { INTERVALS_SAID = 3 };

static int say_when(const struct validity *v, enum validity_state state, struct buf *out) {
    size_t said = 0;
    int e = 0;

    for (size_t i = 0; i < v->interval_count && e == 0; i++) {
        const struct validity_interval *x = &v->intervals[i];
        if (x->state != state && state == VALIDITY_INVALID)
            continue;
        if (said == INTERVALS_SAID)
            return buf_printf(out, " and later");
        e = buf_printf(out, said++ ? ", %lld to %lld" : " from second %lld to %lld", (long long)x->from_s,
            (long long)x->to_s);
    }
    return e;
}

/* tidy: table */
static int say_reason(const struct validity *v, enum validity_reason reason, bool invalid, struct buf *out) {
    double seconds = invalid ? v->reasons[reason].invalid_s
                             : v->reasons[reason].degraded_s + v->reasons[reason].invalid_s,
           worst = v->reasons[reason].worst;
    unsigned long long count = v->reasons[reason].count;
    char n[HUMANIZE_MAX];

    switch (reason) {
    case VALIDITY_BUSY:
        return buf_printf(out,
            " A worker was above %d %% of its core for %.0f s (worst: %.0f %%, time waiting for a core "
            "included).",
            invalid ? VALIDITY_BUSY_PERCENT : VALIDITY_TIGHT_PERCENT, seconds, 100 * worst);
    case VALIDITY_STALLED:
        return buf_printf(
            out, " Its loop stood still for up to %.0f ms, in %.0f s of the run.", worst, seconds);
    case VALIDITY_LATE: return buf_printf(out, " It was up to %.0f ms late for %.0f s.", worst, seconds);
    case VALIDITY_STOLEN:
        return buf_printf(
            out, " The hypervisor took up to %.0f %% of the cores, for %.0f s.", 100 * worst, seconds);
    case VALIDITY_PORTS: return buf_printf(out, " %llu connections found no free port.", count);
    case VALIDITY_DESCRIPTORS:
        return buf_printf(out, " %llu connections found no free descriptor (ulimit -n).", count);
    case VALIDITY_DROPS:
        return buf_printf(out, " This machine threw away what it had received or was to send %s times.",
            humanize_count(count, n));
    case VALIDITY_USERS:
        return buf_printf(out, " %s iterations found no free user, so less load was made than planned.",
            humanize_count(count, n));
    default: return 0;
    }
}

static int say_reasons(const struct validity *v, bool invalid, struct buf *out) {
    unsigned bits = validity_reasons(v);
    int e = 0;

    for (unsigned i = 0; i < VALIDITY_REASON_COUNT && e == 0; i++)
        if (bits >> i & 1)
            e = say_reason(v, (enum validity_reason)i, invalid, out);
    return e;
}

int meaning_validity_say(const struct validity *v, const struct plan *plan, struct buf *out) {
    enum validity_state state = validity_state(v);
    bool invalid = state == VALIDITY_INVALID;

    if (state == VALIDITY_VALID)
        return 0;
    int e = buf_append_view(out, view_of_cstr(validity_word(state)));
    e = e < 0 ? e : say_when(v, state, out);
    e = e < 0 ? e
              : buf_printf(out, invalid ? ": the load generator was the limit, not the target."
                                        : ": the figures are good, with reservations.");
    e = e < 0 ? e : say_reasons(v, invalid, out);
    bool held = plan && plan_holds_users(plan) && v->reasons[VALIDITY_STALLED].invalid_s > 0 &&
                !(v->reasons[VALIDITY_BUSY].invalid_s > 0);
    if (held && e >= 0)
        e = buf_printf(out, " Something in the locustfile held its process without giving way; what lasts "
                            "longer than 3 s is named in the log with its line.");
    if (!invalid)
        return e;
    return e < 0 ? e
                 : buf_printf(out, " Use more workers or another machine before you believe the figures; "
                                   "`halftime doctor` says what to set.");
}

/* ---- JSON ---- */

static void write_reasons(const struct validity *v, struct json_writer *w) {
    unsigned bits = validity_reasons(v);

    json_member_array(w, "reasons");
    for (unsigned i = 0; i < VALIDITY_REASON_COUNT; i++) {
        if (!(bits >> i & 1))
            continue;
        json_writer_object(w);
        json_member_cstr(w, "reason", validity_reason_key(i));
        json_member_double(w, "invalid_s", v->reasons[i].invalid_s);
        json_member_double(w, "degraded_s", v->reasons[i].degraded_s);
        json_member_double(w, "worst", v->reasons[i].worst);
        json_writer_key(w, VIEW("count"));
        json_writer_u64(w, v->reasons[i].count);
        json_member_cstr(w, "remedy", validity_reason_remedy(i));
        json_writer_end(w);
    }
    json_writer_end(w);
}

static void write_intervals(const struct validity *v, struct json_writer *w) {
    json_member_array(w, "intervals");
    for (size_t i = 0; i < v->interval_count; i++) {
        const struct validity_interval *x = &v->intervals[i];
        json_writer_object(w);
        json_member_double(w, "from_s", (double)x->from_s);
        json_member_double(w, "to_s", (double)x->to_s);
        json_member_cstr(w, "state", validity_word(x->state));
        json_member_array(w, "reasons");
        for (unsigned k = 0; k < VALIDITY_REASON_COUNT; k++)
            if (x->reasons >> k & 1)
                json_writer_string(w, view_of_cstr(validity_reason_key(k)));
        json_writer_end(w);
        json_writer_end(w);
    }
    json_writer_end(w);
}

void meaning_validity_json(const struct validity *v, struct json_writer *w) {
    json_writer_object(w);
    json_member_cstr(w, "state", validity_word(validity_state(v)));
    json_member_double(w, "seconds", v->seconds);
    json_member_double(w, "invalid_s", v->invalid_s);
    json_member_double(w, "degraded_s", v->degraded_s);
    write_reasons(v, w);
    write_intervals(v, w);
    json_writer_end(w);
}
