/* Fills the shop: products, customers, todos. The same numbers give the same rows. */
#ifndef TARGET_SHOP_SEED_H
#define TARGET_SHOP_SEED_H

#include "core/error.h"
#include "core/view.h"
#include <stdint.h>

enum {
    SHOP_SEED_ROWS_MAX = 1000 * 1000,
    SHOP_SEED_ROWS_LEAST = 100,
    SHOP_SEED_ROWS_USUAL = 1000, /* without --seed; then there are no todos */
};

/* Of each ten rows six are products, two are customers (user1@shop.example …), two are todos. */
struct shop_seed {
    int64_t rows; /* 0 = not asked for: SHOP_SEED_ROWS_USUAL, or what the file has */
    uint64_t number;
};

/* "ROWS" or "ROWS:NUMBER". */
int shop_seed_parse(struct shop_seed *s, struct view text, struct error *err) MUST_USE;
static inline int64_t shop_seed_products(int64_t rows) {
    return rows / 10 * 6;
}
static inline int64_t shop_seed_users(int64_t rows) {
    return rows / 10 * 2;
}
/* Makes the tables in the file, and the rows unless there are some. ERROR_INVALID: the file holds those of
 * another seed. */
int shop_seed_create(const char *path, const struct shop_seed *s, struct error *err) MUST_USE;

#endif
