/* Workers, the processor, the accept queue, replicas: what stands at the front of a server. */
#include "diagnosis/diagnosis_priv.h"

#include <stdio.h>

#define FULL                      0.97 /* of a limit */
#define OFTEN                     0.5  /* of the busy seconds */
#define WAIT_SHARE_MIN            0.15 /* of a request's time, else a queue hurts nobody */
#define CPU_FULL                  0.9  /* used and waited for */
#define CPU_USED_MIN              0.05 /* a busy neighbour may have the rest */
#define HURTS_MS                  100.0
#define OWN_HALF                  0.5  /* of what it used and waited for: with less, others are what holds it up */
#define NEIGHBOURS                0.25 /* of the time waited for a core */
#define THROTTLED                 0.15
#define CONNECT_REPEATED_MS       900 /* the client's kernel repeats a lost SYN after 1, 3, 7 s */
#define CONNECT_REPEATED_AGAIN_MS 3500
enum { START_SECONDS = 2 };

/* Time that a request waits in a queue of this mean length (Little's law), and its share of a request's time.
 */
static double queue_wait_ms(const struct facts *f, double length) {
    return f->busy_rate > 0 ? 1000 * length / f->busy_rate : 0;
}

static void say_workers(struct diagnosis_finding *d, const struct facts *f, double limit, double queue) {
    double wait_ms = fmin(queue_wait_ms(f, queue), f->busy_ms),
           work_ms = f->busy_rate > 0 ? 1000 * limit / f->busy_rate : NAN;
    double wanted = facts_enough(f, limit);
    if (limit > 1)
        finding_say(d, "All %s server workers were busy", figure_count(limit).text);
    else
        finding_say(d, "The only server worker was busy");
    finding_say(d, " while %s requests waited for one: a request waited about %s of the %s it took.",
        figure_count(queue).text, figure_ms(wait_ms).text, figure_ms(f->busy_ms).text);
    char most[64] = "it does", enough[64] = "";
    if (limit > 1)
        snprintf(most, sizeof most, "%s workers do", figure_count(limit).text);
    if (wanted > 0)
        snprintf(enough, sizeof enough, "; for this load about %s are needed", figure_count(wanted).text);
    finding_remedy(d,
        "Give the server more workers. Each request holds one for about %s, so %s at most %s requests/s%s "
        "(gunicorn -w, uvicorn --workers, puma -w, pm.max_children).",
        figure_ms(work_ms).text, most, figure_count(f->busy_rate).text, enough);
}

static void judge_workers(const struct facts *f, const struct diagnosis_probe *busy, struct findings *out) {
    const struct diagnosis_probe *queue = facts_beside(f, busy, "app.queue");
    const struct diagnosis_probe *size = facts_beside(f, busy, "app.workers");
    double limit = size ? course_max(f, size->values, &f->busy) : NAN;
    double level = course_mean(f, busy->values, &f->busy);
    double length = queue ? course_mean(f, queue->values, &f->busy) : NAN;

    if (!(limit > 0) || !(level >= (limit > 2 ? 0.85 : 0.6) * limit) || !(length > 0.3))
        return;
    double often = course_share_above(f, queue->values, &f->busy, 0);
    double share = f->busy_ms > 0 ? queue_wait_ms(f, length) / f->busy_ms : 0;
    if (often < OFTEN || share < WAIT_SHARE_MIN)
        return;
    struct diagnosis_finding *d =
        findings_add(out, limit > 32 ? DIAGNOSIS_THREAD_POOL : DIAGNOSIS_WORKERS, 0.6 + 0.35 * often, share);
    say_workers(d, f, limit, length);
    finding_show(
        d, busy, &f->busy, "%s of %s workers busy", figure_count(level).text, figure_count(limit).text);
    finding_show(d, queue, &f->busy, "%s requests waiting, %s at most", figure_count(length).text,
        figure_count(course_max(f, queue->values, &f->busy)).text);
}

void rule_workers(const struct facts *f, struct findings *out) {
    for (const struct diagnosis_probe *p = NULL; (p = facts_probe(f, p, "app.workers.busy"));)
        judge_workers(f, p, out);
}

/* --- the accept queue --- */

static double worst_connect(const struct facts *f, struct span *when) {
    double worst = 0;
    *when = (struct span){.count = 0};
    for (size_t i = 0; i < f->n; i++) {
        const struct diagnosis_second *s = &f->in->seconds[i];
        if (!(s->connect_max >= CONNECT_REPEATED_MS))
            continue;
        when->from_s = when->count++ ? when->from_s : s->from_s;
        when->to_s = s->to_s;
        worst = fmax(worst, s->connect_max);
    }
    return worst;
}

