#include "cli/observe_flags.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"

enum { OBSERVE_FILE_MAX = 256 * 1024, OBSERVE_SPECS_MAX = OBSERVER_PROBES_MAX + 1, TROUBLES_PER_SECOND = 8 };

/* tidy: table */
const struct flag observe_flags[] = {
    {"observe", 0, FLAG_TEXT, "probe", NULL, NULL, "HALFTIME_OBSERVE", NULL,
        "what to ask the system under test each second: host, proc:PID|NAME, cgroup:PATH, postgres://…, "
        "pgbouncer://…, redis://…, "
        "nginx:URL, rabbitmq:URL, prometheus:URL, agent:URL; may be given often (in the variable separated "
        "by blanks)"},
    {"observe-file", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,
        "the same from a file, a probe a line, '#' begins a comment: passwords stay off the command line"},
    {0},
};

struct specs {
    struct view list[OBSERVE_SPECS_MAX];
    size_t count;
};

static int add(struct specs *s, struct view spec, struct error *err) {
    spec = view_trim(spec);
    if (!spec.len || spec.ptr[0] == '#')
        return 0;
    if (s->count == OBSERVE_SPECS_MAX)
        return error_set(err, ERROR_LIMIT, "--observe: more than %d probes", OBSERVER_PROBES_MAX);
    s->list[s->count++] = spec;
    return 0;
}

static int add_lines(struct specs *s, struct view text, struct error *err) {
    int r = 0;
    while (text.len && r == 0)
        r = add(s, view_cut(&text, '\n', NULL), err);
    return r;
}

static int add_words(struct specs *s, struct view text, struct error *err) {
    int r = 0;
    while (text.len && r == 0) {
        size_t n = 0;
        while (n < text.len && !strchr(" \t\n", text.ptr[n]))
            n++;
        r = add(s, view_take(text, n), err);
        text = view_drop(text, n + 1);
    }
    return r;
}

static int gather(const struct flag_result *r, struct specs *s, struct buf *files, struct error *err) {
    int rc = 0;
    for (size_t i = 0; i < r->count && rc == 0; i++) /* all files first: their text may move while it grows */
        if (strcmp(r->items[i].flag->name, "observe-file") == 0) {
            rc = file_read(r->items[i].value, files, err);
            rc = rc < 0 ? error_wrap(err, "--observe-file") : buf_append_byte(files, '\n');
        }
    rc = rc < 0 ? rc : add_lines(s, buf_view(files), err);
    for (size_t i = 0; i < r->count && rc == 0; i++)
        if (strcmp(r->items[i].flag->name, "observe") == 0)
            rc = add(s, view_of_cstr(r->items[i].value), err);
    const char *variable = getenv("HALFTIME_OBSERVE");
    if (rc == 0 && !s->count && variable)
        rc = add_words(s, view_of_cstr(variable), err);
    return rc;
}

int observing_read(
    struct observing *o, const struct flag_result *r, struct log_sink *log, struct error *err) {
    struct buf files CLEANUP(buf_deinit) = BUF_MAX(OBSERVE_FILE_MAX);
    struct specs *s = calloc(1, sizeof *s);
    *o = (struct observing){.log = log};
    int rc = s ? gather(r, s, &files, err) : error_set(err, -ENOMEM, "out of memory");
    if (rc == 0 && s->count)
        rc = observer_new(&o->observer, s->list, s->count, err);
    free(s);
    return rc;
}

int observing_start(struct observing *o, struct error *err) {
    return o->observer ? observer_start(o->observer, err) : 0;
}

int observing_init(
    struct observing *o, const struct flag_result *r, struct log_sink *log, struct error *err) {
    int rc = observing_read(o, r, log, err);
    return rc < 0 ? rc : observing_start(o, err);
}

void observing_deinit(struct observing *o) {
    o->observer = observer_free(o->observer);
}

const struct probe_second *observing_second(void *ctx) {
    struct observing *o = ctx;
    struct error line;
    if (!o->observer)
        return NULL;
    observer_take(o->observer, &o->second);
    for (int i = 0; i < TROUBLES_PER_SECOND && o->log && observer_trouble(o->observer, &line); i++) {
        char text[ERROR_TEXT_MAX + 16];
        int n = snprintf(text, sizeof text, "observe: %s", line.text);
        o->log->write(o->log, &(struct log_record){.level = line.code ? LOG_WARN : LOG_INFO,
                                  .message = view_of(text, (size_t)n)});
    }
    return &o->second;
}

int observe_kinds_describe(struct buf *out) {
    int r = 0;
    for (size_t i = 0; r == 0; i++) {
        struct observer_kind_help k = observer_kind_help(i);
        if (!k.spec)
            return 0;
        r = buf_printf(out, "  %-52s %s\n", k.spec, k.help);
    }
    return r;
}

/* Words that are an address, or hold one behind "--flag=": "postgres://u:p@h" becomes "postgres://u:***@h".
 */
void observe_mask_words(struct buf *words) {
    struct buf out = BUF_MAX(words->max);
    struct view rest = buf_view(words);
    int r = 0;
    while (rest.len && r == 0) {
        bool more = false;
        struct view word = view_cut(&rest, '\0', &more);
        r = observer_spec_mask(word, &out);
        if (r == 0 && more)
            r = buf_append_byte(&out, '\0');
    }
    if (r == 0) {
        buf_deinit(words);
        *words = out;
    } else {
        buf_clear(words); /* rather nothing than a password */
        buf_deinit(&out);
    }
}
