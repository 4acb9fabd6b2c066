/* The options that name hosts and addresses: hosts, blacklistIPs, blockHostnames, dns, localIPs. They are checked here so that a run with a
 * bad one does not start; the HTTP client gets them as text and parses them again for itself. */
#include "script/js/options/options_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "core/duration.h"

static int out_of_memory(struct error *err) {
    return error_set(err, -ENOMEM, "out of memory");
}

/* An address of either family; *v6 tells which. bytes: 16. */
static bool address_parse(struct view text, unsigned char *bytes, bool *v6) {
    char z[INET6_ADDRSTRLEN + 1];

    if (!text.len || text.len >= sizeof z)
        return false;
    memcpy(z, text.ptr, text.len);
    z[text.len] = 0;
    *v6 = strchr(z, ':') != NULL;
    return inet_pton(*v6 ? AF_INET6 : AF_INET, z, bytes) == 1;
}

static bool cidr_parse(struct view text, unsigned char *bytes, bool *v6, uint64_t *prefix) {
    bool slash;
    struct view address = view_cut(&text, '/', &slash);

    return slash && address_parse(address, bytes, v6) && view_to_u64(text, prefix) && *prefix <= (*v6 ? 128u : 32u);
}

bool options_cidr_valid(struct view text) {
    unsigned char bytes[16];
    uint64_t prefix;
    bool v6;

    return cidr_parse(text, bytes, &v6, &prefix);
}

int options_read_cidrs(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *list OPTIONS_JSON = NULL, *item;
    size_t i;

    int rc = options_read_string_list(v, where, &list, err);
    if (rc)
        return rc;
    json_array_foreach(list, i, item) {
        struct view text = options_view(item);
        if (!options_cidr_valid(text))
            return error_set(err, ERROR_INVALID, "failed to parse CIDR '%.*s': invalid CIDR address: %.*s", VIEW_ARGS(text), VIEW_ARGS(text));
    }
    *out = json_incref(list);
    return 0;
}

/* "name", "*.suffix" or "*"; letters, digits, '-', '_', '.' and whatever IDN needs is refused as k6 does. */
static bool pattern_valid(struct view v, bool port_allowed) {
    if (view_starts_with(v, VIEW("*")))
        v = view_drop(v, 1);
    for (size_t i = 0; i < v.len; i++) {
        char c = v.ptr[i];
        if (!isalnum((unsigned char)c) && c != '-' && c != '_' && c != '.' && !(port_allowed && (c == ':' || c == '[' || c == ']')))
            return false;
    }
    return true;
}

int options_read_hostnames(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *list OPTIONS_JSON = NULL, *item;
    size_t i;

    int rc = options_read_string_list(v, where, &list, err);
    if (rc)
        return rc;
    json_array_foreach(list, i, item)
        if (!pattern_valid(options_view(item), false))
            return error_set(err, ERROR_INVALID, "invalid hostname pattern '%s'", json_string_value(item));
    *out = json_incref(list);
    return 0;
}

/* "1.2.3.4", "1.2.3.4:80", "::1", "[::1]:80" */
static int check_target(struct view pattern, struct view to, struct error *err) {
    unsigned char bytes[16];
    uint64_t port;
    bool v6;

    if (address_parse(to, bytes, &v6))
        return 0;
    struct view host = to, port_text = VIEW_NULL;
    ptrdiff_t colon = -1;
    for (size_t i = 0; i < to.len; i++)
        if (to.ptr[i] == ':')
            colon = (ptrdiff_t)i;
    if (colon >= 0) {
        host = view_take(to, (size_t)colon);
        port_text = view_drop(to, (size_t)colon + 1);
    }
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = view_of(host.ptr + 1, host.len - 2);
    if (!address_parse(host, bytes, &v6))
        return error_set(err, ERROR_INVALID, "invalid address '%.*s' for host '%.*s' in option hosts: write an IP address, or IP:port",
            VIEW_ARGS(to), VIEW_ARGS(pattern));
    if (!view_to_u64(port_text, &port) || port > 65535)
        return error_set(err, ERROR_INVALID, "strconv.Atoi: parsing \"%.*s\": invalid syntax (port of host '%.*s' in option hosts)",
            VIEW_ARGS(port_text), VIEW_ARGS(pattern));
    return 0;
}

