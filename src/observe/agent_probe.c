/* `halftime agent` on another machine: what its probes heard, each second, as
 * `halftime_probe{source="host",name="host.cpu.used", unit="share"} 0.5` and notes with their text in a
 * label. Its rates are rates already. Sources get the agent's address behind them. */
#include "observe/exposition.h"
#include "observe/probe_texts_priv.h"
#include "observe/web_get.h"

#include <errno.h>
#include <stdio.h>

static bool tell_sample(struct probe *p, const struct exposition_sample *x) {
    char source[PROBE_SOURCE_MAX], name[PROBE_NAME_MAX], unit_word[32], text[PROBE_TEXT_MAX],
        whole[2 * PROBE_SOURCE_MAX];
    enum probe_unit unit;
    bool known = exposition_label(x->labels, VIEW("source"), source, sizeof source) &&
                 exposition_label(x->labels, VIEW("name"), name, sizeof name);
    if (!known)
        return false;
    if (view_eq(x->name, VIEW("halftime_probe_note"))) {
        if (exposition_label(x->labels, VIEW("text"), text, sizeof text))
            probe_tell_note(p, name, view_of_cstr(text), x->value);
        return true;
    }
    if (!view_eq(x->name, VIEW("halftime_probe")) ||
        !exposition_label(x->labels, VIEW("unit"), unit_word, sizeof unit_word) ||
        !probe_unit_of(view_of_cstr(unit_word), &unit))
        return false;
    const char *address = strchr(p->source, ' '); /* "agent db1:7410" */
    snprintf(whole, sizeof whole, "%s at%s", source, address ? address : "");
    probe_tell_of(p, view_of_cstr(whole), view_of_cstr(name), unit, x->value);
    return true;
}

int agent_probe_tell(struct probe *p, struct view text, struct error *err) {
    struct exposition e = exposition_of(text);
    struct exposition_sample x;
    size_t told = 0;
    while (exposition_next(&e, &x))
        told += tell_sample(p, &x);
    if (!told && !view_starts_with(text, VIEW("# halftime agent")))
        return error_set(err, ERROR_SYNTAX, "what answers there is no `halftime agent`");
    return 0;
}

static int agent_open(struct probe *p, struct view what, struct error *err) {
    return web_get_new((struct web_get **)&p->state, p, "agent", what, "/probes", err);
}

static int agent_read(struct probe *p, struct error *err) {
    struct view body;
    int r = web_get(p->state, NULL, &body, err);
    return r < 0 ? r : agent_probe_tell(p, body, err);
}

static void agent_close(struct probe *p) {
    p->state = web_get_free(p->state);
}

const struct probe_kind probe_agent = {.name = "agent",
    .spec = "agent:http://TOKEN@HOST:7410",
    .help = "another machine, on which `halftime agent` runs",
    .open = agent_open,
    .read = agent_read,
    .close = agent_close};
