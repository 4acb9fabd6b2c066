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

/* The userinfo of an address, wherever it stands in the spec: a name stays, its password goes; without a name
 * all of it is a token. */
int observer_spec_mask(struct view spec, struct buf *out) {
    ptrdiff_t scheme = view_find_view(spec, VIEW("://"));
    struct view rest = scheme < 0 ? VIEW_NULL : view_drop(spec, (size_t)scheme + 3), authority = rest;

    for (size_t i = 0; i < authority.len; i++)
        if (strchr("/?#", rest.ptr[i]))
            authority = view_take(rest, i);
    size_t at = authority.len;
    while (at > 0 && authority.ptr[at - 1] != '@')
        at--;
    if (at == 0)
        return buf_append_view(out, spec);
    ptrdiff_t colon = view_find(view_take(authority, at), ':');
    int r = buf_append_view(
        out, view_take(spec, (size_t)(authority.ptr - spec.ptr) + (colon < 0 ? 0 : (size_t)colon + 1)));
    return r < 0 ? r : buf_printf(out, "***@%.*s", VIEW_ARGS(view_drop(rest, at)));
}