int options_read_hosts(const json_t *v, const char *where, json_t **out, struct error *err) {
    const char *key;
    json_t *item;

    int rc = options_read_string_map(v, where, out, err);
    if (rc || options_unset(*out))
        return rc;
    json_object_foreach(*out, key, item) {
        if (!pattern_valid(view_of_cstr(key), true))
            rc = error_set(err, ERROR_INVALID, "invalid host pattern '%s'", key);
        else
            rc = check_target(view_of_cstr(key), options_view(item), err);
        if (rc) {
            json_decref(*out);
            *out = NULL;
            return rc;
        }
    }
    return 0;
}

/* ---- dns ---- */

static const struct dns_word {
    const char *key, *type, *values[6];
} dns_words[] = {
    {"select", "DNSSelect", {"random", "first", "roundRobin"}},               /* order of enum dns_select */
    {"policy", "DNSPolicy", {"preferIPv4", "preferIPv6", "onlyIPv4", "onlyIPv6", "any"}}, /* order of enum dns_policy */
};

static int check_dns_word(const struct dns_word *w, struct view text, struct error *err) {
    for (size_t i = 0; w->values[i]; i++)
        if (view_eq(text, view_of_cstr(w->values[i])))
            return 0;
    return error_set(err, ERROR_INVALID, "%.*s does not belong to %s values", VIEW_ARGS(text), w->type);
}

int options_dns_ttl(struct view text, int64_t *ttl_us, struct error *err) {
    int64_t ns = 0;

    if (view_eq(text, VIEW("inf"))) {
        *ttl_us = -1;
        return 0;
    }
    if (duration_parse(text, true, true, &ns, NULL) || ns < 0)
        return error_set(err, ERROR_INVALID, "invalid DNS TTL: %.*s", VIEW_ARGS(text));
    *ttl_us = ns / 1000;
    return 0;
}

static int check_dns(const json_t *dns, struct error *err) {
    const json_t *ttl = json_object_get(dns, "ttl");
    int64_t ttl_us;
    int rc = 0;

    for (size_t i = 0; i < 2 && rc == 0; i++) {
        const json_t *value = json_object_get(dns, dns_words[i].key);
        if (!options_unset(value))
            rc = check_dns_word(&dns_words[i], options_view(value), err);
    }
    return rc || options_unset(ttl) ? rc : options_dns_ttl(options_view(ttl), &ttl_us, err);
}

int options_read_dns(const json_t *v, const char *where, json_t **out, struct error *err) {
    static const char *const names[] = {"ttl", "select", "policy"};
    json_t *dns OPTIONS_JSON = json_object();

    if (!json_is_object(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_DNS), err);
    for (size_t i = 0; i < 3; i++) {
        json_t *value = NULL;
        char path[64];

        snprintf(path, sizeof path, "%s.%s", where, names[i]);
        int rc = options_read_string(json_object_get(v, names[i]), path, &value, err);
        if (rc)
            return rc;
        json_object_set_new(dns, names[i], value);
    }
    int rc = check_dns(dns, err);
    if (rc == 0)
        *out = json_incref(dns);
    return rc;
}

/* "ttl=5m,select=random,policy=preferIPv4", any of them */
int options_dns_text(struct view text, json_t **out, struct error *err) {
    json_t *dns OPTIONS_JSON = json_pack("{s:n, s:n, s:n}", "ttl", "select", "policy");
    bool more = text.len > 0;

    while (more) {
        struct view value = view_cut(&text, ',', &more), whole = value;
        struct view key = view_cut(&value, '=', NULL);
        char name[16];

        if (!value.len)
            return error_set(err, ERROR_INVALID, "no value for key %.*s", VIEW_ARGS(whole));
        snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
        if (!json_object_get(dns, name))
            return error_set(err, ERROR_INVALID, "unknown DNS configuration field: %.*s", VIEW_ARGS(key));
        json_object_set_new(dns, name, options_string(value));
    }
    int rc = check_dns(dns, err);
    if (rc == 0)
        *out = dns ? json_incref(dns) : NULL;
    return rc == 0 && !dns ? out_of_memory(err) : rc;
}

