/* The table of kinds. A new probe is a file and a row. */
#include "observe/observer.h"
#include "observe/probe_priv.h"

const struct probe_kind *const probe_kinds[] = {&probe_host, &probe_proc, &probe_cgroup, &probe_postgres,
    &probe_pgbouncer, &probe_redis, &probe_nginx, &probe_rabbitmq, &probe_prometheus, &probe_agent, NULL};

struct observer_kind_help observer_kind_help(size_t i) {
    size_t n = 0;
    while (probe_kinds[n] && n < i)
        n++;
    return probe_kinds[n] ? (struct observer_kind_help){probe_kinds[n]->spec, probe_kinds[n]->help}
                          : (struct observer_kind_help){0};
}

static bool is_secret(struct view name) {
    static const char *const words[] = {"pass", "token", "secret", "key", "auth", "sig"};
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (size_t i = 0; i + strlen(words[w]) <= name.len; i++)
            if (view_eq_nocase(view_of(name.ptr + i, strlen(words[w])), view_of_cstr(words[w])))
                return true;
    return false;
}

/* "/db?user=u&password=p" */
static int mask_query(struct view rest, struct buf *out) {
    bool more = false;
    int r = buf_append_view(out, view_cut(&rest, '?', &more));
    if (more)
        r = r < 0 ? r : buf_append_byte(out, '?');
    while (more && r == 0) {
        struct view value = view_cut(&rest, '&', &more);
        bool valued = false;
        struct view name = view_cut(&value, '=', &valued);
        r = buf_append_view(out, name);
        if (valued)
            r = r < 0             ? r
                : is_secret(name) ? buf_append_view(out, VIEW("=***"))
                                  : buf_printf(out, "=%.*s", VIEW_ARGS(value));
        if (more)
            r = r < 0 ? r : buf_append_byte(out, '&');
    }
    return r;
}

/* The userinfo of an address, wherever it stands in the spec: a name stays, its password goes; without a name
 * all of it is a token. And values behind '?' whose name says so. */
int observer_spec_mask(struct view spec, struct buf *out) {
    ptrdiff_t scheme = view_find_view(spec, VIEW("://"));
    struct view rest = scheme < 0 ? VIEW_NULL : view_drop(spec, (size_t)scheme + 3), authority = rest;

    if (scheme < 0)
        return buf_append_view(out, spec);
    for (size_t i = 0; i < authority.len; i++)
        if (strchr("/?#", rest.ptr[i]))
            authority = view_take(rest, i);
    size_t at = authority.len;
    while (at > 0 && authority.ptr[at - 1] != '@')
        at--;
    ptrdiff_t colon = view_find(view_take(authority, at), ':');
    size_t kept = (size_t)(rest.ptr - spec.ptr) + (at == 0 || colon < 0 ? 0 : (size_t)colon + 1);
    int r = buf_append_view(out, view_take(spec, kept));
    if (at > 0)
        r = r < 0 ? r : buf_append_view(out, VIEW("***@"));
    return r < 0 ? r : mask_query(view_drop(rest, at), out);
}
