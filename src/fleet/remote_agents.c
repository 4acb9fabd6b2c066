/* The machines of a run: which agents there are, how its workers are spread over them, and whether they live.
 *
 * An agent that was silent for REMOTE_SILENCE_US is lost with its members; while our own connection is down, and a while after, nobody is
 * lost: we cannot know. */
#include "fleet/remote_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    REMOTE_GATHER_MS = 10 * 1000,  /* how long agents are waited for */
    REMOTE_GATHER_QUIET_MS = 1500, /* … when nobody said how many */
    REMOTE_SILENCE_US = 3000 * 1000,
    REMOTE_LEAD_US = 200 * 1000,      /* a common instant is so far ahead … */
    REMOTE_LEAD_MAX_US = 2000 * 1000, /* … or three times the longest way, up to this */
};

/* ---- who is there ---- */

static struct remote_agent *agent_of(struct remote *r, const char *id) {
    for (size_t i = 0; i < r->agent_count; i++)
        if (!strcmp(r->agents[i].card.id, id))
            return &r->agents[i];
    return NULL;
}

static struct remote_agent *add_agent(struct remote *r, const struct agent_card *card) {
    struct remote_agent *a = agent_of(r, card->id);

    if (!a && r->agent_count < REMOTE_AGENTS_MAX)
        a = &r->agents[r->agent_count++];
    if (a) {
        a->card = *card;
        a->heard_us = loop_now_us(r->controller->loop);
    }
    return a;
}

size_t remote_recall_agent(struct controller *c, struct view id, struct view host) {
    struct agent_card card = {.clock_rtt_us = -1};

    snprintf(card.id, sizeof card.id, "%.*s", VIEW_ARGS(view_take(id, POST_ID_MAX)));
    snprintf(card.host, sizeof card.host, "%.*s", VIEW_ARGS(view_take(host, POST_TEXT_MAX - 1)));
    struct remote_agent *known = agent_of(c->remote, card.id),
                        *a = known ? known : add_agent(c->remote, &card);
    if (!a)
        return 0;
    a->members++;
    return (size_t)(a - c->remote->agents);
}

struct gathering {
    struct remote *r;
    size_t wanted;
    char refused[ERROR_TEXT_MAX];
};

static bool gather_card(void *ctx, struct view data) {
    struct gathering *g = ctx;
    struct agent_card card;

    if (agent_card_parse(data, &card) < 0 || !agent_card_has_label(&card, g->r->o->label))
        return false;
    if (card.protocol != POST_PROTOCOL || strcmp(card.version, HT_VERSION) != 0) {
        snprintf(g->refused, sizeof g->refused,
            "; agent %s on %s is halftime %s (protocol %u), not %s (protocol %d): install the same version "
            "on all machines",
            card.id, card.host, card.version, card.protocol, HT_VERSION, POST_PROTOCOL);
        return false;
    }
    if (card.slots > card.busy)
        add_agent(g->r, &card);
    return g->wanted && g->r->agent_count >= g->wanted;
}

int remote_agents_gather(struct remote *r, struct error *err) {
    struct gathering g = {.r = r, .wanted = (size_t)(r->o->machines > 0 ? r->o->machines : 0)};
    int rc = nats_link_gather(r->link, POST_AGENTS, POST_ASK,
        g.wanted ? REMOTE_GATHER_MS : REMOTE_GATHER_QUIET_MS, gather_card, &g);

    if (rc < 0)
        return error_set(err, rc, "the bus at %s takes no subscriptions", nats_link_url(r->link));
    if (r->agent_count == 0 || r->agent_count < g.wanted)
        return error_set(err, ERROR_CLOSED,
            "%zu of %zu agents with free slots%s%s are at %s: start more with `halftime fleet worker --bus "
            "URL` on their machines%s",
            r->agent_count, g.wanted ? g.wanted : 1, r->o->label ? " and the label " : "",
            r->o->label ? r->o->label : "", nats_link_url(r->link), g.refused);
    return 0;
}

/* ---- spreading the run ---- */

static size_t free_slots(const struct remote_agent *a) {
    return a->card.slots > a->card.busy ? a->card.slots - a->card.busy : 0;
}

size_t remote_workers(const struct controller *c) {
    const struct remote *r = c->remote;
    size_t slots = 0;

    for (size_t i = 0; i < r->agent_count; i++) {
        size_t here = free_slots(&r->agents[i]), most = (size_t)r->o->workers_per_machine;
        slots += most && most < here ? most : here;
    }
    size_t wanted =
        c->o->workers > 0 ? (size_t)c->o->workers : (size_t)assignment_workers_wanted(&c->plan, (int)slots);
    if (r->o->workers_per_machine)
        wanted = slots;
    wanted = wanted < r->agent_count && c->o->workers <= 0 ? r->agent_count : wanted;
    wanted = wanted > slots ? slots : wanted;
    return wanted > FLEET_WORKERS_MAX ? FLEET_WORKERS_MAX : wanted ? wanted : 1;
}

