#include "observe/accept_queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_BYTES = 32 * 1024, ANSWERS_MAX = 64, TCP_STATE_LISTEN = 10, PATIENCE_US = 200 * 1000 };

static int ask(int fd, uint8_t family) {
    struct {
        struct nlmsghdr head;
        struct inet_diag_req_v2 body;
    } q = {.head = {.nlmsg_len = sizeof q,
               .nlmsg_type = SOCK_DIAG_BY_FAMILY,
               .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {
            .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = 1u << TCP_STATE_LISTEN}};
    return send(fd, &q, sizeof q, 0) < 0 ? -errno : 0;
}

static void look_at(const struct nlmsghdr *h, struct accept_queue *out) {
    struct inet_diag_msg m;
    if (h->nlmsg_len < NLMSG_LENGTH(sizeof m))
        return;
    memcpy(&m, NLMSG_DATA(h), sizeof m);
    /* length/limit without dividing */
    bool fuller =
        !out->limit || (uint64_t)m.idiag_rqueue * out->limit > (uint64_t)out->length * m.idiag_wqueue;
    if (m.idiag_state == TCP_STATE_LISTEN && m.idiag_wqueue && fuller)
        *out = (struct accept_queue){m.idiag_rqueue, m.idiag_wqueue, ntohs(m.id.idiag_sport)};
}

/* 1 = more to come, 0 = all of it was there. */
static int hear(int fd, struct accept_queue *out) {
    _Alignas(struct nlmsghdr) char bytes[ANSWER_BYTES];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);
    if (n < 0)
        return -errno;
    unsigned left = (unsigned)n;
    for (struct nlmsghdr *h = (struct nlmsghdr *)bytes; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
        if (h->nlmsg_type == NLMSG_DONE)
            return 0;
        if (h->nlmsg_type == NLMSG_ERROR)
            return -EOPNOTSUPP;
        look_at(h, out);
    }
    return n > 0;
}

int accept_queue_fullest(struct accept_queue *out) {
    static const uint8_t families[] = {AF_INET, AF_INET6};
    const struct timeval patience = {.tv_usec = PATIENCE_US};
    int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), r = fd < 0 ? -errno : 0;
    *out = (struct accept_queue){0};
    if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        r = -errno;
    for (size_t i = 0; i < sizeof families && r == 0; i++) {
        r = ask(fd, families[i]);
        r = r < 0 ? r : 1;
        for (int n = 0; n < ANSWERS_MAX && r == 1; n++)
            r = hear(fd, out);
    }
    if (fd >= 0)
        close(fd);
    return r < 0 ? r : 0;
}
