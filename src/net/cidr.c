/* Addresses are compared as bytes under a mask; IPv4 mapped into IPv6 (::ffff:1.2.3.4) counts as IPv4, as in Go. */
#include "net/cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool take_bytes(const struct address *a, uint8_t out[16]) {
    bool v6 = address_is_v6(a);

    memset(out, 0, 16);
    if (v6 && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr)) {
        memcpy(out, &a->v6.sin6_addr.s6_addr[12], 4);
        return false;
    }
    if (v6)
        memcpy(out, &a->v6.sin6_addr, 16);
    else
        memcpy(out, &a->v4.sin_addr, 4);
    return v6;
}

static void mask(uint8_t bytes[16], unsigned bits) {
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = bits >= 8 * (i + 1) ? 8 : bits <= 8 * i ? 0 : bits - 8 * i;
        bytes[i] = (uint8_t)(bytes[i] & (0xff00u >> keep));
    }
}

int cidr_parse(struct view text, struct cidr *out) {
    struct view rest = text, ip = view_cut(&rest, '/', NULL);
    struct address a;
    uint64_t bits;

    *out = (struct cidr){0};
    if (!address_parse(ip, 0, &a))
        return ERROR_SYNTAX;
    out->v6 = take_bytes(&a, out->bytes);
    uint64_t max = out->v6 ? 128 : 32;
    bits = max;
    if (rest.ptr && (!view_to_u64(rest, &bits) || bits > max))
        return ERROR_SYNTAX;
    out->bits = (uint8_t)bits;
    mask(out->bytes, out->bits);
    return 0;
}

bool cidr_contains(const struct cidr *c, const struct address *a) {
    uint8_t bytes[16];

    if (take_bytes(a, bytes) != c->v6)
        return false;
    mask(bytes, c->bits);
    return memcmp(bytes, c->bytes, sizeof bytes) == 0;
}

char *cidr_format(const struct cidr *c, char out[CIDR_TEXT_MAX]) {
    char ip[ADDRESS_IP_TEXT_MAX] = "";

    (void)inet_ntop(c->v6 ? AF_INET6 : AF_INET, c->bytes, ip, sizeof ip);
    snprintf(out, CIDR_TEXT_MAX, "%s/%u", ip, c->bits);
    return out;
}