/* The next worker goes where it fills the smallest part of the free slots: twice the cores, twice the
 * workers. */
static size_t next_agent(const struct remote *r) {
    size_t best = 0;
    double least = 1e9;

    for (size_t i = 0; i < r->agent_count; i++) {
        size_t slots = free_slots(&r->agents[i]);
        double part = slots > r->agents[i].members ? (double)(r->agents[i].members + 1) / (double)slots : 1e8;
        if (part < least) {
            least = part;
            best = i;
        }
    }
    return best;
}

static int note_member(struct controller *c, const struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(2048);
    struct pack_writer w = pack_writer_of(&out);

    pack_u64(&w, m->number);
    pack_view(&w, view_of_cstr(c->remote->agents[m->agent].card.id));
    pack_view(&w, view_of_cstr(c->remote->agents[m->agent].card.host));
    pack_view(&w, view_of_cstr(m->client_id));
    remote_note(c, NOTE_MEMBER, buf_view(&out));
    return w.error;
}

/* To the members first … last that are on the agent. */
static int make_offer(struct controller *c, size_t agent, size_t first, size_t last, struct offer *o) {
    struct remote *r = c->remote;

    *o = (struct offer){
        .protocol = POST_PROTOCOL, .key = r->key, .files_bytes = r->files_bytes, .files_tree = r->o->folder != NULL};
    snprintf(o->run, sizeof o->run, "%s", r->run);
    snprintf(o->host, sizeof o->host, "%s", c->o->host->name);
    snprintf(o->version, sizeof o->version, "%s", HT_VERSION);
    snprintf(o->sha256, sizeof o->sha256, "%s", r->sha256);
    o->members = calloc(last - first + 2, sizeof *o->members);
    for (size_t i = first; o->members && i <= last; i++)
        if (c->members[i].agent == agent) {
            struct offer_member *m = &o->members[o->member_count++];
            m->number = (uint32_t)i;
            snprintf(m->client_id, sizeof m->client_id, "%s", c->members[i].client_id);
        }
    return o->members ? 0 : -ENOMEM;
}

static int offer_to(struct controller *c, size_t agent, size_t first, size_t last, struct error *err) {
    struct remote *r = c->remote;
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct buf answer CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    const struct agent_card *card = &r->agents[agent].card;
    struct offer o;
    char subject[NATS_SUBJECT_MAX];

    int rc = make_offer(c, agent, first, last, &o);
    rc = rc < 0 ? rc : offer_pack(&o, &json);
    offer_deinit(&o);
    if (rc < 0)
        return error_set(err, rc, "out of memory");
    snprintf(subject, sizeof subject, POST_AGENT, card->id);
    if (nats_link_ask(r->link, subject, buf_view(&json), NATS_SYNC_MS, &answer) < 0)
        return error_set(err, ERROR_CLOSED, "agent %s on %s does not answer", card->id, card->host);
    if (!view_eq(buf_view(&answer), VIEW("ok")))
        return error_set(err, ERROR_INVALID, "agent %s on %s refuses: %.*s", card->id, card->host,
            VIEW_ARGS(view_take(buf_view(&answer), 600)));
    return 0;
}

int remote_take(struct controller *c, size_t count, struct error *err) {
    struct remote *r = c->remote;
    int rc = 0;

    for (size_t i = 1; i <= count && rc == 0; i++) {
        size_t agent = next_agent(r);
        rc = roster_join_away(c, i, agent, NULL);
        r->agents[agent].members++;
        c->member_count = rc == 0 ? i + 1 : c->member_count;
        rc = rc < 0 ? error_set(err, rc, "out of memory") : note_member(c, &c->members[i]);
    }
    for (size_t a = 0; a < r->agent_count && rc == 0; a++)
        if (r->agents[a].members)
            rc = offer_to(c, a, 1, count, err);
    return rc;
}

/* ---- coming, coming back, falling silent ---- */

