/* The vtable, and what belongs to the process. */
#include "script/js/host.h"

#include "core/rng.h"
#include "script/js/host_priv.h"
#include "script/js/import.h"
#include "script/js/module.h"
#include "script/js/once.h"

#include <errno.h>
#include <stdlib.h>

enum { HOST_ARENA_BYTES_MAX = 64 * 1024 * 1024, HOST_TEXT_BYTES_MAX = 256 * 1024 * 1024 };

static int by_key(const void *a, const void *b) {
    return view_cmp(((const struct plan_pair *)a)->key, ((const struct plan_pair *)b)->key);
}

static int copy_env(struct script_host *h, const struct script_source *s) {
    h->env = arena_calloc(&h->arena, s->env_count + 1, sizeof *h->env);
    if (!h->env)
        return -ENOMEM;
    for (size_t i = 0; i < s->env_count; i++) {
        /* The last of several wins. */
        size_t at = 0;
        while (at < h->env_count && !view_eq(h->env[at].key, s->env[i].key))
            at++;
        h->env[at] = (struct plan_pair){arena_copy(&h->arena, s->env[i].key), arena_copy(&h->arena, s->env[i].value)};
        if (at == h->env_count)
            h->env_count++;
    }
    qsort(h->env, h->env_count, sizeof *h->env, by_key);
    return 0;
}

static struct script_host *host_free(struct script_host *h) {
    struct host_data *next;

    if (!h)
        return NULL;
    for (struct host_data *d = h->data; d; d = next) {
        next = d->next;
        if (d->free_data)
            d->free_data(d->data);
        free(d);
    }
    http_client_free(h->client);
    options_runtime_deinit(&h->options);
    record_deinit(&h->record);
    loader_deinit(&h->loader);
    arena_deinit(&h->arena);
    buf_deinit(&h->description);
    buf_deinit(&h->message);
    buf_deinit(&h->once_input);
    buf_deinit(&h->once_output);
    free(h->setup_data);
    free(h);
    return NULL;
}

static int host_load(struct script_host **out, const struct script_source *source, const struct script_services *services,
                     struct script_result *result) {
    static char message[ERROR_TEXT_MAX];
    struct error err = ERROR_NULL;
    struct script_host *h = calloc(1, sizeof *h);

    *out = NULL;
    *result = (struct script_result){0};
    if (!h)
        return -ENOMEM;
    h->services = *services;
    arena_init(&h->arena, HOST_ARENA_BYTES_MAX);
    loader_init(&h->loader);
    h->loader.fetch = import_fetch;
    buf_init(&h->description, OPTIONS_JSON_BYTES_MAX);
    buf_init(&h->message, HOST_TEXT_BYTES_MAX);
    buf_init(&h->once_input, HOST_TEXT_BYTES_MAX);
    buf_init(&h->once_output, HOST_TEXT_BYTES_MAX);
    h->extended = source->extended_compatibility;
    h->wall_offset_ns = clock_wall_ns() - clock_now_us(loop_clock(services->loop)) * 1000;
    int r = record_init(&h->record, services->recorder);
    if (r == 0)
        r = copy_env(h, source);
    if (r == 0)
        r = options_runtime_init(&h->options, VIEW_NULL, &err);
    if (r == 0) {
        h->loader.cwd = arena_copy(&h->arena, source->cwd);
        h->loader.cache_dir = arena_copy(&h->arena, source->cache_dir);
        h->loader.offline = source->offline;
        r = source->bundle.len ? loader_unpack(&h->loader, source->bundle, &err)
                               : loader_entry(&h->loader, source->path, source->text, &err);
    }
    if (r == 0) {
        *out = h;
        return 0;
    }
    bool not_found = h->loader.not_found;
    memcpy(message, err.text[0] ? err.text : error_name(r), strlen(err.text[0] ? err.text : error_name(r)) + 1);
    *result = (struct script_result){.failure = not_found ? SCRIPT_FAILURE_NOT_FOUND : SCRIPT_FAILURE_OTHER, .message = view_of_cstr(message)};
    host_free(h);
    return r;
}

