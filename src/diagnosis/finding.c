/* Findings are filled sentence by sentence; figures have the two or three digits that a reader keeps. */
#include "diagnosis/diagnosis_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct diagnosis_finding *findings_add(
    struct findings *out, enum diagnosis_kind k, double confidence, double impact) {
    struct diagnosis_finding *d = out->count < out->max ? &out->list[out->count++] : &out->spare;
    *d = (struct diagnosis_finding){.kind = k, .confidence = clamp01(confidence), .impact = clamp01(impact)};
    return d;
}

bool findings_has(const struct findings *out, enum diagnosis_kind k, double confidence) {
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].kind == k && out->list[i].confidence >= confidence)
            return true;
    return false;
}

static void append(char *text, size_t size, const char *fmt, va_list args) {
    size_t len = strlen(text);
    vsnprintf(text + len, size - len, fmt, args);
}

void finding_say(struct diagnosis_finding *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    append(d->sentence, sizeof d->sentence, fmt, args);
    va_end(args);
}

void finding_remedy(struct diagnosis_finding *d, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    append(d->remedy, sizeof d->remedy, fmt, args);
    va_end(args);
}

void finding_show(struct diagnosis_finding *d, const struct diagnosis_probe *p, const struct span *s,
    const char *fmt, ...) {
    if (d->evidence_count == DIAGNOSIS_EVIDENCE_MAX)
        return;
    struct diagnosis_evidence *e = &d->evidence[d->evidence_count++];
    *e = (struct diagnosis_evidence){.from_s = s->from_s, .to_s = s->to_s};
    if (p) {
        memcpy(e->source, p->key.source, sizeof e->source);
        memcpy(e->series, p->key.name, sizeof e->series);
    }
    va_list args;
    va_start(args, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
}

void finding_concerns(struct diagnosis_finding *d, const char *endpoint) {
    if (d->concerned_count < DIAGNOSIS_CONCERNED_MAX)
        snprintf(d->concerned[d->concerned_count++], DIAGNOSIS_NAME_MAX, "%s", endpoint);
}

double clamp01(double x) {
    return x > 0 ? (x < 1 ? x : 1) : 0;
}

struct figure figure_ms(double ms) {
    struct figure g;
    if (ms < 10)
        snprintf(g.text, sizeof g.text, "%.2g ms", ms);
    else if (ms < 999.5)
        snprintf(g.text, sizeof g.text, "%.0f ms", ms);
    else
        snprintf(g.text, sizeof g.text, "%.1f s", ms / 1000);
    return g;
}

struct figure figure_bytes(double bytes) {
    static const char *const units[] = {"bytes", "KB", "MB", "GB", "TB"};
    struct figure g;
    size_t u = 0;
    while (fabs(bytes) >= 1024 && u + 1 < sizeof units / sizeof *units) {
        bytes /= 1024;
        u++;
    }
    snprintf(g.text, sizeof g.text, fabs(bytes) < 10 && u ? "%.1f %s" : "%.0f %s", bytes, units[u]);
    return g;
}

struct figure figure_share(double share) {
    struct figure g;
    double percent = 100 * share;
    snprintf(g.text, sizeof g.text, percent < 1 ? "%.2f %%" : percent < 10 ? "%.1f %%" : "%.0f %%", percent);
    return g;
}

struct figure figure_count(double n) {
    struct figure g;
    if (fabs(n) < 10 && fabs(n - round(n)) > 0.05)
        snprintf(g.text, sizeof g.text, "%.1f", n);
    else if (fabs(n) < 10000)
        snprintf(g.text, sizeof g.text, "%.0f", n);
    else if (fabs(n) < 1e6)
        snprintf(g.text, sizeof g.text, "%.0f,%03.0f", floor(n / 1000), floor(fmod(n, 1000)));
    else
        snprintf(g.text, sizeof g.text, "%.1f million", n / 1e6);
    return g;
}
