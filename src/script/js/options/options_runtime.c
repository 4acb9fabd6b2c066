/* plan->host_options → what a worker's script host and HTTP client need. The text was checked when it was made; what cannot be read here
 * is a bug or a foreign plan, and is told as an error. */
#include "script/js/options/options.h"

#include <errno.h>
#include <stdlib.h>

#include "script/js/options/options_priv.h"

enum { ARENA_BYTES_MAX = 4 * OPTIONS_JSON_BYTES_MAX };

static struct view text_of(struct options_runtime *r, const json_t *v) {
    return options_unset(v) ? VIEW_NULL : arena_copy(&r->arena, options_view(v));
}

static bool flag_of(const json_t *options, const char *name) {
    return json_is_true(json_object_get(options, name));
}

static int int_of(const json_t *options, const char *name, int fallback) {
    int64_t n = options_int(json_object_get(options, name), fallback);

    return n > INT32_MAX ? INT32_MAX : n < INT32_MIN ? INT32_MIN : (int)n;
}

static const struct view *list_of(struct options_runtime *r, const json_t *list, size_t *count) {
    struct view *items = arena_calloc(&r->arena, json_array_size(list) + 1, sizeof *items);
    json_t *item;
    size_t i;

    *count = items ? json_array_size(list) : 0;
    if (items)
        json_array_foreach(list, i, item)
            items[i] = text_of(r, item);
    return items;
}

static uint32_t tags_of(const json_t *list) {
    static const char *const names[] = {
#define NAME(id, name, on) name,
        OPTIONS_SYSTEM_TAGS(NAME)
#undef NAME
    };
    uint32_t bits = 0;
    json_t *item;
    size_t i;

    if (!list) {
#define BIT(id, name, on) bits |= (on) ? OPTIONS_TAG_BIT(id) : 0u;
        OPTIONS_SYSTEM_TAGS(BIT)
#undef BIT
        return bits;
    }
    json_array_foreach(list, i, item)
        for (uint32_t t = 0; t < OPTIONS_TAG_COUNT; t++)
            if (view_eq(options_view(item), view_of_cstr(names[t])))
                bits |= 1u << t;
    return bits; /* null: no tags at all */
}

static void read_dns(struct options_runtime *r, const json_t *dns) {
    static const struct {
        const char *name;
        int value;
    } selects[] = {{"random", DNS_SELECT_RANDOM}, {"first", DNS_SELECT_FIRST}, {"roundRobin", DNS_SELECT_ROUND_ROBIN}},
      policies[] = {{"preferIPv4", DNS_PREFER_IPV4}, {"preferIPv6", DNS_PREFER_IPV6}, {"onlyIPv4", DNS_ONLY_IPV4}, {"onlyIPv6", DNS_ONLY_IPV6},
          {"any", DNS_ANY}};
    struct view ttl = options_view(json_object_get(dns, "ttl"));
    struct view select = options_view(json_object_get(dns, "select")), policy = options_view(json_object_get(dns, "policy"));

    r->client.dns_ttl_us = INT64_C(300000000);
    r->client.dns_select = DNS_SELECT_RANDOM;
    r->client.dns_policy = DNS_PREFER_IPV4;
    if (ttl.len)
        (void)!options_dns_ttl(ttl, &r->client.dns_ttl_us, NULL);
    for (size_t i = 0; i < sizeof selects / sizeof selects[0]; i++)
        if (view_eq(select, view_of_cstr(selects[i].name)))
            r->client.dns_select = (enum dns_select)selects[i].value;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++)
        if (view_eq(policy, view_of_cstr(policies[i].name)))
            r->client.dns_policy = (enum dns_policy)policies[i].value;
}

static int read_hosts(struct options_runtime *r, const json_t *hosts) {
    struct http_host_override *items = arena_calloc(&r->arena, json_object_size(hosts) + 1, sizeof *items);
    const char *key;
    json_t *value;

    if (!items)
        return -ENOMEM;
    r->client.hosts = items;
    json_object_foreach((json_t *)hosts, key, value) {
        items[r->client.host_count].pattern = arena_copy(&r->arena, view_of_cstr(key));
        items[r->client.host_count++].to = text_of(r, value);
    }
    return 0;
}

static int read_certs(struct options_runtime *r, const json_t *list) {
    struct http_client_cert *certs = arena_calloc(&r->arena, json_array_size(list) + 1, sizeof *certs);
    json_t *item;
    size_t i;

    if (!certs)
        return -ENOMEM;
    r->client.certs = certs;
    json_array_foreach(list, i, item) {
        size_t domains;
        certs[i].cert_pem = text_of(r, json_object_get(item, "cert"));
        certs[i].key_pem = text_of(r, json_object_get(item, "key"));
        certs[i].password = text_of(r, json_object_get(item, "password"));
        certs[i].domains = (struct view *)(uintptr_t)list_of(r, json_object_get(item, "domains"), &domains);
        certs[i].domain_count = domains;
    }
    r->client.cert_count = json_array_size(list);
    return 0;
}