static int host_describe(struct script_host *h, struct buf *json_out, struct script_result *result) {
    *result = (struct script_result){0};
    if (!h->described) {
        int r = once_describe(h, result);
        if (r < 0 || result->failure)
            return r;
    }
    return buf_append_view(json_out, buf_view(&h->description));
}

static int host_bundle(struct script_host *h, struct buf *out) {
    return loader_pack(&h->loader, out);
}

static int host_plan(struct script_host *h, const struct plan *p, struct error *err) {
    struct options_runtime options = {0};
    int r = options_runtime_init(&options, p->host_options, err);

    if (r == 0) {
        http_client_free(h->client);
        h->client = NULL;
        r = http_client_new(&h->client, h->services.loop, &options.client, err);
    }
    if (r < 0) {
        options_runtime_deinit(&options);
        return r;
    }
    options_runtime_deinit(&h->options);
    h->options = options;
    h->plan = p;
    trace_marker_init(&h->marker, p->trace_run, rng_seed_random());
    record_set_system_tags(&h->record, options.system_tags);
    return 0;
}

static void host_setup_data(struct script_host *h, struct view json) {
    free(h->setup_data);
    h->setup_data = json.len ? view_dup_cstr(json) : NULL;
    h->setup_data_len = h->setup_data ? json.len : 0;
}

/* --- users --- */

static void init_ended(struct vu *vu, struct vu_outcome *o) {
    const struct script_services *s = vu_services(vu);
    struct script_result result = {0};

    if (o->failed || o->stopped)
        result = (struct script_result){.failure = o->failure ? o->failure : SCRIPT_FAILURE_OTHER, .message = view_of_cstr(o->text ? o->text : "interrupted")};
    s->user_ready(s->ctx, &vu->user, &result);
}

static int host_user_new(struct script_host *h, uint64_t id, struct view local_address, struct script_user **out) {
    char address[OPTIONS_LOCAL_IP_MAX];
    struct error err = ERROR_NULL;
    struct vu *vu;

    *out = NULL;
    if (!local_address.len) {
        int e = options_local_ip(h->options.local_ips, id, address, &err);
        if (e < 0)
            return e;
        local_address = view_of_cstr(address);
    }
    int r = vu_new(&vu, h, id, local_address);
    if (r < 0)
        return r;
    if (h->client)
        r = http_session_new(&vu->session, h->client, view_of_cstr(vu->local_address));
    if (r == 0)
        r = vu_start(vu, VU_INIT, vu_run_init, init_ended);
    if (r < 0) {
        vu_free(vu);
        return r;
    }
    *out = &vu->user;
    return 0;
}

static struct script_user *host_user_free(struct script_user *u) {
    if (u)
        vu_free(CONTAINER_OF(u, struct vu, user));
    return NULL;
}

static void host_user_start(struct script_user *u, const struct script_iteration *it) {
    struct vu *vu = CONTAINER_OF(u, struct vu, user);
    vu->iteration = *it;
    if (vu_start(vu, VU_ITERATION, vu_run_iteration, vu_iteration_ended) == 0)
        return;
    /* No stack for it: rather an iteration that failed than one that never ends. */
    vu_services(vu)->iteration_done(vu_services(vu)->ctx, u, SCRIPT_ITERATION_FAILED);
}

static void host_user_interrupt(struct script_user *u) {
    vu_stop(CONTAINER_OF(u, struct vu, user), VU_STOP_INTERRUPT);
}

static struct script_exhausted host_exhausted(const struct script_host *h) {
    struct http_client_counters n = h->client ? http_client_counters(h->client) : (struct http_client_counters){0};
    return (struct script_exhausted){.ports = n.ports_exhausted, .descriptors = n.descriptors_exhausted};
}

const struct script_ops script_js_ops = {
    .name = "k6",
    .load = host_load,
    .free = host_free,
    .describe = host_describe,
    .bundle = host_bundle,
    .plan = host_plan,
    .setup_data = host_setup_data,
    .user_new = host_user_new,
    .user_free = host_user_free,
    .user_start = host_user_start,
    .user_interrupt = host_user_interrupt,
    .once = once_run,
    .once_interrupt = once_interrupt,
    .exhausted = host_exhausted,
};
