#include "cli/remedy.h"

#include "core/spelling.h"
#include "load/plan.h"
#include "script/js/options/options.h"

#include <stdio.h>

typedef void remedy_words(struct view name, char *out);

static void mean(char *out, struct view word, const char *otherwise) {
    if (word.ptr)
        snprintf(out, REMEDY_BYTES_MAX, "did you mean %.*s?", VIEW_ARGS(word));
    else
        snprintf(out, REMEDY_BYTES_MAX, "%s", otherwise);
}

/* "rate" in a scenario of another executor, or something misspelt there or at the top. */
static void unknown_field(struct view name, char *out) {
    struct spelling s = SPELLING_OF(name);
    const char *word, *comma = "";
    unsigned executors;

    for (size_t i = 0; (word = options_scenario_key(i, &executors)) != NULL; i++) {
        if (!view_eq(name, view_of_cstr(word))) {
            spelling_offer(&s, view_of_cstr(word));
            continue;
        }
        size_t used = (size_t)snprintf(out, REMEDY_BYTES_MAX, "%s is known to", word);
        for (unsigned k = 0; k < PLAN_HELD_USERS; k++)
            if (executors & 1u << k) {
                used += (size_t)snprintf(out + used, REMEDY_BYTES_MAX - used, "%s %s", comma,
                    plan_executor_name((enum plan_executor)k));
                comma = ",";
            }
        return;
    }
    for (size_t i = 0; (word = options_name(i)) != NULL; i++)
        spelling_offer(&s, view_of_cstr(word));
    mean(out, s.best, "k6 inspect prints the options as they are understood");
}

static void unknown_executor(struct view name, char *out) {
    struct spelling s = SPELLING_OF(name);
    size_t used = (size_t)snprintf(out, REMEDY_BYTES_MAX, "there are");

    for (unsigned k = 0; k < PLAN_HELD_USERS; k++) {
        const char *word = plan_executor_name((enum plan_executor)k);
        spelling_offer(&s, view_of_cstr(word));
        used += (size_t)snprintf(out + used, REMEDY_BYTES_MAX - used, "%s %s", k ? "," : "", word);
    }
    if (s.best.ptr)
        mean(out, s.best, "");
}

static void unknown_metric(struct view name, char *out) {
    struct spelling s = SPELLING_OF(name);
#define REMEDY_OFFER(id, text, type, contains) spelling_offer(&s, VIEW(text));
    METRIC_BUILTINS(REMEDY_OFFER)
#undef REMEDY_OFFER
    mean(out, s.best,
        "a metric of your own must be made at the top of the script, before the test: new Trend(name), new "
        "Counter(name) …");
}

/* tidy: table · words: called with the name that follows the needle, up to the quote that ends the needle. */
static const struct remedy {
    const char *needle;
    remedy_words *words;
    const char *text; /* when there is no name */
} remedies[] = {
    {"unknown field \"", unknown_field, NULL},
    {"unknown executor type '", unknown_executor, NULL},
    {"no metric name \"", unknown_metric, NULL},
    {"no exported functions in script", NULL, "export what shall run: export default function () { … }"},
    {"' not found in exports", NULL,
        "exec must name a function that the script exports: export function NAME() { … }"},
    {" in duration \"", NULL, "a duration is written like 30s, 1m30s or 500ms"},
    {"time: invalid duration \"", NULL, "a duration is written like 30s, 1m30s or 500ms"},
    {"failed parsing threshold expression", NULL,
        "a threshold is METHOD OPERATOR NUMBER, like p(95)<200, rate<0.01 or count>=10"},
    {"unknown flag: ", NULL, "--help lists the flags"},
    {"unknown shorthand flag: ", NULL, "--help lists the flags"},
    {"in the init context is not supported", NULL,
        "what stands outside of functions runs before the test, once for each user: move it into the default "
        "function or into setup()"},
    {"GoError: stat ", NULL, "open() takes a path relative to the script that was started"},
    {"too many open files", NULL,
        "raise the limit of descriptors (ulimit -n); halftime doctor says what else limits this machine"},
    {"cannot assign requested address", NULL,
        "this machine has no free port left towards that address: reuse connections, or use several "
        "addresses (--local-ips)"},
};

static bool apply(const struct remedy *m, struct view text, char *out) {
    ptrdiff_t at = view_find_view(text, view_of_cstr(m->needle));

    if (at < 0)
        return false;
    if (m->text) {
        snprintf(out, REMEDY_BYTES_MAX, "%s", m->text);
        return true;
    }
    struct view rest = view_drop(text, (size_t)at + strlen(m->needle));
    char quote = m->needle[strlen(m->needle) - 1];
    m->words(view_cut(&rest, quote, NULL), out);
    return true;
}

const char *remedy_find(const struct log_record *r, char out[REMEDY_BYTES_MAX]) {
    struct view error = VIEW_NULL;

    out[0] = '\0';
    if (r->level < LOG_WARN)
        return out;
    for (size_t i = 0; i < r->field_count; i++) {
        struct view key = r->fields[i].key;
        if (view_eq(key, VIEW("source")) && view_eq(r->fields[i].value, VIEW("console")))
            return out; /* the script's own words */
        if (view_eq(key, VIEW("error")))
            error = r->fields[i].value;
    }
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (apply(&remedies[i], r->message, out) || (error.ptr && apply(&remedies[i], error, out)))
            return out;
    return out;
}
