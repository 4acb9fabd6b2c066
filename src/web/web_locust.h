/* What Locust's own routes answer, from Locust's statistics. */
#ifndef WEB_WEB_LOCUST_H
#define WEB_WEB_LOCUST_H

#include "report/locust_stats.h"
#include "report/locust_window.h"

enum { WEB_LOCUST_ROWS_MAX = 500 }; /* Locust's own limit of /stats/requests */

struct web_locust_worker {
    char name[64];
    const char *state;
    uint64_t users, memory;
    double cpu; /* percent */
};
struct web_locust {
    const struct locust_stats *stats;
    const struct locust_window *window; /* of the total's latest seconds; NULL = nothing runs */
    const char *state;
    bool coarse, distributed;
    int64_t users;
    const struct web_locust_worker *workers; /* distributed only */
    size_t worker_count;
};
int web_locust_requests(const struct web_locust *l, struct buf *out) MUST_USE;
int web_locust_exceptions(const struct locust_stats *s, struct buf *out) MUST_USE;

#endif
