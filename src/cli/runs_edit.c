/* `halftime runs note` and `halftime runs rm`. */
#include "cli/exit_code.h"
#include "cli/runs_command.h"

#include <inttypes.h>

static const char *const names[LEDGER_RUN_NOTE_COUNT] = {
#define NAME(id, column, words) [LEDGER_RUN_##id] = column,
    LEDGER_RUN_NOTES(NAME)
#undef NAME
};

struct notes {
    struct buf texts[LEDGER_RUN_NOTE_COUNT];
    int error;
};

static int copy_notes(void *ctx, const struct ledger_run *r) {
    struct notes *n = ctx;
    const struct view texts[LEDGER_RUN_NOTE_COUNT] = {[LEDGER_RUN_LABEL] = r->label,
        [LEDGER_RUN_FOCUS] = r->focus,
        [LEDGER_RUN_CHANGES] = r->changes,
        [LEDGER_RUN_NOTES] = r->notes,
        [LEDGER_RUN_LINKS] = r->links};
    for (size_t i = 0; i < LEDGER_RUN_NOTE_COUNT && n->error == 0; i++) {
        n->texts[i] = BUF_MAX(LEDGER_RUN_BLOB_MAX);
        n->error = buf_append_view(&n->texts[i], texts[i]);
    }
    return 0;
}

static void print_notes(const struct notes *n) {
    for (size_t i = 0; i < LEDGER_RUN_NOTE_COUNT; i++)
        if (n->texts[i].len)
            printf("%-8s %.*s\n", names[i], VIEW_ARGS(buf_view(&n->texts[i])));
}

static int change(struct runs_call *c, int64_t id, struct notes *n, size_t *changed, struct error *err) {
    int r = n->error < 0 ? error_set(err, n->error, "%s", error_name(n->error)) : 0;
    *changed = 0;
    for (size_t i = 0; i < LEDGER_RUN_NOTE_COUNT && r == 0; i++) {
        const char *text = runs_flag(c, names[i]);
        struct buf *b = &n->texts[i];
        if (!text)
            continue;
        ++*changed;
        if (!runs_flag_set(c, "add"))
            buf_clear(b);
        else if (b->len)
            r = buf_append_byte(b, '\n');
        r = r < 0 ? r : buf_append_view(b, view_of_cstr(text));
        r = r < 0 ? error_set(err, r, "%s", error_name(r))
                  : ledger_run_annotate(c->ledger, id, (enum ledger_run_note)i, buf_view(b), err);
    }
    return r;
}

int runs_note(struct runs_call *c) {
    struct error err = ERROR_NULL;
    struct notes n = {0};
    size_t changed = 0;
    int64_t id;

    int r = runs_id(c->ledger, c->flags.args[0], &id, &err);
    r = r < 0 ? r : ledger_run_get(c->ledger, id, copy_notes, &n, &err);
    r = r < 0 ? r : change(c, id, &n, &changed, &err);
    if (r == 0 && !changed)
        print_notes(&n);
    for (size_t i = 0; i < LEDGER_RUN_NOTE_COUNT; i++)
        buf_deinit(&n.texts[i]);
    return r < 0 ? runs_refuse(c, "%s", err.text) : EXIT_CODE_OK;
}

static int see_state(void *ctx, const struct ledger_run *r) {
    *(enum ledger_run_state *)ctx = r->state;
    return 0;
}

/* All are looked at before the first one goes. */
int runs_remove(struct runs_call *c) {
    int64_t ids[FLAGS_ARGS_MAX];
    struct error err = ERROR_NULL;

    for (size_t i = 0; i < c->flags.arg_count; i++) {
        enum ledger_run_state state = LEDGER_RUN_ENDED;
        int r = runs_id(c->ledger, c->flags.args[i], &ids[i], &err);
        r = r < 0 ? r : ledger_run_get(c->ledger, ids[i], see_state, &state, &err);
        if (r < 0)
            return runs_refuse(c, "%s", err.text);
        if (state == LEDGER_RUN_RUNNING)
            return runs_refuse(c, "run %" PRId64 " is under way; stop it first", ids[i]);
    }
    for (size_t i = 0; i < c->flags.arg_count; i++)
        if (ledger_run_remove(c->ledger, ids[i], &err) < 0)
            return runs_refuse(c, "%s", err.text);
    return EXIT_CODE_OK;
}
