/* Before the target is blamed: was it the generator, the network, the script? */
#include "diagnosis/diagnosis_priv.h"

#include <stdio.h>
#include <string.h>

#define RETRANSMITS_PER_REQUEST 0.02
#define RETRANSMITS_MIN         5.0
#define RECEIVING_SHARE         0.6
#define RECEIVING_MS_MIN        50.0

/* "use more workers" as a sentence. */
static void say_remedy(struct diagnosis_finding *d, const char *text) {
    finding_remedy(d, "%c%s.", text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0], text + 1);
}

enum { LINTS_MANY = 5 };

void rule_generator(const struct facts *f, struct findings *out) {
    const struct validity *v = f->in->validity;
    if (!v || validity_state(v) != VALIDITY_INVALID)
        return;
    unsigned why = validity_reasons(v);
    struct span when = f->all;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_GENERATOR, 0.97, 1);
    finding_say(d, "The load generator itself was the limit for %s s of %s (",
        figure_count(v->invalid_s).text, figure_count(v->seconds).text);
    for (unsigned r = 0, n = 0; r < VALIDITY_REASON_COUNT; r++)
        if (why >> r & 1)
            finding_say(d, "%s%s", n++ ? ", " : "", validity_reason_key((enum validity_reason)r));
    finding_say(d, "): the figures are not the target's.");
    for (unsigned r = 0; r < VALIDITY_REASON_COUNT; r++)
        if (why >> r & 1) {
            say_remedy(d, validity_reason_remedy((enum validity_reason)r));
            break;
        }
    for (size_t i = 0; i < v->interval_count; i++)
        if (v->intervals[i].state == VALIDITY_INVALID) {
            when.from_s = (double)v->intervals[i].from_s;
            when.to_s = (double)v->intervals[i].to_s;
            finding_show(d, NULL, &when, "INVALID from %.0f s to %.0f s", when.from_s, when.to_s);
        }
}

void rule_network(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *p = facts_probe(f, NULL, "host.tcp.retransmits_per_second");
    double rate = p ? course_mean(f, p->values, &f->busy) : NAN, receiving = 0, all = 0;
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        if (!f->busy.in[i] || !(s->requests > 0))
            continue;
        receiving += s->phases[DIAGNOSIS_RECEIVING] * s->requests;
        all += s->mean * s->requests;
    }
    double share = all > 0 ? receiving / all : 0, ms = share * f->busy_ms;
    bool lossy = rate > RETRANSMITS_MIN && rate > RETRANSMITS_PER_REQUEST * f->busy_rate;
    bool slow = share > RECEIVING_SHARE && ms > RECEIVING_MS_MIN;
    if (!slow && !lossy)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_NETWORK,
        slow && lossy ? 0.85
        : slow        ? 0.6
                      : 0.55,
        slow ? share : 0.3);
    if (slow)
        finding_say(d,
            "%s of the time is spent receiving bodies, %s a request: the network carries no more, or the "
            "server streams slowly.",
            figure_share(share).text, figure_ms(ms).text);
    if (lossy)
        finding_say(d, "%s%s segments a second had to be sent again: packets are lost on the way.",
            slow ? " " : "", figure_count(rate).text);
    finding_remedy(d, "Compress and shrink what is sent, put generator and target nearer together, or look "
                      "at the link's rate and errors "
                      "(ip -s link, ethtool -S).");
    if (slow)
        finding_show(d, NULL, &f->busy, "%s of the time receiving", figure_share(share).text);
    if (lossy)
        finding_show(d, p, &f->busy, "%s retransmitted segments a second", figure_count(rate).text);
}

void rule_script(const struct facts *f, struct findings *out) {
    for (size_t i = 0; i < f->in->lint_count; i++) {
        const struct diagnosis_lint *l = &f->in->lints[i];
        if (!(l->count > 0))
            continue;
        struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_SCRIPT, 0.97,
            l->count >= LINTS_MANY ? 1 : 0.5); /* whatever was measured, users do something else */
        finding_say(d, "%s", l->text);
        finding_remedy(d, "Correct the script first: what it measures is not what users do.");
        finding_show(d, NULL, &f->all, "%s times", figure_count(l->count).text);
    }
}