static int take_newcomers(struct remote *r, size_t agent, size_t count, struct error *err) {
    struct controller *c = r->controller;
    size_t first = c->member_count;
    int rc = 0;

    for (size_t i = first; i < first + count && rc == 0; i++) {
        rc = roster_join_away(c, i, agent, NULL);
        c->members[i].newcomer = true;
        r->agents[agent].members++;
        c->member_count = rc == 0 ? i + 1 : c->member_count;
        rc = rc < 0 ? error_set(err, rc, "out of memory") : note_member(c, &c->members[i]);
    }
    rc = rc < 0 ? rc : offer_to(c, agent, first, first + count - 1, err);
    for (size_t i = first; i < first + count && rc == 0; i++)
        rc = newcomer_prepare(c, &c->members[i]);
    for (size_t i = first; i < c->member_count && rc < 0; i++) /* it never was one */
        c->members[i].state = MEMBER_GONE, c->members[i].dismissed = true;
    return rc;
}

/* An agent that was not there at the beginning. As many workers as the others have each, and as there is work for. */
static void on_new_agent(struct remote *r, const struct agent_card *card) {
    struct controller *c = r->controller;
    struct error err = ERROR_NULL;
    size_t wanted = r->o->join && r->ours ? newcomer_wanted(c) : 0, room = FLEET_WORKERS_MAX + 1 - c->member_count;

    if (!wanted || !agent_card_has_label(card, r->o->label) || card->protocol != POST_PROTOCOL || strcmp(card->version, HT_VERSION) != 0)
        return;
    size_t each = r->o->workers_per_machine > 0 ? (size_t)r->o->workers_per_machine : (c->member_count - 1) / (r->agent_count ? r->agent_count : 1);
    struct remote_agent *a = card->slots > card->busy ? add_agent(r, card) : NULL;
    if (!a)
        return;
    size_t n = free_slots(a) < each || !each ? 1 : each;
    n = n > wanted ? wanted : n;
    n = n > room ? room : n;
    controller_log(c, LOG_INFO, "agent %s on %s came: %zu more workers take part", card->id, card->host, n);
    if (n && take_newcomers(r, (size_t)(a - r->agents), n, &err) < 0)
        controller_log(c, LOG_WARN, "agent %s on %s cannot take part: %s", card->id, card->host, err.text[0] ? err.text : "out of memory");
}

static void agent_back(struct remote *r, size_t agent) {
    struct controller *c = r->controller;

    r->agents[agent].lost = false;
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].away && c->members[i].agent == agent)
            roster_back(c, &c->members[i]);
}

static void on_card(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, cards);
    struct agent_card card;

    if (agent_card_parse(m->data, &card) < 0)
        return;
    struct remote_agent *a = agent_of(r, card.id);
    if (!a) {
        on_new_agent(r, &card);
        return;
    }
    a->card = card;
    a->heard_us = loop_now_us(r->controller->loop);
    if (a->lost && !strcmp(card.run, r->run))
        agent_back(r, (size_t)(a - r->agents));
}

int remote_agents_watch(struct remote *r) {
    r->cards.message = on_card;
    return nats_link_watch(r->link, &r->cards, POST_AGENTS);
}

static void agent_lost(struct remote *r, size_t agent) {
    struct controller *c = r->controller;
    char how[128];

    r->agents[agent].lost = true;
    snprintf(how, sizeof how, "was not heard for %d s", REMOTE_SILENCE_US / 1000000);
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].away && c->members[i].agent == agent && c->members[i].state != MEMBER_GONE)
            roster_lost(c, &c->members[i], how);
}

void remote_agents_hear_silence(struct remote *r, int64_t now_us) {
    if (r->controller->recalling || !nats_link_connected(r->link) || now_us - r->echo_us > REMOTE_DEAF_US)
        return;
    for (size_t i = 0; i < r->agent_count; i++) {
        struct remote_agent *a = &r->agents[i];
        int64_t from_us = a->heard_us > r->hears_since_us ? a->heard_us : r->hears_since_us;
        if (a->members && !a->lost && now_us - from_us > REMOTE_SILENCE_US)
            agent_lost(r, i);
    }
}

const char *remote_place(const struct member *m) {
    static char text[POST_TEXT_MAX * 2];
    const struct agent_card *card = &m->controller->remote->agents[m->agent].card;

    snprintf(text, sizeof text, "agent %s on %s", card->id, card->host);
    return text;
}

int64_t remote_lead_us(const struct controller *c) {
    int64_t lead_us = REMOTE_LEAD_US;

    for (size_t i = 0; c->remote && i < c->remote->agent_count; i++) {
        int64_t way_us = 3 * c->remote->agents[i].card.clock_rtt_us;
        lead_us = way_us > lead_us ? way_us : lead_us;
    }
    return !c->remote ? 0 : lead_us < REMOTE_LEAD_MAX_US ? lead_us : REMOTE_LEAD_MAX_US;
}
