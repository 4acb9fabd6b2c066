/* nginx's own counters, from a location with `stub_status`. */
#include "observe/probe_texts_priv.h"
#include "observe/web_get.h"

#include <errno.h>

/* "Active connections: 2 \nserver accepts handled requests\n 16 15 31 \nReading: 0 Writing: 1 Waiting: 1" */
int nginx_probe_tell(struct probe *p, struct view text, struct error *err) {
    static const char *const words[] = {
        "Active connections:", "server accepts handled requests", "Reading:", "Writing:", "Waiting:"};
    enum { ACTIVE, COUNTERS, READING, WRITING, WAITING, WORDS };
    double numbers[WORDS][3] = {0};
    for (size_t i = 0; i < WORDS; i++) {
        ptrdiff_t at = view_find_view(text, view_of_cstr(words[i]));
        struct view rest = at < 0 ? VIEW_NULL : view_drop(text, (size_t)at + strlen(words[i]));
        for (size_t n = 0; n < (i == COUNTERS ? 3 : 1); n++) {
            while (rest.len && (rest.ptr[0] == ' ' || rest.ptr[0] == '\n' || rest.ptr[0] == '\r'))
                rest = view_drop(rest, 1);
            size_t len = 0;
            while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
                len++;
            if (!view_to_double(view_take(rest, len), &numbers[i][n]))
                return error_set(err, ERROR_SYNTAX,
                    "what came is not nginx's stub_status (no number behind \"%s\")", words[i]);
            rest = view_drop(rest, len);
        }
    }
    probe_tell(p, "nginx.connections.active", PROBE_COUNT, numbers[ACTIVE][0]);
    probe_tell(p, "nginx.connections.waiting", PROBE_COUNT, numbers[WAITING][0]);
    probe_tell(p, "nginx.connections.reading", PROBE_COUNT, numbers[READING][0]);
    probe_tell(p, "nginx.connections.writing", PROBE_COUNT, numbers[WRITING][0]);
    probe_tell_rate(p, "nginx.requests_per_second", PROBE_PER_SECOND, numbers[COUNTERS][2]);
    probe_tell_rate(
        p, "nginx.dropped_per_second", PROBE_PER_SECOND, numbers[COUNTERS][0] - numbers[COUNTERS][1]);
    return 0;
}

static int nginx_open(struct probe *p, struct view what, struct error *err) {
    return web_get_new((struct web_get **)&p->state, p, "nginx", what, "/stub_status", err);
}

static int nginx_read(struct probe *p, struct error *err) {
    struct view body;
    int r = web_get(p->state, NULL, &body, err);
    return r < 0 ? r : nginx_probe_tell(p, body, err);
}

static void nginx_close(struct probe *p) {
    p->state = web_get_free(p->state);
}

const struct probe_kind probe_nginx = {.name = "nginx",
    .spec = "nginx:URL",
    .help = "nginx by its stub_status page: connections, requests, what it dropped",
    .open = nginx_open,
    .read = nginx_read,
    .close = nginx_close};