/* ---- localIPs: "ip,ip-ip,cidr" ---- */

struct ip_block {
    unsigned char first[16];
    bool v6;
    uint64_t count;
};

enum { IP_BLOCK_MAX_BITS = 62 };

/* The last eight (IPv6) or four bytes as a number: blocks are never wider. */
static uint64_t low_part(const unsigned char *bytes, bool v6) {
    uint64_t n = 0;

    for (size_t i = v6 ? 8 : 0; i < (v6 ? 16u : 4u); i++)
        n = n << 8 | bytes[i];
    return n;
}

static void low_part_set(unsigned char *bytes, bool v6, uint64_t n) {
    for (size_t i = v6 ? 16 : 4; i-- > (v6 ? 8u : 0u); n >>= 8)
        bytes[i] = (unsigned char)(n & 0xff);
}

static bool range_parse(struct view text, struct ip_block *b) {
    unsigned char last[16];
    bool dash, last_v6;
    struct view from = view_cut(&text, '-', &dash);

    if (!dash || !address_parse(from, b->first, &b->v6) || !address_parse(text, last, &last_v6) || b->v6 != last_v6)
        return false;
    uint64_t low = low_part(b->first, b->v6), high = low_part(last, b->v6);
    if (high < low || (b->v6 && memcmp(b->first, last, 8) != 0))
        return false;
    b->count = high - low + 1;
    return b->count != 0;
}

/* A network without its own and, in IPv4, its broadcast address, as k6 counts; a single address when the prefix is full. */
static bool network_parse(struct view text, struct ip_block *b) {
    uint64_t prefix;

    if (!cidr_parse(text, b->first, &b->v6, &prefix))
        return false;
    uint64_t bits = (b->v6 ? 128 : 32) - prefix;
    if (bits > IP_BLOCK_MAX_BITS)
        return false;
    uint64_t low = low_part(b->first, b->v6) & ~((UINT64_C(1) << bits) - 1);
    b->count = UINT64_C(1) << bits;
    if (!b->v6 && bits >= 2) {
        low++;
        b->count -= 2;
    }
    low_part_set(b->first, b->v6, low);
    return true;
}

static bool block_parse(struct view text, struct ip_block *b) {
    *b = (struct ip_block){.count = 1};
    return address_parse(text, b->first, &b->v6) || range_parse(text, b) || network_parse(text, b);
}

static int pool_walk(struct view text, uint64_t index, uint64_t *total, char *out, struct error *err) {
    bool more = text.len > 0;

    *total = 0;
    while (more) {
        struct view one = view_trim(view_cut(&text, ',', &more));
        struct ip_block b;

        if (!block_parse(one, &b))
            return error_set(err, ERROR_INVALID, "%.*s is not a valid IP, IP range or CIDR", VIEW_ARGS(one));
        if (out && index >= *total && index - *total < b.count) {
            low_part_set(b.first, b.v6, low_part(b.first, b.v6) + (index - *total));
            inet_ntop(b.v6 ? AF_INET6 : AF_INET, b.first, out, OPTIONS_LOCAL_IP_MAX);
            return 0;
        }
        *total += b.count;
    }
    return 0;
}

int options_local_ip(struct view local_ips, uint64_t id, char out[OPTIONS_LOCAL_IP_MAX], struct error *err) {
    uint64_t total, ignored;

    out[0] = 0;
    int rc = pool_walk(local_ips, 0, &total, NULL, err);
    if (rc || !total || !id)
        return rc;
    return pool_walk(local_ips, (id - 1) % total, &ignored, out, err);
}

int options_read_local_ips(const json_t *v, const char *where, json_t **out, struct error *err) {
    uint64_t total;

    int rc = options_read_string(v, where, out, err);
    if (rc == 0)
        rc = pool_walk(options_view(*out), 0, &total, NULL, err);
    if (rc) {
        json_decref(*out);
        *out = NULL;
    }
    return rc;
}