/* OpenSSL's list; of k6's names some mean nothing to it and are left out. */
static int read_ciphers(struct options_runtime *r, const json_t *list) {
    struct buf names CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    const char *openssl;
    json_t *item;
    size_t i;
    int rc = 0;

    json_array_foreach(list, i, item)
        if (rc == 0 && options_cipher_name(options_view(item), &openssl) && openssl)
            rc = buf_printf(&names, "%s%s", names.len ? ":" : "", openssl);
    if (rc == 0 && names.len)
        r->client.tls_ciphers = arena_copy(&r->arena, buf_view(&names));
    return rc;
}

static int read_tls(struct options_runtime *r, const json_t *o) {
    const json_t *version = json_object_get(o, "tlsVersion");
    const char *key_log = getenv("SSLKEYLOGFILE");

    r->client.insecure_skip_verify = flag_of(o, "insecureSkipTLSVerify");
    r->client.tls_session_resumption = false; /* k6 has none */
    if (!options_tls_version_number(options_view(json_object_get(version, "min")), &r->client.tls_min) ||
        !options_tls_version_number(options_view(json_object_get(version, "max")), &r->client.tls_max))
        return ERROR_INVALID;
    if (key_log)
        r->client.key_log_file = arena_copy(&r->arena, view_of_cstr(key_log));
    int rc = read_ciphers(r, json_object_get(o, "tlsCipherSuites"));
    return rc ? rc : read_certs(r, json_object_get(o, "tlsAuth"));
}

static void read_plain(struct options_runtime *r, const json_t *o) {
    const json_t *agent = json_object_get(o, "userAgent");
    struct view debug = options_view(json_object_get(o, "httpDebug"));

    r->user_agent = options_unset(agent) ? VIEW(OPTIONS_USER_AGENT) : text_of(r, agent);
    r->system_tags = tags_of(json_object_get(o, "systemTags"));
    r->batch = int_of(o, "batch", OPTIONS_BATCH_DEFAULT);
    r->batch_per_host = int_of(o, "batchPerHost", OPTIONS_BATCH_PER_HOST_DEFAULT);
    r->max_redirects_set = !options_unset(json_object_get(o, "maxRedirects"));
    r->max_redirects = int_of(o, "maxRedirects", OPTIONS_REDIRECTS_DEFAULT);
    r->throw_errors = flag_of(o, "throw");
    r->discard_response_bodies = flag_of(o, "discardResponseBodies");
    r->no_cookies_reset = flag_of(o, "noCookiesReset");
    r->no_connection_reuse = flag_of(o, "noConnectionReuse");
    r->no_vu_connection_reuse = flag_of(o, "noVUConnectionReuse");
    r->http_debug = !debug.len                     ? OPTIONS_HTTP_DEBUG_OFF
                    : view_eq(debug, VIEW("full")) ? OPTIONS_HTTP_DEBUG_FULL
                                                   : OPTIONS_HTTP_DEBUG_HEADERS;
    r->handle_summary_timeout_us = options_duration_us(json_object_get(o, "handleSummaryTimeout"), INT64_C(120000000));
    r->local_ips = text_of(r, json_object_get(o, "localIPs"));
    r->trend_stats = list_of(r, json_object_get(o, "summaryTrendStats"), &r->trend_stat_count);
    r->time_unit = text_of(r, json_object_get(o, "summaryTimeUnit"));
}

static int fill(struct options_runtime *r, const json_t *o) {
    read_plain(r, o);
    r->client.user_agent = r->user_agent;
    r->client.keep_alive = !r->no_connection_reuse;
    r->client.idle_max = r->batch > 0 ? r->batch : 0;
    r->client.idle_per_host_max = r->batch_per_host > 0 ? r->batch_per_host : 0;
    r->client.proxy_from_environment = true;
    r->client.blacklist_cidrs = list_of(r, json_object_get(o, "blacklistIPs"), &r->client.blacklist_count);
    r->client.blocked_hostnames = list_of(r, json_object_get(o, "blockHostnames"), &r->client.blocked_count);
    read_dns(r, json_object_get(o, "dns"));
    int rc = read_hosts(r, json_object_get(o, "hosts"));
    return rc ? rc : read_tls(r, o);
}

int options_runtime_init(struct options_runtime *r, struct view host_options, struct error *err) {
    json_error_t why = {0};
    json_t *o OPTIONS_JSON = host_options.len ? json_loadb(host_options.ptr, host_options.len, 0, &why) : json_object();

    *r = (struct options_runtime){0};
    arena_init(&r->arena, ARENA_BYTES_MAX);
    http_client_options_default(&r->client);
    if (!json_is_object(o))
        return error_set(err, ERROR_SYNTAX, "the plan's options are not a JSON object: %s", why.text);
    int rc = fill(r, o);
    return rc ? error_set(err, rc, "the plan's options cannot be used") : 0;
}

void options_runtime_deinit(struct options_runtime *r) {
    arena_deinit(&r->arena);
    *r = (struct options_runtime){0};
}
