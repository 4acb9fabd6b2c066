/* An IP address with a port, as the socket calls want it, and as text. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "core/view.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct address {
    union {
        struct sockaddr sa;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

enum { ADDRESS_IP_TEXT_MAX = 46, ADDRESS_TEXT_MAX = 56 };

/* Numeric IPv4 or IPv6 without brackets; false for anything else. */
bool address_parse(struct view ip, uint16_t port, struct address *out);
/* "ip:port" or "[v6]:port"; without a port it is 0. */
bool address_parse_with_port(struct view text, struct address *out);
socklen_t address_length(const struct address *a);
uint16_t address_port(const struct address *a);
void address_set_port(struct address *a, uint16_t port);
bool address_is_v6(const struct address *a);
bool address_is_loopback(const struct address *a);
char *address_format_ip(const struct address *a, char out[ADDRESS_IP_TEXT_MAX]);
char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]); /* with port and brackets */

#endif
