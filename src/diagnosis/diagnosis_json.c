#include "diagnosis/diagnosis_json.h"

#include <math.h>

#define CERTAIN 0.85
#define LIKELY  0.65

const char *diagnosis_level(const struct diagnosis_finding *d) {
    if (diagnosis_kind_note(d->kind))
        return "note";
    return d->confidence >= CERTAIN ? "error" : "warning";
}

const char *diagnosis_confidence_word(const struct diagnosis_finding *d) {
    return d->confidence >= CERTAIN ? "nearly certain" : d->confidence >= LIKELY ? "likely" : "perhaps";
}

static void text(struct json_writer *w, const char *key, const char *value) {
    json_member_text(w, key, view_of_cstr(value));
}

static void number(struct json_writer *w, const char *key, double value) {
    json_member_double(w, key, round(value * 1000) / 1000);
}

static void evidence(struct json_writer *w, const struct diagnosis_evidence *e) {
    json_writer_object(w);
    text(w, "source", e->source);
    text(w, "series", e->series);
    number(w, "from_s", e->from_s);
    number(w, "to_s", e->to_s);
    text(w, "text", e->text);
    json_writer_end(w);
}

static void finding(struct json_writer *w, const struct diagnosis_finding *d) {
    json_writer_object(w);
    text(w, "kind", diagnosis_kind_key(d->kind));
    text(w, "level", diagnosis_level(d));
    text(w, "title", diagnosis_kind_title(d->kind));
    number(w, "confidence", d->confidence);
    number(w, "impact", d->impact);
    text(w, "text", d->sentence);
    text(w, "remedy", d->remedy);
    json_member_array(w, "evidence");
    for (size_t i = 0; i < d->evidence_count; i++)
        evidence(w, &d->evidence[i]);
    json_writer_end(w);
    json_member_array(w, "endpoints");
    for (size_t i = 0; i < d->concerned_count; i++)
        json_writer_string(w, view_of_cstr(d->concerned[i]));
    json_writer_end(w);
    json_writer_end(w);
}

void diagnosis_json(struct json_writer *w, const struct diagnosis_finding *list, size_t n) {
    json_writer_array(w);
    for (size_t i = 0; i < n; i++)
        finding(w, &list[i]);
    json_writer_end(w);
}