void rule_accept_queue(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *lost = facts_probe(f, NULL, "host.tcp.listen_overflows_per_second");
    const struct diagnosis_probe *length = facts_probe(f, NULL, "host.tcp.accept_queue");
    const struct diagnosis_probe *limit =
        length ? facts_beside(f, length, "host.tcp.accept_queue_limit") : NULL;
    double rate = lost ? course_mean(f, lost->values, &f->all) : NAN;
    double refused_ms;
    struct span when;
    bool full = limit && course_max(f, length->values, &f->all) >= course_max(f, limit->values, &f->all);

    refused_ms = worst_connect(f, &when);
    if (!(rate > 0) && !(refused_ms > 0))
        return;
    if (!when.count)
        return; /* overflows of another server on that machine */
    bool seen = rate > 0 || full;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_ACCEPT_QUEUE,
        seen                                     ? 0.95
        : refused_ms < CONNECT_REPEATED_AGAIN_MS ? 0.82
                                                 : 0.86,
        0.6);
    finding_say(d,
        "Connecting took up to %s: the server's queue of connections that wait to be accepted was full, and "
        "the "
        "kernel repeated lost attempts after 1, 3, 7 s%s.",
        figure_ms(refused_ms).text, seen ? "" : " (packet loss looks the same)");
    finding_remedy(d, "Raise the listen backlog (gunicorn --backlog, nginx listen … backlog=, "
                      "net.core.somaxconn), let clients "
                      "keep connections open, and give the process that accepts more time: a queue fills "
                      "when nobody accepts.");
    finding_show(d, NULL, &when, "connecting took up to %s", figure_ms(refused_ms).text);
    if (rate > 0)
        finding_show(
            d, lost, &f->all, "%s connections a second found the queue full", figure_count(rate).text);
    if (full)
        finding_show(d, length, &f->all, "the queue was as long as it may be (%s)",
            figure_count(course_max(f, limit->values, &f->all)).text);
}

/* --- the processor --- */

/* What is used when the load has hardly begun is not used by it. */
static bool busy_from_the_start(const struct facts *f, const float *values) {
    size_t heard = 0;
    double sum = 0;
    for (size_t i = 0; i < f->n && heard < START_SECONDS; i++)
        if (!isnan(values[i])) {
            sum += values[i];
            heard++;
        }
    double calm = course_mean(f, values, &f->calm);
    return f->ramp && heard == START_SECONDS && sum / START_SECONDS > CPU_FULL && !(calm < CPU_FULL);
}

static void say_host(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    double used = course_mean(f, p->values, &f->busy),
           often = course_share_above(f, p->values, &f->busy, CPU_FULL);
    double steal = facts_mean_beside(f, p, "host.cpu.steal", &f->busy);
    if (!(used > CPU_FULL) || often < OFTEN || !(f->saturated || f->busy_ms > HURTS_MS))
        return; /* a machine that is used well hurts nobody */
    /* Whose processes they are is not known: the generator may stand on the same machine. */
    bool before = busy_from_the_start(f, p->values);
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_CPU, before ? 0.5 : 0.55 + 0.2 * often, f->saturated ? 0.7 : 0.4);
    finding_say(d, "The processor was %s busy at high load%s%s.", figure_share(used).text,
        steal > 0.1 ? ", a part of it taken by the hypervisor" : "",
        before ? ", but also before there was any: something else uses it" : "");
    finding_remedy(d,
        "Make the busiest code cheaper (profile it under this load), or add cores or machines; more "
        "workers or connections make it worse.");
    finding_show(d, p, &f->busy, "%s of all cores used", figure_share(used).text);
}

/* One process on one core. What it waits for a core counts, too: then a neighbour has it; the more it is only that (its threads wait
 * side by side, so it may be more than all the time), the less sure is it that this process is what is slow. */
