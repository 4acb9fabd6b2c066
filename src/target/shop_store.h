/* The shop's data: products, customers, sessions, carts, orders. One `struct shop_store` per thread, made
 * after fork, on the file that shop_seed_create made. */
#ifndef TARGET_SHOP_STORE_H
#define TARGET_SHOP_STORE_H

#include "core/error.h"
#include "core/view.h"
#include <stdint.h>

struct shop_store;
struct query_meter;

enum { SHOP_SESSION_LEN = 32, SHOP_QUANTITY_MAX = 99 };
enum shop_store_outcome { SHOP_STORE_OK = 0, SHOP_STORE_NONE = 1 };

/* Views live until the callback returns. */
struct shop_product {
    int64_t id, category, price_cents, stock, rating_tenths;
    struct view name, locale;
    int64_t quantity; /* in a cart; else 0 */
};
struct shop_user {
    int64_t id;
    struct view name, city, locale;
};
struct shop_order {
    int64_t id, total_cents, items;
    struct view created_at;
};
struct shop_filter {
    int64_t category;  /* -1 = all */
    struct view begin; /* names that begin so; len 0 = all */
    int64_t limit, offset;
};

typedef int shop_product_fn(void *ctx, const struct shop_product *p);
typedef void shop_user_fn(void *ctx, const struct shop_user *u);

int shop_store_new(
    struct shop_store **out, const char *path, struct query_meter *meter, struct error *err) MUST_USE;
void *shop_store_free(struct shop_store *s);

/* All return SHOP_STORE_*, or negative: the database's error (shop_store_why) or the callback's return. */
int shop_store_products(
    struct shop_store *s, const struct shop_filter *f, shop_product_fn *row, void *ctx) MUST_USE;
int shop_store_count(struct shop_store *s, const struct shop_filter *f, int64_t *out) MUST_USE;
int shop_store_product(struct shop_store *s, int64_t id, shop_product_fn *row, void *ctx) MUST_USE;
int shop_store_user(struct shop_store *s, int64_t id, shop_user_fn *row, void *ctx) MUST_USE;
int shop_store_user_by_email(struct shop_store *s, struct view email, shop_user_fn *row, void *ctx) MUST_USE;
int shop_store_users(struct shop_store *s, int64_t *count) MUST_USE;

/* user 0 = nobody logged in. */
int shop_store_session(struct shop_store *s, struct view session, int64_t *user) MUST_USE;
/* Moves cart and session to a new id. */
int shop_store_login(
    struct shop_store *s, struct view old_session, struct view session, int64_t user) MUST_USE;
int shop_store_logout(struct shop_store *s, struct view session) MUST_USE;

int shop_store_cart(struct shop_store *s, struct view session, shop_product_fn *row, void *ctx) MUST_USE;
int shop_store_cart_count(struct shop_store *s, struct view session, int64_t *out) MUST_USE;
/* NONE: there is no such product. Never beyond SHOP_QUANTITY_MAX of one. */
int shop_store_cart_add(
    struct shop_store *s, struct view session, int64_t product, int64_t quantity) MUST_USE;
int shop_store_cart_remove(struct shop_store *s, struct view session, int64_t product) MUST_USE;
/* Makes an order of the cart and empties it; NONE: it is empty. */
int shop_store_checkout(struct shop_store *s, struct view session, int64_t user, int64_t *order) MUST_USE;
int shop_store_order(
    struct shop_store *s, int64_t id, int64_t user, struct shop_order *out, char created_at[32]) MUST_USE;

const char *shop_store_why(const struct shop_store *s);

#endif
