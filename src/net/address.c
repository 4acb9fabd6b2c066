#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>

bool address_parse(struct view ip, uint16_t port, struct address *out) {
    char text[ADDRESS_IP_TEXT_MAX];

    *out = (struct address){0};
    if (ip.len == 0 || ip.len >= sizeof text)
        return false;
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = 0;
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
    } else {
        *out = (struct address){0};
        if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) != 1)
            return false;
        out->v6.sin6_family = AF_INET6;
    }
    address_set_port(out, port);
    return true;
}

bool address_parse_with_port(struct view text, struct address *out) {
    uint64_t port = 0;
    struct view ip = text;

    if (address_parse(text, 0, out))
        return true;
    if (text.len && text.ptr[0] == '[') {
        ptrdiff_t end = view_find(text, ']');
        if (end < 0)
            return false;
        ip = view_drop(view_take(text, (size_t)end), 1);
        text = view_drop(text, (size_t)end + 1);
        if (text.len == 0)
            return address_parse(ip, 0, out);
        if (text.ptr[0] != ':')
            return false;
        text = view_drop(text, 1);
    } else {
        ptrdiff_t colon = view_find(text, ':');
        if (colon < 0)
            return false;
        ip = view_take(text, (size_t)colon);
        text = view_drop(text, (size_t)colon + 1);
    }
    return view_to_u64(text, &port) && port <= UINT16_MAX && address_parse(ip, (uint16_t)port, out);
}

socklen_t address_length(const struct address *a) {
    return address_is_v6(a) ? sizeof a->v6 : sizeof a->v4;
}

uint16_t address_port(const struct address *a) {
    return ntohs(address_is_v6(a) ? a->v6.sin6_port : a->v4.sin_port);
}

void address_set_port(struct address *a, uint16_t port) {
    if (address_is_v6(a))
        a->v6.sin6_port = htons(port);
    else
        a->v4.sin_port = htons(port);
}

bool address_is_v6(const struct address *a) {
    return a->sa.sa_family == AF_INET6;
}

bool address_is_loopback(const struct address *a) {
    if (address_is_v6(a))
        return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
    return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
}

char *address_format_ip(const struct address *a, char out[ADDRESS_IP_TEXT_MAX]) {
    const void *ip = address_is_v6(a) ? (const void *)&a->v6.sin6_addr : (const void *)&a->v4.sin_addr;

    if (!inet_ntop(a->sa.sa_family, ip, out, ADDRESS_IP_TEXT_MAX))
        out[0] = 0;
    return out;
}

char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]) {
    char ip[ADDRESS_IP_TEXT_MAX];
    bool v6 = address_is_v6(a);

    snprintf(out, ADDRESS_TEXT_MAX, "%s%s%s:%u", v6 ? "[" : "", address_format_ip(a, ip), v6 ? "]" : "", address_port(a));
    return out;
}
