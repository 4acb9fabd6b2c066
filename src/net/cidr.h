/* A range of IP addresses: "10.0.0.0/8", "fd00::/8"; an address alone is a range of one. */
#ifndef NET_CIDR_H
#define NET_CIDR_H

#include "core/error.h"
#include "net/address.h"

struct cidr {
    uint8_t bytes[16]; /* IPv4 in the first four; host bits are zero */
    bool v6;
    uint8_t bits;
};
int cidr_parse(struct view text, struct cidr *out) MUST_USE; /* 0 or ERROR_SYNTAX */
bool cidr_contains(const struct cidr *c, const struct address *a);
enum { CIDR_TEXT_MAX = ADDRESS_IP_TEXT_MAX + 4 };
char *cidr_format(const struct cidr *c, char out[CIDR_TEXT_MAX]);

#endif