static void say_process(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    const struct diagnosis_probe *waiting = facts_beside(f, p, "proc.cpu.busiest_waiting");
    double used = course_mean(f, p->values, &f->busy);
    double wait = waiting ? course_mean(f, waiting->values, &f->busy) : 0;
    double host = facts_mean(f, "host.cpu.used", &f->busy);
    double both = used + (wait > 0 ? wait : 0), level = fmin(both, 1), own = used / both;
    if (!(level > CPU_FULL) || !(used > CPU_USED_MIN))
        return;
    struct diagnosis_finding *d =
        findings_add(out, DIAGNOSIS_CPU, 0.42 + 0.2 * own + 0.3 * clamp01((level - 0.85) / 0.1), level * (0.5 + 0.5 * own));
    if (own < OWN_HALF)
        finding_say(d,
            "Others had the cores: the server's busiest process got %s of a core at high load, and its threads together waited %s in each "
            "second for one.",
            figure_share(used).text, figure_ms(1000 * wait).text);
    else
        finding_say(d,
            "The server's busiest process used %s of a core at high load%s, so what it does is as fast as one "
            "core allows.",
            figure_share(used).text, wait > 0.1 ? " and waited for the rest of it" : "");
    if (wait > NEIGHBOURS)
        finding_remedy(d,
            "Give it cores of its own (or a larger machine): others had those that it waited for. And make the work of a request cheaper "
            "(profile it under this load).");
    else if (host < 0.7)
        finding_remedy(d,
            "Only %s of the machine was used: run more processes (one per core), or make the work of a "
            "request cheaper (profile "
            "it under this load).",
            figure_share(host).text);
    else
        finding_remedy(d, "Make the work of a request cheaper (profile it under this load), run one process "
                          "per core, or add "
                          "cores; more connections or threads make it worse.");
    finding_show(d, p, &f->busy, "the busiest process: %s of a core", figure_share(used).text);
    if (waiting && wait > 0.05)
        finding_show(d, waiting, &f->busy, "it waited %s in each second for a core", figure_ms(1000 * wait).text);
}

static void say_quota(const struct facts *f, const struct diagnosis_probe *p, struct findings *out) {
    double share = course_mean(f, p->values, &f->busy);
    double used = facts_mean_beside(f, p, "cgroup.cpu.used", &f->busy);
    double limit = facts_mean_beside(f, p, "cgroup.cpu.limit", &f->busy);
    if (!(share > THROTTLED))
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_CPU_QUOTA, 0.7 + share / 3, fmax(share, 0.6));
    finding_say(d, "The processor quota stopped the server in %s of all periods", figure_share(share).text);
    if (limit > 0)
        finding_say(d, " (%s of %s cores used)", figure_count(used).text, figure_count(limit).text);
    finding_say(d, ": it stands still until the next period begins.");
    finding_remedy(d,
        "Raise the limit (cpus: in Compose, resources.limits.cpu in Kubernetes), or leave the limit "
        "away and keep the request; bursts of threads use a quota up at once.");
    finding_show(d, p, &f->busy, "throttled in %s of the periods", figure_share(share).text);
}

void rule_cpu(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *p = NULL;
    while ((p = facts_probe(f, p, "cgroup.cpu.throttled")))
        say_quota(f, p, out);
    for (p = NULL; (p = facts_probe(f, p, "proc.cpu.busiest"));)
        say_process(f, p, out);
    if (!findings_has(out, DIAGNOSIS_CPU, 0.5))
        for (p = NULL; (p = facts_probe(f, p, "host.cpu.used"));)
            say_host(f, p, out);
}

/* --- replicas --- */

void rule_elasticity(const struct facts *f, struct findings *out) {
    const struct diagnosis_probe *wanted = facts_probe(f, NULL, "kube.replicas.wanted");
    const struct diagnosis_probe *ready = wanted ? facts_beside(f, wanted, "kube.replicas.ready") : NULL;
    struct span when = {.count = 0};
    double most = 0;

    for (size_t i = 0; ready && i < f->n; i++) {
        double missing = wanted->values[i] - ready->values[i];
        if (!(missing > 0.5))
            continue;
        when.from_s = when.count++ ? when.from_s : f->in->seconds[i].from_s;
        when.to_s = f->in->seconds[i].to_s;
        most = fmax(most, missing);
    }
    double share = f->n ? (double)when.count / (double)f->n : 0;
    if (share < 0.2)
        return;
    struct diagnosis_finding *d = findings_add(out, DIAGNOSIS_ELASTICITY, 0.6 + 0.4 * share, share);
    finding_say(d,
        "The autoscaler asked for up to %s replicas more than were ready, for %s s of the run: the load came "
        "sooner than they did.",
        figure_count(most).text, figure_count(when.to_s - when.from_s).text);
    finding_remedy(d,
        "Look why they stay pending (kubectl describe pod: quota of nodes, image pulls, requests too "
        "large), keep more replicas from the start, or scale on an earlier sign than CPU.");
    finding_show(d, wanted, &when, "up to %s replicas missing", figure_count(most).text);
    finding_show(
        d, ready, &when, "%s ready at the end", figure_count(course_max(f, ready->values, &f->late)).text);
}
