/* Which user classes get how many users on which worker, and when: Locust's UsersDispatcher. Pure logic on a given time.
 *
 * A target (users, rate) is approached in steps: max(1, floor(rate)) users at once, then a pause of batch/rate seconds; the first step is
 * due at once, and there is no pause behind the last. Users are added in an order that keeps the weights' proportions at every moment
 * (the class whose next user lowers the Kullback-Leibler divergence most; ties by count, weight, name), fixed_count classes first; they go
 * round the workers. Ramping down removes in reverse order of adding. After a loss or a gain of workers everything is dealt anew, as if
 * from zero. The wished counts are absolute: whoever holds fewer users than wished starts some.
 *
 * Limits: DISPATCH_CLASSES_MAX, DISPATCH_WORKERS_MAX, DISPATCH_USERS_MAX. */
#ifndef LOAD_DISPATCH_H
#define LOAD_DISPATCH_H

#include "core/error.h"
#include "core/view.h"

enum { DISPATCH_CLASSES_MAX = 256, DISPATCH_WORKERS_MAX = 1024, DISPATCH_USERS_MAX = 10 * 1000 * 1000 };

struct dispatch_class {
    struct view name; /* copied */
    double weight;    /* > 0, unless fixed_count is */
    int64_t fixed_count;
};

struct dispatch;
int dispatch_new(struct dispatch **out, const struct dispatch_class *classes, size_t count) MUST_USE;
struct dispatch *dispatch_free(struct dispatch *d);

/* Workers are numbers of the caller's. They take turns in the order of (index within its host, host, number). Adding or removing one deals all
 * users anew at the next step, which is then due at once. */
int dispatch_worker_add(struct dispatch *d, uint32_t worker, struct view host) MUST_USE;
void dispatch_worker_remove(struct dispatch *d, uint32_t worker);

/* The new goal. classes: one flag per class, only those are used for new users (NULL = as before; at first: all). rate > 0, users per s.
 * ERROR_INVALID: rate or users out of range. Replaces what was under way; the first step is due at now_us. */
int dispatch_target(struct dispatch *d, int64_t users, double rate, const bool *classes, int64_t now_us) MUST_USE;

enum dispatch_outcome {
    DISPATCH_WAIT = 0,    /* nothing was due */
    DISPATCH_STEPPED = 1, /* counts are to be sent to all workers; more steps follow */
    DISPATCH_LAST = 2,    /* counts are to be sent; the target is reached, or nobody is left to add */
};
int dispatch_step(struct dispatch *d, int64_t now_us) MUST_USE; /* enum dispatch_outcome, or negative */
int64_t dispatch_next_us(const struct dispatch *d);             /* when the next step is due; -1 = none */

int64_t dispatch_wished(const struct dispatch *d, uint32_t worker, size_t class_index); /* 0 for an unknown worker */
int64_t dispatch_wished_of_class(const struct dispatch *d, size_t class_index);
int64_t dispatch_users(const struct dispatch *d);        /* wished now */
int64_t dispatch_users_target(const struct dispatch *d); /* in the end */
bool dispatch_busy(const struct dispatch *d);            /* a target is being approached */

#endif
